"""A chatMessage becomes a Post, its reactions become events. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from communitykit.connector import Draft, Ignored, Swept, make_event_id, make_id
from communitykit_teams.cards import announcement, attachment, card_text, forwarded_from
from communitykit_teams.html import Plain, plain_text
from communitykit_teams.ids import PLATFORM, Location, native_id, parse_time, place_of
from communitykit_teams.people import identity_member
from communitykit_teams.system_messages import system_message
from communitykit_teams.wire import Identity, Message, Reaction

_IMPORTANCE = frozenset({"normal", "high", "urgent"})
_BLOCKED = ("blockaccess",)
_SYSTEM = "<systemEventMessage/>"


def message(item: Message, context: Mapping[str, Any]) -> Iterator[Draft]:
    """Translate a message, and the replies that were expanded in it.

    Raises Rejected when it has no id, or stands nowhere.
    """
    place = place_of(item, context)
    native = native_id(item)
    kind = str(item.get("messageType") or "message")
    detail = item.get("eventDetail")
    if isinstance(detail, Mapping) and detail.get("@odata.type"):
        yield from system_message(item, detail, place)
    elif kind == "typing":
        yield Ignored("typing")
    elif kind == "chatEvent" or (item.get("body") or {}).get("content") == _SYSTEM:
        yield Ignored("bare_system_message")
    else:
        yield from _post(item, native, place, context)
    for reply in item.get("replies") or ():
        yield from message(reply, context)


def _post(item: Message, native: str, place: Location, context: Mapping[str, Any]) -> Iterator[Draft]:
    post_id = place.post(native)
    root = item.get("replyToId") or None
    root_id = place.post(root) if root and root != native else None
    origin = context.get("origin")
    if parse_time(item.get("deletedDateTime")):
        yield {**_deleted(item, post_id, root_id, place), **_counts(item, root_id, origin)}
        return
    author_id, author = _author(item, place)
    said = _said(item)
    draft: dict[str, Any] = {
        "record": "post",
        "id": post_id,
        "community_id": place.community_id,
        "author_id": author_id,
        "root_id": root_id,
        "parent_id": root_id,
        "kind": "post",
        "title": item.get("subject") or None,
        "mentions": tuple(_mentions(item, place)),
        "attachments": _attachments(item, said),
        "links": tuple(dict.fromkeys(said.links)),
        "importance": item.get("importance") if item.get("importance") in _IMPORTANCE else None,
        "created_at": parse_time(item.get("createdDateTime")),
        "edited_at": parse_time(item.get("lastEditedDateTime")),
        "gone": None,
        **_body(item, said),
        **_counts(item, root_id, origin),
    }
    headline = announcement(item.get("attachments"))
    if headline is not None:
        draft.update(kind="announcement", title=draft["title"] or headline or None)
    if (source := forwarded_from(item.get("attachments"), place.network)) is not None:
        draft["shared_from_id"] = source
    if item.get("webUrl"):
        draft["url"] = item["webUrl"]
    yield draft
    if author is not None:
        yield author
    yield from _reacted(item, post_id, place)
    if origin == "api" and root_id is None and item.get("replies") == [] and not _more_replies(item):
        yield Swept("post", {"root_id": post_id})


def _body(item: Message, said: Plain) -> dict[str, Any]:
    """Return the body as it is; what data loss prevention blocks is not republished."""
    action = str((item.get("policyViolation") or {}).get("dlpAction") or "").lower()
    if any(word in action for word in _BLOCKED):
        extra = {"policyViolation": {"dlpAction": (item.get("policyViolation") or {}).get("dlpAction")}}
        return {"body": None, "text": None, "mentions": (), "attachments": (), "links": (), "extra": extra}
    if "body" not in item:
        return {}
    body = item["body"] or {}
    html = str(body.get("contentType") or "text").lower() == "html"
    return {"body": body.get("content") or "", "body_format": "html" if html else "plain", "text": said.text}


def _said(item: Message) -> Plain:
    """Read the body, and the cards that stand in it."""
    body = item.get("body") or {}
    content = body.get("content") or ""
    html = str(body.get("contentType") or "text").lower() == "html"
    said = plain_text(content) if html else Plain(content.strip())
    for one in item.get("attachments") or ():
        more = card_text(one)
        if more and more not in said.text:
            said.text = f"{said.text}\n{more}" if said.text else more
    return said


def _author(item: Message, place: Location) -> tuple[str | None, dict[str, Any] | None]:
    """Return who wrote it, and what the message tells of an author whom no directory of ours lists."""
    given: Any = item.get("from") or {}
    for kind in ("user", "application", "device"):
        who: Identity | None = given.get(kind)
        if who and who.get("id"):
            return place.member(who["id"], who.get("tenantId")), identity_member(kind, who, place)
    return None, None


def _deleted(item: Message, post_id: str, root_id: str | None, place: Location) -> dict[str, Any]:
    """Describe a message that is only a tombstone any more."""
    author_id, _ = _author(item, place)
    draft: dict[str, Any] = {
        "record": "post",
        "id": post_id,
        "community_id": place.community_id,
        "root_id": root_id,
        "parent_id": root_id,
        "created_at": parse_time(item.get("createdDateTime")),
        "deleted_at": parse_time(item.get("deletedDateTime")),
        "gone": "deleted",
        "title": None,
        "body": None,
        "text": None,
        "mentions": (),
        "attachments": (),
        "links": (),
    }
    return draft if author_id is None else {**draft, "author_id": author_id}


def _more_replies(item: Mapping[str, Any]) -> bool:
    return bool(item.get("replies@odata.nextLink"))


def _counts(item: Message, root_id: str | None, origin: object) -> dict[str, Any]:
    """Count replies and people who reacted; a root whose replies did not come along does not tell how many."""
    reactions = dict(Counter(reaction_name(one) for one in item.get("reactions") or ()))
    if root_id is not None:
        return {"counts": {"reactions": reactions}}
    replies = item.get("replies")
    if replies is None or _more_replies(item) or origin == "webhook":
        return {}
    said = [one for one in replies if not one.get("deletedDateTime") and not one.get("eventDetail")]
    return {"counts": {"replies": len(said), "reactions": reactions}}


def _mentions(item: Message, place: Location) -> Iterator[dict[str, Any]]:
    """Tell whom a body names. A mention of the team notifies everybody in it, as that of a chat does."""
    for one in item.get("mentions") or ():
        mentioned: Any = one.get("mentioned") or {}
        label = one.get("mentionText") or None
        conversation = mentioned.get("conversation") or {}
        if conversation.get("conversationIdentityType") == "channel" and conversation.get("id"):
            native = make_id(PLATFORM, place.network, "community", conversation["id"])
            yield {"kind": "community", "id": native, "label": label}
        elif conversation:
            yield {"kind": "everyone", "label": label}
        elif (mentioned.get("tag") or {}).get("id"):
            yield {"kind": "tag", "id": make_id(PLATFORM, place.network, "tag", mentioned["tag"]["id"]), "label": label}
        else:
            who = mentioned.get("user") or mentioned.get("application") or mentioned.get("device") or {}
            member = place.member(who["id"], who.get("tenantId")) if who.get("id") else None
            yield {"kind": "member", "id": member, "label": label}


def _attachments(item: Message, said: Plain) -> tuple[dict[str, Any], ...]:
    found = [attachment(one) for one in item.get("attachments") or ()]
    for image in said.images:
        hosted = image.url.split("/hostedContents/", 1)
        native = hosted[1].split("/", 1)[0] if len(hosted) > 1 else image.item_id
        found.append({"kind": "image", "id": native, "name": image.name, "url": image.url})
    return tuple(found)


def reaction_name(item: Reaction) -> str:
    """Return what a reaction is called: the platform's own text, a custom one by its name or its picture's id."""
    kind = str(item.get("reactionType") or "")
    if kind != "custom":
        return kind or "-"
    picture = str(item.get("reactionContentUrl") or "").split("/hostedContents/", 1)
    return item.get("displayName") or (picture[1].split("/", 1)[0] if len(picture) > 1 else kind)


def _reacted(item: Message, post_id: str, place: Location) -> Iterator[Draft]:
    """Translate reactions, one event per person and reaction, and those that the history says were taken back."""
    whole, held = True, set[str]()
    for one in item.get("reactions") or ():
        event = _reaction(one, post_id, place)
        if event is None:
            whole = False
            continue
        held.add(event["id"])
        yield event
    for change in item.get("messageHistory") or ():
        actions = str(change.get("actions") or "").lower()
        event = _reaction(change.get("reaction") or {}, post_id, place) if "reactionremoved" in actions else None
        if event is not None and event["id"] not in held:
            held.add(event["id"])
            yield {key: value for key, value in event.items() if key not in {"occurred_at", "time_source"}} | {
                "active": False
            }
    if whole:
        yield Swept("event", {"kind": "reacted", "target_id": post_id})


def _reaction(item: Reaction, post_id: str, place: Location) -> dict[str, Any] | None:
    """Describe a reaction; None where nobody is named, which Graph sometimes leaves out."""
    given: Any = item.get("user") or {}
    who = given.get("user") or given.get("application") or given.get("device") or {}
    if not who.get("id"):
        return None
    actor = place.member(who["id"], who.get("tenantId"))
    name = reaction_name(item)
    event: dict[str, Any] = {
        "record": "event",
        "id": make_event_id(PLATFORM, place.network, "reacted", target=post_id, actor=actor, detail=name),
        "kind": "reacted",
        "actor_id": actor,
        "target_id": post_id,
        "community_id": place.community_id,
        "detail": name,
        "active": True,
    }
    if at := parse_time(item.get("createdDateTime")):
        event.update(occurred_at=at, time_source="event")
    return event
