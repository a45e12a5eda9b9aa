"""Which ids a store cannot hold, known without asking it: of a network that was not there when its writer came. Pure.

Platforms count upwards, and what is read of one place comes in order. So the ids that are told together lie close, and
mostly none of those that were told before lies among them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import groupby, repeat
from operator import itemgetter
from typing import Final

from communitykit.model import RECORD_TYPES
from communitykit.model.packed import PackedKind
from communitykit.model.values import Value

_PLACE, _ID = itemgetter(0), itemgetter(1)
_PLACED: Final = frozenset(kind for kind, model in RECORD_TYPES.items() if "community_id" in model.model_fields)
_MOST: Final = 20_000
"""Extents that are kept apart: about as many megabytes would be ten times that."""


class Extents:
    """From where to where the ids lie that were told of one kind, in the order of their text, place by place."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lows: list[str] = []
        self._highs: list[str] = []
        self._places: list[Value] = []

    def take(self, records: PackedKind) -> list[str]:
        """Note the ids of records; return those that may have been told before, the others cannot have been."""
        doubtful: list[str] = []
        for place, some in groupby(zip(_places_of(records), records.column("id"), strict=True), _PLACE):
            ids = list(map(_ID, some))
            if not self._note(min(ids), max(ids), place):
                doubtful += ids
        return doubtful

    def _note(self, low: str, high: str, place: Value) -> bool:
        """Note an extent; tell whether nothing that was noted before reaches into it."""
        first, last = bisect_left(self._highs, low), bisect_right(self._lows, high)
        is_apart = first == last
        # What lies beside it in the same place becomes one with it: nothing else is between them.
        if is_apart and first and self._places[first - 1] == place:
            first -= 1
        if is_apart and last < len(self._lows) and self._places[last] == place:
            last += 1
        if first < last:
            low, high = min(low, self._lows[first]), max(high, self._highs[last - 1])
        if first == last and len(self._lows) >= _MOST:  # too many to keep: with the next one it is one, which is safe
            first, last = max(first - 1, 0), max(last, 1)
            low, high = min(low, self._lows[first]), max(high, self._highs[last - 1])
        self._lows[first:last], self._highs[first:last], self._places[first:last] = [low], [high], [place]
        return is_apart


def _places_of(records: PackedKind) -> Iterable[Value]:
    """Return what tells the places of records: of what has one place the ids lie close. An act's begins its id, too."""
    if records.kind not in _PLACED:
        return repeat(None, len(records))
    places = records.column("community_id")
    return zip(records.column("kind"), places, strict=True) if records.kind == "event" else places
