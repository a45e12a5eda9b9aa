"""Copies as Delta tables and as Parquet by month: the store's after every run, in types that others read."""

from __future__ import annotations

import json
import shutil
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake
from histories import START, current, source, ten_runs, without_seen

from communitykit import Member, Post, from_records, pull
from communitykit.analysis import analyse
from communitykit.errors import CommunityKitError
from communitykit.exchange.delta import DeltaTarget, copy_to_delta
from communitykit.exchange.parquet import copy_to_parquet
from communitykit.privacy.erasing import forget, prune
from communitykit.sinks import export_store


def delta_rows(lake: Path, table: str) -> dict[str, dict[str, Any]]:
    return {row["row_key"]: without_seen(row) for row in DeltaTable(lake / table).to_pyarrow_table().to_pylist()}


def parquet_rows(folder: Path, table: str) -> dict[str, dict[str, Any]]:
    found = [pq.ParquetFile(one).read().to_pylist() for one in sorted((folder / table).rglob("*.parquet"))]
    rows = [row for part in found for row in part]
    assert len({row["row_key"] for row in rows}) == len(rows)
    return {row["row_key"]: without_seen(row) for row in rows}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "runs"), [(31, 3), *(pytest.param(seed, 10, marks=pytest.mark.exhaustive) for seed in (32, 33))]
)
def test_copies_are_the_stores_after_every_run(tmp_path: Path, seed: int, runs: int) -> None:
    path, lake, folder = tmp_path / "a.duckdb", tmp_path / "lake", tmp_path / "months"
    for number, _ in enumerate(ten_runs(path, seed, runs)):
        assert copy_to_delta(path, lake).whole is (number == 0)
        copy_to_parquet(path, folder)
        for table, wanted in current(path).items():
            assert delta_rows(lake, table) == wanted
            assert parquet_rows(folder, table) == wanted
    again = copy_to_delta(path, lake)
    assert sum(again.rows.values()) + sum(again.gone.values()) == 0
    assert sum(copy_to_parquet(path, folder).rows.values()) == 0


def company(path: Path) -> Path:
    person = Member(id="p:n:member:ann", display_name="Annlovelace", extra={"a": 1}, source=source(0))
    posts = [
        Post(id=f"p:n:post:{month}", author_id="p:n:member:ann", body="quinoa", links=("https://x.example",),
             created_at=START + timedelta(days=31 * month), source=source(0))
        for month in range(3)
    ]  # fmt: skip
    pull(from_records([person, *posts]), path)
    return path


def bytes_of(folder: Path) -> bytes:
    """Return what is to be read in a folder: decompressed where it is Parquet."""
    found = b""
    for one in folder.rglob("*"):
        if one.suffix == ".parquet":
            found += repr(pq.ParquetFile(one).read().to_pylist()).encode()
        elif one.is_file():
            found += one.read_bytes()
    return found


@pytest.mark.slow
def test_what_was_forgotten_is_in_no_old_file(tmp_path: Path) -> None:
    path, lake, folder = company(tmp_path / "a.duckdb"), tmp_path / "lake", tmp_path / "months"
    copy_to_delta(path, lake)
    copy_to_parquet(path, folder)
    assert b"Annlovelace" in bytes_of(lake)
    log = b"".join(one.read_bytes() for one in lake.rglob("_delta_log/*.json"))
    for word in (b"Annlovelace", b"quinoa", b"p:n:member"):
        assert word not in log.replace(b'\\"', b"")
    forget(path, "p:n:member:ann")
    copy_to_delta(path, lake)
    copy_to_parquet(path, folder)
    for place in (lake, folder):
        for word in (b"Annlovelace", b"quinoa", b"member:ann"):
            assert word not in bytes_of(place), (place, word)


@pytest.mark.slow
def test_an_export_that_was_killed_is_taken_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, lake, folder = company(tmp_path / "a.duckdb"), tmp_path / "lake", tmp_path / "months"
    merge, remember = DeltaTarget.merge, DeltaTarget.remember

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    def killed_at_posts(target: DeltaTarget, table: str, *rest: Any) -> Any:
        return killed() if table == "posts" else merge(target, table, *rest)

    def killed_at_a_table(folder: Path) -> None:
        if folder != tmp_path / "months":
            raise KeyboardInterrupt

    for name, stand_in in (("remember", killed), ("merge", killed_at_posts), ("remember", killed)):
        monkeypatch.setattr(DeltaTarget, name, stand_in)
        with pytest.raises(KeyboardInterrupt):
            copy_to_delta(path, lake)
        monkeypatch.setattr(DeltaTarget, "merge", merge)
        monkeypatch.setattr(DeltaTarget, "remember", remember)
        copy_to_delta(path, lake)
        post = Post(id="p:n:post:9", author_id="p:n:member:ann", body=name, source=source(1))
        pull(from_records([post, Member(id="p:n:member:bob", display_name=name, source=source(1))]), path)
    copy_to_delta(path, lake)
    copy_to_parquet(path, folder)
    pull(from_records([Member(id="p:n:member:carl", display_name="Carl", source=source(2))]), path)
    with monkeypatch.context() as patched:
        patched.setattr("communitykit.exchange.parquet.make_folder", killed_at_a_table)
        with pytest.raises(KeyboardInterrupt):
            copy_to_parquet(path, folder)
    assert not [one for one in tmp_path.iterdir() if one.name.startswith(".months")]
    copy_to_parquet(path, folder)
    copy_to_delta(path, lake)
    for table, wanted in current(path).items():
        assert delta_rows(lake, table) == wanted
        assert parquet_rows(folder, table) == wanted


@pytest.mark.slow
def test_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    path, lake, folder = company(tmp_path / "a.duckdb"), tmp_path / "lake", tmp_path / "months"
    write_deltalake(lake / "posts", pa.table({"theirs": [1]}))
    with pytest.raises(CommunityKitError, match="'posts' that no export made"):
        copy_to_delta(path, lake)
    assert DeltaTable(lake / "posts").to_pyarrow_table().to_pydict() == {"theirs": [1]}
    shutil.rmtree(lake)
    (folder / "posts").mkdir(parents=True)
    (folder / "posts" / "theirs.txt").write_text("kept")
    (folder / "members").mkdir()
    (folder / "members" / "part.parquet").write_text("theirs")
    with pytest.raises(CommunityKitError, match="Parquet files that no export made"):
        copy_to_parquet(path, folder)
    assert (folder / "members" / "part.parquet").read_text() == "theirs"
    (folder / "members" / "part.parquet").unlink()
    copy_to_delta(path, lake)
    copy_to_parquet(path, folder)
    other = tmp_path / "b.duckdb"
    pull(from_records([Member(id="p:n:member:bob", display_name="Bob", source=source(0))]), other)
    with pytest.raises(CommunityKitError, match="the copy of another store"):
        copy_to_delta(other, lake)
    with pytest.raises(CommunityKitError, match="the copy of another store"):
        copy_to_parquet(other, folder)
    copy_to_delta(other, lake, anew=True)
    copy_to_parquet(other, folder, anew=True)
    for table, wanted in current(other).items():
        assert delta_rows(lake, table) == wanted
        assert parquet_rows(folder, table) == wanted
    assert (folder / "posts" / "theirs.txt").read_text() == "kept"


def test_what_a_copy_by_month_lost_is_counted_and_what_changed_its_month_is_not_lost(tmp_path: Path) -> None:
    path, folder = company(tmp_path / "a.duckdb"), tmp_path / "months"
    assert copy_to_parquet(path, folder).gone == {}
    moved = Post(id="p:n:post:1", created_at=START + timedelta(days=62), source=source(1))
    pull(from_records([moved]), path)
    assert copy_to_parquet(path, folder).gone == {}
    prune(path, before=START + timedelta(days=40))  # the one file of its month goes
    assert copy_to_parquet(path, folder).gone == {"posts": 1}
    forget(path, "p:n:member:ann")
    assert copy_to_parquet(path, folder).gone["members"] == 1


def test_a_file_of_a_copy_that_cannot_be_read_is_told_and_written_anew_on_demand(tmp_path: Path) -> None:
    path, folder = company(tmp_path / "a.duckdb"), tmp_path / "months"
    copy_to_parquet(path, folder)
    (folder / "posts/month=2026-02/part.parquet").write_bytes(b"none")
    pull(from_records([Post(id="p:n:post:1", body="new", source=source(1))]), path)
    with pytest.raises(CommunityKitError, match="a file of posts cannot be read"):
        copy_to_parquet(path, folder)
    copy_to_parquet(path, folder, anew=True)
    assert len(parquet_rows(folder, "posts")) == 3


def test_only_months_that_changed_are_written(tmp_path: Path) -> None:
    path, folder = company(tmp_path / "a.duckdb"), tmp_path / "months"
    copy_to_parquet(path, folder)
    before = {one: one.stat().st_ino for one in folder.rglob("*.parquet")}
    assert {one.parent.name for one in before if one.parts[-3] == "posts"} == {f"month=2026-0{n}" for n in (1, 2, 3)}
    assert {stat.S_IMODE(one.stat().st_mode) for one in before} == {0o600}
    pull(from_records([Post(id="p:n:post:1", body="new", source=source(1))]), path)
    assert copy_to_parquet(path, folder).rows["posts"] == 1
    changed = {one for one, inode in before.items() if one.stat().st_ino != inode}
    assert {str(one.relative_to(folder)) for one in changed} == {
        "posts/month=2026-02/part.parquet",
        "runs/part.parquet",
        "coverage/part.parquet",
    }


def test_polars_pandas_and_arrow_read_types(tmp_path: Path) -> None:
    path, folder, whole = company(tmp_path / "a.duckdb"), tmp_path / "months", tmp_path / "whole"
    copy_to_parquet(path, folder)
    export_store(path, whole)
    assert pl.read_parquet(folder / "posts", hive_partitioning=True)["month"].to_list() == [
        "2026-01",
        "2026-02",
        "2026-03",
    ]
    for members in (folder / "members" / "part.parquet", whole / "members.parquet"):
        frame = pl.read_parquet(members)
        assert frame.schema["extra"] == pl.String
        assert frame.schema["as_of"] == pl.Datetime("us", "UTC")
        assert json.loads(frame["extra"][0]) == {"a": 1}
        assert json.loads(pd.read_parquet(members)["extra"][0]) == {"a": 1}
        assert pq.read_schema(members).field("extra").type == pa.string()
    posts = pl.read_parquet(whole / "posts.parquet")
    assert posts.schema["links"] == pl.List(pl.String)
    assert posts["links"].to_list()[0] == ["https://x.example"]


@pytest.mark.slow
def test_analysis_tables_stand_beside_it(tmp_path: Path) -> None:
    path, lake = company(tmp_path / "a.duckdb"), tmp_path / "lake"
    analyse(path, tmp_path / "analysis.duckdb")
    assert copy_to_delta(path, lake, analysis=tmp_path / "analysis.duckdb").rows["analysis.acts"] == 3
    assert DeltaTable(lake / "analysis" / "acts").to_pyarrow_table().num_rows == 3
    assert DeltaTable(lake / "people").to_pyarrow_table().num_rows == 0
    assert "analysis.acts" not in copy_to_delta(path, lake, analysis=tmp_path / "analysis.duckdb").rows
