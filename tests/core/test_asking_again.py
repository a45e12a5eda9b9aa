"""Lists that begin anew, requests that wait for what another answer said, and what settings and grants they share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from communitykit import CursorError
from communitykit.clock import Clock
from communitykit.connector import (
    Budget,
    Capabilities,
    Connector,
    Cost,
    Listing,
    Request,
    Response,
    Settings,
    cursor_pager,
)
from communitykit.connector.oauth import client_credentials
from communitykit.connector.odata import odata_batch
from communitykit.connector.settings import Lookback, lookback_length
from communitykit.http.budgets import Pace
from communitykit.http.conductor import Conductor
from communitykit.http.operations import Meter, Send, Sleep

NOW = datetime(2026, 3, 2, tzinfo=UTC)
PAGER = cursor_pager(("next",))


class Reach(Settings):
    """Settings with a look-back."""

    lookback: Lookback = timedelta(days=30)


def walked(listing: Listing, answers: list[Any]) -> tuple[list[Any], list[Request]]:
    """Walk a list; answers are data, or errors to raise."""
    pages, asked = [], []
    while True:
        flow = listing.page()
        try:
            request = next(flow)
            asked.append(request)
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                flow.throw(answer)
            else:
                flow.send(Response(request, 200, {}, answer, NOW))
        except StopIteration as done:
            if done.value is None:
                return pages, asked
            pages.append(done.value)


def test_a_list_begins_anew_once_when_its_cursor_expired() -> None:
    listing = Listing(Request("items"), PAGER)
    first, last = {"items": [1], "next": "a"}, {"items": [2]}
    pages, asked = walked(listing, [first, CursorError("expired"), first, last])
    assert [one.get("items") for one in pages] == [[1], None, [1], [2]]
    assert [dict(one.params) for one in asked] == [{}, {"cursor": "a"}, {}, {"cursor": "a"}]
    assert listing.problem is None


def test_a_list_that_expires_twice_or_turns_in_circles_says_so() -> None:
    again = Listing(Request("items"), PAGER)
    walked(again, [{"next": "a"}, CursorError("expired"), {"next": "a"}, CursorError("expired for good")])
    assert again.problem is not None
    assert "for good" in again.problem
    circle = Listing(Request("items"), PAGER)
    pages, _ = walked(circle, [{"next": "a"}, {"items": [2], "next": "a"}])
    assert pages[-1]["items"] == [2]
    assert circle.problem is not None
    assert "same cursor twice" in circle.problem


def test_an_empty_page_that_names_itself_is_the_end() -> None:
    listing = Listing(Request("items"), PAGER)
    pages, asked = walked(listing, [{"items": [1], "next": "a"}, {"items": [], "next": "a"}])
    assert len(pages) == len(asked) == 2
    assert listing.problem is None


def test_the_same_page_under_ever_new_cursors_is_a_circle() -> None:
    listing = Listing(Request("items"), PAGER)
    same = {"items": [{"id": 1, "seen": 5}, {"id": 2}]}
    pages, _ = walked(listing, [{**same, "next": str(number)} for number in range(3000)])
    assert len(pages) == 4
    assert listing.problem is not None
    assert "ever new cursors" in listing.problem


def test_pages_that_bring_something_go_on_however_many_there_are_and_empty_ones_among_them() -> None:
    listing = Listing(Request("items"), PAGER)
    told = [{"items": [{"id": number}] if number % 90 == 0 else [], "next": str(number)} for number in range(300)]
    pages, _ = walked(listing, [*told, {"items": []}])
    assert len(pages) == 301
    assert listing.problem is None
    endless = Listing(Request("items"), PAGER)
    pages, _ = walked(endless, [{"items": [], "next": str(number)} for number in range(3000)])
    assert len(pages) < 200
    assert endless.problem is not None


@pytest.mark.parametrize(
    ("given", "length"),
    [("30d", timedelta(days=30)), (" 12 h", timedelta(hours=12)), ("2w", timedelta(weeks=2)), ("all", None),
     (timedelta(days=1), timedelta(days=1))],
)  # fmt: skip
def test_look_backs(given: Any, length: timedelta | None) -> None:
    assert lookback_length(Reach(lookback=given).lookback) == length


def test_what_is_no_look_back_is_refused() -> None:
    with pytest.raises(ValidationError):
        Reach(lookback="soon")


def test_an_assertion_stands_in_place_of_a_secret() -> None:
    flow = client_credentials("https://login.example/token", client_id="c", assertion="a.b.c", now=NOW, platform="x")
    form = next(flow).form or {}
    assert form["client_assertion"] == "a.b.c"
    assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    assert "client_secret" not in form


def test_a_batch_takes_what_its_parts_take_added_up() -> None:
    parts = [Request(f"t/{n}", costs=(Cost("list"), Cost("object", str(n % 2)))) for n in range(4)]
    assert set(odata_batch(parts).costs) == {Cost("list", "", 4), Cost("object", "0", 2), Cost("object", "1", 2)}


@pytest.mark.parametrize("costs", [(Cost("list"),), ()])
def test_a_request_waits_as_another_answer_told(costs: tuple[Cost, ...]) -> None:
    connector = Connector(
        name="x", title="X", version="1", settings=Settings, capabilities=Capabilities(), translators={},
        base_url="https://x.example/", budgets={"list": Budget(10, 1)},
    )  # fmt: skip
    clock = Clock(now=lambda: NOW, monotonic=lambda: 100.0)
    conductor = Conductor(connector, Settings(), clock=clock, pace=Pace())
    operations = conductor.send(Request("items", costs=costs, after=7.0, authorized=False), Meter())
    waited = next(operations)
    assert isinstance(waited, Sleep)
    assert waited.seconds == pytest.approx(7.0)
    at_once = conductor.send(Request("items", authorized=False), Meter())
    assert isinstance(next(at_once), Send)
