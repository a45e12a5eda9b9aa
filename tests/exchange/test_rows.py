"""What changed, as rows of JSON: a table that takes them by their key is what is current, and holds nothing else."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from communitykit import Community, Counts, Member, Mention, Post, Provenance, from_records, pull
from communitykit.errors import StoreError
from communitykit.exchange.rows import KEY, STREAMS, changes, json_schema
from communitykit.privacy.erasing import forget
from communitykit.store import Store

START = datetime(2026, 1, 1, 8, tzinfo=UTC)
ANN, BOB, ROOM = "p:n:member:ann", "p:n:member:bob", "p:n:community:room"


def told(day: int, **common: Any) -> dict[str, Any]:
    at = START + timedelta(days=day)
    return {**common, "source": Provenance(connector="p", version="0", origin="api", fetched_at=at, as_of=at)}


def first() -> list[Any]:
    counts = Counts(replies=2, reactions={"tada": 1})
    return [
        Member(id=ANN, display_name="Ann", **told(0)),
        Member(id=BOB, email="bob@x.example", **told(0)),
        Community(id=ROOM, shared_with=("a", "b"), **told(0)),
        Post(id="p:n:post:1", community_id=ROOM, author_id=ANN, body="secret plan", created_at=START, counts=counts,
             mentions=(Mention(kind="member", id=BOB),), deleted_at=None, extra={"x": [1]}, **told(0)),
        Post(id="p:n:post:2", community_id=ROOM, author_id=BOB, body="b", **told(0)),
    ]  # fmt: skip


def taken(copy: dict[str, Any], store: Store, since: str | None) -> dict[str, Any]:
    for table, row in changes(store, since):
        jsonschema.validate(row, json_schema(table))
        copy[row[KEY]] = json.loads(json.dumps(row))
    return copy


@pytest.mark.slow
def test_rows_are_whole_and_what_is_gone_is_its_key_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    run = pull(from_records(first()), path).run_id
    with Store(path) as store:
        copy = taken({}, store, None)
    post = next(row for row in copy.values() if row.get("id") == "p:n:post:1")
    assert post["counts"] == {"replies": 2, "reactions": {"tada": 1}, "reacted": None, "views": None, "shares": None}
    assert post["mentions"] == [{"kind": "member", "id": BOB, "label": None}]
    assert (post["extra"], post["created_at"], post["vanished_at"]) == ({"x": [1]}, "2026-01-01T08:00:00+00:00", None)
    gone = Post(id="p:n:post:1", gone="deleted", deleted_at=START, **told(2))
    part = Member(id=BOB, department="Sales", **told(2))
    pull(from_records([gone, part]), path)
    with Store(path) as store:
        told_now = list(changes(store, run))
        copy = taken(copy, store, run)
    assert [table for table, _ in told_now] == ["members", "posts"]
    bob = next(row for row in copy.values() if row.get("id") == BOB)
    assert (bob["email"], bob["department"]) == ("bob@x.example", "Sales")
    assert set(copy[post[KEY]]) == {KEY, "vanished_at"}
    assert datetime.fromisoformat(copy[post[KEY]]["vanished_at"]) > START


def test_what_was_erased_is_told_by_its_key(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    run = pull(from_records(first()), path).run_id
    with Store(path) as store:
        copy = taken({}, store, None)
    key = next(key for key, row in copy.items() if row.get("id") == ANN)
    forget(path, ANN)
    with Store(path) as store:
        copy = taken(copy, store, run)
        assert set(copy[key]) == {KEY, "vanished_at"}
        assert "Ann" not in json.dumps(copy)
        assert {row["id"] for row in copy.values() if row["vanished_at"] is None} == {
            row["id"] for rows in store.current().values() for row in rows.to_pylist()
        }


def test_some_tables_of_many(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    pull(from_records(first()), path)
    with Store(path) as store:
        assert {table for table, _ in changes(store, None, ["posts"])} == {"posts"}
        with pytest.raises(StoreError, match="there is no run 'x'"):
            list(changes(store, "x"))


def test_the_mark_of_what_is_gone_is_no_field_of_the_model() -> None:
    for table in STREAMS:
        assert "vanished_at" in json_schema(table)["properties"]
        assert "_sdc_deleted_at" in json_schema(table, deleted_at="_sdc_deleted_at")["properties"]
    assert json_schema("posts")["properties"]["deleted_at"]["format"] == "date-time"
