"""What changed in a store as rows of JSON, for tools that load such rows into tables: merged, each whole, by a key.

A row that is there has `vanished_at` None. One that is not any more (deleted, emptied, undone, vanished, erased) comes
as its key and `vanished_at` alone (when the run ended that told it): whoever stores it so has nothing left of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import cache
from typing import Final

import pyarrow as pa
from pydantic_core import from_json

from communitykit.exchange.changes import KEY, RECORDS, Changes
from communitykit.model.values import Value
from communitykit.store import Store
from communitykit.store.columns import Column, field_columns
from communitykit.store.types import Json, Listing, Mapped, Scalar, Struct

DELETED_AT: Final = "vanished_at"
STREAMS: Final[tuple[str, ...]] = tuple(RECORDS)
"""The tables that change, as streams are called."""
_BATCH: Final = 10_000
_OWN_WORDS: Final = ("as_of", "fetched_at")
_TYPES: Final[dict[Value, dict[str, Value]]] = {
    pa.string(): {"type": ["string", "null"]},
    pa.bool_(): {"type": ["boolean", "null"]},
    pa.int64(): {"type": ["integer", "null"]},
    pa.float64(): {"type": ["number", "null"]},
    pa.timestamp("us", tz="UTC"): {"type": ["string", "null"], "format": "date-time"},
    pa.date32(): {"type": ["string", "null"], "format": "date"},
}


@cache
def _columns(table: str) -> tuple[Column, ...]:
    """Return the columns that are handed on: the model's fields but for payloads, which nobody asked for here."""
    return tuple(column for column in field_columns(RECORDS[table]) if column.name != "raw")


def json_schema(table: str, *, deleted_at: str = DELETED_AT) -> dict[str, Value]:
    """Return the JSON Schema of a stream's rows; all but the key may be null. Moments are RFC 3339, in UTC."""
    moment = _TYPES[pa.timestamp("us", tz="UTC")]
    fields = {column.name: _schema(column.kind) for column in _columns(table)}
    own = {KEY: {"type": ["string"]}, **fields, **dict.fromkeys((*_OWN_WORDS, deleted_at), moment)}
    return {"type": "object", "properties": own, "required": [KEY]}


def _schema(kind: Scalar, *, nested: bool = False) -> dict[str, Value]:
    """Return a field's schema. Moments inside of structures are texts: checkers trip over the format there."""
    if isinstance(kind, Listing):
        return {"type": ["array", "null"], "items": _schema(kind.item, nested=True)}
    if isinstance(kind, Struct):
        fields = {name: _schema(one, nested=True) for name, one in kind.fields}
        return {"type": ["object", "null"], "properties": fields}
    if isinstance(kind, Mapped):
        return {"type": ["object", "null"], "additionalProperties": _schema(kind.value, nested=True)}
    if isinstance(kind, Json):
        return {"type": ["object", "null"]}
    told = _TYPES[kind.arrow]
    return {"type": told["type"]} if nested else dict(told)


def changes(
    store: Store, since_run: str | None, tables: Iterable[str] = STREAMS, *, deleted_at: str = DELETED_AT
) -> Iterator[tuple[str, dict[str, Value]]]:
    """Yield the table and the row of each change since a run, or of all there is; in a table, what is gone comes last.

    (Loaders are known that take a first row with little in it for a header.)

    Raises StoreError for a run that is not in the store.
    """
    told = Changes(store, since_run)
    ended = store.sql("SELECT ended_at FROM runs WHERE run_id = ?", [told.run])["ended_at"].to_pylist()
    for table in tables:
        for batch in told.rows(table, batch=_BATCH):
            for row in batch.to_pylist():
                fields = {column.name: _value(column.kind, row[column.name]) for column in _columns(table)}
                own = {name: _plain(row[name]) for name in _OWN_WORDS}
                yield table, {KEY: row[KEY], **fields, **own, deleted_at: None}
        for key in told.vanished(table)[KEY].to_pylist():
            yield table, {KEY: key, deleted_at: _plain(ended[0])}


def _value(kind: Scalar, value: Value) -> Value:
    if value is None:
        return None
    if isinstance(kind, Listing):
        return [_value(kind.item, one) for one in value]
    if isinstance(kind, Struct):
        return {name: _value(one, value[name]) for name, one in kind.fields}
    if isinstance(kind, Mapped):
        return {name: _value(kind.value, one) for name, one in value}
    return from_json(value) if isinstance(kind, Json) else _plain(value)


def _plain(value: object) -> Value:
    return value.isoformat() if isinstance(value, date | datetime) else value
