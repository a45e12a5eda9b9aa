"""Progress of a command: bars on a terminal, a line now and then elsewhere, nothing where it is to be quiet."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
        yield
    finally:
        for one in conductors:
            one.on_wait = None


def _wait(platform: str, wait: Wait) -> None:
    if not console.quiet and not LOG.tells_of_waits:  # else the library's logger says it
        warn(wait.of(platform), level=logging.INFO, platform=platform, until=wait.until.isoformat(), error=wait.error)


def _line(line: str, fields: dict[str, JSON]) -> None:
    warn(line, level=logging.INFO, **fields)
