"""The flow that reads one feed: what is new and what changed in the look-back, then whatever was not handed on yet.

A feed gives 20 messages, newest first by id, replies among them, and older ones by `older_than`. A walk ends with a
page that is short, unless something tells of more: `meta.older_available`, or the group's own count of messages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from communitykit import (
    CommunityKitError,
    CursorError,
    ObjectUnavailableError,
    PermissionMissingError,
    ProtocolError,
    TransientError,
)
from communitykit.connector import JSON, Batch, Flow, Gap, Request, Selection, Swept, ask, counted
from communitykit_yammer.api.checkpoint import Progress, kinds_of
from communitykit_yammer.api.methods import FEED_PAGE, rest
from communitykit_yammer.api.pages import Page, id_of, is_cut, is_direct, moments
from communitykit_yammer.api.ranges import Ranges
from communitykit_yammer.api.reactions import completed
from communitykit_yammer.ids import number, parse_time

MARGIN = timedelta(seconds=60)
"""Yammer's clock and ours may differ, and messages may show late: the last minute is never swept."""
IN_A_ROW = 5
"""So many messages in a row that are older than a moment tell that the feed is past it; one may lie about its time."""
MAX_FAILURES = 2
"""So many pages that fail in a row end a walk."""
_EVER = datetime(2008, 1, 1, tzinfo=UTC)

Steps = Flow


@dataclass(slots=True)
class Feed:
    """A feed to be read: its path, what its messages need to be told, and what the group says that it holds.

    `updates` is the group's own count of messages, `latest` its newest message and when that was written (None: not
    told). `ungrouped` keeps what stands in no group.
    """

    path: str
    subject: str
    context: dict[str, JSON]
    community_id: str | None = None
    updates: int | None = None
    latest: tuple[int, datetime] | None = None
    ungrouped: bool = False

    def ask(self, older_than: int | None) -> Request:
        """Describe a page."""
        bound = {} if older_than is None else {"older_than": older_than}
        return rest(self.path, subject=self.subject, limit=FEED_PAGE, **bound)


def read_feed(feed: Feed, progress: Progress, selection: Selection) -> Steps:
    """Read a feed from where its checkpoint says."""
    if is_quiet(feed, progress, selection):
        return
    walk = _Walk(feed, progress, selection)
    yield from walk.walk()
    if walk.private:
        reason = f"left out: {counted(walk.private, 'message')} of private talk; ask for them with include_direct"
        yield Gap(reason, "skipped", option="include_direct")
    if not walk.denied:
        progress.updates = feed.updates
        yield Batch("message", (), feed.context, checkpoint=progress.save())


def is_quiet(feed: Feed, progress: Progress, selection: Selection) -> bool:
    """Tell whether the group's own figures say that nothing is new, and nothing stands in the look-back at all."""
    if feed.latest is None or feed.updates is None or progress.walked or progress.recent:
        return False
    native, written = feed.latest
    if native != progress.newest(kinds_of(selection)) or progress.missing(selection, native) is not None:
        return False
    return feed.updates == progress.updates and written < _edge(selection)


def _edge(selection: Selection) -> datetime:
    """Return where the look-back begins; nothing before `since` is looked at."""
    return max(selection.lookback_start(selection.settings.lookback_length) or _EVER, selection.since or _EVER)


class _Walk:
    """Pages of one feed, always towards the past: first the look-back, then whatever was not handed on yet.

    The platform sorts by id, and so does the walk. Times only tell where it may stop, and no single message does:
    scheduled and imported ones have an older time than their neighbours.
    """

    def __init__(self, feed: Feed, progress: Progress, selection: Selection) -> None:
        self.feed = feed
        self.progress = progress
        self.selection = selection
        self.kinds = kinds_of(selection)
        self.full = selection.settings.reactions == "full" and "event" in selection.kinds
        self.edge = _edge(selection)
        self.denied = False
        self.looked_back = False
        self.joined = True
        """Whether every page so far joined the one before, from the newest message on."""
        self.seen = 0
        self.failures = 0
        self.private = 0
        self.span = 1
        """How many ids the last page spans."""
        self.tail: list[datetime] = []
        """When the last messages were written, as far as their pages join."""
        self.bottom: int | None = None
        """The lowest id that was not older than `since`."""

    def walk(self) -> Steps:
        """Walk until there is nothing more to read."""
        if not self.progress.walked:
            self.progress.recent = self.progress.cut = 0
        at: int | None = None
        while True:
            try:
                page = Page.of((yield from ask(self.feed.ask(at))).data, subject=self.feed.subject)
            except (TransientError, ProtocolError) as error:
                at = self._behind(at, error)
                yield Gap(f"a page of {self.feed.subject} failed and is tried again with the next run: {error}")
                continue
            self.failures = 0
            if at is None and not page.size:
                yield from self._empty()
                if self.denied:
                    return
            if at is not None:
                self._check(page, at)
            self.seen += page.size
            last = self._is_last(page)
            yield from self._give(page, at, last=last)
            if last:
                self.progress.walked = Ranges()
                return
            if not page.messages:
                yield Gap(f"{self.feed.subject}: a page without a single readable message ended the reading early")
                return
            at = self._next(page, at)
            yield Batch("message", (), self.feed.context, checkpoint=self.progress.save())
            if at is None:
                return

    def _behind(self, at: int | None, error: CommunityKitError) -> int:
        """Return a cursor behind a page that failed: what stands between was not handed on, so it is asked for again.

        Raises the error itself where that was tried often enough, or nothing is known that could stand behind.
        """
        self.failures += 1
        newest = self.progress.newest(self.kinds)
        behind = (newest + 1 if newest else 0) if at is None else at - self.span
        if self.failures > MAX_FAILURES or behind <= 1:
            raise error
        self.span *= FEED_PAGE
        self.joined, self.tail, self.bottom = False, [], None
        return behind

    def _check(self, page: Page, at: int) -> None:
        """Leave out what a page repeats; one that repeats its cursor alone is empty, and so the end.

        Raises CursorError for a page that brings nothing new otherwise.
        """
        if page.ids == [at]:
            page.size = len(page.unreadable)
        elif page.messages and page.ids[-1] >= at:
            message = "Yammer gave the same page twice"
            raise CursorError(message, subject=self.feed.subject, remedy="What came before is kept; run again.")
        page.messages = [item for item in page.messages if id_of(item) < at]

    def _next(self, page: Page, at: int | None) -> int | None:
        """Return the next page's cursor, None where there is nothing more to read."""
        progress, since, lowest = self.progress, self.selection.since, page.ids[-1]
        self.span = page.ids[0] - lowest + 1
        if self.bottom is None:
            self.bottom = at or page.ids[0] + 1
        for item in page.messages:
            written = parse_time(item.get("created_at"))
            if written is not None:
                self.tail.append(written)
            if written is None or since is None or written >= since:
                self.bottom = id_of(item)
        del self.tail[:-IN_A_ROW]
        if since is not None and self._is_past(since):
            progress.note_bottom(self.bottom, since)
            progress.walked = Ranges()
            return None
        if not self.looked_back and self._is_past(self.edge):
            self.looked_back, progress.walked = True, Ranges()
        cursor = progress.missing(self.selection, lowest) if self.looked_back else progress.walked.below(lowest) + 1
        if cursor != lowest:
            self.joined, self.tail, self.bottom = False, [], None
        return cursor

    def _is_past(self, moment: datetime) -> bool:
        return len(self.tail) == IN_A_ROW and max(self.tail) < moment

    def _is_last(self, page: Page) -> bool:
        if not page.size:
            return True
        if page.size >= FEED_PAGE or page.older:
            return False
        # A page may be short though there is more; the group itself says how much it holds. Nothing says it of the
        # company's feed, which leaves out what its reader may not see after the page was cut: an empty page ends it.
        if self.feed.updates is None:
            return not self.feed.ungrouped
        return self.joined and self.seen >= self.feed.updates

    def _is_due(self, item: dict[str, JSON]) -> bool:
        written = parse_time(item.get("created_at"))
        return written is None or (self.selection.since or _EVER) <= written <= self.selection.until

    def _is_shown(self, item: dict[str, JSON]) -> bool:
        """Tell whether a message is this feed's to tell: the company's repeats what stands in groups."""
        if not self.feed.ungrouped:
            return True
        return number(item.get("group_id")) is None and (self.selection.include_direct or not is_direct(item))

    def _give(self, page: Page, at: int | None, *, last: bool) -> Steps:
        """Hand a page on; note and sweep exactly the ids that were handed on."""
        feed, progress = self.feed, self.progress
        due = [item for item in page.messages if self._is_due(item)]
        shown = [item for item in due if self._is_shown(item)]
        self.private += sum(map(is_direct, due)) - sum(map(is_direct, shown)) if feed.ungrouped else 0
        progress.cut += sum(map(is_cut, shown))
        progress.recent += sum(1 for moment in moments(page.messages) if moment >= self.edge)
        owed: dict[int, str] = {}
        told = {id_of(item): item for item in (yield from self._with_likers(shown, owed))}
        context = page.context(feed.context)
        if feed.ungrouped:
            beside = {number(item.get(name)) for item in shown for name in ("thread_id", "sender_id")} - {None}
            page.references = [one for one in page.references if number(one.get("id")) in beside]
        if not self.selection.include_direct:
            page.references = [one for one in page.references if one.get("type") != "message" or not is_direct(one)]
        yield from page.around(context)
        if page.unreadable:
            yield Batch("message", page.unreadable, context)
        for part in page.parts({id_of(item) for item in due}, at):
            yield Batch("message", [told[native] for native in part.ids if native in told], context)
            if not page.unreadable:
                yield from self._sweep(part.low, part.high)
            progress.seen += sum(not progress.holds(self.kinds, native) for native in part.ids)
            high = part.ids[0] if part.high is None else part.high
            for low, top in _without(owed, part.low, high):
                progress.hand_on(self.kinds, low, top)
            if not self.looked_back:
                progress.walked.add(part.low, high)
        if page.unreadable:  # nothing vanishes from a window that holds what shows no id; it ends here all the same
            yield from self._sweep(page.ids[-1] if page.ids else 0, None if at is None else at - 1)
        if last:
            yield from self._end(page, page.ids[-1] if page.ids else at)

    def _end(self, page: Page, lowest: int | None) -> Steps:
        """Say that nothing stands below an id, or not yet, where the group speaks of more messages than came."""
        updates, progress = self.feed.updates, self.progress
        whole = page.size > 0 if updates is None else self.seen >= updates
        if self.joined and whole and not page.unreadable:
            yield from self._sweep(0, None if lowest is None else lowest - 1)
        if lowest is None:
            return
        if updates is None or max(self.seen, progress.seen) >= updates or progress.end == lowest:
            progress.hand_on(self.kinds, 1, lowest - 1)
        progress.end = lowest

    def _sweep(self, low: int, high: int | None) -> Steps:
        """Say that what came is all that stands between two ids, but for the last minute."""
        if (where := self.feed.community_id) is not None:
            until = self.selection.until - MARGIN
            yield Swept("post", {"community_id": where}, until=until, lowest=low, highest=high)

    def _with_likers(self, items: list[dict[str, JSON]], owed: dict[int, str]) -> Flow[list[dict[str, JSON]]]:
        """Complete the lists of who reacted, where that was asked for and is allowed."""
        if not self.full:
            return items
        try:
            items = yield from completed(items, self.progress, owed)
        except PermissionMissingError as error:
            self.full = False
            yield Gap(f"not everybody who reacted: {error}")
        for native, why in owed.items():
            yield Gap(f"not everybody who reacted to message {native}, it is tried again: {why}")
        return items

    def _empty(self) -> Steps:
        """A group that shows nothing is quiet, or closed to the token's owner: 200 and an empty list, either way."""
        feed = self.feed
        group = feed.context.get("group")
        if group is None or feed.updates == 0:
            return
        closed = bool(feed.updates)
        if not closed:
            try:
                yield from ask(rest(f"users/in_group/{group}", subject=feed.subject, page=1))
            except (PermissionMissingError, ObjectUnavailableError):
                closed = True
        if closed:
            self.denied = True
            yield Gap(
                f"{feed.subject} holds messages but shows none: the token's owner is not a member. "
                "Join it, or use the token of somebody who is in it.",
                "denied",
            )


def _without(owed: Mapping[int, str], low: int, high: int) -> Iterator[tuple[int, int]]:
    """Return a range of ids without those that are still owed, as ranges."""
    for native in sorted(one for one in owed if low <= one <= high):
        yield low, native - 1
        low = native + 1
    yield low, high
