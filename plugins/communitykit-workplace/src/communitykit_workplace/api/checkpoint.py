"""How far one group's feed was read: the checkpoint. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from communitykit.connector import JSON, Checkpoint

VERSION = 2
"""Version 1 took for read what `since` and `until` had kept out."""


@dataclass(slots=True)
class Progress:
    """What was read of a feed, in Unix seconds of `updated_time`, which moves with every comment.

    Everything updated from `floor` (0: ever) to `high` was read and handed on; both are times that the feed itself
    showed, or that were asked for, never this machine's. `walk` is a walk that did not end: from when to when it still
    has to go, and what will be `high` when it has. `newest` is the newest `updated_time` that the feed showed,
    `updated` the group's own when all was read. `owed` are posts of which something beside them could not be had.
    """

    high: int | None = None
    floor: int = 0
    walk: tuple[int, int, int] | None = None
    newest: int = 0
    updated: int | None = None
    owed: list[str] = field(default_factory=list)

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
            owed=list(checkpoint.get("owed") or ()),
        )

    def save(self) -> Checkpoint:
        """Make the checkpoint that holds now."""
        saved: dict[str, JSON] = {
            "v": VERSION,
            "high": self.high,
            "floor": self.floor,
            "walk": list(self.walk) if self.walk else None,
            "newest": self.newest,
            "updated": self.updated,
            "owed": self.owed,
        }
        return saved
