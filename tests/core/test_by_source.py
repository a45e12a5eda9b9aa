"""What a run says of each of its sources: what came from it, though all are stored at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from communitykit import Member, Post, Provenance, from_records, gathering, pull
from communitykit.cli.reading import as_data, print_summary
from communitykit.doors.source import names_of
from communitykit.reading.translation import Page
from communitykit.store import Store
from communitykit.store.writer import Group, Writer
from communitykit.tally import Fate, SourceTally

AT = datetime(2026, 1, 1, tzinfo=UTC)


def source(platform: str, hour: int = 0) -> Provenance:
    moment = AT.replace(hour=hour)
    return Provenance(connector=platform, version="1", origin="api", fetched_at=moment, as_of=moment)


def member(platform: str, number: int, name: str = "one", hour: int = 0) -> Member:
    return Member(id=f"{platform}:n:member:{number}", display_name=name, source=source(platform, hour))


def post(platform: str, number: int, hour: int = 0, **fields: Any) -> Post:
    return Post(id=f"{platform}:n:post:{number}", kind="post", source=source(platform, hour), **fields)


def told(result: Any) -> dict[str, tuple[dict[str, int], ...]]:
    return {
        name: (one.tally.new, one.tally.changed, one.tally.deleted, one.unchanged)
        for name, one in result.by_source.items()
    }


def test_each_source_is_credited_with_what_it_told(tmp_path: Path) -> None:
    first = pull(
        [
            from_records([member("x", 1), member("x", 2), post("x", 1)]),
            from_records([member("y", 1)]),
            from_records([]),
        ],
        tmp_path / "a.duckdb",
    )
    names = list(first.by_source)
    assert names == [names[0], f"{names[0]}-2", f"{names[0]}-3"]
    assert list(told(first).values()) == [
        ({"members": 2, "posts": 1}, {}, {}, {}),
        ({"members": 1}, {}, {}, {}),
        ({}, {}, {}, {}),
    ]
    second = pull(
        [
            from_records([member("x", 1), member("x", 2, "two", 1), post("x", 1, 1, gone="deleted")]),
            from_records([member("y", 1), member("y", 2), member("x", 1)]),  # what another one told, too
        ],
        tmp_path / "a.duckdb",
    )
    assert list(told(second).values()) == [
        ({}, {"members": 1}, {"posts": 1}, {"members": 1}),
        ({"members": 1}, {}, {}, {"members": 2}),
    ]


def test_what_changes_several_times_in_a_run_counts_once_though_others_change_it_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.duckdb"
    people = range(40)
    pull(from_records([member("x", number) for number in people]), path)
    monkeypatch.setattr(gathering, "GROUP_RECORDS", 1)  # each page is a commit
    monkeypatch.setattr("communitykit.holding.RELEASE_GROUPS", 1)

    def news() -> Iterator[Any]:
        for hour in range(1, 5):
            yield from (member("x", number, f"name {hour}", 2 * hour) for number in people)
            yield from (member("x", 1000 + number, f"name {hour}", 2 * hour) for number in range(960))  # a page in all

    def in_turns(event: Any) -> None:
        if isinstance(event, Page) and event.records:
            pages.append(event)
            hour = 2 * len(pages) - 1
            other = Writer(path)
            told = [member("x", number, f"other {hour}", hour) for number in people]
            other.commit(Group(told), run_id="other", now=AT.replace(hour=hour))
            other.release()

    pages: list[Any] = []
    result = pull(from_records(news()), path, progress=in_turns)
    assert len(pages) == 4
    assert (result.tally.new, result.tally.changed) == ({"members": 960}, {"members": 40})
    (one,) = result.by_source.values()
    assert (one.tally.new, one.tally.changed, one.unchanged) == ({"members": 960}, {"members": 40}, {})


def test_what_a_run_alone_counts_as_changed_is_what_sql_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.duckdb"
    pull(from_records([member("x", number) for number in range(2000)]), path)
    monkeypatch.setattr(gathering, "GROUP_RECORDS", 1)
    told = [member("x", number, f"name {hour}", hour) for hour in (1, 2, 3) for number in range(1500, 2500)]
    result = pull(from_records(told), path)
    assert (result.tally.new, result.tally.changed) == ({"members": 500}, {"members": 500})
    with Store(path) as store:
        (row,) = store.sql(
            "SELECT count(*) AS n FROM members WHERE changed_run = ? AND first_run <> changed_run", [result.run_id]
        ).to_pylist()
    assert row["n"] == 500


def test_sources_together_are_the_whole(tmp_path: Path, capsys: Any) -> None:
    sources = [from_records([member(one, number) for number in range(7)]) for one in ("x", "y")]
    result = pull(sources, tmp_path / "a.duckdb")
    assert result.tally.new == {"members": sum(one.tally.new["members"] for one in result.by_source.values())}
    print_summary(result, tmp_path / "a.duckdb")
    name = next(iter(result.by_source))
    assert f"By source\nsource\tnew\tchanged\tgone\tunchanged\trequests\n{name}\t7\t0\t0\t0\t0\n" in (
        capsys.readouterr().out
    )
    assert "By source" in repr(result)
    assert as_data(result, tmp_path / "a.duckdb")["by_source"][f"{name}-2"] == {
        "new": {"members": 7},
        "changed": {},
        "deleted": {},
        "vanished": {},
        "unchanged": {},
        "requests": 0,
        "retries": 0,
    }
    alone = pull(from_records([member("x", 1)]), tmp_path / "a.duckdb")
    assert told(alone) == {name: ({}, {}, {}, {"members": 1})}
    print_summary(alone, tmp_path / "a.duckdb")
    assert "By source" not in capsys.readouterr().out + repr(alone)


def test_no_two_sources_are_called_alike() -> None:
    class Named:
        def __init__(self, name: str) -> None:
            self.name = name

    assert names_of([Named(one) for one in ("a", "a", "a-2", "a")]) == ["a", "a-2", "a-2-2", "a-3"]  # type: ignore[misc] # all that it asks of one


def test_what_vanished_is_credited_to_who_looked_through_its_network() -> None:
    gone = {"posts": Fate(vanished={"x:n:post:1", "x:n:post:2", "x:other:post:1"})}
    one, other = SourceTally(), SourceTally()
    one.take(gone, {}, {"x:n:"})
    other.take(gone, {}, ())
    assert (one.tally.vanished, other.tally.vanished) == ({"posts": 2}, {})
