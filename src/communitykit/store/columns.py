"""The store's tables, derived from the model: one column per field, plus provenance. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pyarrow as pa
from pydantic import AwareDatetime, BaseModel
from pydantic_core import from_json, to_json

from communitykit.model import RECORD_TYPES

SCHEMA_VERSION = 2

TABLES: dict[str, str] = {
    "member": "members",
    "community": "communities",
    "membership": "memberships",
    "post": "posts",
    "event": "events",
    "measure": "measures",
    "coverage": "coverage",
    "issue": "issues",
}
"""Table by record kind."""

MERGED = ("member", "community", "membership", "post", "event", "measure")
"""Kinds that have an id and are merged; the others are appended."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its SQL and Arrow types, whether it holds JSON, and what an untold field reads as."""

    name: str
    sql: str
    arrow: pa.DataType
    json: bool = False
    default: Any = None

    def encode(self, value: Any) -> Any:  # noqa: ANN401 # any field's value
        """Turn a field's value into the column's."""
        if value is None or (value == () and self.default == ()):
            return None  # nothing to hold, and nothing else that the empty column could mean
        if self.json:
            return to_json(value).decode()
        return list(value) if isinstance(value, tuple) else value

    def array(self, values: Sequence[Any]) -> pa.Array[Any]:
        """Turn many fields' values into the column's array."""
        if self.default == () and not any(values):
            values = [None] * len(values)
        elif self.json or self.default == ():
            values = [self.encode(value) for value in values]
        return pa.array(values, self.arrow)

    def decode(self, value: Any) -> Any:  # noqa: ANN401 # any column's value
        """Turn the column's value into one that the model's validation takes."""
        if value is None:
            return () if self.default == () else None
        return from_json(value) if self.json else value


_UTC = pa.timestamp("us", tz="UTC")
_PROVENANCE = (
    Column("source_connector", "VARCHAR", pa.string()),
    Column("source_version", "VARCHAR", pa.string()),
    Column("source_origin", "VARCHAR", pa.string()),
    Column("fetched_at", "TIMESTAMPTZ", _UTC),
    Column("as_of", "TIMESTAMPTZ", _UTC),
    Column("provenance", "VARCHAR", pa.string()),
)
PROVENANCE_NAMES = tuple(column.name for column in _PROVENANCE)


@cache
def field_columns(kind: str) -> tuple[Column, ...]:
    """Return the columns of a record kind that are fields of the model, in the model's order."""
    model = RECORD_TYPES[kind]
    return tuple(
        _column(name, field.annotation, field.default)
        for name, field in model.model_fields.items()
        if name not in {"record", "source"}
    )


@cache
def columns(kind: str) -> tuple[Column, ...]:
    """Return all columns of a record kind's table."""
    extra = (Column("stub", "BOOLEAN", pa.bool_()),) if kind == "member" else ()
    return (*field_columns(kind), *extra, *(_PROVENANCE if kind in MERGED else ()))


@cache
def by_name(kind: str) -> Mapping[str, Column]:
    """Return the field columns by name."""
    return {column.name: column for column in field_columns(kind)}


def arrow_schema(kind: str) -> pa.Schema:
    """Return the table's schema as Arrow's."""
    return pa.schema([pa.field(column.name, column.arrow) for column in columns(kind)])


_SCALARS: dict[Any, tuple[str, pa.DataType]] = {
    str: ("VARCHAR", pa.string()),
    bool: ("BOOLEAN", pa.bool_()),
    int: ("BIGINT", pa.int64()),
    float: ("DOUBLE", pa.float64()),
    AwareDatetime: ("TIMESTAMPTZ", _UTC),
    datetime: ("TIMESTAMPTZ", _UTC),
    date: ("DATE", pa.date32()),
}


def _column(name: str, annotation: Any, default: Any) -> Column:  # noqa: ANN401 # a type as a value
    plain = _plain(annotation)
    empty = default if default == () else None
    if plain in _SCALARS:
        sql, arrow = _SCALARS[plain]
        return Column(name, sql, arrow)
    if get_origin(plain) is Literal:
        return Column(name, "VARCHAR", pa.string())
    if get_origin(plain) is tuple and _plain(get_args(plain)[0]) is str:
        return Column(name, "VARCHAR[]", pa.list_(pa.string()), default=empty)
    return Column(name, "JSON", pa.string(), json=True, default=empty)


def _plain(annotation: Any) -> Any:  # noqa: ANN401 # a type as a value
    """Take Optional and Annotated off."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _plain(get_args(annotation)[0])
    if origin in {Union, UnionType}:
        kept = [_plain(item) for item in get_args(annotation) if item is not type(None)]
        return kept[0] if len(kept) == 1 else annotation
    return annotation


def default_of(kind: str, name: str) -> Any:  # noqa: ANN401 # any field's default
    """Return the value that an untold field reads as: the model's default, encoded."""
    model: type[BaseModel] = RECORD_TYPES[kind]
    field = model.model_fields[name]
    return None if field.is_required() else by_name(kind)[name].encode(field.default)
