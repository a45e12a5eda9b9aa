"""The columns that each kind of record has, in Arrow's words and in Spark's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import duckdb
import pyarrow as pa
from communitykit.exchange import KEY
from communitykit.exchange.rows import DELETED_AT
from communitykit.store.columns import Column, field_columns
from communitykit.store.types import Json

_UTC: Final = pa.timestamp("us", tz="UTC")
_BESIDE: Final[tuple[pa.Field[Any], ...]] = (
    pa.field("as_of", _UTC),
    pa.field("fetched_at", _UTC),
    pa.field(KEY, pa.string()),
    pa.field(DELETED_AT, _UTC),
)
"""What a stream adds: the key to merge by, and when a row went; a batch leaves both empty."""
MIXED: Final = pa.schema([pa.field("record", pa.string()), pa.field("id", pa.string()), pa.field("json", pa.string()),
                          *_BESIDE])  # fmt: skip
"""The columns where no kind is chosen: the record's kind, and all its fields as JSON."""


def shape(kind: str | None) -> pa.Schema:
    """Return the columns of a kind, or those of all kinds together (None). Moments are in UTC, in microseconds."""
    if kind is None:
        return MIXED
    return pa.schema([*(pa.field(column.name, column.arrow) for column in _fields(kind)), *_BESIDE])


def shaped(kind: str, batch: pa.RecordBatch, wanted: pa.Schema) -> pa.RecordBatch:
    """Return a store's rows in these columns; those that it lacks are empty."""
    if wanted != MIXED:
        return _columns(pa.Table.from_batches([batch]), wanted)
    fields = ", ".join(f'"{column.name}" := {_worded(column)}' for column in _fields(kind) if column.name != "id")
    beside = ", ".join(f'"{name}"' for name in batch.schema.names if name in MIXED.names)
    query = f"SELECT '{kind}' AS record, to_json(struct_pack({fields})) AS json, {beside} FROM rows"  # noqa: S608 # our own names
    with duckdb.connect(config={"threads": 1}) as connection:  # as many as Spark gives a task
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("rows", batch)
        return _columns(connection.execute(query).to_arrow_table(), wanted)


def _fields(kind: str) -> list[Column]:
    return [column for column in field_columns(kind) if column.name != "raw"]


def _worded(column: Column) -> str:
    """Return the SQL of a field as JSON takes it: moments as RFC 3339 in UTC, JSON as what it says."""
    if column.arrow == _UTC:
        return f"strftime(\"{column.name}\" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')"
    return f'"{column.name}"::JSON' if isinstance(column.kind, Json) else f'"{column.name}"'


def gone(kind: str, keys: Iterable[str], at: object, wanted: pa.Schema) -> pa.RecordBatch:
    """Return the rows of what went: their key and when, all else empty."""
    told = list(keys)
    table = pa.table({KEY: pa.array(told, pa.string()), DELETED_AT: pa.array([at] * len(told), _UTC)})
    return _columns(table.append_column("record", pa.array([kind] * len(told), pa.string())), wanted)


def _columns(table: pa.Table, wanted: pa.Schema) -> pa.RecordBatch:
    arrays = [
        table.column(field.name).cast(field.type).combine_chunks()
        if field.name in table.column_names
        else pa.nulls(table.num_rows, field.type)
        for field in wanted
    ]
    made = pa.Table.from_arrays(arrays, schema=wanted).combine_chunks().to_batches()
    return made[0] if made else pa.RecordBatch.from_pylist([], schema=wanted)
