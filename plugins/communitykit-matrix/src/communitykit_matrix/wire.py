"""What a homeserver sends, as far as it is read, in the client-server specification's words; ids made of it. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeAlias

from communitykit.connector import make_id

POLLS = ("m.poll", "m.poll.start", "org.matrix.msc3381.poll.start")
MESSAGES = frozenset({"m.room.message", "m.sticker", "m.room.encrypted", *POLLS})


Event: TypeAlias = dict[str, Any]
"""A ClientEvent: `type`, `event_id`, `sender`, `content`, `unsigned`, `origin_server_ts` (ms); `state_key` in state."""


def relation(event: Event) -> dict[str, Any]:
    """Return what an event says it relates to (`m.relates_to`); empty where it says nothing."""
    return event.get("content", {}).get("m.relates_to") or {}


def previous(event: Event) -> dict[str, Any]:
    """Return the content that a state event took the place of; empty for the first of its kind."""
    return event.get("unsigned", {}).get("prev_content") or {}


def moment(event: Event, name: str = "origin_server_ts") -> datetime:
    """Return when an event was sent, or another time in milliseconds."""
    return datetime.fromtimestamp(event[name] / 1000, UTC)


def home_of(native: str, home: str = "unknown") -> str:
    """Return the server part of a native id; rooms of version 12 and later have none, so they are the reader's."""
    return native.partition(":")[2] or home


def member_id(user: str) -> str:
    """Return an account's id; its network is the account's own homeserver."""
    return make_id("matrix", home_of(user), "member", user)


def room_id(home: str, room: str, kind: str = "community", *native: str) -> str:
    """Return the id of a room or space, or of something (message, membership) that is at home in it."""
    return make_id("matrix", home_of(room, home), kind, *(native or (room,)))
