"""A store's tables as files."""

from __future__ import annotations

from pathlib import Path

from communitykit.errors import CommunityKitError
from communitykit.sinks import write_jsonl
from communitykit.store import TABLES, Store

FORMATS = ("parquet", "jsonl", "csv")
_TABLES = (*TABLES.values(), "post_versions", "runs", "activity")
# A cell that a spreadsheet would run as a formula is written with an apostrophe before it.
_DEFUSED = "CASE WHEN regexp_matches({name}, '^[=+@\\t\\r-]') THEN '''' || {name} ELSE {name} END AS {name}"


def export(store: Path, to: Path, file_format: str) -> dict[str, int]:
    """Write every table; JSON Lines hold records (by kind), Parquet and CSV hold the tables with their columns.

    Raises CommunityKitError for a format that is none of `FORMATS`.
    """
    if file_format not in FORMATS:
        raise CommunityKitError(f"there is no format {file_format!r}", remedy=f"Formats: {', '.join(FORMATS)}.")
    written: dict[str, int] = {}
    with Store(store) as opened:
        to.mkdir(parents=True, exist_ok=True)
        if file_format == "jsonl":
            for kind, table in TABLES.items():
                written[table] = write_jsonl(opened.records(kind), to / f"{table}.jsonl")
            return written
        for table in _TABLES:
            written[table] = _copy(opened, table, to / f"{table}.{file_format}", file_format)
    return written


def _copy(store: Store, table: str, path: Path, file_format: str) -> int:
    target = str(path).replace("'", "''")
    query, options = f"SELECT * FROM {table}", "FORMAT parquet, COMPRESSION zstd"  # noqa: S608 # our own table names
    if file_format == "csv":
        described = store.sql(f"DESCRIBE {table}").to_pylist()
        query = f"SELECT {', '.join(_cell(row) for row in described)} FROM {table}"  # noqa: S608 # same
        options = "FORMAT csv, HEADER"
    (row,) = store.sql(f"COPY ({query}) TO '{target}' ({options})").to_pylist()
    count: int = row["Count"]
    return count


def _cell(row: dict[str, str]) -> str:
    name, kind = f'"{row["column_name"]}"', row["column_type"]
    if kind.startswith(("STRUCT(", "MAP(")) or kind.endswith("[]"):
        return f"to_json({name}) AS {name}"  # DuckDB's own writing of them is nobody else's
    return _DEFUSED.format(name=name) if kind == "VARCHAR" else name
