"""How a pull went, and how that shows itself at a prompt and in a notebook."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from communitykit.errors import CommunityKitError
from communitykit.printable import counted, several
from communitykit.shown import Table, as_html, as_text
from communitykit.tally import SourceTally, Tally

if TYPE_CHECKING:
    from communitykit.model import Coverage, Issue
    from communitykit.model.values import JSON

COUNTED = ("new", "changed", "deleted", "vanished")
"""What a Tally counts, by table."""
OF_SOURCES = ("new", "changed", "gone", "unchanged", "requests")
"""What is told of each source, where there are several: deleted and vanished records together, so that it is short."""
OF_ARCHIVES = {
    "`network`": "--network",
    "`folder_map`": "--map",
    "`enterprise`": "--set enterprise=…",
    "`max_time`": "--max-time",
}
"""How options which errors and Coverage name in backquotes, of an archive and of a run, are written there."""
OPTIONS = {
    "include_private": "--include-private",
    "include_direct": "--include-direct",
    "force": "--force",
    **OF_ARCHIVES,
}
"""How options of Python, which Coverage names, are written on the command line."""


def outcome(status: str, by_policy: bool | None) -> str:  # noqa: FBT001 # two columns of a row
    """Return how a part went in words: `skipped` is what was read, but for talk that nobody asked for, or the like."""
    if status != "skipped":
        return status
    return "not asked for" if by_policy else "left out"


def in_words_of(reason: str, asked_by: Mapping[str, str] = OPTIONS) -> str:
    """Return a reason of Coverage, which names options as Python does, in the words of who reads it."""
    for option, words in asked_by.items():
        reason = re.sub(rf"(?<!\w){re.escape(option)}(?!\w)", words, reason)
    return reason


def looked_back(told: Iterable[tuple[str, datetime | None]]) -> dict[str, datetime]:
    """Return by connector the latest of the moments from which on posts were looked at again."""
    found: dict[str, datetime] = {}
    for name, moment in told:
        if moment is not None:
            found[name] = max(moment, found.get(name, moment))
    return dict(sorted(found.items()))


def erased_in_words(before: datetime) -> str:
    """Say since when on a store holds anything: after `prune`, and after a pull that asked for more than it left."""
    return (
        f"Nothing from before {before:%Y-%m-%d %H:%M} UTC is in the store, and none is let in (prune); coverage tells "
        "of what is later."
    )


def told_by_source(by_source: Mapping[str, SourceTally]) -> list[tuple[str | int, ...]]:
    """Return a row of figures for each source, of all its records together; none where there is one source."""
    if len(by_source) == 1:
        return []

    def row(name: str, one: SourceTally) -> tuple[str | int, ...]:
        new, changed, deleted, vanished, unchanged = (sum(of.values()) for of in (*one.tally.counts(), one.unchanged))
        return name, new, changed, deleted + vanished, unchanged, one.requests

    return [row(name, one) for name, one in by_source.items()]


def not_looked_at(found: Mapping[str, datetime], ends: Mapping[str, datetime] | None = None) -> list[str]:
    """Return sentences that say which stored posts were not looked at again; `ends` is when a window ended, if it did.

    A run with an `until` in the past looks at none after that, either.
    """
    days: dict[str, list[str]] = {}
    for name, moment in found.items():
        end = (ends or {}).get(name)
        day = f"{moment.astimezone(UTC):%Y-%m-%d}"
        if end is None:
            which = f"stored posts before {day} were not looked at again (lookback)"
        else:
            which = f"of stored posts only those from {day} to {end.astimezone(UTC):%Y-%m-%d} were looked at again"
            which += " (until, lookback)"
        days.setdefault(which, []).append(name)
    return [f"{', '.join(names)}: {which}." for which, names in days.items()]


@dataclass(slots=True, repr=False)
class PullResult:
    """How a pull went: `complete` when all that was asked for is there, else `missing` says what is not and why."""

    run_id: str
    started_at: datetime
    ended_at: datetime | None = None
    coverage: list[Coverage] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    errors: list[CommunityKitError] = field(default_factory=list)
    ignored: dict[str, int] = field(default_factory=dict)
    requests: int = 0
    retries: int = 0
    waited: float = 0.0
    """Seconds in which a request waited, as a clock on the wall shows them: what waits side by side waits once."""
    tally: Tally = field(default_factory=Tally)
    """What the store was told, by table: new, changed, deleted and vanished records."""
    by_source: dict[str, SourceTally] = field(default_factory=dict)
    """The same of each source, with its requests, and with what it told again: by its name in a configuration, else its
    connector's (`slack`, `slack-2`…)."""
    by_default: set[str] = field(default_factory=set)
    """Slices that left nothing out but what no run reads unless it is asked to."""
    interrupted: bool = False
    """Whether it was stopped before its end: by Ctrl-C, `max_time` or `stop`."""
    by_ctrl_c: bool = False
    """Whether Ctrl-C did it, which means the script, too."""
    erased_before: datetime | None = None
    """Nothing older is in the store, nor let in: since `prune`, or as far back as a pull asked later; else None."""

    @property
    def complete(self) -> bool:
        """Tell whether all that was asked for is there: private talk that nobody asked for does not count."""
        return not self.errors and not self.interrupted and not self.issues and not self._left_out()

    @property
    def came(self) -> bool:
        """Tell whether anything came: also what was told again as it is stored."""
        return any(any(map(any, one.tally.counts())) or one.unchanged for one in self.by_source.values())

    @property
    def missing(self) -> list[str]:
        """Why what was asked for is not there, each reason once: of errors, slices and payloads."""
        return list(dict.fromkeys([*map(str, self.errors), *(reason for reason, _ in self.lacking)]))

    @property
    def lacking(self) -> list[tuple[str, dict[str, JSON]]]:
        """The reasons of `missing` that no error tells, each with where it first held, as plain data."""
        found: dict[str, dict[str, JSON]] = {}
        errors = {told for error in self.errors for told in (str(error), f"not read: {error}")}
        for one in self._left_out():
            told: dict[str, JSON] = {"status": one.status, "slice": one.slice}
            for reason in several(one.reason or one.status):
                found.setdefault(reason, told)
        for issue in self.issues:
            told = {"status": "issue", "slice": issue.slice, "kind": issue.wire_kind, "reason": issue.reason}
            found.setdefault(f"{issue.wire_kind}: {issue.reason}", told)
        kept = {reason: told for reason, told in found.items() if reason not in errors}
        return [
            (reason, {"platform": told["slice"].partition(":")[0], **told, "run_id": self.run_id})
            for reason, told in kept.items()
        ]

    @property
    def looked_back(self) -> dict[str, datetime]:
        """From when on posts that earlier runs had read were looked at again, by connector: earlier ones were not.

        A connector that looks at all of them (`lookback="all"`), or read for the first time, is not in it.
        """
        return looked_back((one.slice.partition(":")[0], one.lookback_start) for one in self.coverage)

    @property
    def looked_until(self) -> dict[str, datetime]:
        """Where a window (`until`) ended that was looked at again, by connector: later posts were not, either.

        A connector that read up to now is not in it.
        """
        ends: dict[str, datetime] = {}
        for one in self.coverage:
            if one.lookback_start is not None and one.until is not None and one.until < self.started_at:
                name = one.slice.partition(":")[0]
                ends[name] = min(one.until, ends.get(name, one.until))
        return ends

    def raise_for_errors(self) -> PullResult:
        """Return the result itself where no source failed; for scripts that nobody watches, as `raise_for_status`.

        What came is committed either way, and no part that was left out raises anything, nor does the end of
        `max_time`: `complete` and `missing` tell of those.

        Raises KeyboardInterrupt where Ctrl-C ended the run, so that a loop of several ends, too; the CommunityKitError
        of the source that failed, whatever came of others; ExceptionGroup of them where there are several.
        """
        if self.by_ctrl_c:
            raise KeyboardInterrupt
        if len(self.errors) > 1:
            raise ExceptionGroup(f"{len(self.errors)} errors of a run", self.errors)
        for error in self.errors:
            raise error
        return self

    def _left_out(self) -> list[Coverage]:
        return [one for one in self.coverage if one.status != "complete" and one.slice not in self.by_default]

    def __repr__(self) -> str:
        """Show what came, what did not, and why."""
        return as_text(*self._told())

    def _repr_html_(self) -> str:
        return as_html(*self._told())

    def _told(self) -> tuple[str, list[Table]]:
        how = "stopped" if self.interrupted else "complete" if self.complete else "not complete"
        seconds = f" in {(self.ended_at - self.started_at).total_seconds():,.1f} s" if self.ended_at else ""
        heading = (
            f"PullResult: {how}, {counted(self.requests, 'request')}{seconds}, {self.waited:,.1f} s of them waited"
        )
        counts = self.tally.counts()
        came = [
            (kind, *(count.get(kind, 0) for count in counts)) for kind in dict.fromkeys(k for c in counts for k in c)
        ]
        errors = {str(error) for error in self.errors}  # they are told by themselves
        left = Counter(
            (outcome(one.status, one.by_policy), reason)
            for one in self.coverage
            if one.status != "complete"
            for reason in several(one.reason or "")
            if reason not in errors
        )
        alike = Counter((one.reason, one.wire_kind, one.detail) for one in self.issues)
        issues = [(reason, kind, number, detail) for (reason, kind, detail), number in alike.items()]
        ends = self.looked_until
        told = [
            (name, f"{moment:%Y-%m-%d %H:%M} UTC" + (f" to {ends[name]:%Y-%m-%d %H:%M} UTC" if name in ends else ""))
            for name, moment in self.looked_back.items()
        ]
        return heading, [
            Table("What came", ("record", *COUNTED), came),
            Table("By source", ("source", *OF_SOURCES), told_by_source(self.by_source)),
            Table("What did not", ("status", "parts", "why"), [(s, n, why) for (s, why), n in left.items()]),
            Table("Looked at again (lookback)", ("connector", "posts since"), told),
            Table("Issues", ("reason", "payload", "number", "detail"), issues),
            Table("Errors", ("error",), [(str(error),) for error in self.errors]),
        ]
