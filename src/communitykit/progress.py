"""What a run is shown as while it goes on: bars on a terminal, an HTML bar in a notebook, a quiet line elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from communitykit.logs import LOGGER
from communitykit.model.values import JSON
from communitykit.printable import counted, printable
from communitykit.reading.slices import Closed, Opened, Progress, Waiting
from communitykit.reading.translation import Page

if TYPE_CHECKING:
    from rich.console import Console

LINE_SECONDS = 10.0
"""How often a line is written where there is no terminal."""
_DRAWN_SECONDS = 0.2
"""How often a notebook's bar is drawn anew."""


class Tally:
    """Events of a run, counted: what came so far, and what is waited for."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Begin at nothing."""
        self.records = self.requests = 0
        self._begun: set[str] = set()
        self._ended: set[str] = set()
        self._now = now
        self._waits: dict[str, datetime] = {}

    def take(self, event: Progress) -> None:
        """Take an event in."""
        if isinstance(event, Opened):
            self._begun.add(event.slice)
        elif isinstance(event, Page):
            self.records += len(event.records)
            self.requests += event.requests
        elif isinstance(event, Closed):
            self._ended.add(event.slice)
        elif isinstance(event, Waiting):
            self._waits[event.connector] = max(event.until, self._waits.get(event.connector, event.until))

    @property
    def done(self) -> int:
        """How many parts have ended."""
        return len(self._ended)

    @property
    def found(self) -> int:
        """How many parts are known; the discovery of a source is one that only ends."""
        return len(self._begun | self._ended)

    @property
    def whole(self) -> int:
        """How many parts there are, as far as is known; as long as none is open, one more may be found."""
        return max(self.found, self.done + 1)

    def __str__(self) -> str:
        """Say what came, and who is waited for until when (UTC)."""
        now = self._now()
        waits = [f"{name} waits until {_clock(until)} UTC" for name, until in self._waits.items() if until > now]
        return "; ".join([f"{counted(self.records, 'record')}, {counted(self.requests, 'request')}", *waits])


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%H:%M:%S}"


class Shown(Protocol):
    """Something that shows a run."""

    def show(self, tally: Tally) -> None:
        """Show how far it is."""

    def end(self, tally: Tally) -> None:
        """Show that it has ended."""


class Lines:
    """A line now and then."""

    def __init__(self, write: Callable[[str], JSON] | None = None, now: Callable[[], float] = time.monotonic) -> None:
        """Write with `write`, else on the error stream."""
        self._write = write or _to_error_stream
        self._now = now
        self._last = now()

    def show(self, tally: Tally) -> None:
        """Write a line where the last is old enough."""
        if self._now() - self._last > LINE_SECONDS:
            self._last = self._now()
            self._write(f"… {tally}, {tally.done:,} of {counted(tally.found, 'slice')}")

    def end(self, tally: Tally) -> None:
        """Write nothing: whoever called has the result."""


class Bars:
    """A bar on a terminal, by rich."""

    def __init__(self, title: str, console: Console | None = None) -> None:
        """Begin to show."""
        from rich.console import Console as RichConsole  # noqa: PLC0415 # an extra, imported only when used
        from rich.progress import (  # noqa: PLC0415 # same
            BarColumn,
            MofNCompleteColumn,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
        )
        from rich.progress import Progress as RichProgress  # noqa: PLC0415 # same

        self._bars = RichProgress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[detail]}", markup=False),
            TimeElapsedColumn(),
            console=console or RichConsole(stderr=True),
            transient=True,
        )
        self._task = self._bars.add_task(printable(title), total=None, detail="")
        self._bars.start()

    def show(self, tally: Tally) -> None:
        """Move the bar."""
        self._bars.update(self._task, completed=tally.done, total=tally.whole, detail=str(tally))

    def end(self, tally: Tally) -> None:  # noqa: ARG002 # the bar goes
        """Take the bar away."""
        self._bars.stop()


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
    """Return a progress bar as HTML."""
    whole = tally.done if ended else tally.whole
    told = escape(printable(f"{title}: {tally}, {tally.done:,} of {counted(whole, 'slice')}"))
    return f'<div><progress value="{tally.done}" max="{max(whole, 1)}" aria-label="{told}"></progress> {told}</div>'


@contextmanager
def showing(shown: Shown) -> Iterator[Callable[[Progress], None]]:
    """Show a run: what is yielded is to be called with every event."""
    tally = Tally()

    def tell(event: Progress) -> None:
        tally.take(event)
        if isinstance(event, Waiting):
            LOGGER.debug("waiting for %s until %s UTC", event.connector, _clock(event.until))
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


def _to_error_stream(line: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
