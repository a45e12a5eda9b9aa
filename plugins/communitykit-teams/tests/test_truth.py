"""Nothing good is taken away by what was not understood, not seen, or left out by an earlier run."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from teams_faults import altered, differences, in_messages, native, posts, posts_of, roots_of, thread

from communitykit import connect
from communitykit.sandbox import Call, Change, Site, World, from_us, serve
from communitykit.testing.reading import Kept, read
from communitykit_teams import TEAMS
from communitykit_teams.sandbox import TeamsPlatform

EARLY = timedelta(days=400)
"""Longer ago than anything was written."""


@pytest.fixture
def world() -> World:
    return World(seed=5, size="tiny", platforms=("teams",))


# Remember only what was handed on.


@pytest.mark.parametrize("settings", [{}, {"lookback": "2d"}])
@pytest.mark.parametrize("runs_before", [0, 1, 2])
def test_what_is_written_while_a_run_goes_on_is_there_after_the_next(
    world: World, runs_before: int, settings: dict[str, str]
) -> None:
    store, written = Kept(), list[Change]()

    def readable(changes: list[Change]) -> set[str]:
        found = [one.message for one in changes if one.message is not None]
        return {TeamsPlatform().post_id(world, one) for one in found if world.places[one.place].privacy != "direct"}

    def write(site: Site, _call: Call, _data: Any) -> None:
        while not readable(written):
            written.extend(site.world.advance(hours=10 / 3600, kinds=frozenset({"posted"})))

    for _ in range(runs_before):
        store.read(TEAMS, world, settings=settings, include_private=True)
        world.advance(1, kinds=frozenset({"posted", "replied"}))
    store.read(TEAMS, world, faults=[altered("groups", change=write)], settings=settings, include_private=True)
    keys = readable(written)
    assert not keys & posts(store).keys()  # they are later than the run's own end
    world.advance(1, kinds=frozenset({"posted"}))
    store.read(TEAMS, world, settings=settings, include_private=True)
    assert keys <= posts(store).keys()
    assert differences(world, store, private=True) == []


@pytest.mark.parametrize("messages", ["channels", "export"])
@pytest.mark.parametrize(
    "seed", [*range(4), *(pytest.param(seed, marks=pytest.mark.exhaustive) for seed in range(4, 12))]
)
def test_windows_in_any_order_and_then_a_plain_run_are_a_fresh_reading(seed: int, messages: str) -> None:
    rng, world = Random(seed), World(seed=seed, size="tiny", platforms=("teams",))  # noqa: S311 # no secret
    store, settings = Kept(), {"messages": messages}
    names = [place.name for place in world.on("teams")]
    for _ in range(rng.randrange(1, 6)):
        since, until = sorted(world.now - rng.random() * EARLY for _ in range(2))
        window: dict[str, datetime] = {}
        if rng.random() < 0.7:
            window["since"] = since
        if rng.random() < 0.7:
            window["until"] = until
        store.read(
            TEAMS,
            world,
            settings={**settings, "lookback": rng.choice(["1d", "30d", "all"])},
            options=rng.choice([{}, TeamsPlatform.tight]),
            communities=tuple(rng.sample(names, 1)) if rng.random() < 0.4 else (),
            include_private=rng.random() < 0.5,
            force=rng.random() < 0.5,
            **window,
        )
        if rng.random() < 0.5:
            world.advance(rng.choice([1, 3, 9]), kinds=frozenset({"posted", "replied"}))
    world.advance(1, kinds=frozenset({"posted", "replied"}))
    run = store.read(TEAMS, world, settings=settings, include_private=True)
    assert run.left_out == []
    fresh = Kept()
    fresh.read(TEAMS, world, settings=settings, include_private=True)
    assert posts(store).keys() == posts(fresh).keys()
    if messages == "channels":
        assert differences(world, store, private=True) == []


@pytest.mark.parametrize("messages", ["channels", "export"])
def test_a_kind_that_was_not_asked_for_comes_with_the_run_that_asks_for_it(world: World, messages: str) -> None:
    state: dict[str, Any] = {}
    with serve(world, TeamsPlatform()) as server, connect("teams", **server.settings, messages=messages) as session:
        whole = {one.id for one in session.records(kinds=("post", "event")) if one.record in {"post", "event"}}
        found: list[str] = []
        for kinds in (("post",), ("event",), ("post",)):
            found += [one.id for one in session.records(state=state, kinds=kinds) if one.record in {"post", "event"}]
    assert set(found) == whole


@pytest.mark.parametrize("window_first", [False, True])
def test_an_interrupted_run_does_not_stand_for_more_than_it_was(world: World, *, window_first: bool) -> None:
    early, late = world.now - timedelta(days=60), world.now - timedelta(days=50)
    pages = read(TEAMS, world, options=TeamsPlatform.tight, since=early if window_first else None).pages
    first: dict[str, Any] = {}
    for page in pages:  # each channel was cut after its first page
        if ((page.checkpoint or {}).get("walk") or {}).get("next"):
            first.setdefault(page.slice, page)
    assert len(first) > 1
    store = Kept()
    store.take(first.values(), world.now)
    if not window_first:  # and then only a part of it was asked for
        store.read(TEAMS, world, options=TeamsPlatform.tight, since=early, until=late)
    world.advance(1, kinds=frozenset({"posted"}))
    store.read(TEAMS, world, options=TeamsPlatform.tight)
    assert differences(world, store) == []


@pytest.mark.parametrize("odd", [{"v": 1}, {"kinds": ["post"]}, {"walk": {"odd": 1}}, {"another": 1}, {"etags": 5}])
def test_a_checkpoint_that_is_not_understood_is_read_again(world: World, odd: dict[str, Any]) -> None:
    pages = [page for page in read(TEAMS, world).pages if "etags" in (page.checkpoint or {})]
    state = {page.slice: {**(page.checkpoint or {}), **odd} for page in pages}
    run, store = read(TEAMS, world, state=state), Kept()
    store.take(run.events, world.now)
    assert run.left_out == []
    assert differences(world, store) == []


# What was not understood has not vanished.


@pytest.mark.parametrize("days", [1, 8])
def test_an_odd_reply_costs_itself_alone(world: World, days: int) -> None:
    store = Kept()
    store.read(TEAMS, world)
    root, replies = thread(store)
    before = posts(store)
    fault = in_messages(lambda one: one.update(body="odd", etag="new") if one["id"] == native(replies[0]) else None)
    world.advance(days, kinds=frozenset({"replied"}))
    run = store.read(TEAMS, world, faults=[fault], force=True, settings={"lookback": "all"})
    assert len([issue for page in run.pages for issue in page.issues]) == 1
    (issue,) = (issue for page in run.pages for issue in page.issues)
    assert issue.native_id == native(replies[0])
    assert {one.status for one in run.coverage if root.split("/")[0].split(":")[-1] in one.slice} >= {"partial"}
    after = posts(store)
    assert before.keys() <= after.keys()
    assert after[replies[0]]["body"] == before[replies[0]]["body"] != ""
    assert differences(world, store) == []


def test_an_odd_reaction_costs_itself_alone(world: World) -> None:
    store = Kept()
    store.read(TEAMS, world)
    acts = {one["id"]: one for one in store.current()["event"] if one["kind"] == "reacted"}
    assert len(acts) > 10

    def spoil(one: dict[str, Any]) -> None:
        if one.get("reactions"):
            odd = (None, 5, "odd", {"reactionType": "x", "user": "odd"})
            one["reactions"][0] = odd[int(one["id"]) % len(odd)]

    world.advance(8, kinds=frozenset({"posted"}))
    run = store.read(TEAMS, world, faults=[in_messages(spoil)], settings={"lookback": "all"})
    assert len([issue for page in run.pages for issue in page.issues]) > 3
    assert acts.keys() <= {one["id"] for one in store.current()["event"] if one["active"]}
    assert posts(store).keys() == posts_of(world)
    fresh = Kept()
    issues = [issue for page in fresh.read(TEAMS, world, faults=[in_messages(spoil)]).pages for issue in page.issues]
    assert posts(fresh).keys() == posts_of(world)
    found = [one for one in fresh.current()["event"] if one["kind"] == "reacted"]
    assert len(acts) - len(found) == len(issues)


def test_a_message_with_an_odd_part_is_new_for_the_run_that_can_read_it(world: World) -> None:
    def spoil(one: dict[str, Any]) -> None:
        one["from"] = "odd"

    store = Kept()
    store.read(TEAMS, world)
    for _ in range(6):  # until something was written on the day before
        world.advance(1, kinds=frozenset({"posted"}))
        if store.read(TEAMS, world, faults=[in_messages(spoil)]).left_out:
            break
    assert differences(world, store) != []
    world.advance(1, kinds=frozenset())
    assert store.read(TEAMS, world).left_out == []
    assert differences(world, store) == []


def test_a_run_that_reads_again_whatever_was_read_stops_at_no_interruption(world: World) -> None:
    def spoil(one: dict[str, Any]) -> None:
        if int(one["id"]) % 2:
            one["id"] = ""

    pages = read(TEAMS, world, options=TeamsPlatform.tight, faults=[in_messages(spoil)]).pages
    store = Kept()
    store.take([one for one in pages if ((one.checkpoint or {}).get("walk") or {}).get("next")], world.now)
    assert differences(world, store) != []
    store.read(TEAMS, world, force=True, settings={"lookback": "all"}, options=TeamsPlatform.tight)
    assert differences(world, store) == []


@pytest.mark.slow
@pytest.mark.parametrize("odd", [None, 5, "odd", ["odd"], {}, {"id": None}, {"replies": "odd", "id": "1"}])
def test_an_odd_message_ends_nothing(world: World, odd: Any) -> None:
    def spoil(_site: Site, _call: Call, data: Any) -> None:
        data["value"].insert(0, odd)

    store = Kept()
    for days in (1, 8, 1):
        run = store.read(TEAMS, world, faults=[altered("messages", "delta", change=spoil)])
        assert [issue for page in run.pages for issue in page.issues]
        assert posts_of(world) <= posts(store).keys()
        world.advance(days, kinds=frozenset({"posted"}))


@pytest.mark.parametrize("value", [None, {}, "odd"])
@pytest.mark.parametrize("name", ["messages", "members", "users", "groups"])
def test_an_answer_without_a_list_is_no_empty_list(world: World, name: str, value: Any) -> None:
    store = Kept()
    store.read(TEAMS, world)
    before = store.current()
    world.advance(8, kinds=frozenset({"posted"}))
    run = store.read(TEAMS, world, faults=[altered(name, change=lambda _s, _c, data: data.update(value=value))])
    assert any("must hold a list" in text or "no list" in text for text in run.left_out)
    for kind, rows in store.current().items():
        found = {one["id"]: one for one in rows if not one.get("gone") and one.get("active") is not False}
        assert {one["id"] for one in before[kind] if one.get("active") is not False} <= found.keys(), kind


# A part that fails costs itself alone.


@pytest.mark.slow
@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_replies_that_fail_cost_their_thread_alone_and_are_asked_for_again(status: int) -> None:
    world, store = World(seed=2, size="tiny", platforms=("teams",)), Kept()
    options = {**TeamsPlatform.tight, "expand": 1}
    whole = Kept()
    whole.read(TEAMS, world, options=options)
    root, replies = thread(whole)
    broken = altered("replies", change=lambda _s, call, _d: status if f"/{native(root)}/" in call.path else None)
    run = store.read(TEAMS, world, faults=[broken], options=options)
    assert broken.statuses
    assert any("partial" in text and "replies are owed to 1" in text for text in run.left_out)
    missing = posts(whole).keys() - posts(store).keys()
    assert missing
    assert missing < set(replies)  # what came along is kept
    for days in (1, 8):  # it goes on failing: what is new comes all the same, and nothing vanishes
        world.advance(days, kinds=frozenset({"posted"}))
        store.read(TEAMS, world, faults=[broken], options=options)
        assert posts_of(world) - posts(store).keys() == missing
    world.advance(1, kinds=frozenset({"posted"}))
    assert store.read(TEAMS, world, options=options).left_out == []
    assert differences(world, store) == []


@pytest.mark.slow
def test_replies_that_all_fail_are_not_asked_for_without_end() -> None:
    world, store = World(seed=2, size="small", platforms=("teams",)), Kept()
    options = {"expand": 1}
    whole = altered("replies", change=lambda _s, _c, _d: 500)
    run = store.read(TEAMS, world, faults=[whole], options=options)
    assert all("not all replies" in text for text in run.left_out)
    owed = [len(one["pending"]) for one in store.checkpoints().values() if "pending" in one]
    assert max(owed) > 10
    assert len(whole.paths) == sum(min(3, count) for count in owed)
    for _ in range(2):
        world.advance(1, kinds=frozenset({"posted"}))
        assert store.read(TEAMS, world).left_out == []
    assert differences(world, store) == []


def test_replies_are_not_swept_where_some_of_them_failed(world: World) -> None:
    store = Kept()
    store.read(TEAMS, world)
    before = posts(store).keys()
    world.advance(8, kinds=frozenset({"posted"}))
    broken = altered("replies", change=lambda _s, _c, _d: 400)
    store.read(TEAMS, world, faults=[broken], options={"expand": 1}, settings={"lookback": "all"})
    assert broken.statuses
    assert before <= posts(store).keys()


@pytest.mark.parametrize("status", [500, pytest.param(503, marks=pytest.mark.slow)])
@pytest.mark.parametrize("expanded", [True, False])
def test_a_page_that_fails_for_ever_costs_neither_what_is_new_nor_more_of_the_past_than_itself(
    status: int, *, expanded: bool
) -> None:
    world, store = World(seed=2, size="tiny", platforms=("teams",)), Kept()
    options, page = {"messages": 4}, dict[str, int]()

    def fail(_site: Site, call: Call, _data: Any) -> int | None:
        """Fail at every second page of a channel, wherever it is asked for; or only where it is asked for replies."""
        number = page.setdefault(str(call.fields.get("$skiptoken") or ""), len(page))
        later = "$skiptoken" in call.fields and number % 2 == 1
        return status if later and (not expanded or "$expand" in call.fields) else None

    broken = altered("messages", change=fail)
    run = store.read(TEAMS, world, faults=[broken], options=options)
    assert broken.statuses
    told = "replies are owed to" if expanded else "a page of the past is owed"
    assert any("partial" in text and told in text for text in run.left_out)
    missing = posts_of(world) - posts(store).keys()
    if expanded:  # every message came; replies come with the next run
        assert {key for key in missing if key in roots_of(world)} == set()
    else:
        assert missing
    for days in (1, 8):  # it goes on failing: what is new comes all the same, and nothing vanishes
        world.advance(days, kinds=frozenset({"posted"}))
        store.read(TEAMS, world, faults=[broken], options=options)
        assert posts_of(world) - posts(store).keys() <= missing
    world.advance(8, kinds=frozenset({"posted"}))
    store.read(TEAMS, world, options=options)
    world.advance(1, kinds=frozenset({"posted"}))
    assert store.read(TEAMS, world, options=options).left_out == []
    assert differences(world, store) == []


def test_what_lies_between_two_windows_is_not_read_with_the_later_one(world: World) -> None:
    store = Kept()
    late, middle, early = (world.now - timedelta(days=days) for days in (60, 120, 170))
    written = [
        (one, one.replies[-1].at if one.replies else one.at)
        for place in world.on("teams")
        if place.privacy == "public"
        for one in world.messages(place)
        if one.root is None
    ]
    threads = [one for one, last in written if middle < from_us(one.at) and from_us(last) < late]
    between = {TeamsPlatform().post_id(world, one) for one in threads} & posts_of(world)
    for window in ({"since": late}, {"since": early, "until": middle}):
        store.read(TEAMS, world, force=True, **window)
    world.advance(hours=1, kinds=frozenset({"posted"}))
    store.read(TEAMS, world, force=True, since=late)
    assert len(between) > 5
    assert not between & posts(store).keys()
    store.read(TEAMS, world, force=True)
    assert differences(world, store) == []
