"""How long a platform asks to wait: one reader of Retry-After for everybody. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import inf, isnan
from typing import TypeAlias

from communitykit.connector.flow import Response

Span: TypeAlias = tuple[float, float]
"""From when to when, in seconds of one clock."""
A_DAY = 86_400.0
"""The longest wait that anybody sits through, in seconds: what asks for more ends the slice, and says until when."""
A_YEAR = 366 * A_DAY
"""The longest wait that is believed, in seconds: an instant beyond it says no more than "not now"."""

_AN_HOUR = 3_600.0
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?|[+-]?inf(inity)?", re.IGNORECASE)


def retry_after(response: Response) -> float | None:
    """Return the seconds that an answer asks to wait, from 0 to a year; None where it says nothing readable.

    RFC 9110, 10.2.3: seconds, or one of the three dates of 5.6.7 (IMF-fixdate, RFC 850, asctime), which are all UTC.
    Fractions and exponents are read, too, since servers write them.
    """
    text = response.headers.get("retry-after", "").strip()
    if _NUMBER.fullmatch(text):
        return bounded(float(text))
    try:
        moment = parsedate_to_datetime(text)
        aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        return bounded((aware - response.fetched_at).total_seconds())
    except (ValueError, OverflowError, TypeError, IndexError):  # no date, or none that there is
        return None


def bounded(seconds: float) -> float | None:
    """Return a wait that a platform names as one that there is: 0 to a year; None for what is no number."""
    return None if isnan(seconds) else min(max(seconds, 0.0), A_YEAR)


def moment_of(seconds: float, now: datetime) -> str:
    """Say when a wait that begins now ends, in UTC to the minute; to the second where that is within an hour."""
    if seconds >= A_YEAR:
        return "a moment more than a year away"
    near = ":%S" if seconds < _AN_HOUR else ""
    return f"{datetime.fromtimestamp(now.timestamp() + seconds, UTC):%Y-%m-%d %H:%M{near}} UTC"


def joined(spans: Iterable[Span]) -> list[Span]:
    """Return the same time in spans that neither touch nor overlap, in order."""
    found: list[Span] = []
    last = -inf
    for begin, end in sorted(spans):
        if begin > last:
            found.append((begin, end))
        elif end > last:
            found[-1] = (found[-1][0], end)
        last = max(last, end)
    return found


def waited(spans: Iterable[Span], until: float = inf) -> float:
    """Return the seconds that pass in any of the spans `until` then: what waits side by side waits once."""
    return sum(min(end, until) - begin for begin, end in joined(spans) if begin < until)
