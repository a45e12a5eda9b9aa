"""What is settled before anything is read: settings, moments, sources, what it will cost, what cannot be read."""

import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from little_notes import ROOMS, serve_notes, session

from communitykit import (
    CredentialError,
    ReadOptions,
    SettingsError,
    from_records,
    pull,
)
from communitykit.connector import (
    Connector,
    Gap,
    Request,
    Settings,
)
from communitykit.connector.settings import load_settings


def test_settings_come_from_keywords_and_environment(
    little: Callable[..., Connector], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMMUNITYKIT_LITTLE_TIMEOUT", "5")
    monkeypatch.setenv("COMMUNITYKIT_LITTLE_RATE", "2")
    settings = load_settings("little", Settings, {"rate": 3, "proxy": "http://user:pass@proxy.example"})
    assert (settings.timeout, settings.rate) == (5, 3)
    assert "pass" not in repr(settings)
    with pytest.raises(SettingsError, match="COMMUNITYKIT_LITTLE_") as caught:
        load_settings("little", Settings, {"tokn": "tok-secret-9"})
    assert "tok-secret-9" not in str(caught.value)


def test_a_moment_without_a_time_zone_is_refused(platform: Any, little: Callable[..., Connector]) -> None:
    with session(little(), platform) as opened, pytest.raises(SettingsError, match="no time zone"):
        list(opened.posts(since=datetime(2026, 1, 1)))  # noqa: DTZ001 # that is the point


def test_an_estimate_counts_without_reading(platform: Any, little: Callable[..., Connector]) -> None:
    serve_notes(platform, ROOMS)
    connector = little(estimate=lambda scope, slice_, checkpoint: {"notes": 250} if slice_.label == "a" else {})
    with session(connector, platform) as opened:
        estimate = opened.estimate(ReadOptions(), {})
    assert (estimate.slices, estimate.unknown, dict(estimate.requests), estimate.seconds) == (2, 1, {"notes": 250}, 2.5)
    assert len(platform.requests) == 1


def test_preflight_tells_what_cannot_be_read(platform: Any, little: Callable[..., Connector]) -> None:
    def preflight(scope: Any) -> Any:
        yield Gap("rooms: ask for the scope rooms:read", "denied")

    with session(little(preflight=preflight), platform) as opened:
        assert [str(gap) for gap in opened.check()] == ["rooms: ask for the scope rooms:read"]
    assert platform.requests == []


def test_without_a_preflight_what_a_pull_asks_first_is_asked(platform: Any, little: Callable[..., Connector]) -> None:
    serve_notes(platform, ROOMS)
    with session(little(), platform) as opened:
        assert opened.check() == []
    assert [path for path, _ in platform.requests] == ["/rooms"]
    platform.answers["/rooms"] = (401, {}, b"{}")
    with session(little(), platform) as opened, pytest.raises(CredentialError, match="refused"):
        opened.check()


def test_what_is_no_source_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    store = tmp_path / "a.duckdb"
    with pytest.raises(TypeError, match=r"'slack' is no source: give what connect\('slack'\) returns"):
        pull("slack", store)  # type: ignore[arg-type] # that is the point
    with pytest.raises(TypeError, match=r"3 is no source: give what connect"):
        pull([3], store)  # type: ignore[list-item] # same
    with pytest.raises(SettingsError, match="nothing to read"):
        pull([], store)
    with pytest.raises(TypeError, match=r"max_time is to be a text .* or a number of seconds, not list"):
        pull(from_records([]), store, max_time=["2h"])  # type: ignore[arg-type] # same
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_one_sentence_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['duckdb'] = None\n"
        "from communitykit import from_records, pull\n"
        "try: pull(from_records([]), 'a.duckdb', sinse='90d')\n"
        "except TypeError as error: print(error)\n"
        "try: pull(from_records([]), 'a.duckdb')\n"
        "except ModuleNotFoundError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    misspelt, missing = done.stdout.splitlines()
    assert "did you mean 'since'" in misspelt
    assert missing == "a store needs duckdb: pip install 'communitykit[duckdb]'"


def test_what_was_read_to_its_end_stops_nothing_that_is_asked_afterwards(
    platform: Any, little: Callable[..., Connector]
) -> None:
    serve_notes(platform, ROOMS)
    with session(little(), platform) as opened:
        first = list(opened.records())
        assert opened.send(Request("/rooms")).data == list(ROOMS)
        assert [one.slice.key for one in opened.slices().slices] == [f"notes/{room}" for room in ROOMS]
        assert len(list(opened.records())) == len(first)
