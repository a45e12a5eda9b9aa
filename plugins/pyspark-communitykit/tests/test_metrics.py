"""Metrics on tables that Spark wrote say what they say on DuckDB."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from communitykit.analysis import analyse
from communitykit.analysis import open as open_analysis
from communitykit.metrics import Record, catalogue, sql
from communitykit.metrics.catalogue import find
from pyspark.sql import SparkSession

from .conftest import Company

NAMES = sorted(catalogue())[::5]


def test_metrics_on_what_spark_wrote(spark: SparkSession, companies: Callable[[str], Company]) -> None:
    company = companies("slack")
    company.current()
    made = company.folder / "analysis"
    analyse(company.folder / "whole.duckdb", made, zone="UTC")
    opened = open_analysis(made)
    record = Record(opened)
    for name in opened.tables:
        found = made / f"{name}.parquet"
        told = spark.read.option("recursiveFileLookup", "true").parquet(str(found if found.exists() else made / name))
        told.write.parquet(str(company.folder / "lake" / name))
        spark.read.parquet(str(company.folder / "lake" / name)).createOrReplaceTempView(name)
    assert len(NAMES) > 5
    told_something = 0
    for name in NAMES:
        ask: dict[str, Any] = {
            "by": ["month"] if "month" in find(name).dimensions or "period" in find(name).dimensions else []
        }
        if name == "burstiness":
            ask["min_gaps"] = 1
        ours = sorted(map(plain, record.connection.execute(sql(record, name, **ask)).fetchall()), key=repr)
        theirs = sorted(
            (plain(tuple(row)) for row in spark.sql(sql(record, name, dialect="spark", **ask)).collect()), key=repr
        )
        assert len(ours) == len(theirs), name
        assert all(alike(one, other) for one, other in zip(ours, theirs, strict=True)), name
        told_something += bool(ours)
    assert told_something > 3


def plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return numbers as short as engines agree on them, so that both sort alike."""
    return tuple(
        round(float(value), 9) if isinstance(value, float | int) and not isinstance(value, bool) else value
        for value in row
    )


def alike(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return all(
        math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9) if isinstance(a, float) and isinstance(b, float) else a == b
        for a, b in zip(one, other, strict=True)
    )
