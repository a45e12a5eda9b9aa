"""The page of the analysis tables, from their declaration."""

from __future__ import annotations

from communitykit.analysis import TABLES

HEAD = """# The analysis tables

Generated from `communitykit.analysis.schema`. `communitykit analyse` makes them ([how](../how-to/analyse.md)). They
hold no text, no names and no native ids: every id is the first 63 bits of an HMAC-SHA-256 over the id and its kind,
with a key that is yours. What is deleted, vanished or undone, and what stands in a community that is gone, is not in
them.

In a DuckDB file each is a table, with these words as comments. In a folder each is `NAME.parquet`, or (kept by day)
`NAME/DAY.parquet`, with these words in the files' metadata; what has no day is in `undated.parquet`."""


def analysis_reference() -> str:
    """Return every table with its columns."""
    parts = [HEAD]
    for name, table in TABLES.items():
        by_day = " Kept by day." if table.by_day else ""
        parts += [
            "",
            f"## `{name}`",
            "",
            f"{table.row}{by_day}",
            "",
            "| column | type | meaning |",
            "| --- | --- | --- |",
        ]
        parts += [f"| `{one}` | {column.type} | {column.meaning} |" for one, column in table.columns.items()]
    return "\n".join(parts) + "\n"
