"""A stream through Spark, in the environment of `pyspark-communitykit`: `through_spark.py STORE FOLDER BASE_URL`.

The stream's own store is there already, so that what is measured is the way from it through the driver, the executors
and into Parquet; the platform that it asks is a tiny one. Beside it, what Spark itself takes: a stream whose source
does nothing but hand on the same rows, from files that were there before. Prints seconds of CPU and rows as JSON.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession
from pyspark.sql.datasource import DataSource, DataSourceStreamReader, InputPartition
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.streaming.datasource import SupportsTriggerAvailableNow
from pyspark.sql.types import StructType

from communitykit.exchange import RECORDS, Changes
from communitykit.store import Store
from pyspark_communitykit.shapes import shape, shaped


class Trivial(DataSource):
    """The least that a source written in Python can do: hand on the rows of files."""

    @classmethod
    def name(cls) -> str:
        """Return what `format` is given."""
        return "trivial"

    def schema(self) -> StructType:
        """Return the columns of the files."""
        return from_arrow_schema(pq.read_schema(next(Path(self.options["path"]).iterdir())))

    def streamReader(self, schema: StructType) -> DataSourceStreamReader:  # noqa: N802 # Spark's
        """Return what reads."""
        return TrivialStream(self.options["path"])


class TrivialStream(DataSourceStreamReader, SupportsTriggerAvailableNow):
    """All the files, once."""

    def __init__(self, folder: str) -> None:
        """Take the folder."""
        self.folder = folder

    def prepareForTriggerAvailableNow(self) -> None:  # noqa: N802 # Spark's
        """Nothing comes later."""

    def initialOffset(self) -> dict[str, int]:  # noqa: N802 # Spark's
        """Return the offset of before."""
        return {"read": 0}

    def latestOffset(self, start: Any = None, limit: Any = None) -> dict[str, int]:  # noqa: N802 # Spark's
        """Return the offset of after."""
        return {"read": 1}

    def partitions(self, start: dict[str, int], end: dict[str, int]) -> list[InputPartition]:
        """Return a task for each file."""
        return [InputPartition(str(one)) for one in sorted(Path(self.folder).iterdir())] if start != end else []

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """Yield the rows of one file."""
        with pq.ParquetFile(partition.value) as file:
            yield from file.iter_batches()


def main(store: Path, folder: Path, base_url: str) -> dict[str, float]:
    """Measure, from the start of Java on."""
    found: dict[str, float] = {}

    def timed(name: str, do: Callable[[], Any]) -> Any:
        started = cpu()
        done = do()
        found[name] = cpu() - started
        return done

    spark: SparkSession = timed("start", session)
    timed("first job", lambda: empty(spark))
    timed("empty job", lambda: empty(spark))
    timed("little", lambda: stream(spark, folder / "little", base_url))
    prepared(store, folder / "rows")
    spark.dataSource.register(Trivial)
    timed("trivial", lambda: trivial(spark, folder / "rows", folder / "trivial"))
    timed("trivial again", lambda: trivial(spark, folder / "rows", folder / "trivial"))
    kept = folder / "much" / "state"
    kept.mkdir(parents=True)
    shutil.copy(store, kept / "stream.duckdb")
    timed("much", lambda: stream(spark, folder / "much", base_url))
    timed("again", lambda: stream(spark, folder / "much", base_url))
    cold = found["trivial"]
    timed("trivial", lambda: trivial(spark, folder / "rows", folder / "trivial-warm"))
    found["trivial"] = min(cold, found["trivial"])  # Java has compiled more by now
    found["rows"] = spark.read.parquet(str(folder / "much" / "changes")).count()
    found["trivial rows"] = spark.read.parquet(str(folder / "trivial" / "changes")).count()
    timed("parquet", lambda: copied(spark, folder / "much"))
    spark.stop()
    return found


def cpu() -> float:
    """Return the seconds of CPU that this process, Java and all that they started have taken."""
    own = psutil.Process()
    return sum(sum(one.cpu_times()[:4]) for one in [own, *own.children(recursive=True)])  # those that ended, too


def session() -> SparkSession:
    """Start Java and a local session of two cores."""
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
    builder = builder.config("spark.python.authenticate.socketTimeout", "600s")  # a busy machine's Python starts late
    return builder.getOrCreate()


def empty(spark: SparkSession) -> None:
    """Run a job of no rows, in Java alone."""
    spark.range(0).write.format("noop").mode("overwrite").save()


def stream(spark: SparkSession, folder: Path, base_url: str) -> None:
    """Take what there is, of all kinds."""
    told = {"connector": "slack", "base_url": base_url, "rate": "1e9", "token.env": "SLACK_TOKEN"}
    read = spark.readStream.format("communitykit").options(**told).option("state", str(folder / "state")).load()
    written(read, folder)


def prepared(store: Path, folder: Path) -> None:
    """Write the rows that the stream of all kinds has, as it hands them to its executors."""
    folder.mkdir()
    with Store(store) as opened:
        for table, kind in RECORDS.items():
            for number, batch in enumerate(Changes(opened).rows(table)):
                rows = pa.Table.from_batches([shaped(kind, batch, shape(None))])
                pq.write_table(rows, folder / f"{kind}-{number}.parquet")


def trivial(spark: SparkSession, rows: Path, folder: Path) -> None:
    """Take the rows of files, by a source that does nothing else."""
    written(spark.readStream.format("trivial").option("path", str(rows)).load(), folder)


def written(read: Any, folder: Path) -> None:  # a frame of Spark's
    """Write a stream as Parquet, until nothing is left."""
    writing = read.writeStream.option("checkpointLocation", str(folder / "checkpoint")).trigger(availableNow=True)
    writing.format("parquet").option("path", str(folder / "changes")).start().awaitTermination()


def copied(spark: SparkSession, folder: Path) -> None:
    """Read the same rows from Parquet and write them again, by Spark alone."""
    spark.read.parquet(str(folder / "changes")).write.parquet(str(folder / "copied"))


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])))
