"""Slack's own ids for everything in the world, and bodies in Slack's markup. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from communitykit.sandbox import SECOND, Circle, Message, Person, Place, Segment, World

SLACKBOT = "USLACKBOT"
PERSONAL_FIELDS = ("Department", "Manager", "Division", "Office", "Employee ID")
"""Labels of the profile fields that this workspace defined."""

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PAIR = 2
_NUMBERS = (":one:", ":two:", ":three:", ":four:")


@lru_cache(maxsize=200_000)
def native(prefix: str, seed: str, key: str) -> str:
    """Return an id of Slack's looks: a letter and ten digits or capitals, the same for the same key."""
    number = int.from_bytes(hashlib.sha256(f"{seed}/{prefix}/{key}".encode()).digest()[:8], "big")
    digits = []
    for _ in range(10):
        number, rest = divmod(number, 36)
        digits.append(_DIGITS[rest])
    return prefix + "".join(digits)


def team(world: World) -> str:
    """Return the company's workspace."""
    return native("T", world.seed, "home")


def home(world: World, person: Person) -> str:
    """Return the workspace where somebody is at home."""
    return native("T", world.seed, "partner") if person.kind == "external" else team(world)


def has_account(person: Person) -> bool:
    """Tell whether somebody is a user of this workspace: strangers are users elsewhere, integrations are none."""
    return person.kind != "external" and not (person.kind == "bot" and person.solo)


def user(world: World, person: Person) -> str:
    """Return somebody's user id; an integration has a bot id only."""
    if person.kind == "bot" and person.solo:
        return bot(world, person)
    return native("U", world.seed, str(person.number))


def bot(world: World, person: Person) -> str:
    """Return a bot's bot id."""
    return native("B", world.seed, str(person.number))


def is_disguised(world: World, message: Message) -> bool:
    """Tell whether a bot with an account wrote under another name: then Slack tells its bot id, and no user."""
    author = world.people[message.author]
    return author.kind == "bot" and not author.solo and message.at // 10 % 3 == 0


def channel(world: World, place: Place) -> str:
    """Return a channel's id."""
    letter = {"im": "D", "mpim": "G"}.get(sort_of(place), "C")
    return native(letter, world.seed, str(place.number))


def sort_of(place: Place) -> Literal["public_channel", "private_channel", "im", "mpim"]:
    """Return what Slack calls a conversation of this sort: a direct one is between two, or a group's."""
    if place.privacy == "direct":
        return "im" if place.seats == _PAIR else "mpim"
    return "public_channel" if place.privacy == "public" else "private_channel"


def group_name(world: World, place: Place) -> str:
    """Return the name of a direct conversation of a group: Slack makes it of its members' names."""
    people = dict.fromkeys(stay.person for stay in place.stays)
    return f"mpdm-{'--'.join(world.people[number].slug for number in people)}-1"


def usergroup(world: World, circle: Circle) -> str:
    """Return a user group's id."""
    return native("S", world.seed, str(circle.number))


def grouped(world: World, circle: Circle) -> list[str]:
    """List the users of a group, as far as they have an account here."""
    people = (world.people[number] for number in circle.members)
    return [user(world, person) for person in people if "slack" in person.platforms]


def field_id(world: World, label: str) -> str:
    """Return the id of a profile field."""
    return native("Xf", world.seed, label)


def ts(moment: int) -> str:
    """Write a moment as Slack does: seconds, a point, six digits. Never through a float."""
    seconds, rest = divmod(moment, SECOND)
    return f"{seconds}.{rest:06d}"


def moment(text: str) -> int:
    """Read Slack's way of writing a moment.

    Raises ValueError when it is none.
    """
    seconds, _, rest = text.partition(".")
    return int(seconds) * SECOND + int((rest + "000000")[:6])


def segments_of(message: Message) -> Sequence[Segment]:
    """Return what a post says in Slack, where a poll is text with numbers."""
    if not message.options:
        return message.segments
    lines = "".join(f"\n{_NUMBERS[index]} {option}" for index, option in enumerate(message.options))
    return (*message.segments, Segment("text", lines))


def labelled(message: Message) -> bool:
    """Tell whether mentions of people in this post carry a name, as older clients wrote them."""
    return message.at // 10 % 7 == 0


def escape(text: str) -> str:
    """Escape the three characters that Slack escapes."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def mrkdwn(world: World, message: Message, segments: Sequence[Segment]) -> str:
    """Write segments in Slack's markup."""
    parts = []
    for segment in segments:
        kind = segment.kind
        if kind == "text":
            parts.append(escape(segment.text))
        elif kind == "person":
            person = world.people[segment.ref]
            parts.append(f"<@{user(world, person)}{'|' + person.slug if labelled(message) else ''}>")
        elif kind == "emoji":
            parts.append(f":{segment.text}:")
        elif kind == "link":
            parts.append(f"<{escape(segment.url)}|{escape(segment.text)}>")
        elif kind == "bold":
            parts.append(f"*{escape(segment.text)}*")
        elif kind == "everyone":
            parts.append(f"<!{segment.text}>")
        elif kind == "circle":
            circle = world.circles[segment.ref]
            parts.append(f"<!subteam^{usergroup(world, circle)}|@{circle.handle}>")
        else:
            place = world.places[segment.ref]
            parts.append(f"<#{channel(world, place)}|{place.name_at(message.at)}>")
    return "".join(parts)


def plain(world: World, message: Message, segments: Sequence[Segment]) -> str:
    """Return the plain text of segments, as Slack's rules determine it."""
    parts = []
    for segment in segments:
        kind = segment.kind
        if kind == "person":
            person = world.people[segment.ref]
            parts.append("@" + (person.slug if labelled(message) else user(world, person)))
        elif kind == "emoji":
            parts.append(f":{segment.text}:")
        elif kind == "everyone":
            parts.append("@" + segment.text)
        elif kind == "circle":
            parts.append("@" + world.circles[segment.ref].handle)
        elif kind == "place":
            parts.append("#" + world.places[segment.ref].name_at(message.at))
        else:
            parts.append(segment.text)
    return "".join(parts)
