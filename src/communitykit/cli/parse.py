"""Reading what people type: durations, moments, key=value pairs. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from communitykit.errors import SettingsError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def duration(text: str) -> timedelta:
    """Read `90d`, `2h`, `30m`, `45s`, `2w`.

    Raises SettingsError for anything else.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhdw])", text.strip().lower())
    if match is None:
        raise SettingsError(f"not a duration: {text!r}", remedy="Write for instance 90d, 2w, 2h or 30m.")
    return timedelta(seconds=float(match[1]) * _UNITS[match[2]])


def moment(text: str | None, now: datetime) -> datetime | None:
    """Read a duration before now (`90d`) or a date or time in ISO 8601 (UTC unless it says otherwise).

    Raises SettingsError for anything else.
    """
    if text is None:
        return None
    try:
        return now - duration(text)
    except SettingsError:
        pass
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(
            f"not a moment: {text!r}", remedy="Write for instance 90d, 2026-01-31 or 2026-01-31T08:00+01:00."
        ) from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def pairs(texts: Iterable[str]) -> dict[str, str]:
    """Read `key=value` pairs.

    Raises SettingsError for a text without `=`.
    """
    read: dict[str, str] = {}
    for text in texts:
        key, sign, value = text.partition("=")
        if not sign or not key:
            # It may be a token whose name was forgotten.
            raise SettingsError("not a key=value pair: there is no = in it", remedy="Write for instance lookback=90d.")
        read[key.strip()] = value
    return read
