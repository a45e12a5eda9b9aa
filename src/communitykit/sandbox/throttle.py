"""How a simulated platform counts requests: sliding windows per (budget, scope), and a record of who did not listen."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil, inf
from typing import Literal

from communitykit.connector.flow import Budget

_GRACE = 0.25
"""Seconds in which a request may still arrive that was sent before the refusal reached its sender."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A request that should not have been sent. `exceeded`: over the budget; `early`: before Retry-After had passed.

    `request` is what came; `closed_by` what the platform had refused `since`, to be asked again after `until`.
    """

    at: float
    kind: Literal["exceeded", "early"]
    budget: str
    scope: str
    request: str = ""
    closed_by: str = ""
    since: float = 0.0
    until: float = 0.0

    def __str__(self) -> str:
        """Say what came too early, or was too much, and where to look."""
        counted = f"budget {self.budget!r}" + (f" of scope {self.scope!r}" if self.scope else "")
        if self.kind == "exceeded":
            return f"{self.request} was more than {counted} allows: does its Request name that Cost, with its scope?"
        again = " again" if self.request == self.closed_by else ""
        return (
            f"{self.request} came{again} {self.until - self.at:.1f} s too early: {self.closed_by} had been told "
            f"{self.at - self.since:.1f} s before to wait {self.until - self.since:.0f} s, which closes {counted} for "
            "all that draw on it. Do both Requests name that Cost, with its scope, and does error_of leave the "
            "Retry-After to communitykit?"
        )


@dataclass(slots=True)
class _Count:
    passed: deque[float] = field(default_factory=deque)
    opened: list[float] = field(default_factory=list)
    closed_at: float = -inf
    closed_until: float = -inf
    closed_by: str = ""
    refused: set[str] = field(default_factory=set)


class Throttle:
    """Counts. `rate` multiplies every budget; inf lets everything pass. Times are monotonic seconds of the caller's."""

    def __init__(self, budgets: Mapping[str, Budget], *, rate: float = inf, joint: bool = False) -> None:
        """Start with nothing counted. `joint`: the budget that is used up closes the others of its scope, too."""
        self._budgets = budgets
        self._joint = joint
        self.rate = rate
        self.violations: list[Violation] = []
        self._counts: dict[tuple[str, str], _Count] = {}

    def take(self, budget: str, scope: str, now: float, *, request: str = "") -> int | None:
        """Count one request; give the whole seconds to wait when it is refused, None when it may pass.

        `request` tells whether a refused request itself comes again too early.
        """
        gate = self._gate(budget, scope)
        if now < gate.closed_until:
            if request in gate.refused or now - gate.closed_at > _GRACE:
                told = (request, gate.closed_by, gate.closed_at, gate.closed_until)
                self.violations.append(Violation(now, "early", budget, scope, *told))
            gate.refused.add(request)
            return max(1, ceil(gate.closed_until - now))
        count = self._counts.setdefault((budget, scope), _Count())
        declared = self._budgets.get(budget)
        if declared is None or self.rate == inf:
            count.opened.append(now)
            return None
        seconds = declared.seconds
        limit = declared.limit * self.rate
        if limit < 1:
            limit, seconds = 1, seconds / limit
        while count.passed and now - count.passed[0] >= seconds:
            count.passed.popleft()
        if len(count.passed) >= int(limit):
            self.violations.append(Violation(now, "exceeded", budget, scope, request))
            wait = max(1, ceil(count.passed[0] + seconds - now))
            self.close(budget, scope, now, wait, request=request)
            return wait
        count.passed.append(now)
        count.opened.append(now)
        return None

    def close(self, budget: str, scope: str, now: float, seconds: float, *, request: str = "") -> None:
        """Refuse everything of that scope for so many seconds, because it was just told to wait."""
        gate = self._gate(budget, scope)
        gate.closed_at, gate.closed_until, gate.closed_by, gate.refused = now, now + seconds, request, {request}

    def _gate(self, budget: str, scope: str) -> _Count:
        return self._counts.setdefault(("", scope) if self._joint else (budget, scope), _Count())

    def let_through(self) -> dict[tuple[str, str], list[float]]:
        """Give, by (budget, scope), when requests were let through."""
        return {key: list(count.opened) for key, count in self._counts.items() if count.opened}

    def used(self, budget: str, scope: str, *, since: float, until: float) -> float:
        """Return which part of a budget was used between two moments."""
        declared = self._budgets[budget]
        count = self._counts.get((budget, scope), _Count())
        allowed = declared.limit * self.rate * (until - since) / declared.seconds
        return sum(1 for moment in count.opened if since <= moment < until) / allowed
