"""What fails is said, costs itself alone, and never looks like something that was read whole."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from little_notes import IDS, ROOMS, note, posts, serve_notes, session

from communitykit import (
    CommunityKitError,
    CredentialError,
    from_records,
    pull,
)
from communitykit.connector import (
    Batch,
    Capabilities,
    Connector,
    Gap,
    Ignored,
    Rejected,
    Request,
    Settings,
    WireKind,
    make_id,
)
from communitykit.reading.translation import Translation
from communitykit.store import Store

NOW = datetime(2026, 3, 1, tzinfo=UTC)


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


@pytest.mark.parametrize(
    ("wrong", "detail"),
    [
        ({"record": "opinion"}, "opinion: : union_tag_invalid"),
        ({"record": "issue"}, "issue: : union_tag_invalid"),
        ({"record": ["post"]}, "['post']: : union_tag_invalid"),
        ({"body": 5}, "post: body: string_type"),
        ({"mood": "good"}, "post: mood: extra_forbidden"),
        ({"mentions": [{"kind": "member", "mood": "good"}]}, "post: mentions.0.mood: extra_forbidden"),
    ],
)
def test_what_is_no_record_costs_itself_alone_and_says_why(wrong: dict[str, Any], detail: str) -> None:
    def translate(item: Any, _: Any) -> Any:
        yield {"record": "post", "id": make_id("little", "net", "post", item["id"]), **item["more"]}

    connector = Connector("little", "Little", "1", Settings, Capabilities(), {"note": WireKind(translate)})
    items = [{"id": "1", "more": {}}, {"id": "2", "more": wrong}, {"id": "3", "more": {"body": "said"}}]
    translation = Translation(connector, run_id="run", origin="api")
    page = translation.translate(Batch("note", items), "little:net:notes", NOW, Counter())
    assert [record.id for record in page.records] == [make_id("little", "net", "post", one) for one in "13"]
    assert [(one.reason, one.native_id, one.detail) for one in page.issues] == [
        ("invalid", make_id("little", "net", "post", "2"), detail)
    ]


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


def test_a_credential_that_is_refused_makes_no_store_and_is_told_in_one_that_was_there(
    platform: Any, little: Callable[..., Connector], tmp_path: Path
) -> None:
    path = tmp_path / "a.duckdb"
    for there in (False, True):
        platform.answers["/rooms"] = (401, {}, b"{}")
        with session(little(), platform) as opened:
            refused = pull(opened, path)
            assert path.exists() is there
            assert there or not list(tmp_path.iterdir())
            serve_notes(platform, ROOMS)
            pull(opened, path)
    with Store(path) as store:
        told = {row["run_id"]: row for row in store.arrow("coverage").to_pylist() if row["status"] != "complete"}
        statuses = [row["status"] for row in store.sql("FROM runs ORDER BY started_at").to_pylist()]
        assert statuses == ["complete", "failed: CredentialError", "complete"]
        assert set(told) == {refused.run_id}
        assert len(store.current()["posts"]) > 0


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
    with Store(tmp_path / "a.duckdb") as store:
        assert store.sql("SELECT status FROM runs").to_pylist() == [{"status": "partial"}]  # of the other one all came


def test_a_run_that_failed_after_something_came_is_partial(
    platform: Any, little: Callable[..., Connector], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve_notes(platform, ROOMS)
    path = tmp_path / "a.duckdb"
    with session(little(), platform) as opened:
        pull(opened, path)
    with Store(path) as store:
        again = from_records(list(store.records("post")))
    tell = again.read

    def failing(*arguments: Any, **keywords: Any) -> None:
        tell(*arguments, **keywords)
        raise CredentialError("revoked meanwhile")

    monkeypatch.setattr(type(again), "read", lambda _, *arguments, **keywords: failing(*arguments, **keywords))
    result = pull(again, path)
    assert (any(map(any, result.tally.counts())), len(result.errors)) == (False, 1)
    with Store(path) as store:
        statuses = [row["status"] for row in store.sql("FROM runs ORDER BY started_at").to_pylist()]
    assert statuses == ["complete", "partial"]


def test_an_error_is_one_paragraph_with_its_remedy() -> None:
    error = CommunityKitError(
        "no access", platform="little", subject="room a", status=403, code="denied", remedy="Ask for rooms:read."
    )
    assert str(error) == "little: room a: no access (403 denied). Ask for rooms:read."
    asked = CommunityKitError("tokn is not known, did you mean 'token'?", remedy="Give it.")
    assert str(asked) == "tokn is not known, did you mean 'token'? Give it."
