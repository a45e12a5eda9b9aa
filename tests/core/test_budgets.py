import asyncio
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from math import inf, nextafter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communitykit.clock import Clock
from communitykit.connector import Budget, Cost
from communitykit.connector.registry import registry
from communitykit.http.asgi import Message, Receive, Send
from communitykit.http.budgets import MARGIN, Pace, scaled
from communitykit.sandbox import Site, Throttle, World, simulate
from communitykit.testing import connect_async

DRAW = (Cost("read", "T1"),)


@given(limit=st.integers(1, 5), arrivals=st.lists(st.floats(0, 30), min_size=1, max_size=40))
def test_no_window_ever_holds_more_than_the_budget(limit: int, arrivals: list[float]) -> None:
    pace, budgets = Pace(), {"read": Budget(limit, 10)}
    sent = sorted(pace.reserve("host", DRAW, budgets, now=now, rate=1).at for now in sorted(arrivals))
    for index, time in enumerate(sent):
        assert sum(1 for other in sent[: index + 1] if other > time - 10) <= limit


def test_a_busy_budget_is_used_whole() -> None:
    pace, budgets = Pace(), {"read": Budget(50, 60)}
    places = [pace.reserve("host", DRAW, budgets, now=0, rate=1).at for _ in range(500)]
    assert places[:50] == [0] * 50
    assert max(places) <= 9 * 60 * (1 + MARGIN) + 1e-6


def test_retry_after_closes_exactly_its_scope() -> None:
    pace, budgets = Pace(), {"read": Budget(50, 60)}
    pace.close("host", DRAW, until=30)
    other = (Cost("read", "T2"),)
    assert pace.closed_for("host", DRAW, now=29.9)
    assert not pace.closed_for("host", DRAW, now=30)
    assert not pace.closed_for("host", other, now=0)
    assert pace.reserve("host", DRAW, budgets, now=0, rate=inf).at == 30
    assert pace.reserve("host", other, budgets, now=0, rate=1).at == 0


def test_what_rounding_leaves_of_a_wait_is_over() -> None:
    """Simulated time, which only sleeping moves, would stand still."""
    pace, budgets = Pace(), {"read": Budget(1, 10)}
    pace.ended(pace.reserve("host", DRAW, budgets, now=0, rate=1), now=0.05, well=True)
    place = pace.reserve("host", DRAW, budgets, now=1, rate=1)
    assert pace.not_yet(place, now=place.at - 0.1) == pytest.approx(0.1)
    assert pace.not_yet(place, now=nextafter(place.at, 0)) == 0


def test_a_place_given_back_can_be_taken_again() -> None:
    pace, budgets = Pace(), {"read": Budget(1, 10)}
    place = pace.reserve("host", DRAW, budgets, now=0, rate=1)
    pace.give_back(place)
    assert pace.reserve("host", DRAW, budgets, now=1, rate=1).at == 1


def test_a_request_that_draws_on_two_budgets_waits_for_both() -> None:
    pace, budgets = Pace(), {"read": Budget(1, 10), "all": Budget(1, 100)}
    both = (Cost("read"), Cost("all"))
    pace.reserve("host", both, budgets, now=0, rate=1)
    assert pace.reserve("host", both, budgets, now=0, rate=1).at >= 100


def test_rate_multiplies_and_below_one_stretches_the_window() -> None:
    assert scaled(Budget(50, 60), 2) == Budget(100, 60)
    assert scaled(Budget(1, 60), 0.5) == Budget(1, 120)


def arrivals(
    budget: Budget, late: Callable[[int], float], back: Callable[[int], float], *, workers: int
) -> list[float]:
    """Send ten windows' requests as the conductor does, side by side; return when each arrives at the platform.

    `late` and `back` are seconds on the way there and back, by the number of the request.
    """
    pace, budgets, numbers, arrived = Pace(), {"read": budget}, count(), list[float]()

    async def worker(clock: Clock) -> None:
        while (number := next(numbers)) < 10 * budget.limit:
            now = clock.monotonic()
            place = pace.reserve("host", DRAW, budgets, now=now, rate=1)
            wait = place.at - now
            while wait > 0:
                await clock.sleep_async(wait)
                wait = pace.not_yet(place, now=clock.monotonic())
            await clock.sleep_async(late(number))
            arrived.append(clock.monotonic())
            await clock.sleep_async(back(number))
            pace.ended(place, now=clock.monotonic(), well=True)

    async def main(clock: Clock) -> None:
        await asyncio.gather(*[worker(clock) for _ in range(workers)])

    simulate(main)
    return sorted(arrived)


def most_within(seconds: float, times: list[float]) -> int:
    return max(index - bisect_right(times, one - seconds) + 1 for index, one in enumerate(times))


@pytest.mark.parametrize("workers", [1, 8, 30])
@pytest.mark.parametrize("seconds", [1, 60])
def test_the_platform_never_counts_more_than_the_budget_however_late_requests_arrive(
    seconds: float, workers: int
) -> None:
    """The first open connections and take longest; later ones are late by a twenty-fifth of the window at most."""
    random = Random(3)  # noqa: S311 # the same each time
    times = arrivals(
        Budget(10, seconds),
        lambda number: (
            0.01 * seconds + (0.3 * seconds if number < min(workers, 10) else 0.04 * seconds * random.random())
        ),
        lambda _: 0.01 * seconds,
        workers=workers,
    )
    assert most_within(seconds, times) <= 10


def test_a_slow_platform_costs_a_twentieth_at_most() -> None:
    random = Random(4)  # noqa: S311 # the same each time
    jittered = arrivals(Budget(20, 1), lambda _: 0.02, lambda _: 0.1 + random.random(), workers=80)
    even = arrivals(Budget(20, 1), lambda _: 0.02, lambda _: 0.5, workers=80)
    for times, part in ((jittered, 0.94), (even, 0.99)):
        later = [one for one in times if one > times[20]]  # the first window waits for the connections, once
        assert len(later) / (later[-1] - later[0]) > 20 * part


def test_a_refusal_is_no_quick_answer() -> None:
    pace, budgets = Pace(), {"read": Budget(1, 10)}
    for now, took, well in ((0, 1, True), (12, 0, False), (24, 1, True)):
        place = pace.reserve("host", DRAW, budgets, now=now, rate=1)
        assert place.at == now
        pace.ended(place, now=now + took, well=well)
    assert pace.reserve("host", DRAW, budgets, now=25, rate=1).at == 24 + 10 * (1 + MARGIN)


def test_a_run_whose_requests_arrive_late_is_never_refused() -> None:
    """By the platform's own count: the first opens a connection for 0.3 s, later ones are late by 40 ms at most."""
    random, numbers = Random(5), count()  # noqa: S311 # the same each time
    world = World(seed=5, size="tiny", platforms=("yammer",))
    sites: list[Site] = []

    async def main(clock: Clock) -> None:
        platform = registry().get("yammer").simulated()
        site = Site(world, platform, rate=1.0, clock=replace(clock, now=lambda: world.now))
        budgets = dict.fromkeys(platform.budgets, Budget(3, 1))
        site.throttle = Throttle(budgets, rate=1.0)
        sites.append(site)

        async def late(scope: Message, receive: Receive, send: Send) -> None:
            await clock.sleep_async(0.3 if next(numbers) < 1 else 0.04 * random.random())
            await site(scope, receive, send)

        declared = replace(registry().get("yammer"), budgets=budgets)
        async with connect_async(declared, site.settings, clock=site.clock, app=late) as session:
            assert [one async for one in session.records()]

    simulate(main)
    assert sites[0].count() > 20
    assert [str(one) for one in sites[0].violations] == []
