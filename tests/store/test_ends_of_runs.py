"""How a run ended is said where it can be, and where it cannot nothing is made up."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from communitykit import Post, Provenance, StoreBusyError, StoreError, from_records, pull
from communitykit.cli.show import show, summary
from communitykit.store import Store
from communitykit.store.writer import Writer

START = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = Provenance(connector="p", version="0", origin="api", fetched_at=START, as_of=START)
POST = Post(id="p:n:post:1", text="words", created_at=START, source=SOURCE)
FULL = """
import os, resource, signal, sys
from datetime import UTC, datetime
from communitykit import Post, Provenance, StoreError, from_records, pull
now = datetime(2026, 1, 1, tzinfo=UTC)
source = Provenance(connector="p", version="0", origin="api", fetched_at=now, as_of=now)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
pull(from_records([]), sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))
try:
    pull(from_records(Post(id=f"p:n:post:{n}", body=os.urandom(500).hex(), source=source) for n in range(5000)),
         sys.argv[1])
except StoreError as error:
    print(error.message)
"""


def statuses(path: Path) -> list[str]:
    with Store(path) as store:
        found: list[str] = store.sql("SELECT status FROM runs ORDER BY last_commit")["status"].to_pylist()
        return found


@pytest.mark.parametrize(
    ("error", "status"),
    [(StoreError("there is no room left on its disk"), "failed: StoreError"), (StoreBusyError("in use"), "running")],
)
def test_a_run_that_its_store_failed_is_noted_unless_the_store_is_anothers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: StoreError, status: str
) -> None:
    def commit(*_: object, **__: object) -> Any:
        raise error

    monkeypatch.setattr(Writer, "commit", commit)
    with pytest.raises(type(error)) as raised:
        pull(from_records([POST]), tmp_path / "a.duckdb")
    assert raised.value is error
    assert statuses(tmp_path / "a.duckdb") == [status]


@pytest.mark.parametrize("name", ["end_run", "settle"])
def test_where_the_note_fails_too_what_came_first_is_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path, first = tmp_path / "a.duckdb", StoreError("no room")
    real: Callable[..., Any] = getattr(Writer, name)
    told = iter([StoreError("no room for the note either")])

    def failing(self: Writer, *arguments: object, **named: object) -> Any:
        if error := next(told, None):
            raise error
        return real(self, *arguments, **named)

    def commit(*_: object, **__: object) -> Any:
        monkeypatch.setattr(Writer, name, failing)
        raise first

    monkeypatch.setattr(Writer, "commit", commit)
    with pytest.raises(StoreError) as raised:
        pull(from_records([POST]), path)
    assert raised.value is first


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files there")
def test_a_run_that_ends_for_want_of_room_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    said = subprocess.run([sys.executable, "-c", FULL, path], capture_output=True, text=True, check=True, timeout=60)
    assert "no room" in said.stdout
    assert statuses(path)[-1] == "failed: StoreError"


def test_of_a_run_that_says_no_more_show_does_not_say_that_it_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    writer = Writer(tmp_path / "a.duckdb")
    writer.start_run({"run_id": "cut off", "started_at": START, "status": "running"})
    writer.release()
    assert [run["status"] for run in summary(tmp_path / "a.duckdb")["runs"]] == ["killed"]
    show(tmp_path / "a.duckdb", as_json=False)
    assert "The latest run was killed. Of what it has not read to the end" in capsys.readouterr().out
