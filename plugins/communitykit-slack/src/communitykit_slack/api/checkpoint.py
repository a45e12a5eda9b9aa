"""What of one channel was handed on: the checkpoint, and what is needed to notice change. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from communitykit.connector import JSON, Checkpoint, load_checkpoint
from communitykit.connector.payload import as_number
from communitykit_slack.api import spans
from communitykit_slack.api.spans import Span
from communitykit_slack.ids import is_ts, micros, ts_key

VERSION = 2
MAX_ROOTS = 20_000
"""Threads that are watched per channel."""
SPARE_ROOTS = 2_000
"""Threads that are watched at least, even where the look-back is too short to reach them."""

ONE_PAGE = 1_000
"""Replies, and their root, that one request brings."""

MARGIN = 60_000_000
"""A minute: Slack's clock and ours may differ, and messages may show late: it is read again and never swept."""

Visit = tuple[Literal["whole", "news"], str]
"""How to read a thread: whole, or what came after a ts."""


@dataclass(slots=True)
class Progress:
    """What was handed on of a channel; what a run's window kept out is not in it, and so is new for a later run.

    `spans` are the stretches of history whose messages were handed on. `pending` are threads below them whose replies
    were not all handed on, each with the oldest `ts` that is missing ("" where that is unknown). `roots` holds
    [reply count, latest reply] of what was handed on of the threads watched. `unlisted` are messages of which it is not
    known who all reacted; an ordered set.
    """

    spans: list[Span] = field(default_factory=list)
    pending: dict[str, str] = field(default_factory=dict)
    roots: dict[str, list[JSON]] = field(default_factory=dict)
    reactions: dict[str, str] = field(default_factory=dict)
    unlisted: dict[str, None] = field(default_factory=dict)

    @classmethod
    def load(cls, checkpoint: Checkpoint | None) -> Progress:
        """Go on from a checkpoint; one that is not understood starts anew, which costs requests and loses nothing."""
        return load_checkpoint(checkpoint, v=VERSION, load=cls._load, fresh=cls())

    @classmethod
    def _load(cls, checkpoint: Checkpoint) -> Progress:
        return cls(
            spans=spans.union((int(low), int(high)) for low, high in checkpoint["spans"]),
            pending=dict(checkpoint["pending"]),
            roots=dict(checkpoint["roots"]),
            reactions=dict(checkpoint["reactions"]),
            unlisted=dict.fromkeys(ts for ts in checkpoint.get("unlisted", ()) if is_ts(ts)),
        )

    def save(self) -> Checkpoint:
        """Make the checkpoint that holds now."""
        return {
            "v": VERSION,
            "spans": [list(span) for span in self.spans],
            "pending": dict(self.pending),
            "roots": dict(self.roots),
            "reactions": dict(self.reactions),
            "unlisted": list(self.unlisted),
        }

    @property
    def newest(self) -> int:
        """Up to where something is known; 0 where nothing is."""
        return self.spans[-1][1] if self.spans else 0

    def hand_on(self, low: int, high: int) -> None:
        """Note that the messages of `(low, high]` were handed on."""
        self.spans = spans.union([*self.spans, (low, high)])

    def plan(self, since: int, until: int, lookback: int) -> list[Span]:
        """Return what to read: what was asked for and never handed on, and the look-back of what was."""
        settled = spans.union((low, high - MARGIN) for low, high in self.spans)
        return spans.union([*spans.holes(settled, since, until), *spans.within(settled, lookback, until)])

    def owed(self, until: str) -> list[str]:
        """List the threads of which a run up to `until` can hand on what is missing."""
        return [root for root, first in self.pending.items() if not first or ts_key(first) <= ts_key(until)]

    def visit(self, root: Mapping[str, JSON], *, always: bool = False) -> Visit | None:
        """Decide whether and how the thread under a root must be read, from what the root shows of it."""
        known = self.roots.get(root["ts"])
        count, latest = as_number(root.get("reply_count")), latest_of(root)
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

    def forget(self, since: int) -> int:
        """Stop watching threads that no look-back from `since` on can reach, some spare ones apart.

        The spare ones serve a longer look-back later. Returns how many within reach were too many to be watched.
        """
        moved = {root: micros(str(told[1] or root)) for root, told in self.roots.items()}
        newest_first = sorted(self.roots, key=moved.__getitem__, reverse=True)
        within = [root for root in newest_first if max(micros(root), moved[root]) >= since]
        reached = set(within)
        spare = [root for root in newest_first if root not in reached]
        kept = within[:MAX_ROOTS] + spare[: max(0, SPARE_ROOTS - len(within))]
        self.roots = {root: self.roots[root] for root in sorted(kept)}
        self.reactions = {ts: told for ts, told in self.reactions.items() if micros(ts) >= since}
        return len(within) - len(within[:MAX_ROOTS])


def latest_of(root: Mapping[str, JSON]) -> str:
    """Return the `ts` of the latest reply that a root shows; "" where it shows none."""
    latest = root.get("latest_reply")
    return latest if is_ts(latest) else ""
