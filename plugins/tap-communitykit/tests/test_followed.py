"""What the tap hands on, applied to a copy by key, is the record: after a first run, a second, and an erasure."""

from __future__ import annotations

import json
from typing import Any

from communitykit.privacy.erasing import forget
from communitykit.store import Store

from .conftest import MONTH, Company


def ids(company: Company) -> dict[str, list[str]]:
    with Store(company.folder / "tap.duckdb") as store:
        return {table: rows["id"].to_pylist() for table, rows in store.current().items() if rows.num_rows}


def told(company: Company) -> dict[str, list[str]]:
    return {table: [row["id"] for row in rows] for table, rows in company.current().items()}


def records(messages: list[Any]) -> list[Any]:
    return [message for message in messages if message["type"] == "RECORD"]


def test_a_copy_follows_the_record(company: Company) -> None:
    first = company.run()
    assert told(company) == ids(company)
    with Store(company.folder / "tap.duckdb") as store:
        emails = store.current()["members"]["email"].to_pylist()
    assert [member["email"] for member in company.current()["members"]] == emails
    assert sum(map(bool, emails)) > len(emails) / 2
    assert all("run_id" in one for name, one in company.state["bookmarks"].items())
    company.world.advance(days=MONTH.days, reach=2 * MONTH)
    second = company.run()
    gone = [one for one in records(second) if one["record"]["_sdc_deleted_at"]]
    assert {one["stream"] for one in gone} & {"posts", "events"}  # the company lives until today: what goes varies
    assert all(set(one["record"]) - {"_sdc_deleted_at", "row_key"} == set() for one in gone)
    assert told(company) == ids(company)
    assert len(records(second)) < len(records(first))
    third = company.run()
    assert records(third) == []


def test_whom_the_store_forgets_the_copy_loses(company: Company) -> None:
    company.run()
    person = company.current()["members"][0]
    forget(company.folder / "tap.duckdb", person["id"])
    company.run()
    assert told(company) == ids(company)
    assert person["id"] not in json.dumps([row for row in company.copy.values() if row["_table"] == "members"])


def test_a_stream_that_is_chosen_later_tells_all(company: Company) -> None:
    company.run()
    del company.state["bookmarks"]["posts"]
    again = records(company.run())
    assert {one["stream"] for one in again} == {"posts"}
    there = [one["record"]["id"] for one in again if not one["record"]["_sdc_deleted_at"]]
    assert sorted(there) == ids(company)["posts"]


def test_a_state_without_its_store_is_refused(company: Company) -> None:
    company.run()
    before = json.dumps(company.state)
    (company.folder / "tap.duckdb").unlink()
    messages = company.run(check=False)
    assert records(messages) == []
    assert "Keep the tap's store beside its state" in company.told
    assert json.dumps(company.state) == before


def test_a_source_that_fails_stops_no_other_and_is_said(company: Company) -> None:
    broken = {**company.source, "name": "broken", "token": "xoxb-0000000000-broken"}
    messages = company.run(check=False, sources=[company.source, broken])
    assert records(messages)
    assert "broken" in company.told
    assert all("run_id" in one for one in company.state["bookmarks"].values())


def test_no_secret_leaves_the_settings(company: Company) -> None:
    company.run()
    company.run("--about", "--format", "json")
    assert '"token"' in company.told
    token = company.source["token"]
    assert token not in company.told
    assert token not in json.dumps(company.state)
    kept = [path for path in company.folder.iterdir() if path.name != "config.json"]
    assert kept
    assert not any(token.encode() in path.read_bytes() for path in kept)


def test_what_is_misspelt_is_said_before_anything_is_read(company: Company) -> None:
    assert records(company.run(check=False, sources=[{**company.source, "tokn": "xoxb-1"}])) == []
    assert "did you mean 'token'" in company.told
    assert "xoxb-1" not in company.told


def test_stream_maps_work(company: Company) -> None:
    messages = company.run(stream_maps={"members": {"email": "'hidden'", "name": "display_name"}, "posts": None})
    members = [one["record"] for one in records(messages) if one["stream"] == "members"]
    assert {one["email"] for one in members} == {"hidden"}
    assert not [one for one in records(messages) if one["stream"] == "posts"]
