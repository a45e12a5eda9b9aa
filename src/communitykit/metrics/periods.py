"""Stretches of whole days: weeks, months, quarters and years as the calendar names them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from communitykit.metrics.syntax import GRAINS


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of whole days, the last one excluded. `label` is None where no grain was asked for."""

    label: str | None
    since: date
    until: date

    def each_day(self) -> Iterator[date]:
        """List its days."""
        for number in range((self.until - self.since).days):
            yield self.since + timedelta(days=number)


def cut(grain: str, start: date, end: date) -> Iterator[Period]:
    """Cut a window into the weeks, months… of the calendar; the first and the last may be shorter."""
    while start < end:
        label, following = _GRAINS[grain](start)
        yield Period(label, start, min(following, end))
        start = following


def _week(day: date) -> tuple[str, date]:
    year, week, weekday = day.isocalendar()
    return f"{year}-W{week:02}", day + timedelta(days=8 - weekday)


def _months(day: date, size: int) -> date:
    month = day.year * 12 + (day.month - 1) // size * size + size
    return date(month // 12, month % 12 + 1, 1)


_GRAINS: Final[dict[str, Callable[[date], tuple[str, date]]]] = {
    "day": lambda day: (day.isoformat(), day + timedelta(days=1)),
    "week": _week,
    "month": lambda day: (f"{day:%Y-%m}", _months(day, 1)),
    "quarter": lambda day: (f"{day.year}-Q{(day.month + 2) // 3}", _months(day, 3)),
    "year": lambda day: (f"{day.year}", date(day.year + 1, 1, 1)),
}
assert set(_GRAINS) == set(GRAINS)  # noqa: S101 # one list, said twice
