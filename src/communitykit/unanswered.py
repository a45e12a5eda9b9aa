"""Sources of a run that nothing has come from, and what their last request failed of. No I/O."""

from __future__ import annotations

from communitykit.doors.source import Source
from communitykit.errors import CommunityKitError, TransientError
from communitykit.model import Coverage
from communitykit.reading.slices import Closed, Failed, Progress, Waiting
from communitykit.reading.translation import Page


class Unanswered:
    """Who has told nothing: a run that its time ends must not pass a platform that is not there for a slow one."""

    def __init__(self, sources: dict[str, Source]) -> None:
        """Begin; sources are by their names in the run."""
        self._platforms = {name: source.connector.name for name, source in sources.items()}
        self._silent = dict.fromkeys(sources)
        """In the order in which they were named."""
        self._left: dict[str, CommunityKitError] = {}
        self._causes: dict[str, CommunityKitError] = {}
        self._pending: dict[str, CommunityKitError] = {}
        """Of whose first request no answer had come when they were told to stop."""

    def note(self, event: Progress, source: str) -> None:
        """Take an event in."""
        if isinstance(event, Page | Failed):
            self._silent.pop(source, None)
        elif isinstance(event, Waiting) and event.wait.failed_of is not None:
            self._causes[source] = event.wait.failed_of
        elif isinstance(event, Closed):
            self._causes.pop(source, None)
            if event.unread and event.meter.unanswered is not None:
                self._left[source] = event.meter.unanswered
            elif event.unread and event.meter.pending is not None:
                self._pending[source] = event.meter.pending

    def abandoned(self, source: str, run_id: str) -> Coverage:
        """Return what is told of a source that did not even end when it was told to."""
        platform = self._platforms[source]
        cause = self._left[source] = self._causes.get(source) or TransientError(
            "it had not answered when the run was stopped",
            platform=platform,
            remedy="Check the address and the network.",
        )
        return Coverage(run_id=run_id, slice=f"{platform}:-:unanswered", status="partial", reason=str(cause))

    def errors(self, *, late: bool) -> list[tuple[str, CommunityKitError]]:
        """Return why nothing came from those sources, by their names, that were left while they were asked in vain.

        A first request without an answer is in vain where the run's time is over (`late`); whoever stops a run sooner
        has not let the platform answer.
        """
        causes = {**self._pending, **self._left} if late else self._left
        return [(one, causes[one]) for one in self._silent if one in causes]
