"""The store's tables, derived from the model: one column per field, plus provenance. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import repeat
from operator import is_
from typing import TYPE_CHECKING

from pydantic import BaseModel

from communitykit.model import RECORD_TYPES
from communitykit.model.values import Value
from communitykit.store.types import Scalar, type_of

if TYPE_CHECKING:
    import pyarrow as pa

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
    """A column: its type, and whether a field that is not told reads as empty rather than as None."""

    name: str
    kind: Scalar
    may_be_empty: bool = False

    @property
    def sql(self) -> str:
        """Its type in SQL."""
        return self.kind.sql

    @property
    def arrow(self) -> pa.DataType:
        """Its type in Arrow."""
        return self.kind.arrow

    def hold(self, value: object) -> Value:
        """Turn a field's value into the column's; one that is empty needs no cell."""
        return None if value == () and self.may_be_empty else self.kind.hold(value)

    def tell(self, values: Sequence[Value]) -> Sequence[Value]:
        """Turn many fields' values into those of the column's rows."""
        if self.may_be_empty:
            values = [value or None for value in values]
        if self.kind.is_plain or all(map(is_, values, repeat(None))):
            return values
        return [self.kind.tell(value) for value in values]

    def decode(self, value: object) -> Value:
        """Turn the column's value into one that the model's validation takes."""
        return () if value is None and self.may_be_empty else self.kind.decode(self.kind.held(value))


_TEXT, _TIME = type_of(str), type_of(datetime)
_PROVENANCE = (
    Column("source_connector", _TEXT),
    Column("source_version", _TEXT),
    Column("source_origin", _TEXT),
    Column("fetched_at", _TIME),
    Column("as_of", _TIME),
    Column("provenance", _TEXT),
)
PROVENANCE_NAMES = tuple(column.name for column in _PROVENANCE)
NETWORK = ("platform", "network")
"""Columns that every table with an id (or a slice) has, taken from it where rows are appended."""
_RUNS = (Column("first_run", _TEXT), Column("changed_run", _TEXT))
_OWN = {
    "member": (Column("stub", type_of(bool)),),
    "post": (Column("last_run", _TEXT), Column("seen_before", _TIME)),
}


@cache
def field_columns(kind: str) -> tuple[Column, ...]:
    """Return the columns of a record kind that are fields of the model, in the model's order."""
    model = RECORD_TYPES[kind]
    return tuple(
        Column(name, type_of(field.annotation), may_be_empty=field.default == ())
        for name, field in model.model_fields.items()
        if name not in {"record", "source"}
    )


@cache
def columns(kind: str) -> tuple[Column, ...]:
    """Return the columns of a record kind's table that its rows are made of: all but `NETWORK`."""
    beside = (*_OWN.get(kind, ()), *_RUNS, *_PROVENANCE) if kind in MERGED else ()
    return (*field_columns(kind), *beside)


@cache
def by_name(kind: str) -> Mapping[str, Column]:
    """Return the field columns by name."""
    return {column.name: column for column in field_columns(kind)}


def default_of(kind: str, name: str) -> Value:
    """Return the value that an untold field reads as: the model's default, held."""
    model: type[BaseModel] = RECORD_TYPES[kind]
    field = model.model_fields[name]
    return None if field.is_required() else by_name(kind)[name].hold(field.default)
