"""Metrics on tables that Spark wrote, and on those of an export, say what they say on DuckDB."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from communitykit.analysis import analyse
from communitykit.analysis import open as open_analysis
from communitykit.exchange.delta import copy_to_delta
from communitykit.metrics import Record, catalogue, sql
from communitykit.metrics.catalogue import find
from deltalake import DeltaTable, convert_to_deltalake
from pyspark.sql import SparkSession

from .conftest import Company

NAMES = sorted(catalogue())[::5]


@pytest.mark.parametrize("form", ["parquet", pytest.param("delta", marks=pytest.mark.slow)])
def test_metrics_on_what_spark_wrote(spark: SparkSession, companies: Callable[[str], Company], form: str) -> None:
    """As Delta: the files that Spark wrote, with the log that deltalake makes of them, which says what the rows are."""
    company = companies("slack")
    company.current()
    made = company.folder / "analysis"
    analyse(company.folder / "whole.duckdb", made, zone="UTC")
    opened = open_analysis(made)
    record = Record(opened)
    for name in opened.tables:
        found = made / f"{name}.parquet"
        told = spark.read.option("recursiveFileLookup", "true").parquet(str(found if found.exists() else made / name))
        place = str(company.folder / "lake" / name)
        told.write.parquet(place)
        if form == "delta":
            convert_to_deltalake(place)
        files = DeltaTable(place).file_uris() if form == "delta" else [place]
        spark.read.parquet(*files).createOrReplaceTempView(name)
    assert len(NAMES) > 5
    say_the_same(spark, record, NAMES)


@pytest.mark.slow
def test_metrics_on_a_delta_table_of_an_export(spark: SparkSession, companies: Callable[[str], Company]) -> None:
    """The table's log, which deltalake reads, says which files are its rows; Spark reads those with its own reader.

    Delta's own reader for Spark comes as a Java archive that no package of Python's holds.
    """
    company = companies("slack")
    for _ in range(2):  # the second export leaves files that are no longer the table's
        company.current()
        analyse(company.folder / "whole.duckdb", company.folder / "made", zone="UTC")
        copy_to_delta(
            company.folder / "whole.duckdb", company.folder / "lake", analysis=company.folder / "made", anew=True
        )
        company.let_a_month_pass()
    opened = open_analysis(company.folder / "made")
    left = 0
    for name in opened.tables:
        place = company.folder / "lake" / "analysis" / name
        files = DeltaTable(place).file_uris()
        left += len(list(place.rglob("*.parquet"))) - len(files)
        spark.read.parquet(*files).createOrReplaceTempView(name)
    assert left > 0
    say_the_same(spark, Record(opened), NAMES[::2])


def say_the_same(spark: SparkSession, record: Record, names: list[str]) -> None:
    told_something = 0
    for name in names:
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
