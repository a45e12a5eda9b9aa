"""The flow that reads one channel's messages: all of them first, then what changed, and weekly the look-back whole.

The plain list is ordered by the latest activity of each thread, newest first; `$expand=replies` brings up to a thousand
replies with each message. Delta (`messages/delta`) shows threads in which something was written, edited or deleted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, timedelta
from http import HTTPStatus

from communitykit import CursorError, ForeignHostError, ProtocolError, TransientError
from communitykit.connector import JSON, Batch, Flow, Gap, Pages, Request, Selection, Swept, ask
from communitykit.connector.odata import odata_pager
from communitykit.connector.parts import is_understood
from communitykit_teams.api.checkpoint import DAY, REMEMBERED, Progress, Walk, moment, polled
from communitykit_teams.api.threads import MORE, Channel, Threads, activity, replies_of, said
from communitykit_teams.ids import parse_time
from communitykit_teams.translate.messages import message

Steps = Flow
MARGIN = timedelta(minutes=1)
"""Clocks differ, and messages may show late: of the last minute nothing is swept."""
_STALE = (CursorError, ForeignHostError, ProtocolError)
"""What an address that Graph gave for a next page may end in: it expired, leads elsewhere, or is refused."""


def read_messages(channel: Channel, progress: Progress, selection: Selection) -> Steps:
    """Read a channel: go on with what was interrupted, else what is due; then what changed meanwhile, and debts."""
    if progress.walk and selection.since is not None and moment(progress.walk.begun) < selection.since:
        progress.walk = None  # interrupted, and nothing of it is asked for now
    if progress.walk is None:
        fresh = progress.is_deeper(selection) or progress.is_apart(selection)
        told = None if fresh else polled(progress.done, selection)
        if told is not None:
            yield Gap(told, "skipped", option="force")
            return
        progress.walk = progress.next_walk(selection)
    elif moment(progress.walk.begun) > selection.until:  # interrupted, and now only a part of it is asked for
        progress.walk.begun = selection.until.isoformat()
    reading = _Reading(channel, progress, selection)
    owed, begun, resumed = tuple(progress.pending), progress.walk.begun, progress.walk.resumed
    try:
        yield from reading.walk(progress.walk)
    except TransientError as error:
        if progress.walk.mode not in {"first", "again"}:
            raise
        yield from reading.beside(progress.walk, error)
        yield from reading.settle(owed)
        yield reading.batch([])
        return
    # What was interrupted went less far back than is asked for now, or began before all is to be read again.
    if progress.is_deeper(selection) or (selection.force and resumed):
        progress.walk = progress.next_walk(selection)
        yield from reading.walk(progress.walk)
    elif moment(begun) < selection.until:  # it was interrupted some time ago
        progress.walk = Walk("recent" if progress.listed else "delta", selection.until.isoformat(), progress.overlap())
        yield from reading.walk(progress.walk)
    yield from reading.settle(owed)
    progress.done = selection.until.isoformat()
    yield reading.batch([])


class _Reading:
    """Pages of one channel's messages."""

    def __init__(self, channel: Channel, progress: Progress, selection: Selection) -> None:
        self.channel = channel
        self.progress = progress
        self.until = selection.until
        self.threads = Threads(channel, progress.pending)

    def batch(self, items: list[JSON]) -> Batch:
        """Make a batch with the checkpoint that holds once it is stored."""
        return Batch("message", items, self.channel.context, checkpoint=self.progress.save())

    def settle(self, owed: tuple[str, ...]) -> Steps:
        """Read the threads again whose replies did not come whole the last time; tell of those that are still owed."""
        for native in owed:
            items = yield from self.threads.owed(native)
            if items:
                yield self.batch(self._until(items)[0])
        if self.progress.pending:
            count, first = len(self.progress.pending), self.progress.pending[0]
            reason = f"replies are owed to {count} of the messages ({first} is one): the next run asks for them again"
            yield Gap(reason)

    def walk(self, walk: Walk) -> Steps:
        """Walk as decided; what this tenant or this moment refuses is done another way."""
        progress = self.progress
        if walk.mode == "delta" and (walk.next or progress.delta):
            try:
                yield from self._delta(walk)
            except _STALE as error:
                if isinstance(error, ProtocolError) and error.status != HTTPStatus.BAD_REQUEST:
                    raise
                # 410, or 400 in some words: Graph wants a new beginning, by filter.
                progress.delta, walk.next = None, None
                yield from self._by_filter(walk)
        elif walk.mode == "delta":
            yield from self._by_filter(walk)
        else:
            yield from self._list(walk)
        if walk.mode == "first":
            progress.floor = walk.since
        if walk.mode in {"first", "again"}:
            progress.full, progress.listed = walk.begun, False  # a tenant that refused delta is asked again some day
        if walk.dropped or walk.mode == "again":
            # What came after the run's end is not told twice by a link; what was read just now need not be told again.
            progress.delta = None
        progress.high, progress.walk = walk.begun, None

    def beside(self, stuck: Walk, error: TransientError) -> Steps:
        """Read what is new though a page of the past fails: that is owed, and the next run goes on with it there."""
        high = self.progress.high
        since = self.progress.overlap() or (moment(stuck.begun) - DAY).isoformat()
        yield from self.walk(Walk("recent" if self.progress.listed else "delta", self.until.isoformat(), since))
        self.progress.high, self.progress.walk = high, stuck
        reason = f"a page of the past is owed, and the next run asks for it again: {error}"
        yield Gap(reason)

    def _by_filter(self, walk: Walk) -> Steps:
        """Ask delta by time; some tenants refuse it, or its filter, to apps: the list finds what was written since."""
        try:
            yield from self._delta(walk)
        except ProtocolError as error:
            if error.status != HTTPStatus.BAD_REQUEST:
                raise
            self.progress.listed, self.progress.delta = True, None
            walk.mode, walk.next = "recent", None
            yield from self._list(walk)

    def _list(self, walk: Walk) -> Steps:
        since = moment(walk.since) if walk.since else None
        request: Request | None = self._first()
        if walk.next:
            request = replace(self._first(), url=walk.next, params={})
        pages, count, restarted = Pages(odata_pager), 0, False
        while request is not None:
            try:
                response = yield from ask(request)
            except TransientError:
                if (bare := _without_replies(request)) is None:
                    raise
                request = bare  # one thread of the page may be what Graph fails at: its messages without their replies
                continue
            except _STALE:
                if restarted or request.params:
                    raise
                # The next page's address is good no more: begin anew, what came twice is the same record.
                request, pages, restarted = self._first(), Pages(odata_pager), True
                continue
            count += 1
            items = yield from self.threads.whole(response)
            if _without_replies(response.request) is None:
                self.threads.owe_all(items)
            due = [item for item in items if since is None or activity(item) >= since]
            request = _with_replies(pages.next(response)) if due or not items else None
            walk.next = request.url if request is not None else None
            yield self._handed_on(due, walk)
        if walk.mode == "again" and not walk.resumed:
            yield from self._swept(walk, count)

    def _swept(self, walk: Walk, count: int) -> Steps:
        """Say that the look-back was walked whole. What moved to the top while it was walked is looked at once more."""
        begun, request = moment(walk.begun), self._first() if count > 1 else None
        pages = Pages(odata_pager)
        while request is not None:
            response = yield from ask(request)
            items = yield from self.threads.whole(response)
            yield self.batch(self._until(items)[0])
            moved = bool(items) and all(activity(item) >= begun for item in items)
            request = pages.next(response) if moved else None
        within: dict[str, str | None] = {"community_id": self.channel.community_id}
        since = moment(walk.since) if walk.since else None
        yield Swept("post", within, since=since, until=begun - MARGIN, held=self.threads.held)

    def _delta(self, walk: Walk) -> Steps:
        progress = self.progress
        request: Request | None = self._changed(walk)
        if link := walk.next or progress.delta:
            request = replace(self._first(), url=link, params={})
        pages = Pages(odata_pager)
        while request is not None:
            response = yield from ask(request)
            items = yield from self.threads.whole(response)
            news = [item for item in items if not self._is_known(item)]
            request = pages.next(response)
            walk.next = request.url if request is not None else None
            if request is None:
                link = response.data.get("@odata.deltaLink")
                progress.delta = link if isinstance(link, str) and link else None
            yield self._handed_on(news, walk)

    def _handed_on(self, items: list[JSON], walk: Walk) -> Batch:
        """Make a batch of a walk, and remember what is handed on whole; what is not is new once it can be read."""
        kept, dropped = self._until(items)
        begun = moment(walk.begun)
        recent = [item for item in kept if activity(item) >= begun - REMEMBERED]
        whole = [item for item in recent if is_understood(message, item, self.channel.context)]
        walk.dropped = walk.dropped or dropped or len(whole) < len(recent)
        self.progress.remember(said(whole), begun)
        return self.batch(kept)

    def _is_known(self, item: JSON) -> bool:
        return isinstance(item, Mapping) and all(self.progress.is_known(one) for one in said([item]))

    def _first(self) -> Request:
        return self.channel.ask(expand="replies")

    def _changed(self, walk: Walk) -> Request:
        since = moment(walk.since or self.progress.overlap() or walk.begun).astimezone(UTC)
        bound = since.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        return self.channel.ask("/delta", expand="replies", filter=f"lastModifiedDateTime gt {bound}")

    def _until(self, items: list[JSON]) -> tuple[list[JSON], bool]:
        """Leave out what was written after the run's own end; tell whether there was any."""
        kept: list[JSON] = []
        dropped = False
        for item in items:
            if not isinstance(item, Mapping):
                kept.append(item)
                continue
            if self._later(item):
                dropped = True
                continue
            replies = replies_of(item)
            early = [one for one in replies if not isinstance(one, Mapping) or not self._later(one)]
            if len(early) < len(replies):
                dropped = True
                # As where Graph gives a part of them: there are more, so nothing is concluded from their number.
                kept.append({**item, "replies": early, MORE: self.channel.path})
            else:
                kept.append(item)
        return kept, dropped

    def _later(self, item: Mapping[str, JSON]) -> bool:
        created = parse_time(item.get("createdDateTime"))
        return created is not None and created > self.until


_EXPANDED = re.compile(r"(?<=[?&])(?:\$|%24)expand=replies(?:&|$)", re.IGNORECASE)


def _without_replies(request: Request) -> Request | None:
    """Return a request for the same page without the replies; None where it asks for none."""
    if "$expand" in request.params:
        return replace(request, params={name: told for name, told in request.params.items() if name != "$expand"})
    url = _EXPANDED.sub("", request.url)
    return replace(request, url=url) if url != request.url else None


def _with_replies(request: Request | None) -> Request | None:
    """Return a request for a next page with the replies again, where the page before was asked for without."""
    if request is None or _without_replies(request) is not None:
        return request
    return replace(request, url=f"{request.url}{'&' if '?' in request.url else '?'}$expand=replies")
