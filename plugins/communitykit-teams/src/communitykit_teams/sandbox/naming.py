"""Ids, names and bodies of everything in the world as Microsoft Graph writes them. Pure."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from functools import lru_cache
from html import escape

from communitykit.sandbox import SECOND, Circle, Message, Person, Place, Segment, World, from_us

UPN_DOMAIN = "aurora.example"
_LEGACY = {"+1": "like", "heart": "heart"}
_UNICODE = {
    "tada": "🎉",
    "eyes": "👀",
    "white_check_mark": "✅",
    "joy": "😂",
    "clap::skin-tone-3": "👏🏼",
    "smile": "😄",
    "rocket": "🚀",
    "+1": "👍",
    "coffee": "☕",
    "warning": "⚠️",
}


@lru_cache(maxsize=200_000)
def guid(seed: str, key: str) -> str:
    """Return a GUID, the same for the same key."""
    return str(uuid.UUID(bytes=hashlib.sha256(f"{seed}/{key}".encode()).digest()[:16], version=4))


def tenant(world: World) -> str:
    """Return the company's tenant."""
    return guid(world.seed, "tenant")


def home(world: World, person: Person) -> str:
    """Return the tenant where somebody is at home."""
    return guid(world.seed, "partner tenant") if person.kind == "external" else tenant(world)


def user(world: World, person: Person) -> str:
    """Return somebody's directory object id; of a bot, the id of its app."""
    return person.directory_id or guid(world.seed, f"user/{person.number}")


def principal_name(person: Person) -> str:
    """Return somebody's user principal name."""
    return f"{person.slug}@{UPN_DOMAIN}"


def standard(place: Place) -> bool:
    """Tell whether a community is a standard channel: as open as its team, with the team's members."""
    return place.privacy == "public" and not place.shared


def host(world: World, place: Place) -> Place:
    """Return the community whose team a channel is in: its own, or everybody's for private and shared channels."""
    return place if standard(place) else next(one for one in world.on("teams") if one.default)


def team(world: World, place: Place) -> str:
    """Return the id of the team that a channel is in."""
    return guid(world.seed, f"team/{host(world, place).number}")


def channel(world: World, place: Place) -> str:
    """Return a channel's id."""
    return f"19:{guid(world.seed, f'channel/{place.number}').replace('-', '')}@thread.tacv2"


def membership_kind(place: Place) -> str:
    """Return a channel's membershipType."""
    return "standard" if standard(place) else "shared" if place.shared else "private"


def tag(world: World, circle: Circle) -> str:
    """Return the id of a tag."""
    return f"Tag{guid(world.seed, f'tag/{circle.number}').replace('-', '')}"


def number(message: Message) -> str:
    """Return a message's id: the time at which it was written, unique in its channel only."""
    return str(message.at)


def iso(moment: int) -> str:
    """Write a moment: as many digits of a second as it takes, none for a whole one."""
    text = from_us(moment).strftime("%Y-%m-%dT%H:%M:%S")
    rest = moment % SECOND
    return f"{text}.{rest:06d}".rstrip("0") + "Z" if rest else f"{text}Z"


def reaction(emoji: str) -> str:
    """Return the name under which a reaction is known: an old name, a character, or a custom one's own."""
    return _LEGACY.get(emoji) or _UNICODE.get(emoji) or emoji


def is_custom(emoji: str) -> bool:
    """Tell whether a reaction is the company's own picture."""
    return emoji not in _LEGACY and emoji not in _UNICODE


def is_text(world: World, message: Message) -> bool:
    """Tell whether a body is kept as text: what some clients and apps send when nothing is formatted."""
    simple = all(segment.kind == "text" for segment in message.segments) and not message.files and not message.shares
    person = world.people[message.author]
    return (
        simple and not message.options and message.kind == "post" and person.kind != "bot" and message.at // 10 % 5 == 0
    )


def html(world: World, segments: Sequence[Segment], at: int) -> str:
    """Write segments as the body's HTML, as it was written then; mentions are numbered in their order."""
    parts, mentioned = [], 0
    for segment in segments:
        kind = segment.kind
        if kind == "text":
            parts.append(escape(segment.text, quote=False).replace("\n", "<br>"))
        elif kind == "bold":
            parts.append(f"<strong>{escape(segment.text, quote=False)}</strong>")
        elif kind == "link":
            parts.append(f'<a href="{escape(segment.url)}">{escape(segment.text, quote=False)}</a>')
        elif kind == "emoji":
            shown = _UNICODE.get(segment.text, segment.text)
            parts.append(f'<emoji id="{escape(segment.text)}" alt="{escape(shown)}" title=""></emoji>')
        else:
            parts.append(f'<at id="{mentioned}">{escape(label(world, segment, at), quote=False)}</at>')
            mentioned += 1
    return f"<p>{''.join(parts)}</p>"


def label(world: World, segment: Segment, at: int) -> str:
    """Return the words of a mention: a community's name as it was then, since bodies are not written anew."""
    if segment.kind == "person":
        return world.account(world.people[segment.ref], "teams").display_name
    if segment.kind == "circle":
        return world.circles[segment.ref].name
    return world.places[segment.ref].name_at(at) if segment.kind == "place" else segment.text


def plain(world: World, segments: Sequence[Segment], at: int) -> str:
    """Return the plain text of segments, as the body's HTML determines it."""
    parts = []
    for segment in segments:
        if segment.kind == "emoji":
            parts.append(_UNICODE.get(segment.text, segment.text))
        elif segment.kind in {"text", "bold", "link"}:
            parts.append(segment.text)
        else:
            parts.append("@" + label(world, segment, at))
    return "\n".join(line.strip(" ") for line in "".join(parts).split("\n")).strip()
