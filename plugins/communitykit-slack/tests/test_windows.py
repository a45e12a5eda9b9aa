"""Windows read in any order, whatever fails on the way: a plain run after them ends as a fresh full one."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from slack_channel import BASE, DAY, NOW, Channel, Run, at, busy, roots_of

from communitykit.sandbox import World
from communitykit.testing.reading import Kept
from communitykit_slack import SLACK
from communitykit_slack.api import spans
from communitykit_slack.api.channel import PATIENCE
from communitykit_slack.ids import ts_key


def long_talk(random: Random, *, page: int) -> Channel:
    """Make half a year of talk: threads are answered within the hour, or months later."""
    channel = Channel(page=page)
    for number in range(60):
        root = random.uniform(0.01, 180)
        channel.post(at(root, number))
        for _ in range(random.choice([0, 0, 1, 3])):
            late = root * random.choice([0.999, random.random()])
            channel.reply(at(root, number), at(late, 1000 + len(channel.messages)))
    return channel


def a_window(random: Random, now: datetime, days: float) -> dict[str, Any]:
    """Choose a window: open at one end, both, or none, and sometimes ending where another may begin."""
    early, late = sorted(random.choice([random.uniform(0, days), random.randrange(0, int(days), 15)]) for _ in range(2))
    since = {"since": now - timedelta(days=late)} if random.random() < 0.7 else {}
    return {**since, "until": now - timedelta(days=early)}


@pytest.mark.parametrize("seed", range(60))
def test_windows_in_any_order_and_then_a_plain_run_lose_nothing(seed: int) -> None:
    random = Random(seed)  # noqa: S311 # the same each time
    channel = long_talk(random, page=random.choice([2, 7, 999]))
    stored: dict[str, dict[str, Any]] = {}
    checkpoint = None
    windows = [a_window(random, NOW, 180) for _ in range(random.randrange(1, 6))]
    for window in [*windows, {"until": NOW}]:
        run = Run(channel, checkpoint, **window)
        assert all(ts_key(ts) <= ts_key(at((NOW - window["until"]).total_seconds() / DAY, 0)) for ts in run.posts)
        assert run.missed(stored.keys() | run.posts.keys(), roots_of(channel)) == set(), window
        stored.update(run.posts)
        checkpoint = run.checkpoint
    assert set(stored) == {one["ts"] for one in channel.messages}
    assert Run(channel, checkpoint).calls["conversations.replies"] == 0


def test_a_month_of_last_winter_between_later_runs_hides_nothing() -> None:
    channel = long_talk(Random(1), page=999)  # noqa: S311 # the same each time
    first = Run(channel, since=NOW - timedelta(days=90))
    second = Run(channel, first.checkpoint, since=NOW - timedelta(days=150), until=NOW - timedelta(days=120))
    third = Run(channel, second.checkpoint)
    assert set(first.posts) | set(second.posts) | set(third.posts) == {one["ts"] for one in channel.messages}
    again = Run(channel, third.checkpoint)
    assert again.calls["conversations.replies"] == 0
    assert len(third.checkpoint["spans"]) == 1


def test_a_nightly_until_finds_the_replies_of_the_night() -> None:
    channel = Channel()
    channel.post(at(100))
    channel.reply(at(100), at(90))
    channel.reply(at(100), at(0.1))
    midnight = NOW - timedelta(days=0.5)
    first = Run(channel, until=midnight)
    assert at(0.1) not in first.posts
    again = Run(channel, first.checkpoint, until=midnight)
    assert again.calls["conversations.replies"] == 0  # nothing that this window could hand on
    assert at(0.1) in Run(channel, again.checkpoint).posts


def test_a_thread_that_goes_on_after_the_window_is_not_swept_beyond_it() -> None:
    channel = Channel()
    channel.post(at(100))
    channel.reply(at(100), at(90))
    channel.reply(at(100), at(1))
    stored = set(Run(channel).posts)
    past = Run(channel, until=NOW - timedelta(days=50))
    assert past.missed(stored, roots_of(channel)) == set()


@pytest.mark.parametrize("seed", range(6))
def test_windows_of_the_simulated_slack_end_in_what_a_fresh_run_gives(seed: int) -> None:
    random = Random(seed)  # noqa: S311 # the same each time
    world = World(seed=5, size="tiny", platforms=("slack",))
    options = random.choice([{}, {"messages": 24}, {"messages": 3}])
    fresh, kept = Kept(), Kept()
    fresh.read(SLACK, world)
    for _ in range(random.randrange(1, 5)):
        ask: dict[str, Any] = a_window(random, world.now, 200)
        if random.random() < 0.5:
            ask["communities"] = (random.choice(["*a*", "*e*", "g*"]),)
        if random.random() < 0.3:
            ask["kinds"] = frozenset({random.choice(["post", "event", "member", "membership"])})
        kept.read(SLACK, world, options=options, **ask)
    kept.read(SLACK, world, options=options)
    assert len(fresh.current()["post"]) > 50
    assert kept.current() == fresh.current()


@pytest.mark.parametrize("page", [1, 2, 7])
@pytest.mark.parametrize("lookback", ["30d", "all"])
def test_a_server_that_pages_forward_costs_requests_and_nothing_else(page: int, lookback: str) -> None:
    channel = busy(page)
    channel.forward = True
    first = Run(channel, lookback=lookback)
    assert set(first.posts) == {one["ts"] for one in channel.messages}
    roots = roots_of(channel)
    channel.post(at(0.3))
    channel.delete(at(22))
    second = Run(channel, first.checkpoint, lookback=lookback)
    assert first.missed(set(first.posts), roots) == set()
    assert second.missed(set(first.posts), roots) == {at(22)}
    assert at(0.3) in second.posts


def test_nothing_is_swept_before_its_pages_were_seen_to_join() -> None:
    channel = busy(4)
    channel.forward = True
    channel.broken = lambda method, _form: (
        "internal_error" if method.endswith("history") and len(channel.asked) > 1 else None
    )
    first = Run(channel)
    assert [one for one, _ in first.swept if "root_id" not in one.within] == []
    assert [one.status for one in first.gaps] == ["partial"]
    channel.broken = lambda _method, _form: None
    second = Run(channel, first.checkpoint)
    assert set(first.posts) | set(second.posts) == {one["ts"] for one in channel.messages}


def test_more_without_a_cursor_is_read() -> None:
    channel = Channel(page=50)
    channel.cursors = False
    for number in range(100):
        channel.post(at(number + 1))
    for number in range(120):
        channel.reply(at(100), at(50, 1000 + number))
    run = Run(channel)
    assert len(run.posts) == 220
    assert run.gaps == []


def test_a_thread_that_always_fails_costs_only_itself_and_is_tried_again() -> None:
    channel = busy()
    channel.broken = lambda method, form: (
        "internal_error" if method.endswith("replies") and form["ts"] == at(20) else None
    )
    below = {at(20 - 0.1), at(20 - 0.2)}
    first = Run(channel)
    assert set(first.posts) == {one["ts"] for one in channel.messages} - below
    assert len(first.gaps) == 1
    assert at(20) in first.gaps[0].reason
    channel.post(at(0.1))
    second = Run(channel, first.checkpoint)
    assert at(0.1) in second.posts
    assert second.calls["conversations.replies"] == len(second.gaps) == 1
    channel.broken = lambda _method, _form: None
    third = Run(channel, second.checkpoint)
    assert below <= set(third.posts)
    assert third.gaps == []
    assert Run(channel, third.checkpoint).calls == {"conversations.history": 1}


def test_threads_that_all_fail_leave_the_channel_its_messages() -> None:
    channel = Channel()
    for number in range(3 * PATIENCE):
        channel.post(at(number + 1))
        channel.reply(at(number + 1), at(number + 0.5))
    channel.broken = lambda method, _form: "internal_error" if method.endswith("replies") else None
    first = Run(channel)
    assert len(first.posts) == 3 * PATIENCE
    assert PATIENCE <= first.calls["conversations.replies"] < 2 * PATIENCE
    channel.broken = lambda _method, _form: None
    second = Run(channel, first.checkpoint)
    assert set(first.posts) | set(second.posts) == {one["ts"] for one in channel.messages}


@pytest.mark.parametrize("code", ["internal_error", "no_permission", "some_new_code"])
def test_refused_reactions_of_one_message_cost_only_themselves(code: str) -> None:
    channel = Channel()
    for day in (1, 2, 3):
        channel.post(at(day), reactions=[{"name": "+1", "users": ["U1"], "count": 3}])
    channel.broken = lambda method, form: code if method == "reactions.get" and form["timestamp"] == at(2) else None
    run = Run(channel)
    assert [len(run.posts[at(day)]["reactions"][0]["users"]) for day in (1, 2, 3)] == [3, 1, 3]
    assert len(run.gaps) == 1
    assert at(2) in run.gaps[0].reason
    channel.broken = lambda _method, _form: None
    again = Run(channel, run.checkpoint)
    assert again.calls["reactions.get"] == 1
    assert len(again.posts[at(2)]["reactions"][0]["users"]) == 3


@pytest.mark.parametrize("gone", [False, True])
def test_a_refused_list_is_owed_until_it_is_read(gone: bool) -> None:  # noqa: FBT001 # a parameter of the test
    channel = Channel()
    channel.post(at(1))
    channel.post(at(300), reactions=[{"name": "+1", "users": ["U1"], "count": 3}])
    channel.broken = lambda method, _form: "internal_error" if method == "reactions.get" else None
    run = Run(channel)
    for _ in range(2):
        run = Run(channel, run.checkpoint)
        assert run.gaps != []
        assert at(300) not in run.posts  # far outside of the look-back
    channel.broken = lambda method, _form: "message_not_found" if gone and method == "reactions.get" else None
    again = Run(channel, run.checkpoint)
    assert again.gaps == []
    assert again.posts.get(at(300), {}) == (
        {} if gone else {"ts": at(300), "reactions": [{"name": "+1", "users": ["U0", "U1", "U2"], "count": 3}]}
    )
    assert Run(channel, again.checkpoint).calls["reactions.get"] == 0


def test_an_answer_about_another_message_is_no_list() -> None:
    channel = Channel()
    channel.post(at(1))
    channel.post(at(300), reactions=[{"name": "+1", "users": ["U1"], "count": 3}])
    channel.broken = lambda method, _form: "internal_error" if method == "reactions.get" else None
    run = Run(channel)
    channel.broken = lambda _method, _form: None
    channel.reactions_get = lambda _form: {"type": "message", "message": None}  # type: ignore[method-assign]
    again = Run(channel, run.checkpoint)
    assert at(300) not in again.posts
    assert "about no message" in again.gaps[0].reason
    del channel.reactions_get
    assert at(300) in Run(channel, again.checkpoint).posts


ODD: list[Any] = [None, 7, "x", [], {}, [None], [7], [{"name": None}], [{"name": "+1", "users": 5, "count": "many"}]]


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("name", ["reactions", "reply_count", "latest_reply", "thread_ts", "text", "blocks", "files"])
def test_odd_values_do_not_end_a_channel(name: str, odd: Any) -> None:
    channel = busy()
    channel.messages[3][name] = odd
    channel.messages[-1][name] = odd
    shown = channel.shown
    channel.shown = lambda item: {**shown(item), **({name: item[name]} if name in item else {})}  # type: ignore[method-assign]
    first = Run(channel)
    second = Run(channel, first.checkpoint)
    others = {one["ts"] for one in channel.messages if name not in one}
    assert others <= set(first.posts)
    assert second.missed(others, {ts: root for ts, root in roots_of(channel).items() if ts in others}) == set()


def test_payloads_that_are_no_messages_are_handed_on_as_they_are() -> None:
    channel = busy()
    kept = channel.conversations_history
    channel.conversations_history = lambda form: {**(page := kept(form)), "messages": [None, "x", *page["messages"]]}  # type: ignore[method-assign]
    run = Run(channel)
    assert run.odd == [None, "x"]
    assert {one["ts"] for one in channel.messages} == set(run.posts)


def test_spans_and_holes() -> None:
    assert spans.union([(5, 7), (1, 3), (3, 4), (6, 9), (2, 2)]) == [(1, 4), (5, 9)]
    assert spans.holes([(1, 4), (5, 9)], 0, 12) == [(0, 1), (4, 5), (9, 12)]
    assert spans.holes([(1, 4)], 2, 3) == []
    assert spans.holes([], 2, 2) == []
    assert spans.within([(1, 4), (5, 9)], 3, 6) == [(3, 4), (5, 6)]


def test_a_message_that_shows_late_is_found_without_a_look_back() -> None:
    channel = Channel()
    channel.post(at(1))
    channel.post(f"{BASE - 90}.000100")
    first = Run(channel)
    late = f"{BASE - 140}.000100"
    channel.post(late)
    second = Run(channel, first.checkpoint, until=NOW + timedelta(days=2), lookback="1h")
    assert late in second.posts
    assert at(1) not in second.posts
