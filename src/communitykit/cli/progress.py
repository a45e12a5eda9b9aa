"""Progress of a command: bars on a terminal, a line now and then elsewhere, nothing where it is to be quiet."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from communitykit.cli.interrupts import framed
from communitykit.cli.output import LOG, console, errors, warn

if TYPE_CHECKING:
    from communitykit.http.conductor import Conductor
    from communitykit.http.operations import Wait
    from communitykit.model.values import JSON
    from communitykit.reading.slices import Progress


@contextmanager
def shown(
    title: str, *, sources: int | None = None, quiet: bool = False
) -> Iterator[Callable[[Progress], None] | None]:
    """Show a run of so many sources; what is yielded is to be called with every event."""
    if quiet:
        yield None
        return
    from communitykit.progress import Bars, Lines, showing  # noqa: PLC0415 # imported only when used

    bars = errors.is_terminal and not LOG.json
    with (
        framed(Bars.LINES if bars else 0),
        showing(Bars(title, errors) if bars else Lines(_line), sources=sources) as tell,
    ):
        yield tell


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
