"""Opening the store's file: one writer at a time, readers in between, and a clear word about who is in the way."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from communitykit.errors import StoreBusyError, StoreError, StoreVersionError
from communitykit.store.columns import SCHEMA_VERSION
from communitykit.store.making import make
from communitykit.store.schema import statements

IN_MEMORY = ":memory:"
"""DuckDB's name for a database without a file: what short-lived checks use."""
MEMORY_LIMITS = ("64MB", "256MB", "1GB", "4GB")
"""What the writer lets DuckDB use, so that memory does not grow with the store; more when a group needs it."""
_THREADS = "1"
"""Who writes waits for the reading anyway: more threads take more memory and save no time (40 MB, measured)."""
_CHECKPOINT_THRESHOLD = "1TB"
"""The journal is folded into the file when the writer lets go of it: DuckDB's own 16 MB would write a group thrice."""
_OUT_OF_MEMORY = ("failed to pin block", "could not allocate block", "failed to allocate data")
_SAME_PROCESS = "different configuration"
"""What DuckDB says where one process would read and write a file at once."""


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
    DuckDB's own, for the sake of large questions.

    Raises StoreBusyError naming the process in the way, StoreVersionError for a newer file, StoreError for a file that
    is no activity store.
    """
    if read_only and not path.exists():
        raise StoreError("there is no such store", subject=path.name, remedy="Pull or import into it first.")
    if not path.parent.is_dir() and str(path) != IN_MEMORY:
        raise StoreError("its folder does not exist", subject=str(path), remedy="Make the folder, or name another.")
    bound = not read_only and str(path) != IN_MEMORY
    limits = list(MEMORY_LIMITS[MEMORY_LIMITS.index(memory_limit) :])
    waited = 0.0
    while True:
        config: dict[str, str | bool | int | float | list[str]] = (
            {"memory_limit": limits[0], "threads": _THREADS} if bound else {}
        )
        if not read_only and str(path) != IN_MEMORY and not path.exists():
            make(path, _database)
        try:
            connection = duckdb.connect(str(path), read_only=read_only, config=config)
            break
        except duckdb.Error as error:
            text = str(error)
            if ran_out_of_memory(error):
                if not bound or len(limits) == 1:
                    raise StoreError(
                        "what an interrupted run left in its journal does not fit into memory",
                        subject=path.name,
                        remedy="Free some memory and try again; nothing is lost.",
                    ) from None
                del limits[0]
                continue
            known = isinstance(error, duckdb.IOException | duckdb.ConnectionException)
            if not known or ("lock" not in text.lower() and _SAME_PROCESS not in text):
                raise StoreError(
                    "this file is not an activity store, or it is damaged",
                    subject=path.name,
                    remedy="Give another file name, or restore it from a copy.",
                ) from None
            if waited >= patience:
                raise _busy(path, text) from None
            sleep(0.1)
            waited += 0.1
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    connection.execute(f"SET checkpoint_threshold = '{_CHECKPOINT_THRESHOLD}'")
    try:
        _check(connection, path, read_only=read_only)
    except BaseException:
        connection.close()
        raise
    return connection


def ran_out_of_memory(error: duckdb.Error) -> bool:
    """Tell whether DuckDB met its memory limit; a failed commit says so in its text only."""
    return isinstance(error, duckdb.OutOfMemoryException) or any(sign in str(error) for sign in _OUT_OF_MEMORY)


def mark(path: Path, key: str, value: str) -> None:
    """Write a word about a store into its `meta` table, making the store if there is none."""
    connection = connect(path, read_only=False)
    try:
        connection.execute("INSERT INTO meta VALUES (?, ?)", [key, value])
    finally:
        connection.close()


def _database(path: Path) -> None:
    connection = duckdb.connect(str(path))
    try:
        _fill(connection)
    finally:
        connection.close()


def _fill(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("BEGIN")
    for statement in statements():
        connection.execute(statement)
    connection.execute("INSERT INTO meta VALUES ('schema_version', ?)", [str(SCHEMA_VERSION)])
    connection.execute("COMMIT")


def _check(connection: duckdb.DuckDBPyConnection, path: Path, *, read_only: bool) -> None:
    tables = {row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if "meta" not in tables:
        if tables or read_only:
            raise StoreError(
                "this database is not an activity store", subject=path.name, remedy="Give another file name."
            )
        _fill(connection)
        return
    row = connection.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
    version = int(row[0]) if row else 0
    if version > SCHEMA_VERSION:
        raise StoreVersionError(
            f"the store has schema version {version}, this communitykit knows {SCHEMA_VERSION}",
            subject=path.name,
            remedy="Upgrade: pip install --upgrade communitykit.",
        )


def _busy(path: Path, text: str) -> StoreBusyError:
    if _SAME_PROCESS in text:
        return StoreBusyError(
            "this very process has the store open already",
            subject=path.name,
            remedy="Close it first: leave its `with` block, or call close().",
        )
    holder = re.search(r"held in (.+?) \(PID (\d+)\)", text)
    who = f"process {holder[2]} ({Path(holder[1]).name})" if holder else "another process"
    return StoreBusyError(
        f"{who} has the store open", subject=path.name, remedy="Wait until it has finished, or stop it, and try again."
    )
