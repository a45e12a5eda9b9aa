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

    While it is walked, a row of an earlier page may go or another come to the front, and then one behind is never
    shown, without a word. So a list of several pages is walked a second time, and what that brings besides is handed
    on, unless as many rows came as the platform had `counted` before.
    """

    def __init__(self, path: str, *, subject: str, key: str = "", counted: JSON = None, **params: str | int) -> None:
        """Begin before the first page; `key` is where the rows stand in an answer that is an object."""
        self._path, self._subject, self._key, self._params = path, subject, key, params
        self._counted = counted
        self._page = 0
        self._seen: set[str] = set()
        self._walked: set[str] = set()
        """What this walk has shown; the first one's is `_seen`, too."""
        self._odd: list[JSON] = []
        self._again = False
        self._ended = False
        self.whole = False
        self.problem: str | None = None
        self.odd: list[JSON] = []
        """What stood in the last page without an id: it is handed on, so that it is told of."""

    def rows(self) -> Generator[JSON, Response, list[dict[str, JSON]] | None]:
        """Return the next page's new rows, or None at the end; of a second walk a page may have none."""
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
                self.odd += [row] if row not in self._odd else []
            elif native not in self._walked:
                fresh.setdefault(native, row)
        self._odd += self.odd
        self._walked.update(fresh)
        new = [row for native, row in fresh.items() if native not in self._seen]
        self._seen.update(fresh)
        more = data.get("more_available") if isinstance(data, Mapping) else None
        self._ended = not fresh or (more is False and len(rows) < LIST_PAGE)
        self.whole = self._ended and (not rows or more is False)
        if self._ended and len(rows) >= LIST_PAGE and not self.whole:
            self.problem = (
                f"{self._subject}: the list repeats itself, so what it holds after {len(self._seen)} is not known"
            )
        if self.whole and self._may_have_shifted():
            self._page = 0
            self._walked, self._again, self._ended, self.whole = set(), True, False, False
            return new
        return new if fresh or self.odd else None

    def _may_have_shifted(self) -> bool:
        """Tell whether a row may be missing that a second walk shows."""
        return not self._again and self._page > 1 and len(self._seen) != self._counted
