"""What is not looked up in a store that was empty: nothing that was told before, whoever wrote it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_tellings import START, post, reacted

from communitykit import Post
from communitykit.store import Store
from communitykit.store import extents as rooms
from communitykit.store.extents import Extents
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
            assert before & ids <= set(extents.take(records)) <= ids
            before |= ids
            assert len(extents._lows) <= most
            bounds = [bound for pair in zip(extents._lows, extents._highs, strict=True) for bound in pair]
            assert bounds == sorted(bounds)


def test_what_comes_in_order_is_not_looked_up_and_takes_one_extent_a_place() -> None:
    extents = Extents()
    for start in range(100, 900, 100):
        group = [post(start + one, community_id=f"p:n:community:{start % 200}") for one in range(50)]
        assert extents.take(group) == []
    for start in range(100, 900, 100):  # and on from there
        assert (
            extents.take([post(start + one, community_id=f"p:n:community:{start % 200}") for one in range(60, 90)])
            == []
        )
    assert len(extents._lows) == 8
    acts = [reacted(number, "U") for number in range(100, 190)]
    others = [one.model_copy(update={"id": one.id.replace("reacted", "joined"), "kind": "joined"}) for one in acts]
    both = Extents()
    mixed = [one for pair in zip(acts, others, strict=True) for one in pair]
    assert both.take(mixed[:90]) == both.take(mixed[90:]) == []
    assert len(both._lows) == 2
    assert extents.take([post(155), post(157)]) == ["p:n:post:155", "p:n:post:157"]


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
