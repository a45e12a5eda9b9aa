"""Every metric equals its plain Python twin, on companies at random: as a whole, by month, by department."""

import math
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from oracle import ANSWERS, Oracle
from world import World, random_world

from communitykit.metrics import Record, catalogue, find, measure


def compare(seed: int, names: Sequence[str]) -> int:
    """Compare metrics on one company and return how many figures were compared."""
    world = random_world(seed, people=20 + seed % 30, acts=100 + 7 * seed % 400)
    record = Record(world.open())
    compared = 0
    try:
        for name in names:
            compared += _windows(world, record, name)
            if "department" in find(name).dimensions:
                for row in measure(record, name, by=["department"], k=1, unsafe=True).to_pylist():
                    oracle = Oracle(world, row["since"], row["until"], _of(row["department"]))
                    _equal(seed, row, ANSWERS[name](oracle))
                    compared += row["value"] is not None
    finally:
        record.connection.close()
    return compared


def _windows(world: World, record: Record, name: str) -> int:
    rows = measure(record, name, k=1, unsafe=True).to_pylist()
    rows += measure(record, name, by=["month"], k=1, unsafe=True, since=world.first_day + timedelta(days=9)).to_pylist()
    answers = {}
    for row in rows:
        window = (row["since"], row["until"])
        if window not in answers:
            answers[window] = ANSWERS[name](Oracle(world, *window))
        _equal(0, row, answers[window])
    return sum(row["value"] is not None for row in rows)


def _of(department: str | None):  # type: ignore[no-untyped-def]  # noqa: ANN202
    return lambda one: one.get("department") == department


def _equal(seed: int, row: dict[str, object], answer: dict[str | None, float | None]) -> None:
    variant, value = row["variant"], row["value"]
    if row["reason"] == "leaders_not_told" or variant in {"sd", "z"}:
        return
    expected = answer.get(variant)  # type: ignore[arg-type]
    where = (seed, row, expected)
    if value is None or expected is None or math.isnan(expected):
        assert value is None, where
        assert expected is None or math.isnan(expected), where
    else:
        assert isinstance(value, float)
        assert math.isclose(value, expected, rel_tol=1e-9, abs_tol=1e-9), where


def test_every_metric_has_a_twin() -> None:
    assert set(ANSWERS) == set(catalogue())


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 6))
def test_companies_at_random(seed: int) -> None:
    assert compare(seed, list(ANSWERS)[seed % 5 :: 5]) > 30


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 4))
def test_all_of_three_companies(seed: int) -> None:
    assert compare(seed, list(ANSWERS)) > 150


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(4, 101))
def test_all_of_a_hundred_companies(seed: int) -> None:
    assert compare(seed, list(ANSWERS)) > 150


def test_an_empty_company() -> None:
    world = World(date(2026, 1, 5), date(2026, 2, 28))
    record = Record(world.settle().open())
    for name in catalogue():
        rows = measure(record, name).to_pylist()
        assert rows
        assert all(row["value"] is None and row["reason"] for row in rows), name
