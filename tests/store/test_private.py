"""Stores, their journals and what does not fit into memory are their owner's alone, whatever the umask."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from communitykit import StoreBusyError, StoreError
from communitykit.store import Store
from communitykit.store.connection import connect, disconnect, mark
from communitykit.store.writer import Writer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="rights are told in another way there")


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def rights(folder: Path) -> dict[str, str]:
    return {one.relative_to(folder).as_posix(): stat.filemode(one.stat().st_mode) for one in sorted(folder.rglob("*"))}


def test_a_store_and_its_journal_are_their_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    writer = Writer(path)
    writer.start_run({"run_id": "1"})
    assert rights(tmp_path) == {
        "a.duckdb": "-rw-------",
        "a.duckdb.wal": "-rw-------",
        "a.duckdb.tmp": "drwx------",
    }
    writer.release()
    assert rights(tmp_path) == {"a.duckdb": "-rw-------"}
    writer.start_run({"run_id": "2"})
    assert rights(tmp_path)["a.duckdb.wal"] == "-rw-------"
    writer.release()
    mark(path, "a", "b")
    assert rights(tmp_path) == {"a.duckdb": "-rw-------"}


def test_while_it_is_made_it_is_private_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, str]] = []

    def put(made: Path, path: Path) -> None:
        seen.append(rights(tmp_path))
        made.rename(path)

    monkeypatch.setattr("os.link", put)
    Writer(tmp_path / "a.duckdb").release()
    assert sorted(seen[0].values()) == ["-rw-------", "drwx------"]


def test_what_does_not_fit_into_memory_lies_in_a_private_folder(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    Writer(path).release()
    with Store(path) as store:
        store.sql("SET memory_limit = '32MB'")
        store.sql("CREATE TEMP TABLE large AS SELECT md5(range::VARCHAR) || random() AS x FROM range(1000000)")
        there = rights(tmp_path)
        assert there["a.duckdb.tmp"] == "drwx------"
        assert any("duckdb_temp_" in name for name in there)
    assert rights(tmp_path) == {"a.duckdb": "-rw-------"}


def test_what_a_killed_writer_left_in_that_folder_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    Writer(path).release()
    (tmp_path / "a.duckdb.tmp").mkdir()
    (tmp_path / "a.duckdb.tmp" / "duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(b"posts")
    (tmp_path / "a.duckdb.tmp" / "letter.txt").write_text("mine")
    Writer(path).release()
    assert set(rights(tmp_path)) == {"a.duckdb", "a.duckdb.tmp", "a.duckdb.tmp/letter.txt"}


def test_a_store_that_its_owner_shares_stays_shared_and_so_does_its_journal(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    Writer(path).release()
    path.chmod(0o640)
    writer = Writer(path)
    writer.start_run({"run_id": "1"})
    assert rights(tmp_path)["a.duckdb.wal"] == "-rw-r-----"
    writer.release()
    assert rights(tmp_path) == {"a.duckdb": "-rw-r-----"}


_KILLED = """
import os, sys
from pathlib import Path
from communitykit.store.writer import Writer
os.umask(0)
writer = Writer(Path(sys.argv[1]))
writer.start_run({"run_id": "kept"})
os._exit(9)
"""


@pytest.mark.slow
def test_the_journal_of_a_killed_writer_is_private_and_read_through_a_link_too(tmp_path: Path) -> None:
    path, link = tmp_path / "a.duckdb", tmp_path / "link.duckdb"
    link.symlink_to(path)
    assert subprocess.run([sys.executable, "-c", _KILLED, str(link)], check=False).returncode == 9
    assert rights(tmp_path)["a.duckdb.wal"] == "-rw-------"
    with Store(path) as store:
        assert store.sql("SELECT run_id FROM runs").to_pylist() == [{"run_id": "kept"}]


def test_a_journal_in_which_nothing_was_written_does_not_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    writer = Writer(path)
    writer._writable()
    assert "a.duckdb.wal" in rights(tmp_path)
    writer.release()
    assert rights(tmp_path) == {"a.duckdb": "-rw-------"}


_HOLD = """
import sys
from pathlib import Path
from communitykit.store.writer import Writer
writer = Writer(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.readline()
writer.release()
"""


@pytest.mark.slow
def test_who_waits_does_not_remove_the_folder_of_the_one_that_writes(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        (tmp_path / "a.duckdb.tmp").rmdir()  # as one does that had the file before
        with pytest.raises(StoreBusyError):
            Writer(path, patience=0)
        assert rights(tmp_path)["a.duckdb.tmp"] == "drwx------"
        holder.communicate("\n", timeout=60)
    assert holder.returncode == 0
    assert rights(tmp_path) == {"a.duckdb": "-rw-------"}


def test_that_folder_may_go_at_any_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.duckdb"

    def gone(folder: Path, pattern: str) -> None:
        raise FileNotFoundError(folder, pattern)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "glob", gone)
        Writer(path).release()
    path.write_bytes(b"no store")
    monkeypatch.setattr("communitykit.store.opening._make_overflow", lambda path: True)
    with pytest.raises(StoreError, match="not an activity store"):
        Writer(path)


def test_a_database_of_another_program_that_becomes_a_store_has_a_private_journal_from_the_first_word_on(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.duckdb"
    duckdb.connect(str(path)).close()
    path.chmod(0o600)
    connection = connect(path, read_only=False)
    assert rights(tmp_path)["a.duckdb.wal"] == "-rw-------"
    disconnect(connection, path)


def test_a_journal_that_more_may_read_than_its_store_is_made_private_again(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    writer = Writer(path)
    writer.start_run({"run_id": "1"})
    (tmp_path / "a.duckdb.wal").chmod(0o644)
    writer.end_run({"run_id": "1"})
    assert rights(tmp_path)["a.duckdb.wal"] == "-rw-------"
    writer.release()


_FULL = """
import os, resource, signal, sys
from pathlib import Path
from communitykit import Post, Provenance, StoreError, from_records, pull
from datetime import UTC, datetime
os.umask(0)
now = datetime(2026, 1, 1, tzinfo=UTC)
source = Provenance(connector="p", version="0", origin="api", fetched_at=now, as_of=now)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
for limit in map(int, sys.argv[2:]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    for run in range(2):
        posts = (Post(id=f"p:n:post:{n}", body=os.urandom(500).hex(), source=source) for n in range(run, 1000 + run))
        try:
            pull(from_records(posts), Path(sys.argv[1], f"{limit}.duckdb"))
        except StoreError as error:
            print(error.message)
"""


def test_on_a_disk_that_is_full_at_any_moment_all_stays_private(tmp_path: Path) -> None:
    limits = ["20000", "300000", "800000", "1300000", "1500000", "2000000", "3000000"]
    said = subprocess.run(
        [sys.executable, "-B", "-c", _FULL, str(tmp_path), *limits],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    ).stdout
    assert set(said.splitlines()) == {"there is no room left on its disk"}
    there = rights(tmp_path)
    assert "20000.duckdb" not in there  # not even an empty store found room
    assert any(name.endswith(".wal") for name in there)
    assert set(there.values()) == {"-rw-------"}
