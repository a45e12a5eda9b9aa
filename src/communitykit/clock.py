"""The only source of time. Tests and simulations hand in their own."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def _utc_now() -> datetime:
    return datetime.now(UTC)


async def _sleep_async(seconds: float) -> None:
    import asyncio  # noqa: PLC0415 # imported only when used: it takes a third of the whole import

    await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Clock:
    """What time it is, and how to let it pass.

    `now` gives aware UTC datetimes; `monotonic` gives seconds from an arbitrary start and never runs backwards (pacing
    and time-outs use it); `sleep` and `sleep_async` wait for a number of seconds.
    """

    now: Callable[[], datetime] = _utc_now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    sleep_async: Callable[[float], Awaitable[None]] = _sleep_async


SYSTEM_CLOCK = Clock()
