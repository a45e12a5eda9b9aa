"""Who keeps a copy of a store hears of what was erased in it, by keys that tell nobody what that was."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from communitykit import Community, EngagementEvent, Member, Membership, Post, Provenance, Vanished, from_records, pull
from communitykit.model import Measure
from communitykit.privacy.erasing import forget, prune
from communitykit.sinks import from_json_line, to_json_line
from communitykit.store import Store, opening
from communitykit.store.writer import Writer

START = datetime(2026, 1, 1, tzinfo=UTC)
ANN, BOB, ROOM = "p:n:member:u-ann", "p:n:member:u-bob", "p:n:community:room"


def records(day: int = 0) -> list[Any]:
    at = START + timedelta(days=day)
    common: dict[str, Any] = {"source": Provenance(connector="p", version="0", origin="api", fetched_at=at, as_of=at)}
    return [
        Member(id=ANN, display_name="Ann", active=False, deactivated_at=START, **common),
        Member(id=BOB, display_name="Bob", **common),
        Community(id=ROOM, **common),
        Membership(id="p:n:membership:room/u-ann", community_id=ROOM, member_id=ANN, until=START, **common),
        Membership(id="p:n:membership:room/u-bob", community_id=ROOM, member_id=BOB, **common),
        Post(id="p:n:post:1", community_id=ROOM, author_id=ANN, body="a", created_at=START, **common),
        Post(id="p:n:post:2", community_id=ROOM, author_id=BOB, body="b", created_at=START + timedelta(9), **common),
        EngagementEvent(id="p:n:event:reacted/2/u-ann", kind="reacted", actor_id=ANN, target_id="p:n:post:2",
                        occurred_at=START, **common),
        EngagementEvent(id="p:n:event:reacted/1/u-bob", kind="reacted", actor_id=BOB, target_id="p:n:post:1", **common),
        Measure(id="p:n:measure:1", name="posts", subject_id=ANN, value=3.0, period_end=START, **common),
    ]  # fmt: skip


def copied(store: Store) -> dict[str, dict[str, Any]]:
    """Return a copy by row key."""
    return {row["row_key"]: told(row) for table, rows in store.changed_arrow().items() if table != "vanished"
            for row in rows.to_pylist()}  # fmt: skip


def told(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row without what changes though nothing else does: when it was seen last."""
    seen = {"as_of", "fetched_at", "last_run", "seen_before", "provenance"}
    return {name: value for name, value in row.items() if name not in seen}


def follow(copy: dict[str, dict[str, Any]], store: Store, since: str) -> None:
    changes = store.changed_arrow(since)
    for row in changes.pop("vanished").to_pylist():
        copy.pop(row["row_key"], None)
    copy.update({row["row_key"]: told(row) for rows in changes.values() for row in rows.to_pylist()})


def erase_person(path: Path) -> None:
    forget(path, ANN)


def erase_old(path: Path) -> None:
    prune(path, before=START + timedelta(days=1))


@pytest.mark.slow
@pytest.mark.parametrize("erase", [erase_person, erase_old])
def test_what_was_erased_leaves_every_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, erase: Callable[[Path], None]
) -> None:
    monkeypatch.setattr(opening, "_SETTINGS", (*opening._SETTINGS, "PRAGMA force_compression='uncompressed'"))
    path = tmp_path / "a.duckdb"
    run = pull(from_records(records()), path).run_id
    with Store(path) as store:
        assert store.latest_run() == run
        copy, by_id = copied(store), {one.id: one for one in store.changed()}
        assert "p:n:event:reacted/1/u-bob" in by_id
    erase(path)
    assert b"u-ann" not in path.read_bytes() or erase is erase_old
    assert b"reacted/2/u-ann" not in path.read_bytes()
    with Store(path) as store:
        follow(copy, store, run)
        assert copy == copied(store)
        erased = [one for one in store.changed(run) if isinstance(one, Vanished) and one.gone == "erased"]
        assert {one.kind for one in erased} == {"member", "membership", "event", "measure"} | (
            {"post"} if erase is erase_old else set()
        ) - ({"member"} if erase is erase_old and ANN in {row["id"] for row in copy.values()} else set())
        assert from_json_line(to_json_line(erased[0])) == erased[0]
        assert not any("u-ann" in json.dumps(one.model_dump(mode="json")) for one in erased)
        gone = {one.row_key for one in erased}
        for one in store.changed(run):
            if isinstance(one, Vanished) and one.id is not None:
                by_id.pop(one.id, None)
        by_id = {key: one for key, one in by_id.items() if store.row_key(key) not in gone}
        assert by_id.keys() == {row["id"] for row in copy.values()}
        latest = store.latest_run()
        assert latest is not None
        assert latest.startswith("erasure-")
        assert sum(rows.num_rows for rows in store.changed_arrow(latest).values()) == 0


@pytest.mark.slow
def test_what_comes_back_after_it_was_erased_is_told_as_there(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    run = pull(from_records(records()), path).run_id
    with Store(path) as store:
        copy = copied(store)
    prune(path, before=START + timedelta(days=1))
    pull(from_records(records(1)), path)
    with Store(path) as store:
        assert [one.id for one in store.records(Post)] == ["p:n:post:2"]
    pull(from_records(records(1)), path, since=START - timedelta(days=1))  # it is asked for
    with Store(path) as store:
        assert not [one for one in store.changed(run) if isinstance(one, Vanished)]
        follow(copy, store, run)
        assert copy == copied(store)
    prune(path, before=START + timedelta(days=1))
    with Store(path) as store:
        follow(copy, store, run)
        assert copy == copied(store)


def test_nothing_erased_is_no_run(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    run = pull(from_records(records()), path).run_id
    prune(path, before=START - timedelta(days=1))
    with Store(path) as store:
        assert store.latest_run() == run


def test_keys_are_a_stores_own_and_stay(tmp_path: Path) -> None:
    """Two stores give one id two keys; a store of before there were keys gives the same before and after a write."""
    keys = []
    for name in ("a.duckdb", "b.duckdb"):
        path = tmp_path / name
        pull(from_records(records()), path)
        with Store(path) as store:
            keys.append(store.row_key(ANN))
            assert store.changed_arrow()["members"].filter(
                store.changed_arrow()["members"]["id"].to_numpy(zero_copy_only=False) == ANN
            )["row_key"].to_pylist() == [keys[-1]]
    assert keys[0] != keys[1]
    writer = Writer(path)
    writer.connection().execute("DELETE FROM meta WHERE key = 'row_key_salt'")
    writer.connection().execute("DROP TABLE erased")
    writer.release()
    with Store(path) as store:
        before = store.row_key(ANN)
    pull(from_records(records(1)), path)
    with Store(path) as store:
        assert store.row_key(ANN) == before
        assert before != keys[1]
