"""Writes the tables: a DuckDB file, whole; or a folder of Parquet files, of which only changed days are rewritten."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb

from communitykit.analysis.schema import TABLES, ddl
from communitykit.errors import SettingsError
from communitykit.model.values import Value
from communitykit.sinks.permissions import PRIVATE_FILE, PRIVATE_FOLDER, make_folder, make_private
from communitykit.sinks.targets import check_inputs, database, is_store
from communitykit.store.answers import STORAGE, first_row
from communitykit.store.descriptions import parquet_words

_MARKS: Final = "days.json"
"""What each day held, as one number a day: a day whose number is another's is written anew."""
_UNDATED: Final = "undated"
_DAYS: Final = re.compile(rf"-?\d{{4,6}}-\d\d-\d\d|{_UNDATED}")
_EMPTY: Final = {_UNDATED: "0"}
"""The one day of a table without rows: its file still says what the columns are."""


def is_file(path: Path) -> bool:
    """Tell whether a target is a DuckDB file rather than a folder."""
    return path.is_file() or (not path.is_dir() and path.suffix in {".duckdb", ".db", ".ddb"})


def check(to: Path, store: Path) -> None:
    """Make sure that what stands where analysis tables are to be written is nothing, or earlier ones and no more.

    Raises SettingsError, which says what is there.
    """
    check_inputs(to, [store])
    if to.is_file() and to.stat().st_size:
        tables = database(to)
        if not tables or not {"about"} <= set(tables) <= set(TABLES):
            what = "an activity store, which" if tables and is_store(tables) else "no analysis tables alone: it"
            raise SettingsError(f"this is {what} would be lost", subject=str(to), remedy="Name another file.")
    for one in _foreign(to) if to.is_dir() else ():
        raise SettingsError(
            "this is no analysis table, and would be lost or read as one",
            subject=str(one),
            remedy="Name another folder.",
        )


def _foreign(folder: Path) -> Iterator[Path]:
    """Yield what stands in the places of tables and is none: a file not named after a day, or without their words."""
    known = _marks(folder)
    if (folder / _MARKS).exists() and _told_marks(folder) is None:
        yield folder / _MARKS
    for name, table in TABLES.items():
        single = folder / f"{name}.parquet"
        if not table.by_day and single.exists() and not known and not _is_ours(single):
            yield single
        days = folder / name
        for one in days.glob("*.parquet") if table.by_day else ():
            if not _DAYS.fullmatch(one.stem) or (one.stem not in known.get(name, {}) and not _is_ours(one)):
                yield one
        if table.by_day and days.exists() and not days.is_dir():
            yield days


def _is_ours(path: Path) -> bool:
    """Tell whether a Parquet file holds the words that are written with every table."""
    try:
        rows = duckdb.sql(f"SELECT CAST(key AS VARCHAR) FROM parquet_kv_metadata('{_quoted(path)}')").fetchall()  # noqa: S608 # a path, quoted
    except duckdb.Error:
        return False
    return {("description",), ("columns",)} <= set(rows)


def write(connection: duckdb.DuckDBPyConnection, made: Mapping[str, str], to: Path) -> dict[str, int]:
    """Write the tables that the queries `made` give, and return how many rows each has, by table."""
    with _beside(to) as folder:
        if is_file(to):
            _write_file(connection, made, folder / "made", to)
        else:
            _write_folder(connection, made, folder, to)
    return {name: _rows(connection, table) for name, table in made.items()}


def _write_file(connection: duckdb.DuckDBPyConnection, made: Mapping[str, str], new: Path, to: Path) -> None:
    connection.execute(f"ATTACH '{_quoted(new)}' AS w_out (READ_WRITE, STORAGE_VERSION '{STORAGE}')")
    try:
        for name, table in made.items():
            connection.execute(ddl(name, f"w_out.{name}"))
            connection.execute(f"INSERT INTO w_out.{name} {table}")  # our own names
            connection.execute(f"COMMENT ON TABLE w_out.{name} IS '{_text(TABLES[name].row)}'")
            for column, told in TABLES[name].columns.items():
                connection.execute(f"COMMENT ON COLUMN w_out.{name}.{column} IS '{_text(told.meaning)}'")
    finally:
        connection.execute("DETACH w_out")
    new.chmod(PRIVATE_FILE)
    new.replace(to)


def _write_folder(connection: duckdb.DuckDBPyConnection, made: Mapping[str, str], new: Path, to: Path) -> None:
    make_folder(to)
    before = _marks(to)
    after = {name: _days(connection, name, made[name]) for name, table in TABLES.items() if table.by_day}
    changed = {name: sorted(day for day, mark in days.items() if before.get(name, {}).get(day) != mark)
               for name, days in after.items()}  # fmt: skip
    for name, table in made.items():
        if name not in after:
            _copy(connection, table, name, new / f"{name}.parquet")
        elif after[name] == _EMPTY and changed[name]:
            (new / name).mkdir()
            _copy(connection, f"{table} LIMIT 0", name, new / name / f"{_UNDATED}.parquet")
        elif changed[name]:
            _copy_days(connection, name, table, changed[name], new / name)
    make_private(new)
    (to / _MARKS).unlink(missing_ok=True)  # who is killed from here on leaves a folder that is written anew
    for name, days in after.items():
        (to / name).mkdir(PRIVATE_FOLDER, exist_ok=True)
        for gone in (to / name).glob("*.parquet"):
            if gone.stem not in days:
                gone.unlink()
        for day in changed[name]:
            (new / name / f"{day}.parquet").replace(to / name / f"{day}.parquet")
    for name in made:
        if name not in after:
            (new / f"{name}.parquet").replace(to / f"{name}.parquet")
    marks = new / _MARKS
    marks.write_text(json.dumps({"engine": duckdb.__version__, "days": after}), encoding="utf-8")
    marks.chmod(PRIVATE_FILE)
    marks.replace(to / _MARKS)


def _copy_days(connection: duckdb.DuckDBPyConnection, name: str, table: str, days: list[str], new: Path) -> None:
    """Write one file a day."""
    new.mkdir()
    # A list of days in the query itself would be gone through row by row.
    connection.execute(f"CREATE OR REPLACE TEMP TABLE w_changed AS SELECT unnest({days}) AS w_day")
    before = first_row(connection, "SELECT current_setting('threads')")
    connection.execute("SET threads = 1")  # each thread would write files of its own
    try:
        _copy(
            connection,
            f"FROM (SELECT *, {_DAY} AS w_day FROM ({table})) SEMI JOIN w_changed USING (w_day)",  # noqa: S608 # our own names
            name,
            new / "parts",
            "PARTITION_BY (w_day), FILENAME_PATTERN 'part_{i}'",
        )
    finally:
        connection.execute(f"SET threads = {before[0] if before else 1}")
    for day in days:
        parts = sorted((new / "parts" / f"w_day={day}").iterdir())
        if len(parts) > 1:
            _copy(connection, f"FROM read_parquet({[str(one) for one in parts]})", name, new / f"{day}.parquet")
        else:
            parts[0].replace(new / f"{day}.parquet")
    shutil.rmtree(new / "parts")


_DAY = f"coalesce(CAST(day AS VARCHAR), '{_UNDATED}')"


def _days(connection: duckdb.DuckDBPyConnection, name: str, table: str) -> dict[str, str]:
    hashed = ", ".join(TABLES[name].columns)
    rows = connection.execute(
        f"SELECT {_DAY} AS d, count(*) || '-' || sum(CAST(hash({hashed}) AS HUGEINT)) FROM ({table}) GROUP BY d"  # noqa: S608 # our own names
    ).fetchall()
    return dict(rows) or _EMPTY


def _marks(to: Path) -> dict[str, dict[str, str]]:
    """Return what the folder's days held; nothing where that is not known, or was told by another engine's hashes."""
    told = _told_marks(to)
    return told["days"] if told and told["engine"] == duckdb.__version__ else {}


def _told_marks(to: Path) -> dict[str, Value] | None:
    try:
        told = json.loads((to / _MARKS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) and set(told) == {"engine", "days"} else None


def _copy(connection: duckdb.DuckDBPyConnection, query: str, name: str, to: Path, more: str = "") -> None:
    comments = {column: told.meaning for column, told in TABLES[name].columns.items()}
    words = parquet_words(TABLES[name].row, comments)
    options = ", ".join(one for one in ("FORMAT parquet", "COMPRESSION zstd", words, more) if one)
    connection.execute(f"COPY ({query}) TO '{_quoted(to)}' ({options})")


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row: Value = first_row(connection, f"SELECT count(*) FROM ({table})")  # noqa: S608 # our own names
    return int(row[0])


def _quoted(path: Path) -> str:
    return _text(str(path.resolve()))


def _text(text: str) -> str:
    return text.replace("'", "''")


@contextmanager
def _beside(to: Path) -> Iterator[Path]:
    """Make a private folder on the target's disk, from which what is whole is moved into its place."""
    if not to.parent.is_dir():
        raise SettingsError("its folder does not exist", subject=str(to), remedy="Make the folder, or name another.")
    folder = Path(tempfile.mkdtemp(prefix=f".{to.name}-", dir=to.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
