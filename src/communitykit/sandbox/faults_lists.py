"""Lists that are read by page number or offset, and do not hold still between two pages."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, TypeVar

from communitykit.model.values import JSON
from communitykit.sandbox.faults import Fault, Proceed
from communitykit.sandbox.platform import Answer, Call

if TYPE_CHECKING:
    from communitykit.sandbox.site import Site

T = TypeVar("T")


class _Watched(list[T]):
    """A list that tells how long the pages are that are cut of it."""

    def __init__(self, entries: Sequence[T], note: Callable[[int], None]) -> None:
        super().__init__(entries)
        self._note = note

    def __getitem__(self, key: JSON) -> JSON:
        """Return an entry, or a page."""
        found: JSON = super().__getitem__(key)
        if isinstance(key, slice):
            self._note(len(found))
        return found


@dataclass(slots=True, kw_only=True)
class _Shifted(Fault, ABC):
    """Each list is shown as it is `after` times, and shifted from then on, until the site is closed."""

    main: ClassVar[str] = "after"
    share: float = 1.0
    after: int = 1
    _asked: Counter[str] = field(default_factory=Counter, repr=False)
    _pages: Counter[str] = field(default_factory=Counter, repr=False)
    """Entries on a page of each list."""

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:  # noqa: ARG002 # every request is answered
        """Answer as the platform does: it is the lists that shift."""
        return proceed()

    def listed(self, name: str, entries: Sequence[T]) -> Sequence[T]:
        """Shift a list that was asked for before."""
        self._asked[name] += 1
        if self._asked[name] <= self.after or len(entries) <= 1:
            return _Watched(entries, lambda length: self._pages.update({name: max(0, length - self._pages[name])}))
        self._met[name] += 1
        return self.shifted(entries, self._pages[name])

    @abstractmethod
    def shifted(self, entries: Sequence[T], page: int) -> Sequence[T]:
        """Return the list as it is now; a page of it had `page` entries, 0 where nobody knows."""

    def lacking(self, site: Site) -> str:
        """Say what the simulated platform has to do for its lists to shift."""
        if not site.numbered:
            return (
                "lists by page number or offset, which alone shift between two pages (where the platform has such, its "
                "desk hands each whole list through `Site.listed` before it cuts a page of it)"
            )
        return "lists of several pages (`Platform.tight` makes pages small)"


@dataclass(slots=True, kw_only=True)
class ShiftedUp(_Shifted):
    """Of a list by page number or offset entries of the first page go before the second is asked for.

    As many of them as there are on a page, or behind it: whoever moves up into their places is never shown, and of a
    list of two pages the second is empty.
    """

    name: ClassVar[str] = "shifted-up"

    def shifted(self, entries: Sequence[T], page: int) -> Sequence[T]:
        """Leave the first out: all others move up."""
        return entries[max(1, min(page, len(entries) - page)) :]


@dataclass(slots=True, kw_only=True)
class ShiftedDown(_Shifted):
    """Of a list by page number or offset the last entry comes to the front between two pages: it is never shown."""

    name: ClassVar[str] = "shifted-down"

    def shifted(self, entries: Sequence[T], page: int) -> Sequence[T]:  # noqa: ARG002 # one is enough
        """Put the last first, as where who did something last comes first: all others move down."""
        return [*entries[-1:], *entries[:-1]]
