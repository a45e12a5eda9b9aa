import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from little_notes import IDS, ROOMS, note, posts, serve_notes, session

from communitykit import (
    AsyncSession,
    CommunityKitError,
    CredentialError,
    PermissionMissingError,
    ReadOptions,
    SettingsError,
    from_records,
    pull,
)
from communitykit.connector import (
    Batch,
    Connector,
    Gap,
    Ignored,
    Rejected,
    Request,
    Settings,
    Slice,
    WireKind,
    make_id,
)
from communitykit.connector.settings import load_settings
from communitykit.http.budgets import Pace
from communitykit.http.conductor import Conductor
from communitykit.store import Store


def test_records_are_read_and_the_state_reads_on_from_there(platform: Any, little: Callable[..., Connector]) -> None:
    serve_notes(platform, ROOMS)
    state: dict[str, Any] = {}
    with session(little(), platform) as opened:
        assert sorted(post.id for post in opened.posts(state=state)) == IDS
        assert "tok-secret" not in repr(opened)
        platform.requests.clear()
        again = sorted(post.id for post in opened.posts(state=json.loads(json.dumps(state))))
    assert state["little:net:notes/a#post"] == {"v": 1, "cursor": "1"}
    assert again == [IDS[2], IDS[3]]
    assert len(platform.requests) == 3


def test_a_state_of_some_kinds_is_none_of_all(platform: Any, little: Callable[..., Connector]) -> None:
    serve_notes(platform, ROOMS)
    state: dict[str, Any] = {}
    with session(little(), platform) as opened:
        assert [one.record for one in opened.records(state=state, kinds=["member"]) if one.record != "coverage"] == []
        assert sorted(post.id for post in opened.posts(state=state)) == IDS
        whole = {one.id for one in opened.records(state=state) if one.record == "post"}
        assert whole == set(IDS)
        state = {key: kept for key, kept in state.items() if "#" not in key}
        assert sorted(post.id for post in opened.posts(state=state)) == [IDS[2], IDS[3]]


def test_it_works_inside_a_running_loop(platform: Any, little: Callable[..., Connector]) -> None:
    serve_notes(platform, ROOMS)

    async def cell_of_a_notebook() -> list[str]:
        with session(little(), platform) as opened:
            return sorted(post.id for post in opened.posts())

    assert asyncio.run(cell_of_a_notebook()) == IDS


def test_async_reads_slices_side_by_side(platform: Any, little: Callable[..., Connector]) -> None:
    serve_notes(platform, ROOMS)
    connector = little()

    async def main() -> list[str]:
        conductor = Conductor(connector, connector.settings(base_url=platform.url), pace=Pace())
        async with AsyncSession(connector, conductor) as opened:
            return sorted([post.id async for post in opened.posts(concurrency=2)])

    assert asyncio.run(main()) == IDS


def test_a_reader_that_leaves_early_stops_the_reading(platform: Any, little: Callable[..., Connector]) -> None:
    serve_notes(platform, {str(room): [[note(room)]] for room in range(40)})
    with session(little(), platform, concurrency=2) as opened:
        for _ in opened.posts():
            break
    assert len(platform.requests) < 40
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("communitykit")] == []


def test_one_bad_record_becomes_an_issue_and_the_rest_goes_on(
    platform: Any, little: Callable[..., Connector], tmp_path: Path
) -> None:
    bad = [note(5, at="yesterday"), {"id": 6, "text": "no time at all, tok-secret-1"}, "not even an object", note(7)]
    serve_notes(platform, {"a": [bad]})
    with session(little(), platform) as opened:
        result = pull(opened, tmp_path / "a.duckdb")
    assert posts(tmp_path / "a.duckdb") == [make_id("little", "net", "post", "7")]
    assert [(issue.reason, issue.native_id) for issue in result.issues] == [
        ("malformed", "6"),
        ("malformed", None),
        ("invalid", make_id("little", "net", "post", "5")),
    ]
    assert "yesterday" not in repr(result.issues)
    assert "no time" not in repr(result.issues)
    (coverage,) = [one for one in result.coverage if one.slice.endswith("notes/a")]
    assert (coverage.read, coverage.rejected) == (4, 3)


def test_nothing_is_silently_dropped(platform: Any, little: Callable[..., Connector], tmp_path: Path) -> None:
    def translate(item: Any, context: Any) -> Any:
        if item["id"] == 1:
            yield Ignored("typing")
        elif item["id"] == 2:
            yield Ignored("undeclared kind")
        elif item["id"] == 3:
            raise Rejected("no_author")
        yield from ()

    serve_notes(platform, {"a": [[note(number) for number in (1, 2, 3, 4)]]})
    connector = little(translators={"note": WireKind(translate)}, ignored={"typing": "no act"})
    with session(connector, platform) as opened:
        result = pull(opened, tmp_path / "a.duckdb")
    assert result.ignored == {"typing": 1}
    assert [(issue.native_id, issue.reason) for issue in result.issues] == [
        ("2", "undeclared"),
        ("3", "no_author"),
        ("4", "untranslated"),
    ]


def test_members_that_nothing_describes_are_kept_as_stubs(
    platform: Any, little: Callable[..., Connector], tmp_path: Path
) -> None:
    serve_notes(platform, ROOMS)
    with session(little(), platform) as opened:
        pull(opened, tmp_path / "a.duckdb")
    with Store(tmp_path / "a.duckdb") as store:
        assert store.sql("SELECT id, stub FROM members").to_pylist() == [{"id": "little:net:member:ann", "stub": True}]


@pytest.mark.parametrize("door", ["store", "state"])
def test_whom_a_run_did_not_come_to_look_up_the_next_one_does(
    platform: Any, little: Callable[..., Connector], tmp_path: Path, door: str
) -> None:
    serve_notes(platform, {"a": [[note(1, by="ann"), note(2, by="bob")]], "b": [[note(4, by="cy")]]})
    asked: list[tuple[str, ...]] = []
    refused = True

    def resolve(scope: Any, network: str, ids: tuple[str, ...]) -> Any:
        asked.append(ids)
        if refused:
            raise PermissionMissingError("members may not be read")
        yield Batch("member", [{"id": one} for one in ids])

    def describe(item: Any, context: Any) -> Any:
        yield {"record": "member", "id": item["id"], "display_name": "somebody"}

    translators = {**little().translators, "member": WireKind(describe)}
    state: dict[str, Any] = {}

    def run() -> None:
        with session(little(resolve=resolve, translators=translators), platform) as opened:
            if door == "store":
                pull(opened, tmp_path / "a.duckdb")
            else:
                list(opened.records(state=state))
                state.update(json.loads(json.dumps(state)))

    run()
    serve_notes(platform, {"a": [[]], "b": [[]]})  # what refers to them is not read again
    run()
    refused = False
    run()
    run()
    members = tuple(make_id("little", "net", "member", name) for name in ("ann", "bob", "cy"))
    assert [tuple(sorted(ids)) for ids in asked] == [members] * 3
    if door == "store":
        with Store(tmp_path / "a.duckdb") as store:
            assert (
                store.sql("SELECT display_name, stub FROM members").to_pylist()
                == [{"display_name": "somebody", "stub": False}] * 3
            )


def test_a_room_that_cannot_be_read_is_said_and_stops_no_other(
    platform: Any, little: Callable[..., Connector], tmp_path: Path
) -> None:
    serve_notes(platform, ROOMS)
    platform.answers["/notes/a"] = (403, {}, b"{}")
    with session(little(), platform) as opened:
        result = pull(opened, tmp_path / "a.duckdb")
    assert posts(tmp_path / "a.duckdb") == IDS[3:]
    statuses = {one.slice: (one.status, one.reason) for one in result.coverage}
    assert statuses["little:net:notes/b"] == ("complete", None)
    status, reason = statuses["little:net:notes/a"]
    assert status == "denied"
    assert "room a" in reason
    assert not result.complete


def test_a_defect_of_a_connector_is_that_slices_only(
    platform: Any, little: Callable[..., Connector], tmp_path: Path
) -> None:
    serve_notes(platform, ROOMS)
    original = little()
    assert original.read is not None

    def read(scope: Any, slice_: Any, checkpoint: Any) -> Any:
        if slice_.key == "notes/a":
            yield Gap("told")
            raise ZeroDivisionError
        yield from original.read(scope, slice_, checkpoint)  # type: ignore[misc] # it is there

    with session(little(read=read), platform) as opened:
        result = pull(opened, tmp_path / "a.duckdb")
    (coverage,) = [one for one in result.coverage if one.slice.endswith("notes/a")]
    assert "told" in str(coverage.reason)
    assert "ZeroDivisionError in read" in str(coverage.reason)
    assert posts(tmp_path / "a.duckdb") == IDS[3:]


def test_flows_that_fail_before_they_begin_are_said_and_stop_no_other(
    platform: Any, little: Callable[..., Connector], tmp_path: Path
) -> None:
    serve_notes(platform, ROOMS)
    original = little()
    assert original.read is not None

    def read(scope: Any, slice_: Any, checkpoint: Any) -> Any:  # no generator: it fails when it is called
        if slice_.key == "notes/a":
            raise ZeroDivisionError
        return original.read(scope, slice_, checkpoint)  # type: ignore[misc] # it is there

    def estimate(scope: Any, slice_: Any, checkpoint: Any) -> Any:
        raise ZeroDivisionError

    with session(little(read=read, estimate=estimate), platform, concurrency=1) as opened:
        result = pull(opened, tmp_path / "a.duckdb")
    assert not result.complete
    assert posts(tmp_path / "a.duckdb") == IDS[3:]

    def discover(scope: Any) -> Any:
        raise ZeroDivisionError

    with session(little(discover=discover), platform) as opened:
        result = pull(opened, tmp_path / "b.duckdb")
    assert not result.complete
    assert "ZeroDivisionError in discover" in str(result.errors[0])


def test_a_source_that_dies_does_not_look_like_one_that_was_read_whole(
    platform: Any, little: Callable[..., Connector], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve_notes(platform, ROOMS)
    with session(little(), platform) as opened:
        monkeypatch.setattr(opened, "read", lambda *_, **__: 1 / 0)
        result = pull(opened, tmp_path / "a.duckdb")
    assert not result.complete
    assert "ZeroDivisionError" in str(result.errors[0])


def test_a_refused_credential_ends_the_source_with_one_error(
    platform: Any, little: Callable[..., Connector], tmp_path: Path
) -> None:
    platform.answers["/rooms"] = (401, {}, b"{}")
    with session(little(), platform) as opened:
        result = pull(opened, tmp_path / "a.duckdb")
        with pytest.raises(CredentialError, match="little: rooms: the credential is refused"):
            list(opened.posts())
    assert [type(error) for error in result.errors] == [CredentialError]


def test_a_second_source_goes_on_when_the_first_fails(
    platform: Any, little: Callable[..., Connector], tmp_path: Path
) -> None:
    serve_notes(platform, ROOMS)

    def refuse(scope: Any) -> Any:
        yield Request("refused")

    platform.answers["/refused"] = (401, {}, b"{}")
    with session(little(), platform) as good, session(little(name="other", discover=refuse), platform) as bad:
        result = pull([bad, good], tmp_path / "a.duckdb")
    assert posts(tmp_path / "a.duckdb") == IDS
    assert len(result.errors) == 1


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


def test_what_no_run_reads_unless_it_is_asked_to_is_not_missing(
    platform: Any, little: Callable[..., Connector], tmp_path: Path
) -> None:
    serve_notes(platform, ROOMS)
    private = Gap("two private rooms were left out", "skipped", option="include_private")

    def discover(selection: Any) -> Any:
        yield private
        response = yield Request("rooms", subject="rooms")
        for room in response.data:
            yield Slice(f"notes/{room}", "net", ("post",), label=room, params={"room": room})

    with session(little(discover=discover), platform) as opened:
        result = pull(opened, tmp_path / "a.duckdb")
        assert [one.reason for one in result.coverage if one.status == "skipped"] == [private.reason]
        assert (result.complete, result.missing, result.by_default != set()) == (True, [], True)
        platform.answers["/notes/a"] = (403, {}, b"{}")
        result = pull(opened, tmp_path / "a.duckdb")
    assert not result.complete
    assert len(result.missing) == 1
    assert "room a" in result.missing[0]


def test_what_is_no_source_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    store = tmp_path / "a.duckdb"
    with pytest.raises(TypeError, match=r"'slack' is no source: give what connect\('slack'\) returns"):
        pull("slack", store)  # type: ignore[arg-type] # that is the point
    with pytest.raises(TypeError, match=r"3 is no source: give what connect"):
        pull([3], store)  # type: ignore[list-item] # same
    with pytest.raises(SettingsError, match="nothing to read"):
        pull([], store)
    with pytest.raises(TypeError, match="max_time is a number of seconds, not '2h'"):
        pull(from_records([]), store, max_time="2h")  # type: ignore[arg-type] # same
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


def test_without_a_preflight_what_a_pull_asks_first_is_asked(platform: Any, little: Callable[..., Connector]) -> None:
    serve_notes(platform, ROOMS)
    with session(little(), platform) as opened:
        assert opened.check() == []
    assert [path for path, _ in platform.requests] == ["/rooms"]
    platform.answers["/rooms"] = (401, {}, b"{}")
    with session(little(), platform) as opened, pytest.raises(CredentialError, match="refused"):
        opened.check()


def test_an_error_is_one_paragraph_with_its_remedy() -> None:
    error = CommunityKitError(
        "no access", platform="little", subject="room a", status=403, code="denied", remedy="Ask for rooms:read."
    )
    assert str(error) == "little: room a: no access (403 denied). Ask for rooms:read."
    asked = CommunityKitError("tokn is not known, did you mean 'token'?", remedy="Give it.")
    assert str(asked) == "tokn is not known, did you mean 'token'? Give it."
