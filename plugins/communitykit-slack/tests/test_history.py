"""How a channel's messages are read, against a channel whose every answer is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from communitykit import (
    Batch,
    CommunityKitError,
    CursorError,
    Gap,
    ObjectUnavailableError,
    PermissionMissingError,
    Request,
    Response,
    Scope,
    Slice,
    Swept,
)
from communitykit_slack import SLACK, SlackSettings
from communitykit_slack.ids import parse_ts, ts_key
from communitykit_slack.progress import MAX_ROOTS, Progress

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BASE = int(NOW.timestamp())
DAY = 86_400
SLICE = Slice("messages/C1", "T1", ("post", "event"), "slack:T1:community:C1", "general", {"channel": "C1"})


def at(days: float, micros: int = 100) -> str:
    """Give the ts of so many days before now."""
    return f"{BASE - int(days * DAY)}.{micros:06d}"


class Channel:
    """A channel as Slack shows it: bounds exclusive, forward with `oldest` alone, replies apart."""

    def __init__(self, *messages: dict[str, Any], page: int = 999) -> None:
        self.messages = list(messages)
        self.page = page
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.extra: dict[str, Any] = {}
        self.broken: Callable[[str, dict[str, Any]], str | None] = lambda _method, _form: None

    def post(self, ts: str, **more: Any) -> None:
        self.messages.append({"type": "message", "user": "U1", "text": f"at {ts}", "ts": ts, **more})

    def reply(self, root: str, ts: str, **more: Any) -> None:
        self.post(ts, thread_ts=root, **more)

    def delete(self, ts: str) -> None:
        self.messages = [one for one in self.messages if one["ts"] != ts]

    def replies(self, root: str) -> list[dict[str, Any]]:
        found = [one for one in self.messages if one.get("thread_ts") == root and one["ts"] != root]
        return sorted(found, key=lambda one: ts_key(one["ts"]))

    def shown(self, item: dict[str, Any]) -> dict[str, Any]:
        replies = self.replies(item["ts"])
        told = (
            {"thread_ts": item["ts"], "reply_count": len(replies), "latest_reply": replies[-1]["ts"]} if replies else {}
        )
        return {**item, **told}

    def answer(self, request: Request) -> dict[str, Any]:
        form = dict(request.form or {})
        self.asked.append((request.url, form))
        if error := self.broken(request.url, form):
            return {"ok": False, "error": error}
        return {"ok": True, **getattr(self, request.url.replace(".", "_"))(form)}

    def conversations_history(self, form: dict[str, Any]) -> dict[str, Any]:
        roots = [
            one
            for one in self.messages
            if one.get("thread_ts", one["ts"]) == one["ts"] or one.get("subtype") == "thread_broadcast"
        ]
        found = self._page(roots, form, forward="oldest" in form and "latest" not in form, newest_first=True)
        return {**found, "messages": [self.shown(one) for one in found["messages"]], **self.extra}

    def conversations_replies(self, form: dict[str, Any]) -> dict[str, Any]:
        root = next((one for one in self.messages if one["ts"] == form["ts"]), None)
        replies = self.replies(form["ts"])
        if root is None and not replies:
            raise KeyError("thread_not_found")
        found = self._page(replies, form, forward=True, newest_first=False)
        return {**found, "messages": [*([self.shown(root)] if root else []), *found["messages"]]}

    def reactions_get(self, form: dict[str, Any]) -> dict[str, Any]:
        item = next(one for one in self.messages if one["ts"] == form["timestamp"])
        whole = [{**one, "users": [f"U{number}" for number in range(one["count"])]} for one in item["reactions"]]
        return {"type": "message", "message": {**item, "reactions": whole}}

    def _page(
        self, items: list[dict[str, Any]], form: dict[str, Any], *, forward: bool, newest_first: bool
    ) -> dict[str, Any]:
        inclusive = form.get("inclusive") == "true"
        low, high = (ts_key(str(form[name])) if name in form else None for name in ("oldest", "latest"))
        found = [
            one
            for one in items
            if (low is None or ts_key(one["ts"]) > low or (inclusive and ts_key(one["ts"]) == low))
            and (high is None or ts_key(one["ts"]) < high or (inclusive and ts_key(one["ts"]) == high))
        ]
        found.sort(key=lambda one: ts_key(one["ts"]), reverse=not forward)
        size = min(self.page, int(form["limit"]))
        page = sorted(found[:size], key=lambda one: ts_key(one["ts"]), reverse=newest_first)
        more = {"response_metadata": {"next_cursor": f"after {page[-1]['ts']}"}} if len(found) > size else {}
        return {"messages": page, "has_more": len(found) > size, **more}


class Stopped(Exception):  # noqa: N818 # an interruption, not an error
    pass


class Run:
    """What one run of the flow came to."""

    def __init__(
        self, channel: Channel, checkpoint: Any = None, *, stop_after: int = 10**9, until: datetime = NOW, **more: Any
    ) -> None:
        settings = SlackSettings(
            token="xoxb-1", **{name: more.pop(name) for name in ("lookback", "threads", "reactions") if name in more}
        )
        self.scope = Scope(settings=settings, until=until, **more)
        self.channel = channel
        self.posts: dict[str, dict[str, Any]] = {}
        self.seen: set[str] = set()
        self.vanished: set[str] = set()
        self.gaps: list[Gap] = []
        self.swept: list[tuple[Swept, set[str]]] = []
        self.checkpoint = checkpoint
        before = len(channel.asked)
        self._left = stop_after
        assert SLACK.read is not None
        flow = SLACK.read(self.scope, SLICE, checkpoint)
        try:
            self._drive(flow)
        except Stopped:
            flow.close()
        self.calls = Counter(method for method, _ in channel.asked[before:])

    def _drive(self, flow: Any) -> None:
        answer: Any = None
        while True:
            try:
                step = flow.throw(answer) if isinstance(answer, CommunityKitError) else flow.send(answer)
            except StopIteration:
                return
            answer = None
            if isinstance(step, Request):
                answer = self._ask(step)
            elif isinstance(step, tuple):
                answer = [self._ask(one) for one in step]
            elif isinstance(step, Batch):
                for item in step.items:
                    self.posts[item["ts"]] = dict(item)
                    self.seen.add(item["ts"])
                self.checkpoint = step.checkpoint or self.checkpoint
            elif isinstance(step, Swept):
                self.swept.append((step, set(self.seen)))
                self.seen.clear()
            else:
                self.gaps.append(step)

    def _ask(self, request: Request) -> Response | CommunityKitError:
        if self._left == 0:
            raise Stopped
        self._left -= 1
        try:
            data = self.channel.answer(request)
        except KeyError as error:
            data = {"ok": False, "error": error.args[0]}
        response = Response(request, 200, {}, data, NOW)
        assert SLACK.fault is not None
        return SLACK.fault(response) or response

    def missed(self, stored: set[str], roots: dict[str, str | None]) -> set[str]:
        """Work out which of the stored messages vanished, as the core would from the sweeps."""
        gone = set()
        for sweep, seen in self.swept:
            for ts in stored - seen:
                root = roots.get(ts)
                if "root_id" in sweep.within:
                    inside = root is not None and sweep.within["root_id"] == f"slack:T1:post:C1/{root}"
                else:
                    inside = root is None
                moment = parse_ts(ts)
                if (
                    inside
                    and (sweep.since is None or moment > sweep.since)
                    and (sweep.until is None or moment <= sweep.until)
                ):
                    gone.add(ts)
        return gone


def busy(page: int = 999) -> Channel:
    """Make a channel with a long past, threads old and new, and a broadcast."""
    channel = Channel(page=page)
    for day in range(60, 0, -2):
        channel.post(at(day))
    for root in (60, 40, 20, 10):
        channel.reply(at(root), at(root - 0.1))
        channel.reply(at(root), at(root - 0.2))
    channel.reply(at(20), at(15), subtype="thread_broadcast")
    return channel


@pytest.mark.parametrize("page", [1, 2, 7, 999])
def test_a_first_run_reads_everything_once(page: int) -> None:
    channel = busy(page)
    run = Run(channel)
    assert set(run.posts) == {one["ts"] for one in channel.messages}
    assert run.missed(set(run.posts), roots_of(channel)) == set()


def roots_of(channel: Channel) -> dict[str, str | None]:
    return {one["ts"]: (root if (root := one.get("thread_ts")) != one["ts"] else None) for one in channel.messages}


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


def test_a_page_that_never_ends_is_an_error() -> None:
    channel = busy()
    channel.extra = {"messages": [], "response_metadata": {"next_cursor": "again"}}
    with pytest.raises(CursorError):
        Run(channel)


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


def test_checkpoints_are_small_json_and_old_ones_start_anew() -> None:
    run = Run(busy())
    assert run.checkpoint["v"] == 1
    assert Progress.load({"v": 99, "high": "x"}) == Progress()
    progress = Progress(roots={f"{1_500_000_000 + number}.000000": [1, ""] for number in range(MAX_ROOTS + 5)})
    assert progress.forget("1.000000") == 5
    assert len(progress.roots) == MAX_ROOTS
