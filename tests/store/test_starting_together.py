"""Several processes that write into one store from their first moment on: nobody's records are lost."""

import errno
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from communitykit.store import Store
from communitykit.store.connection import _database as database
from communitykit.store.writer import Group, Writer

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PROCESSES = 4

_WRITE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from communitykit import Post, Provenance, StoreBusyError
from communitykit.store.writer import Group, Writer
now = datetime(2026, 1, 1, tzinfo=UTC)
source = Provenance(connector="test", version="0", origin="api", fetched_at=now, as_of=now)
def post(number):
    return Post(id=f"p:n:post:{number}", community_id="p:n:community:C", created_at=now, source=source)
paths = sys.stdin.readline().rstrip("\\n").split("\\t")
for path in paths:
    print("ready", flush=True)
    sys.stdin.readline()
    while True:
        try:
            writer = Writer(Path(path))
            break
        except StoreBusyError:  # told, and tried again by whoever is told so
            continue
    for part in "ab":
        writer.commit(Group([post(sys.argv[1] + part)], checkpoints={sys.argv[1]: {"v": 1}}), run_id="r", now=now)
        writer.release()
    print("done", flush=True)
"""


def start_together(paths: list[Path]) -> None:
    """Let four processes write into each path in turn, all of them starting at once."""
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITE, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for number in range(PROCESSES)
    ]
    try:
        for writer in writers:
            tell(writer, "\t".join(map(str, paths)))
        for _ in paths:
            for writer in writers:
                assert heard(writer) == "ready"
            for writer in writers:
                tell(writer, "go")
            for writer in writers:
                assert heard(writer) == "done"
        for writer in writers:
            writer.communicate(timeout=60)
        assert [writer.returncode for writer in writers] == [0] * PROCESSES
    finally:
        for writer in writers:
            writer.kill()
            writer.communicate()


def tell(process: "subprocess.Popen[str]", line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()


def heard(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


def held(path: Path) -> tuple[list[str], list[str]]:
    with Store(path) as store:
        posts = store.sql("SELECT id FROM posts ORDER BY id")["id"].to_pylist()
        return posts, store.sql("SELECT slice FROM checkpoints ORDER BY slice")["slice"].to_pylist()


ALL = (
    [f"p:n:post:{number}{part}" for number in range(PROCESSES) for part in "ab"],
    [str(number) for number in range(PROCESSES)],
)


@pytest.mark.parametrize(
    "starts", [pytest.param(8, marks=pytest.mark.slow), pytest.param(100, marks=pytest.mark.exhaustive)]
)
def test_nothing_is_lost_where_four_processes_start_at_once(tmp_path: Path, starts: int) -> None:
    new = [tmp_path / f"new-{number}.duckdb" for number in range(starts)]
    there = [tmp_path / f"there-{number}.duckdb" for number in range(starts)]
    for path in there:
        Writer(path).release()

    start_together([*new, *there])

    assert [held(path) for path in (*new, *there)] == [ALL] * 2 * starts
    assert sorted(tmp_path.iterdir()) == sorted([*new, *there])


def no_links(*_: object, **__: object) -> None:
    raise OSError(errno.EPERM, "Operation not permitted")


@pytest.mark.parametrize("links", [True, False])
def test_a_store_that_another_process_made_first_is_the_one_to_open(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    links: bool,  # noqa: FBT001
) -> None:
    path = tmp_path / "a.duckdb"
    if not links:
        monkeypatch.setattr("os.link", no_links)

    def slow(made: Path) -> None:
        with monkeypatch.context() as as_it_is:
            as_it_is.setattr("communitykit.store.connection._database", database)
            first = Writer(path)
        first.commit(Group(checkpoints={"first": {"v": 1}}), run_id="r", now=NOW)
        first.release()
        database(made)

    monkeypatch.setattr("communitykit.store.connection._database", slow)
    second = Writer(path)
    second.commit(Group(checkpoints={"second": {"v": 1}}), run_id="r", now=NOW)
    second.release()

    assert held(path)[1] == ["first", "second"]
    assert [one.name for one in tmp_path.iterdir()] == ["a.duckdb"]


_DIE_MAKING = """
import os, sys
from pathlib import Path
from communitykit.store.making import make
make(Path(sys.argv[1]), lambda made: (made.write_bytes(b"half"), os._exit(9)))
"""

_STAY_MAKING = """
import sys
from pathlib import Path
from communitykit.store.making import make
def fill(made):
    made.write_bytes(b"half")
    print("making", flush=True)
    sys.stdin.readline()
make(Path(sys.argv[1]), fill)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no locks there that tell whether the maker lives")
def test_what_a_killed_process_left_is_cleaned_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    for folder in ("a.duckdb.making-mine", "a.duckdb.abcdefgh", "b.duckdb.making-abcdefgh"):
        (tmp_path / folder).mkdir()
    (tmp_path / "a.duckdb.making-abcdefgh").mkdir()
    (tmp_path / "a.duckdb.making-abcdefgh" / "letter.txt").write_text("mine")
    (tmp_path / "a.duckdb.making-ijklmnop").write_text("mine too")
    (tmp_path / "a.duckdb.making-qrstuvwx").symlink_to(tmp_path / "b.duckdb.making-abcdefgh")
    before = sorted(tmp_path.iterdir())
    assert subprocess.run([sys.executable, "-c", _DIE_MAKING, str(path)], check=False).returncode == 9
    assert len(list(tmp_path.iterdir())) == len(before) + 1
    living = subprocess.Popen(
        [sys.executable, "-c", _STAY_MAKING, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert heard(living) == "making"

        Writer(path).release()

        assert len(list(tmp_path.iterdir())) == len(before) + 2  # the store, and what the living one makes
        tell(living, "go on")
        living.communicate(timeout=60)
        assert living.returncode == 0
    finally:
        living.kill()
        living.communicate()
    assert sorted(tmp_path.iterdir()) == sorted([*before, path])
    assert held(path) == ([], [])
