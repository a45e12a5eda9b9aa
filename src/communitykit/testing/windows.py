"""What a run kept out, or could not yet know of, is found by the run that may have it."""

# ruff: noqa: PLR2004 # how likely things are stands where they happen

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from random import Random

import pytest

from communitykit.connector.declaration import Connector
from communitykit.doors.options import ALL_KINDS
from communitykit.model.values import JSON
from communitykit.sandbox import Answer, Call, Fault, Platform, Site, World
from communitykit.sandbox.faults import Proceed
from communitykit.sandbox.truth import COMPARED_EVENTS
from communitykit.testing.base import Checks, hold_none
from communitykit.testing.reading import Kept, handed_on

NOTHING: frozenset[str] = frozenset()
"""The changes that happen while time passes and nothing else does."""
WRITING = frozenset({"posted", "replied"})
"""The changes that make something new, which no connector may miss."""
REACH = timedelta(days=25)
"""How old what people answer and change may be: inside of everybody's usual look-back."""
MINUTES = 7
"""How far a clock is off."""


class Writing(Fault):
    """An hour passes after every ten requests, three times, and people write: after the run's own `until`."""

    every = 10

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Let time pass."""
        self.seen = getattr(self, "seen", 0) + 1
        if self.seen % self.every == 0 and self.hits < 3:
            self._met[call.key] += 1
            site.advance(hours=1, kinds=WRITING, reach=REACH)
        return proceed()


class WindowChecks(Checks):
    """Windows, globs and kinds in any order; what is written meanwhile; clocks that do not agree."""

    orders: Iterable[int] = range(2)
    """Seeds of the orders in which windows are read."""

    def test_windows_in_any_order_and_then_a_plain_run_end_as_a_fresh_one(
        self, declared: Connector, platform: Platform
    ) -> None:
        """They overlap, touch, or lie anywhere; some are of some communities or kinds; meanwhile people write."""
        for seed in self.orders:
            random = Random(f"{self.seed}/{seed}")
            world, store, fresh = self.make_world(), Kept(), Kept()
            options = random.choice([{}, platform.tight])
            asked: list[dict[str, JSON]] = []
            for _ in range(random.randint(1, 4)):
                asked.append(_a_selection(random, declared, world))
                store.read(declared, world, options=options, force=True, **asked[-1])
                if random.random() < 0.6:
                    world.advance(random.choice([1, 6]), reach=REACH, kinds=self.findable(declared))
            store.read(declared, world, options=options, force=True)
            hold_none(self.differences(declared, world, store), asked)
            fresh.read(declared, world, options=options)
            assert _ids(store) == _ids(fresh), asked

    def test_a_run_keeps_to_its_window(self, declared: Connector, platform: Platform, world: World) -> None:
        """Heeding `since` is the connector's: what is older comes only with a page, or a thread, that is asked for."""
        fresh, store = Kept(), Kept()
        fresh.read(declared, world, options=platform.tight)
        late = world.now - timedelta(days=world.size.days / 4)
        store.read(declared, world, options=platform.tight, since=late)
        older = {row["id"] for row in fresh.current()["post"] if row["created_at"] and row["created_at"] < late}
        assert older - {row["id"] for row in store.current()["post"]}, "all that is older than since came, too"

    def test_what_is_written_while_a_run_goes_on_is_found_by_the_next(
        self, declared: Connector, platform: Platform, world: World
    ) -> None:
        """It stands after the run's `until`, so the run leaves it out, and must not remember it."""
        store, fault = Kept(), Writing(share=1.0)
        store.read(declared, world, faults=[fault], options=platform.tight)
        assert fault.hits
        again = Writing(share=1.0)
        store.read(declared, world, faults=[again], options=platform.tight, force=True)
        store.read(declared, world, force=True)
        hold_none(self.differences(declared, world, store))

    def test_what_a_caller_did_not_ask_for_is_new_for_one_who_does(self, declared: Connector, world: World) -> None:
        """`records(state=…)` of one kind, then of all: nothing is taken as read that was not handed on."""
        whole = _by_id(handed_on(declared, world, state={}))
        for kind in sorted(ALL_KINDS & declared.capabilities.records - {"measure"}):
            state: dict[str, JSON] = {}
            given = _by_id(handed_on(declared, world, state=state, force=True, kinds={kind}))
            assert set(given.values()) <= {kind}
            given |= _by_id(handed_on(declared, world, state=state, force=True))
            assert set(given) >= set(whole), kind

    def test_a_run_for_other_things_says_of_no_community_that_it_is_gone(
        self, declared: Connector, world: World
    ) -> None:
        """It walks a listing for its slices, which need not be whole."""
        store = Kept()
        store.read(declared, world, force=True)
        before = {row["id"] for row in store.current()["community"]}
        for kind in sorted(declared.capabilities.records - {"community"}):
            run = store.read(declared, world, force=True, kinds={kind})
            assert [one for page in run.pages for one in page.sweeps if one.swept.record == "community"] == [], kind
        assert {row["id"] for row in store.current()["community"]} == before

    @pytest.mark.parametrize("ahead", [-MINUTES, MINUTES])
    def test_clocks_that_differ_by_minutes_hide_nothing(self, declared: Connector, world: World, ahead: int) -> None:
        """Ours is behind the platform's, or ahead of it, while people write."""
        store, off = Kept(), timedelta(minutes=ahead)
        for _ in range(3):
            store.read(declared, world, ahead=off, force=True)
            world.advance(hours=0.1, kinds=WRITING, reach=REACH)
        world.advance(hours=1, kinds=NOTHING)
        store.read(declared, world, ahead=off, force=True)
        hold_none(self.differences(declared, world, store))


def _a_selection(random: Random, declared: Connector, world: World) -> dict[str, JSON]:
    """Choose a window that is open at one end, both or none, and now and then some communities or some kinds."""
    days = world.size.days
    early, late = sorted(random.choice([random.uniform(0, days), random.randrange(0, days, 30)]) for _ in range(2))
    asked: dict[str, JSON] = {}
    if random.random() < 0.7:
        asked["since"] = world.now - timedelta(days=late)
    if random.random() < 0.7:
        asked["until"] = world.now - timedelta(days=early)
    if random.random() < 0.3:
        asked["communities"] = (random.choice([one.name for one in world.on(declared.name) if one.name]),)
    if random.random() < 0.3:
        asked["kinds"] = frozenset({random.choice(sorted(declared.capabilities.records))})
    return asked


def _by_id(records: Iterable[JSON]) -> dict[str, str]:
    """Return what was given, but for what a run says of itself and what is so at the time of asking."""
    kept = [one for one in records if one.record not in {"coverage", "issue", "measure"}]
    return {one.id: one.record for one in kept if one.record != "event" or one.kind in COMPARED_EVENTS}


def _ids(store: Kept) -> dict[str, set[str]]:
    """Return the ids of what is current; what an act of seeing tells is what was so when it was asked."""
    return {
        kind: {row["id"] for row in rows if kind != "event" or row["kind"] in COMPARED_EVENTS}
        for kind, rows in store.current().items()
    }
