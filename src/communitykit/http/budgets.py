"""Rate budgets: how long to wait before a request may go. The decisions are pure; the registry only guards them.

A budget of `limit` per `seconds` is kept as a log of the last `limit` requests: one may go once the oldest of them is
older than the window. So no window of that length ever holds more, bursts are used, and a busy budget is used whole.

The platform counts when a request arrives, not when it is sent. What an answer took longer than the quickest one, its
request may have been on its way: its place is free so much later, though by no more than a small part of the window. At
most that is lost where it was the platform that was slow.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf

from communitykit.connector.flow import Budget, Cost

MARGIN = 0.005
"""Part of the window added to it: what little requests differ in on their way."""
ON_ITS_WAY = 0.05
"""Part of the window by which a place may be free later, because its request may have been on its way for so long."""

INSTANT = 1e-6
"""Seconds that no clock is slept by: a wait this short is over, or what is left of rounding would be waited for without
end by a clock that moves only when it is slept by, as that of simulated time."""


@dataclass(slots=True, eq=False)
class Sent:
    """A request that was sent, or is booked to be (monotonic seconds); `took` is how long it was until its answer came.

    What was sent before any answer came opened connections, and may have been on its way for all of that.
    """

    at: float
    opening: bool = False
    took: float | None = None

    def arrived(self, now: float, quickest: float, seconds: float) -> float:
        """Return when the platform may have counted it, at the latest."""
        took = self.took if self.took is not None else now - self.at
        late, most = (took, seconds) if self.opening else (took - quickest, seconds * ON_ITS_WAY)
        return self.at + min(max(0.0, late), most)


@dataclass(slots=True)
class Window:
    """What was sent against one budget and scope, and until when the platform closed it (monotonic seconds)."""

    sent: deque[Sent] = field(default_factory=deque)
    """In order, a unit each; what was booked for later stands at its end, so that nothing is looked for from the front.
    """
    closed_until: float = 0.0

    def book(self, one: Sent, units: int, limit: int) -> None:
        """Note units of a request, and forget what a window of `limit` units has no use for."""
        later = self._after(one.at)
        self.sent.extend([one] * units)
        self.sent.extend(later)
        while len(self.sent) > limit:
            self.sent.popleft()

    def take_back(self, one: Sent, units: int) -> None:
        """Forget units of a request that was not sent."""
        later: list[Sent] = []
        while self.sent and self.sent[-1] is not one:
            later.append(self.sent.pop())
        while units and self.sent and self.sent[-1] is one:
            self.sent.pop()
            units -= 1
        self.sent.extend(later[::-1])

    def _after(self, at: float) -> list[Sent]:
        """Take out what is booked for later than that: at most what waits at this moment."""
        later: list[Sent] = []
        while self.sent and self.sent[-1].at > at:
            later.append(self.sent.pop())
        return later[::-1]


@dataclass(slots=True)
class Place:
    """The units that a request takes of one window, and the request whose place it takes, if it takes one."""

    window: Window
    units: int
    budget: Budget
    before: Sent | None

    def free(self, now: float, quickest: float) -> float:
        """Return when it is free: now, where it is nobody's, else a window after the other request arrived."""
        if self.before is None:
            return now
        return self.before.arrived(now, quickest, self.budget.seconds) + self.budget.seconds * (1 + MARGIN)


@dataclass(slots=True)
class Reservation:
    """A booked place: the request as booked, and where, to take it back if it is not used."""

    request: Sent
    host: str = ""
    booked: tuple[Place, ...] = ()

    @property
    def at(self) -> float:
        """When it is (monotonic seconds)."""
        return self.request.at


def scaled(budget: Budget, rate: float) -> Budget:
    """Multiply a budget by `rate`; below one unit per window, the window grows instead. Pure."""
    limit = budget.limit * rate
    if limit >= 1:
        return Budget(int(limit), budget.seconds)
    return Budget(1, budget.seconds / limit)


def taken(budget: Budget, window: Window, cost: int) -> Sent | None:
    """Return the request whose place the last of `cost` more units takes; None where there is room beside it. Pure."""
    overflow = len(window.sent) + min(cost, budget.limit) - budget.limit
    return window.sent[overflow - 1] if overflow > 0 else None


class Pace:
    """The budgets of a process, shared by all sources and plugins: one window per (host, budget, scope)."""

    def __init__(self) -> None:
        """Start with nothing sent."""
        self._windows: dict[tuple[str, str, str], Window] = {}
        self._quickest: dict[str, float] = {}
        """Seconds of each host's quickest answer."""
        self._lock = threading.Lock()

    def reserve(
        self, host: str, costs: Iterable[Cost], budgets: Mapping[str, Budget], *, now: float, rate: float
    ) -> Reservation:
        """Book the earliest place for a request in all of its budgets.

        The caller sleeps until then and asks `closed_for` once more: a Retry-After may have arrived meanwhile, then it
        gives the place back and books again.
        """
        with self._lock:
            at = now
            drawn: list[Place] = []
            quickest = self._quickest.get(host, inf)
            for cost in costs:
                window = self._window(host, cost)
                at = max(at, window.closed_until)
                declared = budgets.get(cost.budget)
                if declared is not None and rate != inf:
                    budget = scaled(declared, rate)
                    before = taken(budget, window, cost.units)
                    drawn.append(Place(window, min(cost.units, budget.limit), budget, before))
                    at = max(at, drawn[-1].free(now, quickest))
            request = Sent(at, opening=quickest == inf)
            for place in drawn:
                place.window.book(request, place.units, place.budget.limit)
            return Reservation(request, host, tuple(drawn))

    def not_yet(self, place: Reservation, *, now: float) -> float:
        """Return for how many more seconds what was learnt since the booking holds the place up, and move it; 0: go."""
        with self._lock:
            quickest = self._quickest.get(place.host, inf)
            place.request.opening = quickest == inf
            place.request.at = max(now, *(one.free(now, quickest) for one in place.booked), now)
            wait = place.request.at - now
            return wait if wait > INSTANT else 0.0

    def ended(self, place: Reservation, *, now: float, well: bool) -> None:
        """Note when a request was answered, or failed: how long that took tells when it can have arrived."""
        with self._lock:
            place.request.took = now - place.request.at
            if well:
                self._quickest[place.host] = min(self._quickest.get(place.host, inf), place.request.took)

    def give_back(self, place: Reservation) -> None:
        """Return a place that was not used."""
        with self._lock:
            for one in place.booked:
                one.window.take_back(place.request, one.units)

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
