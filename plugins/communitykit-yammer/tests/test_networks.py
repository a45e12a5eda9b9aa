"""Feeds of a whole network: the company's, those of simulated companies, and odd answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from test_feed import estimate, message, read, scope, server, updates

from communitykit import ProtocolError
from communitykit.connector import Slice, Swept
from communitykit.sandbox import World, project
from communitykit.testing import drive
from communitykit.testing.reading import Kept
from communitykit.testing.reading import read as simulated
from communitykit_yammer import YAMMER
from communitykit_yammer.sandbox import YammerPlatform


def test_the_company_feed_gives_what_stands_in_no_group() -> None:
    """Storylines and All Company; what groups hold is read from the groups."""
    story = {**message(3), "group_id": None, "thread_id": 1003}
    reply = {**message(4), "group_id": None, "thread_id": 900, "replied_to_id": 900}
    legacy = {key: value for key, value in message(5).items() if key != "group_id"}
    starter = {"type": "message", "id": 900, "sender_id": 77, "group_id": None, "thread_id": 900}
    page = {"messages": [legacy, reply, story, message(1)], "references": [starter], "meta": {}}
    slice_ = Slice("messages/company", "1", ("post", "event"), label="company feed", params={"feed": True})
    pages = [page, {**page, "messages": []}]
    driven = drive(read(scope(company_feed=True), slice_, None), lambda _: pages.pop(0))
    assert {one["id"] for one in driven.items("message")} == {1003, 1004, 1005}
    assert [request.params.get("older_than") for request in driven.requests] == [None, 1001]
    assert [one["id"] for one in driven.items("message_reference")] == [900]
    (context,) = {
        str(step.context["starters"]) for step in driven.steps if getattr(step, "kind", "") == "message_reference"
    }
    assert "77" in context
    assert not [step for step in driven.steps if isinstance(step, Swept)]


@pytest.mark.slow
def test_a_run_of_the_whole_network_under_every_lie() -> None:
    """Thin pages, flags that are false too early, lists of likers that are cut: the truth all the same."""
    world = World(seed=9, size="small", platforms=("yammer",))
    run = simulated(YAMMER, world, options={"thin": True, "cut": 2}, settings={"reactions": "full"})
    assert run.left_out == []
    store = Kept()
    store.take(run.events, world.now)
    assert project(world, YAMMER.capabilities, YammerPlatform()).compare(store.current()) == []
    listed = simulated(YAMMER, world, options={"cut": 2})
    assert listed.requests < run.requests
    cut = [one for one in listed.records if one.record == "post" and one.counts and (one.counts.reacted or 0) > 2]
    assert cut, "the counts stay beside a list that is cut"


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.exhaustive) for seed in (2, 3, 4))])
def test_other_companies(seed: int) -> None:
    world, store = World(seed=seed, size="small", platforms=("yammer",)), Kept()
    store.read(YAMMER, world)
    assert project(world, YAMMER.capabilities, YammerPlatform()).compare(store.current()) == []
    world.advance(days=20, reach=timedelta(days=25))
    store.read(YAMMER, world)
    assert project(world, YAMMER.capabilities, YammerPlatform()).compare(store.current()) == []
    world.advance(days=60)
    store.read(YAMMER, world, settings={"lookback": "all"})
    assert project(world, YAMMER.capabilities, YammerPlatform()).compare(store.current()) == []


def test_odd_payloads_end_no_walk() -> None:
    page = {
        "messages": [{**message(5), "liked_by": ["x"]}, "text", None, {"id": "none"}, {**message(4), "liked_by": None}],
        "references": [None, "x", {"type": "thread", "id": 5, "stats": []}, {"type": "user"}, {"id": 7}],
        "meta": ["older_available"],
    }
    driven = drive(read(scope(reactions="full"), updates(2), None), lambda _: page)
    assert [one["id"] for one in driven.items("message") if isinstance(one, dict)] == ["none", 1005, 1004]
    assert len(driven.items("message")) == 5
    assert driven.checkpoint is not None


@pytest.mark.parametrize("odd", [None, [], "text", {"messages": {}}])
def test_an_answer_without_a_list_of_messages_is_no_empty_feed(odd: Any) -> None:
    with pytest.raises(ProtocolError, match="must hold a list"):
        drive(read(scope(), updates(0), None), lambda _: odd)


def test_the_price_of_whole_lists_is_told_before_it_is_paid() -> None:
    rows = [{**message(n), "liked_by": {"count": 3, "names": []}} for n in range(5)]
    first = drive(read(scope(), updates(5), None), server(rows))
    assert estimate(scope(), updates(5), first.checkpoint) == {"messages": 1}
    assert estimate(scope(reactions="full"), updates(5), first.checkpoint) == {"messages": 1, "other": 5}
