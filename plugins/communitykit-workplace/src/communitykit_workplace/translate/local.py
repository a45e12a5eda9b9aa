"""What an archive tells without ids becomes records whose ids are good inside that archive only. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from communitykit.connector import JSON, Draft, Rejected, Swept
from communitykit.connector.drafts import CommunityDraft, EventDraft, MemberDraft, PollOptionDraft, PostDraft
from communitykit_workplace.edges import rows
from communitykit_workplace.ids import (
    community_id,
    content_key,
    local_id,
    member_id,
    native_id,
    occurrence_id,
    parse_time,
    post_id,
)
from communitykit_workplace.translate.attachments import attachments
from communitykit_workplace.translate.messages import STORY
from communitykit_workplace.translate.parts import odd_names, without_odd
from communitykit_workplace.translate.text import links

_FLAG = {"local": True}


def entry(item: Mapping[str, JSON], context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate an entry that its reader made: `what` it is, a `key` of its content, and what is known of it.

    `context` tells the archive's `digest`. People and groups stand as `{id, name}`, without id by name alone.

    Raises Rejected when there is nothing in it.
    """
    digest, key, what = str(context["digest"]), str(item.get("key") or ""), item.get("what")
    if not key or what is None:
        raise Rejected("empty", "the entry tells nothing")
    author, who = _person(item.get("author"), digest)
    place, where = _place(item.get("group"), digest)
    if who is not None:
        yield who
    if where is not None:
        yield where
    if what in {"post", "comment"}:
        whole, odd = without_odd(item, key)
        post = _post(whole, digest, author, place)
        _show(post, item, odd_names(odd))
        yield post
        yield from odd
    elif what == "member":
        if who is None and author is None:
            raise Rejected("empty", "nobody is named")
        if who is None and author is not None:
            name = item["author"].get("name")
            yield {"record": "member", "id": author, "display_name": name}
            if name and context.get("own"):  # what was kept while nothing told the id that belongs to the address
                yield Swept("member", {"id": local_id("member", digest, content_key(name))})
    else:
        yield _act(item, digest, str(what), author, place)


def _post(item: Mapping[str, JSON], digest: str, author: str | None, place: str | None) -> PostDraft:
    of, text, at = native_id(item.get("post")), item.get("text") or None, parse_time(item.get("at"))
    extra: dict[str, JSON] = {**_FLAG, **({"title": item["title"]} if item.get("title") else {})}
    draft: PostDraft = {
        "record": "post",
        "id": local_id("post", digest, str(item["key"])),
        "kind": "post",
        "body": text,
        "body_format": "plain" if text else None,
        "text": text,
        "links": links(text or ""),
        "extra": extra,
    }
    if item["what"] == "comment":
        extra["comment"] = True
        if of:  # which comment a reply answers was lost, so the post stands for it
            draft["root_id"] = draft["parent_id"] = post_id(of)
    if at:
        draft["created_at"] = at
    if author:
        draft["author_id"] = author
    elif isinstance(name := item.get("author"), dict) and name.get("name"):
        draft["author_name"] = name["name"]
    if place:
        draft["community_id"] = place
    if counts := item.get("counts"):
        draft["counts"] = counts
    return draft


def _show(draft: PostDraft, item: Mapping[str, JSON], unread: Collection[str]) -> None:
    """Tell what a post shows beside its text, as far as it can be read."""
    if shown := attachments(item, unread):
        draft["attachments"] = shown
    if isinstance(poll := item.get("poll"), dict):
        draft["kind"] = "poll"
        if "poll" not in unread:
            options: list[PollOptionDraft] = [
                {"text": str(one.get("option") or "")} for one in rows(poll.get("options"))
            ]
            draft["poll"] = {"question": poll.get("question") or None, "options": options}


def _act(item: Mapping[str, JSON], digest: str, what: str, author: str | None, place: str | None) -> EventDraft:
    """Describe an act: only the exporter's own are in such archives, and mostly not what they were done to."""
    kind = what if what in {"reacted", "voted", "rsvp"} else STORY
    at, of = parse_time(item.get("at")), native_id(item.get("post"))
    target = post_id(of) if of else place or local_id("post", digest, content_key("unknown"))
    draft: EventDraft = {
        "record": "event",
        "id": occurrence_id(kind, local_id("post", digest, content_key("unknown")), author, of=f"~{item['key']}"),
        "kind": kind,
        "actor_id": author,
        "detail": item.get("detail") or item.get("title") or None,
        "occurred_at": at,
        "time_source": "event" if at else "none",
        "active": True,
        "extra": {**_FLAG, **({"title": item["title"]} if item.get("title") else {})},
    }
    if of or place:
        draft["target_id"] = target
    if place:
        draft["community_id"] = place
    return draft


def _person(told: object, digest: str) -> tuple[str | None, MemberDraft | None]:
    if not isinstance(told, Mapping):
        return None, None
    native, name = native_id(told.get("id")), str(told.get("name") or "")
    if native:
        return member_id(native), None
    if not name or not told.get("local"):
        return None, None
    member = local_id("member", digest, content_key(name))
    return member, {"record": "member", "id": member, "display_name": name, "extra": _FLAG}


def _place(told: object, digest: str) -> tuple[str | None, CommunityDraft | None]:
    if not isinstance(told, Mapping):
        return None, None
    native, name = native_id(told.get("id")), str(told.get("name") or "")
    if native:
        return community_id(native), None
    if not name:
        return None, None
    group = local_id("community", digest, content_key(name))
    return group, {"record": "community", "id": group, "kind": "group", "name": name, "extra": _FLAG}
