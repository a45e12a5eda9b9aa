"""A clock that was ahead: what it wrote keeps no later run from reading, and that is said once."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from communitykit import PullResult, Session
from communitykit.clock import Clock
from communitykit.connector import Batch, Connector, Flow, Request
from communitykit.http.budgets import Pace
from communitykit.http.conductor import Conductor
from communitykit.pulling import pull_at
from communitykit.store import Store

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def once_a_day(selection: Any, slice_: Any, checkpoint: Any) -> Flow:
    """Read what was not read for a day, as a platform's polling rule has it."""
    done = datetime.fromisoformat(checkpoint["done"]) if checkpoint else None
    if done is not None and selection.until - done < timedelta(days=1):
        return
    response = yield Request("notes/a")
    kept = {"v": 1, "done": selection.until.isoformat()}
    yield Batch("note", response.data["notes"], {"room": "a"}, checkpoint=kept)


def test_a_year_ahead_keeps_no_run_from_reading(
    platform: Any, little: Callable[..., Connector], tmp_path: Path
) -> None:
    note = {"id": 1, "by": "ann", "text": "hello", "at": "2026-01-01T00:00:00Z"}
    platform.answers["/rooms"] = (200, {}, b'["a"]')
    platform.answers["/notes/a"] = (200, {}, json.dumps({"notes": [note]}).encode())
    connector = little(read=once_a_day)

    def run(now: datetime) -> PullResult:
        clock = Clock(now=lambda: now)
        conductor = Conductor(connector, connector.settings(base_url=platform.url), clock=clock, pace=Pace())
        with Session(connector, conductor) as session:
            return pull_at(session, tmp_path / "a.duckdb", {}, clock=clock)

    run(NOW + timedelta(days=365))
    changed = {**note, "text": "hello again"}
    platform.answers["/notes/a"] = (200, {}, json.dumps({"notes": [changed]}).encode())
    asked = sum(path == "/notes/a" for path, _ in platform.requests)
    corrected = run(NOW)
    assert sum(path == "/notes/a" for path, _ in platform.requests) == asked + 1
    (told,) = [one for one in corrected.coverage if one.slice == "little:-:clock"]
    assert "clock was ahead" in (told.reason or "")
    assert not corrected.complete
    with Store(tmp_path / "a.duckdb") as store:
        assert store.sql("SELECT body FROM posts").to_pylist() == [{"body": "hello again"}]
    again = run(NOW + timedelta(minutes=10))
    assert sum(path == "/notes/a" for path, _ in platform.requests) == asked + 1
    assert again.complete
