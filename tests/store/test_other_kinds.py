"""A named pipe, a link or a folder in the place of a file of the store's: not waited for, not followed, not removed."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from readers import Reader

from communitykit import StoreError, pull
from communitykit.store import Store, at_work, locking
from communitykit.store.writer import Writer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no named pipes there, and links need rights")

KINDS: dict[str, Callable[[Path], object]] = {
    "pipe": lambda path: os.mkfifo(path),  # noqa: PLW0108 # there is none on Windows
    "folder": Path.mkdir,
    "link": lambda path: path.symlink_to(path.with_name("elsewhere")),
}


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """End in a TimeoutError what waits for ever: a call of the system, which no other thread could end."""

    def late(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def statuses(path: Path) -> list[str]:
    with Store(path) as store:
        found: list[str] = store.sql("SELECT status FROM runs ORDER BY started_at")["status"].to_pylist()
        return found


def reads(path: Path) -> None:
    with Store(path) as store:
        store.sql("FROM posts")


def writes(path: Path) -> None:
    writer = Writer(path, patience=0)
    writer.start_run({"run_id": "1"})
    writer.release()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_file_and_has_the_name_of_a_runs_is_in_nobodys_way(tmp_path: Path, kind: str) -> None:
    path, other = tmp_path / "a.duckdb", tmp_path / "a.duckdb.run-dddddddddddd"
    (tmp_path / "elsewhere").touch()
    KINDS[kind](other)
    with within(20):
        pull(Reader("emea"), path)
        assert at_work.found(path, "dddddddddddd") is None
    assert statuses(path) == ["complete"]
    assert os.path.lexists(other)  # it is not ours to remove


@pytest.mark.parametrize("kind", KINDS)
def test_where_it_has_the_name_that_runs_begin_with_the_run_goes_on_unseen_and_the_log_says_why(
    tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    path, other = tmp_path / "a.duckdb", tmp_path / "a.duckdb.runs"
    (tmp_path / "elsewhere").touch()
    KINDS[kind](other)
    with within(20):
        pull(Reader("emea"), path)
    assert statuses(path) == ["complete"]
    assert os.path.lexists(other)
    assert "is at work: a.duckdb.runs is no regular file" in caplog.text


def test_a_pipe_that_is_put_in_a_files_place_at_the_last_moment_is_not_waited_for_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tmp_path / "a.duckdb.run-abc"
    os.mkfifo(pipe)
    file = (tmp_path / "file").write_text("") or (tmp_path / "file").lstat()
    monkeypatch.setattr(Path, "lstat", lambda self: file)
    with within(20):
        assert not locking.is_held(pipe)
        with pytest.raises(locking.OtherKindError, match="no regular file"):
            locking.take(pipe)


@pytest.mark.parametrize("use", ["reads", "writes"])
@pytest.mark.parametrize("ending", ["", ".wal", ".wal.checkpoint"])
def test_a_pipe_in_the_place_of_a_store_or_its_journal_is_told_and_not_waited_for(
    tmp_path: Path, ending: str, use: str
) -> None:
    path = tmp_path / "a.duckdb"
    if ending:
        Writer(path).release()
    os.mkfifo(path.with_name(path.name + ending))
    call = f"import test_other_kinds as t; from pathlib import Path; t.{use}(Path({str(path)!r}))"
    script = [sys.executable, "-c", call]
    here = Path(__file__).parent
    said = subprocess.run(script, cwd=here, capture_output=True, text=True, check=False, timeout=20)
    what = f"a.duckdb{ending}, which is to be its journal, is no regular file" if ending else "this is a pipe"
    assert f"StoreError: {path}: {what}" in said.stderr.splitlines()[-1]


def test_a_link_that_is_put_in_the_journals_place_between_two_commits_is_refused_too(tmp_path: Path) -> None:
    path, elsewhere = tmp_path / "a.duckdb", tmp_path / "elsewhere"
    elsewhere.touch(0o644)
    writer = Writer(path)
    writer.start_run({"run_id": "1"})
    writer.connection().execute("CHECKPOINT")  # which removes the journal
    path.with_name("a.duckdb.wal").symlink_to(elsewhere)
    with pytest.raises(StoreError, match="no regular file"):
        writer.end_run({"run_id": "1"})
    assert (elsewhere.read_bytes(), elsewhere.stat().st_mode & 0o777) == (b"", 0o644)


def test_a_journal_is_not_written_through_a_link(tmp_path: Path) -> None:
    path, elsewhere = tmp_path / "a.duckdb", tmp_path / "elsewhere"
    Writer(path).release()
    elsewhere.touch()
    path.with_name("a.duckdb.wal").symlink_to(elsewhere)
    with pytest.raises(StoreError, match=r"a\.duckdb\.wal, which is to be its journal, is no regular file"):
        writes(path)
    assert elsewhere.read_bytes() == b""
