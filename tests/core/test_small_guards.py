"""Small guards, each of which could go without anything else noticing. `tests/contract/guards.py` takes them away."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from communitykit.cli.output import Exit
from communitykit.cli.reading import code
from communitykit.connector import Batch, Budget, Connector, Cost, Request, Response, Settings, WireKind, make_id
from communitykit.connector.declaration import Capabilities
from communitykit.connector.json_stream import json_items
from communitykit.connector.scrub import Scrubber, secrets_in, without_credentials
from communitykit.connector.signatures import verify_age, verify_hmac
from communitykit.connector.waiting import retry_after
from communitykit.errors import SignatureError
from communitykit.http.budgets import Pace
from communitykit.model import EngagementEvent, Issue, Post, Provenance
from communitykit.privacy.intake import Intake, OptOut
from communitykit.reading.translation import Page, Translation
from communitykit.result import PullResult
from communitykit.sinks import export_store
from communitykit.store import Store
from communitykit.store.writer import Group, Writer
from communitykit_slack.settings import SlackSettings

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ROOM = make_id("p", "n", "community", "room")
ANN = make_id("p", "n", "member", "ann")


def source(origin: Any = "api") -> Provenance:
    return Provenance(connector="p", version="1", origin=origin, fetched_at=NOW, as_of=NOW)


def post(native: str, **told: Any) -> Post:
    fields = {"community_id": ROOM, "author_id": ANN, "created_at": NOW, "body": native, "text": native}
    return Post(id=make_id("p", "n", "post", native), source=source(), **{**fields, **told})


def joined(native: str, at: datetime, origin: Any) -> EngagementEvent:
    id_ = make_id("p", "n", "event", "joined", native)
    told = {"kind": "joined", "actor_id": ANN, "community_id": ROOM, "occurred_at": at, "time_source": "event"}
    return EngagementEvent(id=id_, source=source(origin), **told)


def stored(path: Path, *groups: Iterable[Any]) -> Path:
    writer = Writer(path)
    for records in groups:
        writer.commit(Group(records=list(records)), run_id="run", now=NOW)
    writer.release()
    return path


@pytest.mark.parametrize(
    ("given", "told"), [(None, "there is no"), ("", "there is no"), ("v0=00", "match"), (7, "match")]
)
def test_a_signature_that_is_missing_is_told_from_one_that_is_wrong(given: object, told: str) -> None:
    with pytest.raises(SignatureError, match=told):
        verify_hmac(secret="secret", message=b"", given=given, platform="little")


def test_an_empty_webhook_secret_verifies_nothing() -> None:
    import hashlib  # noqa: PLC0415 # here alone
    import hmac  # noqa: PLC0415 # same

    signature = hmac.new(b"", b"body", hashlib.sha256).hexdigest()
    with pytest.raises(SignatureError):
        verify_hmac(secret="", message=b"body", given=signature, platform="p")


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_delivery_of_another_time_is_refused_in_either_direction(minutes: int) -> None:
    with pytest.raises(SignatureError):
        verify_age(NOW + timedelta(minutes=minutes), now=NOW, window=timedelta(minutes=5), platform="p")


def test_what_the_settings_hold_as_secret_is_scrubbed() -> None:
    settings = SlackSettings(token="an-unheard-of-shape-of-token")  # type: ignore[arg-type] # as written by users
    assert "an-unheard-of-shape-of-token" in set(secrets_in(settings))
    assert "unheard" not in Scrubber((), secrets_in(settings)).text("refused: an-unheard-of-shape-of-token")


@pytest.mark.parametrize("name", ["sig", "signature", "t", "access_token", "X-Amz-Signature", "se"])
def test_signed_addresses_lose_what_signs_them(name: str) -> None:
    assert without_credentials(f"https://files.example/a.png?w=80&{name}=abc") == "https://files.example/a.png?w=80"


def test_nobody_is_blamed_for_a_deletion_that_nobody_told(tmp_path: Path) -> None:
    path = stored(tmp_path / "a.duckdb", [post("1", gone="deleted", deleted_at=NOW)])
    with Store(path) as store:
        (act,) = store.sql("SELECT actor_id, post_id FROM activity WHERE kind = 'deleted'").to_pylist()
    assert act == {"actor_id": None, "post_id": make_id("p", "n", "post", "1")}


def test_two_joins_within_a_minute_through_one_door_are_two_and_through_two_doors_one(tmp_path: Path) -> None:
    again = NOW + timedelta(seconds=40)
    alike = stored(tmp_path / "one.duckdb", [joined("1", NOW, "api")], [joined("2", again, "api")])
    doors = stored(tmp_path / "two.duckdb", [joined("1", NOW, "api")], [joined("2", again, "webhook")])
    counted = []
    for path in (alike, doors):
        with Store(path) as store:
            counted.append(store.sql("SELECT count(*) AS n FROM events").to_pylist()[0]["n"])
    assert counted == [2, 1]


ZOE = make_id("p", "n", "member", "zoe")
NAMING_ZOE: dict[str, dict[str, Any]] = {
    "mentioned": {"record": "post", "mentions": [{"kind": "member", "id": ZOE}]},
    "praised": {"record": "post", "praised_ids": [ZOE]},
    "in charge": {"record": "community", "owner_id": ZOE},
    "invited": {"record": "event", "kind": "invited", "target_id": ZOE},
    "beside": {"record": "community", "extra": {"moderators": [{"id": ZOE}]}},
}


def naming(draft: dict[str, Any], opt_out: OptOut | None = None) -> tuple[Page, Translation]:
    def translate(item: Any, _: Any) -> Any:
        yield {"id": make_id("p", "n", draft["record"], "1"), **draft}

    connector = Connector("p", "P", "1", Settings, Capabilities(), {"note": WireKind(translate)})
    translation = Translation(connector, run_id="run", origin="api", intake=Intake(opt_out=opt_out))
    return translation.translate(Batch("note", [{}]), "p:n:notes", NOW, Counter()), translation


@pytest.mark.parametrize("draft", NAMING_ZOE.values(), ids=NAMING_ZOE)
def test_a_stranger_whom_any_field_names_gets_a_stub(draft: dict[str, Any]) -> None:
    page, translation = naming(draft)
    assert [one.id for one in page.records if one.record == "member"] == [ZOE]
    assert list(translation.lookups) == [ZOE]


def test_no_stub_is_made_of_another_platforms_member_of_a_reports_subject_or_of_who_opted_out() -> None:
    elsewhere = {"record": "community", "extra": {"moderators": ["q:n:member:zoe"]}}
    report = {"record": "measure", "name": "posts", "subject_id": ZOE}
    for page, translation in (naming(elsewhere), naming(report), naming(NAMING_ZOE["beside"], OptOut([ZOE]))):
        assert [one.record for one in page.records] != []
        assert [one for one in page.records if one.record == "member"] == []
        assert not translation.lookups


def test_a_request_takes_as_many_units_as_it_costs() -> None:
    pace, budgets = Pace(), {"calls": Budget(10, 60)}
    dear = (Cost("calls", units=6),)
    first = pace.reserve("host", dear, budgets, now=0.0, rate=1.0)
    second = pace.reserve("host", dear, budgets, now=0.0, rate=1.0)
    assert first.at == 0.0
    assert second.at >= 60.0


@pytest.mark.parametrize("text", ["Sun, 01 Mar 2026 00:01:30 GMT", "Sunday, 01-Mar-26 00:01:30 GMT", "90"])
def test_a_retry_after_may_be_a_date(text: str) -> None:
    assert retry_after(Response(Request("x"), 429, {"retry-after": text}, None, NOW)) == 90.0


def test_a_run_with_issues_was_not_complete() -> None:
    result = PullResult("run", NOW)
    assert code(result) == Exit.COMPLETE
    result.issues.append(Issue(run_id="run", slice="s", wire_kind="note", reason="malformed"))
    assert code(result) == Exit.PARTIAL


@pytest.mark.parametrize("cell", ["-1+cmd|' /C calc'!A0", "=1+1", "+1", "@SUM(A1)", "\tx"])
def test_no_cell_of_a_csv_is_run_as_a_formula(tmp_path: Path, cell: str) -> None:
    export_store(stored(tmp_path / "a.duckdb", [post("1", text=cell, body=cell)]), tmp_path / "csv", "csv")
    rows = duckdb.read_csv(str(tmp_path / "csv" / "posts.csv"), all_varchar=True).project("text").fetchall()
    assert rows == [(f"'{cell}",)]


def test_one_item_of_json_may_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("communitykit.connector.json_stream._LARGEST", 1000)
    monkeypatch.setattr("communitykit.connector.json_stream._CHUNK", 100)
    text = json.dumps(["short", "x" * 5000, "seen"]).encode()
    assert [one.value for one in json_items(io.BytesIO(text))] == ["short", None, "seen"]
