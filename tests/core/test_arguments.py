"""What a caller gives that is of another type is told at the call, by its name; it is no defect of a connector's."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from little_notes import note, serve_notes, session

import communitykit as ck
from communitykit import testing
from communitykit.analysis import Analysis, analyse
from communitykit.connector import Connector
from communitykit.connector.registry import registry
from communitykit.connector.times import parse_length, read_moment
from communitykit.doors.arguments import seconds_of
from communitykit.metrics import measure, sql
from communitykit.privacy.erasing import prune
from communitykit.sandbox import World
from communitykit.store import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Analysis tables of a few posts."""
    folder = tmp_path_factory.mktemp("tables")
    world = World(seed=2, size="tiny", platforms=("slack",))
    registry().get("slack").simulated().write_archive(world, folder / "slack.zip")
    with ck.read_archive("slack", folder / "slack.zip") as archive:
        ck.pull(archive, folder / "a.duckdb")
    return analyse(folder / "a.duckdb", folder / "tables.duckdb").path


CALLS = ["records", "posts", "members", "communities", "memberships", "events"]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"communities": [1]}, "each of communities is to be a text, not int"),
        ({"communities": 7}, "communities is to be a text, or several, not int"),
        ({"since": 90}, 'since is to be a text as "90d", a timedelta, a date or a datetime, not int'),
        ({"until": b"now"}, "until is to be a text .*, not bytes"),
        ({"include_private": "yes"}, "include_private is to be True or False, not str"),
        ({"keep_raw": 1}, "keep_raw is to be True or False, not int"),
        ({"content": None}, "content is to be a text, not NoneType"),
        ({"opt_out": ["ann@example.org"]}, "opt_out is to be an OptOut .* not list"),
        ({"state": "state.json"}, "state is to be a dict of checkpoints, which the reading changes, not str"),
        ({"state": [1]}, "state is to be a dict of checkpoints, .* not list"),
    ],
)
def test_of_a_reading(platform: Any, little: Callable[..., Connector], call: str, given: Any, told: str) -> None:
    with session(little(), platform) as opened, pytest.raises(TypeError, match=f"^{told}"):
        getattr(opened, call)(**given)
    with pytest.raises(TypeError, match=f"^{told}"):
        getattr(testing.connect_async(little(), {"base_url": platform.url}), call)(**given)
    assert platform.requests == []


@pytest.mark.parametrize("given", [5, 5.0, b"90d", ["90d"]])
def test_a_moment_or_a_length_of_another_type_is_the_same_error_everywhere(given: Any, store: Path) -> None:
    is_moment = 'is to be a text as "90d", a timedelta, a date or a datetime, not '
    with Analysis(store) as opened:
        for name in ("since", "until"):
            for call in (measure, sql):
                with pytest.raises(TypeError, match=f"^{name} {is_moment}"):
                    call(opened, "active_members", **{name: given})  # type: ignore[operator]
            with pytest.raises(TypeError, match=f"^{name} {is_moment}"):
                ck.ReadOptions(**{name: given})
    with pytest.raises(TypeError, match=f"^a moment {is_moment}"):
        read_moment(given)
    with pytest.raises(TypeError, match=r'^a length of time is to be a text as "90d", not '):
        parse_length(given)
    with pytest.raises(TypeError, match=r"^before is to be a datetime, not "):
        prune(store, before=given)
    with pytest.raises(ck.SettingsError, match="lookback: is to be a length of time, as 90d"):
        ck.connect("slack", token="x", lookback=given if given != b"90d" else 5)


def test_kinds_are_texts_too(platform: Any, little: Callable[..., Connector]) -> None:
    with (
        session(little(), platform) as opened,
        pytest.raises(TypeError, match="each of kinds is to be a text, not int"),
    ):
        opened.records(kinds=[1])  # type: ignore[list-item]


@pytest.mark.parametrize("call", CALLS)
def test_a_checkpoint_that_is_none_is_named(platform: Any, little: Callable[..., Connector], call: str) -> None:
    wrong = {"little:net:notes/a": "garbage"}
    for opened in (session(little(), platform), testing.connect_async(little(), {"base_url": platform.url})):
        with pytest.raises(ck.SettingsError, match="no checkpoint under 'little:net:notes/a' but str"):
            getattr(opened, call)(state=wrong)
    assert platform.requests == []


@pytest.mark.parametrize(("given", "error"), [("8", TypeError), (0, ck.SettingsError)])
def test_slices_side_by_side_are_counted(
    platform: Any, little: Callable[..., Connector], given: Any, error: type[Exception]
) -> None:
    with pytest.raises(error, match="concurrency is to be"):
        testing.connect_async(little(), {"base_url": platform.url}).records(concurrency=given)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"progress": "yes"}, "progress is to be True, False, or a function .*, not str"),
        ({"max_time": b"2h"}, 'max_time is to be a text as "2h", a timedelta or a number of seconds, not bytes'),
        ({"max_time": True}, 'max_time is to be a text as "2h", a timedelta or a number of seconds, not bool'),
        ({"stop": True}, "stop is to be a threading.Event, not bool"),
        ({"to": None}, "to is to be the path of an activity store, not NoneType"),
    ],
)
def test_of_a_pull(tmp_path: Path, given: Any, told: str) -> None:
    with pytest.raises(TypeError, match=f"^{told}"):
        ck.pull(ck.from_records([]), **{"to": tmp_path / "a.duckdb", **given})
    assert not (tmp_path / "a.duckdb").exists()


def test_what_a_pull_cannot_read_is_no_source(platform: Any, little: Callable[..., Connector], tmp_path: Path) -> None:
    for given, told in (
        (testing.connect_async(little(), {"base_url": platform.url}), "session for async code: give what connect"),
        (ck.Session, "is no source"),
        (type("Half", (), {"connector": little()})(), "it has no read, stop and reset"),
    ):
        with pytest.raises(TypeError, match=told):
            ck.pull(given, tmp_path / "a.duckdb")
    assert not (tmp_path / "a.duckdb").exists()


@pytest.mark.parametrize("given", [None, "slack", {"id": 1}, 7])
def test_records_are_several(given: Any) -> None:
    with pytest.raises(TypeError, match="records is to be a list of records"):
        ck.from_records(given)


def test_what_is_no_record_is_told_at_the_call_or_when_it_is_come_upon(tmp_path: Path) -> None:
    told = "each of records is to be a record .*, not dict"
    with pytest.raises(TypeError, match=told):
        ck.from_records([{"id": 1}])
    result = ck.pull(ck.from_records(one for one in [{"id": 1}]), tmp_path / "a.duckdb")
    (error,) = result.errors
    assert isinstance(error, ck.SettingsError)
    assert str(error).startswith("each of records is to be a record")


def test_what_fails_in_the_givers_own_code_is_no_defect_of_a_connector(tmp_path: Path) -> None:
    def mine() -> Iterator[ck.Post]:
        raise ZeroDivisionError("words of somebody")
        yield

    (error,) = ck.pull(ck.from_records(mine()), tmp_path / "a.duckdb").errors
    assert str(error).startswith("going through the records failed: ZeroDivisionError in mine, line ")
    assert isinstance(error.__cause__, ZeroDivisionError)
    assert "report it" not in str(error)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"body": "{}"}, "body is to be the bytes of the delivery as they arrived, not str"),
        ({"headers": None}, "headers is to be a mapping"),
        ({"secret": b"s"}, "secret is to be a text, not bytes"),
    ],
)
def test_of_a_delivery(given: Any, told: str) -> None:
    with pytest.raises(TypeError, match=f"^{told}"):
        ck.receive("slack", **{"headers": {}, "body": b"{}", "secret": "s", **given})


def test_a_connector_is_named() -> None:
    with pytest.raises(TypeError, match="name is to be a connector's name, as 'slack', not NoneType"):
        ck.connect(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("raised", [ZeroDivisionError, MemoryError, SystemExit])
def test_what_a_callback_raises_ends_the_run_as_failed(
    platform: Any, little: Callable[..., Connector], tmp_path: Path, raised: type[BaseException]
) -> None:
    path = tmp_path / "a.duckdb"
    serve_notes(platform, {"a": [[note(1)]]})

    def fail(_: ck.Progress) -> None:
        raise raised

    with session(little(), platform) as opened:
        with pytest.raises(raised):
            ck.pull(opened, path, progress=fail)
        with Store(path) as store:
            (run,) = store.sql("SELECT status, ended_at FROM runs").to_pylist()
        assert run["status"] == f"failed: {raised.__name__}"
        assert run["ended_at"] is not None
        assert ck.pull(opened, path).complete
    with Store(path) as store:
        assert store.sql("SELECT status FROM runs ORDER BY started_at").to_pylist() == [
            {"status": run["status"]},
            {"status": "complete"},
        ]


def test_an_async_session_names_its_platform_and_no_secret() -> None:
    shown = repr(ck.connect_async("slack", token="xoxb-very-secret-1"))  # invented
    assert shown.startswith("<AsyncSession slack https://")
    assert "secret" not in shown


def test_a_closed_session_is_asked_nothing(platform: Any, little: Callable[..., Connector], tmp_path: Path) -> None:
    serve_notes(platform, {"a": [[note(1)]]})
    with session(little(), platform) as opened:
        assert len(list(opened.posts())) == 1
        assert "(closed)" not in repr(opened) + opened._repr_html_()
    assert repr(opened).endswith(" (closed)>")
    assert "(closed)" in opened._repr_html_()
    platform.requests.clear()
    for ask in (lambda: list(opened.posts()), opened.check, opened.slices):
        with pytest.raises(ck.SettingsError, match=r"little: this session is closed\. Read before you close it"):
            ask()
    (error,) = ck.pull(opened, tmp_path / "a.duckdb").errors
    assert "this session is closed" in str(error)

    async def read() -> None:
        async with testing.connect_async(little(), {"base_url": platform.url}) as later:
            assert "(closed)" not in repr(later)
        assert repr(later).endswith(" (closed)>")
        with pytest.raises(ck.SettingsError, match="this session is closed"):
            [one async for one in later.posts()]

    asyncio.run(read())
    assert platform.requests == []


@pytest.mark.parametrize("packed", [True, False])
def test_a_closed_archive_is_asked_nothing(tmp_path: Path, *, packed: bool) -> None:
    folder = tmp_path / "export"
    (folder / "general").mkdir(parents=True)
    (folder / "users.json").write_text('[{"id": "U1", "team_id": "T1", "name": "ann"}]')
    (folder / "channels.json").write_text('[{"id": "C1", "name": "general"}]')
    (folder / "general" / "2024-03-01.json").write_text('[{"user": "U1", "text": "hi", "ts": "1709300001.000100"}]')
    path = shutil.make_archive(str(tmp_path / "export"), "zip", folder) if packed else folder
    with ck.read_archive("slack", path) as opened:
        assert [post.text for post in opened.posts()] == ["hi"]
        assert "(closed)" not in repr(opened)
    assert repr(opened).endswith(" (closed)>")
    with pytest.raises(ck.SettingsError, match=r"slack: this session is closed\. Read before you close it"):
        list(opened.posts())
    (error,) = ck.pull(opened, tmp_path / "a.duckdb").errors
    assert "this session is closed" in str(error)


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("12s", 12), ("10min", 600), ("2h", 7200), (timedelta(minutes=10), 600), (1.5, 1.5), (60, 60), (None, None)],
)
def test_a_limit_of_time_is_said_as_on_the_command_line(given: Any, seconds: float | None) -> None:
    assert seconds_of(given) == seconds
