"""A message becomes a Post, whole or as a reference; what an export holds of its versions, too. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from communitykit.connector import JSON, Draft, Ignored, Rejected, tombstone
from communitykit.connector.drafts import AttachmentDraft, PollDraft, PostDraft
from communitykit.connector.parts import unread_times
from communitykit_yammer.ids import (
    ALL_COMPANY,
    community_id,
    kind_of,
    member_id,
    network_of,
    number,
    parse_time,
    post_id,
)
from communitykit_yammer.translate.acts import count, is_counted, reactions, system
from communitykit_yammer.translate.oddities import ids, is_system, liked_part, objects, spoken_part
from communitykit_yammer.translate.places import special
from communitykit_yammer.translate.text import Said, said
from communitykit_yammer.wire import Attachment, Message, PollOption

_KINDS: Mapping[str, Literal["question", "announcement", "poll", "praise"]] = {
    "question": "question", "announcement": "announcement", "poll": "poll", "praise": "praise",
}  # fmt: skip
_FILES: Mapping[str, Literal["image", "video", "file"]] = {
    "image": "image", "video": "video", "file": "file", "document": "file", "uploadedfile": "file",
}  # fmt: skip
_CARDS = frozenset({"ymodule", "opengraphobject", "page", "link"})


def message(item: Message, context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a message.

    `context` tells network, origin, and what stands around the message in its page: `group` (whose feed it is),
    `starters` (who began a thread, by its id), `replies` (by thread id), `topics` (names by id), `torn` (some of that
    could not be read).

    A part that has no readable shape (body, attachments, who reacted…) costs itself: the rest is told without it.

    Raises Rejected when it has no id, or nobody knows its network.
    """
    network, native = network_of(context, item), number(item.get("id"))
    if native is None:
        raise Rejected("no_id", "the message has no id")
    if is_system(item):
        yield system(item, context, network, native, _where(item, context, network))
        return
    draft = _frame(item, network, native, _where(item, context, network))
    if kind_of(item.get("sender_type")) is None and "author_id" not in draft:
        yield Rejected("unknown_sender", "the sender_type is none that is known", native=native)
    if context.get("origin") == "archive":
        yield from unread_times(item, ("created_at", "deleted_at"), parse_time, native)
    if (where := draft.get("community_id")) and (place := special(where)):
        yield place
    if deleted := parse_time(item.get("deleted_at")):
        yield draft | tombstone(draft["id"], deleted_at=deleted)
        return
    yield from _living(item, context, network, native, draft)


def _living(item: Message, context: Mapping[str, JSON], network: str, native: str, draft: PostDraft) -> Iterator[Draft]:
    """Add to its frame what a message says, and give the reactions to it."""
    odd = dict.fromkeys(name for name in ("system_message",) if item.get(name) not in (None, False))
    draft["kind"], draft["gone"] = _KINDS.get(item.get("message_type") or "", "post"), None
    if (spoken := spoken_part(item, context, network, odd)) is not None:
        _say(draft, spoken, whom="notified_user_ids" not in odd, named=spoken.named or not context.get("torn"))
    attachments = objects(item, "attachments", odd)
    if attachments is not None:
        draft["attachments"] = tuple(_attachment(one) for one in attachments if one.get("type") != "praise")
        praised = None if context.get("origin") == "archive" else _praised(attachments, network, odd)
        if praised is not None:
            draft["praised_ids"] = praised
    if "title" in item:
        draft["title"] = item["title"] or None
    if "language" in item:
        draft["language"] = item["language"] or None
    if item.get("web_url"):
        draft["url"] = item["web_url"]
    if shared := number(item.get("shared_message_id")) or _shared(attachments or []):
        draft["shared_from_id"] = post_id(network, shared)
    options = objects(item, "poll_options", odd)
    if options and (item.get("title") or "text" in draft):
        draft["poll"] = _poll(item.get("title") or draft.get("text"), options)
    if delegate := number(item.get("delegate_id")):
        draft["extra"] = {"delegate_id": member_id(network, delegate)}
    liked = liked_part(item, odd)
    replies = (context.get("replies") or {}).get(native)
    whole = "liked_by" not in odd
    untold = replies is None and context.get("torn") and number(item.get("thread_id")) in {None, native}
    if (liked is not None or replies is not None) and (whole or is_counted(liked)) and not untold:
        draft["counts"] = {"replies": replies, "reacted": count(liked) if liked is not None else None}
    yield draft
    if liked is not None:
        yield from reactions(liked, draft, network, whole=whole)
    for part in odd:
        yield Rejected("odd_part", f"{part} has no shape that can be read", native=native)


def _say(draft: PostDraft, spoken: Said, *, whom: bool, named: bool) -> None:
    """Add what a body says, without what stands beside it and cannot be read: whom it notifies, names of topics."""
    draft["body"], draft["body_format"], draft["links"] = spoken.body, spoken.body_format, spoken.links
    if named:
        draft["text"], draft["topics"] = spoken.text, spoken.topics
    if named and whom:
        draft["mentions"] = spoken.mentions


def reference(item: Message, context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a message that stands beside a page as a mere reference: who, where and when, never what.

    Its body is cut short, so it is left to the page that holds the message whole. The group whose page shows it says
    nothing of where it stands: without a word of its own that is not known.

    Raises Rejected when it has no id, or nobody knows its network.
    """
    network, native = network_of(context, item), number(item.get("id"))
    if native is None:
        raise Rejected("no_id", "the message has no id")
    told = "group_id" in item or item.get("direct_message") or number(item.get("conversation_id")) is not None
    where = _where(item, {**context, "group": None}, network) if told else None
    if is_system(item):
        yield system(item, context, network, native, where) if where else Ignored("reference")
        return
    draft = _frame(item, network, native, where)
    if (where := draft.get("community_id")) and (place := special(where)):
        yield place
    yield draft


def version(item: Mapping[str, JSON], context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a row of an export's MessageVersions.csv: what a message said from some moment on.

    Raises Rejected when it does not say which message, or nothing.
    """
    network, native = network_of(context, {}), number(item.get("message_id"))
    if native is None or not item.get("body"):
        raise Rejected("no_id", "the version does not say of which message it is, or what it said")
    spoken = said({"parsed": item["body"]}, network, (), context.get("topics") or {})
    draft: PostDraft = {
        "record": "post",
        "id": post_id(network, native),
        "body": spoken.body,
        "body_format": spoken.body_format,
        "text": spoken.text,
    }
    if edited := parse_time(item.get("edited_at")):
        draft["edited_at"] = edited
    yield draft


def _frame(item: Message, network: str, native: str, where: str | None) -> PostDraft:
    """Describe where a message stands, who wrote it and when: what references tell, too."""
    draft: PostDraft = {"record": "post", "id": post_id(network, native)}
    if where:
        draft["community_id"] = where
    sort = kind_of(item.get("sender_type"))
    if sort is not None and (sender := number(item.get("sender_id"))) is not None:
        draft["author_id"] = member_id(network, sender, sort)
    if "thread_id" in item or "replied_to_id" in item:
        parent, thread = number(item.get("replied_to_id")), number(item.get("thread_id"))
        root = thread if thread != native else None
        draft["root_id"] = post_id(network, root) if root else None
        draft["parent_id"] = post_id(network, parent or root) if parent or root else None
    if created := parse_time(item.get("created_at")):
        draft["created_at"] = created
    return draft


def _where(item: Message, context: Mapping[str, JSON], network: str) -> str | None:
    """Find the community: a group, a private conversation, somebody's storyline, or the whole company's feed."""
    if group := number(item.get("group_id")):
        return community_id(network, group)
    if item.get("direct_message") or number(item.get("conversation_id")):
        conversation = number(item.get("conversation_id")) or number(item.get("thread_id"))
        return community_id(network, "conversation", conversation) if conversation else None
    if group := number(context.get("group")):
        return community_id(network, group)
    if "group_id" not in item:
        return community_id(network, ALL_COMPANY)
    thread, native = number(item.get("thread_id")), number(item.get("id"))
    starter = item.get("sender_id") if thread in {native, None} else (context.get("starters") or {}).get(thread)
    owner = number(starter)
    return community_id(network, "storyline", owner) if owner else None


def _attachment(item: Attachment) -> AttachmentDraft:
    kind = item.get("type") or ""
    found: AttachmentDraft = {
        "kind": _FILES.get(kind, "link" if kind in _CARDS else "card" if kind == "message" else "other"),
        "id": number(item.get("id")),
        "name": item.get("original_name") or item.get("name") or None,
        "url": item.get("web_url") or item.get("host_url") or None,
        "mime_type": item.get("content_type") or None,
        "text": item.get("description") or item.get("comment") or None,
    }
    if isinstance(size := item.get("size"), int):
        found["size"] = size
    return found


def _shared(attachments: list[Attachment]) -> str | None:
    return next((number(one.get("id")) for one in attachments if one.get("type") == "message"), None)


def _praised(attachments: list[Attachment], network: str, odd: dict[str, None]) -> tuple[str, ...] | None:
    """Return who is praised; None where a list of them cannot be read."""
    lists = [ids(one.get("praised_user_ids") or ()) for one in attachments if one.get("type") == "praise"]
    if None in lists:
        odd["praised_user_ids"] = None
        return None
    return tuple(member_id(network, native) for users in lists for native in users or ())


def _poll(question: str | None, options: list[PollOption]) -> PollDraft:
    """Describe a poll; this API mostly gives its answers without the votes."""
    return {
        "question": question,
        "options": [
            {"text": str(one.get("answer") or one.get("option") or ""), "votes": one.get("count")} for one in options
        ],
    }
