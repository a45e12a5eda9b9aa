"""Two runs of one source into one store: the second is refused as long as the first lives, and no longer."""

import errno
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from readers import Reader

from communitykit import Post, Provenance, StoreBusyError, from_records, pull
from communitykit.cli.show import show, summary
from communitykit.identity import Identity
from communitykit.store import Store, at_work, locking

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = Provenance(connector="p", version="0", origin="api", fetched_at=NOW, as_of=NOW)
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="no process is killed or forked so there")


@contextmanager
def reading(path: Path, name: str) -> Iterator[subprocess.Popen[str]]:
    """Let another process read a source until a line is written to it."""
    script = [sys.executable, Path(__file__).with_name("readers.py"), path, name]
    with subprocess.Popen(script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "reading\n"
            yield process
        finally:
            process.kill()


def end(process: subprocess.Popen[str]) -> None:
    process.communicate("go on\n", timeout=60)
    assert process.returncode == 0


def statuses(path: Path) -> list[str]:
    with Store(path) as store:
        found: list[str] = store.sql("SELECT status FROM runs ORDER BY started_at")["status"].to_pylist()
        return found


def test_a_second_run_of_a_source_is_refused_before_it_asks_anything(tmp_path: Path) -> None:
    path, second = tmp_path / "a.duckdb", Reader("emea")
    with reading(path, "emea") as first:
        began = time.monotonic()
        with pytest.raises(StoreBusyError) as refused:
            pull([Reader("us"), second], path)
        assert time.monotonic() - began < 2
        error = refused.value
        assert error.message == (
            f"another run, at work since {summary(path)['runs'][0]['started_at']:%Y-%m-%d %H:%M:%S} UTC "
            f"(process {first.pid}), reads emea into it already"
        )
        assert (error.platform, error.subject) == ("readers", "a.duckdb")
        assert error.at_work == summary(path)["runs"][0]["at_work"]
        assert error.remedy == "Wait until it has ended, or stop it; then run this again."
        assert second.readings == 0
        assert statuses(path) == ["running"]
        end(first)
    pull([Reader("us"), second], path)
    assert second.readings == 1
    assert statuses(path) == ["complete", "complete"]
    assert sorted(tmp_path.iterdir()) == [path]


@POSIX
def test_a_run_that_was_killed_is_in_nobodys_way(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    with reading(path, "emea") as first:
        os.kill(first.pid, signal.SIGKILL)
        first.wait(60)
    assert len(list(tmp_path.glob("a.duckdb.run-*"))) == 1
    assert [one["status"] for one in summary(path)["runs"]] == ["killed"]
    pull(Reader("emea"), path)
    assert statuses(path) == ["killed", "complete"]
    assert sorted(tmp_path.iterdir()) == [path]


def test_other_sources_imports_and_records_at_hand_go_on_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    post = Post(id="p:n:post:1", text="words", created_at=NOW, source=SOURCE)
    with reading(path, "emea") as emea, reading(path, "-") as unknown:
        pull(from_records([post]), path)
        pull(Reader("us"), path)
        pull(Reader("-"), path)  # nobody knows whether it is the same
        assert statuses(path) == ["running", "running", "complete", "complete", "complete"]
        end(emea)
        end(unknown)
    assert statuses(path) == ["complete"] * 5
    assert sorted(tmp_path.iterdir()) == [path]


def test_two_threads_of_one_process_are_two_runs(tmp_path: Path) -> None:
    path, first = tmp_path / "a.duckdb", Reader("emea", held=True)
    thread = threading.Thread(target=pull, args=(first, path))
    thread.start()
    try:
        assert first.begun.wait(60)
        with pytest.raises(StoreBusyError, match=r"\(this very process\), reads emea"):
            pull(Reader("emea"), path)
        assert summary(path)["runs"][0]["at_work"]["process"] == os.getpid()
        with pytest.raises(StoreBusyError):  # whoever looked at it took nothing away
            pull(Reader("emea"), path)
        pull(Reader("us"), path)
    finally:
        first.go_on.set()
        thread.join(60)
    pull(Reader("emea"), path)
    assert statuses(path) == ["complete"] * 3


def test_one_run_may_read_a_source_twice(tmp_path: Path) -> None:
    pull([Reader("emea"), Reader("emea")], tmp_path / "a.duckdb")
    assert statuses(tmp_path / "a.duckdb") == ["complete"]


def test_a_run_of_another_store_and_one_by_another_name_of_the_same(tmp_path: Path) -> None:
    path, link = tmp_path / "a.duckdb", tmp_path / "link.duckdb"
    link.symlink_to(path)
    with reading(path, "emea") as first:
        pull(Reader("emea"), tmp_path / "b.duckdb")
        pull(Reader("emea"), tmp_path / "a.duckdb.copy")
        pull(Reader("emea"), ":memory:")
        with pytest.raises(StoreBusyError):
            pull(Reader("emea"), link)
        end(first)


@POSIX
def test_a_child_does_not_keep_the_lock_of_a_parent_that_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    with reading(path, "emea fork") as first:
        assert first.stdout is not None
        child = int(first.stdout.readline())
        os.kill(first.pid, signal.SIGKILL)
        first.wait(60)
        os.kill(child, 0)  # it lives
        try:
            pull(Reader("emea"), path)
        finally:
            os.kill(child, signal.SIGKILL)
    assert statuses(path) == ["killed", "complete"]


def no_locks(*_: object) -> None:
    raise OSError(errno.ENOLCK, "No locks available")


def no_file(*_: object, **__: object) -> None:
    raise PermissionError(errno.EACCES, "Permission denied")


@POSIX
@pytest.mark.parametrize(
    ("where", "name", "broken"), [(locking.fcntl, "flock", no_locks), (locking.os, "open", no_file)]
)
def test_where_nothing_can_be_locked_a_run_goes_on_and_says_so(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    where: Any,
    name: str,
    broken: Callable[..., None],
) -> None:
    path = tmp_path / "a.duckdb"
    pull(Reader("emea"), path)
    real = at_work.take

    def failing(*given: Any, **named: Any) -> Any:
        with monkeypatch.context() as patched:
            patched.setattr(where, name, broken)
            return real(*given, **named)

    monkeypatch.setattr(locking, "take", failing)
    with caplog.at_level(logging.WARNING):
        pull(Reader("emea"), path)
    assert statuses(path) == ["complete", "complete"]
    run, why = summary(path)["runs"][0]["run_id"], "No locks available" if broken is no_locks else "Permission denied"
    said = f"a.duckdb: others cannot see that run {run} is at work: {why}"
    assert [one.getMessage() for one in caplog.records] == [said]


def test_what_another_user_does_not_share_is_neither_called_dead_nor_in_the_way(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = tmp_path / "a.duckdb"
    with reading(path, "emea") as first:
        with monkeypatch.context() as patched:
            patched.setattr(at_work, "is_held", no_file)
            assert [one["status"] for one in summary(path)["runs"]] == ["running or killed"]
            show(path, as_json=False)
            assert "The latest run goes on, or was killed (its file" in capsys.readouterr().out
            pull(Reader("us"), path)
        assert caplog.records == []  # that run was seen
        assert statuses(path) == ["running", "complete"]
        end(first)


def test_show_says_which_run_is_at_work_and_which_was_killed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.duckdb"
    with reading(path, "emea") as first:
        (run,) = summary(path)["runs"]
        assert run["status"] == "running"
        assert run["at_work"] == {
            "since": run["started_at"],
            "process": first.pid,
            "host": socket.gethostname(),
            "sources": [{"name": "emea", "platform": "readers"}],
        }
        assert run["sources"] == {"records": "1"}
        show(path, as_json=False)
        told = capsys.readouterr().out
        since = f"{run['started_at']:%Y-%m-%d %H:%M:%S} UTC"
        assert f"Run {run['run_id']}: at work since {since} (process {first.pid})." in told
        assert "The latest run goes on. Of what it has not read to the end coverage" in told
    first.wait(60)
    show(path, as_json=False)
    told = capsys.readouterr().out
    assert "at work" not in told
    assert "The latest run was killed. Of what it has not read to the end coverage" in told


@pytest.mark.parametrize("text", [b"", b"\xff", b"[]", b'{"sources": [{"unknown": 1}]}', b"{}"])
def test_a_locked_file_that_says_nothing_is_a_run_that_is_at_work(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "a.duckdb"
    file = tmp_path / "a.duckdb.run-abc"
    handle = locking.take(file)
    assert handle is not None
    file.write_bytes(text)
    running = at_work.found(path, "abc")
    assert running is not None
    assert "a process that it does not name" in str(running)
    pull(Reader("emea"), path)
    locking.give_back(handle, file)
    assert at_work.found(path, "abc") is None
    assert at_work.found(path, "../abc") is None


def test_a_run_on_another_machine_is_named_with_it() -> None:
    run = at_work.Running("r", NOW, (), 7, "elsewhere")
    assert str(run) == "at work since 2026-01-01 00:00:00 UTC (process 7 of elsewhere)"


@POSIX
@pytest.mark.parametrize("mode", [0o600, 0o660])
def test_who_shares_the_store_shares_what_is_beside_it(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a.duckdb"
    pull(Reader("emea"), path)
    path.chmod(mode)
    with reading(path, "emea") as first:
        (file,) = tmp_path.glob("a.duckdb.run-*")
        assert file.stat().st_mode & 0o777 == mode
        end(first)


def test_of_many_that_begin_at_once_one_has_the_lock(tmp_path: Path) -> None:
    """They make, take, give back and remove one file as fast as they can: no two have it at once."""
    script = [sys.executable, Path(__file__).with_name("readers.py"), tmp_path / "lock", "contend"]
    with ExitStack() as stack:
        processes = [stack.enter_context(subprocess.Popen(script, stdout=subprocess.PIPE)) for _ in range(3)]
        told = [process.communicate(timeout=120)[0].split() for process in processes]
    assert sum(int(number) for number, _ in told) == 3 * 100
    assert [int(clashes) for _, clashes in told] == [0] * 3
    assert list(tmp_path.iterdir()) == []


@POSIX
def test_a_file_that_was_removed_before_it_was_locked_is_not_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who opened it before its holder removed it would have a lock that nobody else sees."""
    path, real = tmp_path / "lock", locking._locked
    first = [locking.take(path)]

    def late(handle: int, **named: bool) -> bool:
        if first and (held := first.pop()) is not None:
            locking.give_back(held, path)
        return real(handle, **named)

    monkeypatch.setattr(locking, "_locked", late)
    second = locking.take(path)
    assert second is not None
    assert locking.is_held(path)
    assert locking.take(path) is None
    locking.give_back(second, path)
    assert list(tmp_path.iterdir()) == []


def test_who_does_not_get_on_with_beginning_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.duckdb"
    monkeypatch.setattr(at_work, "_BEGINNING_SECONDS", 0.05)
    handle = locking.take(tmp_path / "a.duckdb.runs")
    assert handle is not None
    with pytest.raises(StoreBusyError, match="another run has been beginning for too long"):
        pull(Reader("emea"), path)
    locking.give_back(handle, tmp_path / "a.duckdb.runs")
    pull(Reader("emea"), path)


def identity(name: str, account: str | None, config: str | None) -> Identity:
    return Identity(name, "slack", account, config)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (identity("slack", "A", None), identity("slack", "A", None), True),
        (identity("slack", "A", None), identity("slack", "B", None), False),
        (identity("slack", None, None), identity("slack", None, None), False),
        (identity("emea", "A", "one.toml"), identity("slack", "A", None), True),
        (identity("emea", "A", "one.toml"), identity("emea", "B", "one.toml"), True),  # a token that is new each day
        (identity("emea", None, "one.toml"), identity("emea", None, "one.toml"), True),
        (identity("emea", "A", "one.toml"), identity("us", "A", "one.toml"), False),  # other communities, say
        (identity("slack", "A", "one.toml"), identity("slack", "B", "other.toml"), False),
        (identity("slack", "A", "one.toml"), identity("slack", "A", "copy.toml"), True),
        (identity("slack", "A", ""), identity("slack", "B", ""), False),  # no files: an adapter's settings
    ],
)
def test_what_makes_two_sources_one(one: Identity, other: Identity, *, same: bool) -> None:
    assert one.is_same(other) is same
    assert other.is_same(one) is same


@POSIX
def test_a_store_that_a_run_holds_open_says_which_run_that_is(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    pull(from_records([]), path)
    held = (
        "import sys\nfrom datetime import UTC, datetime\nfrom pathlib import Path\n"
        "from communitykit.identity import Identity\nfrom communitykit.store import at_work\n"
        "from communitykit.store.writer import Writer\npath = Path(sys.argv[1])\n"
        "who = [Identity('emea', 'slack')]\n"
        "with at_work.at_work(path, 'r', datetime(2026, 1, 1, tzinfo=UTC), who):\n"
        "    writer = Writer(path)\n    print('held', flush=True)\n    input()\n"
    )
    script = [sys.executable, "-c", held, path]
    with (
        at_work.at_work(path, "other", NOW, []),
        subprocess.Popen(script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            with pytest.raises(StoreBusyError, match=f"process {process.pid}") as busy:
                Store(path, patience=0)
        finally:
            process.communicate("\n", timeout=60)
    sources = [{"name": "emea", "platform": "slack"}]
    told = {"since": NOW, "process": process.pid, "host": socket.gethostname(), "sources": sources}
    assert busy.value.at_work == told
