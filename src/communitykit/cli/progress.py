"""Progress of a command: bars on a terminal, a line now and then elsewhere, nothing where it is to be quiet."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from communitykit.cli.output import LOG, errors, warn

if TYPE_CHECKING:
    from communitykit.reading.slices import Progress


@contextmanager
def shown(title: str, *, quiet: bool = False) -> Iterator[Callable[[Progress], None] | None]:
    """Show a run; what is yielded is to be called with every event."""
    if quiet:
        yield None
        return
    from communitykit.progress import Bars, Lines, showing  # noqa: PLC0415 # imported only when used

    with showing(Bars(title, errors) if errors.is_terminal and not LOG.json else Lines(_line)) as tell:
        yield tell


def _line(line: str) -> None:
    warn(line, level=logging.INFO if LOG.json else logging.WARNING)
