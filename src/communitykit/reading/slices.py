"""One slice as it is read, and the events that a run tells of it. No I/O."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias

from communitykit.connector.flow import Batch, Checkpoint, Gap, Selection, Slice, Swept
from communitykit.connector.parts import where_it_failed
from communitykit.errors import (
    CommunityKitError,
    ObjectUnavailableError,
    PermissionMissingError,
    ProtocolError,
    told_by_system,
)
from communitykit.http.operations import Emit, Meter, Wait
from communitykit.logs import LOGGER
from communitykit.model import Coverage, Issue
from communitykit.model.values import JSON
from communitykit.printable import BETWEEN
from communitykit.reading.odd import Odd, joined
from communitykit.reading.translation import Page, Sweep, Translation, is_stub


@dataclass(slots=True)
class Opened:
    """A slice begins. `expected` is the number of requests that the connector estimates, if it can."""

    slice: str
    label: str
    expected: int | None = None


@dataclass(slots=True)
class Closed:
    """A slice ends; `meter` is what it took and `ignored` what it knowingly left, by declared kind.

    `by_default` says that nothing was left out but what no run reads unless it is asked to: private and direct talk,
    what a platform's polling rule would have read later.
    """

    slice: str
    coverage: Coverage
    meter: Meter
    ignored: Mapping[str, int] = field(default_factory=dict)
    by_default: bool = False
    matched: frozenset[str] = frozenset()
    """The globs of the run that fitted a community of this source so far."""
    gaps: tuple[Gap, ...] = ()
    """What was left out, as Coverage sums it up."""
    failure: CommunityKitError | None = None
    """What ended the slice before its end; None where it was read to its end, whatever single parts were left out."""
    found: int | None = None
    """Of a connector's discovery: how many slices it found to read. None of all else."""
    unread: bool = False
    """Whether it was left: the run was stopped before its end, or its source had failed before it began."""

    @property
    def left_out(self) -> Coverage | None:
        """The Coverage of what was left out though it was asked for; None where nothing was."""
        if self.coverage.status == "complete" or self.by_default:
            return None
        asked = [gap for gap in self.gaps if not _is_by_default([gap])]
        return self.coverage.model_copy(update=_summed(asked)) if asked else self.coverage

    def without(self, matched: Collection[str]) -> Closed:
        """Return the same without what is said of globs that fitted a community of another source."""
        gaps = tuple(gap for gap in self.gaps if gap.pattern is None or gap.pattern not in matched)
        coverage = self.coverage.model_copy(update=_summed(gaps))
        return replace(self, coverage=coverage, gaps=gaps, by_default=_is_by_default(gaps))


@dataclass(slots=True)
class Failed:
    """The whole source ended early: nothing more can be read with this credential or these settings."""

    error: CommunityKitError


@dataclass(frozen=True, slots=True)
class Waiting:
    """A source waits: `wait` says until when and why; `requests` are those that it has sent in this run so far."""

    connector: str
    wait: Wait
    requests: int = 0

    @property
    def until(self) -> datetime:
        """Until when, in UTC."""
        return self.wait.until


Progress: TypeAlias = Opened | Page | Closed | Failed | Waiting
"""What a run tells while it goes on: what a function given to `pull` as `progress` is called with."""


NO_PAGE = 3
"""So many payloads in one batch, none of them understood, are no page: one or two may be odd for good."""
ISSUES_KEPT = 1_000
"""Issues of one reason and kind of payload that a slice keeps; Coverage counts them all (`rejected`)."""

_OF_COMMUNITIES = frozenset({"community", "membership", "post", "event"})
_OF_MESSAGES = frozenset({"post", "event"})
_MILDEST_FIRST = ("complete", "skipped", "partial", "truncated", "denied")


class SliceReading:
    """One slice as it is read: pages, gaps and in the end its Coverage."""

    def __init__(
        self,
        translation: Translation,
        selection: Selection,
        key: str,
        *,
        slice_: Slice | None = None,
        again: datetime | None = None,
    ) -> None:
        """Begin; `slice_` is None for a connector's discovery, and `again` where the look-back begins, if one does."""
        self.translation = translation
        self.selection = selection
        self.key = key
        self.slice = slice_
        self._again = again
        # Archives and webhooks walk no window that could be swept, but for lists that are whole by their own word.
        door = translation.connector.archive
        self._sweeps = {"api": True, "archive": door is not None and door.sweeps}.get(translation.origin, False)
        self.meter = Meter()
        self.ignored: Counter[str] = Counter()
        self.failure: CommunityKitError | None = None
        self.found: int | None = None
        self._left = False
        self._gaps: list[Gap] = []
        self._issues: Counter[tuple[str | None, str]] = Counter()
        self._seen: set[str] = set()
        self._unread: set[str] = set()
        self._unreadable = self._held = False
        self._window: tuple[frozenset[str], frozenset[str]] | None = None
        self._network = slice_.network if slice_ else None
        self._read = self._stored = self._rejected = self._requests = 0
        self._own: Checkpoint | None = None
        self._odd: Odd | None = None
        self._looks_back = False

    def remember_odd(self, own: Checkpoint | None, known: Odd | None, *, looks_back: bool) -> None:
        """Take what the checkpoint says; `looks_back`: the connector has a look-back, beyond which it does not read."""
        self._own, self._odd, self._looks_back = own, known, looks_back

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
            self._hold(step, page)
            self._note_odd(page)
            page.issues = [issue for issue in page.issues if self._is_sampled(issue)]
            if self._sweeps:
                self._seen.update(record.id for record in page.records if not is_stub(record))
                self._unread |= page.unread
                self._unreadable = self._unreadable or page.unreadable
        elif isinstance(step, Swept) and self._sweeps:
            page = Page(self.key, sweeps=self._swept(step, emit))
        elif isinstance(step, Gap):
            self._gaps.append(step)
        if page is not None:
            page.requests, self._requests = self.meter.requests - self._requests, self.meter.requests
        return page

    def _hold(self, step: Batch, page: Page) -> None:
        """Move no checkpoint beyond a page of which nothing at all was understood: the next run asks for it again.

        One odd payload costs itself; several that are all odd are no page of this platform.
        """
        if len(step.items) >= NO_PAGE and len(page.issues) >= len(step.items) and not page.records and not self._held:
            self._held = True
            self._gaps.append(Gap("Nothing of a page could be understood: the next run reads on from before it."))
        if self._held:
            page.checkpoint = None

    def _note_odd(self, page: Page) -> None:
        """Keep beside the checkpoint that something was not understood: the next run looks back on all, once."""
        if page.issues and self._odd is None and self._looks_back:
            self._odd = Odd(self.selection.until)
        if page.checkpoint is not None:
            self._own = page.checkpoint
            page.checkpoint = joined(page.checkpoint, self._odd)

    def settled(self) -> Page | None:
        """Return the checkpoint that says what came of a look-back on all, where this was one and came to its end."""
        ended = self.failure is None and not self._left and not self._held
        if not (self.selection.looks_back_on_all and ended and self._own is not None and self._has_all_kinds()):
            return None
        odd = replace(self._odd, looked=True) if self._odd is not None and self._rejected else None
        return Page(self.key, checkpoint=joined(self._own, odd))

    @property
    def has_failed_in_part(self) -> bool:
        """Tell whether something failed that may be had another time."""
        return any(gap.status == "partial" for gap in self._gaps)

    def _has_all_kinds(self) -> bool:
        return self.selection.kinds >= _OF_MESSAGES

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
        source = self.translation.source(emit.fetched_at)
        if self.slice is None and step.record not in self.selection.kinds:
            return []
        return [] if self._unreadable else [Sweep(step, seen, source, network, unread | step.held, unread)]

    def _begin(self) -> None:
        """Begin a window where one has ended: sweeps that follow one another are about the same batches."""
        if self._window is not None:
            self._seen.clear()
            self._unread.clear()
            self._unreadable, self._window = False, None

    def fail(self, error: Exception) -> None:
        """Note what ended the slice early; what is no CommunityKitError is a defect of the connector."""
        told = (
            error
            if isinstance(error, CommunityKitError)
            else defect(error, self.translation.connector.name, self.translation.run_id)
        )
        denied = isinstance(told, PermissionMissingError | ObjectUnavailableError)
        self.translation.scrubber.error(told)
        self._gaps.append(Gap(str(told), "denied" if denied else "partial"))
        self.failure = told

    def stop(self, reason: str, failure: CommunityKitError | None = None) -> None:
        """Note that the run was told to stop, or that a `failure` ended the whole source before this slice began."""
        self._gaps.append(Gap(reason, "partial"))
        self.failure = failure
        self._left = True

    def interrupt(self) -> None:
        """Note that the run was told to stop, and what was being asked in vain."""
        if (error := self.meter.unanswered or self.meter.pending) is not None:
            self.translation.scrubber.error(error)
            self._gaps.append(Gap(str(error), "partial"))
        self.stop("the run was stopped; run it again to go on")

    def say_unmatched(self) -> None:
        """Note the globs that fitted no community, where communities were looked for and could be listed."""
        if self.failure is None and self.selection.kinds & _OF_COMMUNITIES:
            for pattern in self.selection.communities:
                if pattern not in self.selection.matched:
                    reason = f"No community that may be read matches {pattern!r}."
                    self._gaps.append(Gap(reason, "skipped", pattern=pattern))

    def closed(self) -> Closed:
        """Sum up."""
        if self._rejected:
            of_how_many = (
                "" if self._rejected == self._issues.total() else f" (the first {ISSUES_KEPT:,} of each reason)"
            )
            what = f"{self._rejected} of what was read could not be translated: see the Issues{of_how_many}."
            self._gaps.append(Gap(what))
        text = self.translation.scrubber.text
        gaps = tuple(replace(gap, reason=text(gap.reason)) for gap in self._gaps)
        coverage = Coverage(
            run_id=self.translation.run_id,
            slice=self.key,
            community_id=self.slice.community_id if self.slice else None,
            since=self.selection.since,
            until=self.selection.until,
            lookback_start=self._again,
            **_summed(gaps),
            requests=self.meter.requests,
            read=self._read,
            stored=self._stored,
            ignored=sum(self.ignored.values()),
            rejected=self._rejected,
        )
        return Closed(
            self.key,
            coverage,
            self.meter,
            dict(self.ignored),
            by_default=_is_by_default(gaps),
            matched=frozenset(self.selection.matched),
            gaps=gaps,
            failure=self.failure,
            found=self.found,
            unread=self._left,
        )


def _summed(gaps: Sequence[Gap]) -> dict[str, JSON]:
    status = max((gap.status for gap in gaps), key=_MILDEST_FIRST.index, default="complete")
    reasons = list(dict.fromkeys(gap.reason for gap in gaps))
    return {"status": status, "reason": BETWEEN.join(reasons) or None, "by_policy": _is_by_policy(gaps) or None}


def _is_by_default(gaps: Sequence[Gap]) -> bool:
    return bool(gaps) and all(gap.status == "skipped" and gap.option is not None for gap in gaps)


def _is_by_policy(gaps: Sequence[Gap]) -> bool:
    """Tell whether nothing was left out but private and direct talk: what is public was read whole."""
    return _is_by_default(gaps) and all(gap.option in {"include_private", "include_direct"} for gap in gaps)


def defect(error: Exception, platform: str, run_id: str | None = None) -> CommunityKitError:
    """Word what a connector should not have raised: where it failed, and nothing of what it was reading.

    A disk that is full, say, is none of its defects.
    """
    if isinstance(error, OSError | MemoryError):
        return told_by_system(error, "read on")
    where = "".join(traceback.format_tb(error.__traceback__))  # its own words may quote what was read
    kind = type(error).__name__
    extra = {"platform": platform, **({"run_id": run_id} if run_id else {}), "error": kind}
    LOGGER.error("a defect of %s: %s\n%s", platform, kind, where, extra=extra)
    return ProtocolError(
        f"a defect of the connector: {where_it_failed(error)}", platform=platform, remedy="Please report it."
    )
