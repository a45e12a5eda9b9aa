"""Workplace's own numbers for everything in the world, and messages as it writes them. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import lru_cache

from communitykit.connector import JSON
from communitykit.sandbox import SECOND, Message, Person, Place, Reaction, Segment, World, from_us, in_words

_PLACES = 1000
"""Communities that the numbers of posts can tell apart."""
_REACTIONS = {
    "+1": "LIKE", "heart": "LOVE", "tada": "WOW", "eyes": "CARE", "white_check_mark": "THANKFUL", "joy": "HAHA",
    "aurora_spark": "FIRE", "clap::skin-tone-3": "PRIDE",
}  # fmt: skip


@lru_cache(maxsize=200_000)
def native(kind: str, seed: str, key: str) -> str:
    """Return a number of the Graph's looks (15 digits, beginning with 100), the same for the same key."""
    digest = hashlib.sha256(f"{seed}/{kind}/{key}".encode()).digest()
    return str(100_000_000_000_000 + int.from_bytes(digest[:8], "big") % 899_000_000_000)


def community(world: World) -> str:
    """Return the company's community."""
    return native("community", world.seed, "home")


def user(world: World, person: Person) -> str:
    """Return somebody's number."""
    return native("user", world.seed, str(person.number))


def group(world: World, place: Place) -> str:
    """Return a group's number."""
    return native("group", world.seed, str(place.number))


def number(place: int, at: int) -> str:
    """Return the number of what was written in a place at a moment."""
    return str(at * _PLACES + place)


def place_and_moment(text: str) -> tuple[int, int]:
    """Return the place and the moment of such a number; the inverse of `number`."""
    return int(text) % _PLACES, int(text) // _PLACES


def message(world: World, written: Message) -> str:
    """Return a post's id, `group_post`, or a comment's, `post_comment`."""
    own = number(written.place, written.at)
    if written.root is None:
        return f"{group(world, world.places[written.place])}_{own}"
    return f"{number(written.place, written.root)}_{own}"


def time(moment: int) -> str:
    """Write a moment as the Graph does."""
    return from_us(moment).strftime("%Y-%m-%dT%H:%M:%S+0000")


def seconds(moment: int) -> int:
    """Write a moment in Unix seconds."""
    return moment // SECOND


def updated(written: Message) -> int:
    """Return when a post was last active, to the second: its own time, or its newest comment's."""
    return seconds(max([written.at, *(one.at for one, _ in thread(written))]))


def thread(root: Message) -> list[tuple[Message, Message]]:
    """List the comments below a post, each with what it answers: deleting a comment deletes what is below it."""
    pairs = [(reply, _above(root, reply)) for reply in root.replies if reply.live]
    return [(reply, above) for reply, above in pairs if above.live]


def _above(root: Message, reply: Message) -> Message:
    """Return what a comment answers: the post, or now and then the first comment; there are no deeper levels."""
    if reply.at // 10 % 3 == 1:
        before = next((one for one in root.replies if one.at < reply.at and one.at // 10 % 3 != 1), None)
        return before or root
    return root


def reaction(emoji: str) -> str:
    """Return the platform's reaction."""
    return _REACTIONS.get(emoji, "LIKE")


def reactions(written: Message) -> list[Reaction]:
    """List one reaction of each person, the first."""
    first: dict[int, Reaction] = {}
    for one in sorted(written.reactions, key=lambda one: (one.at, one.person)):
        first.setdefault(one.person, one)
    return list(first.values())


def parent_of(world: World, written: Message) -> Message | None:
    """Return what a comment answers; None for a post."""
    root = world.root_of(written)
    return None if root is written else _above(root, written)


def formatting(written: Message) -> str:
    """Tell how a post's message is to be read; comments are always plain."""
    marked = written.root is None and any(one.kind == "bold" for one in written.segments)
    return "MARKDOWN" if marked else "PLAINTEXT"


def body(world: World, written: Message) -> str:
    """Write a message; people and groups stand in it by name."""
    marked = formatting(written) == "MARKDOWN"
    return "".join(text for text, _ in _pieces(world, written, written.segments, marked=marked))


def plain(world: World, written: Message, segments: Sequence[Segment]) -> str:
    """Return the plain text of segments."""
    return "".join(text for text, _ in _pieces(world, written, segments, marked=False))


def tags(world: World, written: Message) -> list[dict[str, JSON]]:
    """Return `message_tags`: whom and what the message names, and where."""
    found: list[dict[str, JSON]] = []
    offset = 0
    for text, segment in _pieces(world, written, written.segments, marked=formatting(written) == "MARKDOWN"):
        if segment.kind in {"person", "place"}:
            person = segment.kind == "person"
            who = user(world, world.people[segment.ref]) if person else group(world, world.places[segment.ref])
            found.append(
                {"id": who, "name": text, "type": "user" if person else "group", "offset": offset, "length": len(text)}
            )
        offset += len(text)
    return found


def _pieces(
    world: World, written: Message, segments: Sequence[Segment], *, marked: bool
) -> Iterator[tuple[str, Segment]]:
    for segment in segments:
        yield _piece(world, written, segment, marked=marked), segment


def _piece(world: World, written: Message, segment: Segment, *, marked: bool) -> str:
    if segment.kind == "person":
        return world.account(world.people[segment.ref], "workplace").display_name
    if segment.kind == "place":
        return world.places[segment.ref].name_at(written.at)
    if segment.kind == "bold":
        return f"**{segment.text}**" if marked else segment.text
    return in_words(world, segment)
