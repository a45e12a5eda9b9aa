"""REST's numbered pages, walked until one is empty or says nothing new. Flows: nothing is sent here."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from communitykit.connector import Response
from communitykit_yammer.ids import number
from communitykit_yammer.methods import LIST_PAGE, rest
from communitykit_yammer.pages import listed


class NumberedListing:
    """A numbered list as it is walked.

    How many rows a page has is not promised, so a short page ends nothing, but where the answer itself says so
    (`more_available`). A page that only repeats ends the walk: some lists ignore `page`.
    """

    def __init__(self, path: str, *, subject: str, key: str = "", **params: str | int) -> None:
        """Begin before the first page; `key` is where the rows stand in an answer that is an object."""
        self._path, self._subject, self._key, self._params = path, subject, key, params
        self._page = 0
        self._seen: set[str] = set()
        self._ended = False

    def rows(self) -> Generator[Any, Response, list[dict[str, Any]] | None]:
        """Return the next page's new rows, or None at the end."""
        if self._ended:
            return None
        self._page += 1
        data = (yield rest(self._path, subject=self._subject, page=self._page, **self._params)).data
        whole = isinstance(data, Mapping)
        found = data.get(self._key) if whole else data
        rows = [row for row in listed(found) if isinstance(row, dict)]
        fresh = {native: row for row in rows if (native := number(row.get("id"))) and native not in self._seen}
        self._seen.update(fresh)
        more = data.get("more_available") if whole else None
        self._ended = not fresh or (more is False and len(rows) < LIST_PAGE)
        return list(fresh.values()) if fresh else None
