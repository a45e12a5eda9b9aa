"""The files that hold an export's messages, one a day, and the window that is asked for. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from communitykit import ArchiveError
from communitykit.connector import JSON, Selection, as_mapping
from communitykit.connector.payload import each_object
from communitykit_slack.archive.parts import Part, is_day
from communitykit_slack.ids import is_ts, ts_key, ts_of

Key = tuple[int, int]


def messages_of(part: Part, name: str) -> tuple[list[JSON], str | None]:
    """Read a file of messages; return them, and what is wrong with it. An answer of the API that holds them is one."""
    try:
        items = part.json(name)
    except ArchiveError as error:
        return [], str(error)
    items = as_mapping(items).get("messages", items)
    if not isinstance(items, list):
        return [], f"{name} is not a list of messages"
    if items and not is_day(name) and not any("ts" in as_mapping(item) for item in items):
        return [], f"{name} holds no messages"
    return each_object(items, name), None


def key_of(item: object) -> Key | None:
    """Return a message's time as Slack sorts it; None where it has no readable one."""
    ts = as_mapping(item).get("ts")
    return ts_key(ts) if is_ts(ts) else None


def may_hold(name: str, selection: Selection) -> bool:
    """Tell whether a file can reach into the window: days are cut in Pacific time, so one more on each side."""
    day = _day_of(name)
    if day is None:
        return True
    if selection.since is not None and day < selection.since.date() - timedelta(days=1):
        return False
    return day <= selection.until.date() + timedelta(days=1)


def within(name: str, selection: Selection) -> Callable[[JSON], bool]:
    """Return the test for messages of a file: what has no readable time goes on, to become an Issue."""
    day = _day_of(name)
    if day is not None and selection.since is None and day < selection.until.date() - timedelta(days=2):
        return lambda _item: True
    low = ts_key(ts_of(selection.since)) if selection.since is not None else (0, 0)
    high = ts_key(ts_of(selection.until))
    return lambda item: (key := key_of(item)) is None or low <= key <= high


def _day_of(name: str) -> date | None:
    try:
        return date.fromisoformat(name.rsplit("/", 1)[-1].removesuffix(".json")) if is_day(name) else None
    except ValueError:
        return None
