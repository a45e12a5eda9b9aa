"""What the homeserver calls people, rooms and events, and how it writes bodies. Pure."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from html import escape

from communitykit.sandbox import Message, Person, Place, Segment, World

HOME = "aurora.example"
PARTNER = "borealis.example"
SPACE_NAME = "Aurora Instruments"

_EMOJI = {
    "+1": "👍",
    "heart": "❤️",
    "tada": "🎉",
    "eyes": "👀",
    "rocket": "🚀",
    "joy": "😂",
    "pray": "🙏",
    "smile": "😄",
}


def _mark(*parts: object) -> str:
    digest = hashlib.sha256("/".join(str(part) for part in parts).encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def home(person: Person) -> str:
    """Return somebody's homeserver."""
    return PARTNER if person.kind == "external" else HOME


def user(world: World, person: Person) -> str:
    """Return an account's id."""
    return f"@{world.account(person, 'matrix').username}:{home(person)}"


def room(world: World, place: Place) -> str:
    """Return a room's id: of room version 12, so without a server's name."""
    return f"!{_mark(world.seed, 'room', place.number)}"


def space(world: World) -> str:
    """Return the company's space."""
    return f"!{_mark(world.seed, 'space')}"


def event(world: World, message: Message) -> str:
    """Return a message's event id."""
    return f"${_mark(world.seed, message.place, message.at)}"


def other(world: World, *parts: object) -> str:
    """Return the id of an event that is no message."""
    return f"${_mark(world.seed, 'other', *parts)}"


def emoji(name: str) -> str:
    """Return a reaction's key: the character, or a shortcode where there is none."""
    return _EMOJI.get(name, f":{name}:")


def plain(world: World, segments: Sequence[Segment]) -> str:
    """Write a body without formatting."""
    return "".join(_plain(world, one) for one in segments)


def _plain(world: World, one: Segment) -> str:
    if one.kind == "link":
        return f"[{one.text}]({one.url})"
    if one.kind == "person":
        return world.account(world.people[one.ref], "matrix").display_name
    if one.kind == "circle":
        return f"@{world.circles[one.ref].handle}"
    if one.kind == "place":
        return f"#place{one.ref}:{HOME}"
    return {"everyone": "@room", "emoji": emoji(one.text)}.get(one.kind, one.text)


def formatted(world: World, segments: Sequence[Segment]) -> str | None:
    """Write a body as `org.matrix.custom.html`; None where there is nothing to format."""
    if not {"bold", "link", "person", "place"} & {one.kind for one in segments}:
        return None
    return "".join(_formatted(world, one) for one in segments)


def _formatted(world: World, one: Segment) -> str:
    shown = escape(_plain(world, one), quote=False).replace("\n", "<br>")
    if one.kind == "bold":
        return f"<strong>{shown}</strong>"
    if one.kind == "link":
        return f'<a href="{escape(one.url)}">{escape(one.text, quote=False)}</a>'
    if one.kind == "person":
        return f'<a href="https://matrix.to/#/{user(world, world.people[one.ref])}">{shown}</a>'
    if one.kind == "place":
        return f'<a href="https://matrix.to/#/{room(world, world.places[one.ref])}?via={HOME}">{shown}</a>'
    return shown


def reader(world: World) -> Person:
    """Return whose token it is: a server admin's, who is in every room."""
    staff = [one for one in world.people if "matrix" in one.platforms and one.kind == "employee"]
    return next((one for one in staff if one.admin), staff[0])
