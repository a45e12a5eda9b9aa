"""What there is: accounts, rooms, spaces, and who has read how far. One /sync tells of all rooms at once."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from typing import Any

from communitykit import Batch, Flow, Gap, Listing, Request, Scope, Slice, cursor_pager
from communitykit_matrix.client import API, CLOSED, NO_ACCOUNTS, in_room, users, who
from communitykit_matrix.wire import Event, home_of, room_id

_STATE = ("create", "name", "canonical_alias", "topic", "join_rules", "encryption", "tombstone")
_ROOM = {
    "state": {"types": [*(f"m.room.{name}" for name in _STATE), "m.space.parent"]},
    "timeline": {"limit": 1},  # the newest event tells whether there is news: a quiet room takes no request
    "ephemeral": {"types": ["m.receipt"]},
}
_FILTER = {"presence": {"types": []}, "account_data": {"types": ["m.direct"]}, "room": _ROOM}
Room = dict[str, Any]
"""What is known of a room, from its state or a space's summary, in the summary's words; absent where not known."""


def discover(scope: Scope) -> Flow:
    """List accounts, rooms and receipts; give a slice for each room."""
    home = home_of((yield from who()))
    context = {"home": home, "bots": scope.settings.bots}
    listed = scope.settings.accounts == "auto" and (yield from _accounts(context))
    # Synapse gives the same answer to the same request for two minutes, so that each run asks with a time-out of its own;
    # a first /sync answers at once whatever it is.
    wait = int(scope.until.timestamp() * 1000) % 100_000
    params: dict[str, str | int] = {"filter": json.dumps(_FILTER), "timeout": wait}
    data = (yield Request(f"{API}/sync", params=params, subject="the list of rooms")).data
    joined = {name: part for name, part in data.get("rooms", {}).get("join", {}).items() if name.startswith("!")}
    rooms = {name: _room(name, part) for name, part in joined.items()}
    yield from _spaces(rooms)
    marked = [one["content"] for one in data.get("account_data", {}).get("events", []) if one["type"] == "m.direct"]
    direct = {room for content in marked for names in content.values() if isinstance(names, list) for room in names}
    asked = {"public": True, "private": scope.include_private, "direct": scope.include_direct}
    for name, room in rooms.items():
        rule = room.get("join_rule") or ""  # a restricted room is as open as the space that it is in
        rule = rooms.get(room["parent"], {}).get("join_rule") if rule.endswith("restricted") else rule
        room["privacy"] = "direct" if name in direct else "public" if rule == "public" else "private"
    wanted = [
        one
        for one in rooms.values()
        if asked[one["privacy"]] and scope.wants(one.get("name"), one.get("canonical_alias"), one["room_id"])
    ]
    yield Batch("room", wanted, context)
    if closed := [room for room in wanted if room["room_id"] not in joined]:
        yield Gap(f"{len(closed)} rooms of the spaces are closed to this account: let it join them", "denied")
    for room in wanted:
        if (part := joined.get(room["room_id"])) is None:
            continue
        own = {**context, "room": room["room_id"], "listed": listed}
        yield Batch("act", list(_receipts(part)), own)
        latest = [one["event_id"] for one in part.get("timeline", {}).get("events", [])]
        more = {"encrypted": room["encrypted"], "token": data["next_batch"], "latest": latest[-1] if latest else ""}
        network, community = home_of(own["room"], home), room_id(home, own["room"])
        label, gives = room["name"] or own["room"], ("post", "event", "membership", "member")
        yield Slice(f"room/{own['room']}", network, gives, community, label, params={**own, **more})


def _accounts(context: dict[str, Any]) -> Generator[Any, Any, bool]:
    """List the homeserver's accounts where the token may; tell whether it did."""
    listing = Listing(users(), cursor_pager(("next_token",), param="from"))
    try:
        while (data := (yield from listing.page())) is not None:
            yield Batch("user", data.get("users", []), context)
    except CLOSED:
        listing.problem = NO_ACCOUNTS
    if listing.problem:
        yield Gap(listing.problem, "skipped" if listing.problem is NO_ACCOUNTS else "partial")
    return listing.problem is not NO_ACCOUNTS


def _room(name: str, part: dict[str, Any]) -> Room:
    """Put together what a room's state says of it; what the timeline brought is newer than the list of state."""
    newer = [event for event in part.get("timeline", {}).get("events", []) if "state_key" in event]
    state: dict[str, Event] = {one["type"]: one for one in [*part.get("state", {}).get("events", []), *newer]}
    content = {kind: event.get("content", {}) for kind, event in state.items()}
    return {
        "room_id": name,
        "room_type": content.get("m.room.create", {}).get("type"),
        "name": content.get("m.room.name", {}).get("name"),
        "canonical_alias": content.get("m.room.canonical_alias", {}).get("alias"),
        "topic": content.get("m.room.topic", {}).get("topic"),
        "join_rule": content.get("m.room.join_rules", {}).get("join_rule"),
        "parent": state["m.space.parent"]["state_key"] if content.get("m.space.parent") else None,
        "create": state.get("m.room.create"),
        "archived": "m.room.tombstone" in state,
        "encrypted": "m.room.encryption" in state,
    }


def _spaces(rooms: dict[str, Room]) -> Flow:
    """Ask what is below each space: parents, and rooms that the account is not in. Sub-spaces come with their space."""
    walked: set[str] = set()
    parents: dict[str, str] = {}
    for space in [name for name, room in rooms.items() if room["room_type"] == "m.space"]:
        request, pager = (
            in_room(space, "hierarchy", version="v1", limit=50),
            cursor_pager(("next_batch",), param="from"),
        )
        listing, found = Listing(request, pager), list[Room]()
        while space not in walked and (data := (yield from listing.page())) is not None:
            found += data.get("rooms", [])
        for one in found:
            below = [child for child in one.pop("children_state", []) if child.get("content", {}).get("via")]
            parents |= {child["state_key"]: one["room_id"] for child in below}
            rooms.setdefault(one["room_id"], one)
            walked.add(one["room_id"])
        if listing.problem:
            yield Gap(listing.problem)
    for name, room in rooms.items():
        room["parent"] = parents.get(name) or room.get("parent")


def _receipts(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give read receipts (`m.receipt`) one by one, as acts: somebody has read up to a message."""
    for event in part.get("ephemeral", {}).get("events", []):
        for target, kinds in event.get("content", {}).items():
            for user, told in kinds.get("m.read", {}).items():
                if target.startswith("$") and user.startswith("@"):
                    yield {"kind": "viewed", "sender": user, "target": target, "key": None, "ts": told.get("ts")}
