"""The flow that reads one channel's messages: all of them first, then what changed, and weekly the look-back whole.

The plain list is ordered by the latest activity of each thread, newest first; `$expand=replies` brings up to a thousand
replies with each message. Delta (`messages/delta`) shows threads in which something was written, edited or deleted.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from communitykit import CursorError, ForeignHostError, ObjectUnavailableError, ProtocolError
from communitykit.connector import Batch, Gap, Listing, Pages, Request, Response, Selection, Swept, odata_pager
from communitykit_teams.ids import parse_time
from communitykit_teams.methods import EXPANDED, MESSAGES, Graph, segment
from communitykit_teams.progress import Progress, Walk, moment, polled

Steps = Generator[Any, Any, None]
MARGIN = timedelta(minutes=1)
"""Clocks differ, and messages may show late: of the last minute nothing is swept."""
_STALE = (CursorError, ForeignHostError, ProtocolError)
"""What an address that Graph gave for a next page may end in: it expired, leads elsewhere, or is refused."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel: where it is, what its batches say besides the payloads."""

    graph: Graph
    team: str
    native: str
    community_id: str
    label: str
    context: Mapping[str, Any]

    @property
    def path(self) -> str:
        """The address of its messages."""
        return f"teams/{segment(self.team)}/channels/{segment(self.native)}/messages"

    def ask(self, path: str = "", **params: str | int) -> Request:
        """Describe a request for messages, counted on the channel."""
        query = {"top": MESSAGES, **params}
        return self.graph.ask(self.path + path, "messages", query, subject=f"channel {self.label}", on=self.native)


def read_messages(channel: Channel, progress: Progress, selection: Selection) -> Steps:
    """Read a channel: go on with what was interrupted, else what is due; then what changed meanwhile."""
    if progress.walk is None:
        if (told := polled(progress.done, selection)) is not None:
            yield Gap(told, "skipped", channel.community_id)
            return
        progress.walk = progress.next_walk(selection)
    reading = _Reading(channel, progress, selection)
    yield from reading.left_over()
    begun = progress.walk.begun
    yield from reading.walk(progress.walk)
    if moment(begun) < selection.until:  # it was interrupted some time ago
        progress.walk = Walk("recent" if progress.listed else "delta", selection.until.isoformat(), progress.overlap())
        yield from reading.walk(progress.walk)
    progress.done = selection.until.isoformat()
    yield reading.batch([])


class _Reading:
    """Pages of one channel's messages."""

    def __init__(self, channel: Channel, progress: Progress, selection: Selection) -> None:
        self.channel = channel
        self.progress = progress
        self.until = selection.until
        self.dropped = False

    def batch(self, items: list[dict[str, Any]]) -> Batch:
        """Make a batch with the checkpoint that holds once it is stored."""
        return Batch("message", items, self.channel.context, checkpoint=self.progress.save())

    def left_over(self) -> Steps:
        """Read the threads again whose replies did not come whole the last time."""
        for native in tuple(self.progress.pending):
            path = f"/{segment(native)}"
            self.progress.pending.remove(native)
            try:
                response = yield replace(self.channel.ask(path), params={})
                replies = yield from self._replies(self.channel.ask(f"{path}/replies"), native, [])
            except ObjectUnavailableError:  # gone with its replies
                continue
            if replies is not None:
                yield self.batch(self._until([{**response.data, "replies": replies}]))

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
        if self.dropped or walk.mode == "again":
            # What came after the run's end is not told twice by a link; what was read just now need not be told again.
            progress.delta = None
        progress.high, progress.walk = walk.begun, None

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
                response = yield request
            except _STALE:
                if restarted or request.params:
                    raise
                # The next page's address is good no more: begin anew, what came twice is the same record.
                request, pages, restarted = self._first(), Pages(odata_pager), True
                continue
            count += 1
            items = yield from self._whole(response)
            due = [item for item in items if since is None or _activity(item) >= since]
            request = pages.next(response) if due or not items else None
            walk.next = request.url if request is not None else None
            self.progress.remember(_flat(due), moment(walk.begun))
            yield self.batch(self._until(due))
        if walk.mode == "again" and not walk.resumed:
            yield from self._swept(walk, count)

    def _swept(self, walk: Walk, count: int) -> Steps:
        """Say that the look-back was walked whole. What moved to the top while it was walked is looked at once more."""
        begun, request = moment(walk.begun), self._first() if count > 1 else None
        pages = Pages(odata_pager)
        while request is not None:
            response = yield request
            items = yield from self._whole(response)
            yield self.batch(self._until(items))
            moved = bool(items) and all(_activity(item) >= begun for item in items)
            request = pages.next(response) if moved else None
        within: dict[str, str | None] = {"community_id": self.channel.community_id}
        since = moment(walk.since) if walk.since else None
        yield Swept("post", within, since=since, until=begun - MARGIN)

    def _delta(self, walk: Walk) -> Steps:
        progress = self.progress
        request: Request | None = self._changed(walk)
        if link := walk.next or progress.delta:
            request = replace(self._first(), url=link, params={})
        pages = Pages(odata_pager)
        while request is not None:
            response = yield request
            items = yield from self._whole(response)
            news = [item for item in items if not all(progress.is_known(one) for one in _flat([item]))]
            progress.remember(_flat(news), moment(walk.begun))
            request = pages.next(response)
            walk.next = request.url if request is not None else None
            if request is None:
                link = response.data.get("@odata.deltaLink")
                progress.delta = link if isinstance(link, str) and link else None
            yield self.batch(self._until(news))

    def _first(self) -> Request:
        return self.channel.ask(expand="replies")

    def _changed(self, walk: Walk) -> Request:
        since = moment(walk.since or self.progress.overlap() or walk.begun).astimezone(UTC)
        bound = since.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        return self.channel.ask("/delta", expand="replies", filter=f"lastModifiedDateTime gt {bound}")

    def _until(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Leave out what was written after the run's own end."""
        kept: list[dict[str, Any]] = []
        for item in items:
            if self._later(item):
                self.dropped = True
                continue
            replies = item.get("replies")
            early = [one for one in replies or () if not self._later(one)]
            if len(early) < len(replies or ()):
                self.dropped = True
                # As where Graph gives a part of them: there are more, so nothing is concluded from their number.
                kept.append({**item, "replies": early, "replies@odata.nextLink": self.channel.path})
            else:
                kept.append(item)
        return kept

    def _later(self, item: Mapping[str, Any]) -> bool:
        created = parse_time(item.get("createdDateTime"))
        return created is not None and created > self.until

    def _whole(self, response: Response) -> Generator[Any, Any, list[dict[str, Any]]]:
        """Return a page's messages with all their replies: asked for where there are more than came along."""
        items = [one for one in response.data.get("value") or () if isinstance(one, dict)]
        for index, item in enumerate(items):
            replies, link = item.get("replies"), item.get("replies@odata.nextLink")
            if not link and len(replies or ()) < EXPANDED:
                continue
            request = self.channel.ask(f"/{segment(str(item.get('id')))}/replies")
            more = [] if not link or not isinstance(replies, list) else list(replies)
            if more:
                request = replace(request, url=str(link), params={})
            try:
                whole = yield from self._replies(request, str(item.get("id")), more)
            except ObjectUnavailableError:  # deleted meanwhile: what came along is kept
                continue
            if whole is not None:
                told = {key: value for key, value in item.items() if key != "replies@odata.nextLink"}
                items[index] = {**told, "replies": whole}
        return items

    def _replies(
        self, request: Request, root: str, known: list[dict[str, Any]]
    ) -> Generator[Any, Any, list[dict[str, Any]] | None]:
        """Walk a thread's replies; where that ends early, say so and keep the thread for the next run."""
        listing = Listing(request, odata_pager)
        found = {str(one.get("id")): one for one in known}
        while (data := (yield from listing.page())) is not None:
            found.update({str(one.get("id")): one for one in data.get("value") or () if isinstance(one, dict)})
        if not listing.problem:
            return list(found.values())
        yield Gap(f"not all replies: {listing.problem}", community_id=self.channel.community_id)
        if root not in self.progress.pending:
            self.progress.pending.append(root)
        return None


def _flat(items: list[dict[str, Any]]) -> list[Mapping[str, Any]]:
    """Return messages and their replies."""
    return [one for item in items for one in (item, *(item.get("replies") or ()))]


_NEVER_OLD = datetime.max.replace(tzinfo=UTC)


def _activity(item: Mapping[str, Any]) -> datetime:
    """Return when something last happened in a thread; one that tells no time is never taken for old."""
    times = [
        found
        for one in _flat([dict(item)])
        for name in ("lastModifiedDateTime", "createdDateTime")
        if (found := parse_time(one.get(name))) is not None
    ]
    return max(times, default=_NEVER_OLD)
