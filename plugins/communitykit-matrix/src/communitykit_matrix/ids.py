"""Ids of what a homeserver knows. Pure."""

from __future__ import annotations

from communitykit import make_id


def home_of(native: str, home: str) -> str:
    """Give the server part of a native id; rooms of version 12 and later have none, so they are the reader's."""
    return native.partition(":")[2] or home


def member_id(user: str) -> str:
    """Give an account's id; its network is the account's own homeserver."""
    return make_id("matrix", home_of(user, "unknown"), "member", user)


def community_id(home: str, room: str) -> str:
    """Give a room's or space's id."""
    return make_id("matrix", home_of(room, home), "community", room)


def post_id(home: str, room: str, event: str) -> str:
    """Give a message's id; event ids are unique everywhere, their room is the object's home."""
    return make_id("matrix", home_of(room, home), "post", event)


def membership_id(home: str, room: str, user: str) -> str:
    """Give the id of an account's being in a room."""
    return make_id("matrix", home_of(room, home), "membership", room, user)
