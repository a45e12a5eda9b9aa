"""Faults of what is answered: cursors, objects, tokens, clocks, and content that does not hold still."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, ClassVar

from communitykit.model.values import JSON
from communitykit.sandbox.changes import TALK
from communitykit.sandbox.faults import Fault, Proceed
from communitykit.sandbox.pages import last_of, put_first
from communitykit.sandbox.platform import Answer, Call, Desk

if TYPE_CHECKING:
    from communitykit.sandbox.site import Site


FOREIGN = "https://elsewhere.example/next"
"""An address of somebody else's, where no request may ever go."""


@dataclass(slots=True, kw_only=True)
class ExpiredCursor(Fault):
    """Cursors are refused as expired."""

    name: ClassVar[str] = "expired-cursor"

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Refuse pages after the first."""
        if _cursor_of(site, call) and self.meets(call):
            return site.desk.failure("cursor")
        return proceed()

    def lacking(self, site: Site) -> str:
        """Say what the simulated platform has to declare."""
        return lacks_pages(site)


@dataclass(slots=True, kw_only=True)
class RepeatedCursor(Fault):
    """A page names itself as the next one, for ever."""

    name: ClassVar[str] = "repeated-cursor"
    share: float = 1.0
    times: int = 1_000_000

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Put the request's own cursor into the answer."""
        cursor = _cursor_of(site, call)

        def change(data: dict[str, JSON]) -> None:
            if self.meets(call):
                _set_cursor(site, call, data, site.platform.next_page(call, cursor))

        return self.changed(call, proceed(), change) if cursor else proceed()

    def lacking(self, site: Site) -> str:
        """Say what the simulated platform has to declare."""
        return lacks_pages(site)


@dataclass(slots=True, kw_only=True)
class ForeignLink(Fault):
    """An answer names another host's address as its next page."""

    name: ClassVar[str] = "foreign-link"
    share: float = 1.0

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Put the address where the next page is named, if one is."""

        def change(data: dict[str, JSON]) -> None:
            if _cursor(site, call, data) and self.meets(call):
                _set_cursor(site, call, data, FOREIGN)

        return self.changed(call, proceed(), change) if site.platform.cursor_at(call) else proceed()

    def lacking(self, site: Site) -> str:
        """Say what the simulated platform has to declare."""
        return lacks_pages(site)


@dataclass(slots=True, kw_only=True)
class EmptyPages(Fault):
    """Between two pages of a listing comes an empty one, with a cursor of its own that leads on."""

    name: ClassVar[str] = "empty-pages"
    share: float = 0.5
    _leads: dict[str, str] = field(default_factory=dict, repr=False)

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Put an empty page in, or lead on from one."""
        cursor = _cursor_of(site, call)
        if cursor in self._leads:
            call.fields[site.platform.further(call.fields) or ""] = self._leads[cursor]
            return proceed()

        def change(data: dict[str, JSON]) -> None:
            if self.meets(call):
                further = f"empty{len(self._leads)}"
                self._leads[further] = cursor
                for items in site.platform.lists_in(data).values():
                    items.clear()
                _set_cursor(site, call, data, site.platform.next_page(call, further))

        return self.changed(call, proceed(), change) if cursor else proceed()

    def lacking(self, site: Site) -> str:
        """Say what the simulated platform has to declare."""
        return lacks_pages(site)


@dataclass(slots=True, kw_only=True)
class Duplicates(Fault):
    """Each page begins with the last object of the page before."""

    name: ClassVar[str] = "duplicates"
    _last: dict[tuple[str, tuple[str, ...]], JSON] = field(default_factory=dict, repr=False)

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Repeat an object."""
        further = site.platform.further(call.fields)
        listing = Call("", call.path, {}, fields={k: v for k, v in call.fields.items() if k != further}).key

        def change(data: dict[str, JSON]) -> None:
            for path, items in site.platform.lists_in(data).items():
                if not items:
                    continue
                previous = self._last.get((listing, path))
                self._last[(listing, path)] = last_of(items)
                if further and previous is not None:
                    self._met[call.key] += 1
                    put_first(items, previous)

        return self.changed(call, proceed(), change)

    def lacking(self, site: Site) -> str:
        """Say what the simulated platform has to declare."""
        return lacks_pages(site)


@dataclass(slots=True, kw_only=True)
class MissingFields(Fault):
    """Optional fields are missing here and there."""

    name: ClassVar[str] = "missing-fields"
    share: float = 0.5

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Leave fields out."""
        rng = Random(f"{self.seed}/{self.name}/{call.key}")

        def change(data: dict[str, JSON]) -> None:
            for item in _objects(data):
                for name in sorted(site.platform.optional & item.keys()):
                    if rng.random() < self.share:
                        del item[name]
                        self._met[call.key] += 1

        return self.changed(call, proceed(), change)

    def lacking(self, site: Site) -> str:
        """Say what the simulated platform has to declare."""
        return "" if site.platform.optional else "`Platform.optional`, the fields that may be missing from an object"


@dataclass(slots=True, kw_only=True)
class UnknownFields(Fault):
    """Every object has fields that nobody documented."""

    name: ClassVar[str] = "unknown-fields"

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Add fields."""

        def change(data: dict[str, JSON]) -> None:
            by_id = {id(items) for items in site.platform.lists_in(data).values()}
            for item in [one for one in _objects(data) if id(one) not in by_id]:
                item["x_new_thing"] = {"kind": "unheard_of", "values": [1, None, "two"]}
                self._met[call.key] += 1

        return self.changed(call, proceed(), change)


@dataclass(slots=True, kw_only=True)
class UnknownValues(Fault):
    """Closed lists of values turn out to be open: the platform renders some objects with new ones."""

    name: ClassVar[str] = "unknown-values"
    share: float = 0.2

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Let the platform put new values in."""
        rng = Random(f"{self.seed}/{self.name}/{call.key}")

        def change(data: dict[str, JSON]) -> None:
            for item in list(_objects(data)):
                if rng.random() < self.share and site.desk.renew(item):
                    self._met[call.key] += 1

        return self.changed(call, proceed(), change)

    def lacking(self, site: Site) -> str:
        """Say what the simulated platform has to define."""
        defined = type(site.desk).renew is not Desk.renew
        return "" if defined else "`Desk.renew`, which puts a value that nobody documented into an object"


@dataclass(slots=True, kw_only=True)
class Unreadable(Fault):
    """One public community cannot be read, though it is listed. `place` is its number in the world."""

    name: ClassVar[str] = "unreadable"
    main: ClassVar[str] = "place"
    place: int = -1

    def arrange(self, site: Site) -> None:
        """Close a community, if none is named the second public one."""
        if self.place < 0:
            public = [one for one in site.world.on(site.platform.name) if one.privacy == "public" and not one.archived]
            self.place = public[1].number
        site.unreadable = _Closed({*site.unreadable, self.place}, self._met)


@dataclass(slots=True, kw_only=True)
class Revoked(Fault):
    """The token is revoked after `after` requests, for good."""

    name: ClassVar[str] = "revoked"
    main: ClassVar[str] = "after"
    after: int = 12
    _seen: int = 0

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Revoke when it is time."""
        self._seen += 1
        if self._seen == self.after + 1:
            self._met[call.key] += 1
            for grant in site.grants.values():
                grant.revoked = True
        return proceed()


@dataclass(slots=True, kw_only=True)
class Expiring(Fault):
    """The token expires after `after` requests; whoever can refresh it may go on."""

    name: ClassVar[str] = "expiring"
    main: ClassVar[str] = "after"
    after: int = 12
    _seen: int = 0

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Expire when it is time."""
        self._seen += 1
        if self._seen == self.after + 1:
            self._met[call.key] += 1
            for grant in site.grants.values():
                grant.expires_at = site.seconds() - 1
        return proceed()


@dataclass(slots=True, kw_only=True)
class Skew(Fault):
    """The platform's clock is `seconds` ahead of ours."""

    name: ClassVar[str] = "skew"
    main: ClassVar[str] = "seconds"
    seconds: float = 420.0

    def arrange(self, site: Site) -> None:
        """Move the clock that the answers show."""
        site.skew = timedelta(seconds=self.seconds)

    def answer(self, _site: Site, call: Call, proceed: Proceed) -> Answer:
        """Answer at another time."""
        self._met[call.key] += 1 if self.seconds else 0
        return proceed()


@dataclass(slots=True, kw_only=True)
class Changing(Fault):
    """The content changes while it is read: an hour passes after every `every` requests, `times` times."""

    name: ClassVar[str] = "changing"
    main: ClassVar[str] = "every"
    every: int = 10
    times: int = 3
    _seen: int = 0

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Let time pass."""
        self._seen += 1
        if self._seen % self.every == 0 and self.hits < self.times:
            self._met[call.key] += 1
            site.advance(hours=1, kinds=TALK)
        return proceed()


def _cursor_of(site: Site, call: Call) -> str:
    """Return the cursor of a request for a further page; empty where no answer names one: a position is none."""
    further = site.platform.further(call.fields)
    return str(call.fields[further]) if further and site.platform.cursor_at(call) else ""


def lacks_pages(site: Site) -> str:
    """Say what a platform has to declare for its listings to be known to have pages; empty where it has."""
    if any(site.platform.further(one.fields) for one in site.requests):
        return (
            ""
            if site.platform.cursor_path
            else "`Platform.cursor_path` or `cursor_at`, where an answer names the next page"
        )
    field = site.platform.cursor_field
    named = (field,) if isinstance(field, str) else field
    return (
        f"listings of several pages: no request had the field {' or '.join(map(repr, named))} "
        "(`Platform.cursor_field`); `Platform.tight` makes pages small"
    )


def _objects(data: object) -> Iterable[dict[str, JSON]]:
    """Walk all objects below the answer itself, outer ones first."""
    pending = list(data.values()) if isinstance(data, dict) else [data]
    while pending:
        one = pending.pop(0)
        if isinstance(one, dict):
            yield one
            pending.extend(one.values())
        elif isinstance(one, list):
            pending.extend(one)


def _cursor(site: Site, call: Call, data: object) -> JSON:
    for step in site.platform.cursor_at(call):
        data = data.get(step) if isinstance(data, dict) else None
    return data


def _set_cursor(site: Site, call: Call, data: dict[str, JSON], cursor: str) -> None:
    inner = data
    *outer, last = site.platform.cursor_at(call)
    for step in outer:
        inner = inner.setdefault(step, {})
    inner[last] = cursor


class _Closed(set[int]):
    """Communities that nobody may read; whoever is told so was met by the fault."""

    def __init__(self, numbers: Iterable[int], met: Counter[str]) -> None:
        super().__init__(numbers)
        self._met = met

    def __contains__(self, number: object) -> bool:
        closed = super().__contains__(number)
        self._met[f"place {number}"] += closed
        return closed
