"""Network data exports as they are fetched, window by window."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from yammer_exports import make_world

from communitykit.sandbox import World, project, to_us
from communitykit.testing.reading import Kept, Run, read
from communitykit_yammer import YAMMER
from communitykit_yammer.sandbox import YammerPlatform


def fetch(world: World, *, days: int = 60, state: Any = None, **options: Any) -> Run:
    since = world.now - timedelta(days=days)
    return read(YAMMER, world, settings={"export_since": since}, options=options, state=state)


def test_exports_are_fetched_window_by_window() -> None:
    world = make_world()
    run = fetch(world, days=200)
    assert [told for told in run.left_out if "left out; ask for them" not in told] == []
    assert [one.requests for one in run.coverage if one.slice.endswith(":export")] == [7]
    since = to_us(world.now - timedelta(days=200))
    deleted = {
        YammerPlatform().post_id(world, one)
        for place in world.on("yammer")
        if place.privacy == "public"
        for one in world.messages(place)
        if one.deleted_at is not None and one.deleted_at >= since
    }
    assert deleted
    assert deleted <= {one.id for one in run.records if one.record == "post" and one.gone == "deleted"}
    store = Kept()
    store.take(run.events, world.now)
    assert project(world, YAMMER.capabilities, YammerPlatform()).compare(store.current()) == []
    again = fetch(world, days=200, state=store.checkpoints())
    assert [one.requests for one in again.coverage if one.slice.endswith(":export")] == [0]


def test_a_window_that_breaks_off_is_split_until_it_holds() -> None:
    world = make_world()
    run = fetch(world, windows=10)
    assert [told for told in run.left_out if "left out; ask for them" not in told] == []
    whole = {one.id for one in fetch(world).records if one.record == "post"}
    assert {one.id for one in run.records if one.record == "post"} == whole
    (slice_,) = [one for one in run.coverage if one.slice.endswith(":export")]
    assert slice_.requests > 8


def test_what_cannot_be_fetched_at_all_is_told() -> None:
    run = fetch(make_world(), days=1, windows=0)
    (told,) = run.left_out
    assert "no whole ZIP" in told
    (denied,) = fetch(make_world(), administrator=False).left_out
    assert "administrator" in denied


@pytest.mark.slow
def test_what_an_export_left_out_is_new_for_the_run_that_asks_for_it() -> None:
    """A glob, a window of time, a window that failed, private groups: a wider run then equals a fresh one."""
    world, store = make_world(), Kept()
    settings = {"export_since": world.now - timedelta(days=60)}
    store.read(YAMMER, world, settings=settings, communities=("nothing-*",))
    store.read(YAMMER, world, settings=settings, options={"windows": 0})
    store.read(YAMMER, world, settings=settings, until=world.now - timedelta(days=20))
    for private in (False, True):
        run = store.read(YAMMER, world, settings=settings, include_private=private)
        fresh = Kept()
        fresh.read(YAMMER, world, settings=settings, include_private=private)
        assert [one["id"] for one in store.current()["post"]] == [one["id"] for one in fresh.current()["post"]]
        assert [one.requests for one in run.coverage if one.slice.endswith(":export")] == [2 if private else 1]
    again = store.read(YAMMER, world, settings=settings)
    assert [one.requests for one in again.coverage if one.slice.endswith(":export")] == [0]
