"""A store whose file is taken away or replaced while a run writes into it: noticed, said, and nothing spoiled."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from communitykit import Post, Provenance, StoreError
from communitykit.store import Store
from communitykit.store.writer import Group, Writer

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = Provenance(connector="test", version="0", origin="api", fetched_at=NOW, as_of=NOW)


def group(number: int) -> Group:
    return Group([Post(id=f"p:n:post:{number}", community_id="p:n:community:C", created_at=NOW, source=SOURCE)])


def ids(path: Path) -> list[str]:
    with Store(path) as store:
        found: list[str] = store.sql("SELECT id FROM posts ORDER BY id")["id"].to_pylist()
        return found


def commit(writer: Writer) -> None:
    writer.commit(group(2), run_id="r", now=NOW)


def release(writer: Writer) -> None:
    writer.release()


def end(writer: Writer) -> None:
    writer.end_run({"run_id": "r"})


@pytest.mark.parametrize("released", [True, False])
@pytest.mark.parametrize("then", [commit, release, end])
def test_a_file_that_was_deleted_is_missed(tmp_path: Path, then: Callable[[Writer], None], released: bool) -> None:  # noqa: FBT001
    path = tmp_path / "a.duckdb"
    writer = Writer(path)
    writer.commit(group(1), run_id="r", now=NOW)
    if released:
        if then is release:
            then = commit
        writer.release()
    path.unlink()

    with pytest.raises(StoreError, match=r"a\.duckdb: the store's file was deleted or moved away while this run wrote"):
        then(writer)

    assert list(tmp_path.iterdir()) == []
    writer.release()  # there is nothing left to let go of


@pytest.mark.parametrize("released", [True, False])
def test_a_file_that_was_replaced_gets_nothing_and_loses_nothing(tmp_path: Path, released: bool) -> None:  # noqa: FBT001
    path, other = tmp_path / "a.duckdb", tmp_path / "b.duckdb"
    elsewhere = Writer(other)
    elsewhere.commit(group(7), run_id="r", now=NOW)
    elsewhere.release()
    writer = Writer(path)
    writer.commit(group(1), run_id="r", now=NOW)
    if released:
        writer.release()
    other.replace(path)

    with pytest.raises(StoreError, match=r"was replaced by another"):
        writer.commit(group(2), run_id="r", now=NOW)

    assert ids(path) == ["p:n:post:7"]
    assert [one.name for one in tmp_path.iterdir()] == ["a.duckdb"]


def test_a_file_that_was_moved_away_keeps_what_was_committed(tmp_path: Path) -> None:
    path, moved = tmp_path / "a.duckdb", tmp_path / "moved.duckdb"
    writer = Writer(path)
    writer.commit(group(1), run_id="r", now=NOW)
    shutil.move(path, moved)

    with pytest.raises(StoreError, match=r"deleted or moved away"):
        writer.commit(group(2), run_id="r", now=NOW)

    assert ids(moved) == ["p:n:post:1"]
    assert [one.name for one in tmp_path.iterdir()] == ["moved.duckdb"]
