"""From what a homeserver sends to records. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote

from communitykit import Draft, Ignored, Rejected, WireKind, make_event_id
from communitykit_matrix.ids import community_id, home_of, member_id, membership_id, post_id
from communitykit_matrix.wire import ANNOUNCED, MESSAGES, VOTES, Act, Event, Receipt, Room, User, previous, relation

Context = Any
_FILES = {"m.image": "image", "m.file": "file", "m.audio": "audio", "m.video": "video"}
_PILL = re.compile(r"""href=["']https://matrix\.to/#/([^"'?/]+)""")
_LINK = re.compile(r"https?://[^\s<>\"')]+")
_REPLY = re.compile(r"<mx-reply>.*?</mx-reply>", re.DOTALL)
_QUOTED = re.compile(r"\A(?:> [^\n]*\n)+\n?")
_TEXTS = ("m.text", "org.matrix.msc1767.text", "body")

IGNORED = {
    "edit": "the event that it edits is read as it is now",
    "redaction": "the event that it redacts is read as it is now",
    "redacted act": "a reaction or vote that was taken back no longer says what it was about",
    "pins": "who pinned what is worked out from what changed in the list",
    "profile": "a member event that changes a name or picture only",
    "invitation": "an invitation declined or taken back, a request to join, a ban of somebody who was not there",
    "state": "settings of the room, first names and topics among them",
    "other": "calls, key exchanges, ends of polls, and events of applications' own types",
}


def translate_user(item: User, context: Context) -> Iterator[Draft]:
    """An account, from Synapse's list."""
    name = item["name"]
    created = item.get("creation_ts")
    yield {
        **_account(name, context, is_bot=item.get("user_type") == "bot"),
        "display_name": item.get("displayname"),
        "guest": bool(item.get("is_guest")),
        "admin": bool(item.get("admin")),
        "active": not item.get("deactivated"),
        **({"created_at": _time(created)} if created else {}),
        **({"extra": {"erased": True}} if item.get("erased") else {}),
    }


def _account(user: str, context: Context, *, is_bot: bool = False) -> dict[str, Any]:
    if not user.startswith("@"):
        raise Rejected("not_an_account")
    bot = is_bot or any(fnmatchcase(user, pattern) for pattern in context["bots"].split())
    username = user[1:].partition(":")[0]
    return {"record": "member", "id": member_id(user), "kind": "bot" if bot else "person", "username": username}


def translate_room(item: Room, context: Context) -> Iterator[Draft]:
    """A room or space."""
    home, parent = context["home"], item.get("parent")
    draft: dict[str, Any] = {
        "record": "community",
        "id": community_id(home, item["room_id"]),
        "kind": "direct" if item["privacy"] == "direct" else "space" if item.get("space") else "channel",
        "name": item.get("name") or item.get("alias"),
        "topic": item.get("topic"),
        "privacy": item["privacy"],
        "parent_id": community_id(home, parent) if parent else None,
        "url": f"https://matrix.to/#/{item['room_id']}",
    }
    if "archived" in item:
        draft["archived"] = item["archived"]
    if "created" in item:
        draft.update(created_at=_time(item["created"]), creator_id=member_id(item["creator"]))
    yield draft


def translate_member(item: Event, context: Context) -> Iterator[Draft]:
    """A member event of a room's current state (/members): who is in it, and who was."""
    there, before = item.get("content", {}).get("membership"), previous(item).get("membership")
    yield from _known_by_room(item, context)
    if there == "join":
        told = {"active": True} if before == "join" else {"active": True, "since": _time(item["origin_server_ts"])}
    elif there in {"leave", "ban"} and before == "join":
        told = {"active": False, "until": _time(item["origin_server_ts"])}
    else:
        yield Ignored("invitation")
        return
    yield _membership(item, context, told)


def _known_by_room(item: Event, context: Context) -> Iterator[Draft]:
    """Give the account where the homeserver's own list does not: people of other servers, or no list at all."""
    user, content = item["state_key"], item.get("content", {})
    if content.get("membership") != "join" or (context["listed"] and home_of(user, "") == context["home"]):
        return
    outside = home_of(user, "") != context["home"]
    yield {
        **_account(user, context),
        "display_name": content.get("displayname"),
        **({"external": True} if outside else {}),
    }


def _membership(item: Event, context: Context, told: dict[str, Any]) -> Draft:
    home, room, user = context["home"], context["room"], item["state_key"]
    return {
        "record": "membership",
        "id": membership_id(home, room, user),
        "community_id": community_id(home, room),
        "member_id": member_id(user),
        **told,
    }


def translate_event(item: Event, context: Context) -> Iterator[Draft]:
    """An event of a room's timeline."""
    kind = item["type"]
    if kind in MESSAGES:
        yield from _post(item, context)
    elif kind == "m.reaction" or kind in VOTES:
        yield from _answer(item, context)
    elif kind == "m.room.member" and "state_key" in item:
        yield from _transition(item, context)
    elif kind in ANNOUNCED and (previous(item) or kind == "m.room.tombstone"):
        detail = item.get("content", {}).get(ANNOUNCED[kind])
        yield _occurrence("community_changed", item["sender"], item, context, detail=detail)
    else:
        named = {"m.room.redaction": "redaction", "m.room.pinned_events": "pins"}
        yield Ignored(named.get(kind, "state" if "state_key" in item else "other"))


def _transition(item: Event, context: Context) -> Iterator[Draft]:
    """Somebody comes, goes, or is invited."""
    user, sender = item["state_key"], item["sender"]
    now, before = item.get("content", {}).get("membership"), previous(item).get("membership")
    moment = _time(item["origin_server_ts"])
    if now == "join":
        yield from _known_by_room(item, context)
        if before == "join":
            yield Ignored("profile")
            return
        yield _occurrence("joined", user, item, context)
        told: dict[str, Any] = {"active": True, "since": moment, "until": None}
    elif now in {"leave", "ban"} and before == "join":
        detail = "banned" if now == "ban" else "kicked" if sender != user else None
        yield _occurrence("left", user, item, context, detail=detail)
        told = {"active": False, "until": moment}
    else:
        yield _occurrence("invited", sender, item, context, target=user) if now == "invite" else Ignored("invitation")
        return
    if context.get("live"):
        yield _membership(item, context, told)


def _occurrence(
    kind: str, actor: str, item: Event, context: Context, *, detail: Any = None, target: str | None = None
) -> Draft:
    """Something that happened once, and to the room."""
    room = community_id(context["home"], context["room"])
    about = member_id(target) if target else room
    key = {"target": room, "actor": member_id(actor), "occurrence": item["event_id"]}
    return {
        "record": "event",
        "id": make_event_id("matrix", home_of(context["room"], context["home"]), kind, **key),
        "kind": kind,
        "actor_id": member_id(actor),
        "target_id": about,
        "community_id": room,
        "detail": detail if isinstance(detail, str) else None,
        "occurred_at": _time(item["origin_server_ts"]),
        "time_source": "event",
    }


def _answer(item: Event, context: Context) -> Iterator[Draft]:
    """A reaction, or a vote; who votes again has only their last vote counted, under the same id."""
    found = relation(item)
    target, key = found.get("event_id"), found.get("key")
    if not isinstance(target, str):
        yield Ignored("redacted act")
    elif item["type"] == "m.reaction":
        yield _state_act("reacted", item["sender"], target, context, detail=str(key), ts=item["origin_server_ts"])
    else:
        content = item.get("content", {})
        chosen = content.get("m.selections") or content.get("org.matrix.msc3381.poll.response", {}).get("answers")
        for option in chosen if isinstance(chosen, list) else ():
            yield _state_act("voted", item["sender"], target, context, detail=str(option), ts=item["origin_server_ts"])


def _state_act(
    kind: str,
    actor: str,
    target: str,
    context: Context,
    *,
    detail: str | None = None,
    ts: int | None = None,
    active: bool = True,
) -> Draft:
    """Something that holds until it is undone."""
    home, room = context["home"], context["room"]
    post = post_id(home, room, target)
    network = home_of(room, home)
    return {
        "record": "event",
        "id": make_event_id("matrix", network, kind, target=post, actor=member_id(actor), detail=detail),
        "kind": kind,
        "actor_id": member_id(actor),
        "target_id": post,
        "community_id": community_id(home, room),
        "active": active,
        **({"detail": detail} if detail is not None else {}),
        **({"occurred_at": _time(ts), "time_source": "event"} if ts else {}),
    }


def translate_act(item: Act, context: Context) -> Iterator[Draft]:
    """A reaction taken back; a pin set or removed."""
    if item["sender"]:
        told = {"detail": item["key"], "ts": item["ts"], "active": item["active"]}
        yield _state_act(item["kind"], item["sender"], item["target"], context, **told)  # type: ignore[arg-type] # an Act
    if item["kind"] == "pinned":
        post = post_id(context["home"], context["room"], item["target"])
        yield {"record": "post", "id": post, "pinned": item["active"]}


def translate_receipt(item: Receipt, context: Context) -> Iterator[Draft]:
    """Somebody has read up to this message."""
    yield _state_act("viewed", item["user_id"], item["event_id"], context, ts=item["ts"])


def _post(item: Event, context: Context) -> Iterator[Draft]:
    """A message of any sort, with the edit that counts (`m.replace`, bundled by the server)."""
    home, room, event = context["home"], context["room"], item["event_id"]
    because = item.get("unsigned", {}).get("redacted_because")
    post: dict[str, Any] = {
        "record": "post",
        "id": post_id(home, room, event),
        "community_id": community_id(home, room),
        "author_id": member_id(item["sender"]),
        "created_at": _time(item["origin_server_ts"]),
    }
    if because is not None:
        yield {**post, "gone": "deleted", "deleted_at": _time(because["origin_server_ts"])}
        return
    found = relation(item)
    if found.get("rel_type") == "m.replace":
        yield Ignored("edit")
        return
    edit = item.get("unsigned", {}).get("m.relations", {}).get("m.replace")
    content = item.get("content", {})
    if edit:
        content = edit.get("content", {}).get("m.new_content", content)
    root = found.get("event_id") if found.get("rel_type") == "m.thread" else None
    answered = found.get("m.in_reply_to", {}).get("event_id")
    parent = answered if answered and not (root and found.get("is_falling_back")) else root
    yield {
        **post,
        "kind": "poll" if "poll" in item["type"] else "post",
        "root_id": post_id(home, room, root) if root else None,
        "parent_id": post_id(home, room, parent) if parent else None,
        "edited_at": _time(edit["origin_server_ts"]) if edit else None,
        "url": f"https://matrix.to/#/{room}/{event}",
        "gone": None,
        **({"extra": {"encrypted": True}} if item["type"] == "m.room.encrypted" else _words(content, item, context)),
    }


def _words(content: dict[str, Any], item: Event, context: Context) -> dict[str, Any]:
    """What a message says: body, plain text, whom it mentions, files, poll."""
    poll = next((content[name] for name in ("m.poll", "org.matrix.msc3381.poll.start") if name in content), None)
    if poll is not None:
        question = _text(poll.get("question"))
        options = [{"text": _text(answer) or ""} for answer in poll.get("answers", ())]
        shown = {"body": question, "body_format": "plain", "text": question, "mentions": ()}
        return {**shown, "poll": {"question": question, "options": options}}
    file = _FILES.get(content.get("msgtype", ""), "image" if item["type"] == "m.sticker" else None)
    plain, name = content.get("body") or "", content.get("filename")
    if "m.in_reply_to" in relation(item):
        plain = _QUOTED.sub("", plain)
    if file and name in {None, plain}:  # a file without a caption has its name as body
        plain, name = "", plain
    formatted = content.get("formatted_body") if content.get("format") == "org.matrix.custom.html" else None
    body = _REPLY.sub("", formatted) if formatted else plain
    info = content.get("info") or {}
    attached = {"kind": file, "name": name, "url": content.get("url")}
    return {
        "body": formatted or plain,
        "body_format": "html" if formatted else "plain",
        "text": plain,
        "mentions": tuple(_mentions(content, body, context["home"])),
        "links": tuple(dict.fromkeys(one for one in _LINK.findall(body) if "//matrix.to/" not in one)),
        "attachments": ({**attached, "mime_type": info.get("mimetype"), "size": info.get("size")},) if file else (),
    }


def _mentions(content: dict[str, Any], body: str, home: str) -> Iterator[dict[str, Any]]:
    """Intentional mentions (`m.mentions`); for older clients, people's pills. Rooms are pills always."""
    pills = [unquote(one) for one in _PILL.findall(body)]
    told = content.get("m.mentions")
    if told is None:
        told = {"user_ids": [one for one in pills if one.startswith("@")]}
    for user in dict.fromkeys(told.get("user_ids", ())):
        if isinstance(user, str) and user.startswith("@"):
            yield {"kind": "member", "id": member_id(user)}
    if told.get("room"):
        yield {"kind": "everyone"}
    for room in dict.fromkeys(one for one in pills if one.startswith("!")):
        yield {"kind": "community", "id": community_id(home, room)}


def _text(block: Any) -> str | None:
    """Give a text block's words, in any of the forms that polls have had."""
    if isinstance(block, list):
        return next((_text(one) for one in block), None)
    if isinstance(block, dict):
        return next((_text(block[name]) for name in _TEXTS if name in block), None)
    return block if isinstance(block, str) else None


def _time(ts: int) -> datetime:
    return datetime.fromtimestamp(ts / 1000, UTC)


TRANSLATORS = {
    "user": WireKind(translate_user, id_field="name"),
    "room": WireKind(translate_room, id_field="room_id"),
    "member": WireKind(translate_member, id_field="event_id"),
    "event": WireKind(translate_event, id_field="event_id"),
    "act": WireKind(translate_act, id_field="target"),
    "receipt": WireKind(translate_receipt, id_field="event_id"),
}
