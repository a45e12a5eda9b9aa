"""Time in the world: whole microseconds since 1970 in UTC, so that nothing is ever rounded. Pure."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from itertools import accumulate

SECOND = 1_000_000
"""In microseconds, as every time of the world."""
MINUTE = 60 * SECOND
"""In microseconds."""
HOUR = 60 * MINUTE
"""In microseconds."""
DAY = 24 * HOUR
"""In microseconds."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONDAY = 72 * HOUR  # 1970 began on a Thursday
_WEIGHTS = tuple(
    (4 if 6 <= hour < 18 else 1 if 18 <= hour < 22 else 0) if day < 5 else (1 if 10 <= hour < 16 else 0)  # noqa: PLR2004
    for day in range(7)
    for hour in range(24)
)
_BEFORE = tuple(accumulate((weight * HOUR for weight in _WEIGHTS), initial=0))
_WEEK = _BEFORE[-1]


def to_us(moment: datetime) -> int:
    """Return an aware datetime as microseconds."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_us(moment: int) -> datetime:
    """Return microseconds as an aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=moment)


def busy(moment: int) -> int:
    """Return how much working time has passed until then: it stands still at night and runs slowly on weekends."""
    weeks, rest = divmod(moment + _MONDAY, 168 * HOUR)
    hour, part = divmod(rest, HOUR)
    return weeks * _WEEK + _BEFORE[hour] + part * _WEIGHTS[hour]


def unbusy(amount: int) -> int:
    """Return the moment at which that much working time has passed; the inverse of `busy`."""
    weeks, rest = divmod(amount, _WEEK)
    hour = bisect_right(_BEFORE, rest) - 1
    return weeks * 168 * HOUR + hour * HOUR + (rest - _BEFORE[hour]) // _WEIGHTS[hour] - _MONDAY
