"""What a caller of `pull` gave, looked at before anything begins."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from os import PathLike

from communitykit.connector.declaration import Connector
from communitykit.connector.times import parse_length
from communitykit.doors.source import Source
from communitykit.errors import SettingsError, wrong_argument
from communitykit.model.values import Value


def sources_of(given: object) -> list[Source]:
    """Return what is to be read.

    Raises TypeError for what is no source, SettingsError where there is nothing.
    """
    chosen: list[Value] = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    for one in chosen:
        if not isinstance(getattr(one, "connector", None), Connector):
            how = f"connect({one!r})" if isinstance(one, str) else "connect(…) or read_archive(…)"
            raise TypeError(f"{one!r} is no source: give what {how} returns")
        if isinstance(one, type) or not all(callable(getattr(one, name, None)) for name in ("read", "stop", "reset")):
            what = f"{one!r} is a session for async code: give what connect(…) returns"
            raise TypeError(what if hasattr(one, "aclose") else f"{one!r} is no source: it has no read, stop and reset")
    if not chosen:
        raise SettingsError("there is nothing to read", remedy="Give a session of connect, or an opened archive.")
    return chosen


def refuse_others(*, to: object, progress: object, stop: object) -> None:
    """Raise TypeError for what is of another type."""
    if not isinstance(to, str | PathLike):
        raise wrong_argument("to", to, "the path of an activity store")
    if progress is not None and not isinstance(progress, bool) and not callable(progress):
        raise wrong_argument("progress", progress, "True, False, or a function that is called with each event")
    if stop is not None and not callable(getattr(stop, "is_set", None)):
        raise wrong_argument("stop", stop, "a threading.Event")


def seconds_of(max_time: object) -> float | None:
    """Return how many seconds a run may take, which a text such as `"2h"` and a timedelta say, too; None for no limit.

    Raises TypeError for what is none of these, SettingsError for a text that is no length and for less than nothing.
    """
    if isinstance(max_time, str):
        return parse_length(max_time).total_seconds()
    seconds = max_time.total_seconds() if isinstance(max_time, timedelta) else max_time
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise wrong_argument("max_time", max_time, 'a text as "2h", a timedelta or a number of seconds')
    if not seconds >= 0:  # nan is neither less nor more
        raise SettingsError(
            f"max_time is to be at least 0 seconds, not {max_time}", remedy="Leave it out for no limit."
        )
    return seconds
