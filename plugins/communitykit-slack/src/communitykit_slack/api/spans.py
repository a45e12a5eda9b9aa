"""Which stretches of a channel's history were handed on: disjoint spans `(low, high]` in microseconds. Pure.

Slack sorts a channel by `ts`, whose microseconds since 1970 are whole numbers; 0 is before every message.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]
"""After `low`, up to and including `high`."""


def union(spans: Iterable[Span]) -> list[Span]:
    """Return the spans sorted, with those joined that touch or overlap."""
    joined: list[Span] = []
    for low, high in sorted(span for span in spans if span[0] < span[1]):
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return joined


def within(spans: Iterable[Span], low: int, high: int) -> list[Span]:
    """Return the parts of disjoint spans that lie in `(low, high]`."""
    return union((max(low, one[0]), min(high, one[1])) for one in spans)


def holes(spans: Sequence[Span], low: int, high: int) -> list[Span]:
    """Return the parts of `(low, high]` that no span holds."""
    found: list[Span] = []
    for start, end in within(spans, low, high):
        found.append((low, start))
        low = end
    return union([*found, (low, high)])
