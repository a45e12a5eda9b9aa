"""What is not looked up of a network that is new to a store: nothing that was told before, whoever wrote it."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_tellings import START, post, reacted, store_of

from communitykit import Coverage, Post, from_records, gathering, pull
from communitykit.model.packed import pack
from communitykit.store import Store, merging
from communitykit.store import extents as rooms
from communitykit.store import writer as writing
from communitykit.store.extents import Extents
from communitykit.store.lookup import places
from communitykit.store.writer import Group, Writer

PLACES = st.sampled_from([None, "p:n:community:A", "p:n:community:B"])
GROUPS = st.lists(st.lists(st.tuples(st.integers(0, 40), PLACES), min_size=1, max_size=6), max_size=20)


def told(number: int, place: str | None) -> Post:
    return post(number, community_id=place)


@given(GROUPS, st.sampled_from([1, 2, 20_000]))
def test_whatever_was_told_before_is_looked_up(groups: list[list[tuple[int, str | None]]], most: int) -> None:
    before: set[str] = set()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rooms, "_MOST", most)
        extents = Extents()
        for group in groups:
            records = [told(*one) for one in group]
            ids = {record.id for record in records}
            assert before & ids <= set(extents.take(pack("post", records))) <= ids
            before |= ids
            assert len(extents._lows) <= most
            bounds = [bound for pair in zip(extents._lows, extents._highs, strict=True) for bound in pair]
            assert bounds == sorted(bounds)


def test_what_comes_in_order_is_not_looked_up_and_takes_one_extent_a_place() -> None:
    extents = Extents()
    for start in range(100, 900, 100):
        group = [post(start + one, community_id=f"p:n:community:{start % 200}") for one in range(50)]
        assert extents.take(pack("post", group)) == []
    for start in range(100, 900, 100):  # and on from there
        later = [post(start + one, community_id=f"p:n:community:{start % 200}") for one in range(60, 90)]
        assert extents.take(pack("post", later)) == []
    assert len(extents._lows) == 8
    acts = [reacted(number, "U") for number in range(100, 190)]
    others = [one.model_copy(update={"id": one.id.replace("reacted", "joined"), "kind": "joined"}) for one in acts]
    both = Extents()
    mixed = [one for pair in zip(acts, others, strict=True) for one in pair]
    assert both.take(pack("event", mixed[:90])) == both.take(pack("event", mixed[90:])) == []
    assert len(both._lows) == 2
    assert extents.take(pack("post", [post(155), post(157)])) == ["p:n:post:155", "p:n:post:157"]


def test_what_another_writer_stored_meanwhile_is_looked_up(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    first = Writer(path)
    first.start_run({"run_id": "one", "started_at": START})
    first.commit(Group([post(100), post(101)]), run_id="one", now=START)
    first.release()
    other = Writer(path)
    other.start_run({"run_id": "other", "started_at": START})
    other.commit(Group([post(200), reacted(200, "U")]), run_id="other", now=START)
    other.release()
    first.commit(Group([post(200), reacted(200, "U"), post(201)]), run_id="one", now=START)
    first.release()
    with Store(path) as store:
        counted = store.sql("SELECT count(*) AS rows, count(DISTINCT id) AS ids FROM (SELECT id FROM posts UNION ALL "
                            "SELECT id FROM events)").to_pylist()  # fmt: skip
    assert counted == [{"rows": 5, "ids": 5}]


def of_another(record: Post, network: str = "m") -> Post:
    return record.model_copy(update={"id": record.id.replace("p:n:", f"p:{network}:")})


def rows_and_ids(path: Path) -> tuple[int, int]:
    with Store(path) as store:
        (counted,) = store.sql("SELECT count(*) AS rows, count(DISTINCT id) AS ids FROM posts").to_pylist()
    return counted["rows"], counted["ids"]


def test_of_a_network_that_is_new_to_a_store_only_what_is_told_again_is_looked_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.duckdb"
    store_of(path, Group([post(number) for number in range(100, 120)]))
    sought: list[str] = []

    def noting(connection: duckdb.DuckDBPyConnection, kind: str, ids: Iterable[str]) -> dict[str, int]:
        wanted = list(ids)
        sought.extend(wanted)
        return places(connection, kind, wanted)

    monkeypatch.setattr(merging, "places", noting)
    writer = Writer(path)
    writer.start_run({"run_id": "two", "started_at": START})
    news = [of_another(post(number)) for number in range(100, 120)]
    writer.commit(Group(news[:15]), run_id="two", now=START)
    assert sought == []
    writer.commit(Group([*news[10:], post(105), post(130)]), run_id="two", now=START)
    assert {"p:n:post:105", "p:n:post:130"} <= set(sought)
    assert {one.id for one in news[10:15]} <= set(sought)
    writer.release()
    assert rows_and_ids(path) == (41, 41)
    writer = Writer(path)  # by now it is there
    writer.start_run({"run_id": "three", "started_at": START})
    writer.commit(Group(news), run_id="three", now=START)
    writer.release()
    assert rows_and_ids(path) == (41, 41)


def test_a_network_is_known_by_its_whole_name_however_its_ids_write_it(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    store_of(path, Group([of_another(post(1), "%C3%A9%3A1"), of_another(post(2), "n2"), of_another(post(3), "it's")]))
    writer = Writer(path)
    held = {name: writer.held_before(f"p:{name}:") for name in ("%C3%A9%3A1", "n2", "it's", "n", "%C3%A9", "it''s")}
    assert held == {"%C3%A9%3A1": True, "n2": True, "it's": True, "n": False, "%C3%A9": False, "it''s": False}
    assert not writer.held_before("q:n2:")
    writer.release()


def test_groups_are_larger_where_a_store_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.duckdb"
    monkeypatch.setattr(gathering, "GROUP_RECORDS", 1000)  # as many as a page of records at hand has
    monkeypatch.setattr(writing, "LARGE_ROWS", 2000)
    sizes: list[int] = []
    commit = Writer.commit

    def noting(self: Writer, group: Group, *, run_id: str, now: datetime) -> list[Coverage]:
        sizes.append(sum(map(len, group.packed)))
        return commit(self, group, run_id=run_id, now=now)

    monkeypatch.setattr(Writer, "commit", noting)
    pull(from_records([post(number) for number in range(2000)]), path)
    assert max(sizes) == 1000
    sizes.clear()
    pull(from_records([post(number) for number in range(2000, 4000)]), path)
    assert max(sizes) == 2000
