"""What was not understood, and what fails for ever, costs itself alone."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from random import Random

import pytest

from communitykit.connector.declaration import Connector
from communitykit.connector.payload import look
from communitykit.model import parse_id
from communitykit.model.values import JSON
from communitykit.sandbox import Message, Platform, Site, World
from communitykit.sandbox.truth import Difference
from communitykit.testing.base import Checks, between, hold_none
from communitykit.testing.payloads import is_told, seen_in
from communitykit.testing.reading import Kept, Run, read
from communitykit.testing.runs import unexplained
from communitykit.testing.spoiling import MARKED, NO_PAGES, ODD, ODD_LISTS, Broken, NoPage, Odd, Recorder

NOTHING: frozenset[str] = frozenset()
"""The changes that happen while time passes and nothing else does."""

LONG = 400
"""Days after which whatever there was is older than any look-back: the next run knows of it by its checkpoint alone."""

PASSED_BY = "a checkpoint passes by what failed in the first run, and the next one does not ask for it"
NEVER_ASKED_AGAIN = "a checkpoint passes by what was not understood (see is_understood); odd was one of these"

_WORD = re.compile(r"[^\s\"'<>&?=,\\]+")


class OddityChecks(Checks):
    """Odd values, answers that are no page, parts that never answer."""

    spots: int = 12
    """How many odd values stand in one run."""
    draws: Iterable[int] = range(1)
    """Seeds of the places at which odd values stand."""

    @pytest.mark.parametrize("what", ODD)
    def test_a_value_that_became_odd_costs_itself_alone(self, declared: Connector, world: World, what: str) -> None:
        """Everything is stored; then odd values stand in some objects: it is told, nothing goes, a clean run heals."""
        store = Kept()
        store.read(declared, world, force=True)
        before = store.current()
        for seed in self.draws:
            world.advance(hours=1, kinds=NOTHING)
            recorder, site = self._recorded(declared, world, store)
            assert recorder.pages(site), recorder.hint(site)
            spots = recorder.spots(site, Random(f"{self.seed}/{seed}/{what}"), self.spots, ODD[what])
            fault = Odd(spots, lambda _: ODD[what])
            run = store.read(declared, world, force=True, settings=self.all_settings(declared), faults=[fault])
            assert fault.hits
            hold_none(defects(run), spots)
            hold_none(lost(before, store.current()), (run.left_out, spots))
            world.advance(hours=1, kinds=NOTHING)
            again = store.read(declared, world, force=True, settings=self.all_settings(declared))
            hold_none(again.left_out)
            hold_none([one for one in self.differences(declared, world, store) if not _has_no_actor(one)], spots)

    @pytest.mark.parametrize("what", MARKED)
    def test_a_value_that_is_odd_at_first_sight_is_had_by_the_next_clean_run(
        self, declared: Connector, what: str
    ) -> None:
        """In the very first run: what became an Issue and is taken for read would never be asked for again."""
        for seed in self.draws:
            world, store, mark = self.make_world(), Kept(), MARKED[what]
            recorder, site = self._recorded(declared, world, store, settings={})
            random = Random(f"{self.seed}/{seed}/first/{what}")
            spots = recorder.spots(site, random, self.spots * 3, mark(0))
            seen = seen_in(declared, self.make_world(), force=True, faults=[Odd(spots, mark)])
            told = [spot for number, spot in enumerate(spots) if is_told(declared, seen, mark(number))]
            if not told:
                continue
            run = store.read(declared, world, force=True, faults=[Odd(told, mark)])
            assert run.left_out != [], told
            hold_none(defects(run), told)
            world.advance(days=LONG, kinds=NOTHING)
            again = store.read(declared, world, force=True)
            hold_none(again.left_out)
            lost = [str(one) for one in self.differences(declared, world, store) if not _has_no_actor(one)]
            hold_none(lost, f"{NEVER_ASKED_AGAIN}: {sorted({spot.kind for spot in told})}")

    @pytest.mark.parametrize("what", NO_PAGES)
    def test_an_answer_that_is_no_page_is_not_an_empty_one(self, declared: Connector, what: str) -> None:
        """In a first run and in a later one: it is told, nothing goes, and the next run reads what was not had."""
        random = Random(f"{self.seed}/{what}")
        for later in (False, True):
            store, made = Kept(), self.make_world()
            if later:
                store.read(declared, made, force=True)
            before = store.current()
            made.advance(days=1, kinds=NOTHING)
            recorder, site = self._recorded(declared, made, store, settings={})
            pages = sorted(recorder.pages(site))
            assert pages, recorder.hint(site)
            fault = NoPage(random.sample(pages, max(1, len(pages) // 3)), NO_PAGES[what])
            run = store.read(declared, made, force=True, faults=[fault])
            assert run.left_out != [] or not fault.hits, fault.requests
            hold_none(defects(run), fault.requests)
            hold_none(lost(before, store.current()), fault.requests)
            made.advance(hours=1, kinds=NOTHING)
            hold_none(store.read(declared, made, force=True).left_out)
            hold_none(self.differences(declared, made, store), fault.requests)

    def test_a_part_that_always_fails_costs_itself_alone(self, declared: Connector, platform: Platform) -> None:
        """One request of a community that has several is answered with 500 in every run; all else is read, and news."""
        world = self.make_world()
        recorder, _ = self._recorded(declared, world, Kept(), settings={})
        shown = _shown(recorder, platform, world)
        parts = sorted(key for key, posts in shown.items() if 0 < len(posts) < len(set().union(*shown.values())))
        if not parts:
            pytest.skip(f"what {declared.name} asks for comes in one answer")
        for part in Random(self.seed).sample(parts, min(3, len(parts))):
            made, store, fault = self.make_world(), Kept(), Broken(part)
            for _ in range(2):
                run = store.read(declared, made, force=True, faults=[fault])
                assert fault.hits
                hold_none(defects(run))
                missing = {
                    one.id for one in self.differences(declared, made, store) if one.record == "post" and not one.field
                }
                assert run.left_out != [] or not missing, part
                assert missing <= _part(shown[part], platform, made), part
                made.advance(days=1, reach=timedelta(days=1), kinds=frozenset({"posted"}))
            store.read(declared, made, force=True)
            hold_none(self.differences(declared, made, store), part)

    def test_a_request_of_any_kind_that_always_fails_is_told(self, declared: Connector) -> None:
        """One of each kind that a run sends is answered with 500: what is missing then is accounted for, and healed."""
        recorder, _ = self._recorded(declared, self.make_world(), Kept(), settings={})
        random = Random(f"{self.seed}/kinds")
        for name in sorted(set(recorder.names.values())):
            request = random.choice([key for key, one in recorder.names.items() if one == name])
            world, store, fault = self.make_world(), Kept(), Broken(request)
            run = store.read(declared, world, force=True, faults=[fault])
            assert fault.hits, request
            hold_none(defects(run), request)
            found = self.differences(declared, world, store)
            hold_none(unexplained(found, run, Counter(run.left_out), store), f"{request} fails")
            world.advance(days=LONG, kinds=NOTHING)
            store.read(declared, world, force=True)
            hold_none(self.differences(declared, world, store), f"{PASSED_BY}: {request}")

    def test_a_list_of_posts_inside_of_another_that_is_odd_is_told(self, declared: Connector) -> None:
        """Comments beside their post, say: where words stand in the place of that list, what is missing is told."""
        recorder = Recorder()
        plain = read(declared, self.make_world(), force=True, faults=[recorder])
        posts = {one.id for one in plain.records if one.record == "post"}
        assert plain.site is not None
        natives = {parse_id(one).native[-1] for one in posts}
        spots = recorder.inner_lists(plain.site, lambda held: any(str(look(one, "id")) in natives for one in held))
        if not spots:
            pytest.skip(f"nothing that {declared.name} asks for brings posts in a list inside of others")
        for spot in spots:
            fault = Odd([spot], lambda _: ODD["words"])
            run = read(declared, self.make_world(), force=True, faults=[fault])
            assert fault.hits, spot
            if not Counter(run.left_out) - Counter(plain.left_out):
                hold_none(sorted(posts - {one.id for one in run.records}), f"without a word, {spot.kind} being odd")

    @pytest.mark.parametrize("what", ODD_LISTS)
    def test_a_list_inside_of_a_row_that_became_odd_takes_nothing_away(
        self, declared: Connector, world: World, what: str
    ) -> None:
        """Everything is stored; then a list of each kind inside of rows has another shape: what was known stays.

        What would be made of such a list is left out of the draft, and a Rejected says so: told as an empty one it
        would take the place of what is stored.
        """
        store = Kept()
        store.read(declared, world, force=True)
        before = store.current()
        world.advance(hours=1, kinds=NOTHING)
        recorder, site = self._recorded(declared, world, store)
        spots = recorder.inner_lists(site)
        if not spots:
            pytest.skip(f"no row that {declared.name} asks for holds a list")
        fault = Odd(spots, lambda _: ODD_LISTS[what])
        run = store.read(declared, world, force=True, settings=self.all_settings(declared), faults=[fault])
        assert fault.hits
        hold_none(defects(run), spots)
        hold_none(between(before, store.current()), (run.left_out, spots))

    def _recorded(
        self, declared: Connector, world: World, store: Kept, settings: dict[str, JSON] | None = None
    ) -> tuple[Recorder, Site]:
        """Read as the next run would, and write down what is asked and answered."""
        recorder = Recorder()
        wanted = self.all_settings(declared) if settings is None else settings
        run = read(declared, world, state=store.checkpoints(), force=True, settings=wanted, faults=[recorder])
        assert run.site is not None
        return recorder, run.site


def defects(run: Run) -> list[str]:
    """Return what ended a slice, or the run, by a mistake of the connector's."""
    return [text for text in run.left_out if "defect of the connector" in text]


def lost(before: dict[str, list[dict[str, JSON]]], after: dict[str, list[dict[str, JSON]]]) -> list[str]:
    """Name what was there and is not, and the words of posts that have gone."""
    lost = []
    for kind, rows in before.items():
        now = {row["id"]: row for row in after.get(kind, ())}
        for row in rows:
            if row["id"] not in now:
                lost.append(f"{kind} {row['id']}")
            elif kind == "post":
                lost += [f"{row['id']}: {name}" for name in ("text", "body") if row[name] and not now[row["id"]][name]]
    return lost


def _shown(recorder: Recorder, platform: Platform, world: World) -> dict[str, set[str]]:
    """Return the posts that each answer shows, by request: those whose native id stands in it."""
    natives = {
        parse_id(key).native[-1]: key for key in (platform.post_id(world, one) for one in _posts(platform, world))
    }
    return {
        request: {natives[word] for word in set(_WORD.findall(json.dumps(data))) & natives.keys()}
        for request, data in recorder.answers.items()
    }


def _part(posts: set[str], platform: Platform, world: World) -> set[str]:
    """Return what a request that shows these posts leads to: one thread's, or else its communities' posts."""
    shown = [one for one in _posts(platform, world) if platform.post_id(world, one) in posts]
    threads = {(one.place, one.root or one.at) for one in shown}
    places = {one.place for one in shown}
    return {
        platform.post_id(world, one)
        for one in _posts(platform, world)
        if ((one.place, one.root or one.at) in threads if len(threads) == 1 else one.place in places)
    }


def _has_no_actor(one: Difference) -> bool:
    """Tell whether it is an act more that lacks its actor: what was odd about an act may have been the actor."""
    return one.record == "event" and one.expected is None and (one.found or {}).get("actor_id") is None


def _posts(platform: Platform, world: World) -> Iterable[Message]:
    return (one for place in world.on(platform.name) if place.privacy == "public" for one in world.messages(place))
