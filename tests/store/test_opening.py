"""Who may open a store, and when: a newer file, a file in the making, a writer in the way."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from store_tellings import NETWORK, START, current, everything, post, source, store_of

from communitykit import (
    StoreBusyError,
    StoreError,
    StoreVersionError,
)
from communitykit.store import Store
from communitykit.store.windows import Walked
from communitykit.store.writer import Group, Writer


def test_a_newer_file_is_refused_and_other_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    store_of(path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    with pytest.raises(StoreVersionError, match="pip install --upgrade communitykit"):
        Store(path)
    with duckdb.connect(str(tmp_path / "b.duckdb")) as connection:
        connection.execute("CREATE TABLE mine (a INT)")
    with pytest.raises(StoreError, match="not an activity store"):
        Writer(tmp_path / "b.duckdb")
    (tmp_path / "c.duckdb").write_text("this is no database at all, but long enough to be read as one" * 100)
    with pytest.raises(StoreError, match="not an activity store"):
        Store(tmp_path / "c.duckdb")
    with pytest.raises(StoreError, match="no such store"):
        Store(tmp_path / "d.duckdb")


_HOLD = """
import sys
from pathlib import Path
from communitykit.store.connection import connect
connection = connect(Path(sys.argv[1]), read_only=False)
print("held", flush=True)
sys.stdin.readline()
"""


def test_a_store_is_made_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.duckdb"

    def die() -> list[str]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("communitykit.store.connection.statements", die)
        with pytest.raises(KeyboardInterrupt):
            Writer(path)
    assert list(tmp_path.iterdir()) == []
    store_of(path, everything())
    assert [file.name for file in tmp_path.iterdir()] == ["a.duckdb"]
    with pytest.raises(StoreError, match="its folder does not exist"):
        Writer(tmp_path / "nowhere" / "a.duckdb")


def test_a_writer_in_the_way_is_named_and_others_read_once_it_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    store_of(path, everything())
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(StoreBusyError, match=f"process {process.pid}") as busy:
            Store(path, patience=0)
        assert busy.value.at_work == {"since": None, "process": process.pid, "host": None, "sources": None}
        process.communicate("\n", timeout=20)
    with Store(path) as store:
        assert store.arrow("posts").num_rows == 1


def test_a_reader_in_the_same_process_is_named_too(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    Writer(path).release()
    with Store(path), pytest.raises(StoreBusyError, match="this very process") as busy:
        Writer(path, patience=0)
    assert (busy.value.at_work or {})["process"] == os.getpid()


def test_a_writer_that_released_the_file_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    writer = Writer(path)
    writer.commit(Group([post(1)]), run_id="r", now=START)
    writer.release()
    with Store(path) as store:
        assert store.arrow("posts").num_rows == 1
    writer.commit(Group([post(2)]), run_id="r", now=START)
    writer.release()
    assert len(current(path)["posts"]) == 2


def test_a_commit_that_fails_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    writer = Writer(path)
    bad = Group(
        [post(1)],
        [
            Walked("post", {"no_such_column": "x"}, frozenset(), source(), NETWORK),
        ],
        checkpoints={"a": {}},
    )
    with pytest.raises(StoreError, match=r"store a group of records: .*no_such_column"):
        writer.commit(bad, run_id="r", now=START)
    writer.release()
    assert current(path)["posts"] == []
    assert Writer(path).checkpoints() == {}
