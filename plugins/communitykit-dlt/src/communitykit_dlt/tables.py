"""Tables as dlt is told of them: every column and its type, so that one which is empty today is there, too."""

from __future__ import annotations

from typing import Any, Final, Literal

import pyarrow as pa

from communitykit.exchange import KEY, RECORDS
from communitykit.store.schema import tables

Nested = Literal["json", "tables"]
DELETED: Final = "deleted"
"""True of rows that are to go from the destination; dlt takes them out, and keeps none."""
_SHAPED: Final = ("STRUCT(", "MAP(")
_TYPES: Final = {
    "VARCHAR": "text",
    "BIGINT": "bigint",
    "INTEGER": "bigint",
    "DOUBLE": "double",
    "BOOLEAN": "bool",
    "TIMESTAMPTZ": "timestamp",
    "DATE": "date",
    "JSON": "json",
}


def columns_of(table: str, nested: Nested) -> dict[str, Any]:
    """Return dlt's hints by column."""
    hints: dict[str, Any] = {}
    for name, kind in tables()[table].items():
        has_parts = kind.endswith("[]") or kind.startswith(_SHAPED)
        if has_parts and nested == "tables":
            continue
        hints[name] = {"data_type": "json" if has_parts else _TYPES[kind], "nullable": True}
    if table in RECORDS:
        hints[KEY] = {"data_type": "text", "nullable": False}
        hints[DELETED] = {"data_type": "bool", "hard_delete": True, "nullable": True}
    return hints


def kept(rows: pa.Table) -> pa.Table:
    """Return rows that are to be there."""
    return rows.append_column(DELETED, pa.nulls(rows.num_rows, pa.bool_()))


def gone(keys: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return rows that are to go: of each its key alone, in the columns of the others."""
    count = keys.num_rows
    columns = {one.name: keys[KEY] if one.name == KEY else pa.nulls(count, one.type) for one in schema}
    return pa.table({**columns, DELETED: pa.array([True] * count, pa.bool_())})
