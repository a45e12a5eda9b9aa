"""What must not matter does not: order, names, dates, how a window is cut, people elsewhere."""

import copy
import math
import random
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from world import World, random_world

from communitykit.metrics import Record, catalogue, find, measure
from communitykit.metrics.syntax import DIMENSIONS

NAMES = list(catalogue())
QUICK = ["ei_index", "persona_mix", "time_to_first_response"]
IDS = {"person_id", "manager_id", "to_person_id", "from_person_id"}
POSTS = {"place_id", "parent_id", "thread_id", "post_id"}


def figures(world: World, name: str, by: list[str], **ask: Any) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Return what was measured, by period, dimensions and variant."""
    tables = world.open()
    try:
        rows = measure(tables, name, by=by, k=1, unsafe=True, **ask).to_pylist()
    finally:
        tables.connection().close()
    dimensions = [one for one in by if one in DIMENSIONS]
    return {
        (row["period"], *(row[one] for one in dimensions), row["variant"]): (
            row["value"], row["numerator"], row["denominator"], row["persons"],
        )
        for row in rows
    }  # fmt: skip


def same(ours: dict[tuple[Any, ...], tuple[Any, ...]], theirs: dict[tuple[Any, ...], tuple[Any, ...]]) -> None:
    assert ours
    assert ours.keys() == theirs.keys()
    for key, values in ours.items():
        for one, other in zip(values, theirs[key], strict=True):
            both = one is not None and other is not None
            assert math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-12) if both else one is other, key


def shuffled(world: World) -> World:
    dice = random.Random(3)  # noqa: S311 # repeatable
    for rows in world.rows.values():
        dice.shuffle(rows)
    return world


def renamed(world: World) -> World:
    """Give every id another, in another order."""
    for rows in world.rows.values():
        for row in rows:
            for key in row.keys() & (IDS | POSTS):
                if row[key] is not None:
                    row[key] = (row[key] * 7919 + 13) % 1_000_003
    return world


def later(world: World) -> World:
    """Let everything happen 52 weeks later."""
    shift = timedelta(days=364)
    for name, rows in world.rows.items():
        for row in rows:
            for key, value in row.items():
                if isinstance(value, date) and value is not None:
                    row[key] = value + shift
                elif key.endswith("_us") and value is not None:
                    row[key] = value + 364 * 86_400_000_000
            if name == "about" and row["key"] in {"first_day", "last_day"}:
                row["value"] = (date.fromisoformat(row["value"]) + shift).isoformat()
    return world


TRANSFORMS: dict[str, Callable[[World], World]] = {"shuffled": shuffled, "renamed": renamed, "later": later}


def _holds(name: str, transform: str) -> None:
    world = random_world(11)
    by = [one for one in find(name).dimensions if one not in {"period", "place"}]
    changed = TRANSFORMS[transform](copy.deepcopy(world))
    ask = {"min_gaps": 1} if name == "burstiness" else {}
    same(figures(world, name, by, **ask), figures(changed, name, by, **ask))


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("name", QUICK)
def test_what_does_not_matter(name: str, transform: str) -> None:
    _holds(name, transform)


@pytest.mark.slow
@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("name", NAMES)
def test_what_does_not_matter_to_any(name: str, transform: str) -> None:
    _holds(name, transform)


def test_counts_of_parts_of_a_window_add_up_and_distinct_people_do_not() -> None:
    world = random_world(12)
    for name in ("response_rate", "unanswered_rate", "curiosity", "reply_post_ratio", "cross_department_threads"):
        parts = [one for one in figures(world, name, ["week"]).values() if one[1] is not None]
        ((_, numerator, denominator, _),) = figures(world, name, []).values()
        assert sum(part[1] for part in parts) == numerator, name
        assert sum(part[2] for part in parts) == denominator, name
    split = {"interaction_window": [one[1] for key, one in figures(world, "active_members", ["week"]).items()
                                    if key[-1] == "interaction_window"]}  # fmt: skip
    whole = figures(world, "active_members", [])[None, "interaction_window"][1]
    assert max(split["interaction_window"]) < whole < sum(split["interaction_window"])


@pytest.mark.parametrize("name", ["dormant_communities", "participation_split", "response_rate"])
def test_people_elsewhere_do_not_matter(name: str) -> None:
    assert _unmoved_by_people_elsewhere(name)


OF_THE_COMPANY = {"ei_index", "first_contribution_attribution"}
"""What E-I has to be expected, and who the champions are, is about the whole company."""


@pytest.mark.slow
@pytest.mark.parametrize("name", [one for one in NAMES if one not in OF_THE_COMPANY])
def test_people_elsewhere_do_not_matter_to_any(name: str) -> None:
    _unmoved_by_people_elsewhere(name)


def _unmoved_by_people_elsewhere(name: str) -> bool:
    """Hold the figures of old places or departments to what they were, and tell whether there are new ones."""
    dimension = next(one for one in ("place", "department") if one in find(name).dimensions)
    world = random_world(13)
    crowded = random_world(13)
    for table in crowded.rows.values():  # what follows is derived again
        table[:] = [row for row in table if "person_id" in row or "place_id" in row]
    crowded.rows["threads"], crowded.rows["answers"], crowded.rows["ties"] = [], [], []
    crowded.rows["coverage"], crowded.rows["calendar"], crowded.rows["about"] = [], [], []
    crowded.place(900, "slack", members=9)
    for number in range(901, 910):
        crowded.person(number, department="elsewhere", site="Lille", manager_id=900 if number > 901 else None, depth=0)
        at = datetime(2026, 2, 3, 9, tzinfo=UTC)
        crowded.act("posted", number, at, place_id=900, thread_id=number, post_id=number, question=True)
        crowded.act("replied", 901, at, place_id=900, thread_id=number, post_id=number + 50, to_person_id=number)
    crowded.settle()
    ours, theirs = (figures(one, name, ["month", dimension]) for one in (world, crowded))
    kept = {key: value for key, value in theirs.items() if key[1] not in {"900", "elsewhere"}}
    same(ours, kept)
    return len(kept) < len(theirs)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_closed_form_of_chance_is_what_ten_thousand_deals_give(seed: int) -> None:
    world = random_world(seed, people=60, acts=900)
    tables = world.open()
    rows = {row["variant"]: row for row in measure(Record(tables), "ei_index").to_pylist()}
    present = {
        one["person_id"]: one["department"]
        for one in world.rows["people"]
        if one["is_eligible"]
        and one["department"] is not None
        and (one["active"] if one["left_day"] is None else one["left_day"] >= world.first_day)
    }
    pairs = {frozenset((tie["from_person_id"], tie["to_person_id"])) for tie in world.rows["ties"]}
    pairs = {pair for pair in pairs if pair <= present.keys()}
    assert len(pairs) == rows["observed"]["denominator"]
    people, teams = list(present), list(present.values())
    dice, drawn = random.Random(seed), []  # noqa: S311 # repeatable
    for _ in range(10_000):
        dice.shuffle(teams)
        dealt = dict(zip(people, teams, strict=True))
        inside = sum(dealt[one] == dealt[other] for one, other in map(tuple, pairs))
        drawn.append(1 - 2 * inside / len(pairs))
    mean = sum(drawn) / len(drawn)
    spread = math.sqrt(sum((one - mean) ** 2 for one in drawn) / len(drawn))
    assert mean == pytest.approx(rows["expected"]["value"], abs=4 * spread / 100)
    assert spread == pytest.approx(rows["sd"]["value"], rel=0.04)
    counts: dict[str, int] = defaultdict(int)
    for team in teams:
        counts[team] += 1
    assert len(counts) > 2
