"""How far one channel's messages were read: the checkpoint. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from communitykit.connector import JSON, Checkpoint, Selection
from communitykit_teams.ids import parse_time

VERSION = 2
"""1 remembered versions of messages that were never handed on: what it says is read again."""
DAY = timedelta(hours=24)
"""Microsoft's polling rule: an app may look for changes of a resource once a day."""
TOLERANCE = timedelta(minutes=10)
"""A daily schedule starts a little earlier some days; that is still once a day."""
WEEK = timedelta(days=7)
"""How often the look-back is read whole."""
DELTA_REACH = timedelta(days=240)
"""Delta of channel messages shows the last eight months only ("chatMessage: delta")."""
REMEMBERED = 2 * DAY
"""How far before a run's beginning versions are kept: what the next run's overlap can show again."""
MAX_ETAGS = 2_000
"""Versions of messages that are kept per channel: those that an overlap can show again."""

TALK = frozenset({"post", "event"})
"""Kinds of records that messages become."""

Mode = Literal["first", "again", "delta", "recent"]


@dataclass(slots=True)
class Walk:
    """A walk that has not ended: what it is for, when it began, how far back it goes, the page to go on with.

    `dropped` says that something was left out: it was written after the run's own end, or could not be read whole.
    """

    mode: Mode
    begun: str
    since: str | None = None
    next: str | None = None
    dropped: bool = False
    resumed: bool = False

    def save(self) -> Checkpoint:
        """Make its part of the checkpoint."""
        kept = ("mode", "begun", "since", "next", "dropped")
        return {name: getattr(self, name) for name in kept}


@dataclass(slots=True)
class Progress:
    """What was read of a channel.

    Everything that changed until `high` was read, back to `floor` (None: the beginning). `delta` is Graph's own link to
    what changed since; `listed` says that this tenant gives none. `full` is when the look-back was last read whole,
    `done` when a run last came to its end. `etags` are versions of messages that were handed on. `pending` are threads
    whose replies did not come whole. `kinds` are the record kinds that were asked for, and so handed on.
    """

    high: str | None = None
    floor: str | None = None
    delta: str | None = None
    listed: bool = False
    full: str | None = None
    done: str | None = None
    walk: Walk | None = None
    etags: dict[str, str] = field(default_factory=dict)
    pending: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=lambda: sorted(TALK))

    @classmethod
    def load(cls, checkpoint: Checkpoint | None, kinds: frozenset[str] = TALK) -> Progress:
        """Go on from a checkpoint, to read these kinds.

        One that is not understood, or of a run that was not asked for all of them, starts anew: that costs requests and
        loses nothing.
        """
        asked = sorted(kinds & TALK)
        found = cls._read(checkpoint)
        if not set(asked) <= set(found.kinds):
            return cls(kinds=asked)
        found.kinds = asked
        return found

    @classmethod
    def _read(cls, checkpoint: Checkpoint | None) -> Progress:
        if not checkpoint or checkpoint.get("v") != VERSION:
            return cls()
        told = {name: value for name, value in checkpoint.items() if name != "v"}
        try:
            found = cls(**told)
            walk = checkpoint.get("walk")
            found.walk = Walk(**walk, resumed=True) if walk else None
            found.etags, found.pending, found.kinds = dict(found.etags), list(found.pending), list(found.kinds)
        except (TypeError, ValueError):
            return cls()
        return found

    def save(self) -> Checkpoint:
        """Make the checkpoint that holds now."""
        return {
            "v": VERSION,
            "high": self.high,
            "floor": self.floor,
            "delta": self.delta,
            "listed": self.listed,
            "full": self.full,
            "done": self.done,
            "walk": self.walk.save() if self.walk else None,
            "etags": dict(self.etags),
            "pending": list(self.pending),
            "kinds": list(self.kinds),
        }

    def next_walk(self, selection: Selection) -> Walk:
        """Decide what to read now: everything, the look-back, or what changed."""
        begun = selection.until.isoformat()
        if self.high is None or self.is_deeper(selection) or self.is_apart(selection):
            return Walk("first", begun, selection.since.isoformat() if selection.since else None)
        since = self._again(selection.lookback_start(selection.settings.lookback_length))
        due = self.full is None or selection.until - moment(self.full) >= WEEK - TOLERANCE
        due = due or selection.looks_back_on_all
        if selection.force or due or selection.until - moment(self.high) > DELTA_REACH:
            return Walk("again", begun, since.isoformat() if since else None)
        return Walk("recent" if self.listed else "delta", begun, self.overlap())

    def is_deeper(self, selection: Selection) -> bool:
        """Tell whether more of the past is asked for than any run has read."""
        return self.floor is not None and (selection.since is None or selection.since < moment(self.floor))

    def is_apart(self, selection: Selection) -> bool:
        """Tell whether what is asked for begins after all that was read: what lies between is not asked for."""
        if self.high is None or selection.since is None:
            return False
        return moment(self.high) < selection.since

    def _again(self, start: datetime | None) -> datetime | None:
        """Return from when on all is read again: the look-back, or what no run has seen yet if that is longer."""
        if start is None or self.high is None:
            return moment(self.floor) if self.floor else None
        reached = min(start, moment(self.high) - DAY)
        return max(reached, moment(self.floor)) if self.floor else reached

    def overlap(self) -> str:
        """Return from when on changes are asked for: a day more than is needed, since clocks and indexes lag."""
        return (moment(self.high or "") - DAY).isoformat() if self.high else ""

    def remember(self, messages: list[Mapping[str, JSON]], begun: datetime) -> None:
        """Keep the version of each message that the next run's overlap can show again, so that it is known there.

        Only of what was handed on whole: what a run leaves out is new for the run that asks for it.
        """
        for one in messages:
            changed = parse_time(one.get("lastModifiedDateTime"))
            if one.get("id") and one.get("etag") and changed is not None and changed >= begun - REMEMBERED:
                self.etags.pop(str(one["id"]), None)
                self.etags[str(one["id"])] = str(one["etag"])
        for native in list(self.etags)[: max(0, len(self.etags) - MAX_ETAGS)]:
            del self.etags[native]

    def is_known(self, item: Mapping[str, JSON]) -> bool:
        """Tell whether a message came before just as it is."""
        return bool(item.get("etag")) and self.etags.get(str(item.get("id"))) == item.get("etag")


def polled(done: str | None, selection: Selection) -> str | None:
    """Say when a slice was last read, if that is too short ago by the polling rule; None where it may be read."""
    if selection.force or not done or selection.until - moment(done) >= DAY - TOLERANCE:
        return None
    return f"read at {done[:16].replace('T', ' ')} UTC already: Microsoft allows polling once a day; force reads anyway"


def moment(text: str) -> datetime:
    """Read a time that this module wrote."""
    return datetime.fromisoformat(text)
