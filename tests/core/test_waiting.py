"""How long a platform may make a run wait: every way to say it, and none that hangs or breaks a run."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communitykit import CommunityKitError, RateLimitedError, Session, pull
from communitykit.clock import Clock
from communitykit.connector import Budget, Connector, Cost, Request, Response
from communitykit.connector.waiting import A_YEAR, retry_after
from communitykit.http.budgets import Pace
from communitykit.http.conductor import Conductor
from communitykit.http.operations import Answer, Meter, Operation, Send, Sleep
from communitykit.reading.slices import Closed
from communitykit.sandbox import World, parse_fault
from communitykit.testing.reading import read
from communitykit_slack import SLACK

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def answered(text: str) -> Response:
    return Response(Request("x"), 429, {"retry-after": text}, None, NOW)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7), (" 7 ", 7), ("1.5", 1.5), ("0", 0), ("-5", 0), ("1e2", 100), ("1e12", A_YEAR), ("inf", A_YEAR),
        ("-Infinity", 0), ("9" * 400, A_YEAR),
        ("Thu, 01 Jan 2026 00:01:00 GMT", 60), ("Thursday, 01-Jan-26 00:01:00 GMT", 60),
        ("Thu Jan  1 00:01:00 2026", 60), ("Thu, 01 Jan 2026 00:01:00 -0000", 60),
        ("Thu, 01 Jan 2026 01:01:00 +0100", 60), ("Wed, 01 Jan 1997 00:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", A_YEAR),
        ("nan", None), ("", None), ("soon", None), ("Thu, 99 Jan 2026 00:01:00 GMT", None), ("7, 8", None),
        ("Thu, 01 Jan 99999 00:01:00 GMT", None), ("Thu, 01 Jan 2026 00:01:00 +9999", None),
    ],
)  # fmt: skip
def test_every_way_to_say_how_long(text: str, seconds: float | None) -> None:
    assert retry_after(answered(text)) == seconds


@given(st.text(max_size=40) | st.floats().map(str) | st.datetimes().map(lambda moment: moment.ctime()))
def test_whatever_stands_there_is_a_bounded_wait_or_none(text: str) -> None:
    seconds = retry_after(answered(text))
    assert seconds is None or 0 <= seconds <= A_YEAR


def made(little: Callable[..., Connector], *, max_time: float | None = None, **changes: Any) -> Conductor:
    connector = little(**changes)
    clock = Clock(now=lambda: NOW, monotonic=lambda: 100.0)
    conductor = Conductor(connector, connector.settings(base_url="https://x.example"), clock=clock, pace=Pace())
    conductor.begin(max_time)
    return conductor


def refused(conductor: Conductor, request: Request, header: str, times: int = 1) -> Operation | CommunityKitError:
    """Send a request that is refused so often, with that header; return the operation after it, or the error."""
    operations = conductor.send(replace(request, authorized=False), Meter())
    try:
        operation = next(operations)
        for _ in range(times):
            while not isinstance(operation, Send):
                operation = next(operations)
            operation = operations.send(Answer(429, "https://x.example/x", {"retry-after": header}, b"{}"))
    except CommunityKitError as error:
        return error
    return operation


@pytest.mark.parametrize("costs", [(), (Cost("notes", "net"),)])
@pytest.mark.parametrize("header", ["inf", "1e12", "86400", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_wait_of_a_day_or_more_ends_the_request_at_once_and_says_until_when(
    little: Callable[..., Connector], header: str, costs: tuple[Cost, ...]
) -> None:
    conductor = made(little)
    error = refused(conductor, Request("x", costs=costs, subject="room 1"), header)
    assert isinstance(error, RateLimitedError)
    assert "little: room 1: the platform asks to wait until " in str(error)
    if costs:  # who draws on the same budget does not even ask, and does not wait either
        other = refused(conductor, Request("y", costs=costs), header, times=0)
        operations = conductor.send(Request("y", costs=costs, authorized=False), Meter())
        with pytest.raises(RateLimitedError, match="until 2026-01-02 00:00 UTC"):
            next(operations)
        assert isinstance(other, RateLimitedError)


def test_a_wait_beyond_the_end_of_the_run_is_not_begun(little: Callable[..., Connector]) -> None:
    waiting = refused(made(little, max_time=100), Request("x"), "99")
    assert isinstance(waiting, Sleep)
    assert waiting.seconds == 99
    error = refused(made(little, max_time=100), Request("x"), "100")
    told = "until 2026-01-01 00:01:40 UTC, 100 s, which is longer than the 100 s that are left of `max_time`"
    assert told in str(error)
    told_by_a_part = made(little, max_time=100).send(Request("x", after=3600, authorized=False), Meter())
    with pytest.raises(RateLimitedError, match="until 2026-01-01 01:00 UTC, 3,600 s, which"):
        next(told_by_a_part)


def test_a_platform_that_says_0_for_ever_is_asked_ever_more_slowly(little: Callable[..., Connector]) -> None:
    slow = refused(made(little), Request("x"), "0", times=12)
    assert isinstance(slow, Sleep)
    assert slow.seconds >= 30


def test_the_header_is_read_whatever_error_the_connector_makes_of_the_answer(
    little: Callable[..., Connector],
) -> None:
    def error_of(response: Response) -> CommunityKitError:
        return RateLimitedError("wait", retry_after=inf if response.status == 429 else None)

    waiting = refused(made(little, error_of=error_of), Request("x"), "Thu Jan  1 00:01:00 2026")
    assert isinstance(waiting, Sleep)
    assert waiting.seconds == 60
    error = refused(made(little, error_of=error_of), Request("x"), "soon")  # what the connector found is bounded, too
    assert "more than a year away" in str(error)


def test_a_slice_that_would_wait_too_long_is_closed_with_a_gap_and_the_others_are_read(
    platform: Any, little: Callable[..., Connector], tmp_path: Path
) -> None:
    note = {"id": 1, "by": "ann", "text": "hello", "at": "2026-01-01T00:00:00Z"}
    platform.answers["/rooms"] = (200, {}, b'["a", "b"]')
    platform.answers["/notes/a"] = (503, {"retry-after": "7200"}, b"{}")
    body = f'{{"notes": [{str(note).replace(chr(39), chr(34))}]}}'.encode()
    platform.answers["/notes/b"] = (200, {}, body)
    connector = little()
    with Session(connector, Conductor(connector, connector.settings(base_url=platform.url), pace=Pace())) as session:
        result = pull(session, to=tmp_path / "a.duckdb", max_time=3600)
    told = {one.slice: one for one in result.coverage}
    assert told["little:net:notes/b"].status == "complete"
    assert told["little:net:notes/a"].status == "partial"
    until = datetime.now(UTC) + timedelta(hours=2)
    assert f"until {until:%Y-%m-%d}" in (told["little:net:notes/a"].reason or "")
    assert not result.interrupted


def test_a_place_given_back_gives_all_its_units_back() -> None:
    pace, budgets = Pace(), {"read": Budget(10, 60)}
    place = pace.reserve("host", (Cost("read", units=10),), budgets, now=0, rate=1)
    pace.give_back(place)
    assert pace.reserve("host", (Cost("read", units=10),), budgets, now=1, rate=1).at == 1


def test_what_is_booked_for_later_takes_nothing_from_now() -> None:
    pace, budgets = Pace(), {"read": Budget(2, 10), "slow": Budget(1, 1000)}
    both = (Cost("read"), Cost("slow"))
    first = pace.reserve("host", both, budgets, now=0, rate=1)
    pace.ended(first, now=1, well=True)
    late = pace.reserve("host", both, budgets, now=1, rate=1).at
    assert late > 1000
    assert pace.reserve("host", (Cost("read"),), budgets, now=20, rate=1).at == pytest.approx(20)


def seconds_a_request(limit: int) -> float:
    """Return what booking takes in a window that is full."""
    pace, budgets, costs = Pace(), {"read": Budget(limit, 60)}, (Cost("read"),)
    for number in range(limit):
        pace.reserve("host", costs, budgets, now=number / limit, rate=1)
    best = inf
    for _ in range(5):
        started = time.perf_counter()
        for _ in range(200):
            pace.reserve("host", costs, budgets, now=100.0, rate=1)
        best = min(best, (time.perf_counter() - started) / 200)
    return best


def test_book_keeping_costs_the_same_whatever_the_window_holds() -> None:
    assert seconds_a_request(50_000) < 5 * seconds_a_request(60)
    assert seconds_a_request(50_000) < 0.001


def test_each_request_that_a_limit_sends_again_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """At the level of `-v`: a platform's limit is the commonest reason for a slow night."""
    world = World(seed=1, size="tiny", platforms=("slack",))
    with caplog.at_level(logging.INFO, logger="communitykit"):
        run = read(SLACK, world, faults=[parse_fault("limited=0.3")])
    retries = sum(one.meter.retries for one in run.events if isinstance(one, Closed))
    told = [one for one in caplog.records if getattr(one, "error", None) == "RateLimitedError"]
    assert len(told) == retries > 5
