from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from communitykit import EngagementEvent, Post, Provenance, from_records, pull
from communitykit.connector import make_event_id, make_id
from communitykit.sinks import read_jsonl, write_jsonl
from communitykit.store import Store

NOW = datetime(2026, 3, 1, tzinfo=UTC)
POST = make_id("little", "net", "post", "1")
ANN = make_id("little", "net", "member", "ann")


def source(*, later: int = 0, origin: str = "api") -> Provenance:
    moment = NOW + timedelta(hours=later)
    return Provenance(connector="little", version="1", origin=origin, fetched_at=moment, as_of=moment)  # type: ignore[arg-type]


def reaction(*, later: int, origin: str, occurred_at: datetime | None = None) -> EngagementEvent:
    told = {"occurred_at": occurred_at, "time_source": "event"} if occurred_at else {}
    identity = make_event_id("little", "net", "reacted", target=POST, actor=ANN, detail="+1")
    given = {"id": identity, "kind": "reacted", "actor_id": ANN, "target_id": POST, "detail": "+1", "active": True}
    return EngagementEvent(source=source(later=later, origin=origin), **given, **told)  # type: ignore[arg-type]


def test_what_a_webhook_told_completes_what_was_pulled(tmp_path: Path) -> None:
    file, store = tmp_path / "deliveries.jsonl", tmp_path / "a.duckdb"
    pull(from_records([Post(id=POST, text="hello", source=source()), reaction(later=0, origin="api")]), store)
    write_jsonl([reaction(later=1, origin="webhook", occurred_at=NOW)], file)

    result = pull(from_records(read_jsonl(file)), store)
    pull(from_records([reaction(later=2, origin="api")]), store)

    assert result.complete
    with Store(store) as opened:
        (row,) = opened.sql("SELECT occurred_at, time_source, active FROM events").to_pylist()
        runs = opened.sql("SELECT sources FROM runs").to_pylist()
    assert row == {"occurred_at": NOW, "time_source": "event", "active": True}
    assert runs == [{"sources": '{"records":"1"}'}] * 3


def test_a_record_that_does_not_say_when_it_was_true_is_an_issue(tmp_path: Path) -> None:
    result = pull(from_records([Post(id=POST), Post(id=POST, text="hello", source=source())]), tmp_path / "a.duckdb")

    (issue,) = result.issues
    assert (issue.reason, issue.native_id) == ("no_source", POST)
    assert result.coverage[0].stored == 1


def test_what_fails_while_records_are_gone_through_is_told(tmp_path: Path) -> None:
    def records() -> Iterator[Post]:
        yield from (Post(id=f"{POST}{number}", source=source()) for number in range(1_500))
        raise OSError("disk")

    result = pull(from_records(records()), tmp_path / "a.duckdb")

    assert len(result.errors) == 1
    assert [one.status for one in result.coverage] == ["partial"]
    with Store(tmp_path / "a.duckdb") as opened:
        assert len(opened.arrow("posts")) == 1_000


def test_any_program_can_read_while_a_pull_gets_little_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that opens the file with DuckDB alone, and tries again, as a dashboard does; nothing is idle for long."""
    monkeypatch.setattr("communitykit.pulling.IDLE_SECONDS", 60.0)
    monkeypatch.setattr("communitykit.holding.RELEASE_SECONDS", 60.0)
    monkeypatch.setattr("communitykit.gathering.GROUP_SECONDS", 0.2)
    store, was_read = tmp_path / "a.duckdb", threading.Event()

    def records() -> Iterator[Post]:
        for page in range(1_000):
            yield from (Post(id=f"{POST}{page}/{number}", source=source()) for number in range(1_000))
            if was_read.wait(0.1):
                return

    puller = threading.Thread(target=pull, args=(from_records(records()), store))
    puller.start()
    counting = """
import sys, time, duckdb
for _ in range(500):
    try:
        print(duckdb.connect(sys.argv[1], read_only=True).execute("SELECT count(*) FROM posts").fetchone()[0])
        break
    except duckdb.Error:
        time.sleep(0.02)
"""
    counted = subprocess.run([sys.executable, "-c", counting, str(store)], check=True, capture_output=True, text=True)
    was_read.set()
    puller.join(30)

    assert int(counted.stdout) > 0
    with Store(store) as opened:
        assert len(opened.arrow("posts")) >= int(counted.stdout)


def test_others_can_read_while_a_pull_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("communitykit.pulling.IDLE_SECONDS", 0.05)
    store, go_on = tmp_path / "a.duckdb", threading.Event()

    def records() -> Iterator[Post]:
        yield from (Post(id=f"{POST}{number}", source=source()) for number in range(1_000))
        assert go_on.wait(30)
        yield Post(id=POST, source=source())

    puller = threading.Thread(target=pull, args=(from_records(records()), store))
    puller.start()
    counting = "import sys; from communitykit.store import Store; print(len(Store(sys.argv[1]).arrow('posts')))"
    counted = subprocess.run([sys.executable, "-c", counting, str(store)], check=True, capture_output=True, text=True)
    go_on.set()
    puller.join(30)

    assert counted.stdout.strip() == "1000"
    with Store(store) as opened:
        assert len(opened.arrow("posts")) == 1_001
