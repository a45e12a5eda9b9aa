"""What a store's tables and views look like to whoever reads them."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from store_tellings import START, everything, post, reacted, store_of

from communitykit import (
    Mention,
    StoreError,
)
from communitykit.model import RECORD_TYPES, Post, Provenance, Vanished
from communitykit.sinks import export_store
from communitykit.store import Store
from communitykit.store.writer import Group


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
        assert [one.id for one in store.records(Post)] == ["p:n:post:1"]
        for kind in {**RECORD_TYPES, "vanished": Vanished}.values():
            assert all(isinstance(one, kind) for one in store.records(kind))
        with pytest.raises(StoreError, match="no record kind 'Provenance'"):
            next(store.records(Provenance))


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


def test_nothing_depends_on_a_reader_being_fast(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    store_of(path, Group([post(number) for number in range(50)]))
    make: Callable[[], Any] = lambda: Store(path)  # noqa: E731 # two readers of one process
    with make() as one, make() as two:
        assert sum(1 for _ in one.records("post", batch=7)) == two.arrow("posts").num_rows == 50
