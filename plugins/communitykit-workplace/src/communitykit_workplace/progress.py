"""How far one group's feed was read: the checkpoint. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from communitykit.connector import Checkpoint

VERSION = 1


@dataclass(slots=True)
class Progress:
    """What was read of a feed, in Unix seconds of `updated_time`, which moves with every comment.

    Everything updated from `floor` (0: ever) to `high` was read. `walk` is a walk that did not end: from when to when
    it still has to go, and when it began. `newest` is the newest `updated_time` that the feed showed, `updated` the
    group's own when all was read.
    """

    high: int | None = None
    floor: int = 0
    walk: tuple[int, int, int] | None = None
    newest: int = 0
    updated: int | None = None

    @classmethod
    def load(cls, checkpoint: Checkpoint | None) -> Progress:
        """Go on from a checkpoint; one of another version starts anew, which costs requests and loses nothing."""
        if not checkpoint or checkpoint.get("v") != VERSION:
            return cls()
        walk = checkpoint.get("walk")
        return cls(
            high=checkpoint.get("high"),
            floor=int(checkpoint.get("floor") or 0),
            walk=(walk[0], walk[1], walk[2]) if walk else None,
            newest=int(checkpoint.get("newest") or 0),
            updated=checkpoint.get("updated"),
        )

    def save(self) -> Checkpoint:
        """Make the checkpoint that holds now."""
        saved: dict[str, Any] = {
            "v": VERSION,
            "high": self.high,
            "floor": self.floor,
            "walk": list(self.walk) if self.walk else None,
            "newest": self.newest,
            "updated": self.updated,
        }
        return saved
