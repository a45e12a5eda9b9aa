"""A source of a configuration that could not be opened: a source of the run that brings nothing, and says why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pydantic import BaseModel

from communitykit.config.named import Cut, in_slices_of
from communitykit.connector.asking import status_of
from communitykit.connector.declaration import Capabilities, Connector
from communitykit.connector.flow import Gap
from communitykit.connector.registry import registry
from communitykit.doors.options import ReadOptions
from communitykit.errors import CommunityKitError
from communitykit.http.operations import Meter
from communitykit.model import Coverage
from communitykit.reading.lookups import State
from communitykit.reading.slices import Closed, Failed, Progress


class UnopenedSource:
    """What stands for a source whose secret, say, was not to be had.

    Its Coverage has the slice of what a reading of it begins with (`slack:-:discover/emea`), so that the next run that
    can open it takes its place.
    """

    def __init__(
        self,
        name: str,
        connector: str,
        error: CommunityKitError,
        *,
        is_archive: bool,
        window: tuple[datetime | None, datetime] | None = None,
        cut: Cut | None = None,
    ) -> None:
        """Name it, and say why it could not be opened, and what was asked of it, as far as that is known."""
        self.name = name
        self.error = error
        self.window = window
        self.cut = cut
        self.connector = registry().connectors.get(connector) or _not_installed(connector)
        self._begins_with = "archive" if is_archive else "discover"

    def read(self, options: ReadOptions, /, *, state: State, run_id: str, emit: Callable[[Progress], None]) -> None:  # noqa: ARG002 # a source's
        """Say that nothing of it was read."""
        status, reason = status_of(self.error), str(self.error)
        since, until = self.window or (None, None)
        slice_ = f"{self.connector.name}:-:{self._begins_with}"
        coverage = Coverage(run_id=run_id, slice=slice_, since=since, until=until, status=status, reason=reason)
        closed = Closed(slice_, coverage, Meter(), gaps=(Gap(reason, status),), failure=self.error, found=0)
        emit(closed if self.name == self.connector.name else in_slices_of(self.name, closed))
        emit(Failed(self.error))

    def stop(self) -> None:
        """Do nothing: it reads nothing."""

    def reset(self, max_time: float | None = None) -> None:
        """Do nothing: nothing of it was stopped."""


def _not_installed(name: str) -> Connector:
    return Connector(name=name, title=name, version="", settings=BaseModel, capabilities=Capabilities(), translators={})
