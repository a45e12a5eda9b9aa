"""Rate budgets: how long to wait before a request may go. The decisions are pure; the registry only guards them.

A budget of `limit` per `seconds` is kept as a log of the last `limit` sending times: a request may go once the oldest
of them is older than the window. So no window of that length ever holds more, bursts are used, and a busy budget is
used whole.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf

from communitykit.connector.flow import Budget, Cost

MARGIN = 0.005
"""Part of the window added to it, because requests do not take equally long to arrive."""


@dataclass(slots=True)
class Window:
    """What was sent against one budget and scope, and until when the platform closed it (monotonic seconds)."""

    sent: deque[float] = field(default_factory=deque)
    """In order; what was booked for later stands at its end, so that nothing is ever looked for from the front."""
    closed_until: float = 0.0

    def book(self, at: float, units: int, limit: int) -> None:
        """Note units sent at that time, and forget what a window of `limit` units has no use for."""
        later = self._after(at)
        self.sent.extend([at] * units)
        self.sent.extend(later)
        while len(self.sent) > limit:
            self.sent.popleft()

    def take_back(self, at: float, units: int) -> None:
        """Forget units that were booked for that time."""
        later = self._after(at)
        while units and self.sent and self.sent[-1] == at:
            self.sent.pop()
            units -= 1
        self.sent.extend(later)

    def _after(self, at: float) -> list[float]:
        """Take out what is booked for later than that: at most what waits at this moment."""
        later: list[float] = []
        while self.sent and self.sent[-1] > at:
            later.append(self.sent.pop())
        return later[::-1]


@dataclass(slots=True)
class Reservation:
    """A booked place: when it is (monotonic seconds), and what to take back if it is not used."""

    at: float
    booked: tuple[tuple[Window, int], ...] = ()
    """By window, the units."""


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

        The caller sleeps until then and asks `closed_for` once more: a Retry-After may have arrived meanwhile, then it
        gives the place back and books again.
        """
        with self._lock:
            wait = 0.0
            drawn: list[tuple[Window, int, int]] = []
            for cost in costs:
                window = self._window(host, cost)
                wait = max(wait, window.closed_until - now)
                declared = budgets.get(cost.budget)
                if declared is not None and rate != inf:
                    budget = scaled(declared, rate)
                    wait = max(wait, wait_for(budget, window, now, cost.units))
                    drawn.append((window, min(cost.units, budget.limit), budget.limit))
            for window, units, limit in drawn:
                window.book(now + wait, units, limit)
            return Reservation(now + wait, tuple((window, units) for window, units, _ in drawn))

    def give_back(self, place: Reservation) -> None:
        """Return a place that was not used."""
        with self._lock:
            for window, units in place.booked:
                window.take_back(place.at, units)

    def closed_for(self, host: str, costs: Iterable[Cost], *, now: float) -> float:
        """Return for how many more seconds the platform's own Retry-After closes one of the scopes; 0 for none."""
        with self._lock:
            return max(0.0, max((self._window(host, cost).closed_until - now for cost in costs), default=0.0))

    def close(self, host: str, costs: Iterable[Cost], *, until: float) -> None:
        """Close exactly the scopes of these costs until then: the platform said so."""
        with self._lock:
            for cost in costs:
                window = self._window(host, cost)
                window.closed_until = max(window.closed_until, until)

    def _window(self, host: str, cost: Cost) -> Window:
        return self._windows.setdefault((host, cost.budget, cost.scope), Window())


PACE = Pace()
"""The process-wide registry."""
