"""Compaction: what was deleted is in the file until what is left was copied into a new one.

DuckDB marks deleted rows as free and leaves their bytes, whatever is asked of it (CHECKPOINT, VACUUM, DROP). A copy of
the database has only what is there. It is made beside the store, compared with it, and put in its place at once:
whoever is killed meanwhile leaves the one or the other, whole.
"""

from __future__ import annotations

import os
import stat
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import duckdb

from communitykit.errors import StoreError
from communitykit.store.answers import STORAGE, first_row
from communitykit.store.connection import MEMORY_LIMITS, connect, disconnect
from communitykit.store.duckdb_errors import told
from communitykit.store.making import folder_beside, remove_empty_journal, sync
from communitykit.store.opening import no_store
from communitykit.store.staging import literal

DUE = "compaction_due"
"""In `meta`: something was deleted or emptied whose bytes are still there."""
_FROM = "compacted_from"
_AT = "compacted_at"
_COPY = "compacted"
_THREADS: Final = 4
"""As many as the bound on memory has room for."""


def compact(path: str | Path, *, now: datetime, patience: float = 10.0) -> tuple[int, int]:
    """Make a store's file anew without what was deleted in it; return its size before and after, in bytes.

    It takes as much room beside the file as the file has. The medium may keep blocks of the old file until it needs
    them, and so do backups.

    Raises StoreBusyError while another process has the store, StoreError where it cannot be copied: then it is as it
    was.
    """
    path = Path(path)
    if not path.exists():
        raise no_store(path)
    connection = connect(path, read_only=False, patience=patience, memory_limit=MEMORY_LIMITS[2])
    try:
        before = path.stat()
        with folder_beside(path.resolve()) as folder:
            made = folder / "store"
            _copy(connection, made, before, now)
            made.chmod(stat.S_IMODE(before.st_mode))
            sync(made)
            remove_empty_journal(path)
            if path.resolve().with_name(f"{path.resolve().name}.wal").exists():
                raise StoreError("its journal could not be folded into it", subject=path.name, remedy="Try it again.")
            after = made.stat().st_size
            # From now on the name is another file's, and so is that of its journal.
            connection.execute("PRAGMA disable_checkpoint_on_shutdown")
            if sys.platform == "win32":  # no open file can be replaced there
                disconnect(connection, path)
            made.replace(path.resolve())
            sync(path.resolve().parent)
    except (duckdb.Error, OSError) as error:
        raise told(error, path, "compact it") from None
    finally:
        disconnect(connection, path)
    return before.st_size, after


def is_due(connection: duckdb.DuckDBPyConnection, now: datetime, every: timedelta) -> bool:
    """Tell whether bytes of what was deleted are in the file, and the last compaction is long enough ago."""
    last = first_row(connection, f"SELECT value FROM meta WHERE key = '{_AT}'")  # noqa: S608 # ours
    return is_owed(connection) and (last is None or datetime.fromisoformat(last[0]) + every <= now)


def is_owed(connection: duckdb.DuckDBPyConnection) -> bool:
    """Tell whether bytes of what was deleted are in the file."""
    return first_row(connection, f"SELECT 1 FROM meta WHERE key = '{DUE}'") is not None  # noqa: S608 # ours


def make_due(connection: duckdb.DuckDBPyConnection) -> None:
    """Note that something was deleted, in the same transaction."""
    connection.execute(
        f"INSERT INTO meta SELECT '{DUE}', 'yes' WHERE NOT EXISTS (SELECT 1 FROM meta WHERE key = '{DUE}')"  # noqa: S608 # same
    )


def comes_from(connection: duckdb.DuckDBPyConnection, file: tuple[int, int] | None) -> bool:
    """Tell whether an open store is the compacted copy of a file (device and inode)."""
    if file is None:
        return False
    # No parameters: for those DuckDB imports pandas, wherever it is installed.
    query = f"SELECT 1 FROM meta WHERE key = '{_FROM}' AND value = {literal(_named(file))}"  # noqa: S608 # ours, escaped
    return first_row(connection, query) is not None


def _copy(connection: duckdb.DuckDBPyConnection, made: Path, before: os.stat_result, now: datetime) -> None:
    connection.execute("CHECKPOINT")
    connection.execute(f"SET threads = {min(os.cpu_count() or 1, _THREADS)}")  # who asked for it waits
    ((source,),) = connection.execute("SELECT current_database()").fetchall()
    source = source.replace('"', '""')
    target = str(made).replace("'", "''")
    connection.execute(f"ATTACH '{target}' AS {_COPY} (STORAGE_VERSION '{STORAGE}')")
    connection.execute(f'COPY FROM DATABASE "{source}" TO {_COPY}')
    tables = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() AND NOT internal"
    ).fetchall()
    for (table,) in tables:
        count, other = (
            first_row(connection, f'SELECT count(*), bit_xor(hash(t)) FROM {database}.main."{table}" t')  # noqa: S608 # names, quoted
            for database in (f'"{source}"', _COPY)
        )
        if count != other:
            raise StoreError(f"the copy of its table {table} is not the same", remedy="Nothing was changed. Try again.")
    connection.execute(f"DELETE FROM {_COPY}.meta WHERE key IN ('{DUE}', '{_AT}')")  # noqa: S608 # our own name
    words = f"('{_AT}', {literal(now.isoformat())}), ('{_FROM}', {literal(_named((before.st_dev, before.st_ino)))})"
    connection.execute(f"INSERT INTO {_COPY}.meta VALUES {words}")  # noqa: S608 # same
    connection.execute(f"CHECKPOINT {_COPY}")
    connection.execute(f"DETACH {_COPY}")


def _named(file: tuple[int, int]) -> str:
    return f"{file[0]}:{file[1]}"
