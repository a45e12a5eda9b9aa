"""Every table and column of a store says what it is, after compaction and evolution, too."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from communitykit.model import RECORD_TYPES
from communitykit.people import resolve
from communitykit.store import TABLES, connection
from communitykit.store.compacting import compact
from communitykit.store.descriptions import described


def told(path: Path) -> dict[str, tuple[str | None, dict[str, str | None]]]:
    with duckdb.connect(str(path), read_only=True) as opened:
        tables = opened.execute(
            "SELECT table_name, comment FROM duckdb_tables() UNION ALL "
            "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal"
        ).fetchall()
        rows = opened.execute(
            "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal"
        ).fetchall()
    return {table: (said, {name: of for at, name, of in rows if at == table}) for table, said in tables}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "a.duckdb"
    connection.disconnect(connection.connect(path, read_only=False), path)
    return path


def test_a_new_store_says_what_everything_is(store: Path) -> None:
    assert told(store) == described()
    for table, (of_table, of_columns) in described().items():
        for said in (of_table, *of_columns.values()):
            assert len(said) > 3, table
            assert "\n" not in said


def test_so_does_one_that_was_compacted(store: Path) -> None:
    compact(store, now=datetime(2026, 1, 1, tzinfo=UTC))
    assert told(store) == described()


def test_so_does_one_of_an_earlier_schema(store: Path) -> None:
    with duckdb.connect(str(store)) as opened:
        opened.execute("DROP TABLE releases; COMMENT ON TABLE runs IS NULL; COMMENT ON COLUMN runs.status IS NULL")
    connection.disconnect(connection.connect(store, read_only=False), store)
    assert told(store) == described()


def test_so_does_one_whose_people_were_made_anew(store: Path) -> None:
    resolve(store)
    assert told(store) == described()


def test_a_column_of_a_closed_list_says_its_words(store: Path) -> None:
    said = told(store)
    assert said["posts"][1]["kind"] == "What sort of post: post, question, poll, announcement, praise, article."
    assert said["posts"][1]["importance"] == "Importance: normal, high, urgent."
    assert said["post_versions"][1]["body_format"] == said["posts"][1]["body_format"]
    for table, kind in {table: kind for kind, table in TABLES.items()}.items():
        for name, field in RECORD_TYPES[kind].model_fields.items():
            listed = re.findall(r"Literal\[(.*?)\]", str(field.annotation))
            for word in re.findall(r"'(.*?)'", listed[0]) if listed and name != "record" else ():
                assert word in (said[table][1][name] or ""), (table, name, word)
