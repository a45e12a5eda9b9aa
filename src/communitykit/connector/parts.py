"""The parts of a payload are translated one by one, so that an odd one costs itself alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from communitykit.connector.flow import Rejected

T = TypeVar("T")


def in_part(native: str | None, drafts: Iterable[T]) -> list[T | Rejected]:
    """Return the drafts of one part of a payload (a reply, a mention), or a Rejected that says why there are none.

    `native` is the platform's own id of the part, or of what it belongs to: what has it counts as seen.
    """
    try:
        return list(drafts)
    except Rejected as rejected:
        return [Rejected(rejected.reason, rejected.detail, native=rejected.native or native)]
    except Exception as error:  # noqa: BLE001 # a translator may fail in any way on odd data; one part never costs the rest
        return [Rejected("malformed", where_it_failed(error), native=native)]


def where_it_failed(error: Exception) -> str:
    """Say what failed and where in the translator, without any content."""
    import traceback  # noqa: PLC0415 # only needed when a translator failed

    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {frame.name}, line {frame.lineno}"
