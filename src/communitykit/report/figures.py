"""Figures as the report asks for them: each with what has to be known to read it. They come from `measure` alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Final

from communitykit.analysis import Analysis
from communitykit.metrics import Definition, Record, find, measure
from communitykit.model.values import Value

MOST_MONTHS: Final = 12
_FIXED: Final = (
    "metric",
    "variant",
    "period",
    "since",
    "until",
    "value",
    "numerator",
    "denominator",
    "persons",
    "suppressed",
    "reason",
    "coverage",
    "inferred",
    "platforms",
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of `measure`: `groups` are its dimensions; the other columns are as `measure` tells them."""

    metric: str
    variant: str | None
    period: str | None
    since: date
    until: date
    groups: Mapping[str, str | None]
    value: float | None
    numerator: float | None
    denominator: float | None
    persons: int | None
    suppressed: bool
    reason: str | None
    coverage: str
    inferred: float | None
    platforms: str
    parameters: Mapping[str, Value] = field(default_factory=dict)

    @property
    def definition(self) -> Definition:
        """What it measures."""
        return find(self.metric)

    @property
    def group(self) -> str | None:
        """Its one dimension's value; None without dimensions, and where it is not told."""
        return next(iter(self.groups.values()), None)

    def as_data(self) -> dict[str, Value]:
        """Return it as plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Window:
    """The days that a report is about: whole months where the record has two of them."""

    since: date
    until: date
    whole_months: bool

    @property
    def months(self) -> list[tuple[date, date]]:
        """The months in it, each with the first day after it."""
        starts, day = [], self.since
        while day < self.until:
            following = min(_following(day), self.until)
            starts.append((day, following))
            day = following
        return starts

    @property
    def latest(self) -> tuple[date, date]:
        """Its last month; the whole of it where it has no whole months."""
        return self.months[-1] if self.whole_months else (self.since, self.until)


class Figures:
    """What is asked of the analysis tables; asked twice, it is measured once."""

    def __init__(self, analysis: Analysis, *, k: int = 5, since: date | None = None, until: date | None = None) -> None:
        """Settle the window: what was asked for, or the last whole months, twelve at most."""
        self.record, self.k = Record(analysis), k
        self.about = dict(analysis.about)
        self.window = _window(self.record, since, until)
        self._known: dict[tuple[Value, ...], list[Figure]] = {}

    def ask(
        self,
        metric: str,
        *,
        by: Sequence[str] = (),
        since: date | None = None,
        until: date | None = None,
        variant: str | None = None,
        **parameters: Value,
    ) -> list[Figure]:
        """Return a metric's figures over the report's window, or another; of one variant, if it is named."""
        since, until = since or self.window.since, until or self.window.until
        key = (metric, tuple(by), since, until, tuple(sorted(parameters.items())))
        if key not in self._known:
            rows = measure(self.record, metric, by=by, since=since, until=until, k=self.k, **parameters).to_pylist()
            self._known[key] = [
                Figure(
                    groups={name: row[name] for name in row if name not in _FIXED},
                    parameters=parameters,
                    **{name: row[name] for name in _FIXED},
                )
                for row in rows
            ]
        return [one for one in self._known[key] if variant is None or one.variant == variant]

    def latest(self, metric: str, variant: str | None = None, **parameters: Value) -> Figure | None:
        """Return a figure of the window's last month."""
        since, until = self.window.latest
        found = self.ask(metric, since=since, until=until, variant=variant, **parameters)
        return found[0] if found else None

    def all(self) -> list[Figure]:
        """Return every figure that was asked for."""
        return [one for found in self._known.values() for one in found]


def _window(record: Record, since: date | None, until: date | None) -> Window:
    end = (record.last_day + timedelta(days=1)).replace(day=1)
    begin = record.first_day if record.first_day.day == 1 else _following(record.first_day)
    months = (end.year - begin.year) * 12 + end.month - begin.month
    if since or until or months < 2:  # noqa: PLR2004 # one month is no course
        return Window(since or record.first_day, until or record.last_day + timedelta(days=1), whole_months=False)
    if months > MOST_MONTHS:
        back = end.year * 12 + end.month - 1 - MOST_MONTHS
        begin = date(back // 12, back % 12 + 1, 1)
    return Window(begin, end, whole_months=True)


def _following(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
