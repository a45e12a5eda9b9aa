"""Progress of a pull or an import: bars on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from communitykit.cli.output import errors
from communitykit.printable import printable
from communitykit.reading.slices import Closed, Opened
from communitykit.reading.slices import Progress as Told
from communitykit.reading.translation import Page

_EVERY_SECONDS = 10.0
LISTING = ":archive/listing"
"""How the slice of an archive's own lists ends, whose label says what the archive is."""


class PullProgress:
    """Call it with every event of a run."""

    def __init__(self, title: str, *, quiet: bool = False, now: Callable[[], float] = time.monotonic) -> None:
        """Prepare; nothing is shown before the first event."""
        self._quiet = quiet
        self._now = now
        self._records = self._requests = self._done = self._found = 0
        self._last = now()
        self.archives: list[str] = []
        """What archives turned out to be, in words."""
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[detail]}"),
            TimeElapsedColumn(),
            console=errors,
            transient=True,
            disable=quiet or not errors.is_terminal,
        )
        self._task: TaskID = self._bars.add_task(printable(title), total=None, detail="")

    def __enter__(self) -> Self:
        """Start showing."""
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop showing."""
        self._bars.stop()

    def __call__(self, event: Told) -> None:
        """Take an event in."""
        if isinstance(event, Opened):
            self._found += 1
            if event.slice.endswith(LISTING):
                self.archives.append(event.label)
        elif isinstance(event, Page):
            self._records += len(event.records)
            self._requests += event.requests
        elif isinstance(event, Closed):
            self._done += 1
        detail = f"{self._records:,} records, {self._requests:,} requests"
        self._bars.update(self._task, completed=self._done, total=max(self._found + 1, self._done), detail=detail)
        if not self._quiet and not errors.is_terminal and self._now() - self._last > _EVERY_SECONDS:
            self._last = self._now()
            errors.print(f"… {detail}, {self._done} of {self._found} slices", markup=False)
