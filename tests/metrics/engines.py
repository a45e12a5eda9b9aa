"""Other engines that hold a world's tables: PostgreSQL in a folder of its own, Spark in this process."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from world import SCHEMA, World

Run = Callable[[str], list[tuple[Any, ...]]]
_TYPES = {"DOUBLE": "DOUBLE PRECISION"}
_USER = "postgres"


def postgres_program(name: str) -> str | None:
    """Return where PostgreSQL's server programs are, on Debian out of the path."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: float(one.parent.name), reverse=True)
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *map(str, versions)]))


@contextmanager
def postgres(world: World) -> Iterator[Run]:
    """Start a server on a socket of its own, in a zone of its own, and fill it."""
    initdb, server = postgres_program("initdb"), postgres_program("postgres")
    if initdb is None or server is None:
        pytest.skip("no PostgreSQL server is installed")
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    who: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    if os.geteuid() == 0:  # it refuses to run as root
        shutil.chown(folder, _USER, _USER)
        who |= {"user": _USER, "group": _USER, "extra_groups": []}
    data = str(folder / "data")
    try:
        made = [initdb, "-D", data, "-A", "trust", "-U", "test", "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run(made, check=True, timeout=60, **who)
        options = {"listen_addresses": "", "unix_socket_directories": str(folder), "fsync": "off"}
        options |= {"timezone": "Asia/Tokyo", "jit": "off"}
        flags = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        with subprocess.Popen([server, "-D", data, *flags], **who) as running:
            try:
                with _connected(folder) as connection:
                    _fill(connection, world)
                    yield lambda sql: connection.execute(sql.encode()).fetchall()
            finally:
                running.terminate()
                running.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _connected(folder: Path) -> psycopg.Connection:
    last: Exception | None = None
    for _ in range(200):  # another process starts: there is no clock to inject
        try:
            return psycopg.connect(host=str(folder), user="test", dbname="postgres", autocommit=True)
        except psycopg.OperationalError as error:
            last = error
            time.sleep(0.05)
    raise AssertionError(f"PostgreSQL does not start: {last}")


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
            session.createDataFrame(rows, shape).createOrReplaceTempView(name)
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
