"""Nothing good is taken away by what was not understood, not seen, or kept out; what fails costs itself alone."""

from __future__ import annotations

import contextlib
import json
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from workplace_feeds import (
    FEED,
    NOW,
    TALKED,
    comment,
    edge,
    feed,
    page,
    post,
    posts,
    reactions,
    unix,
    whole,
)

from communitykit import TransientError
from communitykit.connector import Batch, Flow, Gap, Request, Selection, Slice, Swept
from communitykit.http.operations import Emit
from communitykit.reading.slices import SliceReading
from communitykit.reading.translation import Page, Translation
from communitykit.sandbox import World
from communitykit.testing import drive, in_turn
from communitykit.testing.reading import Kept, Run, read
from communitykit_workplace import WORKPLACE
from communitykit_workplace.api.asking import completed
from communitykit_workplace.api.reading import READERS
from communitykit_workplace.edges import is_whole
from communitykit_workplace.settings import WorkplaceSettings


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(post("10_1", comments=edge(comment("10_2", message=["new"]), comment("10_3"))), id="a comment"),
        pytest.param(
            post("10_1", comments=edge(comment("10_2", id={}), comment("10_3"))), id="a comment without an id"
        ),
        pytest.param(post("10_1", comments=edge("10_2", comment("10_3"))), id="a comment that is a text"),
        pytest.param(post("10_1", comments="two"), id="comments that are none"),
        pytest.param(post("10_1", comments={"data": None}), id="comments that are null"),
        pytest.param({**whole(), "message": {"ops": []}}, id="the message"),
        pytest.param({**whole(), "reactions": edge({"id": None, "type": "LIKE"})}, id="a reaction"),
        pytest.param({**whole(), "reactions": edge({"id": "501"})}, id="a reaction without a type"),
        pytest.param({**whole(), "seen": edge(5)}, id="a view"),
        pytest.param({**whole(), "poll": "yes"}, id="a poll"),
        pytest.param({**whole(), "permalink_url": 7, "message_tags": 8, "attachments": "x"}, id="what is beside it"),
        pytest.param("a post that is a text", id="the post itself"),
    ],
)
def test_what_is_odd_costs_itself_alone_and_nothing_of_it_has_vanished(later: Any) -> None:
    store, other = Kept(), post("10_7")
    feed(store, lambda _: page(whole(), other))
    before = posts(store)
    coverage = feed(store, lambda _: page(later, other), day=1)
    assert posts(store).keys() == before.keys() == {"10_1", "10_2", "10_3", "10_7"}
    assert {native: one["body"] for native, one in posts(store).items()} == {
        native: one["body"] for native, one in before.items()
    }
    assert reactions(store) == {"501"}
    assert coverage.status == ("complete" if "a reaction without a type" in repr(later) else coverage.status)


def test_what_is_gone_beside_something_odd_is_gone_all_the_same() -> None:
    store = Kept()
    feed(store, lambda _: page(whole(), post("10_7")))
    feed(store, lambda _: page({**whole(), "reactions": edge(None)}), day=1)
    assert posts(store).keys() == {"10_1", "10_2", "10_3"}


def test_comments_that_are_not_shown_are_not_gone() -> None:
    store, silent = Kept(), whole()
    feed(store, lambda _: page(whole()))
    del silent["comments"]
    assert feed(store, lambda _: page(silent), day=1).status == "complete"
    assert posts(store).keys() == {"10_1", "10_2", "10_3"}


def test_the_same_posts_under_ever_new_cursors_end() -> None:
    asked: list[Request] = []

    def circle(request: Request) -> Any:
        asked.append(request)
        following = f"https://x.example/10/feed?__paging_token=t{len(asked)}&until={unix(4)}"
        return page(*(post(f"10_{number}") for number in range(1, 26)), next=following)

    store = Kept()
    coverage = feed(store, circle)
    assert len(asked) < 10
    assert coverage.status == "partial"
    assert len(posts(store)) == 25
    assert feed(store, lambda _: page(*(post(f"10_{number}") for number in range(1, 40))), day=1).status == "complete"
    assert len(posts(store)) == 39


def test_a_comment_listing_that_fails_is_owed_and_holds_nothing_up() -> None:
    rest = {"next": "https://x.example/10_1/comments?after=a"}
    torn = post("10_1", days=9, comments=edge(comment("10_2"), paging=rest))
    asked: list[str] = []

    def failing(request: Request) -> Any:
        asked.append(request.url)
        return TransientError("no") if request.url == "10_1/comments" else page(torn, post("10_7"))

    store = Kept()
    assert feed(store, failing).status == "partial"
    checkpoint = store.checkpoints()["workplace:graph:feed/10"]
    assert (checkpoint["high"], checkpoint["owed"]) == (unix(4), ["10_1"])

    def later(request: Request) -> Any:
        asked.append(request.url)
        if request.url == "10_1":
            return whole()
        return page(post("10_9", days=-39, updated_time=unix(-39)), post("10_7"))

    asked.clear()
    assert feed(store, later, day=40).status == "complete"
    assert asked == ["10/feed", "10_1"]
    assert posts(store).keys() == {"10_1", "10_2", "10_3", "10_7", "10_9"}
    assert store.checkpoints()["workplace:graph:feed/10"]["owed"] == []


def test_comments_that_are_closed_from_some_page_on_are_told() -> None:
    from communitykit import ObjectUnavailableError  # noqa: PLC0415 # beside its only use

    store = Kept()
    feed(store, lambda _: page(whole()))
    torn = post("10_1", comments=edge(comment("10_2"), paging={"next": "https://x.example/10_1/comments?after=a"}))
    coverage = feed(
        store, lambda request: ObjectUnavailableError("no") if "comments" in request.url else page(torn), day=1
    )
    assert coverage.status == "partial"
    assert posts(store).keys() == {"10_1", "10_2", "10_3"}


def test_a_feed_that_is_not_sorted_by_activity_is_not_gone_on_with_from_a_time() -> None:
    def unsorted(request: Request) -> Any:
        if "__paging_token" in request.params:
            return TransientError("the connection broke")
        following = "https://x.example/10/feed?__paging_token=t"
        return page(post("10_1", days=9), post("10_2", days=2), next=following)

    store, steps = Kept(), []
    scope = Selection(settings=WorkplaceSettings(token="x"), until=NOW)
    flow = READERS["feed"].read(scope, FEED, None)
    with pytest.raises(TransientError):
        steps = drive(flow, unsorted).steps
    assert steps == []
    sent = drive(_until_error(READERS["feed"].read(scope, FEED, None)), unsorted).batches
    assert [one.checkpoint["walk"] for one in sent if one.checkpoint] == [None]
    assert posts(store) == {}


def _until_error(flow: Flow) -> Flow:
    with contextlib.suppress(TransientError):
        yield from flow


def test_a_post_that_a_slower_clock_wrote_after_the_run_is_read_by_the_next() -> None:
    """The platform's clock is five minutes behind ours: what it dates before our run was written after it."""
    store = Kept()
    feed(store, lambda _: page(post("10_1", days=0.1)))
    late = post("10_2", days=3 / 24 / 60)  # three minutes before the first run began

    def answer(request: Request) -> Any:
        since = int(request.params.get("since", 0))
        return page(*(one for one in (late, post("10_1", days=0.1)) if one["updated_time"] >= since))

    scope = Selection(settings=WorkplaceSettings(token="x", lookback="1d"), until=NOW + timedelta(days=9))
    key = "workplace:graph:feed/10"
    steps = drive(READERS["feed"].read(scope, FEED, store.checkpoints()[key]), answer).steps
    assert "10_2" in {one["id"] for step in steps if isinstance(step, Batch) for one in step.items if "message" in one}


def test_a_walk_that_is_gone_on_with_keeps_what_its_end_keeps_out_for_the_next_run() -> None:
    found = [post(f"10_{number}", days=number) for number in range(1, 9)]
    store = Kept()
    key = "workplace:graph:feed/10"
    walk = {"v": 2, "high": None, "floor": 0, "walk": [0, unix(2), unix(1)], "newest": unix(1), "updated": None}
    first = [found[0], found[1]]
    feed(store, lambda _: page(*first), since=NOW - timedelta(days=2))  # what the walk had handed on
    store._writer.commit(_checkpoint(key, walk), run_id="run", now=NOW)

    def answer(request: Request) -> Any:
        low, high = int(request.params.get("since", 0)), int(request.params.get("until", 2**40))
        return page(*(one for one in found if low <= one["updated_time"] <= high))

    feed(store, answer, until=NOW - timedelta(days=6))
    feed(store, answer)
    assert len(posts(store)) == 8


def _checkpoint(key: str, checkpoint: dict[str, Any]) -> Any:
    from communitykit.store.writer import Group  # noqa: PLC0415 # beside its only use

    return Group(checkpoints={key: checkpoint})


@pytest.mark.parametrize("answer", [{}, {"data": None}, {"error": None}, "", None])
def test_a_page_that_is_none_is_no_empty_list(answer: Any) -> None:
    params = {"groups": [{"id": "1", "name": "a"}]}
    scope = Selection(settings=WorkplaceSettings(token="x", batch=False), until=NOW)
    flow = READERS["members"].read(scope, Slice("members/9", "graph", ("membership",), params=params), None)
    steps = list(drive(flow, lambda request: answer).steps)
    assert [one for one in steps if isinstance(one, Swept)] == []
    assert [one.status for one in steps if isinstance(one, Gap)] == ["partial"]
    scope = Selection(settings=WorkplaceSettings(token="x", scim_url="https://x.example/scim"), until=NOW)
    flow = READERS["scim"].read(scope, Slice("scim/9", "graph", ("member",)), None)
    (gap,) = [one for one in drive(flow, lambda request: answer).steps if isinstance(one, Gap)]
    assert gap.status == "partial"
    assert "must hold a list under 'Resources'" in gap.reason


def scim_users(*pages: list[int], totals: list[Any]) -> tuple[list[list[int]], list[str], list[Any]]:
    """Read SCIM's users in these pages; give who each batch brought, what is said, and where each page began."""
    scope = Selection(settings=WorkplaceSettings(token="x", scim_url="https://x.example/scim"), until=NOW)
    flow = READERS["scim"].read(scope, Slice("scim/9", "graph", ("member",)), None)
    answers = [{"totalResults": total, "Resources": [{"id": one} for one in page]}
               for page, total in zip(pages, totals, strict=True)]  # fmt: skip
    driven = drive(flow, in_turn(*answers))
    brought = [[one["id"] for one in step.items] for step in driven.steps if isinstance(step, Batch)]
    return brought, driven.gaps, [one.params["startIndex"] for one in driven.requests]


def test_scim_users_who_were_skipped_are_found_by_a_second_walk() -> None:
    """One of the first page went while the second was on its way: everybody behind moved up."""
    assert scim_users([1, 2], [3], totals=[3, 3]) == ([[1, 2], [3]], [], [1, 3])
    assert scim_users([1, 2], [4], [2, 3], [4], totals=[4, 3, 3, 3]) == ([[1, 2], [4], [3], []], [], [1, 3, 1, 3])
    brought, gaps, _ = scim_users([1, 2], [], [1, 2], [], totals=[4, 4, 4, 4])
    assert brought == [[1, 2], [], [], []]
    assert gaps == ["not all SCIM users: the list ended after 2 of 4. What was listed is kept; run again later."]
    assert scim_users([1, 2], [3], [], totals=[None, None, None]) == ([[1, 2], [3], []], [], [1, 3, 4])


@pytest.mark.parametrize("answer", [{}, None])
def test_reactions_whose_further_pages_are_none_are_not_swept(answer: Any) -> None:
    cut = {"id": "1", "reactions": page({"id": "5", "type": "LIKE"}, next="https://x.example/1/reactions?after=a")}
    flow = completed([cut], batch=False)
    assert list(drive(flow, lambda request: answer).steps) == []
    assert not is_whole(cut["reactions"])


ODD = [None, 5, -1, 10**30, True, "x", "", [], {}, [None], ["x"], {"data": None}, {"data": [None, 3]}, {"id": []}]


def _mutated(value: Any, random: Random) -> Any:
    """Put something odd somewhere into a payload."""
    made = json.loads(json.dumps(value))
    at = made
    while True:
        keys = list(at) if isinstance(at, dict) else range(len(at))
        key = random.choice(list(keys))
        if isinstance(at[key], dict | list) and at[key] and random.random() < 0.8:
            at = at[key]
            continue
        at[key] = random.choice(ODD)
        return made


def test_no_payload_however_odd_ends_more_than_itself() -> None:
    random = Random(5)  # noqa: S311 # the same oddities in every run
    poll = {"id": "77", "question": "?", "options": edge({"id": "78", "name": "a", "votes": edge({"id": "501"})})}
    rich = {**whole(), "poll": poll, "to": edge({"id": "10"}), "message_tags": [{"id": "501", "type": "user"}]}
    rich["attachments"] = edge({"type": "photo", "media": {"image": {"src": "https://x.example/a"}}, "title": "t"})
    for _ in range(400):
        odd = _mutated(rich, random)
        scope = Selection(settings=WorkplaceSettings(token="x", batch=False), until=NOW)
        reading = SliceReading(Translation(WORKPLACE, run_id="run", origin="api"), scope, "feed", slice_=FEED)
        steps = drive(READERS["feed"].read(scope, FEED, None), lambda _, odd=odd: page(odd, post("10_7"))).steps
        pages = [made for step in steps if isinstance(made := reading.page(Emit(step, NOW)), Page)]
        found = {record.id for made in pages for record in made.records}
        assert "workplace:graph:post:10_7" in found, odd


def world() -> World:
    return World(seed=11, size="tiny", platforms=("workplace",))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_windows_in_any_order_and_then_a_plain_run_equal_a_fresh_full_read(seed: int) -> None:
    random, made = Random(seed), world()  # noqa: S311 # the same windows in every run
    store = Kept()
    for _ in range(random.randint(1, 4)):
        days = sorted(random.choice([0, 1, 5, 20, 40, 90, 200, 400]) + random.random() for _ in range(2))
        window: dict[str, Any] = {
            "since": made.now - timedelta(days=days[1]),
            "until": made.now - timedelta(days=days[0]),
        }
        run: Run = store.read(WORKPLACE, made, **{name: at for name, at in window.items() if random.random() < 0.7})
        assert run.left_out == []
        if random.random() < 0.4:
            made.advance(days=random.choice([1, 3]), reach=timedelta(days=20), kinds=TALKED)
    store.read(WORKPLACE, made)
    fresh = Kept()
    fresh.take(read(WORKPLACE, made).events, made.now)
    assert {one["id"] for one in store.current()["post"]} == {one["id"] for one in fresh.current()["post"]}
    assert {one["id"] for one in store.current()["event"]} == {one["id"] for one in fresh.current()["event"]}
