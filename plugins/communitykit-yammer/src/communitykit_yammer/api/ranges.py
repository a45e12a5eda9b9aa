"""Whole numbers as the ranges that they fill: which ids, or which seconds, a source has handed on. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable


class Ranges:
    """Disjoint ranges of whole numbers, both ends in them, in ascending order; those that touch are one."""

    def __init__(self, pairs: Iterable[tuple[int, int]] = ()) -> None:
        """Hold these, whatever their order."""
        self._lows: list[int] = []
        self._highs: list[int] = []
        for low, high in pairs:
            self.add(low, high)

    def __bool__(self) -> bool:
        """Tell whether there is any number in them."""
        return bool(self._lows)

    def __contains__(self, number: int) -> bool:
        """Tell whether a number is in one of them."""
        at = bisect_right(self._lows, number) - 1
        return at >= 0 and number <= self._highs[at]

    @property
    def pairs(self) -> list[list[int]]:
        """List the first and the last number of each, as JSON."""
        return [[low, high] for low, high in zip(self._lows, self._highs, strict=True)]

    @property
    def top(self) -> int | None:
        """Return the highest number, None where there is none."""
        return self._highs[-1] if self._highs else None

    def add(self, low: int, high: int) -> None:
        """Fill the numbers from `low` to `high`; nothing where `high` is below."""
        if high < low:
            return
        first = bisect_left(self._highs, low - 1)
        last = bisect_right(self._lows, high + 1)
        if first < last:
            low, high = min(low, self._lows[first]), max(high, self._highs[last - 1])
        self._lows[first:last] = [low]
        self._highs[first:last] = [high]

    def below(self, number: int) -> int:
        """Return the highest number under `number` that is in none of them."""
        wanted = number - 1
        at = bisect_right(self._lows, wanted) - 1
        return self._lows[at] - 1 if at >= 0 and wanted <= self._highs[at] else wanted

    def above(self, number: int) -> int:
        """Return the lowest number from `number` on that is in none of them."""
        at = bisect_right(self._lows, number) - 1
        return self._highs[at] + 1 if at >= 0 and number <= self._highs[at] else number
