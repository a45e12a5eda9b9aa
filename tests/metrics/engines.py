"""Other engines that hold a world's tables: PostgreSQL in a folder of its own, Spark in this process."""

from __future__ import annotations

import math
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from postgresql import postgres_server
from world import SCHEMA, World

Run = Callable[[str], list[tuple[Any, ...]]]
_TYPES = {"DOUBLE": "DOUBLE PRECISION"}


@contextmanager
def postgres(world: World) -> Iterator[Run]:
    """Start a server and fill it."""
    with postgres_server() as server, server.connect() as connection:
        _fill(connection, world)
        yield lambda sql: connection.execute(sql.encode()).fetchall()


def _fill(connection: psycopg.Connection, world: World) -> None:
    for name, columns in SCHEMA.items():
        told = ", ".join(f"{one} {_TYPES.get(kind, kind)}" for one, kind in columns.items())
        connection.execute(f"CREATE TABLE {name} ({told})".encode())
        with connection.cursor() as cursor, cursor.copy(f"COPY {name} FROM STDIN".encode()) as copy:
            for row in world.rows[name]:
                copy.write_row([row.get(column) for column in columns])


@contextmanager
def spark(world: World) -> Iterator[Run]:
    """Start a local session in a zone of its own, and fill it."""
    sql = pytest.importorskip("pyspark.sql", reason="the dependency group spark is not installed")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("no Java is installed")
    from pyspark.sql import types  # noqa: PLC0415 # of the same group

    folder = tempfile.mkdtemp(prefix="spark")
    options = {
        "spark.sql.session.timeZone": "America/New_York",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.warehouse.dir": folder,
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.adaptive.enabled": "false",
        # Each query runs once, and is over before Java's second compiler has made it faster: that took half of the CPU.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    }
    builder = sql.SparkSession.builder.master("local[1]")
    for key, value in options.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    kinds = {
        "BIGINT": types.LongType(),
        "INTEGER": types.IntegerType(),
        "VARCHAR": types.StringType(),
        "BOOLEAN": types.BooleanType(),
        "DATE": types.DateType(),
    }
    try:
        for name, columns in SCHEMA.items():
            shape = types.StructType([types.StructField(one, kinds[kind]) for one, kind in columns.items()])
            rows = [[row.get(column) for column in columns] for row in world.rows[name]]
            session.createDataFrame(rows, shape).cache().createOrReplaceTempView(name)
        yield lambda text: [tuple(row) for row in session.sql(text).collect()]
    finally:
        session.stop()
        shutil.rmtree(folder, ignore_errors=True)


def same(ours: Sequence[tuple[Any, ...]], theirs: Sequence[tuple[Any, ...]]) -> None:
    """Compare rows in any order; sums of fractions may differ in the last bits, since engines add in another order."""
    assert len(ours) == len(theirs)
    for left, right in zip(sorted(ours, key=_key), sorted(theirs, key=_key), strict=True):
        assert all(_equal(one, other) for one, other in zip(left, right, strict=True)), (left, right)


def _key(row: tuple[Any, ...]) -> str:
    return repr([one for one in row if not isinstance(one, float)])


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-12)
    return type(one) is type(other) and bool(one == other)
