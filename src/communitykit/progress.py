"""What a run is shown as while it goes on: bars on a terminal, an HTML bar in a notebook, a quiet line elsewhere."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from html import escape
from importlib import import_module
from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple, Protocol

from communitykit.model.packed import kinds_of
from communitykit.model.values import JSON
from communitykit.printable import counted, printable
from communitykit.reading.slices import Closed, Opened, Progress, Waiting
from communitykit.reading.translation import Page

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

LINE_SECONDS = 10.0
"""How often a line is written where there is no terminal."""
_TELLING_SECONDS = 5.0
"""How long a run has gone on before it tells how long it still takes."""
_BAR, _LEAST_BAR = 40, 10
"""How many columns a terminal's bar takes, and how many at least…"""
_LINES_OF_WHY = 3
"""How many lines may say why somebody is waited for."""
_BESIDE = 4
"""…beside what turns, and the blanks between."""
_ECHO = 5
"""How many columns stay empty: terminals echo ^C there, and a line that it makes longer would not be taken away."""
_LEAST_TITLE = 6
"""How many columns of its title stay, where a terminal is narrow."""
_DRAWN_SECONDS = 0.2
"""How often a notebook's bar is drawn anew."""


class Tally:
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
        left = f", about {_length(self.seconds_left)} left" if self.seconds_left is not None else ""
        return f"{self._far[0]}{left}"

    @property
    def _far(self) -> tuple[str, ...]:
        """How far it is, from the fullest to the briefest."""
        whole = self.whole
        if whole is None:
            read = f"{counted(self.done, 'slice')} read"
            return f"{read}, more may be found", read, f"{self.done:,} read"
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
        waits, left = self.waits, self.seconds_left
        until = f"{max(one.until for one in waits).astimezone(UTC):%H:%M:%S} UTC" if waits else ""
        why = "; ".join(one.wait.of(one.connector) for one in waits)
        who = ", ".join(one.connector for one in waits)
        return Told(
            self._far,
            self._came,
            None if left is None else f"about {_length(left)} left",
            (why, f"{who} waits until {until}", f"waits until {until}") if waits else (),
        )

    @property
    def _came(self) -> tuple[str, ...]:
        records, posts = counted(self.records, "record"), counted(self.posts, "post")
        return f"{records} ({posts}), {counted(self.requests, 'request')}", f"{records} ({posts})", records


class Told(NamedTuple):
    """What there is to say of a run, each from the fullest to the briefest: phrases are left out, and none is cut."""

    far: tuple[str, ...]
    came: tuple[str, ...]
    left: str | None
    waits: tuple[str, ...]
    """What is waited for; empty where nothing is."""

    def details(self, passed: str) -> Iterator[str]:
        """Yield all but how far it is; what is waited for says more than what came, and what is left than the past."""
        came, briefest = self.came, self.came[-1]
        if self.waits:
            yield from (f"{self.waits[0]} · {one}, {passed} so far" for one in came)
            yield from self.waits
            return
        left = f", {self.left}" if self.left else ""
        yield from (f"{one}, {passed} so far{left}" for one in came)
        yield f"{briefest}{left}"
        yield briefest


def _length(seconds: float) -> str:
    for name, length in (("h", 3600), ("min", 60)):
        if seconds >= 2 * length:  # one and a half hours are ninety minutes
            return f"{seconds / length:.0f} {name}"
    return f"{max(1, round(seconds))} s"


def _told(waiting: Waiting) -> dict[str, JSON]:
    wait = waiting.wait
    return {"until": wait.until.isoformat(timespec="seconds"), "asked": wait.asked, "error": wait.error}


class Shown(Protocol):
    """Something that shows a run."""

    def show(self, tally: Tally) -> None:
        """Show how far it is."""

    def end(self, tally: Tally) -> None:
        """Show that it has ended."""


class Lines:
    """A line now and then."""

    def __init__(
        self, write: Callable[[str, dict[str, JSON]], JSON] | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Write with `write`, which is given the line and the same as plain data, else on the error stream."""
        self._write = write or _to_error_stream
        self._now = now
        self._last = now()

    def show(self, tally: Tally) -> None:
        """Write a line where the last is old enough."""
        if self._now() - self._last > LINE_SECONDS:
            self._last = self._now()
            self._write(f"… {tally.slices}: {tally}", tally.fields())

    def end(self, tally: Tally) -> None:
        """Write nothing: whoever called has the result."""


class Bars:
    """A bar on a terminal, by rich, and below it what came or what is waited for."""

    lines = 2
    """How many lines of the terminal it takes: more than two where what is waited for takes more."""

    def __init__(self, title: str, console: Console | None = None, now: Callable[[], float] = time.monotonic) -> None:
        """Begin to show."""
        from rich.console import Console as RichConsole  # noqa: PLC0415 # an extra, imported only when used
        from rich.live import Live  # noqa: PLC0415 # same
        from rich.spinner import Spinner  # noqa: PLC0415 # same

        self._title = printable(title)
        self._now = now
        self._began = now()
        self._spinner = Spinner("dots")
        self._console = console or RichConsole(stderr=True)
        self.show(Tally())
        self._live = Live(get_renderable=self.drawn, console=self._console, transient=True, refresh_per_second=10)
        self._live.start()

    def show(self, tally: Tally) -> None:
        """Move the bar. It is drawn in another thread, which looks at nothing that changes meanwhile."""
        self._state = tally.told, tally.done, tally.whole

    def drawn(self) -> RenderableType:
        """Return it as it is now: where the terminal is narrow, words give way to the bar, and the title to words."""
        from rich.console import Group  # noqa: PLC0415 # an extra, imported only when used
        from rich.progress_bar import ProgressBar  # noqa: PLC0415 # same
        from rich.table import Table  # noqa: PLC0415 # same
        from rich.text import Text  # noqa: PLC0415 # same

        told, done, whole = self._state
        room = max(0, self._console.width - _ECHO - _BESIDE)
        title = Text(self._title)
        words = _first(told.far, room - _LEAST_BAR - min(title.cell_len, max(_LEAST_TITLE, room // 5)))
        left = room - Text(words).cell_len
        title.truncate(max(0, left - _LEAST_BAR), overflow="ellipsis")
        bar = ProgressBar(whole, done, width=min(_BAR, left - title.cell_len), pulse=whole is None)
        line = Table.grid(padding=(0, 1))
        line.add_row(self._spinner, title, bar, Text(words, no_wrap=True))
        below = [_first(told.details(_length(self._now() - self._began)), room + 2)]
        if told.waits and not below[0].startswith(told.waits[0]):
            why = wrap(told.waits[0], room + 2, break_long_words=False, break_on_hyphens=False)
            below = why if len(why) <= _LINES_OF_WHY and max(map(len, why)) <= room + 2 else below
        self.lines = 1 + len(below)
        return Group(line, *(Text(f"  {one}", no_wrap=True) for one in below))

    def end(self, tally: Tally) -> None:  # noqa: ARG002 # the bar goes
        """Take the bar away."""
        self._live.stop()


def _first(phrases: Iterable[str], room: int) -> str:
    """Return the first phrase that fits; nothing where none does."""
    from rich.cells import cell_len  # noqa: PLC0415 # an extra, imported only when used

    return next((one for one in phrases if cell_len(one) <= room), "")


class Display(Protocol):
    """IPython's `display`."""

    def __call__(self, shown: object, /, *, display_id: bool) -> Drawn:
        """Show something in the cell."""


class Drawn(Protocol):
    """What is shown in a cell, to be drawn anew."""

    def update(self, shown: object, /) -> object:
        """Show this in its place."""


class Cell:
    """A bar in a notebook's cell, without widgets."""

    def __init__(self, title: str, display: Display, now: Callable[[], float] = time.monotonic) -> None:
        """Begin to show, with IPython's `display`."""
        self._title = title
        self._now = now
        self._drawn = now()
        self._handle = display(_Html(bar(title, Tally())), display_id=True)

    def show(self, tally: Tally) -> None:
        """Draw it anew where the last drawing is old enough."""
        if self._now() - self._drawn > _DRAWN_SECONDS:
            self._drawn = self._now()
            self._handle.update(_Html(bar(self._title, tally)))

    def end(self, tally: Tally) -> None:
        """Draw it as it ended."""
        self._handle.update(_Html(bar(self._title, tally, ended=True)))


class _Html:
    """HTML for whoever shows it; text elsewhere."""

    def __init__(self, html: str) -> None:
        self._html = html

    def _repr_html_(self) -> str:
        return self._html


def bar(title: str, tally: Tally, *, ended: bool = False) -> str:
    """Return a progress bar as HTML: one without a value, which moves to and fro, as long as more may be found."""
    whole = tally.done if ended else tally.whole
    slices = f"{counted(tally.done, 'slice')} read" if ended else tally.slices
    told = escape(printable(f"{title}: {slices}, {tally}"))
    value = "" if whole is None else f' value="{tally.done}" max="{max(whole, 1)}"'
    return f'<div><progress{value} aria-label="{told}"></progress> {told}</div>'


@contextmanager
def showing(shown: Shown, *, sources: int | None = None) -> Iterator[Callable[[Progress], None]]:
    """Show a run of so many sources: what is yielded is to be called with every event."""
    tally = Tally(sources=sources)

    def tell(event: Progress) -> None:
        tally.take(event)
        shown.show(tally)

    try:
        yield tell
    finally:
        shown.end(tally)


def usual(title: str) -> Shown:
    """Return what fits here: a notebook's bar, a terminal's where rich is installed, else lines."""
    display = _notebook()
    if display is not None:
        return Cell(title, display)
    if sys.stderr is not None and sys.stderr.isatty():
        with suppress(ImportError):  # without rich there are lines
            return Bars(title)
    return Lines()


def _notebook() -> Display | None:
    """Return IPython's `display` in a notebook's kernel; None elsewhere, IPython's own terminal included."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    display: Display = import_module("IPython.display").display  # there, since its kernel runs
    return display


def _to_error_stream(line: str, _: dict[str, JSON]) -> None:
    if sys.stderr is not None:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
