"""Rate budgets: how long to wait before a request may go. The decisions are pure; the registry only guards them.

A budget of `limit` per `seconds` is kept as a log of the last `limit` sending times: a request may go once the oldest
of them is older than the window. So no window of that length ever holds more, bursts are used, and a busy budget is
used whole.
"""

from __future__ import annotations

import threading
from bisect import insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf

from communitykit.connector.flow import Budget, Cost

MARGIN = 0.005
"""Part of the window added to it, because requests do not take equally long to arrive."""


@dataclass(slots=True)
class Window:
    """What was sent against one budget and scope, and until when the platform closed it (monotonic seconds)."""

    sent: list[float] = field(default_factory=list)
    closed_until: float = 0.0


@dataclass(slots=True)
class Reservation:
    """A booked place: when it is (monotonic seconds), and what to take back if it is not used."""

    at: float
    booked: tuple[tuple[Window, int], ...] = ()


def scaled(budget: Budget, rate: float) -> Budget:
    """Multiply a budget by `rate`; below one unit per window, the window grows instead. Pure."""
    limit = budget.limit * rate
    if limit >= 1:
        return Budget(int(limit), budget.seconds)
    return Budget(1, budget.seconds / limit)


def wait_for(budget: Budget, window: Window, now: float, cost: int) -> float:
    """Return the seconds to wait from `now` until `cost` more units may be sent. Pure."""
    overflow = len(window.sent) + min(cost, budget.limit) - budget.limit
    if overflow <= 0:
        return 0.0
    return max(0.0, window.sent[overflow - 1] + budget.seconds * (1 + MARGIN) - now)


class Pace:
    """The budgets of a process, shared by all sources and plugins: one window per (host, budget, scope)."""

    def __init__(self) -> None:
        """Start with nothing sent."""
        self._windows: dict[tuple[str, str, str], Window] = {}
        self._lock = threading.Lock()

    def reserve(
        self, host: str, costs: Iterable[Cost], budgets: Mapping[str, Budget], *, now: float, rate: float
    ) -> Reservation:
        """Book the earliest place for a request in all of its budgets.

        The caller sleeps until then and asks `closed` once more: a Retry-After may have arrived meanwhile, then it
        gives the place back and books again.
        """
        with self._lock:
            wait = 0.0
            booked: list[tuple[Window, int]] = []
            for draw in costs:
                window = self._window(host, draw)
                wait = max(wait, window.closed_until - now)
                declared = budgets.get(draw.budget)
                if declared is not None and rate != inf:
                    budget = scaled(declared, rate)
                    wait = max(wait, wait_for(budget, window, now, draw.units))
                    booked.append((window, budget.limit))
                    for _ in range(min(draw.units, budget.limit)):
                        insort(window.sent, inf)
            for window, limit in booked:
                count = len(window.sent)
                window.sent[:] = sorted(now + wait if time == inf else time for time in window.sent)[
                    max(0, count - limit) :
                ]
            return Reservation(now + wait, tuple(booked))

    def give_back(self, place: Reservation) -> None:
        """Return a place that was not used."""
        with self._lock:
            for window, _ in place.booked:
                if place.at in window.sent:
                    window.sent.remove(place.at)

    def closed(self, host: str, costs: Iterable[Cost], *, now: float) -> bool:
        """Tell whether the platform's own Retry-After still closes one of the draws' scopes."""
        with self._lock:
            return any(self._window(host, draw).closed_until > now for draw in costs)

    def close(self, host: str, costs: Iterable[Cost], *, until: float) -> None:
        """Close exactly the scopes of these draws until then: the platform said so."""
        with self._lock:
            for draw in costs:
                window = self._window(host, draw)
                window.closed_until = max(window.closed_until, until)

    def _window(self, host: str, draw: Cost) -> Window:
        return self._windows.setdefault((host, draw.budget, draw.scope), Window())


PACE = Pace()
"""The process-wide registry."""
