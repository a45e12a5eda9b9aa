"""What is stored comes back as it was told, merged, with its versions."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_tellings import COMMUNITY, EVERYTHING, START, current, everything, post, source, store_of

from communitykit import (
    Counts,
    EngagementEvent,
    Member,
    Post,
)
from communitykit.model.merge import merge_records
from communitykit.store import Store
from communitykit.store.writer import Group, Writer


def test_records_come_back_as_they_were_told(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    store_of(path, everything())
    with Store(path) as store:
        back = [
            record
            for kind in ("member", "community", "membership", "post", "event", "measure", "coverage", "issue")
            for record in store.records(kind)
        ]
    assert sorted(back, key=repr) == sorted(EVERYTHING, key=repr)
    assert {one.id: one.model_fields_set for one in back if hasattr(one, "id")} == {
        one.id: one.model_fields_set | {"record", "source"} for one in EVERYTHING if hasattr(one, "id")
    }
    assert Writer(path).checkpoints() == {"test:n:x": {"v": 1, "high": "12.000100"}}


def test_stubs_are_not_current_and_names_are_the_models(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    store_of(path, everything())
    now = current(path)
    assert [row["id"] for row in now["members"]] == ["p:n:member:U"]
    assert set(Post.model_fields) - {"record", "source", "raw"} == set(now["posts"][0])


def test_storing_twice_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    store_of(path, everything())
    before = current(path)
    writer = store_of(path, everything())
    assert (writer.tally.new, writer.tally.changed) == ({}, {})
    assert current(path) == before


def test_edits_keep_versions_and_deletions_drop_them(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    edited = post(1, 2, body="better", text="better", edited_at=START + timedelta(days=1))
    store_of(path, Group([post(1)]), Group([edited]), Group([edited]))
    with Store(path) as store:
        assert [row["body"] for row in store.arrow("post_versions").to_pylist()] == ["body 1"]
        assert store.arrow("posts")["body"].to_pylist() == ["better"]
    store_of(path, Group([Post(id="p:n:post:1", gone="deleted", deleted_at=START, source=source(3))]))
    store_of(path, Group([post(1, 1, "archive", body="from an old export")]))
    with Store(path) as store:
        assert store.arrow("post_versions").num_rows == 0
        (row,) = store.arrow("posts").to_pylist()
        assert (row["gone"], row["body"], row["text"]) == ("deleted", None, None)
        assert row["author_id"] == "p:n:member:U"
    assert current(path)["posts"] == []


def test_one_join_told_through_two_doors_is_one(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"

    def joined(occurrence: str, seconds: int, origin: Any) -> EngagementEvent:
        return EngagementEvent(
            id=f"p:n:event:joined/C/U/{occurrence}",
            kind="joined",
            actor_id="p:n:member:U",
            target_id=COMMUNITY,
            community_id=COMMUNITY,
            occurred_at=START + timedelta(seconds=seconds),
            time_source="event",
            source=source(0, origin),
        )

    store_of(path, Group([joined("m1", 0, "api")]), Group([joined("e1", 59, "webhook"), joined("e2", 300, "webhook")]))
    assert [row["id"] for row in current(path)["events"]] == [joined("e2", 0, "api").id, joined("m1", 0, "api").id]


tellings = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.integers(0, 4),
        st.fixed_dictionaries(
            {},
            optional={
                "body": st.sampled_from(["a", "b", None]),
                "pinned": st.booleans(),
                "gone": st.sampled_from([None, "deleted"]),
                "counts": st.sampled_from([Counts(replies=1), Counts(replies=2), None]),
                "links": st.sampled_from([(), ("x",)]),
            },
        ),
    ),
    min_size=1,
    max_size=8,
)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=tellings, cut=st.integers(0, 8))
def test_the_store_merges_as_memory_does(
    tmp_path_factory: pytest.TempPathFactory, told: list[tuple[int, int, dict[str, Any]]], cut: int
) -> None:
    records = [Post(id=f"p:n:post:{number}", source=source(day), **fields) for number, day, fields in told]
    path = tmp_path_factory.mktemp("merge") / "a.duckdb"
    store_of(path, Group(list(records[:cut])), Group(list(records[cut:])))
    with Store(path) as store:
        stored = {one.id: one for one in store.records(Post)}
    expected = merge_records(records)
    assert set(stored) == set(expected)
    for key, known in expected.items():
        told_there = {name: getattr(stored[key], name) for name in known.values}
        assert told_there == known.values


def test_counts_told_in_another_order_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    told, again = {"a": 1, "b": 2}, {"b": 2, "a": 1}
    store_of(path, Group([post(1, counts=Counts(reactions=told))]))
    writer = store_of(path, Group([post(1, 1, counts=Counts(reactions=again))]))
    assert (writer.tally.new, writer.tally.changed) == ({}, {})


def test_what_a_run_reads_twice_at_first_is_new_and_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    listed = Member(id="p:n:member:U", display_name="Ann", source=source())
    profile = Member(id="p:n:member:U", job_title="Clerk", source=source())
    moved = Member(id="p:n:member:U", job_title="Head clerk", source=source(1))
    first = store_of(path, Group([listed]), Group([profile]))
    assert (first.tally.new, first.tally.changed) == ({"members": 1}, {})
    later = Writer(path)
    later.commit(Group([moved]), run_id="r2", now=START + timedelta(days=9))
    later.release()
    assert (later.tally.new, later.tally.changed) == ({}, {"members": 1})
    with Store(path) as store:
        (row,) = store.arrow("members").to_pylist()
    assert (row["display_name"], row["job_title"], row["first_run"]) == ("Ann", "Head clerk", "r1")
