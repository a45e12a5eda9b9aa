"""SQL over what the pages show, and nothing else: the rows are copied into a database in memory that knows no file.

A condition that is added to somebody's SQL can be got around; what is not there cannot. The copy is kept until the
store's file changes, so the store is let go of at once, as for every page.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import duckdb

from communitykit.browse.bounded import BOUNDED
from communitykit.browse.queries import Asked, Reading
from communitykit.store import Store

ROWS: Final = 200
"""Rows of an answer that are shown."""
LONGEST: Final = 4_000
"""Characters of a question."""
SECONDS: Final = 5.0
"""How long a question may take."""
MEMORY: Final = 512_000_000
"""Bytes of memory that a question may take beside the copy."""
LARGEST: Final = 1_000_000
"""Posts, and acts, of a store that is copied."""
WIDEST: Final = 2_000
"""Characters of a cell that are fetched."""
_TEXT: Final = f"left(CAST(COLUMNS(*) AS VARCHAR), {WIDEST + 1})"
"""DuckDB's own text of every value is right, and there for values that Python has none for (`-infinity`)."""
_NUMBERS: Final = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|BIGNUM|DECIMAL\([^)]*\)")
_GUESS: Final = re.compile(r"""\s*Did you mean "([^"]*)"\??""")
_OURS: Final = re.compile(r"\n+LINE \d+: SELECT \"?left\"?\(CAST\(COLUMNS.*", re.DOTALL)
"""What an error says of the text around a question, which nobody wrote there."""
_KNOWN: Final = """SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal
    ORDER BY table_oid, column_index"""
_SETTINGS: Final = {
    "TimeZone": "UTC",
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
    """What a question gave: columns and rows, the first ROWS of them, as DuckDB's text; or why there is none."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str | None, ...], ...] = ()
    numbers: tuple[bool, ...] = ()
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

    def tables(self) -> dict[str, dict[str, str]] | None:
        """Return the tables that can be asked, with their columns' types; None where the store is too large."""
        with self._lock:
            copy = self._copied()
            if copy is None:
                return None
            return _tables(copy)

    def answer(self, question: str) -> Answer:
        """Answer a question; what is wrong with it is said, and what takes too long is stopped."""
        with self._lock:
            copy = self._copied()
            if copy is None:
                return Answer(error="The store is too large for this page.")
            timer = threading.Timer(SECONDS, copy.interrupt)
            timer.start()
            started = time.monotonic()
            try:
                return _answered(copy, question)
            except duckdb.InterruptException:
                ran = time.monotonic() - started
                return Answer(error=f"It was stopped after {ran:.1f} s: a question has {SECONDS:g} s.")
            except duckdb.OutOfMemoryException:
                return Answer(
                    error=f"It needs more memory than a question has, and was stopped: {MEMORY // 1_000_000} MB."
                )
            except duckdb.Error as error:
                return Answer(error=_without_guesses(str(error).strip(), _tables(copy)))
            except (OverflowError, ValueError) as error:  # whatever is no value of Python's
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
        for macro in BOUNDED:
            connection.execute(macro)
        for name, rows in reading.all_that_is_shown():
            connection.register("rows", rows)
            connection.execute(f"CREATE TABLE {name} AS FROM rows")
            connection.unregister("rows")
        (taken,) = connection.execute("SELECT sum(memory_usage_bytes) FROM duckdb_memory()").fetchall()[0]
        for name, value in {"memory_limit": f"{taken + MEMORY}B", **_SETTINGS}.items():
            connection.execute(f"SET {name} = {value!r}")
    except BaseException:
        connection.close()
        raise
    return connection


def _answered(copy: duckdb.DuckDBPyConnection, question: str) -> Answer:
    statements = copy.extract_statements(question)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        return Answer(error="One SELECT is answered, and nothing else.")
    asked = copy.sql(statements[0])
    numbers = tuple(_NUMBERS.fullmatch(str(one)) is not None for one in asked.types)
    rows = asked.project(_TEXT).limit(ROWS + 1).fetchall()
    return Answer(tuple(asked.columns), tuple(rows[:ROWS]), numbers, more=len(rows) > ROWS)


def _tables(copy: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    told: dict[str, dict[str, str]] = {}
    for table, column, kind in copy.execute(_KNOWN).fetchall():
        told.setdefault(table, {})[column] = kind
    return told


def _without_guesses(error: str, tables: Mapping[str, object]) -> str:
    """Return an error without the text around the question, nor a guess at a table that is DuckDB's own."""
    error = _OURS.sub("", error)
    if "Table with name" not in error:
        return error
    return _GUESS.sub(lambda found: found[0] if found[1] in tables else "", error)
