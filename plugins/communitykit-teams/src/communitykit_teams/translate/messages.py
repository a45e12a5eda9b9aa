"""A chatMessage becomes a Post. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from communitykit.connector import JSON, Draft, Ignored, Rejected, Swept, in_part, make_id, tombstone
from communitykit.connector.drafts import AttachmentDraft, MemberDraft, MentionDraft, PostDraft
from communitykit_teams.ids import PLATFORM, Location, identity_of, known_id, native_id, parse_time, place_of
from communitykit_teams.translate.acts import reactions, reactions_counted
from communitykit_teams.translate.cards import announcement, attachment, attachments_of, card_text, forwarded_from
from communitykit_teams.translate.people import identity_member
from communitykit_teams.translate.system_messages import system_message
from communitykit_teams.translate.text import Plain, plain_text
from communitykit_teams.wire import Attachment, Message

_IMPORTANCE: Mapping[str, Literal["normal", "high", "urgent"]] = {
    "normal": "normal", "high": "high", "urgent": "urgent",
}  # fmt: skip
_BLOCKED = ("blockaccess",)
_SYSTEM = "<systemEventMessage/>"


def message(item: Message, context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a message, and the replies that were expanded in it: each for itself, an odd one costs itself alone.

    Raises Rejected when it has no id, or stands nowhere.
    """
    given: JSON = item
    if not isinstance(given, dict):
        raise Rejected("no_object", "the payload is no object")
    replies: JSON = item.get("replies")
    if not replies:
        yield from _message(item, context)
        return
    native = _readable_id(item)
    yield from in_part(native, _message(item, context))
    if not isinstance(replies, list):
        yield Rejected("no_list", "the replies are no list", native=native)
        return
    for reply in replies:
        told: JSON = {"replyToId": native, **reply} if native and isinstance(reply, dict) else reply
        yield from in_part(_readable_id(reply) or native, message(told, context))


def _readable_id(item: JSON) -> str | None:
    native = item.get("id") if isinstance(item, dict) else None
    return str(native) if isinstance(native, str | int) and native else None


def _message(item: Message, context: Mapping[str, JSON]) -> Iterator[Draft]:
    place = place_of(item, context)
    native = native_id(item)
    kind = str(item.get("messageType") or "message")
    detail = item.get("eventDetail")
    if "@removed" in item or parse_time(item.get("deletedDateTime")):
        yield _deleted(item, native, place, context.get("origin"))
    elif isinstance(detail, dict) and detail.get("@odata.type"):
        yield from system_message(item, detail, place)
    elif kind == "typing":
        yield Ignored("typing")
    elif kind == "chatEvent" or (item.get("body") or {}).get("content") == _SYSTEM:
        yield Ignored("bare_system_message")
    else:
        yield from _post(item, native, place, context)


def _post(item: Message, native: str, place: Location, context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a message that is there; what its payload does not tell stays as it was told before."""
    post_id, origin, shown = place.post(native), context.get("origin"), attachments_of(item)
    said = _said(item, shown or [])
    mentions, odd = _mentions(item, native, place)
    author_id, author = _author(item, place)
    draft: PostDraft = {"record": "post", "id": post_id, "community_id": place.community_id, "gone": None}
    _root(draft, item, native, place)
    if (created := parse_time(item.get("createdDateTime"))) is not None:
        draft["created_at"] = created
    if (edited := parse_time(item.get("lastEditedDateTime"))) is not None:
        draft["edited_at"] = edited
    _body(draft, item, said, mentions, shown)
    _counts(draft, item, origin)
    if "from" in item:
        draft["author_id"] = author_id
    if "subject" in item:
        draft["title"] = item["subject"] or None
    if "importance" in item:
        draft["importance"] = _IMPORTANCE.get(item["importance"])
    if item.get("lastEditedDateTime", "") is None:
        draft["edited_at"] = None
    if shown is None:
        odd.append(Rejected("odd_part", "attachments is no list of attachments", native=native))
        if not draft.get("title"):  # it may be an announcement's headline
            draft.pop("title", None)
    else:
        _show(draft, item, shown, place)
    if item.get("webUrl"):
        draft["url"] = item["webUrl"]
    yield draft
    if author is not None:
        yield author
    yield from odd
    yield from reactions(item, native, place)
    if origin == "api" and not draft.get("root_id") and item.get("replies") == [] and not _more_replies(item):
        yield Swept("post", {"root_id": post_id})


def _show(draft: PostDraft, item: Message, shown: list[Attachment], place: Location) -> None:
    """Tell what the attachments make of a message: an announcement with its headline, what it forwards."""
    headline = announcement(shown)
    if headline is not None:
        draft["kind"] = "announcement"
        draft["title"] = draft.get("title") or headline or None
    elif "attachments" in item:
        draft["kind"] = "post"
    if (source := forwarded_from(shown, place.network)) is not None:
        draft["shared_from_id"] = source


def _body(
    draft: PostDraft,
    item: Message,
    said: Plain,
    mentions: tuple[MentionDraft, ...] | None,
    shown: list[Attachment] | None,
) -> None:
    """Tell the body as it is, whom it names, what it shows; what data loss prevention blocks is not republished."""
    action = str((item.get("policyViolation") or {}).get("dlpAction") or "").lower()
    if any(word in action for word in _BLOCKED):
        draft["extra"] = {"policyViolation": {"dlpAction": (item.get("policyViolation") or {}).get("dlpAction")}}
        draft["body"] = draft["text"] = None
        draft["mentions"], draft["attachments"], draft["links"] = (), (), ()
        return
    if mentions is not None:
        draft["mentions"] = mentions
    if shown is not None and ("attachments" in item or said.images):
        draft["attachments"] = _attachments(shown, said)
    if "body" in item:
        body = item["body"] or {}
        draft["body"] = body.get("content") or ""
        draft["body_format"] = "html" if str(body.get("contentType") or "text").lower() == "html" else "plain"
        draft["links"] = tuple(dict.fromkeys(said.links))
        if shown is not None:  # else words of cards may stand in it, too
            draft["text"] = said.text


def _said(item: Message, shown: list[Attachment]) -> Plain:
    """Read the body, and the cards that stand in it."""
    body = item.get("body") or {}
    content = body.get("content") or ""
    html = str(body.get("contentType") or "text").lower() == "html"
    said = plain_text(content) if html else Plain(content.strip())
    for one in shown:
        more = card_text(one)
        if more and more not in said.text:
            said.text = f"{said.text}\n{more}" if said.text else more
    return said


def _author(item: Message, place: Location) -> tuple[str | None, MemberDraft | None]:
    """Return who wrote it, and what the message tells of an author whom no directory of ours lists."""
    found = identity_of(item.get("from"))
    return (place.identified(found[1]), identity_member(*found, place)) if found else (None, None)


def _root(draft: PostDraft, item: Message, native: str, place: Location) -> None:
    """Tell the thread that a message stands in, where it says so itself."""
    if "replyToId" in item:
        root = item["replyToId"] or None
        draft["root_id"] = draft["parent_id"] = place.post(root) if root and root != native else None


def _deleted(item: Message, native: str, place: Location, origin: object) -> PostDraft:
    """Describe a message that is only a tombstone any more, or of which `@removed` leaves nothing but its id."""
    author_id, _ = _author(item, place)
    draft = tombstone(place.post(native), deleted_at=parse_time(item.get("deletedDateTime")))
    draft["community_id"] = place.community_id
    _root(draft, item, native, place)
    if (created := parse_time(item.get("createdDateTime"))) is not None:
        draft["created_at"] = created
    if author_id is not None:
        draft["author_id"] = author_id
    if "@removed" not in item:
        _counts(draft, item, origin)
    return draft


def _more_replies(item: Mapping[str, JSON]) -> bool:
    return bool(item.get("replies@odata.nextLink"))


def _counts(draft: PostDraft, item: Message, origin: object) -> None:
    """Count replies and people who reacted; a root whose replies did not come along does not tell how many.

    Where reactions or replies stand there that cannot be read, nothing is counted: what was counted before stays.
    """
    if (counted := reactions_counted(item)) is None:
        return
    if draft.get("root_id") is not None:
        draft["counts"] = {"reactions": counted}
        return
    replies: JSON = item.get("replies")
    if not isinstance(replies, list) or not all(map(_readable_id, replies)):
        return
    if not _more_replies(item) and origin != "webhook":
        draft["counts"] = {"replies": sum(map(_says_something, replies)), "reactions": counted}


def _says_something(reply: JSON) -> bool:
    silent = isinstance(reply, dict) and (
        reply.get("deletedDateTime") or reply.get("eventDetail") or reply.get("@removed")
    )
    return not silent


def _mentions(item: Message, native: str, place: Location) -> tuple[tuple[MentionDraft, ...] | None, list[Rejected]]:
    """Tell whom a body names, None where nothing is told of that or one cannot be read; and which those are."""
    given: JSON = item.get("mentions")
    if given is None:
        return (() if "mentions" in item else None), []
    if not isinstance(given, list):
        return None, [Rejected("no_list", "mentions is no list", native=native)]
    found = [draft for one in given for draft in in_part(native, _mention(one, place))]
    odd = [one for one in found if isinstance(one, Rejected)]
    return None if odd else tuple(one for one in found if not isinstance(one, Rejected)), odd


def _mention(one: Mapping[str, JSON], place: Location) -> Iterator[MentionDraft]:
    """Describe a mention. One of the team notifies everybody in it, as that of a chat does."""
    mentioned: JSON = one.get("mentioned") or {}
    label = one.get("mentionText") or None
    if label is not None and not isinstance(label, str):
        raise Rejected("odd_mention", "a mention's text is no text")
    conversation = mentioned.get("conversation") or {}
    if conversation.get("conversationIdentityType") == "channel" and conversation.get("id"):
        native = make_id(PLATFORM, place.network, "community", known_id(conversation))
        yield {"kind": "community", "id": native, "label": label}
    elif conversation:
        yield {"kind": "everyone", "label": label}
    elif (mentioned.get("tag") or {}).get("id"):
        native = make_id(PLATFORM, place.network, "tag", known_id(mentioned["tag"]))
        yield {"kind": "tag", "id": native, "label": label}
    elif (member := place.named(mentioned)) is None and label is None:
        raise Rejected("odd_mention", "a mention names nobody")
    else:
        yield {"kind": "member", "id": member, "label": label}


def _attachments(shown: list[Attachment], said: Plain) -> tuple[AttachmentDraft, ...]:
    found = [attachment(one) for one in shown]
    for image in said.images:
        hosted = image.url.split("/hostedContents/", 1)
        native = hosted[1].split("/", 1)[0] if len(hosted) > 1 else image.item_id
        found.append({"kind": "image", "id": native, "name": image.name, "url": image.url})
    return tuple(found)
