"""Opening the store's file: one writer at a time, readers in between, and today's tables in whatever schema it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from communitykit.errors import StoreBusyError
from communitykit.store.answers import STORAGE
from communitykit.store.at_work import of_process
from communitykit.store.descriptions import comments
from communitykit.store.duckdb_errors import told
from communitykit.store.erased import salt, salted
from communitykit.store.evolution import drift, evolve, look_through
from communitykit.store.making import make, make_journal, sync
from communitykit.store.opening import (
    IN_MEMORY,
    MEMORY_LIMITS,
    SCHEMA_VERSION,
    disconnect,
    held_version,
    identity,
    opened,
)
from communitykit.store.schema import statements
from communitykit.store.staging import literal

_EMPTY: dict[tuple[str, ...], bytes] = {}
"""An empty store's bytes, by what makes one empty store another."""

__all__ = ["IN_MEMORY", "MEMORY_LIMITS", "connect", "disconnect", "identity", "mark"]


def connect(
    path: Path,
    *,
    read_only: bool,
    patience: float = 10.0,
    memory_limit: str = MEMORY_LIMITS[0],
    sleep: Callable[[float], None] = time.sleep,
) -> duckdb.DuckDBPyConnection:
    """Open the file, waiting up to `patience` seconds for another process to let go of it.

    `memory_limit` binds who writes, and grows where the journal that a killed process left needs more; who reads has
    DuckDB's own, for the sake of large questions. Close it with `disconnect`.

    Raises StoreBusyError naming the process in the way, StoreVersionError for a file of a newer communitykit or of a
    DuckDB that the installed one cannot read, StoreError for whatever else keeps the file from being opened.
    """
    try:
        return opened(
            path,
            read_only=read_only,
            make=lambda: make(path, _database),
            check=lambda connection: _check(connection, path, read_only=read_only),
            patience=patience,
            memory_limit=memory_limit,
            sleep=sleep,
        )
    except StoreBusyError as error:  # DuckDB knows the process alone, the run's file beside the store the rest
        if error.at_work is not None and (run := of_process(path, error.at_work["process"])) is not None:
            error.at_work = run.as_data()
        raise


def mark(path: Path, key: str, value: str) -> None:
    """Write a word about a store into its `meta` table, making the store if there is none."""
    connection = connect(path, read_only=False)
    try:
        make_journal(path)
        connection.execute(f"INSERT INTO meta VALUES ({literal(key)}, {literal(value)})")  # noqa: S608 # escaped
    except (duckdb.Error, OSError) as error:
        raise told(error, path, "write into it") from None
    finally:
        disconnect(connection, path)


def _database(path: Path) -> None:
    """Write an empty store: made once a process, since hundreds of comments take DuckDB longer than tables."""
    wanted = (*statements(), str(SCHEMA_VERSION))
    if wanted in _EMPTY:
        path.write_bytes(_EMPTY[wanted])
    else:
        connection = duckdb.connect(str(path), config={"storage_compatibility_version": STORAGE})
        try:
            _fill(connection)
            connection.execute(f"BEGIN; {comments()}; COMMIT")
            connection.execute("CHECKPOINT")  # closing would try, too, and not say that there was no room
        finally:
            connection.close()
        _EMPTY[wanted] = path.read_bytes()
    sync(path)


def _fill(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("BEGIN")
    for statement in statements():
        connection.execute(statement)
    connection.execute(f"INSERT INTO meta VALUES ('schema_version', '{SCHEMA_VERSION}')")  # noqa: S608 # ours
    connection.execute("COMMIT")


def _check(connection: duckdb.DuckDBPyConnection, path: Path, *, read_only: bool) -> None:
    if held_version(connection, path, read_only=read_only) is None:
        if str(path) != IN_MEMORY:
            make_journal(path)
        _fill(connection)
        salt(connection)
        return
    if read_only:
        look_through(connection)
        return
    changes = drift(connection)
    if (changes is not None or not salted(connection)) and str(path) != IN_MEMORY:
        make_journal(path)
    if changes is not None:
        evolve(connection, changes)
    if not salted(connection):
        salt(connection)
