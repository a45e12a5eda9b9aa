"""Stores of earlier schemas are read, opened and written into; nothing in them is lost on the way.

`stores/schema-1.duckdb.gz` was written by the code of schema 1, by two commits of a run `r1`: what `TOLD` states, as it
was told on day 0; on day 1 an edit of post 1, another department of Ada's, and two windows that were walked whole and
did not hold post 3 nor Ada's reaction.
"""

import gzip
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from evolution_tellings import ACTIVITY, LATER, PLAIN, START, TOLD, C, M, P, minutes, source
from pydantic import Field

from communitykit import (
    Coverage,
    Issue,
    Member,
    Post,
    StoreVersionError,
    from_records,
    pull,
)
from communitykit.cli.show import summary
from communitykit.model import RECORD_TYPES
from communitykit.model.merge import merged
from communitykit.store import SCHEMA_VERSION, TABLES, Store, descriptions
from communitykit.store import columns as store_columns
from communitykit.store.evolution import drift
from communitykit.store.writer import Group, Writer

KEPT = Path(__file__).parent / "stores"


def unpacked(version: int, to: Path) -> Path:
    path = to / "a.duckdb"
    path.write_bytes(gzip.decompress((KEPT / f"schema-{version}.duckdb.gz").read_bytes()))
    return path


def by_id(records: list[Any]) -> dict[str, Any]:
    """Return what is known of each, without what no store gives back as it was told."""
    return {
        one.id: {name: getattr(one, name) for name in one.model_fields_set - {"raw", "record"}}
        for one in merged(records)
    }


def holds_what_was_told(store: Store, *more: Any) -> None:
    records = [record for kind in TABLES for record in store.records(kind)]
    kept = [one for one in records if not isinstance(one, Coverage | Issue)]
    assert by_id(kept) == by_id([*TOLD, *LATER, *more])
    assert next(one for one in kept if one.id == P + "1").raw == {"wire": {"n": 1}}
    assert [one for one in records if isinstance(one, Coverage | Issue)][:2] == PLAIN
    assert store.arrow("post_versions").select(["post_id", "body"]).to_pylist() == [
        {"post_id": P + "1", "body": "Where? <@stub>"}
    ]


def activity(store: Store) -> set[tuple[Any, ...]]:
    found = store.sql("SELECT kind, actor_id, target_id, occurred_at FROM activity").to_pylist()
    return {tuple(row.values()) for row in found}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a store as schema 1 left it."""
    return unpacked(1, tmp_path)


def test_a_store_of_an_earlier_schema_is_read_as_todays_and_left_as_it_is(path: Path) -> None:
    before = path.read_bytes()
    with Store(path) as store:
        holds_what_was_told(store)
        assert activity(store) == set(ACTIVITY)
        now = store.current()
        assert {table: rows.num_rows for table, rows in now.items()} == {
            "members": 2, "communities": 2, "memberships": 2, "posts": 2, "events": 2, "measures": 1,
        }  # fmt: skip
        assert store.sql("SELECT job_title FROM members WHERE id = ?", [M + "ada"]).to_pylist() == [
            {"job_title": "Engineer"}
        ]
    assert path.read_bytes() == before


def test_who_reads_an_earlier_store_and_who_opened_it_for_writing_see_the_same(path: Path) -> None:
    with Store(path) as store:
        before = {table: store.arrow(table) for table in (*TABLES.values(), "post_versions", "runs", "activity")}
        current = store.current()
    Writer(path).release()
    with Store(path) as store:
        told = store.sql("SELECT value FROM meta WHERE key = 'schema_version'").to_pylist()
        assert told == [{"value": str(SCHEMA_VERSION)}]
        assert {table: rows.to_pylist() for table, rows in store.current().items()} == {
            table: rows.to_pylist() for table, rows in current.items()
        }
        for table, rows in before.items():
            after = store.arrow(table)
            assert after.schema == rows.schema, table
            assert sorted(map(repr, after.to_pylist())) == sorted(map(repr, rows.to_pylist())), table


def test_show_says_the_same_of_an_earlier_store_and_of_what_it_becomes(path: Path) -> None:
    said = summary(path)
    assert said["records"]["posts"] == {"test": 3}
    assert said["stubs"] == 1
    Writer(path).release()
    assert summary(path) == said
    with duckdb.connect(str(path)) as connection:  # as of an earlier day of this schema
        connection.execute("DROP VIEW activity; ALTER TABLE coverage DROP by_policy")
    assert summary(path) == said


def test_a_view_of_acts_that_would_hold_every_text_in_memory_is_made_anew(path: Path) -> None:
    Writer(path).release()
    with duckdb.connect(str(path)) as connection:
        assert drift(connection) is None
        connection.execute("CREATE OR REPLACE VIEW activity AS WITH live AS (FROM posts) SELECT id AS kind FROM live")
    with Store(path) as store:
        assert activity(store) == set(ACTIVITY)
    Writer(path).release()
    with duckdb.connect(str(path), read_only=True) as connection:
        assert drift(connection) is None
        planned = str(connection.execute("EXPLAIN SELECT kind, count(*) FROM activity GROUP BY kind").fetchall())
    assert "CTE" not in planned
    assert "body" not in planned


def test_an_earlier_store_goes_on_where_it_was(path: Path) -> None:
    """What it knows is merged with, its checkpoints and runs are there, and it goes on."""
    news = [
        Member(id=M + "ada", job_title="Head", source=source(2)),
        Post(id=P + "2", body="Here!", text="Here!", edited_at=minutes(9), source=source(2)),
        Post(id=P + "4", community_id=C + "lobby", body="Late.", created_at=minutes(4), gone=None, source=source(2)),
    ]
    writer = Writer(path)
    assert writer.checkpoints() == {"test:n:lobby": {"v": 1, "high": "12.000100"}}
    writer.release()
    result = pull(from_records(news), path)
    assert result.complete
    assert (result.tally.new, result.tally.changed) == ({"posts": 1}, {"members": 1, "posts": 1})
    with Store(path) as store:
        versions = store.arrow("post_versions").to_pylist()
        assert {(one["post_id"], one["body"]) for one in versions} == {(P + "1", "Where? <@stub>"), (P + "2", "Here.")}
        assert store.sql("SELECT run_id, status FROM runs ORDER BY started_at").to_pylist()[0] == {
            "run_id": "r1", "status": "partial",
        }  # fmt: skip
        records = [one for kind in ("member", "post") for one in store.records(kind)]
        assert by_id(records) == by_id([one for one in (*TOLD, *LATER, *news) if isinstance(one, Member | Post)])
        assert {one.id: one for one in records}[M + "ada"].job_title == "Head"


def test_the_file_is_as_it_was_when_its_evolution_fails(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()
    monkeypatch.setattr("communitykit.store.evolution.ACTIVITY", "SELECT nothing FROM nowhere")
    with pytest.raises(Exception, match="nowhere"):
        Writer(path)
    monkeypatch.undo()
    assert path.read_bytes() == before
    with Store(path) as store:
        holds_what_was_told(store)


class _Richer(Member):
    """A member as a later model may have it: with a field, a list and a structure more."""

    pronouns: str | None = Field(default=None, description="How somebody is spoken of.")
    badges: tuple[str, ...] = Field(default=(), description="What they wear.")
    home: dict[str, Any] | None = Field(default=None, description="Where they live.")


@contextmanager
def a_richer_model(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    cached = (store_columns.field_columns, store_columns.columns, store_columns.by_name, descriptions.comments)
    with ExitStack() as stack:
        for one in cached:
            stack.callback(one.cache_clear)  # after the model is its own again
        patch = stack.enter_context(monkeypatch.context())
        patch.setitem(RECORD_TYPES, "member", _Richer)
        for one in cached:
            one.cache_clear()
        yield


@pytest.mark.parametrize("version", [1, SCHEMA_VERSION])
def test_a_model_with_more_fields_works_on_the_stores_that_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    path = unpacked(1, tmp_path)
    if version == SCHEMA_VERSION:
        Writer(path).release()
    richer = _Richer(id=M + "bob", pronouns="he", badges=("a",), home={"at": 1}, source=source(2))
    with a_richer_model(monkeypatch):
        with Store(path) as store:
            assert (
                store.sql("SELECT pronouns, badges FROM members WHERE NOT stub").to_pylist()
                == [{"pronouns": None, "badges": None}] * 2
            )
        writer = Writer(path)
        writer.commit(Group([richer]), run_id="r2", now=START)
        writer.release()
        with Store(path) as store:
            bob = next(one for one in store.records("member") if one.id == M + "bob")
            assert isinstance(bob, _Richer)
            assert (bob.pronouns, bob.badges, bob.home, bob.display_name) == ("he", ("a",), {"at": 1}, "Bob")
    with Store(path) as store:  # and an older model leaves alone what it does not know
        assert store.sql("SELECT pronouns FROM members WHERE id = ?", [M + "bob"]).to_pylist() == [{"pronouns": "he"}]
    Writer(path).release()
    with Store(path) as store:
        holds = store.sql("SELECT pronouns FROM members WHERE id = ?", [M + "bob"])
        assert holds.to_pylist() == [{"pronouns": "he"}]


@pytest.mark.parametrize("opened", [Store, Writer, summary])
def test_a_store_of_a_later_schema_is_refused_with_the_upgrade_to_make(path: Path, opened: Any) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = 'schema_version'", [str(SCHEMA_VERSION + 1)])
    with pytest.raises(StoreVersionError, match="pip install --upgrade communitykit"):
        opened(path)
