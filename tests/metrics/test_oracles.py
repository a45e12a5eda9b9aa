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
        if one != other:  # 642 mails to oneself: strip them, as published
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
    return {row["variant"]: row["value"] for row in measure(record, name, k=1, unsafe=True, **ask).to_pylist()}  # type: ignore[arg-type]


@pytest.mark.slow
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


def test_mails_are_answered(mails: Record) -> None:
    values = _values(mails, "two_way_relationships")
    assert {name: round(value, 4) for name, value in values.items()} == {"dyads": 0.5519, "arcs": 0.7112}


def test_departments_are_modules(mails: Record) -> None:
    values = _values(mails, "modularity")
    assert {name: round(value, 4) for name, value in values.items()} == {"modularity": 0.2880, "assortativity": 0.3024}


def test_mails_are_unequal(mails: Record) -> None:
    assert round(_values(mails, "gini")["all_members"], 4) == 0.6162


def test_sticky_students(messages: Record) -> None:
    assert round(_values(messages, "stickiness", **_first_28_days(messages))["all_days"], 3) == 0.171


def test_unequal_students(messages: Record) -> None:
    values = _values(messages, "gini")
    assert round(values["all_members"], 4) == 0.7972
    assert values["contributors"] < values["all_members"]


def test_bursty_students(messages: Record) -> None:
    (row,) = measure(messages, "burstiness").to_pylist()
    assert (row["denominator"], round(row["value"], 3)) == (750, 0.453)


def test_worked_examples() -> None:
    """Orbit's three months of 30 members; SWOOP's equal shares; SWOOP's 2,612 who saw and 261 who took part."""
    world = World(date(2026, 1, 1), date(2026, 12, 31), zone=UTC_ZONE)
    world.place(1)
    months = [(date(2026, 4, 1), (8, 4, 1)), (date(2026, 8, 1), (9, 5, 1)), (date(2026, 12, 1), (10, 6, 2))]
    for person in range(1, 31):
        world.person(person)
    for end, (participating, contributing, leading) in months:
        active = [3] * participating + [10] * contributing + [30] * leading
        for person, days in enumerate(active, 1):
            for back in range(1, days + 1):
                at = datetime.combine(end - timedelta(days=back), datetime.min.time(), UTC)
                world.act(
                    "posted", person, at, place_id=1, thread_id=None, post_id=person * 10_000 + end.month * 100 + back
                )
    record = Record(world.settle().open())
    grown = []
    for before, after in (months[0:2], months[1:3]):
        values = _values(record, "gravity", since=before[0], until=after[0])
        grown.append((values["before"], values["after"], round(values["gravity"], 1)))
    assert grown == [(441, 504, 2.1), (504, 666, 5.4)]


@pytest.mark.parametrize(("places", "index"), [(2, 0.5), (10, 0.9)])
def test_equal_shares_are_as_diverse_as_they_can_be(places: int, index: float) -> None:
    world = World(date(2026, 1, 1), date(2026, 1, 31), zone=UTC_ZONE)
    for number in range(1, places + 1):
        world.place(number)
        for person in range(1, 6):
            at = datetime(2026, 1, 2, tzinfo=UTC)
            world.act(
                "posted", person, at, place_id=number, thread_id=person * 100 + number, post_id=person * 100 + number
            )
    for person in range(1, 6):
        world.person(person)
    assert _values(Record(world.settle().open()), "diversity_index")["communities"] == pytest.approx(index)


def test_seen_reach_and_engagement() -> None:
    world = World(date(2026, 1, 1), date(2026, 1, 31), zone=UTC_ZONE)
    world.place(1, members=50_000)
    at = datetime(2026, 1, 2, tzinfo=UTC)
    world.person(0)
    world.act("posted", 0, at, place_id=1, thread_id=1, post_id=1)
    for person in range(1, 2613):
        world.person(person)
        world.act("viewed", person, at, place_id=1, thread_id=1, post_id=1)
        if person <= 261:
            world.act("reacted", person, at, place_id=1, thread_id=1, post_id=1, to_person_id=0)
    record = Record(world.settle().open())
    assert round(_values(record, "reach")[None], 2) == 0.05
    assert round(_values(record, "post_engagement")[None], 2) == 0.10
