"""What a run is shown as while it goes on: bars on a terminal, an HTML bar in a notebook, a quiet line elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from html import escape
from importlib import import_module
from textwrap import wrap
from typing import TYPE_CHECKING, Protocol

from communitykit.how_far import HowFar, length
from communitykit.model.values import JSON
from communitykit.printable import counted, printable
from communitykit.reading.slices import Progress

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from communitykit.how_far import Told

LINE_SECONDS = 10.0
"""How often a line is written where there is no terminal."""
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


class Shown(Protocol):
    """Something that shows a run."""

    def show(self, tally: HowFar) -> None:
        """Show how far it is."""

    def end(self, tally: HowFar) -> None:
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

    def show(self, tally: HowFar) -> None:
        """Write a line where the last is old enough."""
        if self._now() - self._last > LINE_SECONDS:
            self._last = self._now()
            self._write(f"… {tally.slices}: {tally}", tally.fields())

    def end(self, tally: HowFar) -> None:
        """Write nothing: whoever called has the result."""


class Bars:
    """A bar on a terminal, by rich, and below it what came or what is waited for."""

    lines = 2
    """How many lines of the terminal it takes: more than two where what is waited for takes more."""

    def __init__(
        self,
        title: str,
        console: Console | None = None,
        now: Callable[[], float] = time.monotonic,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        stopping: Callable[[], bool] = bool,
    ) -> None:
        """Begin to show; `stopping` tells whether the run was told to stop."""
        from rich.console import Console as RichConsole  # noqa: PLC0415 # an extra, imported only when used
        from rich.live import Live  # noqa: PLC0415 # same
        from rich.spinner import Spinner  # noqa: PLC0415 # same

        self._title = printable(title)
        self._now = now
        self._clock = clock
        self._stopping = stopping
        self._began = now()
        self._spinner = Spinner("dots")
        self._console = console or RichConsole(stderr=True)
        self.show(HowFar())
        self._live = Live(get_renderable=self.drawn, console=self._console, transient=True, refresh_per_second=10)
        self._live.start()

    def show(self, tally: HowFar) -> None:
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
        below = self._below(told, room + 2)
        self.lines = 1 + len(below)
        return Group(line, *(Text(f"  {one}", no_wrap=True) for one in below))

    def _below(self, told: Told, room: int) -> list[str]:
        """Return the lines below the bar: one where all fits, else what is waited for and what came, each its own."""
        now = self._clock()
        details = list(told.details(length(self._now() - self._began)))
        if self._stopping():
            return [_first((f"Stopping… · {one}" for one in told.came), room)]
        if not (why := told.why(now)):
            return [_first(details, room)]
        if whole := _first((f"{why} · {one}" for one in details), room):
            return [whole]
        lines = wrap(why, room, break_long_words=False, break_on_hyphens=False)
        if len(lines) > _LINES_OF_WHY or max(map(len, lines)) > room:
            lines = [_first([told.who(now)], room)]
        return [*lines, _first(details, room)]

    def end(self, tally: HowFar) -> None:  # noqa: ARG002 # the bar goes
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
        self._handle = display(_Html(bar(title, HowFar())), display_id=True)

    def show(self, tally: HowFar) -> None:
        """Draw it anew where the last drawing is old enough."""
        if self._now() - self._drawn > _DRAWN_SECONDS:
            self._drawn = self._now()
            self._handle.update(_Html(bar(self._title, tally)))

    def end(self, tally: HowFar) -> None:
        """Draw it as it ended."""
        self._handle.update(_Html(bar(self._title, tally, ended=True)))


class _Html:
    """HTML for whoever shows it; text elsewhere."""

    def __init__(self, html: str) -> None:
        self._html = html

    def _repr_html_(self) -> str:
        return self._html


def bar(title: str, tally: HowFar, *, ended: bool = False) -> str:
    """Return a progress bar as HTML: one without a value, which moves to and fro, as long as more may be found."""
    whole = tally.done if ended else tally.whole
    slices = f"{counted(tally.done, 'slice')} read" if ended else tally.slices
    told = escape(printable(f"{title}: {slices}, {tally}"))
    value = "" if whole is None else f' value="{tally.done}" max="{max(whole, 1)}"'
    return f'<div><progress{value} aria-label="{told}"></progress> {told}</div>'


@contextmanager
def showing(shown: Shown, *, sources: int | None = None) -> Iterator[Callable[[Progress], None]]:
    """Show a run of so many sources: what is yielded is to be called with every event."""
    tally = HowFar(sources=sources)

    def tell(event: Progress) -> None:
        tally.take(event)
        shown.show(tally)

    try:
        yield tell
    finally:
        shown.end(tally)


def usual(title: str, stopping: Callable[[], bool] = bool) -> Shown:
    """Return what fits here: a notebook's bar, a terminal's where rich is installed, else lines.

    `stopping` tells whether the run was told to stop.
    """
    display = _notebook()
    if display is not None:
        return Cell(title, display)
    if sys.stderr is not None and sys.stderr.isatty():
        with suppress(ImportError):  # without rich there are lines
            return Bars(title, stopping=stopping)
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
