"""What is wrong with a store is said as it is: damage, permission, a full disk, another program's file."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from communitykit import Post, Provenance, StoreBusyError, StoreError, StoreVersionError
from communitykit.store import Store
from communitykit.store.connection import mark
from communitykit.store.duckdb_errors import ran_out_of_memory, told
from communitykit.store.making import remove
from communitykit.store.writer import Group, Writer

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = Provenance(connector="test", version="0", origin="api", fetched_at=NOW, as_of=NOW)


def posts(number: int) -> list[Post]:
    return [
        Post(
            id=f"p:n:post:{one}",
            community_id="p:n:community:C",
            body=os.urandom(200).hex(),
            created_at=NOW,
            source=SOURCE,
        )
        for one in range(number)
    ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a store with records, whose name holds the words by which a text could be misread."""
    path = tmp_path / "Conflicting lock is held, different configuration, Permission denied.duckdb"
    writer = Writer(path)
    writer.commit(Group(posts(3_000), checkpoints={"a": {"v": 1}}), run_id="r", now=NOW)
    writer.release()
    return path


def overwrite(path: Path, at: int, by: bytes = b"\xff" * 64) -> None:
    content = bytearray(path.read_bytes())
    content[at : at + len(by)] = by
    path.write_bytes(content)


def reads(path: Path) -> None:
    with Store(path) as store:
        for kind in ("member", "post", "event"):
            list(store.records(kind))
        store.arrow("activity")


def writes(path: Path) -> None:
    writer = Writer(path, patience=0)
    writer.commit(Group(posts(1)), run_id="r", now=NOW)
    writer.release()


@pytest.mark.parametrize("use", [reads, writes])
@pytest.mark.parametrize("at", [16, 4_096, 8_192])
def test_a_damaged_store_is_called_damaged(path: Path, at: int, use: Callable[[Path], None]) -> None:
    overwrite(path, at)

    with pytest.raises(StoreError, match=r"damaged.*Restore it from a copy") as caught:
        use(path)

    assert not isinstance(caught.value, StoreBusyError)


@pytest.mark.parametrize("length", [100, 4_096, 12_288, 300_000, -1])
def test_a_cut_store_is_called_damaged(path: Path, length: int) -> None:
    path.write_bytes(path.read_bytes()[:length])

    with pytest.raises(StoreError, match=r"parts of it are missing"):
        reads(path)


def test_a_file_of_another_program_is_no_store(tmp_path: Path) -> None:
    import sqlite3  # noqa: PLC0415 # for this test alone

    path = tmp_path / "a.duckdb"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE mine (a)")
    connection.close()

    for use in (reads, writes):
        with pytest.raises(StoreError, match="not an activity store"):
            use(path)
    with pytest.raises(StoreError, match="this is a folder"):
        reads(tmp_path)


def test_a_damaged_journal_is_named_and_the_store_is_not_blamed(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    Writer(path).release()
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(path)], check=False)
    assert killed.returncode == 9
    overwrite(path.with_name("a.duckdb.wal"), 60, b"\xff\xff")

    with pytest.raises(StoreError, match=r"its journal .* is damaged"):
        writes(path)


def test_no_store_is_made_beside_the_journal_of_one_that_is_gone(tmp_path: Path) -> None:
    """Who moved the store has the journal's records to lose; who deleted it has a file to delete."""
    path, moved = tmp_path / "a.duckdb", tmp_path / "b.duckdb"
    subprocess.run([sys.executable, "-c", _KILLED, str(path)], check=False)
    journal = path.rename(moved).with_name("a.duckdb.wal")
    with pytest.raises(StoreError, match=r"a\.duckdb\.wal is the journal of a store that is not there any more"):
        Writer(path)
    assert not path.exists()
    journal.rename(tmp_path / "b.duckdb.wal")
    with Store(moved) as store:
        assert store.arrow("runs")["run_id"].to_pylist() == ["r"]
    subprocess.run([sys.executable, "-c", _KILLED, str(path)], check=False)
    assert journal.exists()
    remove(path)
    assert not path.exists()
    assert not journal.exists()
    Writer(path).release()


_KILLED = """
import os, sys
from pathlib import Path
from communitykit.store.writer import Writer
writer = Writer(Path(sys.argv[1]))
writer.start_run({"run_id": "r"})
os._exit(9)
"""


def with_storage_version(path: Path, version: int) -> None:
    """Write another version into the head of the file, with the checksum that DuckDB says belongs to it."""
    overwrite(path, 12, version.to_bytes(8, "little"))
    with pytest.raises(duckdb.Error) as caught:
        duckdb.connect(str(path))
    computed = re.search(r"computed checksum (\d+)", str(caught.value))
    assert computed is not None
    overwrite(path, 0, int(computed[1]).to_bytes(8, "little"))


@pytest.mark.parametrize(
    ("version", "word"),
    [(33, r"written by DuckDB version v0\.3\.3.*cannot read.*into another file"), (5000, r"a newer DuckDB.*--upgrade")],
)
def test_a_file_of_another_duckdb_is_named(path: Path, version: int, word: str) -> None:
    with_storage_version(path, version)

    with pytest.raises(StoreVersionError, match=word):
        reads(path)


_AS_NOBODY = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from communitykit import StoreError
from communitykit.store import Store
from communitykit.store.connection import connect, disconnect
from communitykit.store.writer import Group, Writer
if os.geteuid() == 0:
    os.setuid(65534)
path, how = Path(sys.argv[1]), sys.argv[2]
try:
    if how == "read":
        with Store(path) as store:
            store.arrow("posts")
    else:
        Writer(path).start_run({"run_id": "r"})
except StoreError as error:
    print(f"{type(error).__name__}: {error}")
else:
    print("done")
"""


def as_nobody(path: Path, how: str) -> str:
    """Use a store as a user who may do no more than everybody."""
    done = subprocess.run(
        [sys.executable, "-c", _AS_NOBODY, path.name, how], check=True, capture_output=True, text=True, cwd=path.parent
    )
    return done.stdout.strip()


@pytest.fixture
def everybodys() -> Iterator[Path]:
    """Return a folder that everybody may enter (those of pytest are its user's alone)."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="rights are told in another way there")
def test_a_good_store_without_permission_is_not_called_damaged(everybodys: Path) -> None:
    path = everybodys / "a.duckdb"
    Writer(path).release()
    mark(path, "a", "b")

    path.chmod(0o000)
    assert re.search(r"^StoreError: a\.duckdb: this user may not open it.*as it was\.$", as_nobody(path, "read"))
    path.chmod(0o444)
    everybodys.chmod(0o555)
    assert as_nobody(path, "read") == "done"
    assert "this user may not open it" in as_nobody(path, "write")
    path.chmod(0o666)
    folder = f"this user may not write into its folder, {everybodys.resolve()}, where its journal"
    assert as_nobody(path, "write").startswith(f"StoreError: a.duckdb: {folder}")
    assert as_nobody(everybodys / "new.duckdb", "write").startswith(f"StoreError: new.duckdb: {folder}")
    everybodys.chmod(0o000)
    for how in ("read", "write"):
        assert f"this user may not look into its folder, {everybodys.resolve()}." in as_nobody(path, how)
    everybodys.chmod(0o755)


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (
            duckdb.IOException('IO Error: Cannot open file "/x/a.duckdb": Read-only file system'),
            "its disk can be read only",
        ),
        (
            duckdb.TransactionException(
                'TransactionContext Error: Failed to commit: Could not write file "/x/a.duckdb.wal": '
                "No space left on device"
            ),
            "there is no room left on its disk. Make room",
        ),
        (
            duckdb.FatalException(
                'FATAL Error: Failed to create checkpoint because of error: Could not write file "/x/a.duckdb": '
                "No space left on device"
            ),
            "there is no room left on its disk. Make room",
        ),
        (
            duckdb.OutOfMemoryException(
                "Out of Memory Error: failed to offload data block of size 256.0 KiB (1.0 MiB/1.0 MiB used).\n"
                "This limit was set by the 'max_temp_directory_size' setting."
            ),
            "there is no room left on its disk. Make room",
        ),
        (
            duckdb.IOException('IO Error: Could not set lock on file "/x/a.duckdb": No locks available'),
            "cannot lock files",
        ),
        (OSError(28, "No space left on device"), "there is no room left on its disk. Make room"),
        (OSError(30, "Read-only file system"), "its disk can be read only"),
        (
            duckdb.IOException('IO Error: "No space left on device": Input/output error'),
            "open it: .*Input/output error",
        ),
    ],
)
def test_the_systems_words_become_ours(error: duckdb.Error | OSError, word: str) -> None:
    assert re.search(word, str(told(error, Path("/x/a.duckdb"), "open it")))
    assert isinstance(error, OSError) or not ran_out_of_memory(error)


_FULL = """
import os, resource, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from communitykit import Post, Provenance, StoreError
from communitykit.store import Store
from communitykit.store.writer import Group, Writer
now = datetime(2026, 1, 1, tzinfo=UTC)
source = Provenance(connector="test", version="0", origin="api", fetched_at=now, as_of=now)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
def post(number):
    return Post(id=f"p:n:post:{number:05}", body=os.urandom(500).hex(), created_at=now, source=source)
writer = Writer(Path(sys.argv[1]))
committed = 0
try:
    while committed < int(sys.argv[3]):
        writer.commit(Group([post(committed * 500 + n) for n in range(500)]), run_id="r", now=now)
        committed += 1
        if sys.argv[4] == "release":
            writer.release()
    if sys.argv[4] == "at the end":
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
        writer.release()
except StoreError as error:
    print(f"{type(error).__name__}: {error}")
print(committed)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files there")
@pytest.mark.parametrize(
    ("limit", "groups", "how"),
    [(3_000_000, 20, "commit"), (3_000_000, 20, "release"), (30_000_000, 3, "at the end")],
)
def test_a_full_disk_is_told_and_what_was_committed_stays(tmp_path: Path, limit: int, groups: int, how: str) -> None:
    path = tmp_path / "a.duckdb"
    done = subprocess.run(
        [sys.executable, "-c", _FULL, str(path), str(limit), str(groups), how],
        check=True,
        capture_output=True,
        text=True,
    )

    said, committed = done.stdout.splitlines()
    assert said == (
        "StoreError: a.duckdb: there is no room left on its disk. Make room there (or raise the quota), and run it "
        "again; what was committed stays."
    )
    with Store(path) as store:
        kept = store.sql("SELECT id FROM posts ORDER BY id")["id"].to_pylist()
    assert kept == [f"p:n:post:{number:05}" for number in range(int(committed) * 500)]
    assert int(committed) > 0


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("SELECT nope FROM posts", r'"nope" not found.*Candidate bindings.*Correct it; tables and views: .*posts'),
        ("FROM postz", r'postz does not exist! Did you mean "posts"\?'),
        ("SELEC 1", r'syntax error at or near "SELEC"'),
        ("SELECT CAST(id AS INT) FROM posts", r"Could not convert string"),
        ("DELETE FROM posts", r"a store is only read here"),
    ],
)
def test_a_wrong_query_is_named(path: Path, query: str, word: str) -> None:
    with Store(path) as store, pytest.raises(StoreError, match=word) as caught:
        store.sql(query)
    assert "\n" not in str(caught.value)
    assert "http" not in str(caught.value)


def test_a_store_that_was_closed_says_so(path: Path) -> None:
    store = Store(path)
    store.close()
    with pytest.raises(StoreError, match=r"the store was closed\. Open it again"):
        store.sql("SELECT 1")
    with pytest.raises(StoreError, match=r"the store was closed\. Open it again"):
        next(store.records("post"))


_NOTEBOOK = """
import sys, types
from pathlib import Path
notebook = types.ModuleType("IPython")
notebook.get_ipython = lambda: types.SimpleNamespace(config={"IPKernelApp": {}})
sys.modules["IPython"] = notebook
sys.modules["ipywidgets"] = None  # not installed
import __main__
if hasattr(__main__, "__file__"):
    del __main__.__file__
import duckdb
try:
    duckdb.connect().execute("SET enable_progress_bar = true")
except duckdb.Error as error:
    assert "ipywidgets" in str(error)
else:
    raise AssertionError("this is no notebook to DuckDB")
from communitykit.store import Store
from communitykit.store.writer import Writer
Writer(Path(sys.argv[1])).release()
with Store(sys.argv[1]) as store:
    print(store.sql("SELECT current_setting('enable_progress_bar') AS bar").to_pylist())
"""


def test_in_a_notebook_without_ipywidgets_a_store_opens(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _NOTEBOOK, str(tmp_path / "a.duckdb")], check=False, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("[{'bar': False}]\n", "")


def test_a_file_that_could_not_be_opened_is_let_go_of(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("communitykit.store.opening._SETTINGS", ("SET no_such_setting = 1",))
        with pytest.raises(StoreError, match="no_such_setting"):
            Writer(path)
    reads(path)
