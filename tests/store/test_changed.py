"""Who keeps a copy of a store hears of all that changed, and of nothing else."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from communitykit import (
    Community,
    EngagementEvent,
    Member,
    Membership,
    Post,
    Provenance,
    StoreError,
    Vanished,
    from_records,
    pull,
)  # fmt: skip
from communitykit.sinks import from_json_line, to_json_line
from communitykit.store import TABLES, Store
from communitykit.store.windows import Walked
from communitykit.store.writer import Group, Writer

START = datetime(2026, 1, 1, tzinfo=UTC)
NETWORK = "p:n:"
LISTED = frozenset({"p:n:community:listed"})
"""What every listing holds: one that held nothing of all that is stored would be none."""


def source(day: int) -> Provenance:
    moment = START + timedelta(days=day)
    return Provenance(connector="p", version="0", origin="api", fetched_at=moment, as_of=moment)


def member(who: str, day: int, **fields: Any) -> Member:
    return Member(id=f"p:n:member:{who}", source=source(day), **fields)


def community(name: str, day: int, gone: Any = None) -> Community:
    return Community(id=f"p:n:community:{name}", kind="group", gone=gone, source=source(day))


def membership(name: str, who: str, day: int, *, active: bool = True) -> Membership:
    key = f"p:n:membership:{name}/{who}"
    at, whom = f"p:n:community:{name}", f"p:n:member:{who}"
    return Membership(id=key, community_id=at, member_id=whom, active=active, source=source(day))


def post(number: int, name: str, day: int, gone: Any = None, body: str = "a") -> Post:
    place = f"p:n:community:{name}"
    return Post(id=f"p:n:post:{number}", community_id=place, body=body, gone=gone, source=source(day))


def reacted(number: int, who: str, day: int, *, active: bool = True) -> EngagementEvent:
    return EngagementEvent(
        id=f"p:n:event:reacted/{number}/{who}",
        kind="reacted",
        target_id=f"p:n:post:{number}",
        active=active,
        source=source(day),
    )


def store_run(writer: Writer, name: str, *groups: Group) -> None:
    writer.start_run({"run_id": name, "started_at": START})
    for group in groups:
        writer.commit(group, run_id=name, now=START)
    writer.end_run({"run_id": name, "started_at": START, "ended_at": START})


def replay(copy: dict[str, Any], store: Store, since: str | None) -> int:
    told = 0
    for record in store.changed(since):
        told += 1
        if isinstance(record, Vanished):
            copy.pop(record.id, None)
        else:
            copy[record.id] = record
    return told


def values(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.model_fields_set - {"source"}}


def is_current(copy: dict[str, Any], store: Store) -> None:
    now = {key for rows in store.current().values() for key in rows["id"].to_pylist()}
    assert copy.keys() == now
    stored = {one.id: one for kind in TABLES for one in store.records(kind) if kind not in {"coverage", "issue"}}  # type: ignore[attr-defined]
    assert {key: values(one) for key, one in copy.items()} == {key: values(stored[key]) for key in now}


names, numbers, people = st.sampled_from("CD"), st.integers(1, 3), st.sampled_from("UV")
gones = st.sampled_from([None, None, "deleted"])
happenings = st.one_of(
    st.tuples(st.just(member), people),
    st.tuples(st.just(community), names),
    st.tuples(st.just(community), names, gones),
    st.tuples(st.just(membership), names, people),
    st.tuples(st.just(post), numbers, names),
    st.tuples(st.just(post), numbers, names, gones, st.sampled_from("ab")),
    st.tuples(st.just(reacted), numbers, people),
    st.tuples(st.just("sweep"), st.sampled_from(["community", "membership", "post", "event"])),
)
runs = st.lists(st.lists(happenings, max_size=5), min_size=1, max_size=4)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@example(told=[[(community, "D"), (reacted, 1, "U"), ("sweep", "community")], [(post, 1, "D")]])
@given(told=runs)
def test_replayed_from_run_to_run_it_is_what_is_current(told: list[list[tuple[Any, ...]]]) -> None:
    """In memory: a copy that hears of every run's changes holds what the store says is so now."""
    writer, copy = Writer(Path(":memory:")), dict[str, Any]()
    store, before = Store.over(writer), None
    for day, happened in enumerate(told):
        groups = [] if day else [Group([community("listed", 0)])]
        for make, *arguments in happened:
            if make == "sweep":
                groups.append(Group(walked=[Walked(arguments[0], {}, LISTED, source(day), NETWORK)]))
            else:
                first = 1 if make in {member, community} else 2
                groups.append(Group([make(*arguments[:first], day, *arguments[first:])]))
        store_run(writer, f"r{day}", *groups)
        replay(copy, store, before)
        is_current(copy, store)
        before = f"r{day}"
    whole: dict[str, Any] = {}
    replay(whole, store, None)
    assert {key: values(one) for key, one in whole.items()} == {key: values(one) for key, one in copy.items()}
    assert replay(dict(copy), store, before) == 0


def test_it_tells_what_changed_and_only_that(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    first = [member("U", 0, display_name="Ada", email="a@x.example"), community("C", 0), post(1, "C", 0)]
    first += [post(2, "C", 0), reacted(1, "U", 0)]
    one = pull(from_records(first), path)
    two = pull(from_records([member("U", 1, department="R&D"), post(1, "C", 1), post(2, "C", 1, "deleted")]), path)
    with Store(path) as store:
        person, gone = store.changed(one.run_id)
        assert (person.display_name, person.email, person.department) == ("Ada", "a@x.example", "R&D")
        assert gone == Vanished(id="p:n:post:2", kind="post", gone="deleted", active=None, as_of=source(1).as_of)
        assert from_json_line(to_json_line(gone)) == gone
        assert list(store.records("vanished")) == [gone]
        tables = store.changed_arrow(one.run_id)
        assert {name: rows["id"].to_pylist() for name, rows in tables.items() if rows.num_rows} == {
            "members": ["p:n:member:U"],
            "vanished": ["p:n:post:2"],
        }
        assert tables["vanished"].schema.field("gone").type == pa.string()
        assert list(store.changed(two.run_id)) == []
        with pytest.raises(StoreError, match="no run 'r9'"):
            list(store.changed("r9"))


def test_what_was_undone_or_stood_in_what_is_gone_says_so(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "a.duckdb")
    store_run(writer, "r1", Group([community("C", 0), community("D", 0), membership("D", "U", 0), post(1, "C", 0)]))
    store_run(writer, "r2", Group([community("C", 1, "deleted"), membership("D", "U", 1, active=False)]))
    found = {one.id: (one.kind, one.gone, one.active) for one in Store.over(writer).changed("r1")}
    assert found == {
        "p:n:community:C": ("community", "deleted", None),
        "p:n:membership:D/U": ("membership", None, False),
        "p:n:post:1": ("post", "deleted", None),
    }
    writer.release()


def test_runs_that_overlap_hide_nothing(tmp_path: Path) -> None:
    """One began first and committed last, and one was killed: what they wrote after a copy was made is told."""
    writer = Writer(tmp_path / "a.duckdb")
    writer.start_run({"run_id": "slow", "started_at": START})
    writer.start_run({"run_id": "killed", "started_at": START})
    writer.commit(Group([post(9, "C", 0)]), run_id="killed", now=START)
    store_run(writer, "quick", Group([post(1, "C", 0)]))
    writer.commit(Group([post(2, "C", 0)]), run_id="slow", now=START)
    assert [one.id for one in Store.over(writer).changed("quick")] == ["p:n:post:2"]
    assert list(Store.over(writer).changed("slow")) == []
    writer.release()


def test_a_copy_made_of_an_earlier_schema_is_told_what_comes(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "a.duckdb")
    store_run(writer, "r1", Group([post(1, "C", 0)]))
    writer.connection().execute("ALTER TABLE posts DROP COLUMN changed_run")
    writer.connection().execute("ALTER TABLE runs DROP COLUMN last_commit")
    writer.release()
    writer = Writer(tmp_path / "a.duckdb")
    assert list(Store.over(writer).changed("r1")) == []
    store_run(writer, "r2", Group([post(2, "C", 0)]))
    assert [one.id for one in Store.over(writer).changed("r1")] == ["p:n:post:2"]
    writer.release()
