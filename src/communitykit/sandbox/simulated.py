"""Simulated time: an event loop whose clock jumps to the next timer whenever nothing is ready.

So an hour of a platform's rate limits passes in a moment, and exactly: a sleep of sixty seconds takes sixty seconds of
this clock. In process only, since a real socket would not know of it.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

from communitykit.clock import Clock
from communitykit.model.values import JSON
from communitykit.sandbox.world import DEFAULT_NOW

T = TypeVar("T")


class _Jumping(selectors.DefaultSelector):  # type: ignore[misc, unused-ignore] # which selector it is depends on the system
    """A selector that does not wait: it lets the clock jump instead."""

    def __init__(self) -> None:
        super().__init__()
        self.jumped = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:  # nothing is timed: only another thread can wake us
            return super().select(None)
        self.jumped += timeout
        return ready


class SimulatedLoop(asyncio.SelectorEventLoop):
    """The event loop; `time()` starts at zero."""

    def __init__(self) -> None:
        """Start at zero."""
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Return the simulated seconds."""
        return self._jumping.jumped

    def clock(self, start: datetime = DEFAULT_NOW) -> Clock:
        """Return a Clock that follows this loop; it can only be slept on asynchronously."""
        return Clock(
            now=lambda: start + timedelta(seconds=self.time()),
            monotonic=self.time,
            sleep=_refuse,
            sleep_async=asyncio.sleep,
        )


def simulate(main: Callable[[Clock], Awaitable[T]], *, start: datetime = DEFAULT_NOW) -> tuple[T, float]:
    """Run `main(clock)` in simulated time; give what it returned and how many seconds passed."""
    loop = SimulatedLoop()
    try:
        asyncio.set_event_loop(loop)
        result = loop.run_until_complete(_await(main, loop.clock(start)))
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        asyncio.set_event_loop(None)
        loop.close()
    return result, loop.time()


async def _await(main: Callable[[Clock], Awaitable[T]], clock: Clock) -> T:
    return await main(clock)


def _refuse(seconds: float) -> JSON:
    raise RuntimeError(f"a blocking sleep of {seconds} s would stop simulated time: use the async driver")
