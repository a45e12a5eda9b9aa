"""The flow that reads one channel's messages: what is new, what changed in the look-back, what was before.

History never shows replies, and a late reply does not bring its root up again. So a later run walks forward once, from
the start of the look-back to now, and compares what each root shows of its thread with what it showed before.

A deleted root leaves a tombstone while something is below it: where none is left, the thread is gone with it.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from communitykit import (
    Batch,
    CommunityKitError,
    CursorError,
    Gap,
    Response,
    Scope,
    Swept,
)
from communitykit_slack.channels import SIDE_BY_SIDE, Channel, messages_of
from communitykit_slack.ids import is_ts, parse_ts, ts_key, ts_of
from communitykit_slack.methods import HISTORY_LIMIT, PAGER
from communitykit_slack.progress import BEGINNING, MAX_ROOTS, SPARE_ROOTS, Progress, bound
from communitykit_slack.reactions import completed
from communitykit_slack.threads import Thread, read_threads

MARGIN = timedelta(seconds=60)
"""Slack's clock and ours may differ, and messages may show late: the last minute is read again and never swept."""

_TICK = timedelta(microseconds=1)
_SMALL_PAGE = 15

Steps = Generator[Any, Any, None]


def read_history(channel: Channel, progress: Progress, scope: Scope) -> Steps:
    """Read a channel: threads left over, news and the look-back, then the past as far as asked for."""
    lookback = scope.lookback_start(scope.settings.lookback_length)
    walk = _Walk(channel, progress, scope, bound(lookback))
    if progress.pending:
        yield from read_threads(channel, progress, [({"ts": ts}, ("whole", "")) for ts in progress.pending])
    if progress.high is not None:
        yield from walk.forward()
    yield from walk.backward()
    walk.forget()
    if walk.excess:
        yield Gap(f"{walk.excess} threads more than can be watched: their late replies are found by reading them whole")
    yield Batch("message", (), channel.context, checkpoint=progress.save())


class _Walk:
    """Pages of one channel's history, in either direction."""

    def __init__(self, channel: Channel, progress: Progress, scope: Scope, lookback: str) -> None:
        self.channel = channel
        self.lookback = lookback
        self.progress = progress
        self.scope = scope
        self.always = scope.settings.threads == "all"
        self.small_pages = 0
        self.explained: set[str] = set()
        self.excess = 0
        self._watch()

    def forget(self) -> None:
        """Keep the list of watched threads short."""
        self.excess += self.progress.forget(self.channel.watched_since)

    def _watch(self) -> None:
        """Watch the threads that the next walk can meet: it begins with the look-back, or before the newest message."""
        self.channel.watched_since = min(self.lookback, self._news(), key=ts_key)

    def _news(self) -> str:
        return ts_of(parse_ts(self.progress.high) - MARGIN) if self.progress.high else self.lookback

    def forward(self) -> Steps:
        """Walk from the start of the look-back (or the newest message, if that is older) to the run's `until`."""
        progress = self.progress
        start = max(min(self._news(), self.lookback, key=ts_key), progress.floor or BEGINNING, key=ts_key)
        interrupted = progress.walk
        if interrupted is not None and ts_key(interrupted[1]) > ts_key(start):
            # News first; then the part that the walk had behind it, since it may have changed meanwhile.
            yield from self._forward(interrupted[1], None, origin=start)
            yield from self._forward(start, interrupted[1], origin=start)
        else:
            yield from self._forward(start, None, origin=start)
        progress.walk = None
        yield from self._hot_threads(start)

    def _forward(self, start: str, end: str | None, *, origin: str) -> Steps:
        channel, progress = self.channel, self.progress
        known = {root for root in progress.roots if ts_key(root) > ts_key(start)}
        known = {root for root in known if end is None or ts_key(root) <= ts_key(end)}
        at = start
        request = channel.ask("conversations.history", oldest=at, limit=HISTORY_LIMIT)
        while True:
            response = yield from self._page(request, restart=at)
            items = messages_of(response)
            stamps = _stamps(items)
            due = [item for item in items if channel.is_due(item)]
            last = not _has_more(response) or len(due) < len(items)
            until = self._swept_until(stamps, last=last)
            items = yield from completed(self.channel, self.progress, due)
            yield Batch("message", items, channel.context)
            since = self._visible_from(response, at, stamps)
            if since is not None and until is not None and ts_key(until) > ts_key(since):
                within = {"community_id": channel.community_id, "parent_id": None}
                yield Swept("post", within, parse_bound(since), parse_ts(until), with_replies=True)
            known.difference_update(stamps)
            at = max([at, *_stamps(due)], key=ts_key)
            progress.walk = (origin, at) if not last else progress.walk
            progress.high = max(progress.high or at, *(_stamps(due) or [at]), key=ts_key)
            self._watch()
            yield from self._threads(items)
            if last or (end is not None and ts_key(at) >= ts_key(end)):
                break
            request = self._following(request, response, stamps, oldest=at)
        if "limited" in self.explained:  # what the plan hides is not gone
            return
        # Roots that were there and are not: their threads went with them, or stand alone now.
        yield from read_threads(channel, progress, [({"ts": ts}, ("whole", "")) for ts in sorted(known)])

    def backward(self) -> Steps:
        """Walk from the oldest message read to the beginning, or to `since`."""
        channel, progress = self.channel, self.progress
        goal = bound(self.scope.since)
        at = progress.floor or ts_of(parse_ts(channel.until) + _TICK)
        if progress.floor is not None and ts_key(progress.floor) <= ts_key(goal):
            return
        limits: dict[str, str | int] = {"limit": HISTORY_LIMIT}
        if self.scope.since is not None:
            limits["oldest"] = ts_of(self.scope.since - _TICK)  # bounds are exclusive
        request = channel.ask("conversations.history", latest=at, **limits)
        while True:
            response = yield from self._page(request, restart=at)
            stamps = _stamps(messages_of(response))
            items = yield from completed(self.channel, self.progress, messages_of(response))
            last = not _has_more(response)
            yield Batch("message", items, channel.context)
            reached = min(stamps, key=ts_key) if stamps else at
            lower = self._visible_from(response, goal, stamps) if last else _before(reached)
            if lower is not None and ts_key(_before(at)) > ts_key(lower):
                within = {"community_id": channel.community_id, "parent_id": None}
                newest = ts_of(parse_ts(channel.until) - MARGIN)
                until = min(_before(at), newest, key=ts_key)
                if ts_key(until) > ts_key(lower):
                    yield Swept("post", within, parse_bound(lower), parse_ts(until), with_replies=True)
            if stamps and progress.high is None:
                progress.high = max(stamps, key=ts_key)
                self._watch()
            # An empty channel has no mark yet: the next run begins anew, which costs one request.
            progress.floor = goal if last and progress.high is not None else reached if stamps else progress.floor
            yield from self._threads(items)
            if last:
                return
            at = reached
            request = self._following(request, response, stamps, latest=at)

    def _threads(self, items: list[dict[str, Any]]) -> Steps:
        """Note which threads of a page must be read, with the page's place as the checkpoint, and read them."""
        threads: list[Thread] = []
        for item in items:
            ts, thread = item.get("ts"), item.get("thread_ts")
            if not is_ts(ts) or (thread and thread != ts):
                continue
            visit = self.progress.visit(item, always=self.always)
            if visit is not None:
                threads.append((item, visit))
        if len(self.progress.roots) > MAX_ROOTS + SPARE_ROOTS:
            self.forget()
        self.progress.pending = [*self.progress.pending, *(root["ts"] for root, _ in threads)]
        yield Batch("message", (), self.channel.context, checkpoint=self.progress.save())
        yield from read_threads(self.channel, self.progress, threads)

    def _hot_threads(self, start: str) -> Steps:
        """Look at roots that are older than the walk but were answered lately, each with one small request."""
        hot = [
            root
            for root, told in sorted(self.progress.roots.items())
            if ts_key(root) <= ts_key(start) and ts_key(str(told[1] or root)) >= ts_key(self.lookback)
        ]
        for begin in range(0, len(hot), SIDE_BY_SIDE):
            group = hot[begin : begin + SIDE_BY_SIDE]
            answers = yield tuple(
                self.channel.ask("conversations.history", latest=ts, oldest=ts, inclusive="true", limit=1)
                for ts in group
            )
            items: list[dict[str, Any]] = []
            for ts, answer in zip(group, answers, strict=True):
                if isinstance(answer, CommunityKitError):
                    raise answer
                found = [item for item in messages_of(answer) if item.get("ts") == ts]
                if found or not answer.data.get("is_limited"):  # what the plan hides is not gone
                    items += found or [{"ts": ts}]
            shown = yield from completed(self.channel, self.progress, [item for item in items if len(item) > 1])
            yield Batch("message", shown, self.channel.context)
            yield from self._threads(items)

    def _page(self, request: Any, *, restart: str) -> Generator[Any, Any, Response]:  # noqa: ANN401
        """Get a page; when its cursor expired, go on from the last message instead."""
        try:
            response: Response = yield request
        except CursorError:
            form = {name: value for name, value in (request.form or {}).items() if name != "cursor"}
            form["latest" if "latest" in form else "oldest"] = restart
            response = yield replace(request, form=form)
        yield from self._explain(response)
        return response

    def _following(self, request: Any, response: Response, stamps: list[str], **bounds: str) -> Any:  # noqa: ANN401
        """Go on from the last message rather than by cursor, which expires; an empty page leaves only the cursor."""
        following = PAGER(response.request, response)
        if not stamps and following is not None:
            if following == response.request:
                raise CursorError("Slack gave the same cursor twice", subject=request.subject)
            return following
        form = {name: value for name, value in (request.form or {}).items() if name != "cursor"}
        if all(form.get(name) == value for name, value in bounds.items()):
            raise CursorError("Slack gave the same page twice", subject=request.subject)
        return replace(request, form={**form, **bounds})

    def _explain(self, response: Response) -> Steps:
        """Say once what limits this reading: the free plan's ninety days, or the limits of 2025."""
        found = messages_of(response)
        asked = int((response.request.form or {}).get("limit") or 0)
        small = bool(found) and len(found) <= _SMALL_PAGE < asked and _has_more(response)
        self.small_pages = self.small_pages + 1 if small else 0
        if (self.small_pages > 1 or (small and len(found) == _SMALL_PAGE)) and "small" not in self.explained:
            self.explained.add("small")
            yield Gap(
                "Slack gives this app 15 messages a request: it treats it as commercially distributed outside the "
                "Marketplace, which also means one request a minute. Make an internal app in your own workspace "
                "and use its token; for a long history import an export."
            )
        if response.data.get("is_limited") and "limited" not in self.explained:
            self.explained.add("limited")
            yield Gap("the workspace's free plan hides older messages", "truncated", self.channel.community_id)

    def _visible_from(self, response: Response, since: str, stamps: list[str]) -> str | None:
        """Give from where a page shows everything; where the plan hides the past, only from its oldest message."""
        if not response.data.get("is_limited"):
            return since
        return max(_before(min(stamps, key=ts_key)), since, key=ts_key) if stamps else None

    def _swept_until(self, stamps: list[str], *, last: bool) -> str | None:
        """Give up to where a forward page shows everything; of the last minute nothing is known for sure."""
        sure = ts_of(parse_ts(self.channel.until) - MARGIN)
        if last:
            return sure
        return min(max(stamps, key=ts_key), sure, key=ts_key) if stamps else None


BEGINNING_SAFE = "1000000.000000"


def parse_bound(ts: str) -> Any:  # noqa: ANN401 # a datetime, or None for the beginning
    """Read a bound of a sweep; the beginning has none."""
    return None if ts_key(ts) < ts_key(BEGINNING_SAFE) else parse_ts(ts)


def _before(ts: str) -> str:
    return ts_of(parse_ts(ts) - _TICK)


def _stamps(items: list[dict[str, Any]]) -> list[str]:
    return [item["ts"] for item in items if is_ts(item.get("ts"))]


def _has_more(response: Response) -> bool:
    return PAGER(response.request, response) is not None
