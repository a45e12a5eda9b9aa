"""Lists that shift while they are read, and rows of them that say nothing of which they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from random import Random

import pytest

from communitykit.connector.declaration import Connector
from communitykit.model import parse_id
from communitykit.model.values import JSON
from communitykit.sandbox import Platform, Site, World, parse_fault
from communitykit.testing.base import Checks, between, hold_none
from communitykit.testing.odd_ids import OddIds
from communitykit.testing.oddities import NOTHING, defects, lost
from communitykit.testing.reading import Kept, Run, read
from communitykit.testing.spoiling import ODD_IDS, Recorder

SHIFTS = ("shifted-down", "shifted-up")
"""Faults by which a list moves between two of its pages."""
NUMBERED = frozenset({"page", "pagenumber", "page_number", "offset", "startindex", "skip"})
"""Names of fields that ask for a further page by its number or offset, without what some put before them."""
IDS = ("id", "event_id", "room_id", "ts")
"""Fields in which rows say which they are; then come those that the connector's wire kinds name, and a name."""

_LISTING: dict[type, tuple[Run, list[str], dict[str, str]]] = {}


class ListChecks(Checks):
    """What lists show that do not hold still, and one bad row among others."""

    @pytest.mark.parametrize("name", SHIFTS)
    def test_a_list_that_shifts_between_two_pages_takes_nothing_away(
        self, declared: Connector, platform: Platform, world: World, name: str
    ) -> None:
        """Everything is stored; then one entry of each list by number or offset moves while it is read.

        Nobody has gone and nothing has changed, so nothing changes in the store, nor by the next plain run.
        """
        store, fault = Kept(), parse_fault(name)
        store.read(declared, world, options=platform.tight)
        before = store.current()
        world.advance(hours=1, kinds=NOTHING)
        wanted = self.all_settings(declared)
        run = store.read(declared, world, options=platform.tight, force=True, settings=wanted, faults=[fault])
        assert run.site is not None
        if not fault.hits:
            hold_none(_unlisted(run.site), "a page is asked for by number or offset, and no list goes by `Site.listed`")
            pytest.skip(f"the fault {name} never struck: the simulated {platform.name} lacks {fault.lacking(run.site)}")
        hold_none(defects(run))
        hold_none(between(before, store.current()), run.left_out)
        world.advance(hours=1, kinds=NOTHING)
        store.read(declared, world, force=True, settings=wanted)
        hold_none(self.differences(declared, world, store))

    @pytest.mark.parametrize("what", ODD_IDS)
    def test_a_row_whose_id_is_odd_is_told_and_costs_itself_alone(
        self, declared: Connector, platform: Platform, what: str
    ) -> None:
        """Of every list that is asked for, at first sight: no other row is lost with it, and no token is said."""
        plain, methods, longest = self._listing(declared, platform)
        kept, now, spoilt = Kept(), self.make_world().now, False
        kept.take(plain.events, now)
        before = kept.current()
        for method in methods:
            fault = self._odd_ids(declared, what, method, longest)
            run = read(declared, self.make_world(), faults=[fault], options=_many_pages(platform))
            if not fault.hits:
                continue
            spoilt = True
            _hold_sound(run, fault)
            hold_none(_lost_with(plain, run, fault), f"{method}: {fault.drawn}")
            if not Counter(run.left_out) - Counter(plain.left_out):
                store = Kept()
                store.take(run.events, now)
                hold_none(between(before, store.current()), f"of {method} a row is left out without a word")
        if not spoilt:
            pytest.skip(_no_rows(declared))

    @pytest.mark.parametrize("what", ODD_IDS)
    def test_a_row_whose_id_became_odd_takes_nothing_away(
        self, declared: Connector, platform: Platform, world: World, what: str
    ) -> None:
        """Everything is stored; then a row of each list has an odd id: nothing has gone, and a clean run heals."""
        store, fault, wanted = Kept(), self._odd_ids(declared, what), self.all_settings(declared)
        told_anyway = Counter(store.read(declared, world, force=True, options=platform.all_lists).left_out)
        before = store.current()
        world.advance(hours=1, kinds=NOTHING)
        how = {"force": True, "settings": wanted, "options": platform.all_lists}
        run = store.read(declared, world, faults=[fault], **how)
        if not fault.hits:
            pytest.skip(_no_rows(declared))
        _hold_sound(run, fault)
        hold_none(lost(before, store.current()), fault.drawn)
        world.advance(hours=1, kinds=NOTHING)
        hold_none(Counter(store.read(declared, world, **how).left_out) - told_anyway, fault.drawn)
        hold_none(between(before, store.current()), fault.drawn)

    def _listing(self, declared: Connector, platform: Platform) -> tuple[Run, list[str], dict[str, str]]:
        """Return an undisturbed run that asks for all lists, the methods that gave one, and their longest lists."""
        if type(self) not in _LISTING:
            recorder = Recorder()
            run = read(declared, self.make_world(), faults=[recorder], options=_many_pages(platform))
            assert run.site is not None
            _LISTING[type(self)] = run, recorder.listing(run.site), recorder.longest(run.site)
        return _LISTING[type(self)]

    def _odd_ids(
        self, declared: Connector, what: str, method: str | None = None, longest: Mapping[str, str] | None = None
    ) -> OddIds:
        random = Random(f"{self.seed}/{what}/{method}")
        return OddIds(lambda name: method in {None, name}, _id_fields(declared), ODD_IDS[what], random, longest or {})


def _many_pages(platform: Platform) -> dict[str, JSON]:
    """Return options of a site on which a row stands on one of several pages: what comes after it is not lost."""
    return {**platform.tight, **platform.all_lists}


def _no_rows(declared: Connector) -> str:
    return f"no row of a list that {declared.name} asks for has an id in any of {', '.join(_id_fields(declared))}"


def _id_fields(declared: Connector) -> list[str]:
    """Return the fields in which a row may say which it is, in the order in which they are looked for."""
    named = {wire.id_field for wire in declared.translators.values()} - {*IDS, "name"}
    return [*IDS, *sorted(named), "name"]


def _hold_sound(run: Run, fault: OddIds) -> None:
    """Fail where a row ended the run, was a mistake of the connector's, or brought a token into what is said."""
    assert run.site is not None
    hold_none(defects(run), fault.drawn)
    hold_none([text for text in run.left_out if text.startswith("failed: ")], fault.drawn)
    hold_none([text for text in run.left_out if any(token in text for token in run.site.grants)], "a token is said")


def _lost_with(plain: Run, run: Run, fault: OddIds) -> list[str]:
    """Name the posts that a run lacks, but for those of the rows whose ids were odd, and what is in or below these."""
    there = {one.id for one in run.records if one.record == "post"}
    inside = {one.id: one.parent_id for one in plain.records if one.record == "community"}
    return sorted(
        {
            one.id
            for one in plain.records
            if one.record == "post" and one.id not in there and fault.held.isdisjoint(_natives(one, inside))
        }
    )


def _natives(post: JSON, inside: Mapping[str, str | None]) -> Iterator[str]:
    """Return the native ids of a post, of what it stands below, and of all that it is in."""
    above, place = [post.id, post.root_id, post.parent_id], post.community_id
    while place and place not in above:
        above.append(place)
        place = inside.get(place)
    for key in filter(None, above):
        parts = parse_id(key)
        yield from (parts.network, *parts.native)


def _unlisted(site: Site) -> set[str]:
    """Name the requests that ask for a page by number or offset, where the desk hands no list through `Site.listed`."""
    return {
        f"{one.name}: {name}={value}"
        for one in site.requests
        for name, value in one.fields.items()
        if name.strip("$_").lower() in NUMBERED and value.isdecimal()
    }
