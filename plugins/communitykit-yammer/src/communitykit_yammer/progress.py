"""How far one feed was read: the checkpoint, with a cursor for the past and a mark for the news. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from communitykit import Checkpoint

VERSION = 1
MAX_REACTIONS = 20_000
"""Messages whose number of reactions is remembered per feed."""


@dataclass(slots=True)
class Progress:
    """What was read of a feed, by message ids, which grow with time.

    Messages from `high` down to `floor` were read; `done` says since when (ISO 8601, empty: ever) everything was.
    `walk` is a later run's walk that did not end: its newest message and how far it came. `seen` counts what the
    back-fill found, `recent` and `cut` the messages of the look-back that the last walk met, and those of them that
    show only a part of who reacted; `updates` is the group's own count of messages when all was read. `reactions` holds
    the numbers of reactions whose whole lists were read.
    """

    high: int | None = None
    floor: int | None = None
    done: str | None = None
    walk: tuple[int, int] | None = None
    seen: int = 0
    recent: int = 0
    cut: int = 0
    updates: int | None = None
    reactions: dict[str, int] = field(default_factory=dict)

    @classmethod
    def load(cls, checkpoint: Checkpoint | None) -> Progress:
        """Go on from a checkpoint; one of another version starts anew, which costs requests and loses nothing."""
        if not checkpoint or checkpoint.get("v") != VERSION:
            return cls()
        walk = checkpoint.get("walk")
        return cls(
            high=checkpoint.get("high"),
            floor=checkpoint.get("floor"),
            done=checkpoint.get("done"),
            walk=(walk[0], walk[1]) if walk else None,
            seen=int(checkpoint.get("seen") or 0),
            recent=int(checkpoint.get("recent") or 0),
            cut=int(checkpoint.get("cut") or 0),
            updates=checkpoint.get("updates"),
            reactions=dict(checkpoint.get("reactions") or {}),
        )

    def save(self) -> Checkpoint:
        """Make the checkpoint that holds now."""
        saved: dict[str, Any] = {
            "v": VERSION,
            "high": self.high,
            "floor": self.floor,
            "done": self.done,
            "walk": list(self.walk) if self.walk else None,
            "seen": self.seen,
            "recent": self.recent,
            "cut": self.cut,
            "updates": self.updates,
        }
        if self.reactions:
            newest = sorted(self.reactions, key=int, reverse=True)[:MAX_REACTIONS]
            saved["reactions"] = {native: self.reactions[native] for native in newest}
        return saved

    def reaches(self, goal: str) -> bool:
        """Tell whether everything since `goal` (ISO 8601 in UTC, empty: ever) was read already."""
        return self.done is not None and (self.done == "" or (goal != "" and self.done <= goal))
