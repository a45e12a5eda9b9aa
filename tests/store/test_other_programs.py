"""A file of another program in the place of a store: no store, and nothing is read into it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from communitykit import StoreError
from communitykit.store import Store
from communitykit.store.writer import Group, Writer


def reads(path: Path) -> None:
    Store(path).close()


def writes(path: Path) -> None:
    writer = Writer(path, patience=0)
    writer.commit(Group([]), run_id="r", now=datetime(2026, 1, 1, tzinfo=UTC))
    writer.release()


OTHERS = {
    "hr.csv": b"employee,department,manager\n" + b"1,Sales,2\n" * 20,
    "long.csv": b"a_long_first_column_name,b\n1,2\n",
    "empty.csv": b"",
    "rows.json": b'[{"a": 1, "b": "two"}, {"a": 2, "b": "three"}]',
    "rows.parquet": b"PAR1" + bytes(60) + b"PAR1",
    "export.zip": b"PK\x03\x04" + bytes(60),
    "other.db": b"SQLite format 3\x00" + bytes(200),
    "words.txt": b"These are words, and no database of any kind.",
}
"""Files of other programs: of some DuckDB makes a database in memory, for others it looks for an extension."""


@pytest.mark.parametrize("use", [reads, writes])
@pytest.mark.parametrize("name", OTHERS)
def test_a_file_of_another_kind_is_no_store_and_stays_as_it_is(
    tmp_path: Path, name: str, use: Callable[[Path], None]
) -> None:
    path = tmp_path / name
    path.write_bytes(OTHERS[name])

    with pytest.raises(StoreError, match="this file is not an activity store") as caught:
        use(path)

    assert ("communitykit import directory " in str(caught.value)) is name.endswith(".csv")
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [(name, OTHERS[name])]
