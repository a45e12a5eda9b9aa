"""What there is: accounts, rooms, spaces and who has read how far. One /sync tells of all rooms at once."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator
from typing import Any

from communitykit import (
    Batch,
    Flow,
    Gap,
    Listing,
    ObjectUnavailableError,
    PermissionMissingError,
    Request,
    Scope,
    Slice,
    cursor_pager,
)
from communitykit_matrix.client import API, NO_ACCOUNTS, hierarchy, users, who
from communitykit_matrix.ids import community_id, home_of
from communitykit_matrix.wire import Event, Receipt, Room

_STATE = ("create", "name", "canonical_alias", "topic", "join_rules", "encryption", "tombstone")
_FILTER = {
    "presence": {"types": []},
    "account_data": {"types": ["m.direct"]},
    "room": {
        "state": {"types": [*(f"m.room.{name}" for name in _STATE), "m.space.parent"]},
        "timeline": {"limit": 1},
        "ephemeral": {"types": ["m.receipt"]},
        "account_data": {"types": []},
    },
}
"""The newest event of a room tells whether there is news in it, so that a quiet room takes no request at all."""


def discover(scope: Scope) -> Flow:
    """List accounts, rooms and receipts; give a slice for each room."""
    _, home = yield from who()
    context = {"home": home, "bots": scope.settings.bots}
    listed = yield from _accounts(scope, context)
    params = {"filter": json.dumps(_FILTER), "timeout": 0}
    response = yield Request(f"{API}/sync", params=params, subject="the list of rooms")
    joined: dict[str, Any] = response.data.get("rooms", {}).get("join", {})
    direct = _direct(response.data)
    rooms = {name: room_of(name, _state(part), direct=name in direct) for name, part in joined.items()}
    yield from _spaces(rooms)
    _open_by_parent(rooms)
    wanted = {name: room for name, room in rooms.items() if _is_wanted(scope, room)}
    yield Batch("room", list(wanted.values()), context)
    closed = sorted(set(wanted) - set(joined))
    if closed:
        yield Gap(f"{len(closed)} rooms of the spaces are closed to this account: let it join them", "denied")
    for name, room in wanted.items():
        if name not in joined:
            continue
        yield Batch("receipt", list(_receipts(joined[name])), {**context, "room": name})
        yield Slice(
            f"room/{name}",
            home_of(name, home),
            ("post", "event", "membership", "member"),
            community_id=community_id(home, name),
            label=room.get("name") or name,
            params={
                **context,
                "room": name,
                "listed": listed,
                "encrypted": room.get("encrypted", False),
                "token": response.data["next_batch"],
                "latest": _latest(joined[name]),
            },
        )


def _accounts(scope: Scope, context: dict[str, Any]) -> Generator[Any, Any, bool]:
    """List the homeserver's accounts where the token may; tell whether it did."""
    if scope.settings.accounts == "rooms":
        return False
    listing = Listing(users(), cursor_pager(("next_token",), param="from"))
    try:
        while (data := (yield from listing.page())) is not None:
            yield Batch("user", data.get("users", []), context)
    except (PermissionMissingError, ObjectUnavailableError):
        yield Gap(NO_ACCOUNTS, "skipped")
        return False
    if listing.problem:
        yield Gap(listing.problem)
    return True


def room_of(name: str, state: Iterable[Event], *, direct: bool) -> Room:
    """Put together what a room's state says of it."""
    by_type = {event["type"]: event for event in state if event.get("state_key") == "" or "parent" in event["type"]}
    content = {kind: event.get("content", {}) for kind, event in by_type.items()}
    create = by_type.get("m.room.create", {})
    rule = content.get("m.room.join_rules", {})
    room: Room = {
        "room_id": name,
        "space": content.get("m.room.create", {}).get("type") == "m.space",
        "name": content.get("m.room.name", {}).get("name") or None,
        "alias": content.get("m.room.canonical_alias", {}).get("alias"),
        "topic": content.get("m.room.topic", {}).get("topic") or None,
        "privacy": "direct" if direct else _privacy(rule.get("join_rule")),
        "parent": by_type["m.space.parent"].get("state_key") if content.get("m.space.parent") else None,
        "archived": "m.room.tombstone" in by_type,
        "encrypted": "m.room.encryption" in by_type,
    }
    if "origin_server_ts" in create:
        room["created"], room["creator"] = create["origin_server_ts"], create["sender"]
    return room


def _privacy(rule: str | None) -> str:
    """A restricted room is open to whoever is in its space: `_open_by_parent` decides on it."""
    return {"public": "public", "restricted": "restricted", "knock_restricted": "restricted"}.get(rule or "", "private")


def _spaces(rooms: dict[str, Room]) -> Flow:
    """Ask for what the spaces hold: parents, and rooms that the account is not in."""
    walked: set[str] = set()
    for space in [name for name, room in rooms.items() if room.get("space")]:
        if space in walked:
            continue
        listing = Listing(hierarchy(space), cursor_pager(("next_batch",), param="from"))
        try:
            while (data := (yield from listing.page())) is not None:
                for one in data.get("rooms", []):
                    walked.add(one["room_id"])
                    _merge_summary(rooms, one)
        except (PermissionMissingError, ObjectUnavailableError) as error:
            yield Gap(str(error), "denied")
        if listing.problem:
            yield Gap(listing.problem)


def _merge_summary(rooms: dict[str, Room], summary: dict[str, Any]) -> None:
    """Take a room's summary in, and whose parent it is."""
    name = summary["room_id"]
    summed: Room = {
        "room_id": name,
        "space": summary.get("room_type") == "m.space",
        "name": summary.get("name"),
        "alias": summary.get("canonical_alias"),
        "topic": summary.get("topic"),
        "privacy": _privacy(summary.get("join_rule")),
    }
    known = rooms.setdefault(name, summed)
    if set(known) == {"room_id", "parent"}:  # its parent came first
        rooms[name] = {**summed, "parent": known["parent"]}
    for child in summary.get("children_state", ()):
        if child.get("content", {}).get("via"):
            rooms.setdefault(child["state_key"], {"room_id": child["state_key"]})["parent"] = name


def _open_by_parent(rooms: dict[str, Room]) -> None:
    """A restricted room is as open as its space; drop children that no summary told anything of."""
    for name, room in list(rooms.items()):
        if "privacy" not in room:
            del rooms[name]
        elif room["privacy"] == "restricted":
            parent = rooms.get(room.get("parent") or "", {})
            room["privacy"] = "public" if parent.get("privacy") == "public" else "private"


def _is_wanted(scope: Scope, room: Room) -> bool:
    asked = {"public": True, "private": scope.include_private, "direct": scope.include_direct}
    return asked[room["privacy"]] and scope.wants(room.get("name"), room.get("alias"), room["room_id"])


def _direct(data: dict[str, Any]) -> set[str]:
    """Name the rooms that this account has marked as direct (`m.direct`)."""
    events = data.get("account_data", {}).get("events", [])
    lists = [value for one in events if one.get("type") == "m.direct" for value in one["content"].values()]
    return {name for names in lists if isinstance(names, list) for name in names}


def _state(part: dict[str, Any]) -> list[Event]:
    """Give a joined room's state: what the timeline brought is newer than the list of state."""
    newer = [event for event in part.get("timeline", {}).get("events", []) if "state_key" in event]
    return [*part.get("state", {}).get("events", []), *newer]


def _latest(part: dict[str, Any]) -> str:
    events = part.get("timeline", {}).get("events", [])
    return str(events[-1]["event_id"]) if events else ""


def _receipts(part: dict[str, Any]) -> Iterator[Receipt]:
    for event in part.get("ephemeral", {}).get("events", []):
        for target, kinds in event.get("content", {}).items() if event.get("type") == "m.receipt" else ():
            for user, told in kinds.get("m.read", {}).items():
                yield {"event_id": target, "user_id": user, "ts": told.get("ts")}
