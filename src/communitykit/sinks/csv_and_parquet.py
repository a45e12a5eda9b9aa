"""A store's tables as files."""

from __future__ import annotations

from pathlib import Path

from communitykit.errors import CommunityKitError
from communitykit.sinks import write_jsonl
from communitykit.sinks.permissions import make_folder
from communitykit.sinks.targets import check, writing
from communitykit.store import TABLES, Store
from communitykit.store.descriptions import described, parquet_words

FORMATS = ("parquet", "jsonl", "csv")
_TABLES = (*TABLES.values(), "post_versions", "runs", "activity")
# A cell that a spreadsheet would run as a formula is written with an apostrophe before it (OWASP, "CSV Injection"):
# one that begins with = + - @ or their full-width forms, or with what programs cut off before they look.
_SIGNS = r"=+@\t\r\n\x00\x{FF1D}\x{FF0B}\x{FF20}\x{FF0D}\x{2212}-"
_DEFUSED = "CASE WHEN regexp_matches({name}, '^[" + _SIGNS.replace("{", "{{").replace("}", "}}") + "]') "
_DEFUSED += "THEN '''' || {name} ELSE {name} END AS {name}"


def export(store: Path, to: Path, file_format: str, *, share: bool = False, overwrite: bool = False) -> dict[str, int]:
    """Write every table; JSON Lines hold records (by kind), Parquet and CSV hold the tables with their columns.

    Files are their owner's only, unless `share` leaves them to the umask.

    Raises CommunityKitError for a format that is none of `FORMATS`, SettingsError where others' files are in the way.
    """
    if file_format not in FORMATS:
        raise CommunityKitError(f"there is no format {file_format!r}", remedy=f"Formats: {', '.join(FORMATS)}.")
    written: dict[str, int] = {}
    with Store(store) as opened:
        make_folder(to, share=share)
        tables = tuple(TABLES.values()) if file_format == "jsonl" else _TABLES
        for table in tables:  # all of them before the first is written
            check(to / f"{table}.{file_format}", "export", inputs=[store], overwrite=overwrite)
        if file_format == "jsonl":
            for kind, table in TABLES.items():
                lines = opened.records(kind)
                written[table] = write_jsonl(lines, to / f"{table}.jsonl", share=share, overwrite=overwrite)
            return written
        for table in tables:
            target = to / f"{table}.{file_format}"
            with writing(target, "export", inputs=[store], overwrite=overwrite, share=share) as made:
                written[table] = _copy(opened, table, made, file_format)
    return written


def _copy(store: Store, table: str, path: Path, file_format: str) -> int:
    target = str(path).replace("'", "''")
    columns = store.sql(f"DESCRIBE {table}").to_pylist()
    words = parquet_words(*described()[table])
    query, options = _typed(table, columns), f"FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false, {words}"
    if file_format == "csv":
        query = f"SELECT {', '.join(_cell(row) for row in columns)} FROM {table}"  # noqa: S608 # same
        options = "FORMAT csv, HEADER, USE_TMP_FILE false"
    (row,) = store.sql(f"COPY ({query}) TO '{target}' ({options})").to_pylist()
    count: int = row["Count"]
    return count


def _typed(table: str, columns: list[dict[str, str]]) -> str:
    """Return the query for a table's rows: JSON as text, since others take Parquet's JSON for bytes."""
    selected = [f'CAST("{row["column_name"]}" AS VARCHAR) AS "{row["column_name"]}"' if row["column_type"] == "JSON"
               else f'"{row["column_name"]}"' for row in columns]  # fmt: skip
    return f"SELECT {', '.join(selected)} FROM {table}"  # noqa: S608 # our own table names


def _cell(row: dict[str, str]) -> str:
    name, kind = f'"{row["column_name"]}"', row["column_type"]
    if kind.startswith(("STRUCT(", "MAP(")) or kind.endswith("[]"):
        return f"to_json({name}) AS {name}"  # DuckDB's own writing of them is nobody else's
    return _DEFUSED.format(name=name) if kind == "VARCHAR" else name
