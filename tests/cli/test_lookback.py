"""From when on stored posts were looked at again is said: an edit of an earlier one goes unseen."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from communitykit import PullResult, connect, pull
from communitykit.connector.registry import registry
from communitykit.sandbox import World, serve


def pulled(server: Any, to: Path, **settings: Any) -> PullResult:
    with connect("slack", **server.settings, **settings) as session:
        return pull(session, to)


@pytest.fixture
def served(world: World) -> Any:
    with serve(world, registry().get("slack").simulated()) as server:
        yield server


def test_a_later_pull_says_from_when_on_it_looked_again(typed: Any, served: Any) -> None:
    sets = [word for name, value in served.settings.items() for word in ("--set", f"{name}={value}")]
    words = ["pull", "slack", *sets, "--to", "a.duckdb"]
    first, again = typed(*words), typed(*words)
    whole = typed(*words, "--set", "lookback=all")
    day = pulled(served, Path("a.duckdb"), lookback="7d").looked_back["slack"]
    shown, told = typed("show", "a.duckdb"), typed("show", "a.duckdb", "--json").document
    month = typed(*words, "--json").document
    assert "looked at again" not in first.out + whole.out
    assert f"slack: stored posts before {month['looked_back']['slack'][:10]} were not looked at again" in again.out
    assert f"slack: stored posts before {day:%Y-%m-%d} were not looked at again (lookback)." in shown.out
    assert told["looked_back"]["slack"].startswith(f"{day:%Y-%m-%dT%H:%M}")
    posts = [one for one in month["coverage"] if one["lookback_start"]]
    assert posts
    assert {one["slice"].partition(":")[0] for one in posts} == {"slack"}


def test_python_says_it_too(served: Any, tmp_path: Path) -> None:
    first, again = pulled(served, tmp_path / "a.duckdb"), pulled(served, tmp_path / "a.duckdb")
    assert first.looked_back == {}
    assert again.looked_back == {"slack": again.coverage[0].until - timedelta(days=30)}
    assert "Looked at again" not in repr(first)
    assert f"slack      {again.looked_back['slack']:%Y-%m-%d %H:%M} UTC" in repr(again)


def test_a_window_in_the_past_says_nothing_of_what_is_later(typed: Any, served: Any) -> None:
    sets = [word for name, value in served.settings.items() for word in ("--set", f"{name}={value}")]
    words = ["pull", "slack", *sets, "--to", "a.duckdb"]
    typed(*words)
    ordinary = typed(*words, "--json").document["looked_back"]["slack"]
    until = datetime.fromisoformat(ordinary) - timedelta(days=60)
    window = ["--since", f"{until - timedelta(days=60):%Y-%m-%d}", "--until", f"{until:%Y-%m-%d}"]
    narrow, shown = typed(*words, *window), typed("show", "a.duckdb")
    told = typed("show", "a.duckdb", "--json").document
    begin = f"{until - timedelta(days=30):%Y-%m-%d}"
    only = f"slack: of stored posts only those from {begin} to {until:%Y-%m-%d} were looked at again (until, lookback)."
    assert only in narrow.out
    assert f"slack: stored posts before {ordinary[:10]} were not looked at again (lookback)." in shown.out
    assert f"stored posts before {begin}" not in shown.out + narrow.out
    assert f"slack: the latest pull looked again from {begin} to {until:%Y-%m-%d} (until)." in shown.out
    assert told["looked_back"]["slack"] == ordinary
    assert told["looked_back_within"]["slack"]["until"].startswith(f"{until:%Y-%m-%d}")
    typed(*words)
    assert typed("show", "a.duckdb", "--json").document["looked_back_within"] == {}
