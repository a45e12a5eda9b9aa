"""What a post is in the world: neutral segments, reactions, files. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from communitykit.sandbox.world import World


class Segment(NamedTuple):
    """A piece of a body. `kind`: text, bold, link, person, circle, place, everyone, emoji.

    `text` is the words, the link's label, the word for everyone or the emoji's name; `ref` the number of whom or what
    is mentioned; `url` where a link goes.
    """

    kind: Literal["text", "bold", "link", "person", "circle", "place", "everyone", "emoji"]
    text: str = ""
    ref: int = -1
    url: str = ""


def in_words(world: World, segment: Segment) -> str:
    """Return a piece as plain text, where a platform has no way of its own to write it; people and places have one."""
    if segment.kind == "link":
        return segment.url
    if segment.kind == "emoji":
        return f":{segment.text}:"
    if segment.kind == "everyone":
        return f"@{segment.text}"
    if segment.kind == "circle":
        return f"@{world.circles[segment.ref].handle}"
    return segment.text


@lru_cache(maxsize=4096)
def text(words: str) -> Segment:
    """Return a piece of plain text; the same words are the same object."""
    return Segment("text", words)


SPACE = Segment("text", " ")


class Reaction(NamedTuple):
    """Somebody's reaction."""

    person: int
    emoji: str
    at: int


class File(NamedTuple):
    """An attached file; `number` is unique in its community."""

    number: int
    name: str
    mime_type: str
    size: int


@dataclass(slots=True, eq=False)
class Message:
    """A post. `at`, when it was written, is unique in its place and so identifies it; `root` is that of its thread.

    `withdrawn` holds reactions that were taken back, with the moment at which they were.
    """

    place: int
    at: int
    author: int
    segments: tuple[Segment, ...]
    kind: str = "post"
    language: str = "en"
    root: int | None = None
    replies: list[Message] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    withdrawn: list[Reaction] = field(default_factory=list)
    broadcast: bool = False
    edited_at: int | None = None
    deleted_at: int | None = None
    pinned: tuple[int, int] | None = None
    files: tuple[File, ...] = ()
    shares: tuple[int, int] | None = None
    options: tuple[str, ...] = ()
    praised: int | None = None

    @property
    def changed_at(self) -> int:
        """When anything about it last changed: its words, its being there, a reaction."""
        acts = (one.at for one in (*self.reactions, *self.withdrawn))
        return max(self.at, self.edited_at or 0, self.deleted_at or 0, *acts)

    @property
    def live(self) -> bool:
        """Whether it was not deleted."""
        return self.deleted_at is None

    def living(self) -> list[Message]:
        """List the replies that were not deleted."""
        return [reply for reply in self.replies if reply.deleted_at is None]

    def take_back(self, reaction: Reaction, at: int) -> None:
        """Take one of the reactions back."""
        self.reactions.remove(reaction)
        self.withdrawn.append(reaction._replace(at=at))

    def lone_reaction(self, before: int, *, left: bool) -> Reaction | None:
        """Return the first reaction before a moment of somebody who reacted once, where others stay (`left`) or none.

        None where there is no such reaction.
        """
        people = [one.person for one in self.reactions]
        fitting = self.reactions if (len(people) > 1) == left else ()
        return next((one for one in fitting if one.at < before and people.count(one.person) == 1), None)
