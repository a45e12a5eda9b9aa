"""From what a homeserver sends to records. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, TypeAlias
from urllib.parse import unquote

from communitykit.connector import Draft, Ignored, Rejected, WireKind, as_list, as_mapping, as_texts, make_event_id
from communitykit_matrix.news import is_odd_reaction
from communitykit_matrix.wire import (
    MESSAGES,
    POLLS,
    Event,
    bundled,
    home_of,
    is_event,
    is_time,
    member_id,
    moment,
    previous,
    relation,
    room_id,
    text,
)
from communitykit_matrix.wire import content as content_of

JSON: TypeAlias = Any
_FILES = {"m.image": "image", "m.file": "file", "m.audio": "audio", "m.video": "video"}
_VOTES = {"m.poll.response": "m.selections", "org.matrix.msc3381.poll.response": "org.matrix.msc3381.poll.response"}
_ANNOUNCED = {"m.room.name": "name", "m.room.topic": "topic", "m.room.tombstone": "body"}
_PILL = re.compile(r"""href=["']https://matrix\.to/#/([^"'?/]+)""")
_LINK = re.compile(r"""https?://(?!matrix\.to/)[^\s<>"')]+""")
_SHAPES = {"body": str, "formatted_body": str, "m.mentions": dict}
_QUOTED = re.compile(r"\A(?:> [^\n]*\n)+\n?")

IGNORED = {
    "change": "edits, redactions and lists of pins: what they change is read as it is now",
    "redacted act": "a reaction or vote that was taken back no longer says what it was about",
    "membership": "new names and pictures, invitations that came to nothing, requests to join",
    "other": "settings of a room, first name and topic among them; calls, ends of polls, applications' own types",
}


def translate_user(item: JSON, context: JSON) -> Iterator[Draft]:
    """An account in Synapse's list (admin API, "List Accounts")."""
    account = _account(item["name"], item.get("displayname"), context, is_bot=item.get("user_type") == "bot")
    account |= {"guest": bool(item.get("is_guest")), "admin": bool(item.get("admin"))}
    account |= {"created_at": moment(item, "creation_ts")} if item.get("creation_ts") else {}
    yield {**account, "active": not item.get("deactivated"), "extra": {"erased": True} if item.get("erased") else None}


def _account(user: str, shown: str | None, context: JSON, *, is_bot: bool = False) -> dict[str, Any]:
    bot = is_bot or any(fnmatchcase(user, pattern) for pattern in context["bots"].split())
    said = {"kind": "bot" if bot else "person", "username": user[1:].partition(":")[0], "display_name": shown}
    return {"record": "member", "id": member_id(user), **said}


def translate_room(item: JSON, context: JSON) -> Iterator[Draft]:
    """A room or space."""
    home, parent, create = context["home"], item["parent"], item.get("create")
    kind = "direct" if item["privacy"] == "direct" else "space" if item.get("room_type") else "channel"
    made = {"created_at": moment(create), "creator_id": member_id(create["sender"])} if create else {}
    yield {
        "record": "community", "id": room_id(home, item["room_id"]), "kind": kind, "privacy": item["privacy"],
        "parent_id": room_id(home, parent) if parent else None, "url": f"https://matrix.to/#/{item['room_id']}",
        **made, **({"archived": item["archived"]} if "archived" in item else {}), **_named(item),
    }  # fmt: skip


def _named(item: JSON) -> dict[str, Any]:
    """Return what a room is called, as far as it can be read: a summary leaves out what a room does not have."""
    name = text(item.get("name")) or text(item.get("canonical_alias"))
    told: dict[str, Any] = {"name": name} if name or "create" not in item or "name" in item else {}
    return told | ({"topic": text(item.get("topic")) or None} if "create" not in item or "topic" in item else {})


def translate_member(item: Event, context: JSON) -> Iterator[Draft]:
    """A room's member event that holds now: who is in it since when, and who was."""
    there, before = content_of(item).get("membership"), previous(item).get("membership")
    home, room, user = context["home"], context["room"], item["state_key"]
    yield from _known_by_room(item, context)
    since = {} if before == "join" else {"since": moment(item), "until": None}
    told = {"active": True, **since} if there == "join" else {"active": False, "until": moment(item)}
    who = {"community_id": room_id(home, room), "member_id": member_id(user)}
    made = {"record": "membership", "id": room_id(home, room, "membership", room, user), **who, **told}
    yield made if "join" in {there, before} else Ignored("membership")


def _known_by_room(item: Event, context: JSON) -> Iterator[Draft]:
    """Return the account where the homeserver's own list does not: people of other servers, or no list at all."""
    user, content = item["state_key"], content_of(item)
    outside = home_of(user) != context["home"]
    if content.get("membership") == "join" and (outside or not context["listed"]):
        yield _account(user, text(content.get("displayname")), context) | ({"external": True} if outside else {})


def translate_event(item: Event, context: JSON) -> Iterator[Draft]:
    """An event of a room's timeline."""
    if not is_event(item) or not isinstance(item.get("content", {}), dict):
        raise Rejected("odd_event", "an event without type, sender, time or content")
    kind, content, found = item["type"], content_of(item), relation(item)
    act = {"sender": item["sender"], "target": text(found.get("event_id")), "ts": item["origin_server_ts"]}
    if is_odd_reaction(item):
        raise Rejected("odd_reaction", "nothing tells what it is about, or how")
    if kind in MESSAGES and found.get("rel_type") != "m.replace":
        yield from _post(item, context)
    elif kind in {"m.reaction", *_VOTES} and not act["target"]:
        yield Ignored("redacted act")
    elif kind == "m.reaction":
        yield from translate_act({"kind": "reacted", "key": found.get("key"), **act}, context)
    elif kind in _VOTES:
        chosen = content.get(_VOTES[kind])
        keys = as_texts(as_mapping(chosen).get("answers") or chosen)
        if not keys:  # somebody takes their vote back, or votes for nothing
            yield Ignored("redacted act")
        for key in keys:
            yield from translate_act({"kind": "voted", "key": key, **act}, context)
    elif kind == "m.room.member":
        yield from _transition(item, context)
    elif kind in _ANNOUNCED and (previous(item) or kind == "m.room.tombstone"):
        yield _occurrence(
            "community_changed", item["sender"], item, context, detail=text(content.get(_ANNOUNCED[kind]))
        )
    else:
        yield Ignored("change" if kind in {*MESSAGES, "m.room.redaction", "m.room.pinned_events"} else "other")


def _transition(item: Event, context: JSON) -> Iterator[Draft]:
    """Somebody comes, goes, or is invited."""
    user, sender = item["state_key"], item["sender"]
    now, before = content_of(item).get("membership"), previous(item).get("membership")
    yield from _known_by_room(item, context)
    if now == "invite":
        yield _occurrence("invited", sender, item, context) | {"target_id": member_id(user)}
    elif now != "join" and before == "join":
        detail = "banned" if now == "ban" else "kicked" if sender != user else None
        yield _occurrence("left", user, item, context, detail=detail)
    else:
        yield Ignored("membership") if now != "join" or before == "join" else _occurrence("joined", user, item, context)


def _occurrence(kind: str, actor: str, item: Event, context: JSON, *, detail: str | None = None) -> dict[str, Any]:
    """Something that happened once, in a room."""
    room, who = room_id(context["home"], context["room"]), member_id(actor)
    home = home_of(context["room"], context["home"])
    key = make_event_id("matrix", home, kind, target=room, actor=who, occurrence=item["event_id"])
    said = {"actor_id": who, "target_id": room, "community_id": room, "detail": detail}
    return {"record": "event", "id": key, "kind": kind, **said, "occurred_at": moment(item), "time_source": "event"}


def translate_act(item: JSON, context: JSON) -> Iterator[Draft]:
    """Something that holds until it is undone: a reaction, a vote, a pin, a read receipt."""
    home, room = context["home"], context["room"]
    post, active = room_id(home, room, "post", item["target"]), item.get("active", True)
    if item["sender"]:
        who = member_id(item["sender"])
        told = {"kind": item["kind"], "actor_id": who, "target_id": post, "community_id": room_id(home, room)}
        when = {"occurred_at": moment(item, "ts"), "time_source": "event"} if item.get("ts") else {}
        key = make_event_id("matrix", home_of(room, home), item["kind"], target=post, actor=who, detail=item["key"])
        yield {"record": "event", "id": key, **told, "detail": item["key"], "active": active, **when}
    if item["kind"] == "pinned":
        yield {"record": "post", "id": post, "pinned": active}


def _post(item: Event, context: JSON) -> Iterator[Draft]:
    """A message of any sort, with the edit that counts (`m.replace`, which the server bundles with it)."""
    home, room, found, native = context["home"], context["room"], relation(item), item["event_id"]
    post: dict[str, Any] = {"record": "post", "id": room_id(home, room, "post", native)}
    post |= {"community_id": room_id(home, room), "author_id": member_id(item["sender"]), "created_at": moment(item)}
    because = bundled(item, "redacted_because")
    if because or item.get("content") == {}:  # nothing is left of a message that was redacted
        told = {"deleted_at": moment(because)} if is_event(because) else {}
        yield {**post, "gone": "deleted", **told}
        return
    edit = bundled(item) if is_event(bundled(item)) else {}
    said = as_mapping(content_of(edit).get("m.new_content")) or content_of(item)
    target = text(found.get("event_id"))
    root = target if found.get("rel_type") == "m.thread" else None
    answered = text(as_mapping(found.get("m.in_reply_to")).get("event_id"))
    parent = root if found.get("is_falling_back") or not answered else answered
    words, odd = (
        ({"extra": {"encrypted": True}}, []) if item["type"] == "m.room.encrypted" else _words(said, item, home)
    )
    yield {
        **post, "edited_at": moment(edit) if edit else None, "gone": None,
        "root_id": room_id(home, room, "post", root) if root else None,
        "parent_id": room_id(home, room, "post", parent) if parent else None,
        "url": f"https://matrix.to/#/{room}/{native}", **words,
    }  # fmt: skip
    yield from (Rejected(f"odd_{name}", native=native) for name in odd)


def _words(content: dict[str, Any], item: Event, home: str) -> tuple[dict[str, Any], list[str]]:
    """What a message says: body, plain text, whom it mentions, a file, a poll; and which parts cannot be read.

    Those are left out rather than told as empty.
    """
    odd = [
        name
        for name, shape in _SHAPES.items()
        if content.get(name) is not None and not isinstance(content[name], shape)
    ]
    if "m.mentions" in content and content["m.mentions"] is None:
        odd.append("m.mentions")
    if poll := next((as_mapping(content[name]) for name in POLLS if name in content), None):
        question, options = (
            _text(poll.get("question")),
            [{"text": _text(one) or ""} for one in as_list(poll.get("answers"))],
        )
        said = {"kind": "poll", "body": question, "body_format": "plain", "text": question}
        return {**said, "poll": {"question": question, "options": options}}, odd
    plain, name, info = text(content.get("body")) or "", text(content.get("filename")), as_mapping(content.get("info"))
    if "m.in_reply_to" in relation(item):  # older clients quote what they answer
        plain = _QUOTED.sub("", plain)
    file = _FILES.get(text(content.get("msgtype")) or "", "image" if item["type"] == "m.sticker" else None)
    if file and name in {None, plain}:  # a file without a caption has its name as body
        plain, name = "", plain
    html = text(content.get("formatted_body")) if content.get("format") == "org.matrix.custom.html" else None
    attached = {"kind": file, "name": name, "url": text(content.get("url"))}
    size = info.get("size")
    attached |= {"mime_type": text(info.get("mimetype")), "size": size if is_time(size) else None}
    words: dict[str, Any] = {"attachments": (attached,) if file else ()}
    if "body" not in odd and "formatted_body" not in odd:
        said = {"body": html or plain, "body_format": "html" if html else "plain", "text": plain}
        words |= {**said, "links": _LINK.findall(html or plain)}
    if "m.mentions" not in odd:
        words["mentions"] = tuple(_mentions(content, html or "", home))
    return words, odd


def _mentions(content: dict[str, Any], html: str, home: str) -> Iterator[dict[str, Any]]:
    """Intentional mentions (`m.mentions`); of older clients, people's pills. Rooms are pills always."""
    pills = [unquote(one) for one in _PILL.findall(html.rpartition("</mx-reply>")[2])]
    told = content.get("m.mentions", {"user_ids": pills})
    users = [one for one in as_texts(told.get("user_ids")) if one.startswith("@")]
    for user in dict.fromkeys(users):
        yield {"kind": "member", "id": member_id(user)}
    if told.get("room") is True:
        yield {"kind": "everyone"}
    for room in dict.fromkeys(one for one in pills if one.startswith("!")):
        yield {"kind": "community", "id": room_id(home, room)}


def _text(block: JSON) -> str | None:
    """Return the words of a text block, in any of the forms that polls have had."""
    if isinstance(block, dict):
        block = block.get("m.text") or block.get("org.matrix.msc1767.text") or block.get("body")
    return _text(block[0]) if isinstance(block, list) and block else block if isinstance(block, str) else None


TRANSLATORS = {
    "user": WireKind(translate_user, "name"), "room": WireKind(translate_room, "room_id"),
    "member": WireKind(translate_member, "event_id"), "event": WireKind(translate_event, "event_id"),
    "act": WireKind(translate_act, "target"),
}  # fmt: skip
