"""Walking a listing page by page, never in circles. Pure."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from typing import Any, NoReturn, TypeAlias

from communitykit.connector.flow import JSON, Batch, Gap, Request, Response
from communitykit.connector.payload import look
from communitykit.errors import CursorError

Pager: TypeAlias = Callable[[Request, Response], Request | None]
"""From a request and its answer, the request for the next page, or None at the end. Pure."""


def cursor_pager(path: tuple[str, ...], *, param: str = "cursor") -> Pager:
    """Page by a cursor found at `path` in the answer and sent back as `param` (in the form if there is one).

    An absent, null or empty cursor ends the walk; neither a short nor an empty page does.
    """

    def following(request: Request, response: Response) -> Request | None:
        value = look(response.data, *path)
        if not value:
            return None
        return (
            request.with_form(**{param: value}) if request.form is not None else request.with_params(**{param: value})
        )

    return following


def link_pager(*path: str) -> Pager:
    """Page by a whole next address found at `path` in the answer; the runner refuses it on a foreign host."""

    def following(request: Request, response: Response) -> Request | None:
        value = look(response.data, *path)
        return replace(request, url=value, params={}) if isinstance(value, str) and value else None

    return following


_STALLED = 3
_EMPTY = 100
"""Pages in a row that bring nothing new, and that bring nothing at all, after which a listing is going in circles."""
_NOTHING = "nothing"
_ID_NAMES = ("id", "event_id", "room_id", "ts", "name")


class Pages:
    """Follow a pager and refuse to turn in circles, whether by the same cursors or by ever new ones."""

    def __init__(self, pager: Pager) -> None:
        """Start with no page seen."""
        self._pager = pager
        self._seen: set[str] = set()
        self._shown: set[str] = set()
        self._idle = self._empty = 0

    def next(self, response: Response) -> Request | None:
        """Return the request for the page after `response`, or None at the end.

        An empty page that names itself, or one that came before, is the end.

        Raises CursorError when any other page was asked for before (the platform repeats a cursor), and when page after
        page shows what was shown before, or nothing at all, under ever new cursors.
        """
        request = response.request
        following = self._pager(request, response)
        self._seen.add(_page_key(request))
        if following is None:
            return None
        shown = _shown(response.data)
        if _page_key(following) in self._seen:
            if shown == _NOTHING:
                return None
            self._refuse(request, "the platform gave the same cursor twice, so this listing would never end")
        self._empty = self._empty + 1 if shown == _NOTHING else 0
        if shown is not None and shown != _NOTHING:
            self._idle = self._idle + 1 if shown in self._shown else 0
            self._shown.add(shown)
        if self._idle >= _STALLED or self._empty >= _EMPTY:
            self._refuse(request, "the platform shows the same page under ever new cursors, so this would never end")
        return following

    def _refuse(self, request: Request, message: str) -> NoReturn:
        raise CursorError(message, subject=request.subject, remedy="What came before is kept; run again later.")


class Listing:
    """A list as it is walked, so that an expired or repeated cursor loses nothing and never runs in circles.

    `problem` says why it ended early, if it did.
    """

    def __init__(self, request: Request, pager: Pager, *, resume: Request | None = None) -> None:
        """Begin before the first page, or go on at `resume`; where the walk begins anew, it is at the first page."""
        self._first = request
        self._request: Request | None = resume or request
        self._pager = pager
        self._pages = Pages(pager)
        self._restarted = False
        self.problem: str | None = None

    def page(self) -> Generator[Request, Response, dict[str, Any] | None]:
        """Return the next page's data, or None at the end; empty where the walk begins anew."""
        if self._request is None:
            return None
        try:
            response = yield self._request
        except CursorError as error:
            if self._restarted:
                self.problem, self._request = str(error), None
                return None
            # The cursor expired: begin anew, what came twice is the same record.
            self._restarted = True
            self._pages = Pages(self._pager)
            self._request = self._first
            return {}
        try:
            self._request = self._pages.next(response)
        except CursorError as error:
            self.problem, self._request = str(error), None
        data: dict[str, Any] = response.data
        return data

    def batches(self, kind: str, key: str, context: Mapping[str, Any]) -> Generator[Request | Batch | Gap, Any, None]:
        """Return what stands under `key` page by page as batches of `kind`, and a Gap where the list ended early."""
        while (data := (yield from self.page())) is not None:
            yield Batch(kind, data.get(key, []), context)
        if self.problem:
            yield Gap(self.problem)


def _shown(data: JSON) -> str | None:
    """Return a mark of what a page shows: its first and last items, and how many there are; None where it has no list.

    Items are known by their ids; the whole of one that has none.
    """
    lists = [data] if isinstance(data, list) else data.values() if isinstance(data, Mapping) else ()
    found = [one for one in lists if isinstance(one, list)]
    if not found:
        return None
    marks = [(len(one), _mark(one[0]), _mark(one[-1])) for one in found if one]
    return repr(marks) if marks else _NOTHING


def _mark(item: JSON) -> JSON:
    if not isinstance(item, Mapping):
        return item
    return next((item[name] for name in _ID_NAMES if isinstance(item.get(name), str | int)), item)


def _page_key(request: Request) -> str:
    return repr((request.url, sorted(request.params.items()), sorted((request.form or {}).items())))
