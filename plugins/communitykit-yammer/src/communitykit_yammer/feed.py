"""The flow that reads one feed: what is new and what changed in the look-back, then the past as far as asked for.

A feed gives 20 messages, newest first, replies among them, and older ones by `older_than`. A walk ends with a page
that is short, unless something tells of more: `meta.older_available`, or the group's own count of messages.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from communitykit import (
    Batch,
    CursorError,
    Gap,
    ObjectUnavailableError,
    PermissionMissingError,
    Request,
    Scope,
    Swept,
)
from communitykit_yammer.ids import number, parse_time
from communitykit_yammer.methods import FEED_PAGE, rest
from communitykit_yammer.pages import Page, id_of, is_cut, moments
from communitykit_yammer.progress import Progress
from communitykit_yammer.reactions import completed

MARGIN = timedelta(seconds=60)
"""Yammer's clock and ours may differ, and messages may show late: the last minute is never swept."""
_SECOND = timedelta(seconds=1)  # the precision of Yammer's times
_EVER = datetime(2008, 1, 1, tzinfo=UTC)

Steps = Generator[Any, Any, None]


@dataclass(slots=True)
class Feed:
    """A feed to be read: its path, what its messages need to be told, and what the group says that it holds.

    `updates` is the group's own count of messages, `latest` its newest message and when that was written (None: not
    told). `ungrouped` keeps what stands in no group.
    """

    path: str
    subject: str
    context: dict[str, Any]
    community_id: str | None = None
    updates: int | None = None
    latest: tuple[int, datetime] | None = None
    ungrouped: bool = False

    def ask(self, older_than: int | None) -> Request:
        """Describe a page."""
        bound = {} if older_than is None else {"older_than": older_than}
        return rest(self.path, subject=self.subject, limit=FEED_PAGE, **bound)


def read_feed(feed: Feed, progress: Progress, scope: Scope) -> Steps:
    """Read a feed from where its checkpoint says."""
    if is_quiet(feed, progress, scope):
        return
    walk = _Walk(feed, progress, scope)
    if progress.high is not None:
        yield from walk.forward()
    yield from walk.backward()
    if not walk.denied:
        progress.updates = feed.updates
        yield Batch("message", (), feed.context, checkpoint=progress.save())


def is_quiet(feed: Feed, progress: Progress, scope: Scope) -> bool:
    """Tell whether the group's own figures say that nothing is new, and nothing stands in the look-back at all."""
    if feed.latest is None or feed.updates is None or progress.walk is not None or not progress.reaches(_goal(scope)):
        return False
    native, written = feed.latest
    return native == progress.high and feed.updates == progress.updates and written < _edge(scope)


def _goal(scope: Scope) -> str:
    return scope.since.astimezone(UTC).isoformat() if scope.since is not None else ""


def _edge(scope: Scope) -> datetime:
    """Give where the look-back begins; nothing before `since` is looked at."""
    return max(scope.lookback_start(scope.settings.lookback_length) or _EVER, scope.since or _EVER)


class _Walk:
    """Pages of one feed, always towards the past."""

    def __init__(self, feed: Feed, progress: Progress, scope: Scope) -> None:
        self.feed = feed
        self.progress = progress
        self.scope = scope
        self.full = scope.settings.reactions == "full"
        self.edge = _edge(scope)
        self.until: datetime = scope.until
        """Up to where the next sweep goes; what is newer than the run's own end is not known yet."""
        self.goal = _goal(scope)
        self.seen = 0
        self.denied = False
        self.newest: int | None = None

    def forward(self) -> Steps:
        """Walk from the newest message through the look-back, and at least to the newest one known."""
        progress = self.progress
        known = progress.high or 0
        interrupted = progress.walk
        self._begin()
        if interrupted is not None:
            # What came since, then on from where that walk stopped; what lies between was read by it.
            yield from self._pages(None, stop=lambda page: bool(page.ids) and page.ids[-1] <= interrupted[0])
            newest = max(self.newest or 0, interrupted[0])
            at: int | None = interrupted[1]
            self._resume()
        else:
            newest, at = 0, None
        finished = yield from self._pages(
            at, stop=lambda page: self._passed(page, known), note=lambda last: self._walked(last, newest)
        )
        progress.high = max(known, newest, self.newest or 0)
        progress.walk = None
        if finished and not self.denied:
            progress.done = ""

    def backward(self) -> Steps:
        """Walk from the oldest message read to the beginning, or to `since`."""
        progress = self.progress
        goal = self.goal
        if self.denied or progress.reaches(goal):
            return
        self._begin()
        if progress.floor is not None:
            self._resume()
        since = self.scope.since
        finished = yield from self._pages(
            progress.floor,
            stop=lambda page: since is not None and any(moment < since for moment in moments(page.messages)),
            note=self._filled,
            counted=progress.seen,
        )
        if progress.high is not None:
            progress.done = "" if finished else goal

    def _begin(self) -> None:
        self.until, self.newest = self.scope.until - MARGIN, None
        if self.progress.floor is None or self.progress.done is not None:
            self.progress.recent = self.progress.cut = 0

    def _resume(self) -> None:
        """Sweep nothing until a page has told when it stands."""
        self.until = _EVER

    def _walked(self, last: int, newest: int) -> None:
        self.progress.walk = (max(newest, self.newest or 0), last)

    def _filled(self, last: int) -> None:
        self.progress.floor, self.progress.seen = last, self.seen
        if self.progress.high is None:
            self.progress.high = self.newest

    def _passed(self, page: Page, known: int) -> bool:
        """Tell whether a page reaches beyond the look-back, and beyond what is to be read anyway."""
        floor = self.progress.floor
        if self.progress.done is None and floor is not None and bool(page.ids) and page.ids[-1] <= floor:
            return True
        written = moments(page.messages)
        return bool(page.ids) and page.ids[-1] <= known and any(moment < self.edge for moment in written)

    def _pages(
        self,
        older_than: int | None,
        *,
        stop: Callable[[Page], bool],
        note: Callable[[int], None] | None = None,
        counted: int = 0,  # two short callables
    ) -> Generator[Any, Any, bool]:
        """Walk until `stop` or the end of the feed; tell whether it was the end."""
        feed, at, self.seen = self.feed, older_than, counted
        while True:
            page = Page.of((yield feed.ask(at)).data)
            if older_than is None and at is None and not page.size:
                yield from self._empty()
                if self.denied:
                    return False
            ids = page.ids
            if at is not None and ids and ids[0] >= at:
                if ids[-1] >= at:
                    message = "Yammer gave the same page twice"
                    raise CursorError(message, subject=feed.subject, remedy="What came before is kept; run again.")
                page.messages = [item for item in page.messages if id_of(item) < at]
                ids = page.ids
            self.seen += page.size
            ended = self._is_last(page)
            yield from self._give(page, last=ended)
            if ids and (self.newest is None or at is None):
                self.newest = max([self.newest or 0, *self._due_ids(page)]) or None
            if ids:
                at = ids[-1]
                if note is not None:
                    note(at)
                    self.progress.recent += sum(1 for moment in moments(page.messages) if moment >= self.edge)
                    yield Batch("message", (), feed.context, checkpoint=self.progress.save())
            elif page.size and not ended:
                yield Gap(f"{feed.subject}: a page without a single readable message ended the reading early")
                return False
            if ended:
                return True
            if stop(page):
                return False

    def _due_ids(self, page: Page) -> list[int]:
        return [id_of(item) for item in page.messages if self._is_due(item)]

    def _is_due(self, item: dict[str, Any]) -> bool:
        written = parse_time(item.get("created_at"))
        return written is None or (self.scope.since or _EVER) <= written <= self.scope.until

    def _is_last(self, page: Page) -> bool:
        if not page.size:
            return True
        if page.size >= FEED_PAGE or page.older:
            return False
        # A page may be short though there is more; the group itself says how much it holds.
        return self.feed.updates is None or self.seen >= self.feed.updates

    def _give(self, page: Page, *, last: bool) -> Steps:
        """Hand a page on and sweep what it shows whole.

        Times are told to the second, so messages of the page's oldest second may continue on the next one: they are
        handed on after the sweep, as the beginning of the next window.
        """
        feed = self.feed
        context = page.context(feed.context)
        due = [item for item in page.messages if self._is_due(item)]
        if feed.ungrouped:
            due = [item for item in due if number(item.get("group_id")) is None]
        self.progress.cut += sum(map(is_cut, due))
        due = yield from self._with_likers(due)
        if not feed.ungrouped:
            yield from page.around(context)
        elif due:
            shown = {item.get("thread_id") for item in due} | {item.get("sender_id") for item in due}
            page.references = [one for one in page.references if one.get("id") in shown]
            yield from page.around(context)
        written = moments(page.messages)
        oldest = min(written) if written else None
        late = [item for item in due if parse_time(item.get("created_at")) == oldest] if not last else []
        first = [item for item in due if item not in late] if late else due
        yield Batch("message", [*first, *page.unreadable], context)
        if feed.community_id is not None and (last or oldest is not None):
            since = self.scope.since if last else oldest
            if last and self._is_short():
                since = oldest or self.until
            if since is None or since < self.until:
                yield Swept("post", {"community_id": feed.community_id}, since=since, until=self.until)
            if oldest is not None:
                self.until = min(oldest, self.scope.until - MARGIN)
        if late:
            yield Batch("message", late, context)

    def _with_likers(self, items: list[dict[str, Any]]) -> Generator[Any, Any, list[dict[str, Any]]]:
        """Complete the lists of who reacted, where that was asked for and is allowed."""
        if not self.full:
            return items
        try:
            return (yield from completed(items, self.progress))
        except PermissionMissingError as error:
            self.full = False
            yield Gap(f"not everybody who reacted: {error}", community_id=self.feed.community_id)
            return items

    def _is_short(self) -> bool:
        """Tell whether fewer messages came than the group says that it holds: what is older may not be gone."""
        return self.feed.updates is not None and self.seen < self.feed.updates and self.progress.done is None

    def _empty(self) -> Steps:
        """A group that shows nothing is quiet, or closed to the token's owner: 200 and an empty list, either way."""
        feed = self.feed
        group = feed.context.get("group")
        if group is None or feed.updates == 0:
            return
        closed = bool(feed.updates)
        if not closed:
            try:
                yield rest(f"users/in_group/{group}", subject=feed.subject, page=1)
            except (PermissionMissingError, ObjectUnavailableError):
                closed = True
        if closed:
            self.denied = True
            yield Gap(
                f"{feed.subject} holds messages but shows none: the token's owner is not a member. "
                "Join it, or use the token of somebody who is in it.",
                "denied",
                feed.community_id,
            )
