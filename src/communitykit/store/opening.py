"""Opening a file for DuckDB, whatever is in it: waiting for who has it, and a clear word about who is in the way.

What a store's tables are is said by `communitykit.store.connection`; a command that only asks needs none of it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from pathlib import Path

import duckdb

from communitykit.errors import StoreError, StoreVersionError
from communitykit.store.answers import first_row
from communitykit.store.duckdb_errors import is_busy, is_database, no_database, ran_out_of_memory, told
from communitykit.store.making import PRIVATE_FOLDER, refuse_other_kinds

SCHEMA_VERSION = 2
"""What a store's tables are, as a number: a file of a greater one is a newer communitykit's."""
IN_MEMORY = ":memory:"
"""DuckDB's name for a database without a file: what short-lived checks use."""
MEMORY_LIMITS = ("96MB", "256MB", "1GB", "4GB")
"""What the writer lets DuckDB use, so that memory does not grow with the store; more when a group needs it."""
_THREADS = "1"
"""Who writes waits for the reading anyway: more threads take more memory and save no time (40 MB, measured)."""
_ALMOST = 0.75
"""How alike the name of a file has to be that may have been meant."""
_IS_OPENED = "SELECT 1 FROM duckdb_databases() WHERE database_name = current_database() AND path IS NOT NULL"
"""Of a CSV, JSON or Parquet file DuckDB makes a database in memory, with a view of it, and writes no file."""
_SETTINGS = (
    "SET TimeZone = 'UTC'",
    # The journal is folded into the file when the writer lets go of it: DuckDB's own 16 MB would write a group thrice.
    "SET checkpoint_threshold = '1TB'",
)


def opened(
    path: Path,
    *,
    read_only: bool,
    make: Callable[[], None],
    check: Callable[[duckdb.DuckDBPyConnection], None],
    patience: float = 10.0,
    memory_limit: str = MEMORY_LIMITS[0],
    sleep: Callable[[float], None] = time.sleep,
) -> duckdb.DuckDBPyConnection:
    """Open the file, waiting up to `patience` seconds for another process to let go of it.

    `make` makes it for who wants to write where there is none, `check` holds that it is what is wanted.

    Raises as `communitykit.store.connection.connect`.
    """
    limits = list(MEMORY_LIMITS[MEMORY_LIMITS.index(memory_limit) :])
    waited = 0.0
    while True:
        try:
            _there(path, read_only=read_only, make=make)
            before = identity(path)
            connection = _open(path, read_only=read_only, memory_limit=limits[0], check=check)
        except (duckdb.Error, OSError) as error:
            bound = not read_only and str(path) != IN_MEMORY
            if isinstance(error, duckdb.Error) and bound and len(limits) > 1 and ran_out_of_memory(error):
                del limits[0]
                continue
            if isinstance(error, duckdb.Error) and not is_busy(error) and not is_database(path):
                raise no_database(path) from None
            if isinstance(error, OSError) or not is_busy(error) or waited >= patience:
                raise told(error, path, "open it") from None
        else:
            if identity(path) == before:
                return connection
            disconnect(connection, path)  # another file was put there meanwhile, and this one has no name any more
        sleep(0.1)
        waited += 0.1


@contextlib.contextmanager
def as_it_is(path: Path, *, patience: float = 10.0) -> Iterator[duckdb.DuckDBPyConnection | None]:
    """Open a store to read its tables as they stand in the file; None where they are of an earlier schema.

    It needs nothing of the model, which takes longer to import than such a store takes to answer.

    Raises as `communitykit.store.connection.connect`.
    """
    held: list[int | None] = []
    connection = opened(
        path,
        read_only=True,
        make=lambda: None,
        check=lambda connection: held.append(held_version(connection, path, read_only=True)),
        patience=patience,
    )
    try:
        yield connection if held[-1] == SCHEMA_VERSION else None
    finally:
        disconnect(connection, path)


def held_version(connection: duckdb.DuckDBPyConnection, path: Path, *, read_only: bool) -> int | None:
    """Return the schema version of an open store; None of a database without tables, which who writes makes one.

    Raises StoreError for a database that is no store, StoreVersionError for a newer communitykit's.
    """
    tables = {row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if "meta" not in tables:
        if tables or read_only:
            raise StoreError(
                "this database is not an activity store", subject=path.name, remedy="Give another file name."
            )
        return None
    held = version(connection)
    if held > SCHEMA_VERSION:
        raise StoreVersionError(
            f"the store has schema version {held}, this communitykit knows {SCHEMA_VERSION}",
            subject=path.name,
            remedy="Upgrade: pip install --upgrade communitykit.",
        )
    return held


def version(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the schema version of an open store; 0 where it says none."""
    row = first_row(connection, "SELECT value FROM meta WHERE key = 'schema_version'")
    return int(row[0]) if row else 0


def disconnect(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Let go of the file, and remove the folder for what did not fit into memory."""
    connection.close()
    if str(path) != IN_MEMORY:
        _remove_overflow(path)


def identity(path: Path) -> tuple[int, int] | None:
    """Return which file has this name now (device and inode); None for none, and in memory."""
    try:
        there = path.stat()
    except FileNotFoundError:
        return None
    return there.st_dev, there.st_ino


def no_store(path: Path, otherwise: str = "See whether the path is right.") -> StoreError:
    """Return the error that there is no such store; it names one beside it that is called almost so."""
    return StoreError("there is no such store", subject=path.name, remedy=near(path) or otherwise)


def near(path: Path) -> str:
    """Ask whether a DuckDB file beside this path is meant; empty where none is called almost so."""
    found = {one.stem: one.name for one in sorted(path.parent.glob("*.duckdb"))} if path.parent.is_dir() else {}
    close = get_close_matches(path.stem, found, n=1, cutoff=_ALMOST)
    return f"Did you mean {found[close[0]]!r}?" if close else ""


def _there(path: Path, *, read_only: bool, make: Callable[[], None]) -> None:
    """See to it that there is a file, making it for who wants to write."""
    if str(path) == IN_MEMORY:
        return
    if read_only and not path.exists():
        raise no_store(path, "Pull or import into it first.")
    if not path.parent.is_dir():
        raise StoreError("its folder does not exist", subject=str(path), remedy="Make the folder, or name another.")
    if not path.exists():
        make()
    refuse_other_kinds(path)


def _open(
    path: Path,
    *,
    read_only: bool,
    memory_limit: str,
    check: Callable[[duckdb.DuckDBPyConnection], None],
) -> duckdb.DuckDBPyConnection:
    config: dict[str, str | bool | int | float | list[str]] = {}
    name = IN_MEMORY
    if str(path) == IN_MEMORY:
        config = {"threads": _THREADS}
    else:
        name = str(path.resolve())  # DuckDB names the journal after what it is given: after the file, not after a link
        if not read_only:
            # Installing would go to the network for a file of another program.
            config = {"memory_limit": memory_limit, "threads": _THREADS, "autoinstall_known_extensions": False}
    made = _make_overflow(path)
    # By a killed process, unless DuckDB writes into it while it opens the file: who writes is alone.
    left = {} if read_only else _overflowed(path)
    try:
        connection = duckdb.connect(name, read_only=read_only, config=config)
    except BaseException as error:
        if made and not (isinstance(error, duckdb.Error) and is_busy(error)):  # else the one that has it may need it
            _remove_overflow(path)
        raise
    _make_overflow(path)  # who held the file meanwhile removed it
    try:
        _refuse_memory(connection, path)
        if not read_only:
            for one, found in left.items():
                if _overflowed(path).get(one) == found:
                    one.unlink(missing_ok=True)
        for setting in _SETTINGS:
            connection.execute(setting)
        if first_row(connection, "SELECT current_setting('enable_progress_bar')") == (True,):
            # SET asks for ipywidgets in a notebook, and from DuckDB 2 on this does, too, where there is no bar to hide
            connection.execute("PRAGMA disable_progress_bar")
        check(connection)
    except BaseException:
        disconnect(connection, path)
        raise
    return connection


def _refuse_memory(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Refuse a database in memory in the place of a file: what is written into it would be gone."""
    if str(path) != IN_MEMORY and first_row(connection, _IS_OPENED) is None:
        raise no_database(path)


def _overflow(path: Path) -> Path:
    """Return the folder where DuckDB puts what does not fit into memory: made before DuckDB would, for all to read."""
    real = path.resolve()
    return real.with_name(f"{real.name}.tmp")


def _overflowed(path: Path) -> dict[Path, tuple[int, int]]:
    """Return the files in that folder, by name: when each was last written (ns), and its size."""
    found: dict[Path, tuple[int, int]] = {}
    with contextlib.suppress(FileNotFoundError):  # who had it before may only now remove the empty folder
        for one in _overflow(path).glob("duckdb_temp_*"):
            told = one.stat()
            found[one] = told.st_mtime_ns, told.st_size
    return found


def _make_overflow(path: Path) -> bool:
    if str(path) == IN_MEMORY:
        return False
    try:
        _overflow(path).mkdir(PRIVATE_FOLDER)
    except OSError:  # there already, or nothing can be written here anyway
        return False
    return True


def _remove_overflow(path: Path) -> None:
    with contextlib.suppress(OSError):  # it is in use, or another process or DuckDB removed it
        _overflow(path).rmdir()
