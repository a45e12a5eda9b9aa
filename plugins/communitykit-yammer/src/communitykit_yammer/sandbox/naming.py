"""Yammer's own numbers for everything in the world, and bodies with its tokens. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

from communitykit.sandbox import SECOND, Message, Person, Place, Segment, World, from_us, in_words

DOMAIN = "aurora.example"
_RAILS = {
    "Europe/Berlin": "Berlin", "America/Chicago": "Central Time (US & Canada)", "Europe/Paris": "Paris",
    "Asia/Tokyo": "Tokyo", "Asia/Dubai": "Abu Dhabi", "America/Sao_Paulo": "Brasilia", "Asia/Jerusalem": "Jerusalem",
    "Europe/Warsaw": "Warsaw", "Asia/Kolkata": "Chennai", "Europe/Madrid": "Madrid",
}  # fmt: skip
_PLACES = 1000
"""Communities that message numbers can tell apart."""


@lru_cache(maxsize=200_000)
def native(kind: str, seed: str, key: str) -> int:
    """Return a number of Yammer's looks (11 digits), the same for the same key."""
    digest = hashlib.sha256(f"{seed}/{kind}/{key}".encode()).digest()
    return 10_000_000_000 + int.from_bytes(digest[:8], "big") % 89_000_000_000


def network(world: World) -> int:
    """Return the company's network."""
    return native("network", world.seed, "home")


def home(world: World, person: Person) -> int:
    """Return the network where somebody is at home."""
    return native("network", world.seed, "partner") if person.kind == "external" else network(world)


def user(world: World, person: Person) -> int:
    """Return somebody's number; bots are numbered apart from users, so one may have a user's number."""
    return native("user", world.seed, str(person.number))


def group(world: World, place: Place) -> int:
    """Return a community's number."""
    return native("group", world.seed, str(place.number))


def office_group(world: World, place: Place) -> str:
    """Return the Microsoft 365 group behind a community."""
    digest = hashlib.sha256(f"{world.seed}/m365/{place.number}".encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"


def message(place: int, at: int) -> int:
    """Return a message's number, which grows with time; larger than what a float can hold, as they may become."""
    return at * _PLACES + place


def place_and_moment(number: int) -> tuple[int, int]:
    """Return the place and the moment of a message's number; the inverse of `message`."""
    return number % _PLACES, number // _PLACES


def time(moment: int) -> str:
    """Write a moment as REST does."""
    return from_us(moment).strftime("%Y/%m/%d %H:%M:%S +0000")


def rails_zone(zone: str) -> str:
    """Give Yammer's name of a time zone."""
    return _RAILS.get(zone, zone)


def whole_second(moment: int) -> int:
    """Cut a moment to the second."""
    return moment // SECOND * SECOND


def parent_of(world: World, written: Message) -> Message | None:
    """Return the message that this one answers: the root, or now and then the reply before it."""
    root = world.root_of(written)
    if root is written:
        return None
    if written.at // 10 % 3 == 1:
        before = [reply for reply in root.replies if reply.at < written.at]
        if before:
            return before[-1]
    return root


def parsed(world: World, segments: Sequence[Segment]) -> str:
    """Write segments as `parsed` does: people and groups as tokens."""
    parts = []
    for segment in segments:
        if segment.kind == "person":
            parts.append(f"[[user:{user(world, world.people[segment.ref])}]]")
        elif segment.kind == "place":
            parts.append(f"[[group:{group(world, world.places[segment.ref])}]]")
        else:
            parts.append(in_words(world, segment))
    return "".join(parts)


def plain(world: World, segments: Sequence[Segment]) -> str:
    """Return the plain text of segments: numbers stand for people and groups, since exports tell no more."""
    parts = []
    for segment in segments:
        if segment.kind == "person":
            parts.append(f"@{user(world, world.people[segment.ref])}")
        elif segment.kind == "place":
            parts.append(str(group(world, world.places[segment.ref])))
        else:
            parts.append(in_words(world, segment))
    return "".join(parts)


def named(world: World, segments: Sequence[Segment]) -> str:
    """Write segments as the API's own `plain` does: people and groups by name."""
    parts = []
    for segment in segments:
        if segment.kind == "person":
            parts.append("@" + world.people[segment.ref].name)
        elif segment.kind == "place":
            parts.append(world.places[segment.ref].name)
        else:
            parts.append(in_words(world, segment))
    return "".join(parts)
