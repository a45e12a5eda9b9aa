"""Runs one after the other, cut off, under faults and under limits end in the truth, or say what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from random import Random

import pytest

from communitykit.connector.declaration import Connector
from communitykit.errors import CredentialError
from communitykit.reading.translation import Page
from communitykit.sandbox import FAULTS, TALK, Platform, World, parse_fault
from communitykit.sandbox.faults_content import FOREIGN
from communitykit.sandbox.truth import Difference
from communitykit.testing.base import SHOWN, Checks, between, hold_none, platform_of
from communitykit.testing.reading import Kept, Run, read

MOVING = frozenset({"changing"})
"""Faults under which there is no one truth while the run reads: only the run after it can be held against one."""
PAGING = frozenset(
    {"expired-cursor", "repeated-cursor", "empty-pages", "duplicates", "foreign-link", "shifted-up", "shifted-down"}
)
"""Faults that only listings of several pages show."""
LIVELINESS = frozenset({"posted", "replied", "reacted", "reply_reacted"})
LIVELY = 5
"""Times that people write and react, so that there are recent reactions to be taken back: a tiny company has few."""
POINTS = 20
"""Seeded points at which a run is cut."""
USED = 0.9
"""The part of its busiest budget that a run must use, while there is enough to ask."""


class RunChecks(Checks):
    """Increments, interruptions, faults and limits."""

    def test_a_second_run_changes_nothing_and_asks_little(self, declared: Connector, world: World) -> None:
        """Without news there is nothing to store and less to ask."""
        store = Kept()
        first = store.read(declared, world)
        before = store.current()
        second = store.read(declared, world)
        assert store.current() == before
        self._asks_little(second, first, 0)

    def test_a_month_later_an_incremental_run_finds_what_a_fresh_one_finds(
        self, declared: Connector, world: World
    ) -> None:
        """Late replies, edits, deletions, undone reactions: all of it, with the connector's own "all" settings.

        That takes hardly more requests than reading anew. A connector that has no such settings is held to the changes
        that it claims to find.
        """
        store = Kept()
        store.read(declared, world)
        world.advance(days=30, kinds=None if self.all_settings(declared) else self.findable(declared))
        run = store.read(declared, world, settings=self.all_settings(declared))
        hold_none(run.left_out)
        hold_none(self.differences(declared, world, store))
        self._asks_little(run, read(declared, world), 2)

    def test_inside_the_look_back_the_usual_settings_find_what_is_claimed(
        self, declared: Connector, world: World
    ) -> None:
        """Every change that the capabilities claim to find is found, by fewer requests than a fresh run takes."""
        store = Kept()
        for _ in range(LIVELY):
            world.advance(days=2, reach=timedelta(days=14), kinds=LIVELINESS)
        store.read(declared, world)
        world.advance(days=7, reach=timedelta(days=27), kinds=self.findable(declared))
        run = store.read(declared, world)
        hold_none(self.differences(declared, world, store))
        self._asks_little(run, read(declared, world), 1)

    def test_a_run_cut_at_every_request_of_a_slice_and_resumed_ends_as_an_uninterrupted_one(
        self, declared: Connector, platform: Platform, world: World
    ) -> None:
        """The slice that takes most requests, cut before what each of them gave is stored."""
        run = read(declared, world, options=platform.tight)
        busiest = max((one for one in run.coverage if ":-:" not in one.slice), key=lambda one: one.requests).slice
        answers = [
            number
            for number, event in enumerate(run.events)
            if isinstance(event, Page) and event.slice == busiest and event.requests
        ]
        assert answers
        self._resumes(declared, platform, run, answers)

    def test_a_run_cut_anywhere_and_resumed_ends_as_an_uninterrupted_one(
        self, declared: Connector, platform: Platform, world: World
    ) -> None:
        """Seeded points of the whole run, each followed by a run to the end."""
        run = read(declared, world, options=platform.tight)
        points = min(POINTS, len(run.events) - 1)
        self._resumes(declared, platform, run, sorted(Random(self.seed).sample(range(1, len(run.events)), points)))

    def _resumes(self, declared: Connector, platform: Platform, run: Run, cuts: Sequence[int]) -> None:
        """For each cut, keep what had come before that event, then read on from there."""
        world, uninterrupted = self.make_world(), Kept()
        uninterrupted.take(run.events, world.now)
        expected = uninterrupted.current()
        for number in cuts:
            store = Kept()
            store.take(run.events[:number], world.now)
            store.read(declared, world, options=platform.tight)
            hold_none(between(expected, store.current()), _cut_at(run, number))

    @pytest.mark.parametrize("name", sorted(FAULTS))
    def test_every_fault_ends_in_the_truth_or_is_told(
        self, declared: Connector, platform: Platform, world: World, name: str
    ) -> None:
        """Under a fault a run ends as without it, or says exactly what it could not read; a clean run then mends it."""
        if name in MOVING and not self.all_settings(declared) and not self.findable(declared) >= TALK:
            pytest.skip(f"{declared.name} does not claim to find everything that changes while it reads")
        store, fault = Kept(), parse_fault(name)
        options = platform.tight if name in PAGING else {}
        told_anyway = self.told_anyway(declared, options)
        run = store.read(declared, world, faults=[fault], options=options)
        if not fault.hits and 0 < fault.share < 1:  # of few requests chance chose none
            store, fault = Kept(), parse_fault(f"{name}:share=1")
            run = store.read(declared, world, faults=[fault], options=options)
        told = Counter(run.left_out) - told_anyway
        if name not in MOVING:
            found = self.differences(declared, world, store)
            hold_none(unexplained(found, run, told, store))
        assert FOREIGN.split("/")[2] not in {host for host, _ in run.hosts}
        # Later than the run before: of two reads at one moment nobody knows which is the newer.
        world.advance(hours=1, kinds=frozenset())
        # At whatever price: what a platform's rule says about asking again soon does not count here.
        store.read(declared, world, settings=self.all_settings(declared), force=True)
        hold_none(self.differences(declared, world, store))
        if not fault.hits:
            assert run.site is not None
            why = fault.lacking(run.site)
            concerns = (
                f"the simulated {platform.name} lacks {why}" if why else f"nothing that {declared.name} asks shows it"
            )
            pytest.skip(f"the fault {name} never struck: {concerns}")

    def test_a_token_that_is_refused_in_the_middle_ends_the_run(self, declared: Connector, world: World) -> None:
        """As an error of the credential: it is not told as many communities, or other parts, that are closed to it."""
        asked = read(declared, self.make_world()).requests
        fault = parse_fault(f"revoked={max(1, asked // 2)}")
        run = read(declared, world, faults=[fault])
        assert fault.hits
        renewed = not run.left_out
        assert run.failed_with(CredentialError) or renewed, (
            f"the token is refused from request {asked // 2} on, and the run goes on: {run.left_out[:SHOWN]}. What "
            "`error_of` takes for a closed place has to be told by the platform's own code, or by asking for the token"
        )

    def test_a_token_that_ends_in_the_middle_is_renewed(
        self, declared: Connector, platform: Platform, world: World
    ) -> None:
        """Where tokens can be renewed, an ended one costs nothing."""
        if not platform.renewing:
            pytest.skip(f"the simulated {platform.name} has no tokens that can be renewed")
        store, fault = Kept(), parse_fault("expiring=12")
        run = store.read(declared, world, faults=[fault], options=platform.renewing)
        assert fault.hits
        hold_none(run.left_out)
        hold_none(self.differences(declared, world, store))

    def test_limits_are_kept(self, declared: Connector, world: World) -> None:
        """The platform counts: no budget is exceeded, and nothing is left out for want of time."""
        run = read(declared, world, rate=self._busy_rate(declared))
        hold_none([str(one) for one in run.violations[:3]])
        hold_none(run.left_out)

    def test_limits_are_used(self, declared: Connector, world: World) -> None:
        """While there is enough to ask, the busiest budget is used nearly whole: no needless waiting."""
        run = read(declared, world, rate=self._busy_rate(declared))
        used = dict(_used(declared, run, self._busy_rate(declared)))
        if not used:
            pytest.skip(f"nothing that {declared.name} asks is limited, or too little of it to wait for")
        assert max(used.values()) >= USED, used

    def test_no_request_before_a_retry_after_has_passed(self, declared: Connector, world: World) -> None:
        """Refusals out of the blue, for longer than a limit's window, are waited out by all who draw on the budget."""
        windows = [budget.seconds for budget in platform_of(declared).limits({}).values()]
        fault = parse_fault(f"limited:seconds={int(1.5 * max(windows, default=60))},share=0.5")
        run = read(declared, world, rate=self._busy_rate(declared), faults=[fault])
        assert fault.hits
        hold_none([str(one) for one in run.violations[:3]])
        hold_none(run.left_out)

    def _asks_little(self, later: Run, fresh: Run, which: int) -> None:
        """Fail where a later run takes more requests than its part of a fresh one's, and than any run has to take.

        No run takes fewer than what discovers the slices takes, and one for each slice that it reads.
        """
        found = [one for one in fresh.coverage if ":-:" in one.slice]
        least = sum(one.requests for one in found) + len({one.slice for one in fresh.coverage}) - len(found)
        most = max(fresh.requests * self.ratio[which], least)
        assert later.requests <= most, (
            f"a later run takes {later.requests} requests, a fresh one {fresh.requests}: {most:.0f} are allowed, by "
            f"ratio[{which}] = {self.ratio[which]}, or {least} that no run does without (discovery, and one a slice). "
            "Does it go on where its checkpoint says? Where a fresh run takes a page or two of each slice, let the "
            "simulated platform's pages be smaller; where what changed takes more by design, set `ratio`"
        )

    def _busy_rate(self, declared: Connector) -> float:
        """Choose limits so narrow that the busiest budget takes several windows of time."""
        free = read(declared, self.make_world())
        limits = platform_of(declared).limits({})
        wanted = Counter({key: len(times) for key, times in free.let_through.items() if key[0] in limits})
        if not wanted:
            return 1.0
        (budget, _), number = wanted.most_common(1)[0]
        return max(1, number // 5) / limits[budget].limit


def unexplained(found: list[Difference], run: Run, told: Mapping[str, int], store: Kept) -> list[str]:
    """Return the differences that the run does not account for.

    What is missing, a record or a field that nobody told, may be missing where a slice says that it is not complete:
    its own community's, or everything's where the slice is about no one community. What is there and wrong is never
    accounted for, unless the platform itself said something wrong, which becomes an Issue or Coverage too.
    """
    if not found:
        return []
    if not told:
        return [str(one) for one in found]
    short = [one for one in run.coverage if one.status != "complete"]
    everywhere = any(one.community_id is None for one in short) or any("failed: " in text for text in told)
    communities = {one.community_id for one in short}
    issues = any(page.issues for page in run.pages)
    return [
        str(one)
        for one in found
        if not (
            everywhere
            or issues
            or one.record == "member"
            or (one.community_id in communities and not (one.field and store.tells(one.record, one.id, one.field)))
        )
    ]


def _cut_at(run: Run, number: int) -> str:
    """Say where a run was cut: before what, of which slice, and what had been asked."""
    cut = run.events[number]
    slice_ = getattr(cut, "slice", None) or getattr(getattr(cut, "coverage", None), "slice", "the run itself")
    what = f"{type(cut).__name__} of {slice_}"
    return f"cut before event {number} of {len(run.events)}, {what}; {run.asked_before(number)}"


def _used(declared: Connector, run: Run, rate: float) -> Iterator[tuple[str, float]]:
    """Return which part of each limit was used between its first and its last request, where that takes a while."""
    limits = platform_of(declared).limits({})
    for (name, scope), times in run.let_through.items():
        budget = limits.get(name)
        if budget is None:
            continue
        limit, window = budget.limit * rate, budget.seconds
        if limit < 1:
            limit, window = 1.0, window / limit
        needed = (len(times) - 1) // int(limit) * window
        if needed > window:
            yield f"{name} {scope}", needed / (times[-1] - times[0])
