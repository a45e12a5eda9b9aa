"""Figures of public data sets, to the last digit that is known of them. The data is not part of the project."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from world import World

from communitykit.metrics import Record, measure

UTC_ZONE = ZoneInfo("UTC")
DATA = Path(__file__).parents[3] / "shared" / "data" / "metrics"


def _lines(name: str) -> list[list[int]]:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the project")
    return [[int(one) for one in line.split()] for line in path.read_text().splitlines() if line]


@pytest.fixture(scope="module")
def mails() -> Iterator[Record]:
    """email-Eu-core: who wrote to whom, and 42 departments."""
    world = World(date(2026, 1, 1), date(2026, 1, 31), zone=UTC_ZONE)
    for person, department in _lines("email-Eu-core-department-labels.txt"):
        world.person(person, department=str(department))
    world.place(1)
    at = datetime(2026, 1, 2, tzinfo=UTC)
    for one, other in _lines("email-Eu-core.txt"):
        world.act("mentioned", one, at, place_id=1, to_person_id=other)
    opened = world.settle().open()
    yield Record(opened)
    opened.connection().close()


@pytest.fixture(scope="module")
def messages() -> Iterator[Record]:
    """CollegeMsg: who wrote to whom and when, in days of UTC."""
    lines = [(one, other, datetime.fromtimestamp(at, UTC)) for one, other, at in _lines("CollegeMsg.txt")]
    world = World(min(lines, key=lambda line: line[2])[2].date(), max(line[2].date() for line in lines), zone=UTC_ZONE)
    world.place(1)
    for person in sorted({one for line in lines for one in line[:2]}):
        world.person(person)
    for one, other, at in lines:
        world.act("mentioned", one, at, place_id=1, to_person_id=other)
    opened = world.settle().open()
    yield Record(opened)
    opened.connection().close()


def _values(record: Record, name: str, **ask: object) -> dict[str | None, float]:
    return {row["variant"]: row["value"] for row in measure(record, name, k=1, **ask).to_pylist()}  # type: ignore[arg-type]


def test_departments_that_look_open_are_silos(mails: Record) -> None:
    rows = {row["variant"]: row for row in measure(mails, "ei_index").to_pylist()}
    assert (rows["observed"]["numerator"], rows["observed"]["denominator"]) == (10_671 - 5_393, 10_671 + 5_393)
    assert round(rows["observed"]["value"], 4) == 0.3286
    assert round(rows["expected"]["value"], 4) == 0.9067
    assert round(rows["sd"]["value"], 6) == 0.005529


def _first_28_days(record: Record) -> dict[str, object]:
    return {"since": record.first_day, "until": record.first_day + timedelta(days=28)}


def test_active_students(messages: Record) -> None:
    rows = measure(messages, "active_members", **_first_28_days(messages)).to_pylist()  # type: ignore[arg-type]
    numbers = {row["variant"]: row["numerator"] for row in rows}
    wanted = {"dau": 270, "wau": 554, "mau28": 700, "window": 700}
    assert {name: numbers[f"interaction_{name}"] for name in wanted} == wanted
    assert {row["denominator"] for row in rows if row["value"] is not None} == {1899}
    assert {row["reason"] for row in rows if row["value"] is None} == {"views_not_told"}


def test_regular_students(messages: Record) -> None:
    (row,) = measure(messages, "regulars", **_first_28_days(messages)).to_pylist()  # type: ignore[arg-type]
    assert (row["numerator"], row["denominator"]) == (98, 700)


def test_the_most_active_students(messages: Record) -> None:
    values = _values(messages, "superuser_share")
    assert {name: round(value, 3) for name, value in values.items()} == {"top_1": 0.183, "top_10": 0.654}
