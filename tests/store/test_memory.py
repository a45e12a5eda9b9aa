"""Groups that are larger than the memory DuckDB may use."""

from __future__ import annotations

import random
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from communitykit import Post, Provenance, StoreError
from communitykit.reading.translation import LONG_BODY, Page
from communitykit.store import Store
from communitykit.store import writer as writing
from communitykit.store.duckdb_errors import ran_out_of_memory
from communitykit.store.writer import Group, Writer

_RANDOM = random.Random(1)  # noqa: S311 # bytes that do not compress
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = Provenance(connector="test", version="0", origin="api", fetched_at=NOW, as_of=NOW)


def post(number: int, body: str) -> Post:
    return Post(
        id=f"p:n:post:{number}",
        community_id="p:n:community:C",
        author_id="p:n:member:U",
        body=body,
        text=body,
        created_at=NOW,
        source=SOURCE,
    )


@pytest.fixture
def large() -> Group:
    """Return bodies that do not compress, twice as much of them as the first memory limit."""
    return Group([post(number, _RANDOM.randbytes(300_000).hex()) for number in range(160)], checkpoints={"a": {"v": 1}})


@pytest.mark.slow
def test_a_group_too_large_for_the_first_limit_is_stored_with_more_memory(tmp_path: Path, large: Group) -> None:
    writer = Writer(tmp_path / "a.duckdb")
    writer.commit(large, run_id="r", now=NOW)
    writer.release()

    assert writer.tally.new == {"posts": 160}
    assert writer.checkpoints() == {"a": {"v": 1}}
    writer.release()
    with Store(tmp_path / "a.duckdb") as store:
        rows = store.sql("SELECT id, body FROM posts").to_pylist()
    assert {row["id"]: row["body"] for row in rows} == {one.id: one.body for one in large.records}


def test_a_group_too_large_for_any_limit_says_so_and_loses_nothing(
    tmp_path: Path, large: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = Writer(tmp_path / "a.duckdb")
    writer.commit(Group([post(1_000, "small")]), run_id="r", now=NOW)
    monkeypatch.setattr(writing, "MEMORY_LIMITS", writing.MEMORY_LIMITS[:1])

    with pytest.raises(StoreError, match="does not fit into 96MB"):
        writer.commit(large, run_id="r", now=NOW)
    writer.release()

    assert writer.tally.new == {"posts": 1}
    with Store(tmp_path / "a.duckdb") as store:
        assert store.sql("SELECT id FROM posts").to_pylist() == [{"id": "p:n:post:1000"}]


_KILLED = """
import os, random, sys
from datetime import UTC, datetime
from pathlib import Path
from communitykit import Post, Provenance
from communitykit.store.writer import Group, Writer
now = datetime(2026, 1, 1, tzinfo=UTC)
source = Provenance(connector="test", version="0", origin="api", fetched_at=now, as_of=now)
random.seed(1)
writer = Writer(Path(sys.argv[1]))
for group in range(2):
    posts = [Post(id=f"p:n:post:{group}-{n}", community_id="p:n:community:C", author_id=None, created_at=now,
                  body=random.randbytes(300_000).hex(), source=source) for n in range(110)]
    writer.commit(Group(posts), run_id="r", now=now)
os._exit(0)
"""


@pytest.mark.slow
def test_a_large_journal_that_a_killed_writer_left_is_read_and_folded(tmp_path: Path) -> None:
    path, journal = tmp_path / "a.duckdb", tmp_path / "a.duckdb.wal"
    subprocess.run([sys.executable, "-c", _KILLED, str(path)], check=True, timeout=60)
    left = journal.stat().st_size
    writer = Writer(path)
    writer.release()

    assert left > 64_000_000
    assert not journal.exists()
    with Store(path) as store:
        assert store.sql("SELECT count(*) AS posts FROM posts").to_pylist() == [{"posts": 220}]


@pytest.mark.slow
def test_letting_go_folds_the_journal_however_much_memory_that_takes(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    writer = Writer(path)
    for group in range(8):
        posts = [post(10 * group + number, _RANDOM.randbytes(250_000).hex()) for number in range(10)]
        writer.commit(Group(posts), run_id="r", now=NOW)
        if group % 4 == 3:
            writer.release()
            assert not (tmp_path / "a.duckdb.wal").exists()
    with Store(path) as store:
        assert store.sql("SELECT count(DISTINCT id) AS posts FROM posts").to_pylist() == [{"posts": 80}]


@pytest.mark.parametrize(
    "text",
    [
        "TransactionContext Error: Failed to commit: failed to pin block of size 256.0 KiB (30.3 MiB/30.5 MiB used)",
        "TransactionContext Error: Failed to commit: could not allocate block of size 256.0 KiB (61.0 MiB used)",
        "failed to allocate data of size 32.0 MiB (40.1 MiB/61.0 MiB used)",
    ],
)
def test_a_failed_commit_tells_of_memory_in_its_text_only(text: str) -> None:
    assert ran_out_of_memory(duckdb.TransactionException(text))
    assert ran_out_of_memory(duckdb.OutOfMemoryException("whatever"))
    assert not ran_out_of_memory(duckdb.TransactionException("Failed to commit: PRIMARY KEY"))


def test_a_page_of_long_bodies_weighs_more_than_its_records() -> None:
    assert Page("s", records=[post(1, "x"), post(2, "y")]).weight == 2
    assert Page("s", records=[post(1, "x" * 10 * LONG_BODY)]).weight == 10
    assert Page("s", records=[post(1, "x").model_copy(update={"raw": {"text": "x" * 10 * LONG_BODY}})]).weight == 10
    assert Page("s").weight == 1
