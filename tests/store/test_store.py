import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_tellings import COMMUNITY, NETWORK, START, current, post, reacted, source, store_of

from communitykit import (
    Community,
    Counts,
    Coverage,
    EngagementEvent,
    Issue,
    Measure,
    Member,
    Membership,
    Mention,
    Poll,
    PollOption,
    Post,
    StoreBusyError,
    StoreError,
    StoreVersionError,
)
from communitykit.model.merge import merge_records
from communitykit.sinks import export_store, read_jsonl, to_json_line, write_jsonl
from communitykit.store import Store
from communitykit.store.vanishing import Walked
from communitykit.store.writer import Group, Writer

EVERYTHING = [
    Member(id="p:n:member:U", kind="person", display_name="Ada", email=None, guest=False, source=source()),
    Member(id="p:n:member:stub", source=source()),
    Community(id=COMMUNITY, kind="channel", name="général", previous_names=("a", "b"), gone=None, source=source()),
    Membership(
        id="p:n:membership:C/U", community_id=COMMUNITY, member_id="p:n:member:U", role="owner", source=source()
    ),
    post(
        1,
        mentions=(Mention(kind="member", id="p:n:member:stub", label="@x"), Mention(kind="everyone")),
        counts=Counts(replies=2, reactions={"eyes": 1, "+1": 3}),
        poll=Poll(question="?", options=(PollOption(text="a", votes=1),), closes_at=START),
        links=("https://example.org",),
        extra={"test": {"odd": [1, None]}},
        raw={"wire": 1},
    ),
    reacted(1, "U"),
    Measure(id="p:n:measure:1", name="posts", value=2.5, period_start=START.date(), source=source()),
    Coverage(run_id="r1", slice="test:n:x", status="partial", reason="why", until=START, read=3),
    Issue(run_id="r1", slice="test:n:x", wire_kind="note", native_id="7", reason="malformed"),
]


def everything() -> Group:
    return Group(
        records=[one for one in EVERYTHING if not isinstance(one, Coverage | Issue)],
        plain=[one for one in EVERYTHING if isinstance(one, Coverage | Issue)],
        checkpoints={"test:n:x": {"v": 1, "high": "12.000100"}},
    )


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


def test_activity_derives_what_posts_are(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    posts = [
        post(1, mentions=(Mention(kind="member", id="p:n:member:V"),)),
        post(2, parent_id="p:n:post:1", root_id="p:n:post:1", edited_at=START + timedelta(days=1)),
        post(3, praised_ids=("p:n:member:V",), shared_from_id="p:n:post:1"),
        post(4, gone="deleted"),
    ]
    store_of(path, Group([*posts, reacted(1, "V"), reacted(4, "V")]))
    with Store(path) as store:
        rows = store.sql("SELECT kind, count(*) AS n FROM activity GROUP BY kind ORDER BY kind").to_pylist()
    assert {row["kind"]: row["n"] for row in rows} == {
        "posted": 2,
        "replied": 1,
        "mentioned": 1,
        "edited": 1,
        "praised": 1,
        "shared": 1,
        "deleted": 1,
        "reacted": 1,
    }


def test_a_newer_file_is_refused_and_other_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    store_of(path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    with pytest.raises(StoreVersionError, match="pip install --upgrade communitykit"):
        Store(path)
    with duckdb.connect(str(tmp_path / "b.duckdb")) as connection:
        connection.execute("CREATE TABLE mine (a INT)")
    with pytest.raises(StoreError, match="not an activity store"):
        Writer(tmp_path / "b.duckdb")
    (tmp_path / "c.duckdb").write_text("this is no database at all, but long enough to be read as one" * 100)
    with pytest.raises(StoreError, match="not an activity store"):
        Store(tmp_path / "c.duckdb")
    with pytest.raises(StoreError, match="no such store"):
        Store(tmp_path / "d.duckdb")


_HOLD = """
import sys
from pathlib import Path
from communitykit.store.connection import connect
connection = connect(Path(sys.argv[1]), read_only=False)
print("held", flush=True)
sys.stdin.readline()
"""


def test_a_store_is_made_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.duckdb"

    def die() -> list[str]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("communitykit.store.connection.statements", die)
        with pytest.raises(KeyboardInterrupt):
            Writer(path)
    assert list(tmp_path.iterdir()) == []
    store_of(path, everything())
    assert [file.name for file in tmp_path.iterdir()] == ["a.duckdb"]
    with pytest.raises(StoreError, match="its folder does not exist"):
        Writer(tmp_path / "nowhere" / "a.duckdb")


def test_a_writer_in_the_way_is_named_and_others_read_once_it_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    store_of(path, everything())
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(StoreBusyError, match=f"process {process.pid}"):
            Store(path, patience=0)
        process.communicate("\n", timeout=20)
    with Store(path) as store:
        assert store.arrow("posts").num_rows == 1


def test_a_reader_in_the_same_process_is_named_too(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    Writer(path).release()
    with Store(path), pytest.raises(StoreBusyError, match="this very process"):
        Writer(path, patience=0)


def test_a_writer_that_released_the_file_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    writer = Writer(path)
    writer.commit(Group([post(1)]), run_id="r", now=START)
    writer.release()
    with Store(path) as store:
        assert store.arrow("posts").num_rows == 1
    writer.commit(Group([post(2)]), run_id="r", now=START)
    writer.release()
    assert len(current(path)["posts"]) == 2


def test_a_commit_that_fails_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    writer = Writer(path)
    bad = Group(
        [post(1)],
        [
            Walked("post", {"no_such_column": "x"}, frozenset(), source(), NETWORK),
        ],
        checkpoints={"a": {}},
    )
    with pytest.raises(StoreError, match=r"store a group of records: .*no_such_column"):
        writer.commit(bad, run_id="r", now=START)
    writer.release()
    assert current(path)["posts"] == []
    assert Writer(path).checkpoints() == {}


def test_frames(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    store_of(path, everything())
    with Store(path) as store:
        assert store.pandas("posts")["id"].tolist() == ["p:n:post:1"]
        assert store.polars("events")["kind"].to_list() == ["reacted"]
        assert store.sql("SELECT count(*) AS n FROM posts WHERE id = ?", ["p:n:post:1"])["n"].to_pylist() == [1]
        with pytest.raises(StoreError, match="no table 'postz'"):
            store.arrow("postz")
        with pytest.raises(StoreError, match="no record kind"):
            next(store.records("postz"))


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


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=tellings, cut=st.integers(0, 8))
def test_the_store_merges_as_memory_does(
    tmp_path_factory: pytest.TempPathFactory, told: list[tuple[int, int, dict[str, Any]]], cut: int
) -> None:
    records = [Post(id=f"p:n:post:{number}", source=source(day), **fields) for number, day, fields in told]
    path = tmp_path_factory.mktemp("merge") / "a.duckdb"
    store_of(path, Group(list(records[:cut])), Group(list(records[cut:])))
    with Store(path) as store:
        stored = {one.id: one for one in store.records("post")}  # type: ignore[attr-defined]
    expected = merge_records(records)
    assert set(stored) == set(expected)
    for key, known in expected.items():
        told_there = {name: getattr(stored[key], name) for name in known.values}
        assert told_there == known.values


@pytest.mark.parametrize("file_format", ["parquet", "jsonl", "csv"])
def test_export(tmp_path: Path, file_format: str) -> None:
    path = tmp_path / "a.duckdb"
    group = everything()
    group.records.append(post(2, body="=HYPERLINK(1)", text="=HYPERLINK(1)"))
    store_of(path, group)
    rows = export_store(path, tmp_path / "out", file_format)
    assert rows["posts"] == 2
    written = tmp_path / "out" / f"posts.{file_format}"
    if file_format == "parquet":
        assert pq.read_table(written).num_rows == 2
    elif file_format == "csv":
        text = written.read_text(encoding="utf-8")
        assert "'=HYPERLINK(1)" in text
        (first, _) = sorted(csv.DictReader(io.StringIO(text)), key=lambda row: row["id"])
        assert json.loads(first["counts"])["reactions"] == {"+1": 3, "eyes": 1}
        assert json.loads(first["links"]) == ["https://example.org"]
    else:
        assert {one.id for one in read_jsonl(written)} == {"p:n:post:1", "p:n:post:2"}


def test_nested_fields_are_types_that_others_read(tmp_path: Path) -> None:
    """In the store, in Parquet, in polars and in pandas alike: lists and structures, not text to be parsed."""
    path = tmp_path / "a.duckdb"
    store_of(path, everything())
    export_store(path, tmp_path / "out", "parquet")
    written = tmp_path / "out" / "posts.parquet"
    with Store(path) as store:
        asked = store.sql(
            "SELECT p.counts.reactions['+1'] AS liked, mention.label AS label, p.poll.options[1].votes AS votes "
            "FROM posts p, unnest(p.mentions) AS named(mention) WHERE mention.kind = 'member'"
        )
        assert asked.to_pylist() == [{"liked": 3, "label": "@x", "votes": 1}]
        frames = [pl.read_parquet(written), store.polars("posts")]
        pandas = [pq.read_table(written).to_pandas(), store.pandas("posts")]
    for frame in frames:
        (row,) = frame.select("mentions", "counts", "links", "poll").to_dicts()
        assert [one["label"] for one in row["mentions"]] == ["@x", None]
        assert row["counts"]["replies"] == 2
        assert row["links"] == ["https://example.org"]
        assert row["poll"]["closes_at"] == START
    for one in pandas:
        (mentions,), (counts,) = one["mentions"], one["counts"]
        assert [mention["label"] for mention in mentions] == ["@x", None]
        assert dict(counts["reactions"]) == {"+1": 3, "eyes": 1}
    with Store(path) as store:
        assert "json" not in store.sql("SELECT sql FROM duckdb_views() WHERE view_name = 'activity'")[0][0].as_py()


def test_counts_told_in_another_order_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    told, again = {"a": 1, "b": 2}, {"b": 2, "a": 1}
    store_of(path, Group([post(1, counts=Counts(reactions=told))]))
    writer = store_of(path, Group([post(1, 1, counts=Counts(reactions=again))]))
    assert (writer.tally.new, writer.tally.changed) == ({}, {})


def test_another_format_is_refused(tmp_path: Path) -> None:
    store_of(tmp_path / "a.duckdb")
    with pytest.raises(Exception, match="no format 'xml'"):
        export_store(tmp_path / "a.duckdb", tmp_path / "out", "xml")


def test_json_lines_keep_untold_apart_from_none(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    assert write_jsonl(EVERYTHING, path) == len(EVERYTHING)
    back = list(read_jsonl(path))
    assert back == EVERYTHING
    member = next(one for one in back if one.id == "p:n:member:U")
    assert "email" in member.model_fields_set
    assert "title" not in member.model_fields_set
    assert to_json_line(member) == to_json_line(EVERYTHING[0])
    path.write_text('{"record": "post"}\n')
    with pytest.raises(Exception, match=r"records\.jsonl, line 1: not a record"):
        list(read_jsonl(path))


def test_nothing_depends_on_a_reader_being_fast(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    store_of(path, Group([post(number) for number in range(50)]))
    make: Callable[[], Any] = lambda: Store(path)  # noqa: E731 # two readers of one process
    with make() as one, make() as two:
        assert sum(1 for _ in one.records("post", batch=7)) == two.arrow("posts").num_rows == 50
