"""The flow that reads one group's feed: what was updated since, then the past as far as asked for.

A feed gives posts by their last activity, newest first, each with what is beside and below it. `since` and `until`
bound `updated_time`, which moves with every comment: so whatever was written since some moment stands in what was
updated since then, however old its post. A walk of that length therefore shows what is gone, too.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from communitykit import CursorError
from communitykit.connector import Batch, Gap, Pages, Request, Response, Selection, Swept
from communitykit_workplace.asking import completed, profiles
from communitykit_workplace.edges import rows
from communitykit_workplace.fields import post
from communitykit_workplace.ids import parse_time
from communitykit_workplace.methods import TooMuchError, UnknownFieldError, graph, graph_pager
from communitykit_workplace.progress import Progress

MARGIN = timedelta(seconds=60)
"""Clocks differ, and posts may show late: the last minute is read again and never swept."""

Steps = Generator[Any, Any, None]


@dataclass(frozen=True, slots=True)
class Feed:
    """A group's feed: `updated` is the group's own time of its last activity, in Unix seconds."""

    group: str
    label: str
    community_id: str
    updated: int | None = None


def read_feed(feed: Feed, progress: Progress, selection: Selection) -> Steps:
    """Read a feed from where its checkpoint says."""
    goal = _goal(selection)
    edge = _edge(progress, selection, goal)
    if progress.high is not None and _is_quiet(feed, progress, edge):
        return
    walk = _Walk(feed, progress, selection)
    whole = progress.walk is None
    if progress.walk is not None:
        low, high, began = progress.walk
        yield from walk.pages(began - int(MARGIN.total_seconds()), None)
        yield from walk.pages(min(low, edge), high, began=began)
    else:
        began = int(selection.until.timestamp())
        yield from walk.pages(edge, None, began=began)
    if whole and not walk.problems:
        since = datetime.fromtimestamp(edge, UTC) if edge else None
        yield Swept("post", {"community_id": feed.community_id}, since=since, until=selection.until - MARGIN)
    for problem in dict.fromkeys(walk.problems):
        yield Gap(problem, "partial", feed.community_id)
    if not walk.problems:
        progress.floor = edge if progress.high is None else min(progress.floor, edge)
        progress.high = began
        progress.updated = feed.updated
    progress.walk = None
    yield Batch("post", (), walk.context, checkpoint=progress.save())


def _goal(selection: Selection) -> int:
    return int(selection.since.timestamp()) if selection.since is not None else 0


def _edge(progress: Progress, selection: Selection, goal: int) -> int:
    """Return from when on this run reads: from the start of the look-back, or of what was never read."""
    if progress.high is None or goal < progress.floor:
        return goal
    lookback = selection.lookback_start(selection.settings.lookback_length)
    start = int(lookback.timestamp()) if lookback is not None else 0
    return max(progress.floor, goal, min(start, progress.high - int(MARGIN.total_seconds())))


def _is_quiet(feed: Feed, progress: Progress, edge: int) -> bool:
    """Tell whether the group itself says that nothing happened, and nothing stands in the look-back at all.

    Its word is taken only where it moves with its posts: it must not be older than the newest of them.
    """
    if feed.updated is None or progress.updated != feed.updated or progress.walk is not None:
        return False
    return progress.newest <= feed.updated < edge


class _Walk:
    """Pages of one feed, from the newest activity towards the past."""

    def __init__(self, feed: Feed, progress: Progress, selection: Selection) -> None:
        self.feed = feed
        self.progress = progress
        self.selection = selection
        self.settings = selection.settings
        self.size: int = selection.settings.page_size
        self.poll = True
        self.problems: list[str] = []
        self.known: set[str] = set()
        self.context = {"group": feed.group, "origin": "api"}

    def pages(self, since: int, until: int | None, *, began: int | None = None) -> Steps:
        """Walk what was updated between two moments; with `began`, note how far it came."""
        request, pages, oldest, restarted = self._ask(since, until), Pages(graph_pager), until, False
        while True:
            try:
                response: Response = yield request
            except TooMuchError:
                if self.size == 1:
                    raise
                self.size //= 2
                request = request.with_params(limit=self.size)
                continue
            except UnknownFieldError as error:
                if error.field != "poll" or not self.poll:
                    raise
                self.poll = False
                yield Gap("polls are not told here: the field is not known", "partial", self.feed.community_id)
                request = request.with_params(fields=self._fields())
                continue
            except CursorError:
                if restarted:
                    raise
                # The place in the feed is lost, the time that it had come to is not.
                request, pages, restarted = self._ask(since, oldest), Pages(graph_pager), True
                continue
            items = rows(response.data)
            yield from self._give(items)
            moments = [int(at.timestamp()) for one in items if (at := parse_time(one.get("updated_time")))]
            if moments:
                restarted = False
                oldest = min(moments) if oldest is None else min(oldest, *moments)
                self.progress.newest = max(self.progress.newest, *moments)
            following = pages.next(response)
            if began is not None and oldest is not None:
                self.progress.walk = (since, oldest, began)
                yield Batch("post", (), self.context, checkpoint=self.progress.save())
            if following is None:
                return
            request = following

    def _give(self, items: list[dict[str, Any]]) -> Steps:
        """Hand posts on, whole: with what their edges did not show."""
        due = [one for one in items if self._is_due(one)]
        self.problems += yield from completed(due, batch=self.settings.batch)
        yield from profiles(due, self.known, self.context)
        yield Batch("post", due, self.context)

    def _is_due(self, item: dict[str, Any]) -> bool:
        created = parse_time(item.get("created_time"))
        return created is None or created <= self.selection.until

    def _fields(self) -> str:
        return post(views=self.settings.views, poll=self.poll)

    def _ask(self, since: int, until: int | None) -> Request:
        bounds: dict[str, str | int] = {} if not since else {"since": since}
        bounds |= {} if until is None else {"until": until}
        return graph(
            f"{self.feed.group}/feed",
            subject=f"feed of {self.feed.label}",
            fields=self._fields(),
            limit=self.size,
            sorting_setting="RECENT_ACTIVITY",
            **bounds,
        )
