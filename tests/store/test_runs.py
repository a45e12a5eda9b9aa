"""What a store knows of its runs: which one stored and changed a row, and what was observed between two."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from communitykit import Community, EngagementEvent, Member, Post, Provenance
from communitykit.store import TABLES, Store
from communitykit.store.windows import Walked
from communitykit.store.writer import Group, Writer

START = datetime(2026, 1, 1, tzinfo=UTC)
COMMUNITY = "p:a%20b:community:C"


def source(day: float, origin: Any = "api") -> Provenance:
    moment = START + timedelta(days=day)
    return Provenance(connector="p", version="0", origin=origin, fetched_at=moment, as_of=moment)


def post(number: int, day: float, **fields: Any) -> Post:
    told = {"community_id": COMMUNITY, "body": f"body {number}", "gone": None, "source": source(day), **fields}
    return Post(id=f"p:a%20b:post:{number}", **told)


def reacted(number: int, who: str, day: float, **fields: Any) -> EngagementEvent:
    told = {
        "kind": "reacted", "actor_id": f"p:a%20b:member:{who}", "target_id": f"p:a%20b:post:{number}", "active": True,
        "source": source(day), **fields,
    }  # fmt: skip
    return EngagementEvent(id=f"p:a%20b:event:reacted/{number}/{who}", **told)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the store goes."""
    return tmp_path / "a.duckdb"


def run(path: Path, name: str, *groups: Group) -> None:
    """Store groups, as one run."""
    writer = Writer(path)
    writer.start_run({"run_id": name, "started_at": START})
    for group in groups:
        writer.commit(group, run_id=name, now=START)
    writer.end_run({"run_id": name, "started_at": START, "ended_at": START})
    writer.release()


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with Store(path) as store:
        return [tuple(row.values()) for row in store.sql(query).to_pylist()]


def times(path: Path) -> dict[str, tuple[Any, ...]]:
    found = rows(path, "SELECT split_part(id, '/', 3), time_source, observed_after, occurred_at FROM events")
    return {who: tuple(rest) for who, *rest in found}


def test_every_row_says_where_it_is_from_and_which_runs_it_is_of(path: Path) -> None:
    first = [
        Member(id="p:a%20b:member:U", display_name="Ada", source=source(0)),
        Community(id=COMMUNITY, name="c", gone=None, source=source(0)),
        post(1, 0),
        reacted(1, "U", 0),
    ]
    run(path, "r1", Group(list(first), checkpoints={"p:a%20b:x": 1}))
    run(path, "r2", Group([post(1, 1, body="better"), post(2, 1), Community(id=COMMUNITY, name="c", source=source(1))]))
    for table in ("members", "communities", "posts", "post_versions", "events", "checkpoints", "activity"):
        assert set(rows(path, f"SELECT platform, network FROM {table}")) == {("p", "a b")}, table  # noqa: S608 # our own names
    with Store(path) as store:
        for table in (*TABLES.values(), "post_versions", "checkpoints", "activity"):
            assert {"platform", "network"} <= set(store.arrow(table).column_names), table
    runs = "SELECT id, first_run, changed_run FROM {} ORDER BY id"
    assert rows(path, runs.format("posts")) == [
        ("p:a%20b:post:1", "r1", "r2"),
        ("p:a%20b:post:2", "r2", "r2"),
    ]
    assert rows(path, runs.format("communities")) == [(COMMUNITY, "r1", "r1")]  # read again, and as it was
    assert rows(path, runs.format("events")) == [("p:a%20b:event:reacted/1/U", "r1", "r1")]


def test_an_act_without_a_time_is_observed_between_two_runs_and_never_on_a_first_read(path: Path) -> None:
    run(path, "r1", Group([post(1, 0), reacted(1, "first", 0)]))
    assert times(path) == {"first": ("none", None, None)}
    run(
        path,
        "r2",
        Group([post(1, 1), post(2, 1), reacted(1, "first", 1), reacted(1, "second", 1), reacted(2, "new", 1)]),
    )
    assert times(path) == {
        "first": ("none", None, None),  # it was there when the post was first read
        "second": ("observed", START, None),
        "new": ("none", None, None),
    }
    told = {"occurred_at": START + timedelta(days=2), "time_source": "event"}
    dated = reacted(1, "dated", 2, **told)
    run(
        path,
        "r3",
        Group([post(1, 2)]),
        Group([reacted(1, "third", 2), dated, reacted(1, "second", 2, time_source="none")]),
    )
    found = times(path)
    assert found["third"] == ("observed", START + timedelta(days=1), None)  # the post is of an earlier group of the run
    assert found["dated"] == ("event", None, START + timedelta(days=2))
    assert found["second"] == ("observed", START, None)  # that no time is known is no news
    run(path, "r4", Group([reacted(1, "second", 3, **told)]))
    assert times(path)["second"] == ("event", START, START + timedelta(days=2))
    shown = rows(path, "SELECT time_source, observed_after FROM activity WHERE actor_id LIKE '%:third'")
    assert shown == [("observed", START + timedelta(days=1))]
    with Store(path) as store:
        third = next(one for one in store.records(EngagementEvent) if one.id.endswith("third"))
        assert (third.time_source, third.observed_after) == ("observed", START + timedelta(days=1))  # type: ignore[attr-defined]
        assert set(store.current()["events"]["time_source"].to_pylist()) == {"none", "event"}


def test_what_another_door_or_no_earlier_run_told_is_not_observed(path: Path) -> None:
    """An export may hold no reactions, and reactions may have been asked for only now."""
    run(path, "r1", Group([post(1, 0, source=source(0, "archive")), post(2, 0)]))
    run(path, "r2", Group([post(1, 1), post(2, 1), reacted(1, "a", 1), reacted(2, "b", 1)]))
    assert times(path) == {"a": ("none", None, None), "b": ("none", None, None)}


def test_a_post_without_a_time_does_not_claim_one(path: Path) -> None:
    run(path, "r1", Group([post(1, 0), post(2, 0, created_at=START)]))
    assert rows(path, "SELECT time_source, occurred_at FROM activity ORDER BY post_id") == [
        ("none", None),
        ("event", START),
    ]


def test_what_stands_in_a_community_that_goes_changes_with_it(path: Path) -> None:
    lasting = Community(id=f"{COMMUNITY}2", gone=None, source=source(0))
    going = Community(id=COMMUNITY, gone=None, source=source(0))
    run(path, "r1", Group([going, lasting, post(1, 0), reacted(1, "U", 0)]))
    run(path, "r2", Group(walked=[Walked("community", {}, frozenset({lasting.id}), source(1), "p:a%20b:")]))
    run(path, "r3", Group([post(2, 2, community_id=None, gone="deleted")]))
    assert rows(path, "SELECT changed_run FROM communities ORDER BY id") == [("r2",), ("r1",)]
    assert rows(path, "SELECT changed_run FROM events") == [("r2",)]
    assert rows(path, "SELECT changed_run FROM posts ORDER BY id") == [("r2",), ("r3",)]
    run(path, "r4", Group([post(1, 3, gone="deleted")]))
    assert rows(path, "SELECT changed_run FROM events") == [("r4",)]


def test_a_run_that_said_no_more_is_called_killed_by_the_next(path: Path) -> None:
    writer = Writer(path)
    writer.start_run({"run_id": "cut off", "started_at": START, "status": "running"})
    writer.release()
    writer = Writer(path)
    writer.start_run({"run_id": "next", "started_at": START, "status": "running"})
    writer.release()
    assert rows(path, "SELECT run_id, status FROM runs ORDER BY run_id") == [("cut off", "killed"), ("next", "running")]
