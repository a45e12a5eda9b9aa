"""The flow that reads one group's feed: what was updated since, then the past as far as asked for.

A feed gives posts by their last activity, newest first, each with what is beside and below it. `since` and `until`
bound `updated_time`, which moves with every comment: so whatever was written since some moment stands in what was
updated since then, however old its post. A walk of that length therefore shows what is gone, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from communitykit import CursorError, ObjectUnavailableError, ProtocolError
from communitykit.connector import JSON, Batch, Flow, Gap, Pages, Request, Response, Selection, Swept, ask
from communitykit_workplace.api.asking import completed, gather
from communitykit_workplace.api.checkpoint import Progress
from communitykit_workplace.api.fields import post
from communitykit_workplace.api.methods import TooMuchError, UnknownFieldError, graph, graph_pager
from communitykit_workplace.edges import cut, is_odd, listed, profiles, rows, shows_replies
from communitykit_workplace.ids import native_id, parse_time

MARGIN = timedelta(seconds=60)
"""Clocks differ, and posts may show late: the last minute is read again and never swept."""

_MOST_OWED = 1000
"""Posts that are asked for one by one in a later run; where more are owed, it reads the feed again."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A group's feed: `updated` is the group's own time of its last activity, in Unix seconds."""

    group: str
    label: str
    community_id: str
    updated: int | None = None


def read_feed(feed: Feed, progress: Progress, selection: Selection) -> Flow:
    """Read a feed from where its checkpoint says."""
    goal = int(selection.since.timestamp()) if selection.since is not None else 0
    edge = _edge(progress, selection, goal)
    if _is_quiet(feed, progress, selection, goal):
        return
    walk = _Walk(feed, progress, selection)
    resumed, before = progress.walk, progress.high
    debts = list(progress.owed)
    if resumed is not None:
        low, high, top = resumed
        edge = min(low, edge)
        yield from walk.pages(top - int(MARGIN.total_seconds()), None)
        yield from walk.pages(edge, high, top=top)
    else:
        yield from walk.pages(edge, None, top=int(selection.until.timestamp()))
    yield from walk.owed(debts)
    if resumed is None and walk.whole and not walk.problems and not progress.owed:
        since = datetime.fromtimestamp(edge, UTC) if edge else None
        yield Swept("post", {"community_id": feed.community_id}, since=since, until=selection.until - MARGIN)
    for problem in dict.fromkeys([*walk.told, *walk.problems]):
        yield Gap(problem, "partial")
    if not walk.problems:
        # What lies between what was read before and what was read now was kept out: the next run reads it.
        apart = before is None or edge > before
        progress.floor = edge if apart else min(progress.floor, edge)
        progress.high = _high(walk, resumed, selection, before=before, edge=edge)
        progress.updated = feed.updated
    progress.walk = None
    yield Batch("post", (), walk.context, checkpoint=progress.save())


def _high(
    walk: _Walk, resumed: tuple[int, int, int] | None, selection: Selection, *, before: int | None, edge: int
) -> int:
    """Tell up to when everything was read and handed on: a time of the feed's, since clocks differ."""
    shown = walk.newest or (edge if before is None or edge > before else before)
    return min(resumed[2] if resumed is not None else shown, shown, int(selection.until.timestamp()))


def _edge(progress: Progress, selection: Selection, goal: int) -> int:
    """Return from when on this run reads: from the start of the look-back, or of what was never read."""
    if progress.high is None or goal < progress.floor:
        return goal
    start = _lookback(selection)
    return max(progress.floor, goal, min(start, progress.high - int(MARGIN.total_seconds())))


def _lookback(selection: Selection) -> int:
    start = selection.lookback_start(selection.settings.lookback_length)
    return int(start.timestamp()) if start is not None else 0


def _is_quiet(feed: Feed, progress: Progress, selection: Selection, goal: int) -> bool:
    """Tell whether the group itself says that nothing happened, and nothing stands in the look-back at all.

    Its word is taken only where it moves with its posts: it must not be older than the newest of them.
    """
    if progress.high is None or goal < progress.floor or progress.walk is not None or progress.owed:
        return False
    if feed.updated is None or progress.updated != feed.updated:
        return False
    return progress.newest <= progress.high and progress.newest <= feed.updated < _lookback(selection)


class _Walk:
    """Pages of one feed, from the newest activity towards the past.

    `problems` are what kept it from its end, `told` what is owed; `whole` tells whether all that it showed was seen to
    its last reply, and `newest` is the newest `updated_time` of this walk.
    """

    def __init__(self, feed: Feed, progress: Progress, selection: Selection) -> None:
        self.feed = feed
        self.progress = progress
        self.selection = selection
        self.settings = selection.settings
        self.size: int = selection.settings.page_size
        self.poll = True
        self.problems: list[str] = []
        self.told: list[str] = []
        self.whole = True
        self.newest = 0
        self.known: set[str] = set()
        self.shown: set[str] = set()
        self.context = {"group": feed.group, "origin": "api"}

    def owed(self, debts: list[str]) -> Flow:
        """Ask once more for posts that earlier runs could not have whole, and that this one did not come by."""
        asked = [native for native in debts if native in self.progress.owed and native not in self.shown]
        answers = yield from gather(
            [graph(native, subject=f"post {native}", fields=self._fields()) for native in asked],
            batch=self.settings.batch,
        )
        for native, answer in zip(asked, answers, strict=True):
            if isinstance(answer, Response):
                yield from self._give([answer.data])
            elif isinstance(answer, ObjectUnavailableError):  # one that was deleted is owed no more
                self.progress.owed.remove(native)
            else:
                self.told.append(str(answer))

    def pages(self, since: int, until: int | None, *, top: int | None = None) -> Flow:
        """Walk what was updated between two moments; with `top`, up to when all is read then, note how far it came."""
        request, pages, oldest, restarted = self._ask(since, until), Pages(graph_pager), until, False
        ordered = True
        while True:
            try:
                response = yield from ask(request)
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
                yield Gap("polls are not told here: the field is not known", "partial")
                request = request.with_params(fields=self._fields())
                continue
            except CursorError:
                if restarted:
                    raise
                # The place in the feed is lost, the time that it had come to is not.
                request = self._ask(since, oldest if ordered else until)
                pages, restarted = Pages(graph_pager), True
                continue
            if not isinstance(response.data, dict) or "data" not in response.data or is_odd(response.data):
                raise ProtocolError("the answer is no page of a feed", subject=request.subject)
            items = listed(response.data)
            yield from self._give(items)
            moments = [int(at.timestamp()) for one in rows(items) if (at := parse_time(one.get("updated_time")))]
            if moments:
                restarted = False
                # Only a feed that was seen to go back in time can be gone on with from a time.
                ordered = ordered and (oldest is None or max(moments) <= oldest) and moments == sorted(moments)[::-1]
                oldest = min(moments) if oldest is None else min(oldest, *moments)
                self.newest = max(self.newest, *moments)
                self.progress.newest = max(self.progress.newest, self.newest)
            try:
                following = pages.next(response)
            except CursorError as error:
                self.problems.append(str(error))
                return
            if top is not None and oldest is not None:
                self.progress.walk = (since, oldest, min(top, self.newest or top)) if ordered else None
                yield Batch("post", (), self.context, checkpoint=self.progress.save())
            if following is None:
                return
            request = following

    def _give(self, items: list[JSON]) -> Flow:
        """Hand posts on, whole: with what their edges did not show. What is no object is handed on to be an Issue."""
        due = [one for one in items if self._is_due(one)]
        objects = rows(due)
        self.told += yield from completed(objects, batch=self.settings.batch)
        named = {native: one for one in objects if (native := native_id(one.get("id")))}
        owed = {native for native, one in named.items() if any(True for _ in cut(one))}
        self.shown |= named.keys()
        self.progress.owed = sorted(owed.union(self.progress.owed) - (named.keys() - owed))
        if len(self.progress.owed) > _MOST_OWED:
            self.problems.append(f"of more than {_MOST_OWED} posts something could not be had")
            self.progress.owed = []
        self.whole = self.whole and all(shows_replies(one) for one in objects if not one.get("story"))
        yield from profiles(objects, self.known, self.context)
        yield Batch("post", due, self.context)

    def _is_due(self, item: JSON) -> bool:
        if not isinstance(item, dict):
            return True
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
