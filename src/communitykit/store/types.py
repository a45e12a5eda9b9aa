"""What a field's annotation is in a table: its SQL and Arrow types, and how values go in and out. Pure.

While records are merged their values are *held*: plain and comparable, structures as dicts and lists, JSON as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import accumulate, chain
from types import UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

import pyarrow as pa
from pydantic import AwareDatetime, BaseModel
from pydantic_core import from_json, to_json

from communitykit.model.values import Value

Values: TypeAlias = Sequence[Value]
Array: TypeAlias = "pa.Array[pa.Scalar[pa.DataType]]"
"""An array of Arrow's, of whatever type."""

UTC_TIME = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, slots=True)
class Scalar:
    """Text, a number, a truth value, a time or a day: the same in every form."""

    sql: str
    arrow: pa.DataType

    def hold(self, value: Value) -> Value:
        """Return a model's value as it is held."""
        return value

    def held(self, value: Value) -> Value:
        """Return a stored value as it is held."""
        return value

    def decode(self, value: Value) -> Value:
        """Return a held value as the model's validation takes it."""
        return value

    def array(self, values: Values) -> Array:
        """Return held values as Arrow's array; structures may be the model's, too."""
        return pa.array(values, self.arrow)


@dataclass(frozen=True, slots=True)
class Json(Scalar):
    """What has no shape of its own, as JSON text."""

    def hold(self, value: Value) -> Value:
        """Return its text."""
        return None if value is None else to_json(value).decode()

    def decode(self, value: Value) -> Value:
        """Return what the text says."""
        return None if value is None else from_json(value)


@dataclass(frozen=True, slots=True)
class Listing(Scalar):
    """A list of one type."""

    item: Scalar

    def hold(self, value: Value) -> Value:
        """Return it as a list."""
        return None if value is None else [self.item.hold(one) for one in value]

    def held(self, value: Value) -> Value:
        """Return it with its items held."""
        return None if value is None else [self.item.held(one) for one in value]

    def array(self, values: Values) -> Array:
        """Return the array: where each list begins, and all items one after another."""
        items: Value = self.item.array(list(chain.from_iterable(value for value in values if value is not None)))
        made: Array = pa.ListArray.from_arrays(_offsets(values), items)
        return made


@dataclass(frozen=True, slots=True)
class Mapped(Scalar):
    """A number for each of several names; held in the order of the names, since platforms tell them in any."""

    value: Scalar

    def hold(self, value: Value) -> Value:
        """Return it in order."""
        return None if value is None else dict(sorted(value.items()))

    def held(self, value: Value) -> Value:
        """Return the pairs as a dict."""
        return None if value is None else dict(sorted(value))

    def array(self, values: Values) -> Array:
        """Return the array: names and numbers one after another."""
        there = [self.hold(value) for value in values if value is not None]
        names: Value = pa.array(list(chain.from_iterable(there)), pa.string())
        numbers: Value = self.value.array(list(chain.from_iterable(value.values() for value in there)))
        made: Array = pa.MapArray.from_arrays(_offsets(values), names, numbers)
        return made


@dataclass(frozen=True, slots=True)
class Struct(Scalar):
    """A model inside a record."""

    fields: tuple[tuple[str, Scalar], ...]
    arrow_fields: tuple[pa.Field[pa.DataType], ...]

    def hold(self, value: Value) -> Value:
        """Return its fields by name."""
        return None if value is None else {name: kind.hold(getattr(value, name)) for name, kind in self.fields}

    def held(self, value: Value) -> Value:
        """Return it with its fields held."""
        return None if value is None else {name: kind.held(value[name]) for name, kind in self.fields}

    def array(self, values: Values) -> Array:
        """Return the array: one for each field."""
        empty: dict[str, Value] = dict.fromkeys(name for name, _ in self.fields)
        rows = [empty if one is None else one if isinstance(one, dict) else vars(one) for one in values]
        children = [kind.array([row[name] for row in rows]) for name, kind in self.fields]
        missing = pa.array([value is None for value in values], pa.bool_())
        return pa.StructArray.from_arrays(children, fields=list(self.arrow_fields), mask=missing)


_SCALARS: dict[object, Scalar] = {
    str: Scalar("VARCHAR", pa.string()),
    bool: Scalar("BOOLEAN", pa.bool_()),
    int: Scalar("BIGINT", pa.int64()),
    float: Scalar("DOUBLE", pa.float64()),
    AwareDatetime: Scalar("TIMESTAMPTZ", UTC_TIME),
    datetime: Scalar("TIMESTAMPTZ", UTC_TIME),
    date: Scalar("DATE", pa.date32()),
}


def type_of(annotation: object) -> Scalar:
    """Return the type of a field; what has no shape (`Any`, a dict of anything) is JSON."""
    plain = _plain(annotation)
    if plain in _SCALARS:
        return _SCALARS[plain]
    origin, inner = get_origin(plain), get_args(plain)
    if origin is Literal:
        return _SCALARS[str]
    if origin is tuple:
        item = type_of(inner[0])
        return Listing(f"{item.sql}[]", pa.list_(item.arrow), item)
    if origin is dict and inner[1] is not Any:
        value = type_of(inner[1])
        return Mapped(f"MAP(VARCHAR, {value.sql})", pa.map_(pa.string(), value.arrow), value)
    if isinstance(plain, type) and issubclass(plain, BaseModel):
        fields = tuple((name, type_of(field.annotation)) for name, field in plain.model_fields.items())
        sql = ", ".join(f"{name} {kind.sql}" for name, kind in fields)
        arrow = tuple(pa.field(name, kind.arrow) for name, kind in fields)
        return Struct(f"STRUCT({sql})", pa.struct(arrow), fields, arrow)
    return Json("JSON", pa.string())


def _plain(annotation: object) -> object:
    """Take Optional and Annotated off."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _plain(get_args(annotation)[0])
    if origin in {Union, UnionType}:
        kept = [_plain(item) for item in get_args(annotation) if item is not type(None)]
        return kept[0] if len(kept) == 1 else annotation
    return annotation


def _offsets(values: Values) -> Value:
    """Return where each value's items begin; an offset that is null makes its value null."""
    ends = [0, *accumulate(0 if value is None else len(value) for value in values)]
    begins = [None if value is None else begin for value, begin in zip(values, ends, strict=False)]
    return pa.array([*begins, ends[-1]], pa.int32())
