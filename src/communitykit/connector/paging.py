"""Walking a listing page by page, never in circles. Pure."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from communitykit.connector.flow import Batch, Gap, Request, Response
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


class Pages:
    """Follow a pager and refuse to turn in circles."""

    def __init__(self, pager: Pager) -> None:
        """Start with no page seen."""
        self._pager = pager
        self._seen: set[str] = set()

    def next(self, response: Response) -> Request | None:
        """Return the request for the page after `response`, or None at the end.

        Raises CursorError when that page was asked for before: the platform repeats a cursor.
        """
        request = response.request
        following = self._pager(request, response)
        self._seen.add(_page_key(request))
        if following is None:
            return None
        if _page_key(following) in self._seen:
            message = "the platform gave the same cursor twice, so this listing would never end"
            raise CursorError(message, subject=request.subject, remedy="What came before is kept; run again later.")
        return following


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


def _page_key(request: Request) -> str:
    return repr((request.url, sorted(request.params.items()), sorted((request.form or {}).items())))
