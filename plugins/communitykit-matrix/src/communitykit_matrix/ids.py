"""Matrix's ids as communitykit's: the network is the homeserver that a thing is at home on. Pure."""

from __future__ import annotations

from communitykit.connector import make_id


def home_of(native: str, home: str = "unknown") -> str:
    """Return the server part of a native id; rooms of version 12 and later have none, so they are the reader's."""
    return native.partition(":")[2] or home


def member_id(user: str) -> str:
    """Return an account's id; its network is the account's own homeserver."""
    return make_id("matrix", home_of(user), "member", user)


def room_id(home: str, room: str, kind: str = "community", *native: str) -> str:
    """Return the id of a room or space, or of something (message, membership) that is at home in it."""
    return make_id("matrix", home_of(room, home), kind, *(native or (room,)))
