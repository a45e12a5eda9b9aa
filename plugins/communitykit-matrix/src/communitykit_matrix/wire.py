"""What a homeserver sends, as far as it is read; the names are those of the client-server specification."""

from __future__ import annotations

from typing import Any, TypedDict

MESSAGES = frozenset(
    {"m.room.message", "m.sticker", "m.room.encrypted", "m.poll.start", "org.matrix.msc3381.poll.start"}
)
"""Types of events that somebody wrote."""
VOTES = frozenset({"m.poll.response", "org.matrix.msc3381.poll.response"})
ANNOUNCED = {"m.room.name": "name", "m.room.topic": "topic", "m.room.tombstone": "body"}
"""State whose change is told, and the field of its content that says what it became."""


class Event(TypedDict, total=False):
    """A ClientEvent: of the timeline, or of a room's state (then with a `state_key`). Times are milliseconds."""

    type: str
    event_id: str
    sender: str
    origin_server_ts: int
    state_key: str
    redacts: str
    content: dict[str, Any]
    unsigned: dict[str, Any]


class User(TypedDict, total=False):
    """An account in Synapse's list (admin API, "List Accounts"); `creation_ts` is in milliseconds."""

    name: str
    displayname: str | None
    user_type: str | None
    is_guest: bool
    admin: bool
    deactivated: bool
    erased: bool
    creation_ts: int


class Room(TypedDict, total=False):
    """What is known of a room, from its state (/sync) or its summary (/hierarchy). What is not known is absent."""

    room_id: str
    space: bool
    name: str | None
    alias: str | None
    topic: str | None
    privacy: str
    parent: str | None
    created: int
    creator: str
    archived: bool
    encrypted: bool


class Act(TypedDict):
    """A reaction taken back, or a pin set or removed: worked out from what changed in the timeline."""

    kind: str
    sender: str
    target: str
    key: str | None
    ts: int | None
    active: bool


class Receipt(TypedDict):
    """A read receipt (`m.receipt`), taken out of its nested mapping."""

    event_id: str
    user_id: str
    ts: int | None


def relation(event: Event) -> dict[str, Any]:
    """Give what an event says it relates to (`m.relates_to`); empty where it says nothing usable."""
    found = event.get("content", {}).get("m.relates_to")
    return found if isinstance(found, dict) else {}


def replaced(event: Event) -> str | None:
    """Give the event that this one edits (`m.replace`), if it does."""
    found = relation(event)
    target = found.get("event_id") if found.get("rel_type") == "m.replace" else None
    return target if isinstance(target, str) else None


def previous(event: Event) -> dict[str, Any]:
    """Give the content that a state event took the place of; empty for the first of its kind."""
    found = event.get("unsigned", {}).get("prev_content")
    return found if isinstance(found, dict) else {}
