"""What a reading left out though it was asked for: said to whoever is handed records of one kind, without Coverage."""

from __future__ import annotations

from collections import Counter

from communitykit.errors import CommunityKitError, CredentialError
from communitykit.logs import LOGGER
from communitykit.model import Coverage
from communitykit.reading.slices import Closed, Progress
from communitykit.reading.translation import Page


class LeftOut:
    """What one reading left out; `aloud` says it as a warning of the library's logger, too, as it turns out."""

    def __init__(self, *, aloud: bool) -> None:
        """Begin with nothing."""
        self.coverage: list[Coverage] = []
        self._aloud = aloud
        self._issues: dict[str, Counter[str]] = {}
        self._ended_by: CommunityKitError | None = None

    def take(self, event: Progress) -> None:
        """Take an event in."""
        if isinstance(event, Page):
            for issue in event.issues:
                self._issues.setdefault(event.slice, Counter())[f"{issue.wire_kind} ({issue.reason})"] += 1
        elif isinstance(event, Closed) and (coverage := event.left_out) is not None:
            self.coverage.append(coverage)
            if self._aloud and not self._is_raised(event):
                self._say(coverage, event.failure)

    def _is_raised(self, closed: Closed) -> bool:
        """Tell whether the reading ends with an error that says the same."""
        error = closed.failure
        if isinstance(error, CredentialError) or closed.slice.endswith(":-:discover"):
            self._ended_by = self._ended_by or error
        return error is not None and error is self._ended_by

    def _say(self, coverage: Coverage, failure: CommunityKitError | None) -> None:
        issues = [f"{number:,} of {what}" for what, number in self._issues.pop(coverage.slice, Counter()).items()]
        counted = f" They are {', '.join(issues)}." if issues else ""
        told = {"platform": coverage.slice.partition(":")[0], "run_id": coverage.run_id, "slice": coverage.slice}
        extra = {**told, "status": coverage.status, "error": type(failure).__name__ if failure else None}
        what = coverage.slice, coverage.status, coverage.reason or "no reason", counted
        LOGGER.warning("%s: %s: %s%s", *what, extra=extra)
