"""Events of a room's timeline: messages, and whatever else happened there. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from communitykit.connector import JSON, Draft, Ignored, Rejected, as_mapping
from communitykit.connector.payload import as_texts
from communitykit_matrix.ids import member_id, room_id
from communitykit_matrix.translate.acts import occurrence, transition, translate_act
from communitykit_matrix.translate.text import words_of
from communitykit_matrix.wire import (
    MEMBER,
    MESSAGES,
    PINS,
    REACTION,
    VOTES,
    Event,
    bundled,
    chosen,
    is_event,
    is_odd,
    moment,
    new_content,
    previous,
    relation,
    text,
)
from communitykit_matrix.wire import content as content_of

_ANNOUNCED = {"m.room.name": "name", "m.room.topic": "topic", "m.room.tombstone": "body"}


def translate_event(item: Event, context: JSON) -> Iterator[Draft]:
    """An event of a room's timeline."""
    if not is_event(item) or not isinstance(item.get("content", {}), dict):
        raise Rejected("odd_event", "an event without type, sender, time or content")
    kind, content, found = item["type"], content_of(item), relation(item)
    act = {"sender": item["sender"], "target": text(found.get("event_id")), "ts": item["origin_server_ts"]}
    if kind not in MESSAGES and is_odd(item) and not (kind in VOTES and act["target"]):
        raise Rejected(f"odd_{kind.rpartition('.')[2]}", "nothing tells what it is about, or how")
    if kind in MESSAGES and found.get("rel_type") != "m.replace":
        yield from _post(item, context)
    elif kind in {REACTION, *VOTES} and not act["target"]:
        yield Ignored("redacted act")
    elif kind == REACTION:
        yield from translate_act({"kind": "reacted", "key": found.get("key"), **act}, context)
    elif kind in VOTES:
        keys = as_texts(chosen(item))
        for key in keys:
            yield from translate_act({"kind": "voted", "key": key, **act}, context)
        if is_odd(item):
            yield Rejected("odd_vote", "some of what was chosen cannot be read", native=item["event_id"])
        elif not keys:  # somebody takes their vote back, or votes for nothing
            yield Ignored("redacted act")
    elif kind == MEMBER:
        yield from transition(item, context)
    elif kind in _ANNOUNCED and (previous(item) or kind == "m.room.tombstone"):
        yield occurrence("community_changed", item["sender"], item, context, detail=text(content.get(_ANNOUNCED[kind])))
    else:
        yield Ignored("change" if kind in {*MESSAGES, "m.room.redaction", PINS} else "other")


def _post(item: Event, context: JSON) -> Iterator[Draft]:
    """A message of any sort, with the edit that counts (`m.replace`, which the server bundles with it)."""
    home, room, found, native = context["home"], context["room"], relation(item), item["event_id"]
    post: dict[str, JSON] = {"record": "post", "id": room_id(home, room, "post", native)}
    post |= {"community_id": room_id(home, room), "author_id": member_id(item["sender"]), "created_at": moment(item)}
    because = bundled(item, "redacted_because")
    if because or item.get("content") == {}:  # nothing is left of a message that was redacted
        told = {"deleted_at": moment(because)} if is_event(because) else {}
        yield {**post, "gone": "deleted", **told}
        return
    edit = bundled(item) if is_event(bundled(item)) else {}
    said = new_content(item) or content_of(item)
    target = text(found.get("event_id"))
    root = target if found.get("rel_type") == "m.thread" else None
    answered = text(as_mapping(found.get("m.in_reply_to")).get("event_id"))
    parent = root if found.get("is_falling_back") or not answered else answered
    words, odd = (
        ({"extra": {"encrypted": True}}, []) if item["type"] == "m.room.encrypted" else words_of(said, item, home)
    )
    yield {
        **post, "edited_at": moment(edit) if edit else None, "gone": None,
        "root_id": room_id(home, room, "post", root) if root else None,
        "parent_id": room_id(home, room, "post", parent) if parent else None,
        "url": f"https://matrix.to/#/{room}/{native}", **words,
    }  # fmt: skip
    yield from (Rejected(f"odd_{name}", native=native) for name in odd)
