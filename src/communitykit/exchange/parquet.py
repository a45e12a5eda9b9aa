"""A copy as Parquet: a folder a table, of posts and events one file a month; only months that changed are written."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import duckdb

from communitykit.errors import CommunityKitError
from communitykit.exchange.changes import ABOUT, RECORDS, Changes
from communitykit.exchange.copying import Copied
from communitykit.model.values import Value
from communitykit.sinks.permissions import PRIVATE_FILE, make_folder
from communitykit.store import Store
from communitykit.store.changed import changed
from communitykit.store.descriptions import described, parquet_words
from communitykit.store.duckdb_errors import telling

_MARKS: Final = "communitykit_copy.json"
"""What each file held: one whose mark is another's is written anew."""
_BY_MONTH: Final = {"posts": "created_at", "events": "occurred_at"}
_ALL: Final = ""
"""The one part of a table that has no months."""
_FILE: Final = "part.parquet"


def copy_to_parquet(store: str | Path, to: str | Path, *, anew: bool = False) -> Copied:
    """Write what is so now as Parquet: posts and events in folders `month=2026-05` (`month=undated`), in UTC.

    Every column has a type that polars, pandas, Spark and DuckDB read as what it is; JSON is text. Files are replaced
    one by one, each whole: who is killed leaves a folder that the next run brings to where the store is. `gone` counts
    records whose rows stand in no file any more.

    Raises CommunityKitError where the folder has another store's copy, or Parquet files that no export made; StoreError
    where the store cannot be read.
    """
    folder = Path(to)
    with Store(store) as opened, telling(opened.path, "write Parquet of it"):
        changes = Changes(opened)
        before = _held(folder, changes.identity, anew=anew)
        make_folder(folder)
        copied = Copied(changes.run, whole=not before)
        new = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            after = {table: _marks(opened, changes, table) for table in (*RECORDS, *ABOUT)}
            # Who is killed from here on leaves a folder that is ours, and of which nothing is known: written anew.
            _note(folder, new, {"store": changes.identity, "run": None, "parts": {}})
            for table, parts in after.items():
                if gone := _gone(opened, table, parts, before.get(table, {}), folder):
                    copied.gone[table] = gone
                copied.rows[table] = _write(opened, changes, table, parts, before.get(table, {}), folder, new)
            _note(folder, new, {"store": changes.identity, "run": changes.run, "parts": after})
        finally:
            shutil.rmtree(new, ignore_errors=True)
    return copied


def _held(folder: Path, store: str, *, anew: bool) -> Mapping[str, Mapping[str, str]]:
    try:
        told: dict[str, Value] = json.loads((folder / _MARKS).read_text())
    except FileNotFoundError:
        for one in sorted(folder.glob(f"*/**/{_FILE}")):
            raise CommunityKitError(
                "the folder has Parquet files that no export made", subject=str(one), remedy="Name another folder."
            ) from None
        return {}
    except ValueError:
        raise CommunityKitError(
            f"its {_MARKS} cannot be read, so nobody knows what the folder holds",
            subject=str(folder),
            remedy="Name another folder, or remove this one.",
        ) from None
    if told.get("store") != store and not anew:
        raise CommunityKitError(
            "the folder has the copy of another store",
            subject=str(folder),
            remedy="Name another folder, or write it anew (--anew): then what is there goes.",
        )
    held: dict[str, dict[str, str]] = told["parts"]
    return {} if anew or told.get("store") != store else held


def _note(folder: Path, new: Path, told: dict[str, Value]) -> None:
    marks = new / _MARKS
    marks.write_text(json.dumps(told), encoding="utf-8")
    marks.chmod(PRIVATE_FILE)
    marks.replace(folder / _MARKS)


def _query(table: str) -> str:
    return changed(RECORDS[table], whole=True, keyed=True) if table in RECORDS else f"FROM {table}"


def _month(table: str) -> str:
    column = _BY_MONTH.get(table)
    return f"coalesce(strftime({column}, '%Y-%m'), 'undated')" if column else f"'{_ALL}'"


def _marks(store: Store, changes: Changes, table: str) -> dict[str, str]:
    """Return what tells the rows of each part from others: of records, which run changed each."""
    if table not in RECORDS:
        return {_ALL: f"{duckdb.__version__}-{changes.mark(table)}"}
    query = f"""SELECT {_month(table)} AS month, '{duckdb.__version__}-' || count(*) || '-'
        || sum(CAST(hash(row_key, changed_run) AS HUGEINT)) AS mark FROM ({_query(table)}) GROUP BY 1"""  # noqa: S608 # ours
    found = {row["month"]: row["mark"] for row in store.sql(query).to_pylist()}
    return found or {"undated" if table in _BY_MONTH else _ALL: "none"}  # its file still says what the columns are


def _write(
    store: Store,
    changes: Changes,
    table: str,
    parts: Mapping[str, str],
    before: Mapping[str, str],
    folder: Path,
    new: Path,
) -> int:
    written = 0
    for part, mark in parts.items():
        place = _place(folder / table, part)
        if before.get(part) == mark and place.is_file():
            continue
        shaped = changes.shaped(_query(table), plain=False)
        target = str(new / _FILE).replace("'", "''")
        options = f"FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false, {parquet_words(*described()[table])}"
        rows = f"SELECT * FROM ({shaped}) WHERE {_within(table, part)}"  # noqa: S608 # our own text
        ((number,),) = store.connection().execute(f"COPY ({rows}) TO '{target}' ({options})").fetchall()
        written += number
        (new / _FILE).chmod(PRIVATE_FILE)
        make_folder(place.parent)
        (new / _FILE).replace(place)
    for part in before:
        if part not in parts:
            _place(folder / table, part).unlink(missing_ok=True)
    for left in (folder / table).glob(f"month=*/{_FILE}"):  # of a run that was killed before it noted them
        if left.parent.name.partition("=")[2] not in parts:
            left.unlink()
    return written


def _gone(store: Store, table: str, parts: Mapping[str, str], before: Mapping[str, str], folder: Path) -> int:
    """Return how many records go with the files that are replaced or removed: who only changed the month stays."""
    places = [_place(folder / table, part) for part, mark in before.items() if parts.get(part) != mark]
    files = [str(place) for place in places if place.is_file()]
    if table not in RECORDS or not files:
        return 0
    query = f"""SELECT count(*) FROM read_parquet($files, hive_partitioning = false)
        WHERE row_key NOT IN (SELECT row_key FROM ({_query(table)}))"""  # noqa: S608 # our own text
    try:
        ((number,),) = store.connection().execute(query, {"files": files}).fetchall()
    except duckdb.Error:
        raise CommunityKitError(
            f"a file of {table} cannot be read, so nobody can say what goes with it",
            subject=str(folder),
            remedy="Write the copy anew (--anew).",
        ) from None
    return int(number)


def _place(folder: Path, part: str) -> Path:
    return folder / f"month={part}" / _FILE if part else folder / _FILE


def _within(table: str, part: str) -> str:
    column = _BY_MONTH.get(table)
    if column is None:
        return "true"
    if part == "undated":
        return f"{column} IS NULL"
    begin = f"TIMESTAMPTZ '{part}-01 00:00:00+00'"
    return f"{column} >= {begin} AND {column} < {begin} + INTERVAL 1 MONTH"
