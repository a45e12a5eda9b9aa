"""Progress of a command: bars on a terminal, a line now and then elsewhere, nothing where it is to be quiet."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from communitykit.cli.output import LOG, errors, warn

if TYPE_CHECKING:
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
    with showing(Bars(title, errors) if bars else Lines(_line), sources=sources) as tell:
        yield tell


def _line(line: str, fields: dict[str, JSON]) -> None:
    warn(line, level=logging.INFO, **fields)
