"""Lengths of time and moments as people give them: one grammar for Python, settings and the command line. Pure.

A length is a number and a unit: `45s`, `30min`, `12h`, `90d`, `2w`, `3mo`, `2y`. A month counts 31 days and a year 366,
so that a length is never shorter than what was meant. `3m` is refused, since it may be minutes or months. A moment is a
length before now, a date (its beginning, in UTC), or a date and time in ISO 8601 (UTC unless it says otherwise).
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

from communitykit.errors import SettingsError, wrong_argument

Moment: TypeAlias = datetime | date | timedelta | str
"""An aware datetime, a date (its beginning, in UTC), a timedelta before now, or a text in this module's grammar."""

_SECONDS = {
    "s": 1,
    "min": 60,
    "h": 3600,
    "d": 86_400,
    "w": 7 * 86_400,
    "mo": 31 * 86_400,
    "y": 366 * 86_400,
}
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)", re.IGNORECASE)
_LENGTHS = "Write for instance 90d, 12h, 2w, 3mo or 2y."
WANTED = 'a text as "90d", a timedelta, a date or a datetime'
"""What a moment is to be, in words."""
_MOMENTS = "Write for instance 90d, 3mo, 2026-01-31 or 2026-01-31T08:00+01:00."


def parse_length(text: str) -> timedelta:
    """Return a length of time.

    Raises SettingsError for what is none, for `3m` (minutes or months?), and for what is longer than time itself,
    TypeError for what is no text.
    """
    if not isinstance(text, str):
        raise wrong_argument("a length of time", text, 'a text as "90d"')
    match = _LENGTH.fullmatch(text.strip())
    unit = match[2].lower() if match else ""
    if match and unit == "m":
        raise SettingsError(
            f"minutes or months? {text!r}", remedy=f"Write {match[1]}min for minutes, {match[1]}mo for months."
        )
    if match is None or unit not in _SECONDS:
        raise SettingsError(f"not a length of time: {text!r}", remedy=_LENGTHS)
    try:
        return timedelta(seconds=float(match[1]) * _SECONDS[unit])
    except OverflowError:
        raise SettingsError(f"longer than time itself: {text!r}", remedy=_LENGTHS) from None


def parse_moment(value: Moment, now: datetime) -> datetime:
    """Return a moment as an aware datetime.

    Raises SettingsError for a text that is none, and for a datetime that has no time zone and so may mean two moments,
    TypeError for what is neither.
    """
    told = read_moment(value)
    if isinstance(told, datetime):
        return told
    try:
        return now - told
    except OverflowError:
        raise SettingsError(f"before the beginning of time: {value!r}", remedy=_MOMENTS) from None


def read_moment(value: Moment, name: str = "a moment") -> datetime | timedelta:
    """Return a moment as far as it can be told without a now: an aware datetime, or a length before it.

    `name` is the argument that it was given as. Raises as `parse_moment` does.
    """
    if isinstance(value, str):
        return _read_text(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise SettingsError(
                f"no time zone: {value.isoformat()}", remedy="Give an aware datetime, in UTC for instance."
            )
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, timedelta):
        if value < timedelta(0):
            raise SettingsError(f"a length before now cannot be negative: {value}", remedy=_MOMENTS)
        return value
    raise wrong_argument(name, value, WANTED)


def _read_text(text: str) -> datetime | timedelta:
    stripped = text.strip()
    if _LENGTH.fullmatch(stripped):
        return parse_length(stripped)
    try:
        read = datetime.fromisoformat(stripped)
    except ValueError:
        raise SettingsError(f"not a moment: {text!r}", remedy=_MOMENTS) from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
