from __future__ import annotations

import asyncio
import time

import httpx
import pytest

from communitykit.clock import Clock
from communitykit.sandbox import DEFAULT_NOW, Site, World, simulate
from communitykit_slack.sandbox import SlackPlatform


def test_sleeping_takes_exactly_as_long_and_no_time() -> None:
    async def main(clock: Clock) -> list[float]:
        async def nap(seconds: float) -> float:
            await clock.sleep_async(seconds)
            return clock.monotonic()

        return list(await asyncio.gather(nap(3600), nap(60), nap(0)))

    started = time.monotonic()
    woken, passed = simulate(main)
    assert woken == [3600.0, 60.0, 0.0]
    assert passed == 3600.0
    assert time.monotonic() - started < 5


def test_hours_of_limits_pass_at_once(world: World) -> None:
    async def main(clock: Clock) -> tuple[int, int]:
        site = Site(world, SlackPlatform(), rate=1, clock=clock)
        waited = 0
        transport = httpx.ASGITransport(app=site)
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
            answered = 0
            while answered < 100:
                answer = await client.get("/api/users.list", params={"token": site.token})
                if answer.status_code == 429:
                    waited += 1
                    await clock.sleep_async(int(answer.headers["retry-after"]))
                else:
                    answered += 1
        assert {violation.kind for violation in site.violations} == {"exceeded"}
        assert clock.now() > DEFAULT_NOW
        return answered, waited

    (answered, waited), passed = simulate(main)
    assert (answered, waited, passed) == (100, 4, 240.0)


def test_a_blocking_sleep_is_refused() -> None:
    async def main(clock: Clock) -> None:
        clock.sleep(1)

    with pytest.raises(RuntimeError, match="use the async driver"):
        simulate(main)
