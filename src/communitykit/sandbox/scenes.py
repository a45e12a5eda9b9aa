"""Scenes: what happens for certain in every world, so that nothing that matters depends on the dice. Pure."""

# ruff: noqa: PLR2004 # how likely things are stands where they happen

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING

from communitykit.sandbox import vocabulary as words
from communitykit.sandbox.messages import SPACE, Message, Reaction, Segment, text
from communitykit.sandbox.times import HOUR, MINUTE, SECOND

if TYPE_CHECKING:
    from communitykit.sandbox.talk import Speech

SCENES: tuple[str, ...] = (
    "reactions", "edited", "tombstone", "vanished", "reply_edited", "reply_deleted", "broadcast", "pinned", "late",
    "everyone", "circle", "place", "person", "rtl", "markup", "file", "share", "praise", "poll", "answered",
    "unanswered", "announcement", "integration", "bot", "reply_reactions", "lines",
)  # fmt: skip
"""What happens for certain, one thread each, in the community of everybody on every platform."""

_VARIETIES = {"answered": "question", "unanswered": "question", "poll": "poll", "praise": "praise", "share": "share"}


def variety(chance: float, scenes: Sequence[str]) -> str:
    """Return the sort of post that scenes ask for, else what the dice say."""
    for scene in scenes:
        if scene in _VARIETIES:
            return _VARIETIES[scene]
    if scenes or chance < 0.83:
        return "post"
    return "question" if chance > 0.88 else "poll" if chance > 0.87 else "praise" if chance > 0.85 else "share"


def staged_count(scenes: Sequence[str], count: int) -> int:
    """Return how many replies a thread needs for its scenes."""
    needs = {"tombstone", "reply_edited", "reply_deleted", "broadcast", "late", "answered", "reply_reactions"}
    if needs & set(scenes):
        return max(2, count)
    return 0 if {"vanished", "unanswered"} & set(scenes) else count


def stage(speech: Speech, rng: Random, root: Message, scenes: Sequence[str]) -> None:  # noqa: C901, PLR0912 # a list of scenes
    """Make sure that what the scenes are named for happens."""
    for message in (root, *root.replies):
        message.deleted_at = message.edited_at = None
        message.broadcast = False
    soon = (root.at + 2 * HOUR) // SECOND * SECOND
    first = root.replies[0] if root.replies else root
    mention: Segment | None = None
    for scene in scenes:
        if scene == "reactions":
            root.reactions = [
                Reaction(person, "+1", soon + person * SECOND)
                for person in speech.talkers
                if speech.stays[person][0] < soon and speech.stays[person][1] is None
            ]
        elif scene == "edited":
            root.edited_at, root.segments = soon, (*root.segments, text(" (final)"))
        elif scene in {"tombstone", "vanished"}:
            root.deleted_at = max(soon, root.replies[-1].at + HOUR) if root.replies else soon
        elif scene == "reply_edited":
            first.edited_at, first.segments = (
                (first.at + HOUR) // SECOND * SECOND,
                (*first.segments, text(" (fixed)")),
            )
        elif scene == "reply_deleted":
            first.deleted_at = first.at + HOUR
        elif scene == "broadcast":
            first.broadcast = speech.broadcasts
        elif scene == "pinned":
            root.pinned = (speech.place.creator, soon // SECOND * SECOND)
        elif scene == "everyone":
            mention = Segment("everyone", "channel")
        elif scene == "circle":
            mention = Segment("circle", ref=speech.circles[-1].number)
        elif scene == "place":
            mention = Segment("place", ref=speech.open[-1].number)
        elif scene == "person":
            mention = Segment("person", ref=speech.employees[-1])
        elif scene == "rtl":
            root.language, root.segments = (
                "ar",
                (text(words.SENTENCES["ar"][1]), text(" " + words.SENTENCES["he"][2])),
            )
        elif scene == "markup":
            root.language, root.segments = "en", (text("<b>not bold</b> & a < b > c"), text(' "quoted" \\ back'))
        elif scene == "lines":
            link = Segment("link", "the plan & more", url=f"https://intranet.{words.DOMAIN}/plan?a=1&b=2")
            root.segments = (text("First line\n• one\n• two\n\n"), link, SPACE, Segment("emoji", "tada"))
        elif scene == "file" and not root.files:
            speech.attach(rng, root)
        elif scene == "reply_reactions":
            first.reactions = []
            for person in speech.employees[:3]:
                first.reactions.append(Reaction(person, "heart", first.at + MINUTE + person * SECOND))
    if mention:
        root.segments = (text("Attention "), mention, text(": please read."))
