"""How far one channel's messages were read: the checkpoint, and what is needed to notice change. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from communitykit import Checkpoint
from communitykit_slack.ids import ts_key, ts_of

VERSION = 1
MAX_ROOTS = 20_000
"""Threads that are watched per channel."""
SPARE_ROOTS = 2_000
"""Threads that are watched at least, even where the look-back is too short to reach them."""

ONE_PAGE = 1_000
"""Replies, and their root, that one request brings."""

BEGINNING = "1.000000"
"""Older than any message; Slack takes 0 for no bound."""

Visit = tuple[Literal["whole", "news"], str]
"""How to read a thread: whole, or what came after a ts."""


@dataclass(slots=True)
class Progress:
    """What was read of a channel.

    Roots between `floor` and `high` were read. `pending` are threads of theirs still to be read. `walk` is a walk that
    did not end: where it began and how far it came. `roots` holds [reply count, latest reply] of the threads watched.
    """

    floor: str | None = None
    high: str | None = None
    pending: list[str] = field(default_factory=list)
    walk: tuple[str, str] | None = None
    roots: dict[str, list[Any]] = field(default_factory=dict)
    reactions: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, checkpoint: Checkpoint | None) -> Progress:
        """Go on from a checkpoint; one of another version starts anew, which costs requests and loses nothing."""
        if not checkpoint or checkpoint.get("v") != VERSION:
            return cls()
        walk = checkpoint.get("walk")
        return cls(
            floor=checkpoint.get("floor"),
            high=checkpoint.get("high"),
            pending=list(checkpoint.get("pending") or ()),
            walk=(walk["start"], walk["at"]) if walk else None,
            roots=dict(checkpoint.get("roots") or {}),
            reactions=dict(checkpoint.get("reactions") or {}),
        )

    def save(self) -> Checkpoint:
        """Make the checkpoint that holds now."""
        walk = {"start": self.walk[0], "at": self.walk[1]} if self.walk else None
        return {
            "v": VERSION,
            "floor": self.floor,
            "high": self.high,
            "pending": list(self.pending),
            "walk": walk,
            "roots": dict(self.roots),
            "reactions": dict(self.reactions),
        }

    def visit(self, root: Mapping[str, Any], *, always: bool = False) -> Visit | None:
        """Decide whether and how the thread under a root must be read, from what the root shows of it."""
        known = self.roots.get(root["ts"])
        count, latest = root.get("reply_count") or 0, root.get("latest_reply") or ""
        if known is None:
            return ("whole", "") if count else None
        if always or count < known[0] or not known[1]:
            return ("whole", "") if count or known[0] else None
        if count == known[0] and latest in {known[1], ""}:
            return None
        # Where one page holds the thread, reading it whole costs the same and shows edited replies, too.
        return ("whole", "") if count < ONE_PAGE else ("news", known[1])

    def note(self, root: str, count: int, latest: str) -> None:
        """Remember how a thread stands."""
        if count:
            self.roots[root] = [count, latest]
        else:
            self.roots.pop(root, None)

    def forget(self, since: str) -> int:
        """Stop watching threads that no look-back from `since` on can reach, some spare ones apart.

        The spare ones serve a longer look-back later. Gives how many within reach were too many to be watched.
        """
        edge = ts_key(since)
        newest_first = sorted(self.roots, key=lambda root: ts_key(str(self.roots[root][1] or root)), reverse=True)
        within = [root for root in newest_first if max(ts_key(root), ts_key(str(self.roots[root][1] or root))) >= edge]
        reached = set(within)
        spare = [root for root in newest_first if root not in reached]
        kept = within[:MAX_ROOTS] + spare[: max(0, SPARE_ROOTS - len(within))]
        self.roots = {root: self.roots[root] for root in sorted(kept)}
        self.reactions = {ts: told for ts, told in self.reactions.items() if ts_key(ts) >= edge}
        return len(within) - len(within[:MAX_ROOTS])


def bound(moment: datetime | None) -> str:
    """Write a moment as a bound; None is the beginning."""
    return ts_of(moment) if moment is not None else BEGINNING
