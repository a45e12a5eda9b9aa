"""Every definition gives the same rows on other engines, and is at least SQL of the warehouses."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlglot
from engines import Run, postgres, same, spark
from world import Opened, random_world

from communitykit.analysis.dialect import DIALECTS, render
from communitykit.errors import SettingsError
from communitykit.metrics import Record, catalogue, find, sql

NAMES = list(catalogue())


@pytest.fixture(scope="module")
def record(opened: Opened) -> Record:
    return Record(opened)


@pytest.fixture(scope="module")
def server() -> Iterator[Run]:
    with postgres(random_world(1)) as run:
        yield run


def _asked(name: str, *, fine: bool) -> dict[str, Any]:
    by = ["month", *(one for one in find(name).dimensions if one != "period")] if fine else []
    return {"by": by, **({"min_gaps": 1} if name == "burstiness" else {})}


def _say_the_same(record: Record, name: str, dialect: str, run: Run, *, fine: bool) -> None:
    ask = _asked(name, fine=fine)
    ours = record.connection.execute(sql(record, name, **ask)).fetchall()
    assert ours
    same(ours, run(sql(record, name, dialect=dialect, **ask)))


@pytest.mark.parametrize("name", NAMES)
def test_postgres_says_the_same(name: str, record: Record, server: Run) -> None:
    _say_the_same(record, name, "postgres", server, fine=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_postgres_says_the_same_of_the_whole(name: str, record: Record, server: Run) -> None:
    _say_the_same(record, name, "postgres", server, fine=False)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Run]:
    with spark(random_world(1)) as run:
        yield run


@pytest.mark.slow
@pytest.mark.parametrize("fine", [False, True], ids=["whole", "by-everything"])
@pytest.mark.parametrize("name", NAMES)
def test_spark_says_the_same(*, name: str, fine: bool, record: Record, cluster: Run) -> None:
    _say_the_same(record, name, "spark", cluster, fine=fine)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_warehouses_sql_is_sql(name: str, record: Record) -> None:
    for dialect in ("snowflake", "bigquery"):
        assert sqlglot.parse_one(sql(record, name, dialect=dialect), read=dialect)


def test_quotients_are_of_doubles_and_quantiles_are_exact_where_an_engine_can() -> None:
    query = sqlglot.parse_one("SELECT sum(a) / count(b), quantile_cont(c, 0.9) FROM t", read="duckdb")
    said = {dialect: " ".join(render(query, dialect).split()) for dialect in DIALECTS}
    assert "CAST(SUM(a) AS DOUBLE PRECISION) / CAST(COUNT(b) AS DOUBLE PRECISION)" in said["postgres"]
    assert "PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY CAST(c AS DOUBLE PRECISION)" in said["postgres"]
    assert "PERCENTILE(CAST(c AS DOUBLE), 0.9)" in said["spark"]
    assert "APPROX_QUANTILES(CAST(c AS FLOAT64), 1000)[OFFSET(900)]" in said["bigquery"]
    assert "QUANTILE_CONT(CAST(c AS DOUBLE), 0.9)" in said["duckdb"]
    with pytest.raises(SettingsError, match="oracle"):
        render(query, "oracle")
