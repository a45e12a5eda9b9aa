"""SQL over what the pages show, and nothing else: the rows are copied into a database in memory that knows no file.

A condition that is added to somebody's SQL can be got around; what is not there cannot. The copy is kept until the
store's file changes, so the store is let go of at once, as for every page.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import duckdb

from communitykit.browse.queries import Asked, Reading
from communitykit.model.values import JSON
from communitykit.store import Store

ROWS: Final = 200
"""Rows of an answer that are shown."""
LONGEST: Final = 4_000
"""Characters of a question."""
SECONDS: Final = 5.0
"""How long a question may take."""
LARGEST: Final = 1_000_000
"""Posts, and acts, of a store that is copied."""
_KNOWN: Final = """SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal
    ORDER BY table_oid, column_index"""
_SETTINGS: Final = {
    "TimeZone": "UTC",
    "memory_limit": "1GB",
    "threads": 2,
    "temp_directory": "",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
    "enable_external_access": False,
    "lock_configuration": True,
}
"""Nothing is read from elsewhere or written, and no question can change that."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question gave: columns and rows, the first ROWS of them; or why there is none."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[JSON, ...], ...] = ()
    more: bool = False
    error: str | None = None


@dataclass(slots=True)
class ShownCopy:
    """A copy of what is shown, which answers questions one at a time."""

    store: Path
    asked: Asked
    _copy: duckdb.DuckDBPyConnection | None = None
    _of: tuple[int, int, int] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tables(self) -> dict[str, list[str]] | None:
        """Return the tables that can be asked, with their columns; None where the store is too large for a copy."""
        with self._lock:
            copy = self._copied()
            if copy is None:
                return None
            told: dict[str, list[str]] = {}
            for table, column in copy.execute(_KNOWN).fetchall():
                told.setdefault(table, []).append(column)
            return told

    def answer(self, question: str) -> Answer:
        """Answer a question; what is wrong with it is said, and what takes too long is stopped."""
        with self._lock:
            copy = self._copied()
            if copy is None:
                return Answer(error="The store is too large for this page.")
            timer = threading.Timer(SECONDS, copy.interrupt)
            timer.start()
            try:
                return _answered(copy, question)
            except duckdb.InterruptException:
                return Answer(error=f"It took longer than {SECONDS:.0f} s, and was stopped.")
            except duckdb.Error as error:
                return Answer(error=str(error).strip())
            except (OverflowError, ValueError) as error:  # an interval of ten million years is no value of Python's
                return Answer(error=f"The answer cannot be shown: {error}.")
            finally:
                timer.cancel()

    def _copied(self) -> duckdb.DuckDBPyConnection | None:
        there = self.store.stat()
        of = (there.st_ino, there.st_size, there.st_mtime_ns)
        if of != self._of:
            if self._copy is not None:
                self._copy.close()
            self._copy, self._of = None, of
            with Store(self.store) as store:
                reading = Reading(store, self.asked)
                if reading.largest() <= LARGEST:
                    self._copy = _copy(reading)
        return self._copy


def _copy(reading: Reading) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    try:
        for name, rows in reading.all_that_is_shown():
            connection.register("rows", rows)
            connection.execute(f"CREATE TABLE {name} AS FROM rows")
            connection.unregister("rows")
        for name, value in _SETTINGS.items():
            connection.execute(f"SET {name} = {value!r}")
    except BaseException:
        connection.close()
        raise
    return connection


def _answered(copy: duckdb.DuckDBPyConnection, question: str) -> Answer:
    statements = copy.extract_statements(question)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        return Answer(error="One SELECT is answered, and nothing else.")
    done = copy.execute(statements[0])
    columns = tuple(str(one[0]) for one in done.description or ())
    rows = done.fetchmany(ROWS + 1)
    return Answer(columns, tuple(rows[:ROWS]), more=len(rows) > ROWS)
