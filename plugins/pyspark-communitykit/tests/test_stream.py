"""Read again and again: what the stream gave, applied by key, is the record after every reading."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from communitykit import SettingsError, StoreError
from communitykit.privacy.erasing import forget
from communitykit.store import Store
from pyspark.sql import SparkSession

from pyspark_communitykit.options import Options
from pyspark_communitykit.stream import CommunityStream

from .conftest import Company, read

Companies = Callable[[str], Company]


class Followed:
    """A stream with its checkpoint, and a copy that its batches are merged into by key."""

    def __init__(self, spark: SparkSession, company: Company, **more: str) -> None:
        self.spark, self.company, self.more = spark, company, more
        self.state = company.folder / "state"
        self.copy: dict[str, Any] = {}
        self.rows = 0

    def take(self) -> int:
        """Run what there is; return how many rows came."""
        frame = read(self.spark.readStream, self.company, state=str(self.state), lookback="90d", **self.more)
        before = self.rows
        query = (
            frame.writeStream.foreachBatch(self._merge)
            .option("checkpointLocation", str(self.company.folder / "checkpoint"))
            .trigger(availableNow=True)
            .start()
        )
        assert query.awaitTermination(300)
        assert query.exception() is None
        return self.rows - before

    def _merge(self, frame: Any, _: int) -> None:
        for row in frame.collect():
            self.rows += 1
            self.copy[row["row_key"]] = row.asDict(recursive=True)

    def ids(self) -> list[str]:
        return sorted(row["id"] for row in self.copy.values() if row["vanished_at"] is None)

    def current(self, table: str) -> list[str]:
        with Store(self.state / "stream.duckdb") as store:
            return list(store.current()[table]["id"].to_pylist())


def test_a_copy_follows(spark: SparkSession, companies: Companies) -> None:
    company = companies("slack")
    followed = Followed(spark, company, kind="post")
    first = followed.take()
    assert followed.ids() == followed.current("posts")
    company.let_a_month_pass()
    second = followed.take()
    assert 0 < second < first
    assert followed.ids() == followed.current("posts")
    gone = [row for row in followed.copy.values() if row["vanished_at"] is not None]
    assert gone
    assert all(row["text"] is None and row["id"] is None for row in gone)
    assert followed.take() == 0
    offsets = sorted((company.folder / "checkpoint" / "offsets").glob("[0-9]*"), key=lambda one: int(one.name))
    assert [json.loads(one.read_text().splitlines()[-1])["reading"] for one in offsets] == [1, 2, 3]
    person = company.current()["members"]["id"][0].as_py()
    forget(followed.state / "stream.duckdb", person)
    followed.take()
    assert followed.ids() == followed.current("posts")
    secrets = [path for path in company.folder.rglob("*") if path.is_file() and path.name != "slack-token"]
    assert not any(company.secrets[0].encode() in path.read_bytes() for path in secrets)


def test_a_reading_that_was_not_taken_is_given_again(companies: Companies) -> None:
    company = companies("slack")
    told = {**company.options, "state": str(company.folder / "state"), "kind": "post"}
    stream = CommunityStream(Options.of(told))
    end = stream.latestOffset()
    given = [batch.to_pylist() for part in stream.partitions({"reading": 0}, end) for batch in stream.read(part)]
    again = CommunityStream(Options.of(told))
    later = again.latestOffset()
    assert later["reading"] == end["reading"] + 1
    parts = again.partitions({"reading": 0}, end)
    assert [batch.to_pylist() for part in parts for batch in again.read(part)] == given
    assert given
    again.commit(end)
    assert not Path(parts[0].value).exists()
    assert again.partitions(end, later) == []
    with pytest.raises(StoreError, match="reading 1 is not in the stream's folder"):
        again.partitions({"reading": 0}, end)


def test_a_stream_needs_a_folder() -> None:
    with pytest.raises(SettingsError, match="a stream needs a folder"):
        CommunityStream(Options.of({"connector": "slack"}))
