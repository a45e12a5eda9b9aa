"""How a run ends: stopped, out of time, and with more to say than is kept."""

import re
import signal
import socket
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from little_notes import note, posts, serve_notes, session

from communitykit import CredentialError, TransientError, from_records, pull, pulling
from communitykit.connector import (
    Batch,
    Connector,
    Flow,
    Request,
    Selection,
)
from communitykit.doors.records import RecordSource
from communitykit.http.operations import Emit, Meter
from communitykit.model import Coverage
from communitykit.printable import several
from communitykit.reading import slices
from communitykit.reading.slices import Closed, Progress, SliceReading
from communitykit.reading.translation import Page, Translation
from communitykit.store import Store
from communitykit.unanswered import Unanswered


def test_what_is_stopped_goes_on_from_what_was_committed(
    platform: Any, little: Callable[..., Connector], tmp_path: Path
) -> None:
    path = tmp_path / "a.duckdb"
    serve_notes(platform, {"a": [[note(page)] for page in range(30)]})
    with session(little(), platform) as opened:
        seen = 0

        def interrupt(event: Any) -> None:
            nonlocal seen
            seen += len(getattr(event, "records", ()))
            if seen > 5 and not opened.conductor.stopping.is_set():
                opened.stop()
                raise KeyboardInterrupt

        result = pull(opened, path, progress=interrupt)
        assert result.interrupted
        assert 3 <= len(posts(path)) < 30
        platform.requests.clear()
        assert pull(opened, path).complete
    assert len(posts(path)) == 30
    assert len(platform.requests) < 30


@pytest.mark.parametrize("stopped", [True, False])
def test_whoever_stops_a_run_waits_for_no_copy_of_the_file(
    platform: Any, little: Callable[..., Connector], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, stopped: bool
) -> None:
    copies: list[object] = []
    monkeypatch.setattr("communitykit.store.writer.is_due", lambda *how: copies.append(how))
    serve_notes(platform, {"a": [[note(page)] for page in range(3)]})
    stop = threading.Event()
    with session(little(), platform) as opened:
        pull(opened, tmp_path / "a.duckdb", stop=stop, progress=lambda _: stop.set() if stopped else None)
    assert len(copies) == (0 if stopped else 1)


@pytest.mark.parametrize("limit", [0, "0s", timedelta(0)])
def test_the_time_limit_stops_a_run(
    platform: Any, little: Callable[..., Connector], tmp_path: Path, limit: float | str | timedelta
) -> None:
    serve_notes(platform, {"a": [[note(page)] for page in range(30)]})
    pull(from_records([]), tmp_path / "a.duckdb")  # a run into which nothing came would leave no new store
    with session(little(), platform) as opened:
        result = pull(opened, tmp_path / "a.duckdb", max_time=limit)
    assert result.interrupted
    with Store(tmp_path / "a.duckdb") as store:
        assert store.arrow("runs")["status"].to_pylist() == ["complete", "interrupted"]


def test_who_is_asked_in_vain_until_the_time_is_over_is_an_error(
    platform: Any, little: Callable[..., Connector], tmp_path: Path
) -> None:
    path = tmp_path / "a.duckdb"
    platform.answers["/rooms"] = (503, {}, b"no")
    with session(little(), platform) as opened:
        result = pull(opened, path, max_time=0.2)
    (coverage,) = result.coverage
    assert result.interrupted
    assert [type(error) for error in result.errors] == [TransientError]
    assert several(coverage.reason or "") == [str(result.errors[0]), "the run was stopped; run it again to go on"]
    assert not path.exists()


@pytest.mark.parametrize("sends_side_by_side", [False, True])
@pytest.mark.parametrize("timed", [False, True])
def test_a_first_request_that_nobody_answers_is_an_error_where_the_time_is_over(
    little: Callable[..., Connector], tmp_path: Path, *, timed: bool, sends_side_by_side: bool
) -> None:
    def discover(_: Any) -> Flow:
        yield (Request("rooms"), Request("rooms")) if sends_side_by_side else Request("rooms")

    path, stop = tmp_path / "a.duckdb", threading.Event()
    connector = little(discover=discover)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        host = f"127.0.0.1:{mute.getsockname()[1]}"
        with session(connector, SimpleNamespace(url=f"http://{host}")) as opened:
            timer = threading.Timer(1.5, stop.set)
            timer.start()
            result = pull(opened, path, **({"max_time": 1.5} if timed else {"stop": stop}))
            timer.cancel()
    (coverage,) = result.coverage
    assert result.interrupted
    assert re.search(rf"no answer within \d s from {host}\b", coverage.reason or "")
    assert [(type(one), one.platform) for one in result.errors] == ([(TransientError, "little")] if timed else [])
    assert all(str(one) in several(coverage.reason or "") for one in result.errors)
    assert not path.exists()


def test_who_was_asked_in_vain_is_told_whatever_else_of_the_source_ends_after_that(
    platform: Any, little: Callable[..., Connector]
) -> None:
    unanswered, error = Unanswered({"one": session(little(), platform)}), TransientError("no")
    coverage = Coverage(run_id="r", slice="little:-:a", status="partial")
    unanswered.note(Closed("a", coverage, Meter(unanswered=error), unread=True), "one")
    unanswered.note(Closed("b", coverage, Meter(), unread=True), "one")
    assert unanswered.errors(late=True) == unanswered.errors(late=False) == [("one", error)]


def test_who_answered_before_is_no_error_when_the_time_is_over(
    platform: Any, little: Callable[..., Connector], tmp_path: Path
) -> None:
    serve_notes(platform, {"a": [[note(1)], [note(2)]]})
    first = platform.answers["/notes/a"]
    platform.answers["/notes/a"] = lambda number, asked: first(number, asked) if number == 0 else (503, {}, b"no")
    with session(little(), platform) as opened:
        result = pull(opened, tmp_path / "a.duckdb", max_time=1.5)
    (told,) = [one.reason for one in result.coverage if one.status == "partial"]
    assert result.interrupted
    assert result.errors == []
    assert "the platform failed to answer (503)" in (told or "")


def test_who_answered_anything_is_not_silent_when_the_time_is_over(
    platform: Any, little: Callable[..., Connector], tmp_path: Path
) -> None:
    serve_notes(platform, {"a": [[note(1)]]})
    over = threading.Event()
    platform.answers["/notes/a"] = lambda *_: (503, {}, b"no") if over.wait(10) else (500, {}, b"no")
    with session(little(), platform) as opened:
        result = pull(opened, tmp_path / "a.duckdb", max_time=1.5)
        over.set()
    assert result.interrupted
    assert result.errors == []
    assert "no answer" not in str([one.reason for one in result.coverage])


def test_errors_are_raised_where_a_script_asks_for_that(
    platform: Any, little: Callable[..., Connector], tmp_path: Path
) -> None:
    serve_notes(platform, {"a": [[note(1)]]})
    with session(little(), platform) as opened:
        result = pull(opened, tmp_path / "a.duckdb", max_time=60)
        assert result.raise_for_errors() is result
        platform.answers["/rooms"] = (401, {}, b"no")
        failed = pull(opened, tmp_path / "a.duckdb")
    with pytest.raises(CredentialError) as told:
        failed.raise_for_errors()
    assert [told.value] == failed.errors
    failed.errors.append(TransientError("gone"))
    with pytest.raises(ExceptionGroup, match="2 errors") as both:
        failed.raise_for_errors()
    assert list(both.value.exceptions) == failed.errors
    timed = pull(from_records([]), tmp_path / "a.duckdb", max_time=0)
    assert timed.raise_for_errors() is timed


@pytest.mark.parametrize("ours", [True, False])
def test_a_loop_of_pulls_ends_at_one_ctrl_c(
    platform: Any, little: Callable[..., Connector], tmp_path: Path, *, ours: bool
) -> None:
    serve_notes(platform, {"a": [[note(page)] for page in range(3)]})
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler if ours else lambda *_: signal.default_int_handler(2, None))
    pressed = iter([signal.SIGINT])
    try:
        with session(little(), platform) as opened:
            result = pull(opened, tmp_path / "a.duckdb", progress=lambda _: [*map(signal.raise_signal, pressed)])
    finally:
        signal.signal(signal.SIGINT, before)
    assert (result.interrupted, result.by_ctrl_c, result.errors) == (True, True, [])
    with pytest.raises(KeyboardInterrupt):
        result.raise_for_errors()


@pytest.mark.skipif(sys.platform == "win32", reason="no process is sent SIGTERM there")
def test_sigterm_ends_a_script_that_asks_for_it_as_ctrl_c_does(
    platform: Any, little: Callable[..., Connector], tmp_path: Path
) -> None:
    page = (Path(__file__).parents[2] / "docs/how-to/run-every-night.md").read_text(encoding="utf-8")
    line = "signal.signal(signal.SIGTERM, signal.default_int_handler)"
    assert f"`{line}`" in page
    serve_notes(platform, {"a": [[note(number)] for number in range(30)]})
    kept, before = tmp_path / "a.duckdb", signal.getsignal(signal.SIGTERM)

    def sent(event: Progress) -> None:
        if isinstance(event, Page):
            for _ in range(len(pressed)):
                assert signal.getsignal(signal.SIGTERM) is not signal.default_int_handler  # it raises anywhere
                signal.raise_signal(pressed.pop())

    pressed = [signal.SIGTERM]
    try:
        exec(line, {"signal": signal})  # noqa: S102 # as the page says
        with session(little(), platform) as opened:
            result = pull(opened, kept, progress=sent)
        assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGTERM, before)
    assert (result.interrupted, result.by_ctrl_c, result.errors) == (True, True, [])
    with pytest.raises(KeyboardInterrupt):
        result.raise_for_errors()
    with Store(kept) as store:
        assert store.arrow("runs")["status"].to_pylist() == ["interrupted"]
        assert 0 < len(store.arrow("posts")) < 30


def test_a_run_that_is_stopped_before_anything_came_leaves_no_new_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()
    stop.set()
    monkeypatch.setattr(RecordSource, "read", lambda *_, **__: None)
    for path, left in ((tmp_path / "a.duckdb", False), (tmp_path / "b.duckdb", True)):
        if left:
            pull(from_records([]), path)
        result = pull(from_records([]), path, stop=stop)
        assert (result.interrupted, result.errors, path.exists()) == (True, [], left)


def test_who_does_not_end_when_told_to_is_an_error_too(
    little: Callable[..., Connector], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = threading.Event()
    monkeypatch.setattr(pulling, "LEAVING_SECONDS", 0.1)
    monkeypatch.setattr(RecordSource, "read", lambda *_, **__: left.wait(20))
    path = tmp_path / "a.duckdb"
    result = pull(from_records([]), path, max_time=0)
    left.set()
    (coverage,) = result.coverage
    assert coverage.slice.endswith(":-:unanswered")
    assert [str(error) for error in result.errors] == [coverage.reason]
    assert "had not answered" in (coverage.reason or "")
    assert not path.exists()


def test_raw_payloads_are_kept_only_when_asked_for_and_scrubbed(
    platform: Any, little: Callable[..., Connector], tmp_path: Path
) -> None:
    serve_notes(platform, {"a": [[note(1, url="https://files.example/x?t=tok-abc&w=2", secret="tok-secret-1")]]})
    with session(little(), platform) as opened:
        pull(opened, tmp_path / "a.duckdb")
        pull(opened, tmp_path / "b.duckdb", keep_raw=True)
    with Store(tmp_path / "a.duckdb") as plain, Store(tmp_path / "b.duckdb") as raw:
        assert plain.arrow("posts")["raw"].to_pylist() == [None]
        (kept,) = raw.arrow("posts")["raw"].to_pylist()
    assert "https://files.example/x?w=2" in kept
    assert "tok-" not in kept
    assert b"tok-secret" not in (tmp_path / "b.duckdb").read_bytes()


def test_a_million_bad_items_keep_a_thousand_issues_and_count_all(
    little: Callable[..., Connector], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "ISSUES_KEPT", 10)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    translation = Translation(little(), run_id="r", origin="archive")
    reading = SliceReading(translation, Selection(settings=None, until=at), "little:net:x")
    kept: list[Any] = []
    for _ in range(30):
        page = reading.page(Emit(Batch("note", [{"id": 1}, {"id": 2}], {"room": "a"}), at))
        assert page is not None
        kept += page.issues
    closed = reading.closed()
    assert len(kept) == 10
    assert closed.coverage.rejected == 60
    assert "60 of what was read" in (closed.coverage.reason or "")
    assert "the first 10 of each reason" in (closed.coverage.reason or "")
