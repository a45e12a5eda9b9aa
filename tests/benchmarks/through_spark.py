"""A stream through Spark, in the environment of `pyspark-communitykit`: `through_spark.py STORE FOLDER BASE_URL`.

The stream's own store is there already, so that what is measured is the way from it through the driver, the executors
and into Parquet; the platform that it asks is a tiny one. Prints seconds and rows as JSON.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession


def main(store: Path, folder: Path, base_url: str) -> dict[str, float]:
    """Measure, from the start of Java on."""
    found: dict[str, float] = {}

    def timed(name: str, do: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        done = do()
        found[name] = time.perf_counter() - started
        return done

    spark: SparkSession = timed("start", session)
    timed("first job", lambda: empty(spark))
    timed("empty job", lambda: empty(spark))
    timed("little", lambda: stream(spark, folder / "little", base_url))
    kept = folder / "much" / "state"
    kept.mkdir(parents=True)
    shutil.copy(store, kept / "stream.duckdb")
    timed("much", lambda: stream(spark, folder / "much", base_url))
    timed("again", lambda: stream(spark, folder / "much", base_url))
    found["rows"] = spark.read.parquet(str(folder / "much" / "changes")).count()
    timed("parquet", lambda: copied(spark, folder / "much"))
    spark.stop()
    return found


def session() -> SparkSession:
    """Start Java and a local session of two cores."""
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
    return builder.getOrCreate()


def empty(spark: SparkSession) -> None:
    """Run a job of no rows, in Java alone."""
    spark.range(0).write.format("noop").mode("overwrite").save()


def stream(spark: SparkSession, folder: Path, base_url: str) -> None:
    """Take what there is, of all kinds."""
    told = {"connector": "slack", "base_url": base_url, "rate": "1e9", "token.env": "SLACK_TOKEN"}
    read = spark.readStream.format("communitykit").options(**told).option("state", str(folder / "state")).load()
    writing = read.writeStream.option("checkpointLocation", str(folder / "checkpoint")).trigger(availableNow=True)
    writing.format("parquet").option("path", str(folder / "changes")).start().awaitTermination()


def copied(spark: SparkSession, folder: Path) -> None:
    """Read the same rows from Parquet and write them again, by Spark alone."""
    spark.read.parquet(str(folder / "changes")).write.parquet(str(folder / "copied"))


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])))
