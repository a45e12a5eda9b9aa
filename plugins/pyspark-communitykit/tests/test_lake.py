"""Delta without its Java archive: what a stream gives is merged by key, and Parquet files of Spark's get a log."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from communitykit.store import Store
from deltalake import DeltaTable, convert_to_deltalake
from pyspark.sql import SparkSession

from .conftest import Company, read

pytestmark = pytest.mark.slow
README = Path(__file__).parents[1] / "README.md"


def test_a_delta_table_follows_as_the_readme_says(
    spark: SparkSession, companies: Callable[[str], Company], monkeypatch: pytest.MonkeyPatch
) -> None:
    company = companies("slack")
    monkeypatch.chdir(company.folder)
    *_, program = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    program = program.replace('"delta-', f'"{company.folder}/delta-')  # Java has its own folder
    sizes = []
    for _ in range(2):
        changes = spark.readStream.format("communitykit").options(**company.options, lookback="90d")
        exec(compile(program, "README.md", "exec"), {"changes": changes})  # noqa: S102 # the README's own example
        rows = DeltaTable("lake/posts").to_pyarrow_table().to_pylist()
        with Store(company.folder / "delta-state" / "stream.duckdb") as store:
            wanted = store.current()["posts"].to_pylist()
        assert sorted((row["id"], row["text"], row["created_at"]) for row in rows) == sorted(
            (row["id"], row["text"], row["created_at"]) for row in wanted
        )
        assert not any(row["vanished_at"] for row in rows)
        sizes.append({row["id"] for row in rows})
        company.let_a_month_pass()
    before, after = sizes
    assert before - after  # what was deleted is gone
    assert after - before


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
