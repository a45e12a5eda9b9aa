"""How far one feed was read: the checkpoint, with the ids that were handed on. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from communitykit.connector import JSON, Checkpoint, Selection
from communitykit_yammer.api.ranges import Ranges

VERSION = 2
MAX_REACTIONS = 20_000
"""Messages whose number of reactions is remembered per feed."""
_KINDS = frozenset({"post", "event"})
_DIRECT = "direct"


def kinds_of(selection: Selection) -> frozenset[str]:
    """Return what a run asks of a feed: what it leaves out is not handed on, and new for the run that asks for it."""
    return (selection.kinds & _KINDS) | ({_DIRECT} if selection.include_direct else frozenset())


@dataclass(slots=True)
class Progress:
    """What was handed on of a feed, by message ids, which are the order that feeds are sorted by.

    `handed` holds the ids by what was asked for (`post`, `event`, `direct`): whatever stood there was handed on, and
    what a window or an answer that ended kept out is in none of them. `walked` holds the ids of a look-back that did
    not come to its end. Below the id of `bottom` a walk took everything to be older than its moment (ISO 8601 in UTC).
    `end` is where the feed ended though its group speaks of more messages; `seen` counts the messages handed on,
    `recent` and `cut` those of the look-back that the last walk met, and those of them that show only a part of who
    reacted; `updates` is the group's own count of messages when all was read. `reactions` holds the numbers of
    reactions whose whole lists were read.
    """

    handed: dict[str, Ranges] = field(default_factory=dict)
    walked: Ranges = field(default_factory=Ranges)
    bottom: tuple[int, str] | None = None
    end: int | None = None
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
        bottom = checkpoint.get("bottom")
        return cls(
            handed={kind: Ranges(pairs) for kind, pairs in (checkpoint.get("handed") or {}).items()},
            walked=Ranges(checkpoint.get("walked") or ()),
            bottom=(bottom[0], bottom[1]) if bottom else None,
            end=checkpoint.get("end"),
            seen=int(checkpoint.get("seen") or 0),
            recent=int(checkpoint.get("recent") or 0),
            cut=int(checkpoint.get("cut") or 0),
            updates=checkpoint.get("updates"),
            reactions=dict(checkpoint.get("reactions") or {}),
        )

    def save(self) -> Checkpoint:
        """Make the checkpoint that holds now."""
        saved: dict[str, JSON] = {
            "v": VERSION,
            "handed": {kind: found.pairs for kind, found in sorted(self.handed.items())},
            "walked": self.walked.pairs,
            "bottom": list(self.bottom) if self.bottom else None,
            "end": self.end,
            "seen": self.seen,
            "recent": self.recent,
            "cut": self.cut,
            "updates": self.updates,
        }
        if self.reactions:
            newest = sorted(self.reactions, key=int, reverse=True)[:MAX_REACTIONS]
            saved["reactions"] = {native: self.reactions[native] for native in newest}
        return saved

    def hand_on(self, kinds: Iterable[str], low: int, high: int) -> None:
        """Note that whatever has an id from `low` to `high` was handed on to a run that asked for these kinds."""
        for kind in kinds:
            self.handed.setdefault(kind, Ranges()).add(low, high)

    def holds(self, kinds: Iterable[str], native: int) -> bool:
        """Tell whether what has this id was handed on, whichever of these kinds it is."""
        return all(native in self.handed.get(kind, ()) for kind in kinds)

    def newest(self, kinds: Iterable[str]) -> int | None:
        """Return the newest id that was handed on, None where nothing was."""
        tops = [self.handed[kind].top if kind in self.handed else None for kind in kinds]
        known = [top for top in tops if top is not None]
        return min(known) if known and len(known) == len(tops) else None

    def missing(self, selection: Selection, cursor: int) -> int | None:
        """Return from which cursor on (`older_than`) a run has something to read, None where it has all.

        Nothing above `cursor` is looked at. A run with `since` leaves out what a walk took to be older.
        """
        none = Ranges()
        native = max((self.handed.get(kind, none).below(cursor) for kind in kinds_of(selection)), default=0)
        if native < 1 or (native < self._floor(selection)):
            return None
        return native + 1

    def _floor(self, selection: Selection) -> int:
        if self.bottom is None or selection.since is None:
            return 0
        low, since = self.bottom
        return low if selection.since >= datetime.fromisoformat(since) else 0

    def note_bottom(self, low: int, since: datetime) -> None:
        """Note that what stands below an id is taken to be older than `since`: it is asked for by whoever wants it."""
        self.bottom = (low, since.astimezone(UTC).isoformat())
