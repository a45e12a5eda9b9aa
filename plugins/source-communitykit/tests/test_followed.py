"""What the source hands on, deduplicated by key, is the record: after a first sync, a second, and an erasure."""

from __future__ import annotations

import json
from typing import Any

from communitykit.privacy.erasing import forget
from communitykit.store import Store

from .conftest import MONTH, Company


def ids(company: Company) -> dict[str, list[str]]:
    with Store(company.folder / "airbyte.duckdb") as store:
        return {table: rows["id"].to_pylist() for table, rows in store.current().items() if rows.num_rows}


def records(messages: list[Any]) -> list[Any]:
    return [message["record"] for message in messages if message["type"] == "RECORD"]


def test_a_copy_follows_the_record(company: Company) -> None:
    first = records(company.run("read"))
    assert company.code == 0
    assert company.current() == ids(company)
    assert all(one["stream"]["stream_state"]["run_id"] for one in company.state.values())
    company.world.advance(days=MONTH.days, reach=2 * MONTH)
    second = records(company.run("read"))
    gone = [one for one in second if one["data"].get("_ab_cdc_deleted_at")]
    assert "posts" in {one["stream"] for one in gone}
    assert all(set(one["data"]) == {"row_key", "_ab_cdc_deleted_at", "_ab_cdc_updated_at"} for one in gone)
    assert company.current() == ids(company)
    assert 0 < len(second) < len(first)
    person = company.copy[next(one["data"]["row_key"] for one in first if one["stream"] == "members")]
    forget(company.folder / "airbyte.duckdb", person["id"])
    company.run("read")
    assert company.current() == ids(company)
    assert person["id"] not in json.dumps([row for row in company.copy.values() if row["_table"] == "members"])
    full = records(company.run("read", streams=("members",), mode="full_refresh"))
    assert sorted(one["data"]["id"] for one in full) == ids(company)["members"]
    assert company.source["token"] not in company.told
    kept = [path for path in company.folder.iterdir() if path.name != "config.json"]
    assert not any(company.source["token"].encode() in path.read_bytes() for path in kept)


def test_a_state_without_its_store_is_refused(company: Company) -> None:
    company.run("read", streams=("members",))
    before = json.dumps(company.state)
    (company.folder / "airbyte.duckdb").unlink()
    assert records(company.run("read", streams=("members",))) == []
    assert company.code != 0
    assert "clear the data of this connection" in company.told
    assert json.dumps(company.state) == before


def test_a_source_that_fails_stops_no_other_and_is_said(company: Company) -> None:
    broken = {**company.source, "name": "broken", "token": "xoxb-0000000000-broken"}
    assert records(company.run("read", sources=[company.source, broken]))
    assert company.code != 0
    assert "broken: " in company.told
    assert "xoxb-0000000000-broken" not in company.told
    assert set(company.state) >= {"members", "posts"}


def test_check_says_what_is_wrong(company: Company) -> None:
    (status,) = [one for one in company.run("check") if one["type"] == "CONNECTION_STATUS"]
    assert status["connectionStatus"]["status"] == "SUCCEEDED"
    wrong = [{**company.source, "token": "xoxb-0000000000-broken"}]
    (status,) = [one for one in company.run("check", sources=wrong) if one["type"] == "CONNECTION_STATUS"]
    assert status["connectionStatus"]["status"] == "FAILED"
    assert "slack" in status["connectionStatus"]["message"]
    assert "xoxb-0000000000-broken" not in company.told


def test_the_spec_marks_every_secret_of_every_connector(company: Company) -> None:
    (spec,) = [one for one in company.run("spec") if one["type"] == "SPEC"]
    (slack,) = spec["spec"]["connectionSpecification"]["properties"]["sources"]["items"]["oneOf"]
    marked = {name for name, told in slack["properties"].items() if told.get("airbyte_secret")}
    assert {"token", "proxy"} <= marked
    assert "base_url" not in marked
