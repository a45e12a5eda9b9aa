"""What a run keeps out is new for the run that asks for it, and nothing that was seen is taken away by it."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from communitykit.reading.slices import Closed
from communitykit.sandbox import World, project
from communitykit.testing.reading import Kept
from communitykit_yammer import YAMMER
from communitykit_yammer.sandbox import YammerPlatform

PLATFORM = YammerPlatform()
KINDS = ("post", "event")


def posts(kept: Kept) -> set[int]:
    """Return the native ids of the posts that are there."""
    return {int(one["id"].rpartition(":")[2]) for one in kept.current()["post"]}


def told(kept: Kept) -> dict[str, list[Any]]:
    """Return what is current, but for when and by whom it was told."""
    left_out = {"source", "provenance", "first_seen", "last_seen"}
    return {
        kind: sorted(({k: v for k, v in row.items() if k not in left_out} for row in rows), key=lambda row: row["id"])
        for kind, rows in kept.current().items()
        if kind in KINDS
    }


def active(kept: Kept) -> dict[int, bool | None]:
    """Return who is active, by native id."""
    return {int(one["id"].rpartition(":")[2]): one["active"] for one in kept.current()["member"]}


def incomplete(events: list[Any]) -> list[str]:
    """Say which slices were not read whole."""
    return [one.coverage.slice for one in events if isinstance(one, Closed) and one.coverage.status != "complete"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_windows_in_any_order_then_a_plain_run_equal_a_fresh_read(seed: int) -> None:
    """Windows overlap, touch, repeat and lie anywhere; the world goes on between them; some ask for posts alone."""
    dice = random.Random(seed)  # noqa: S311 # no secret
    world, kept = World(seed=seed % 3, size="tiny", platforms=("yammer",)), Kept()
    options = {"thin": dice.random() < 0.5, "page": dice.choice([5, 20])}
    for _ in range(dice.randint(1, 4)):
        bounds = sorted(world.now - timedelta(days=dice.choice([0, 1, 30, 90, dice.uniform(0, 200)])) for _ in range(2))
        window: dict[str, Any] = {"since": bounds[0], "until": bounds[1]}
        for name in dice.sample(["since", "until"], dice.choice([0, 0, 1])):
            del window[name]
        if "since" in window and window["since"] >= window.get("until", world.now):
            del window["since"]  # an empty window is refused
        if dice.random() < 0.3:
            window["communities"] = (next(iter(world.on("yammer"))).name,)
        kept.read(YAMMER, world, options=options, **window)
        if dice.random() < 0.7:
            world.advance(days=dice.choice([1, 20]), reach=timedelta(days=25))
    kept.read(YAMMER, world, options=options)
    fresh = Kept()
    fresh.read(YAMMER, world, options=options)
    assert told(kept) == told(fresh)
    assert project(world, YAMMER.capabilities, PLATFORM).compare(kept.current()) == []


def test_a_window_of_the_past_between_others_loses_nothing(network: Any) -> None:
    """The last 90 days, a month of last winter, then everything."""
    for native in range(1, 488):
        network.write(native, days=487 - native)
    kept, now = Kept(), network.now
    network.read(kept, since=now - timedelta(days=90))
    network.read(kept, since=now - timedelta(days=430), until=now - timedelta(days=400))
    assert len(posts(kept)) == 91 + 31
    events = network.read(kept)
    assert posts(kept) == set(range(1, 488))
    assert incomplete(events) == []
    before = len(network.requests)
    network.read(kept)
    asked = [path for path, _ in network.requests[before:] if path.startswith("messages")]
    assert len(asked) < 4, "what was handed on is not read again"


def test_what_is_written_after_until_comes_with_the_next_run(network: Any) -> None:
    """A nightly run up to midnight; late replies to an old thread are written an hour later."""
    network.write(1, days=50)
    network.write(2, days=0.9)
    for native in range(3, 60):
        network.write(native, days=0.3, thread_id=1, replied_to_id=1)
    kept = Kept()
    network.read(kept, until=network.now - timedelta(days=0.5), settings={"lookback": "1d"})
    assert posts(kept) == {1, 2}
    network.now += timedelta(days=40)
    network.read(kept, settings={"lookback": "1d"})
    assert posts(kept) == set(range(1, 60))


def test_a_repeated_window_asks_for_what_is_new(network: Any) -> None:
    """What stands before `since` was not handed on, and is not asked for either by who does not want it."""
    for native in range(1, 400):
        network.write(native, days=400 - native)
    kept, since = Kept(), network.now - timedelta(days=90)
    network.read(kept, since=since, settings={"lookback": "1d"})
    first = sum(path.startswith("messages") for path, _ in network.requests)
    network.read(kept, since=since, settings={"lookback": "1d"})
    again = sum(path.startswith("messages") for path, _ in network.requests) - first
    assert again == 1
    assert posts(kept) == set(range(310, 400))


def test_a_time_out_of_order_neither_stops_the_walk_nor_sweeps(network: Any) -> None:
    """Two new messages, the newest of them written 130 days ago: scheduled, or imported."""
    for native in range(1, 61):
        network.write(native, days=61 - native)
    kept = Kept()
    network.read(kept)
    network.write(61, days=0.5)
    network.write(62, days=130)
    events = network.read(kept)
    assert posts(kept) == set(range(1, 63))
    assert incomplete(events) == []
    network.read(kept, settings={"lookback": "all"})
    assert posts(kept) == set(range(1, 63))


def test_a_time_out_of_order_does_not_end_a_window(network: Any) -> None:
    """The last message of a page was imported: the window goes on behind it, and the message is for later runs."""
    for native in range(1, 61):
        network.write(native, days=130 if native in {21, 41} else 61 - native)
    kept, since = Kept(), network.now - timedelta(days=90)
    network.read(kept, since=since)
    assert posts(kept) == set(range(1, 61)) - {21, 41}
    network.read(kept)
    assert posts(kept) == set(range(1, 61))


def test_what_was_deleted_vanishes_whatever_its_time_says(network: Any) -> None:
    for native in range(1, 61):
        network.write(native, days=130 if native == 50 else 61 - native)
    kept = Kept()
    network.read(kept)
    network.messages = [one for one in network.messages if one["id"] not in {1, 50, 60}]
    network.read(kept, settings={"lookback": "all"})
    assert posts(kept) == set(range(2, 60)) - {50}


def test_a_feed_that_falls_silent_has_not_lost_its_posts(network: Any) -> None:
    """An answer without messages, though the group speaks of 60, is no end: neither of the posts nor of the reading."""
    for native in range(1, 61):
        network.write(native, days=61 - native)
    kept, whole = Kept(), network.feed

    def silent(group: int | None, bound: int) -> dict[str, Any]:
        return whole(group, bound) if bound > 30 else {"messages": [], "references": [], "meta": {}}

    network.feed = silent
    network.read(kept)
    assert posts(kept) == set(range(21, 61))
    network.feed = whole
    network.read(kept)
    assert posts(kept) == set(range(1, 61))
    network.feed = silent
    network.read(kept, settings={"lookback": "all"})
    assert posts(kept) == set(range(1, 61))


def test_places_that_no_listing_holds_do_not_vanish(network: Any) -> None:
    """A storyline and the feed of the whole company stand in no list of groups."""
    network.write(1, days=3)
    network.write(2, days=2, group=None)
    del network.write(3, days=1)["group_id"]
    kept = Kept()
    for _ in range(3):
        network.read(kept, settings={"company_feed": True})
        assert posts(kept) == {1, 2, 3}
        places = {one["id"] for one in kept.current()["community"]}
        assert places >= {f"yammer:1:community:{native}" for native in ("3", "storyline/5", "all-company")}
    network.groups[4] = {"full_name": "Short-lived"}
    network.read(kept)
    del network.groups[4]
    network.read(kept)
    assert "yammer:1:community:4" not in {one["id"] for one in kept.current()["community"]}
    network.groups[4] = {"full_name": "Short-lived"}
    network.read(kept)
    assert "yammer:1:community:4" in {one["id"] for one in kept.current()["community"]}


@pytest.mark.parametrize("odd", ["text", ["text"], 5, {"parsed": 5}, {"parsed": ["x"], "rich": {}}])
def test_an_odd_part_of_a_message_costs_itself_alone(network: Any, odd: Any) -> None:
    """Stored a week ago, unreadable now: what was known of it stays, and so does the thread around it."""
    for native in range(1, 31):
        reply = {"thread_id": 20, "replied_to_id": 20} if native > 20 else {}
        network.write(native, days=31 - native, liked_by={"count": 1, "names": [{"user_id": 5}]}, **reply)
    kept = Kept()
    network.read(kept)
    before = told(kept)
    for native in (20, 25):
        network.messages[native - 1]["body"] = odd
    events = network.read(kept)
    assert told(kept) == before
    assert incomplete(events) == ["yammer:1:messages/3"]
    network.messages[9] |= {"liked_by": odd, "attachments": odd, "notified_user_ids": odd, "poll_options": odd}
    network.messages[9]["title"] = "told beside it"
    network.read(kept)
    assert posts(kept) == set(range(1, 31))
    assert [one["title"] for one in kept.current()["post"] if one["title"]] == ["told beside it"]


def test_a_message_without_an_id_keeps_its_page_from_being_swept(network: Any) -> None:
    """It may be any of those that are not seen now."""
    for native in range(1, 61):
        network.write(native, days=61 - native)
    kept, whole = Kept(), network.feed
    network.read(kept)

    def odd(group: int | None, bound: int) -> dict[str, Any]:
        page = whole(group, bound)
        page["messages"] = [{"id": None} if one["id"] in {3, 55} else one for one in page["messages"]]
        return page

    network.feed = odd
    network.messages = [one for one in network.messages if one["id"] not in {30, 50}]
    events = network.read(kept, settings={"lookback": "all"})
    assert posts(kept) == set(range(1, 61)) - {30}
    assert incomplete(events) == ["yammer:1:messages/3"]


def test_who_left_the_directory_is_not_active(network: Any) -> None:
    """The list of users was walked whole, so whoever is not in it has left; who is at home elsewhere never was."""
    network.users = [
        {"id": 5, "network_id": 1, "full_name": "Ada", "state": "active"},
        {"id": 6, "network_id": 1, "full_name": "Bo", "state": "active"},
    ]
    network.references = [
        {"type": "user", "id": 6, "network_id": 1, "state": "active"},
        {"type": "user", "id": 9, "network_id": 2, "full_name": "Cy", "state": "active"},
    ]
    network.write(1, days=3)
    kept = Kept()
    network.read(kept)
    assert active(kept) == {5: True, 6: True, 9: None}
    left = network.users.pop()
    network.read(kept)
    assert active(kept) == {5: True, 6: False, 9: None}
    network.users.append(left)
    network.read(kept)
    assert active(kept) == {5: True, 6: True, 9: None}


def test_a_list_that_repeats_itself_says_nothing_of_who_left(network: Any) -> None:
    """It ignores `page`: what comes after the first fifty is not known, and told so."""
    everybody = [{"id": native, "network_id": 1, "state": "active"} for native in range(5, 75)]
    network.users = everybody
    network.write(1, days=3)
    kept, answer = Kept(), network.answer
    network.read(kept)
    network.answer = lambda path, query: everybody[:50] if path == "users" else answer(path, query)
    events = network.read(kept)
    assert set(active(kept).values()) == {True}
    assert incomplete(events) == ["yammer:-:discover"]


def test_a_kind_that_was_not_asked_for_is_new_for_the_run_that_asks(network: Any) -> None:
    for native in range(1, 61):
        network.write(native, days=100 - native, liked_by={"count": 1, "names": [{"user_id": 7}]})
    state: dict[str, Any] = {}
    assert [len(network.records(state, kinds=frozenset({kind}))) for kind in ("post", "event")] == [60, 60]
    assert [len(network.records(state, kinds=frozenset({kind}))) for kind in ("post", "event")] == [0, 0]
    assert [len(network.records(state, kinds=frozenset({"post", "event"}))) for _ in range(2)] == [120, 0]


@pytest.mark.parametrize("cursor", [None, 101, 41])
@pytest.mark.parametrize("failure", [500, {"messages": None}])
def test_a_page_that_fails_does_not_hold_up_the_others(network: Any, cursor: int | None, failure: Any) -> None:
    """It is told, and asked for again by the next run; what stands behind it is read."""
    for native in range(1, 121):
        network.write(native, days=121 - native)
    kept, whole = Kept(), network.feed
    if cursor is None:  # the news fail, and what was there before them is still to be read
        network.read(kept, since=network.now - timedelta(days=40))

    def failing(group: int | None, bound: int) -> Any:
        return failure if bound == (cursor or 10**18) else whole(group, bound)

    network.feed = failing
    for _ in range(2):
        events = network.read(kept)
        there = posts(kept)
        assert 100 <= len(there) < 121
        assert 1 in there
        assert incomplete(events) == ["yammer:1:messages/3"]
        network.write(121 + len(network.messages), days=0) if cursor is None else None
    network.feed = whole
    network.read(kept)
    assert posts(kept) == {one["id"] for one in network.messages}


def test_a_feed_that_fails_altogether_ends_soon(network: Any) -> None:
    for native in range(1, 121):
        network.write(native, days=121 - native)
    kept = Kept()
    network.read(kept, since=network.now - timedelta(days=40))
    network.requests.clear()
    network.feed = lambda _group, _bound: {"messages": None}
    events = network.read(kept)
    assert sum(path.startswith("messages") for path, _ in network.requests) <= 3
    assert incomplete(events) == ["yammer:1:messages/3"]
    assert posts(kept) == set(range(81, 121))


def test_who_reacted_to_one_message_fails_alone_and_is_asked_for_again(network: Any) -> None:
    for native in range(1, 31):
        network.write(native, days=100 - native, liked_by={"count": 2, "names": [{"user_id": 7}]})
    kept, answer, fails = Kept(), network.answer, [True]

    def likers(path: str, query: Any) -> Any:
        if not path.startswith("users/liked_message/"):
            return answer(path, query)
        return 500 if fails[0] and path.endswith("/12") else {"users": [{"id": 7}, {"id": 8}]}

    network.answer = likers
    events = network.read(kept, settings={"reactions": "full"})
    assert (len(posts(kept)), len(kept.current()["event"])) == (30, 59)
    assert incomplete(events) == ["yammer:1:messages/3"]
    fails[0] = False
    events = network.read(kept, settings={"reactions": "full"})
    assert len(kept.current()["event"]) == 60
    assert incomplete(events) == []


def test_private_talk_in_the_feed_of_the_company_is_left_out_until_it_is_asked_for(network: Any) -> None:
    network.write(1, days=3, group=None)
    network.write(2, days=2, group=None, direct_message=True, conversation_id=2)
    network.write(3, days=1, group=None, thread_id=2, conversation_id=2)
    kept = Kept()
    events = network.read(kept, settings={"company_feed": True})
    assert posts(kept) == {1}
    assert incomplete(events) == ["yammer:1:messages/company"]
    network.read(kept, settings={"company_feed": True}, include_direct=True)
    assert posts(kept) == {1, 2, 3}


def test_a_private_message_beside_a_page_is_left_out_until_it_is_asked_for(network: Any) -> None:
    network.write(5, days=1)
    network.references = [{"type": "message", "id": 2, "sender_id": 5, "direct_message": True, "thread_id": 2}]
    kept = Kept()
    network.read(kept)
    assert posts(kept) == {5}
    network.read(kept, include_direct=True)
    assert posts(kept) == {2, 5}


def test_a_message_of_which_nothing_can_be_read_but_its_id_costs_nothing_else(network: Any) -> None:
    """Every part null, ids as text, nothing beside the page: kept as far as it goes."""
    nothing = dict.fromkeys(("body", "sender_id", "created_at", "liked_by", "attachments"))
    network.write("7", days=2, thread_id="7", **nothing)
    network.write("8", days=1, thread_id="8", group="3", attachments=[None])
    network.write(9, days=1)
    network.messages[1]["group_id"] = 3
    network.references = None
    kept = Kept()
    events = network.read(kept)
    assert posts(kept) == {7, 8, 9}
    texts = {one["id"].rsplit(":", 1)[1]: one["text"] for one in kept.current()["post"]}
    assert texts == {"7": None, "8": "message 8", "9": "message 9"}
    assert incomplete(events) == ["yammer:1:messages/3"], "the attachment that is none is told"
