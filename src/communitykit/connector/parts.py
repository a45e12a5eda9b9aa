"""The parts of a payload are translated one by one, so that an odd one costs itself alone. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from communitykit.connector.flow import Rejected
from communitykit.model.values import JSON

T = TypeVar("T")


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


def where_it_failed(error: Exception) -> str:
    """Say what failed and where in the translator, without any content."""
    import traceback  # noqa: PLC0415 # only needed when a translator failed

    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {frame.name}, line {frame.lineno}"
