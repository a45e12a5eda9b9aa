"""Records that are packed: the same ones when they are made again, and the same store."""

from pathlib import Path
from typing import Any

import pytest
from store_tellings import EVERYTHING, START, everything, post, reacted, store_of

from communitykit import Page, Post, from_records, pull
from communitykit.model import Vanished
from communitykit.model.packed import Packed, joined, kinds_of, packed
from communitykit.reading.translation import LONG_BODY
from communitykit.store import Store
from communitykit.store.columns import TABLES, field_columns
from communitykit.store.forgotten import note
from communitykit.store.schema import KEYS, network_of_all
from communitykit.store.writer import Group, Writer


def told(records: Any) -> list[Any]:
    """Return what records are, which of their fields were told among it: equal ones need not agree in that."""
    return [(type(one), one, vars(one), one.model_fields_set) for one in records]


def test_what_is_packed_is_made_again_as_it_was() -> None:
    mixed = [*EVERYTHING, post(2, gone="deleted", counts=None), *EVERYTHING[::-1], Post(id="x", source=post(1).source)]
    pack = Packed(mixed)
    assert told(pack) == told(mixed)
    assert told(pack[2:-1]) == told(mixed[2:-1])
    assert (pack[-1], len(pack), kinds_of(pack)) == (mixed[-1], len(mixed), kinds_of(mixed))
    assert packed(pack) is pack
    made = pack[0].model_copy(update={"email": "a@example.org"})  # whole, for whoever goes on with it
    assert (made.email, made.model_dump_json()) == (
        "a@example.org",
        mixed[0].model_copy(update={"email": "a@example.org"}).model_dump_json(),
    )
    with pytest.raises(ValueError, match="frozen"):
        pack[0].email = None


def test_packs_are_joined_in_their_order_and_parts_are_picked() -> None:
    first, second = [post(3), reacted(3, "U"), post(1)], [post(3, 1, body="again"), post(2, gone="deleted")]
    by_kind = joined([Packed(first), Packed([]), Packed(second)])
    assert told(by_kind["post"].records()) == told([first[0], first[2], *second])
    assert told(by_kind["post"].picked([3, 0]).records()) == told([second[1], first[0]])
    assert list(by_kind["post"].column("id")) == [one.id for one in (first[0], first[2], *second)]
    assert len(by_kind["event"]) == 1
    assert joined([]) == {}


def test_what_no_table_holds_is_left_out_and_all_else_stays() -> None:
    gone = Vanished(id="p:n:post:1", kind="post", gone="deleted", as_of=START)
    assert told(Packed([gone, *EVERYTHING, gone])) == told(EVERYTHING)


def test_a_packed_page_weighs_what_the_page_did() -> None:
    page = Page("s", records=[post(1, body="x" * 10 * LONG_BODY), post(2, raw={"a": "y" * 10 * LONG_BODY})])
    assert page.packed().weight == page.weight > 2
    assert isinstance(page.records, list)


def test_a_store_is_the_same_whichever_way_its_groups_come(tmp_path: Path) -> None:
    groups = [
        [post(7), post(8), post(7, 1, body="better"), post(9, gone="deleted"), post(10), reacted(7, "a"),
         reacted(7, "a", 1)],
        [post(10), post(11), post(8, 2, gone="deleted"), reacted(7, "a", 2), reacted(8, "b"), post(12), post(12, 1)],
        [post(20, gone="deleted"), post(21)],
    ]  # fmt: skip
    plain, packs = tmp_path / "plain.duckdb", tmp_path / "packed.duckdb"
    writers = [
        store_of(plain, everything(), *map(Group, groups)),
        store_of(packs, everything(), *(Group(packed=[Packed(one[:3]), Packed(one[3:])]) for one in groups)),
    ]
    assert writers[0].tally == writers[1].tally
    rows = whole(plain)
    assert rows == whole(packs)
    texts = {row["id"]: (row["body"], row["gone"]) for row in rows["posts"]}
    assert len(texts) == len(rows["posts"]) == 9
    assert texts["p:n:post:7"] == ("better", None)
    assert texts["p:n:post:8"] == texts["p:n:post:9"] == texts["p:n:post:20"] == (None, "deleted")


def whole(path: Path) -> dict[str, list[dict[str, Any]]]:
    with Store(path) as store:
        tables = {table: store.sql(f"SELECT * FROM {table} ORDER BY ALL") for table in TABLES.values()}  # noqa: S608 # ours
    return {table: rows.to_pylist() for table, rows in tables.items()}


def test_nobody_who_is_forgotten_comes_in_packed(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    writer = Writer(path)
    note(writer.connection(), ["p:n:member:U"])
    writer.commit(Group(packed=[Packed([post(1), post(2, author_id="p:n:member:V")])]), run_id="r", now=START)
    writer.release()
    with Store(path) as store:
        assert [one.id for one in store.records("post")] == ["p:n:post:2"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        (["p:a%20b:post:1", "p:a%20b:post:2"], {("p", "a b")}),
        (["p:a:post:1", "p:ab:post:1"], {("p", "a"), ("p", "ab")}),
        (["p:a:post:1", "q:a:post:1"], {("p", "a"), ("q", "a")}),
        (["p:it's:post:1"], {("p", "it's")}),
        (["p:a:z", "p:b:a", "p:a:b"], {("p", "a"), ("p", "b")}),
        (["p:a:b\0c", "p:a:\0"], {("p", "a")}),
        (["p:a:", "p:a:"], {("p", "a")}),
    ],
)
def test_each_row_has_its_own_network_whether_or_not_all_share_one(
    tmp_path: Path, keys: list[str], names: set[tuple[str, str]]
) -> None:
    store_of(tmp_path / "a.duckdb", Group([post(1).model_copy(update={"id": key}) for key in keys]))
    with Store(tmp_path / "a.duckdb") as store:
        rows = store.sql("SELECT id, platform, network FROM posts").to_pylist()
    assert {(row["platform"], row["network"]) for row in rows} == names
    assert all(row["id"].startswith(f"{row['platform']}:") for row in rows)
    assert ("split_part(id" in network_of_all("posts", keys)) == (len(names) > 1)


def test_a_network_with_a_nul_in_its_name_is_told_by_each_row(tmp_path: Path) -> None:
    key = "p:a\0b:post:1"
    store_of(tmp_path / "a.duckdb", Group([post(1).model_copy(update={"id": key})]))
    with Store(tmp_path / "a.duckdb") as store:
        assert store.sql("SELECT id, network FROM posts").to_pylist() == [{"id": key, "network": "a\0b"}]


def test_columns_of_a_store_are_fields_of_a_pack() -> None:
    pack = Packed(EVERYTHING)
    for kind, some in pack.by_kind.items():
        for column in field_columns(kind):
            assert list(some.column(column.name)) == [getattr(one, column.name) for one in some.records()], column
    assert KEYS["posts"] == "id"


def test_a_function_that_is_told_of_progress_sees_every_record(tmp_path: Path) -> None:
    records = [one for one in EVERYTHING if one.record not in {"coverage", "issue"}]
    seen: list[Any] = []
    result = pull(
        from_records(records),
        tmp_path / "a.duckdb",
        progress=lambda event: seen.extend(event.records if isinstance(event, Page) else ()),
    )
    assert result.complete
    assert told(seen) == told(records)
