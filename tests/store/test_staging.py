"""What is handed to DuckDB inside a statement arrives as it is: texts, numbers, moments and structures."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from communitykit.model.records import Counts
from communitykit.store import staging
from communitykit.store.answers import rows_of
from communitykit.store.staging import handed_over, literal, staged
from communitykit.store.types import type_of

ANYTHING = st.text(st.characters(exclude_categories=("Cs",)))
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)).map(lambda one: one.replace(tzinfo=UTC))  # noqa: DTZ001
COLUMNS: dict[str, tuple[str, st.SearchStrategy[Any]]] = {
    "text": ("VARCHAR", ANYTHING),
    "few": ("VARCHAR", st.sampled_from(["a", "it's", '"', "\0", "]}"])),
    "flag": ("BOOLEAN", st.booleans()),
    "number": ("BIGINT", st.integers(-(2**63), 2**63 - 1)),
    "share": ("DOUBLE", st.floats(allow_nan=False, allow_infinity=False)),
    "at": ("TIMESTAMPTZ", MOMENTS),
    "day": ("DATE", st.dates(date(1, 1, 1))),
    "json": ("JSON", st.sampled_from(['{"a":"\\u0000\'"}', "[]"])),
    "texts": ("VARCHAR[]", st.lists(ANYTHING)),
    "by_name": ("MAP(VARCHAR, BIGINT)", st.dictionaries(ANYTHING, st.integers(0, 9))),
    "parts": ("STRUCT(word VARCHAR, n BIGINT)[]", st.lists(st.fixed_dictionaries({"word": ANYTHING, "n": st.none()}))),
}  # fmt: skip


@pytest.fixture(scope="module")
def connection() -> Any:
    with duckdb.connect(config={"threads": "1"}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@given(rows=st.lists(st.fixed_dictionaries({name: st.none() | one for name, (_, one) in COLUMNS.items()}), max_size=5))
@example(rows=[dict.fromkeys(COLUMNS, None)] * 3)
@example(rows=[{**dict.fromkeys(COLUMNS, None), "text": "one\0and the same", "few": "it's"}] * 3)
@example(rows=[{**dict.fromkeys(COLUMNS, None), "few": f"{at % 3}"} for at in range(100)])
def test_rows_arrive_in_their_order_as_they_are(connection: Any, rows: list[dict[str, Any]]) -> None:
    columns = {name: (sql, [row[name] for row in rows]) for name, (sql, _) in COLUMNS.items()}
    places = list(range(len(rows)))
    numbered = {"place": ("INTEGER", places), **columns}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(staging, "_LARGE", 0)
        with handed_over(numbered) as query:
            handed = rows_of(connection, f"FROM {query}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE arrived AS FROM {staged(numbered)}")
    arrived = rows_of(connection, "FROM arrived")
    assert arrived == handed
    assert [row.pop("place") for row in arrived] == places
    assert arrived == rows
    types = dict(
        connection.execute(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'arrived'"
        ).fetchall()
    )
    assert types["number"] == "BIGINT"
    assert types["json"] in {"JSON", "VARCHAR"}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no files without a name that are memory alone")
def test_large_rows_are_no_part_of_a_statement_and_their_file_goes_with_it(
    connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len([*Path("/proc/self/fd").iterdir()])
    for word in "ab":  # one after the other under the same number
        with handed_over({"id": ("VARCHAR", [word * 100_000])}) as query:
            assert len(query) < 1_000
            assert rows_of(connection, f"FROM {query}") == [{"id": word * 100_000}]
    assert len([*Path("/proc/self/fd").iterdir()]) == before
    monkeypatch.setattr(os.path, "exists", lambda _: False)  # where nobody mounted it
    with handed_over({"id": ("VARCHAR", ["a" * 100_000])}) as query:
        assert rows_of(connection, f"FROM {query}") == [{"id": "a" * 100_000}]


def test_what_no_column_holds_is_an_error_and_never_nothing(connection: Any) -> None:
    for sql, value in (("BIGINT", 2**63), ("TIMESTAMPTZ", "yesterday"), ("BIGINT", "1e400")):
        with pytest.raises(duckdb.Error):
            connection.execute(f"FROM {staged({'id': ('VARCHAR', ['a']), 'one': (sql, [value])})}").fetchall()


@given(value=st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | MOMENTS
       | st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")))  # fmt: skip
def test_a_literal_is_the_value(connection: Any, value: Any) -> None:
    ((there,),) = connection.execute(f"SELECT {literal(value)}").fetchall()
    assert there == value


def test_there_is_no_literal_of_anything_else() -> None:
    with pytest.raises(TypeError):
        literal(timedelta(1))


def test_names_are_told_in_their_order_whichever_the_platform_has() -> None:
    counts = Counts(replies=1, reactions={"wave": 1, "tada": 2})
    told = type_of(Counts).tell(counts)
    assert list(told["reactions"]) == ["tada", "wave"]
    assert told["replies"] == 1
    assert type_of(Counts).tell(one := Counts(reactions={"wave": 1})) is one


def test_a_pull_imports_neither_arrow_nor_pandas(tmp_path: Path) -> None:
    """Each of them takes longer than all that DuckDB does for a small pull."""
    program = f"""
import sys
from datetime import UTC, datetime
from communitykit import Member, Post, Provenance, from_records, pull
import communitykit.pulling
communitykit.gathering.GROUP_RECORDS = communitykit.holding.RELEASE_GROUPS = 1  # as a large one lets go of the file
def told(day):
    now = datetime(2026, 1, day, tzinfo=UTC)
    source = Provenance(connector="test", version="1", origin="api", fetched_at=now, as_of=now)
    return [Member(id="test:n:member:a", display_name=f"A{{day}}", source=source),
            Post(id="test:n:post:1", author_id="test:n:member:a", body=f"Hello {{day}}", source=source),
            Post(id="test:n:post:2", author_id="test:n:member:b", body="Hello", source=source)]
for day in (1, 2):
    result = pull(from_records(told(day)), {str(tmp_path / "a.duckdb")!r})
print(result.tally.changed, sorted({{"pyarrow", "pandas", "numpy"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["{'members': 1, 'posts': 1} []"]
