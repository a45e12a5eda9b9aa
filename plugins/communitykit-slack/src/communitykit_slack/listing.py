"""Lists by cursor, walked so that an expired or repeated cursor loses nothing and never runs in circles."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from communitykit import CursorError, Pages, Request, Response
from communitykit_slack.methods import PAGER


class Listing:
    """A list as it is walked. `problem` says why it ended early, if it did."""

    def __init__(self, request: Request) -> None:
        """Begin before the first page."""
        self._first = request
        self._request: Request | None = request
        self._pages = Pages(PAGER)
        self._restarted = False
        self.problem: str | None = None

    def page(self) -> Generator[Request, Response, dict[str, Any] | None]:
        """Give the next page's data, or None at the end."""
        if self._request is None:
            return None
        try:
            response = yield self._request
        except CursorError as error:
            if self._restarted:
                self.problem = str(error)
                return None
            # The cursor expired: begin anew, what came twice is the same record.
            self._restarted = True
            self._pages = Pages(PAGER)
            self._request = self._first
            return {}
        try:
            self._request = self._pages.next(response)
        except CursorError as error:
            self.problem, self._request = str(error), None
        data: dict[str, Any] = response.data
        return data
