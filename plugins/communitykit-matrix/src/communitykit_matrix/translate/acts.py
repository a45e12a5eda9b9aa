"""What is done rather than said: comings and goings, reactions, votes, pins, receipts. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from communitykit.connector import JSON, Draft, Ignored, Rejected, make_event_id
from communitykit_matrix.ids import home_of, member_id, room_id
from communitykit_matrix.translate.people import known_by_room
from communitykit_matrix.wire import Event, moment, previous
from communitykit_matrix.wire import content as content_of


def transition(item: Event, context: JSON) -> Iterator[Draft]:
    """Somebody comes, goes, or is invited."""
    user, sender = item["state_key"], item["sender"]
    now, before = content_of(item).get("membership"), previous(item).get("membership")
    yield from known_by_room(item, context)
    if now == "invite":
        yield occurrence("invited", sender, item, context) | {"target_id": member_id(user)}
    elif now != "join" and before == "join":
        detail = "banned" if now == "ban" else "kicked" if sender != user else None
        yield occurrence("left", user, item, context, detail=detail)
    else:
        yield Ignored("membership") if now != "join" or before == "join" else occurrence("joined", user, item, context)


def occurrence(kind: str, actor: str, item: Event, context: JSON, *, detail: str | None = None) -> dict[str, JSON]:
    """Something that happened once, in a room."""
    room, who = room_id(context["home"], context["room"]), member_id(actor)
    home = home_of(context["room"], context["home"])
    key = make_event_id("matrix", home, kind, target=room, actor=who, occurrence=item["event_id"])
    said = {"actor_id": who, "target_id": room, "community_id": room, "detail": detail}
    return {"record": "event", "id": key, "kind": kind, **said, "occurred_at": moment(item), "time_source": "event"}


def translate_act(item: JSON, context: JSON) -> Iterator[Draft]:
    """Something that holds until it is undone: a reaction, a vote, a pin, a read receipt."""
    if "kind" not in item:
        raise Rejected("odd_receipt", "nothing tells who has read it")
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
