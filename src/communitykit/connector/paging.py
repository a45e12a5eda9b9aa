"""Walking a listing page by page, never in circles. Pure."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from typing import NoReturn, TypeAlias

from communitykit.connector.flow import Batch, Gap, Request, Response, ask
from communitykit.connector.payload import as_list, look, required_list
from communitykit.errors import CommunityKitError, CursorError, ProtocolError
from communitykit.model.values import JSON

Pager: TypeAlias = Callable[[Request, Response], Request | None]
"""From a request and its answer, the request for the next page, or None at the end. Pure."""


def cursor_pager(path: tuple[str, ...], *, param: str = "cursor", more: tuple[str, ...] = ()) -> Pager:
    """Page by a cursor found at `path` in the answer and sent back as `param` (in the form if there is one).

    An absent, null or empty cursor ends the walk; neither a short nor an empty page does. Where the platform also says
    at `more` whether there is more, a page that says so and has no cursor raises CursorError: the list is cut.
    """

    def following(request: Request, response: Response) -> Request | None:
        value = _named(look(response.data, *path), request)
        if not value:
            if more and look(response.data, *more) is True:
                raise CursorError(
                    "the platform says that there is more, and not where",
                    subject=request.subject,
                    remedy="What came before is kept; run again later.",
                )
            return None
        return (
            request.with_form(**{param: value}) if request.form is not None else request.with_params(**{param: value})
        )

    return following


def link_pager(*path: str) -> Pager:
    """Page by a whole next address found at `path` in the answer; the runner refuses it on a foreign host."""

    def following(request: Request, response: Response) -> Request | None:
        value = _named(look(response.data, *path), request)
        return replace(request, url=str(value), params={}) if value else None

    return following


def _named(value: JSON, request: Request) -> str | int | None:
    """Return the next page's name, None at the end.

    Raises CursorError for what is no name: taken as absent, it would be the end of a list that goes on.
    """
    if not value:
        return None
    if isinstance(value, str) or (isinstance(value, int) and value is not True):
        return value
    raise CursorError(
        f"the platform names the next page by a value of type {type(value).__name__}",
        subject=request.subject,
        remedy="What came before is kept; run again later.",
    )


_STALLED = 3
_EMPTY = 100
"""Pages in a row that bring nothing new, and that bring nothing at all, after which a listing is going in circles."""
_NOTHING = "nothing"
_ID_NAMES = ("id", "event_id", "room_id", "ts", "name")


class Pages:
    """Follow a pager and refuse to turn in circles, whether by the same cursors or by ever new ones.

    A `Pager` (`communitykit.connector.paging`) is any pure function `(request, response)` that gives the request for
    the next page, or None at the end: `cursor_pager` and `link_pager` make the usual two.
    """

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

    `items` are the names under which the list stands in an answer, one inside the other; `rows` gives what stands
    there, page by page. A page without that list ends the walk early, as does a platform that goes in circles or says
    that there is more and not where: `problem` says so, and what came before is kept. `whole` tells whether the end of
    the list was reached.

    A list by page number or offset may shift between two pages: where an entry of an earlier page is taken away, one is
    never shown; where one comes to the front, another is shown twice. `total` are the names under which an answer says
    how many there are in all, or a function that reads it from the response (a header, say): where fewer different ones
    were listed than any page said, the list is walked a second time, and an end that comes before these were listed is
    a problem, too. `shifts=True` is for such a list that is not counted: it is always walked a second time, if its end
    took more than one request, since whoever was on a second page that is empty now is on the first. `rows` gives what
    is new alone then.
    """

    def __init__(
        self,
        request: Request,
        pager: Pager,
        *,
        resume: Request | None = None,
        items: tuple[str, ...] | None = None,
        total: tuple[str, ...] | Callable[[Response], object] | None = None,
        shifts: bool = False,
    ) -> None:
        """Begin before the first page, or go on at `resume`; where the walk begins anew, it is at the first page."""
        self._first = request
        self._request: Request | None = resume or request
        self._pager = pager
        self._pages = Pages(pager)
        self._items = items
        self._total = total
        self._shifts = shifts and total is None
        self._counted = 0
        self._listed: set[str] = set()
        self._asked = 0
        self._new: list[JSON] = []
        self._again = False
        self._restarted = False
        self.problem: str | None = None

    @property
    def whole(self) -> bool:
        """Tell whether the walk came to the end of the list."""
        return self._request is None and self.problem is None

    def page(self) -> Generator[Request, Response, JSON]:
        """Return the next page's data, decoded, or None at the end; where `items` are known, none that lacks its list.

        It is an empty dict where the walk begins anew, since the cursor expired: what comes twice is the same record.
        """
        if self._request is None:
            return None
        try:
            response = yield from ask(self._request)
        except CursorError as error:
            if self._restarted:
                self._stop(error)
                return None
            self._restarted = True
            self._begin()
            return {}
        try:
            if self._items is not None and not self._has_none(response):
                required_list(response.data, *self._items, subject=response.request.subject)
        except ProtocolError as error:
            self._stop(error)
            return None
        try:
            self._request = self._pages.next(response)
        except CursorError as error:
            self._stop(error)
        self._note(response)
        return response.data

    def _begin(self) -> None:
        """Begin the walk anew, at the first page."""
        self._pages, self._request, self._asked, self._new = Pages(self._pager), self._first, 0, []

    def _said(self, response: Response) -> str:
        """Return how many an answer says that there are in all, as it stands there."""
        if self._total is None:
            return ""
        return str(self._total(response) if callable(self._total) else look(response.data, *self._total))

    def _has_none(self, response: Response) -> bool:
        """Tell whether an answer says that there is nothing: then it may leave the list out (RFC 7644, 3.4.2)."""
        return self._said(response) == "0"

    def _note(self, response: Response) -> None:
        """Note what a page lists; at the end hold that to how many there are, or walk the list a second time."""
        rows = as_list(look(response.data, *self._items)) if self._items is not None else []
        self._new = rows
        if self._total is None and not self._shifts:
            return
        named = [(repr(_mark(one)), one) for one in rows]
        self._new = [one for name, one in named if not (self._again and name in self._listed)]
        self._listed.update(name for name, _ in named)
        self._asked += 1
        told = self._said(response)
        self._counted = max(self._counted, int(told) if told.isdecimal() else 0)
        missing = len(self._listed) < self._counted
        if self.whole and not self._again and (missing or (self._shifts and self._asked > 1)):
            self._again, new = True, self._new
            self._begin()
            self._new, self._counted = new, 0
        elif self.whole and missing:
            self.problem = (
                f"the list ended after {len(self._listed):,} of {self._counted:,}. "
                "What was listed is kept; run again later."
            )

    def rows(self) -> Generator[Request, Response, list[JSON] | None]:
        """Return the next page's items, which are any JSON, or None at the end; the Listing has to know its `items`."""
        if self._items is None:
            message = "a Listing without items= gives pages, not rows"
            raise TypeError(message)
        return None if (yield from self.page()) is None else self._new

    def batches(
        self, kind: str, key: str, context: Mapping[str, object]
    ) -> Generator[Request | Batch | Gap, Response, None]:
        """Yield what stands under `key` page by page as batches of `kind`, and a Gap where the list ended early."""
        self._items = self._items or (key,)
        while (rows := (yield from self.rows())) is not None:
            yield Batch(kind, rows, context)
        if self.problem:
            yield Gap(self.problem)

    def _stop(self, error: CommunityKitError) -> None:
        self.problem, self._request = str(error), None


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
    return next((item[name] for name in _ID_NAMES if isinstance(item.get(name), str | int) and item[name] != ""), item)


def _page_key(request: Request) -> str:
    return repr((request.url, sorted(request.params.items()), sorted((request.form or {}).items())))
