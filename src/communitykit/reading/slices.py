"""One slice as it is read, and the events that a run tells of it. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from communitykit.connector.flow import Batch, Gap, Selection, Slice, Swept
from communitykit.connector.parts import where_it_failed
from communitykit.errors import (
    CommunityKitError,
    ObjectUnavailableError,
    PermissionMissingError,
    ProtocolError,
    told_by_system,
)
from communitykit.http.conductor import Emit, Meter
from communitykit.model import Coverage, Issue
from communitykit.reading.translation import Page, Sweep, Translation


@dataclass(slots=True)
class Opened:
    """A slice begins. `expected` is the number of requests that the connector estimates, if it can."""

    slice: str
    label: str
    expected: int | None = None


@dataclass(slots=True)
class Closed:
    """A slice ends; `meter` is what it took and `ignored` what it knowingly left, by declared kind.

    `by_default` says that nothing but talk was left out that no run reads unless it is asked for: private, direct.
    """

    slice: str
    coverage: Coverage
    meter: Meter
    ignored: Mapping[str, int] = field(default_factory=dict)
    by_default: bool = False


@dataclass(slots=True)
class Failed:
    """The whole source ended early: nothing more can be read with this credential or these settings."""

    error: CommunityKitError


Progress: TypeAlias = Opened | Page | Closed | Failed


ISSUES_KEPT = 1_000
"""Issues of one reason and kind of payload that a slice keeps; Coverage counts them all (`rejected`)."""

ASKING = ("include_private", "include_direct")
"""The options that ask for what is left out by default; a Gap for that names its option."""
_OF_COMMUNITIES = frozenset({"community", "membership", "post", "event"})
_WORST = ("complete", "skipped", "partial", "truncated", "denied")


class SliceReading:
    """One slice as it is read: pages, gaps and in the end its Coverage."""

    def __init__(
        self, translation: Translation, selection: Selection, key: str, *, slice_: Slice | None = None
    ) -> None:
        """Begin; `slice_` is None for a connector's discovery."""
        self.translation = translation
        self.selection = selection
        self.key = key
        self.slice = slice_
        # Archives and webhooks walk no window that could be swept, but for lists that are whole by their own word.
        door = translation.connector.archive
        self._sweeps = {"api": True, "archive": door is not None and door.sweeps}.get(translation.origin, False)
        self.meter = Meter()
        self.ignored: Counter[str] = Counter()
        self.failure: CommunityKitError | None = None
        self._gaps: list[Gap] = []
        self._issues: Counter[tuple[str | None, str]] = Counter()
        self._seen: set[str] = set()
        self._unread: set[str] = set()
        self._unreadable = False
        self._window: tuple[frozenset[str], frozenset[str]] | None = None
        self._network = slice_.network if slice_ else None
        self._read = self._stored = self._rejected = self._requests = 0

    def page(self, emit: Emit) -> Page | None:
        """Take a step of the flow in; give the page that it makes, if any."""
        step = emit.step
        page: Page | None = None
        if isinstance(step, Batch):
            self._begin()
            page = self.translation.translate(step, self.key, emit.fetched_at, self.ignored, network=self._network)
            self._read += len(step.items)
            self._stored += len(page.records)
            self._rejected += len(page.issues)
            page.issues = [issue for issue in page.issues if self._is_sampled(issue)]
            if self._sweeps:
                self._seen.update(record.id for record in page.records)
                self._unread |= page.unread
                self._unreadable = self._unreadable or page.unreadable
        elif isinstance(step, Swept) and self._sweeps:
            page = Page(self.key, sweeps=self._swept(step, emit))
        elif isinstance(step, Gap):
            self._gaps.append(step)
        if page is not None:
            page.requests, self._requests = self.meter.requests - self._requests, self.meter.requests
        return page

    def _is_sampled(self, issue: Issue) -> bool:
        """Tell whether an Issue is kept: of a million alike a thousand say the same, and all are counted."""
        alike = issue.wire_kind, issue.reason
        if self._issues[alike] >= ISSUES_KEPT:
            return False
        self._issues[alike] += 1
        return True

    def _swept(self, step: Swept, emit: Emit) -> list[Sweep]:
        """End a window: nothing has vanished that an unreadable payload in it could be.

        A listing that discovery walks for its slices alone sweeps nothing: of kinds that were not asked for it need not
        be whole, and the next run that asks walks it again.
        """
        network = self.translation.bound(step, self._network)
        if self._window is None:
            self._window = frozenset(self._seen), frozenset(self._unread)
        seen, unread = self._window
        unread = unread | step.held if unread else step.held
        source = self.translation.source(emit.fetched_at)
        if self.slice is None and step.record not in self.selection.kinds:
            return []
        return [] if self._unreadable else [Sweep(step, seen, source, network, unread)]

    def _begin(self) -> None:
        """Begin a window where one has ended: sweeps that follow one another are about the same batches."""
        if self._window is not None:
            self._seen.clear()
            self._unread.clear()
            self._unreadable, self._window = False, None

    def fail(self, error: Exception) -> None:
        """Note what ended the slice early; what is no CommunityKitError is a defect of the connector."""
        told = error if isinstance(error, CommunityKitError) else defect(error, self.translation.connector.name)
        denied = isinstance(told, PermissionMissingError | ObjectUnavailableError)
        self.translation.scrubber.error(told)
        self._gaps.append(Gap(str(told), "denied" if denied else "partial"))
        self.failure = told

    def stop(self, reason: str) -> None:
        """Note that the run was told to stop."""
        self._gaps.append(Gap(reason, "partial"))

    def say_unmatched(self) -> None:
        """Note the globs that fitted no community, where communities were looked for and could be listed."""
        if self.failure is None and self.selection.kinds & _OF_COMMUNITIES:
            for pattern in self.selection.communities:
                if pattern not in self.selection.matched:
                    reason = f"No community that may be read matches {pattern!r}."
                    self._gaps.append(Gap(reason, "skipped"))

    def closed(self) -> Closed:
        """Sum up."""
        if self._rejected:
            all_kept = "" if self._rejected == self._issues.total() else f" (the first {ISSUES_KEPT:,} of each reason)"
            what = f"{self._rejected} of what was read could not be translated: see the Issues{all_kept}."
            self._gaps.append(Gap(what))
        status = max((gap.status for gap in self._gaps), key=_WORST.index, default="complete")
        coverage = Coverage(
            run_id=self.translation.run_id,
            slice=self.key,
            community_id=self.slice.community_id if self.slice else None,
            since=self.selection.since,
            until=self.selection.until,
            status=status,
            reason=self.translation.scrubber.text(" ".join(dict.fromkeys(gap.reason for gap in self._gaps))) or None,
            requests=self.meter.requests,
            read=self._read,
            stored=self._stored,
            ignored=sum(self.ignored.values()),
            rejected=self._rejected,
        )
        by_default = bool(self._gaps) and all(map(_is_by_default, self._gaps))
        return Closed(self.key, coverage, self.meter, dict(self.ignored), by_default=by_default)


def _is_by_default(gap: Gap) -> bool:
    """Tell whether a gap is what stays out unless it is asked for: it names the option that asks."""
    return gap.status == "skipped" and any(option in gap.reason for option in ASKING)


def defect(error: Exception, platform: str) -> CommunityKitError:
    """Word what a connector should not have raised: where it failed, and nothing of what it was reading.

    A disk that is full, say, is none of its defects.
    """
    if isinstance(error, OSError | MemoryError):
        return told_by_system(error, "read on")
    return ProtocolError(
        f"a defect of the connector: {where_it_failed(error)}", platform=platform, remedy="Please report it."
    )
