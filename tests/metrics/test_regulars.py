"""Who takes part as a habit: what each condition of the definition keeps apart."""

from datetime import UTC, date, datetime, timedelta

import pytest
from world import World

from communitykit.metrics import measure

LAST = date(2026, 3, 31)
WINDOW = date(2026, 3, 4)
"""The first of the last 28 days."""


@pytest.fixture
def world() -> World:
    """Fourteen people, most of whom lack one thing to be regulars."""
    made = World(date(2026, 1, 5), LAST)
    habits = {
        "on ten days, the first and the last of the window among them": [(WINDOW, 9), (LAST, 1)],
        "in two places on the same ten days": [(WINDOW, 10), (WINDOW, 10)],
        "often, on nine days": [(WINDOW, 9), (WINDOW, 9)],
        "on nine days, and on the day before": [(WINDOW - timedelta(days=1), 10)],
        "before": [(date(2026, 1, 6), 50)],
        "never": [],
    }
    for number, (department, spells) in enumerate(habits.items(), 1):
        made.person(number, department=department)
        for at, (since, days) in enumerate(spells):
            write(made, number, since, days, platform=("slack", "yammer")[at])
    write(made, made.person(11, department="looks on"), WINDOW, 20, kind="viewed")
    write(made, made.person(12, department="a guest", is_eligible=False, kind="guest"), WINDOW, 20)
    write(made, made.person(13, department="left", left_day=date(2026, 1, 4), active=False), WINDOW, 20)
    write(made, made.person(14, department="comes later", started_day=date(2026, 4, 1)), WINDOW, 20)
    for platform in ("slack", "yammer"):
        made.rows["coverage"].append({"platform": platform, "what": "posts", "status": "complete"})
    return made.settle()


def write(world: World, person: int, since: date, days: int, *, kind: str = "posted", platform: str = "slack") -> None:
    for number in range(days):
        at = datetime(since.year, since.month, since.day, 9, tzinfo=UTC) + timedelta(days=number)
        post = 10_000 * person + len(world.rows["acts"])
        world.act(kind, person, at, platform=platform, post_id=post, thread_id=post)


def test_regulars(world: World) -> None:
    tables = world.open()
    (whole,) = measure(tables, "regulars", k=1, unsafe=True).to_pylist()
    assert (whole["numerator"], whole["denominator"]) == (2, 4)
    told = measure(tables, "regulars", by=["department"], k=1, unsafe=True).to_pylist()
    assert {row["department"]: (row["numerator"], row["denominator"]) for row in told if row["denominator"]} == {
        "on ten days, the first and the last of the window among them": (1, 1),
        "in two places on the same ten days": (1, 1),
        "often, on nine days": (0, 1),
        "on nine days, and on the day before": (0, 1),
    }


def test_of_each_month_and_platform(world: World) -> None:
    tables = world.open()
    months = measure(tables, "regulars", by=["month"], k=1, unsafe=True).to_pylist()
    assert [(row["period"], row["numerator"], row["denominator"]) for row in months] == [
        ("2026-01", 1, 1),
        ("2026-02", 1, 1),  # who wrote before the last 28 days did so in February, too
        ("2026-03", 2, 4),
    ]
    platforms = measure(tables, "regulars", by=["platform"], k=1, unsafe=True).to_pylist()
    assert {row["platform"]: (row["numerator"], row["denominator"]) for row in platforms} == {
        "slack": (1, 4),
        "yammer": (1, 3),
    }
    (fewer,) = measure(tables, "regulars", min_days=9, k=1, unsafe=True).to_pylist()
    assert (fewer["numerator"], fewer["denominator"]) == (4, 4)
