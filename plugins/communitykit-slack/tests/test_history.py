"""How a channel's messages are read, against a channel whose every answer is known."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from slack_channel import BASE, NOW, Channel, Run, at, busy, roots_of

from communitykit import CommunityKitError, ObjectUnavailableError, PermissionMissingError
from communitykit_slack.api.checkpoint import MAX_ROOTS, Progress
from communitykit_slack.api.messages import EMPTY_PAGES
from communitykit_slack.ids import ts_key


@pytest.mark.parametrize("page", [1, 2, 7, 999])
def test_a_first_run_reads_everything_once(page: int) -> None:
    channel = busy(page)
    run = Run(channel)
    assert set(run.posts) == {one["ts"] for one in channel.messages}
    assert set(run.handed.values()) == {1}, "a broadcast stands in the channel and in its thread"
    assert run.missed(set(run.posts), roots_of(channel)) == set()


@pytest.mark.parametrize("page", [3, 999])
def test_a_second_run_without_changes_asks_for_no_replies(page: int) -> None:
    channel = busy(page)
    first = Run(channel, lookback="all")
    for lookback in ("all", "30d", "1h"):
        again = Run(channel, first.checkpoint, lookback=lookback)
        assert again.calls["conversations.replies"] == 0
    assert Run(busy(), Run(busy()).checkpoint).calls == {"conversations.history": 1}


@pytest.mark.parametrize("page", [2, 999])
def test_every_interruption_is_made_good(page: int) -> None:
    total = sum(Run(busy(page)).calls.values())
    assert total > 3
    everything = {one["ts"] for one in busy(page).messages}
    for stop in range(total):
        channel = busy(page)
        first = Run(channel, stop_after=stop)
        later = NOW + timedelta(minutes=5)
        second = Run(channel, first.checkpoint, until=later)
        assert set(first.posts) | set(second.posts) == everything, stop
        assert second.missed(everything, roots_of(channel)) == set(), stop


def test_an_interrupted_second_run_still_sees_all_changes() -> None:
    channel = busy(5)
    stored = Run(channel)
    roots = roots_of(channel)
    channel.delete(at(22))
    channel.reply(at(20), at(0.5))
    channel.post(at(0.2))
    total = sum(Run(channel, stored.checkpoint).calls.values())
    for stop in range(total):
        cut = Run(channel, stored.checkpoint, stop_after=stop)
        rest = Run(channel, cut.checkpoint, until=NOW + timedelta(minutes=5))
        assert {at(0.5), at(0.2)} <= set(cut.posts) | set(rest.posts), stop
        assert rest.missed(set(stored.posts), roots) == {at(22)}, stop


def test_late_replies_are_found_with_one_request() -> None:
    channel = busy()
    first = Run(channel)
    channel.reply(at(10), at(0.1))
    second = Run(channel, first.checkpoint)
    assert second.calls == {"conversations.history": 1, "conversations.replies": 1}
    assert at(0.1) in second.posts
    assert "oldest" not in channel.asked[-1][1]
    assert second.missed(set(first.posts), roots_of(channel)) == set()


def test_of_a_long_thread_only_the_news_is_read() -> None:
    channel = busy()
    for number in range(1200):
        channel.reply(at(10), at(9, 1000 + number))
    first = Run(channel)
    channel.reply(at(10), at(0.1))
    second = Run(channel, first.checkpoint)
    assert second.calls == {"conversations.history": 1, "conversations.replies": 1}
    assert channel.asked[-1][1]["oldest"] == at(9, 2199)
    assert at(0.1) in second.posts
    roots = roots_of(channel)
    channel.delete(at(9, 1500))
    channel.reply(at(10), at(0.05))
    third = Run(channel, second.checkpoint)
    assert third.missed(set(first.posts) | set(second.posts), roots) == {at(9, 1500)}


def test_hot_threads_older_than_the_look_back_are_looked_at() -> None:
    channel = busy()
    channel.reply(at(60), at(5))
    first = Run(channel)
    quiet = Run(channel, first.checkpoint)
    assert quiet.calls == {"conversations.history": 2}
    channel.reply(at(60), at(0.1))
    second = Run(channel, quiet.checkpoint)
    assert at(0.1) in second.posts
    assert second.calls["conversations.replies"] == 1


def test_a_fallen_count_reads_the_thread_whole_and_sweeps_it() -> None:
    channel = busy()
    first = Run(channel)
    roots = roots_of(channel)
    channel.delete(at(10 - 0.2))
    second = Run(channel, first.checkpoint)
    assert second.missed(set(first.posts), roots) == {at(10 - 0.2)}


def test_a_deletion_hidden_by_a_new_reply_is_found() -> None:
    channel = busy()
    first = Run(channel)
    roots = roots_of(channel)
    channel.delete(at(10 - 0.1))
    channel.reply(at(10), at(0.1))
    second = Run(channel, first.checkpoint)
    assert at(0.1) in second.posts
    assert second.missed(set(first.posts), roots) == {at(10 - 0.1)}


def test_a_thread_that_lost_all_replies_or_its_root_is_swept() -> None:
    channel = busy()
    first = Run(channel)
    roots = roots_of(channel)
    for gone in (10, 10 - 0.1, 10 - 0.2):
        channel.delete(at(gone))
    for gone in (20 - 0.1, 20 - 0.2, 15):
        channel.delete(at(gone))
    second = Run(channel, first.checkpoint)
    assert second.missed(set(first.posts), roots) == {
        at(one) for one in (10, 10 - 0.1, 10 - 0.2, 20 - 0.1, 20 - 0.2, 15)
    }


def test_what_lies_before_the_look_back_is_never_swept() -> None:
    channel = busy()
    first = Run(channel)
    roots = roots_of(channel)
    channel.delete(at(58))
    assert Run(channel, first.checkpoint).missed(set(first.posts), roots) == set()
    assert Run(channel, first.checkpoint, lookback="all").missed(set(first.posts), roots) == {at(58)}


def test_since_bounds_the_past_and_an_earlier_since_reads_on() -> None:
    channel = busy()
    first = Run(channel, since=NOW - timedelta(days=25))
    assert at(24) in first.posts
    assert at(26) not in first.posts
    second = Run(channel, first.checkpoint, since=NOW - timedelta(days=45))
    assert at(26) in second.posts
    assert at(40 - 0.1) in second.posts
    assert at(46) not in second.posts
    third = Run(channel, second.checkpoint)
    assert at(60 - 0.1) in third.posts
    assert set(first.posts) | set(second.posts) | set(third.posts) == {one["ts"] for one in channel.messages}


def test_what_is_newer_than_the_run_is_left_for_the_next() -> None:
    channel = busy()
    first = Run(channel)
    channel.post(at(-1))
    channel.reply(at(10), at(-1, 200))
    second = Run(channel, first.checkpoint, until=NOW)
    assert {at(-1), at(-1, 200)}.isdisjoint(second.posts)
    third = Run(channel, second.checkpoint, until=NOW + timedelta(days=2))
    assert {at(-1), at(-1, 200)} <= set(third.posts)


@pytest.mark.parametrize("page", [1, 999])
def test_of_the_last_minute_nothing_is_taken_for_gone(page: int) -> None:
    channel = busy(page)
    for seconds in (90, 50, 30, 10):
        channel.post(f"{BASE - seconds}.000100")
    first = Run(channel)
    channel.post(at(-1))  # there is something newer than the run, so its last page is not the channel's
    second = Run(channel, first.checkpoint)
    for run in (first, second):
        assert all(sweep.until <= NOW - timedelta(seconds=60) for sweep, _ in run.swept if sweep.until is not None)
    assert any(sweep.until == NOW - timedelta(seconds=60) for sweep, _ in second.swept)


def test_all_threads_are_read_again_when_asked() -> None:
    channel = busy()
    first = Run(channel)
    second = Run(channel, first.checkpoint, threads="all")
    assert second.calls["conversations.replies"] == 2
    assert at(10 - 0.1) in second.posts


def test_an_empty_channel_costs_one_request_each_time() -> None:
    channel = Channel()
    first = Run(channel)
    channel.post(at(0.1))
    second = Run(channel, first.checkpoint)
    assert first.calls == second.calls == {"conversations.history": 1}
    assert at(0.1) in second.posts


def test_cut_lists_of_reactors_are_completed_once() -> None:
    channel = Channel()
    channel.post(at(2), reactions=[{"name": "+1", "users": ["U1"], "count": 3}])
    first = Run(channel)
    assert len(first.posts[at(2)]["reactions"][0]["users"]) == 3
    assert Run(channel, first.checkpoint).calls == {"conversations.history": 1}
    channel.messages[0]["reactions"][0]["count"] = 4
    assert Run(channel, first.checkpoint).calls["reactions.get"] == 1
    assert Run(channel, reactions="counted").calls["reactions.get"] == 0


def test_a_missing_scope_for_reactions_is_a_gap_not_an_end() -> None:
    channel = Channel()
    channel.post(at(2), reactions=[{"name": "+1", "users": ["U1"], "count": 3}])
    channel.broken = lambda method, _form: "missing_scope" if method == "reactions.get" else None
    run = Run(channel)
    assert at(2) in run.posts
    assert len(run.gaps) == 1


def test_the_limits_of_2025_are_explained() -> None:
    run = Run(busy(15))
    assert len(run.gaps) == 1
    assert "internal app" in run.gaps[0].reason
    assert Run(busy(999)).gaps == []


def test_hidden_history_is_no_deletion() -> None:
    channel = busy()
    first = Run(channel, lookback="all")
    roots = roots_of(channel)
    hidden = [one["ts"] for one in channel.messages if ts_key(one["ts"]) < ts_key(at(30))]
    for ts in hidden:
        channel.delete(ts)
    channel.extra = {"is_limited": True}
    second = Run(channel, first.checkpoint, lookback="all")
    assert second.missed(set(first.posts), roots) == set()
    assert [one.status for one in second.gaps] == ["truncated"]


def test_an_expired_cursor_goes_on_from_the_last_message() -> None:
    channel = busy(4)
    kept = channel.conversations_history
    channel.conversations_history = lambda form: {**kept(form), **_emptied(form)}  # type: ignore[method-assign]

    def _emptied(form: dict[str, Any]) -> dict[str, Any]:
        first = len(channel.asked) == 2 and "cursor" not in form
        return {"messages": [], "response_metadata": {"next_cursor": "soon stale"}} if first else {}

    channel.broken = lambda _method, form: "invalid_cursor" if "cursor" in form else None
    assert set(Run(channel).posts) == {one["ts"] for one in channel.messages}


def test_pages_that_never_end_are_told_and_read_by_the_next_run() -> None:
    channel = busy()
    channel.extra = {"messages": [], "response_metadata": {"next_cursor": "again"}}
    first = Run(channel)
    assert [one.status for one in first.gaps] == ["partial"]
    assert "no way to them" in first.gaps[0].reason
    assert first.swept == []
    channel.extra = {}
    assert set(Run(channel, first.checkpoint).posts) == {one["ts"] for one in channel.messages}


def test_ever_new_cursors_to_nothing_end() -> None:
    channel = busy()
    channel.answer, kept = (  # type: ignore[method-assign]
        lambda request: {
            **kept(request),
            "messages": [],
            "response_metadata": {"next_cursor": f"page {len(channel.asked)}"},
        },
        channel.answer,
    )
    run = Run(channel)
    assert run.calls["conversations.history"] == EMPTY_PAGES
    assert len(run.gaps) == 1


@pytest.mark.parametrize(
    ("code", "error"),
    [("not_in_channel", ObjectUnavailableError), ("missing_scope", PermissionMissingError)],
)
def test_a_closed_channel_says_why(code: str, error: type[CommunityKitError]) -> None:
    channel = busy()
    channel.broken = lambda _method, _form: code
    with pytest.raises(error, match=code) as caught:
        Run(channel)
    assert caught.value.remedy


def test_a_vanished_thread_does_not_end_the_channel() -> None:
    channel = busy()
    channel.broken = lambda method, form: (
        "thread_not_found" if method.endswith("replies") and form["ts"] == at(20) else None
    )
    run = Run(channel)
    assert at(10 - 0.1) in run.posts
    assert at(60 - 0.1) in run.posts


def test_threads_that_one_answer_holds_are_handed_on_together_and_others_by_themselves() -> None:
    channel = Channel()
    roots = [at(number) for number in range(1, 8)]
    for number, root in enumerate(roots, 1):
        channel.post(root)
        for later in (0.2, 0.1):
            channel.reply(root, at(number - later), **({"files": 7} if number == 3 else {}))
    cut = {"reactions": [{"name": "+1", "count": 3, "users": ["U1"]}]}
    channel.reply(roots[3], at(3.7), **cut)
    run = Run(channel, reactions="full")
    replies = [batch for batch in run.batches if batch and batch[0] not in roots]
    assert [len(batch) for batch in replies] == [10, 2, 3], "all but one that is odd and one whose lists are cut"
    assert {sweep.within["root_id"].rpartition("/")[2] for sweep, _ in run.swept if "root_id" in sweep.within} == {
        *roots
    }
    assert run.missed(set(run.posts), roots_of(channel)) == set()
    assert set(run.checkpoint["roots"]) == {*roots} - {roots[2]}, "a thread that is not understood is read again"


def test_reading_many_threads_saves_a_share_of_them_each_time() -> None:
    channel = Channel()
    for number in range(1200):
        root = at(80 - number / 100)
        channel.post(root)
        channel.reply(root, at(80 - number / 100 - 0.001))
    run = Run(channel)
    assert len(run.posts) == 2400
    assert len(run.checkpoint["roots"]) == 1200
    assert 64 < run.saved < 128


def test_checkpoints_are_small_json_and_old_ones_start_anew() -> None:
    run = Run(busy())
    assert run.checkpoint["v"] == 2
    for old in ({"v": 1, "floor": at(90), "high": at(0.1), "roots": {}}, {"v": 99}, {"v": 2, "spans": [7]}):
        assert Progress.load(old) == Progress()
        assert set(Run(busy(), old).posts) == set(run.posts)
    progress = Progress(roots={f"{1_500_000_000 + number}.000000": [1, ""] for number in range(MAX_ROOTS + 5)})
    assert progress.forget(0) == 5
    assert len(progress.roots) == MAX_ROOTS
