"""Delta without its Java archive: Parquet files of Spark's get a log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable, convert_to_deltalake
from pyspark.sql import SparkSession

from .conftest import Company, read

pytestmark = pytest.mark.slow


def test_files_that_spark_wrote_become_a_delta_table(spark: SparkSession, companies: Callable[[str], Company]) -> None:
    company = companies("slack")
    place = str(company.folder / "lake")
    wanted = company.current()["posts"].to_pylist()
    spark.conf.set("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")  # as the README says
    try:
        read(spark.read, company, kind="post").write.parquet(place)
    finally:
        spark.conf.unset("spark.sql.parquet.outputTimestampType")
    written = {path.name for path in Path(place).glob("*.parquet")}
    convert_to_deltalake(place)
    table = DeltaTable(place)
    assert {Path(one).name for one in table.file_uris()} == written
    found: list[dict[str, Any]] = table.to_pyarrow_table().to_pylist()
    assert sorted((row["id"], row["text"], row["created_at"]) for row in found) == sorted(
        (row["id"], row["text"], row["created_at"]) for row in wanted
    )
