"""The parts of a payload are translated one by one, so that an odd one costs itself alone. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

from communitykit.connector.flow import Rejected
from communitykit.model.values import JSON

T = TypeVar("T")
_NO_TIME = frozenset({"", "null", "none"})


def in_part(native: str | None, drafts: Iterable[T]) -> list[T | Rejected]:
    """Return the drafts of one part of a payload (a reply, a mention), or a Rejected that says why there are none.

    `native` is the platform's own id of the part, or of what it belongs to: what has it counts as seen.
    """
    try:
        return list(drafts)
    except Exception as error:  # noqa: BLE001 # a translator may fail in any way on odd data; one part never costs the rest
        return [as_rejected(native, error)]


def as_rejected(native: str | None, error: Exception) -> Rejected:
    """Return what is told of a part in place of its drafts, when translating it failed; `native` as in `in_part`."""
    if isinstance(error, Rejected):
        return Rejected(error.reason, error.detail, native=error.native or native)
    return Rejected("malformed", where_it_failed(error), native=native)


def is_understood(
    translate: Callable[[Any, Mapping[str, JSON]], Iterable[object]], item: object, context: Mapping[str, JSON]
) -> bool:
    """Tell whether a payload is translated with all its parts: what is not must not be remembered as handed on.

    A version, a count or a mark that a checkpoint keeps of it would keep a later run from asking for it again.
    """
    try:
        return not any(isinstance(draft, Rejected) for draft in translate(item, context))
    except Exception:  # noqa: BLE001 # as where it is translated: it becomes an Issue there
        return False


def unread_times(
    item: Mapping[str, Any], names: Iterable[str], parse: Callable[[object], datetime | None], native: str
) -> Iterator[Rejected]:
    """Yield a Rejected for each of a payload's times that is told and no time: what it is of is kept without it.

    Nothing, a number and a time that stands for none (the year 1) are no such.
    """
    for name in names:
        told = item.get(name)
        if not isinstance(told, str) or told.strip().lower() in _NO_TIME:
            continue
        if parse(told) is None and not _is_time(told):
            yield Rejected("no_time", f"{name} is no time that is understood", native=native)


def _is_time(text: str) -> bool:
    if text.strip().isdecimal():
        return True
    try:
        datetime.fromisoformat(text.strip())
    except ValueError:
        return False
    return True


def where_it_failed(error: Exception) -> str:
    """Say what failed and where in the translator, without any content."""
    import traceback  # noqa: PLC0415 # only needed when a translator failed

    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {frame.name}, line {frame.lineno}"
