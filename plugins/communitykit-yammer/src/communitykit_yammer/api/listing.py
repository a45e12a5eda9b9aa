"""REST's numbered pages, walked until one is empty or brings nothing new. Flows: nothing is sent here."""

from __future__ import annotations

from collections.abc import Generator, Mapping

from communitykit.connector import JSON, Response, ask, required_list
from communitykit_yammer.api.methods import LIST_PAGE, rest
from communitykit_yammer.ids import number


class NumberedListing:
    """A numbered list as it is walked.

    How many rows a page has is not promised, so a short page ends nothing, but where the answer itself says so
    (`more_available`). A page that only repeats ends the walk, too: some lists ignore `page`. `whole` tells whether all
    that the list holds came; `problem` says why it may not have.
    """

    def __init__(self, path: str, *, subject: str, key: str = "", **params: str | int) -> None:
        """Begin before the first page; `key` is where the rows stand in an answer that is an object."""
        self._path, self._subject, self._key, self._params = path, subject, key, params
        self._page = 0
        self._seen: set[str] = set()
        self._ended = False
        self.whole = False
        self.problem: str | None = None
        self.odd: list[JSON] = []
        """What stood in the last page without an id: it is handed on, so that it is told of."""

    def rows(self) -> Generator[JSON, Response, list[dict[str, JSON]] | None]:
        """Return the next page's new rows, or None at the end."""
        if self._ended:
            return None
        self._page += 1
        data = (yield from ask(rest(self._path, subject=self._subject, page=self._page, **self._params))).data
        rows = required_list(data, *((self._key,) if self._key else ()), subject=self._subject)
        fresh: dict[str, dict[str, JSON]] = {}
        self.odd = []
        for row in rows:
            native = number(row.get("id")) if isinstance(row, dict) else None
            if native is None:
                self.odd.append(row)
            elif native not in self._seen:
                fresh.setdefault(native, row)
        self._seen.update(fresh)
        more = data.get("more_available") if isinstance(data, Mapping) else None
        self._ended = not fresh or (more is False and len(rows) < LIST_PAGE)
        self.whole = self._ended and (not rows or more is False)
        if self._ended and len(rows) >= LIST_PAGE and not self.whole:
            self.problem = (
                f"{self._subject}: the list repeats itself, so what it holds after {len(self._seen)} is not known"
            )
        return list(fresh.values()) if fresh or self.odd else None
