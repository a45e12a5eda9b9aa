"""What a homeserver sends, as far as it is read, in the client-server specification's words; ids made of it. Pure.

Anybody in a room can send anything, and servers hand it on: so flows look at events through the readers here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeGuard

from communitykit.connector import as_mapping, look, make_id

POLLS = ("m.poll", "m.poll.start", "org.matrix.msc3381.poll.start")
MESSAGES = frozenset({"m.room.message", "m.sticker", "m.room.encrypted", *POLLS})
_END_OF_TIME = 253_402_300_800_000  # the year 10,000, in milliseconds


Event: TypeAlias = dict[str, Any]
"""A ClientEvent: `type`, `event_id`, `sender`, `content`, `unsigned`, `origin_server_ts` (ms); `state_key` in state."""


def is_event(value: Any) -> TypeGuard[Event]:  # noqa: ANN401 # decoded JSON
    """Tell whether this has what every event has, in the right form."""
    if not isinstance(value, dict) or not all(isinstance(value.get(name), str) for name in _ALWAYS):
        return False
    return is_time(value.get("origin_server_ts"))


_ALWAYS = ("type", "event_id", "sender")


def is_time(value: object) -> bool:
    """Tell whether this is a time in milliseconds."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _END_OF_TIME


def text(value: object) -> str | None:
    """Return text as it is, and anything else as None."""
    return value if isinstance(value, str) else None


def content(event: Event) -> dict[str, Any]:
    """Return an event's content; empty where it has none."""
    return as_mapping(event.get("content"))


def relation(event: Event) -> dict[str, Any]:
    """Return what an event says it relates to (`m.relates_to`); empty where it says nothing that can be read."""
    return as_mapping(content(event).get("m.relates_to"))


def previous(event: Event) -> dict[str, Any]:
    """Return the content that a state event took the place of; empty for the first of its kind."""
    return as_mapping(look(event, "unsigned", "prev_content"))


def bundled(event: Event, what: str = "m.replace") -> Event:
    """Return the event that a server bundles with another one which it changes; empty where it does not."""
    unsigned = as_mapping(event.get("unsigned"))
    return as_mapping(
        unsigned.get(what) if what == "redacted_because" else as_mapping(unsigned.get("m.relations")).get(what)
    )


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
