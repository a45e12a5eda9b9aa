"""How far a run is: its events, counted, and what of that is told, from the fullest to the briefest. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from math import ceil
from typing import NamedTuple

from communitykit.http.operations import Wait
from communitykit.model.packed import kinds_of
from communitykit.model.values import JSON
from communitykit.printable import counted
from communitykit.reading.slices import Closed, Opened, Progress, Waiting
from communitykit.reading.translation import Page

_TELLING_SECONDS = 5.0
"""How long a run has gone on before it tells how long it still takes."""
_MINUTE = 60


class HowFar:
    """Events of a run, counted: what came so far, and what is waited for."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC), *, sources: int | None = None) -> None:
        """Begin at nothing; `sources` is how many are read, None where nobody knows."""
        self.records = self.posts = 0
        self._sources = sources
        self._begun: set[str] = set()
        self._ended: set[str] = set()
        self._left = False
        """Whether a slice was left that was to be read."""
        self._found: list[int] = []
        """How many slices each source has whose discovery is over."""
        self._of_slices: dict[str, int] = {}
        self._told: Counter[str] = Counter()
        """Requests by connector, those that came to something…"""
        self._sent: dict[str, int] = {}
        """…and all that it had sent when it last waited."""
        self._now = now
        self._waits: dict[str, Waiting] = {}
        self._began: datetime | None = None

    def take(self, event: Progress) -> None:
        """Take an event in."""
        self._began = self._began or self._now()
        if isinstance(event, Opened):
            self._begun.add(event.slice)
        elif isinstance(event, Page):
            self.records += len(event.records)
            self.posts += kinds_of(event.records).count("post")
            self._count(event.slice, self._of_slices.get(event.slice, 0) + event.requests)
        elif isinstance(event, Closed):
            self._count(event.slice, event.meter.requests)
            if event.unread:  # of a run that was stopped, say
                self._left = True
            elif event.slice in self._begun:
                self._ended.add(event.slice)
            if event.found is not None:
                self._found.append(event.found)
        elif isinstance(event, Waiting):
            self._sent[event.connector] = max(event.requests, self._sent.get(event.connector, 0))
            before = self._waits.get(event.connector)
            if before is None or before.until <= max(event.until, self._now()):
                self._waits[event.connector] = event

    def _count(self, slice_: str, requests: int) -> None:
        self._told[slice_.partition(":")[0]] += requests - self._of_slices.get(slice_, 0)
        self._of_slices[slice_] = requests

    @property
    def requests(self) -> int:
        """How many requests were sent, as far as is told."""
        return sum(max(self._told[name], self._sent.get(name, 0)) for name in {*self._told, *self._sent})

    @property
    def done(self) -> int:
        """How many slices have been read."""
        return len(self._ended)

    @property
    def whole(self) -> int | None:
        """How many slices there are; None as long as more may be found."""
        return sum(self._found) if self._sources is not None and len(self._found) >= self._sources else None

    @property
    def slices(self) -> str:
        """How far it is, in words; no whole is named before it is known."""
        left = f", about {length(self.seconds_left)} left" if self.seconds_left is not None else ""
        return f"{self._far[0]}{left}"

    @property
    def _far(self) -> tuple[str, ...]:
        """How far it is, from the fullest to the briefest."""
        whole = self.whole
        if whole is None:
            read = f"{counted(self.done, 'slice')} read"
            return f"{read}, more may be found", read, f"{self.done:,} read"
        if whole and not self.done:  # of those that are being read records may have come
            return f"{counted(whole, 'slice')} found", f"{whole:,} found"
        of = f"{self.done:,} of {counted(whole, 'slice')}"
        return f"{of} read", of, f"{self.done:,} of {whole:,}"

    @property
    def seconds_left(self) -> float | None:
        """About how long it still takes, if the rest takes as long as what was read; None where that tells nothing."""
        passed = (self._now() - self._began).total_seconds() if self._began else 0.0
        if self._left or self.whole is None or not 0 < self.done < self.whole or passed < _TELLING_SECONDS:
            return None
        return passed * (self.whole - self.done) / self.done

    @property
    def waits(self) -> list[Waiting]:
        """What is waited for now."""
        return [one for one in self._waits.values() if one.until > self._now()]

    def fields(self) -> dict[str, JSON]:
        """Return the same as plain data; `slices` is None as long as more may be found."""
        waits = {one.connector: _told(one) for one in self.waits}
        return {
            "records": self.records,
            "posts": self.posts,
            "requests": self.requests,
            "slices_read": self.done,
            "slices": self.whole,
            "seconds_left": None if self.seconds_left is None else round(self.seconds_left),
            **({"waits": waits} if waits else {}),
        }

    def __str__(self) -> str:
        """Say what came, and who is waited for until when (UTC), and why."""
        return "; ".join([self._came[0], *(one.wait.of(one.connector) for one in self.waits)])

    @property
    def told(self) -> Told:
        """What there is to say now, for whoever has little room."""
        left = self.seconds_left
        return Told(self._far, self._came, None if left is None else f"about {length(left)} left", tuple(self.waits))

    @property
    def _came(self) -> tuple[str, ...]:
        records, posts = counted(self.records, "record"), counted(self.posts, "post")
        return f"{records} ({posts}), {counted(self.requests, 'request')}", f"{records} ({posts})", records


class Told(NamedTuple):
    """What there is to say of a run, each from the fullest to the briefest: phrases are left out, and none is cut."""

    far: tuple[str, ...]
    came: tuple[str, ...]
    left: str | None
    waits: tuple[Waiting, ...]
    """What is waited for; empty where nothing is."""

    def why(self, now: datetime) -> str:
        """Say who is still waited for, for how long and why; nothing where that is over."""
        return "; ".join(still(one.wait, one.connector, now) for one in self._still(now))

    def who(self, now: datetime) -> str:
        """Say who is still waited for, and for how long."""
        waits = self._still(now)
        return f"{', '.join(one.connector for one in waits)} waits {left_of(max(one.until for one in waits), now)}"

    def _still(self, now: datetime) -> list[Waiting]:
        return [one for one in self.waits if one.until > now]

    def details(self, passed: str) -> Iterator[str]:
        """Yield all but how far it is and what is waited for; what is left says more than what is past."""
        briefest = self.came[-1]
        left = f", {self.left}" if self.left else ""
        yield from (f"{one}, {passed} so far{left}" for one in self.came)
        yield f"{briefest}{left}"
        yield briefest


def still(wait: Wait, platform: str, now: datetime) -> str:
    """Say for how long a platform is still waited for, and why."""
    left = left_of(wait.until, now)
    if wait.asked:
        return f"{platform} asks to wait {left}"
    return f"{platform} waits {left}" if wait.error is None else f"{platform}: {wait.error}; asked again in {left}"


def left_of(until: datetime, now: datetime) -> str:
    """Return how long it is until then, to the second; from an hour on the moment too, by the reader's own clock."""
    minutes, seconds = divmod(max(1, ceil((until - now).total_seconds())), _MINUTE)
    if minutes < 2:  # noqa: PLR2004 # as `length`
        return f"{minutes * _MINUTE + seconds} s"
    if minutes < _MINUTE:
        return f"{minutes} min {seconds} s"
    return f"{minutes // _MINUTE} h {minutes % _MINUTE} min, until {until.astimezone():%H:%M}"


def length(seconds: float) -> str:
    """Return a length of time in words."""
    for name, length in (("h", 3600), ("min", 60)):
        if seconds >= 2 * length:  # one and a half hours are ninety minutes
            return f"{seconds / length:.0f} {name}"
    return f"{max(1, round(seconds))} s"


def _told(waiting: Waiting) -> dict[str, JSON]:
    wait = waiting.wait
    return {"until": wait.until.isoformat(timespec="seconds"), "asked": wait.asked, "error": wait.error}
