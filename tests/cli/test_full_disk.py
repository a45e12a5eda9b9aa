"""A full disk: exit code, document and store tell the same of a run, whatever was still written."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from communitykit import PullResult, StoreBusyError, StoreError, connect, from_records, pull, read_archive
from communitykit.sandbox import World, serve
from communitykit.store import Store
from communitykit.store.writer import Group, Writer
from communitykit_slack.sandbox import SlackPlatform

if sys.platform == "win32":
    pytest.skip("no limit on the size of files there", allow_module_level=True)

import resource

CONFIG = """
[store]
path = "a.duckdb"
[[sources]]
name = "export"
connector = "slack"
archive = "{archive}"
[analysis]
to = "an.duckdb"
"""


@contextmanager
def room(limit: int) -> Iterator[None]:
    """Let no file of this process grow past a length: Python has the system say so, as of a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def full(name: str) -> Iterator[None]:
    """Let the disk be full whenever a run comes to one of the writer's steps."""
    step: Callable[..., Any] = getattr(Writer, name)

    def on_a_full_disk(self: Writer, *arguments: object, **named: object) -> Any:
        with room(20_000):
            return step(self, *arguments, **named)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "dont_write_bytecode", True)  # it would be cut off, too, and not noticed
        patched.setattr(Writer, name, on_a_full_disk)
        yield


def statuses(path: Path) -> dict[str, str]:
    with Store(path) as store:
        return {row["run_id"]: row["status"] for row in store.sql("SELECT run_id, status FROM runs").to_pylist()}


def test_a_run_that_was_committed_is_complete_though_its_journal_could_not_be_folded(
    typed: Any, exports: dict[str, Path], tmp_path: Path
) -> None:
    path, journal = tmp_path / "a.duckdb", tmp_path / "a.duckdb.wal"
    with full("settle"):
        done = typed("import", "slack", exports["slack"], "--to", path, "--json")
    document = done.document
    assert (done.code, document["errors"]) == (0, [])
    assert document["journal"] == str(journal)
    assert journal.stat().st_size > 0
    assert done.err == (
        f"Look at this: {path}: what run {document['run_id']} committed is kept, but its journal (a.duckdb.wal) could "
        "not be folded into it: there is no room left on its disk. Keep the two files together: whoever writes next, "
        "once that is mended, folds it in.\n"
    )
    assert statuses(path) == {document["run_id"]: "complete"}
    again = typed("import", "slack", exports["slack"], "--to", path, "--json").document
    assert not any(again["new"].values())
    assert again["journal"] is None
    assert not journal.exists()


@pytest.mark.parametrize("words", [("--verbose",), ("--log-format", "json"), ("--quiet",)])
def test_that_is_said_once_however_the_log_is_shown(
    typed: Any, exports: dict[str, Path], tmp_path: Path, words: tuple[str, ...]
) -> None:
    with full("settle"):
        done = typed("import", "slack", exports["slack"], "--to", tmp_path / "a.duckdb", *words)
    assert done.err.count("could not be folded into it") == 1


@pytest.mark.parametrize("as_json", [True, False])
def test_a_run_that_could_not_be_committed_tells_what_was_and_of_what_it_failed(
    typed: Any, exports: dict[str, Path], tmp_path: Path, *, as_json: bool
) -> None:
    path = tmp_path / "a.duckdb"
    with full("commit"):
        done = typed("import", "slack", exports["slack"], "--to", path, *(["--json"] if as_json else []))
    ((run_id, status),) = statuses(path).items()
    assert (done.code, status) == (1, "failed: StoreError")
    assert done.err.count("there is no room left on its disk. Make room there") == 1
    if as_json:
        document = done.document
        assert (document["run_id"], document["complete"], document["new"]) == (run_id, False, {})
        (told,) = document["coverage"]
        assert (told["slice"], told["status"]) == ("slack:-:store", "partial")
        assert told["reason"].startswith("the store failed before all that was read was in it: there is no room left")
        assert document["ended_at"] is not None
        assert [(one["kind"], one["subject"]) for one in document["errors"]] == [("StoreError", "a.duckdb")]


def test_where_the_end_cannot_be_written_the_run_is_not_called_complete(
    typed: Any, exports: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, ended = tmp_path / "a.duckdb", Writer.end_run

    def end(self: Writer, run: dict[str, Any]) -> None:
        if run["status"] in {"complete", "partial"}:
            raise StoreError("there is no room left on its disk")
        ended(self, run)

    monkeypatch.setattr(Writer, "end_run", end)
    done = typed("import", "slack", exports["slack"], "--to", path, "--json")
    assert (done.code, done.document["complete"]) == (1, False)
    assert sum(done.document["new"].values()) > 0
    assert statuses(path) == {done.document["run_id"]: "failed: StoreError"}


def test_a_store_that_stays_anothers_in_the_middle_of_a_run_asks_to_try_again(
    typed: Any, exports: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object, **__: object) -> None:
        raise StoreBusyError("another process has the store open")

    monkeypatch.setattr(Writer, "commit", busy)
    done = typed("import", "slack", exports["slack"], "--to", tmp_path / "a.duckdb", "--json")
    assert (done.code, done.document["errors"][-1]["kind"]) == (75, "StoreBusyError")
    assert done.document["run_id"]


def test_what_failed_while_it_was_being_stopped_is_not_called_stopped(
    typed: Any, exports: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "c.toml").write_text(CONFIG.format(archive=exports["slack"]))
    with full("commit"):
        for words in (("pull",), ("run",)):
            done = typed(*words, "--config", tmp_path / "c.toml", "--max-time", "0s", "--json")
            assert done.code == 1, words


def test_run_makes_nothing_of_a_store_that_failed_and_tells_what_was_kept(
    typed: Any, exports: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "c.toml").write_text(CONFIG.format(archive=exports["slack"]))
    with full("commit"):
        done = typed("run", "--config", tmp_path / "c.toml", "--json")
    document = done.document
    assert (done.code, [one["kind"] for one in document["errors"]]) == (1, ["StoreError"])
    assert statuses(tmp_path / "a.duckdb") == {document["pull"]["run_id"]: "failed: StoreError"}
    assert "analysis" not in document
    assert not (tmp_path / "an.duckdb").exists()


def test_coverage_of_the_result_is_what_the_store_has_when_only_some_groups_had_room(
    exports: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, commit, groups = tmp_path / "a.duckdb", Writer.commit, []

    def once(self: Writer, group: Group, **named: Any) -> Any:
        if any(one.record == "coverage" for one in group.plain):
            groups.append(group)
        if len(groups) == 2:  # a few bytes have room later
            raise StoreError("there is no room left on its disk")
        return commit(self, group, **named)

    monkeypatch.setattr(Writer, "commit", once)
    monkeypatch.setattr("communitykit.gathering.GROUP_RECORDS", 1)
    with read_archive("slack", exports["slack"]) as slack, pytest.raises(StoreError) as raised:
        pull(slack, path)
    assert raised.value.result is not None
    with Store(path) as store:
        stored = store.sql("SELECT slice, stored FROM coverage ORDER BY slice").to_pylist()
    told = [{"slice": one.slice, "stored": one.stored} for one in raised.value.result.coverage]
    assert "slack:-:store" in {one["slice"] for one in stored}
    assert len(stored) > 1
    assert sorted(told, key=lambda one: str(one["slice"])) == stored


def test_what_was_asked_for_until_then_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("communitykit.gathering.GROUP_RECORDS", 1)  # the first slice has not ended when it is stored
    slack, world = SlackPlatform(), World(seed=1, size="tiny", platforms=("slack",))
    with (
        serve(world, slack) as server,
        connect("slack", **server.settings) as session,
        full("commit"),
        pytest.raises(StoreError) as raised,
    ):
        pull(session, tmp_path / "a.duckdb")
    result = raised.value.result
    assert isinstance(result, PullResult)
    assert result.requests == result.by_source["slack"].requests > 0


@pytest.mark.parametrize("keeps", [True, False])
def test_that_something_is_kept_is_said_only_where_it_is(tmp_path: Path, *, keeps: bool) -> None:
    remarks: list[str] = []
    writer = Writer(tmp_path / "a.duckdb", remarks=remarks)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    writer.start_run({"run_id": "r", "started_at": now, "until": now, "status": "running", "sources": {}})
    if keeps:
        writer.commit(Group(checkpoints={"p:n:s": {"at": 1}}), run_id="r", now=now)
    with full("settle"):
        writer.settle("r", now=now)
    (said,) = remarks
    assert ("what run r committed is kept" in said) is keeps
    assert "its journal (a.duckdb.wal) could not be folded into it: there is no room left on its disk" in said


@pytest.mark.slow
def test_the_demonstration_tells_what_was_kept_too(typed: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    with full("commit"):
        done = typed("demo", "--to", path, "--json")
    document = done.document
    assert (done.code, [one["kind"] for one in document["errors"]]) == (1, ["StoreError"])
    assert statuses(path) == {document["first"]["run_id"]: "failed: StoreError"}


def test_an_error_of_the_store_holds_the_result_so_far(exports: dict[str, Path], tmp_path: Path) -> None:
    with full("commit"), read_archive("slack", exports["slack"]) as slack, pytest.raises(StoreError) as raised:
        pull(slack, tmp_path / "a.duckdb")
    result = raised.value.result
    assert isinstance(result, PullResult)
    assert result.errors == [raised.value]
    assert statuses(tmp_path / "a.duckdb") == {result.run_id: "failed: StoreError"}
    with pytest.raises(StoreError) as refused:  # before any run began
        pull(from_records([]), tmp_path / "nowhere" / "a.duckdb")
    assert refused.value.result is None


def test_no_room_to_compact_takes_nothing_back_either(
    exports: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_room(path: Path, **_: object) -> None:
        raise StoreError("there is no room left on its disk", subject=path.name)

    monkeypatch.setattr("communitykit.store.writer.is_due", lambda *_: True)
    monkeypatch.setattr("communitykit.store.writer.compact", no_room)
    with read_archive("slack", exports["slack"]) as slack:
        assert pull(slack, tmp_path / "a.duckdb").complete
    assert (
        "the text of deleted posts is still in the file, which could not be made anew: there is no room" in caplog.text
    )
