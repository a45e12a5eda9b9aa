"""Progress of a command: bars on a terminal, a line now and then elsewhere, nothing where it is to be quiet."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING

from rich.control import Control
from rich.segment import ControlType

from communitykit.cli.interrupts import framed
from communitykit.cli.output import LOG, console, errors, warn

if TYPE_CHECKING:
    from communitykit.http.conductor import Conductor
    from communitykit.http.operations import Wait
    from communitykit.model.values import JSON
    from communitykit.reading.slices import Progress

_ERASED = Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2))
"""What makes the terminal's line empty."""
SILENT_SECONDS = 3.0
"""So long a request that is no pull's is unanswered before that is told."""
_LOOK_SECONDS = 0.25


@contextmanager
def shown(
    title: str, *, sources: int | None = None, quiet: bool = False, stopping: Callable[[], bool] = bool
) -> Iterator[Callable[[Progress], None] | None]:
    """Show a run of so many sources, and whether it is `stopping`; what is yielded is to be called with every event."""
    if quiet:
        yield None
        return
    from communitykit.progress import Bars, Lines, showing  # noqa: PLC0415 # imported only when used

    if errors.is_terminal and not LOG.json:
        bars = Bars(title, errors, stopping=stopping)
        with framed(lambda: bars.lines), showing(bars, sources=sources) as tell:
            yield tell
    else:
        with showing(Lines(_line), sources=sources) as tell:
            yield tell


@contextmanager
def steps() -> Iterator[Callable[[str, int, int], None] | None]:
    """Show on a terminal which of how many steps is done; what is yielded is to be called with each. It leaves nothing.

    Yields None where nothing is to be shown.
    """
    if console.quiet or not errors.is_terminal:
        yield None
        return

    def tell(step: str, number: int, of: int) -> None:
        errors.control(_ERASED)
        errors.print(f"{number} of {of}: {step}", end="", markup=False)

    with framed(lambda: 1):
        try:
            yield tell
        finally:
            errors.control(_ERASED)


class Silence:
    """Tells once of each platform that it leaves a request without an answer; a thread looks until it is over."""

    def __init__(self, conductors: Iterable[Conductor]) -> None:
        """Begin with nobody told of."""
        self._left = list(conductors)
        self._over = threading.Event()

    def look(self) -> None:
        """Tell of who is silent now."""
        for one in list(self._left):
            if host := one.silent(SILENT_SECONDS):
                self._left.remove(one)
                name = one.connector.name
                warn(f"{name}: no answer from {host} yet; it is waited for.", level=logging.INFO, platform=name)

    @contextmanager
    def told(self) -> Iterator[None]:
        """Look now and then as long as this goes on."""
        thread = threading.Thread(target=self._watch, name="communitykit-silence", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            self.look()


@contextmanager
def waits_told(*sources: object) -> Iterator[None]:
    """Tell on the error stream what a platform is waited for while it is asked something outside of a run."""
    sessions = [getattr(source, "session", source) for source in sources]
    conductors: list[Conductor] = [
        one.conductor for one in sessions if hasattr(one, "conductor")
    ]  # archives ask nobody
    for one in conductors:
        one.on_wait = partial(_wait, one.connector.name)
    try:
        with nullcontext() if console.quiet or not conductors else Silence(conductors).told():
            yield
    finally:
        for one in conductors:
            one.on_wait = None


def _wait(platform: str, wait: Wait) -> None:
    if not console.quiet and not LOG.tells_of_waits:  # else the library's logger says it
        warn(wait.of(platform), level=logging.INFO, platform=platform, until=wait.until.isoformat(), error=wait.error)


def _line(line: str, fields: dict[str, JSON]) -> None:
    warn(line, level=logging.INFO, **fields)
