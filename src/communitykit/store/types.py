"""What a field's annotation is in a table: its SQL and Arrow types, and how values go in and out. Pure.

While records are merged their values are *held*: plain and comparable, structures as dicts and lists, JSON as text.
What is stored for the first time is only *told*: structures may be the model's, since they come to be the same row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel
from pydantic_core import from_json, to_json

from communitykit.model.values import Value

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Scalar:
    """Text, a number, a truth value, a time or a day: the same in every form."""

    sql: str

    @property
    def arrow(self) -> pa.DataType:
        """Its type in Arrow."""
        import pyarrow as pa  # noqa: PLC0415 # who writes does not need it

        utc = pa.timestamp("us", tz="UTC")
        made: dict[str, pa.DataType] = {"VARCHAR": pa.string(), "BOOLEAN": pa.bool_(), "BIGINT": pa.int64()}
        return (made | {"DOUBLE": pa.float64(), "TIMESTAMPTZ": utc, "DATE": pa.date32(), "JSON": pa.string()})[self.sql]

    @property
    def is_plain(self) -> bool:
        """Whether a model's value may be told as it is."""
        return True

    def hold(self, value: Value) -> Value:
        """Return a model's value as it is held."""
        return value

    def tell(self, value: Value) -> Value:
        """Return a model's value as it is told, in the order in which it is held."""
        return value

    def held(self, value: Value) -> Value:
        """Return a stored value as it is held."""
        return value

    def decode(self, value: Value) -> Value:
        """Return a held value as the model's validation takes it."""
        return value


@dataclass(frozen=True, slots=True)
class Json(Scalar):
    """What has no shape of its own, as JSON text."""

    @property
    def is_plain(self) -> bool:
        """It is told as text."""
        return False

    def hold(self, value: Value) -> Value:
        """Return its text."""
        return None if value is None else to_json(value).decode()

    def tell(self, value: Value) -> Value:
        """Return its text."""
        return self.hold(value)

    def decode(self, value: Value) -> Value:
        """Return what the text says."""
        return None if value is None else from_json(value)


@dataclass(frozen=True, slots=True)
class Listing(Scalar):
    """A list of one type."""

    item: Scalar

    @property
    def arrow(self) -> pa.DataType:
        """A list of its items' type."""
        import pyarrow as pa  # noqa: PLC0415 # as above

        return pa.list_(self.item.arrow)

    @property
    def is_plain(self) -> bool:
        """As its items are."""
        return self.item.is_plain

    def tell(self, value: Value) -> Value:
        """Return it with its items told."""
        return value if value is None or self.is_plain else [self.item.tell(one) for one in value]

    def hold(self, value: Value) -> Value:
        """Return it as a list."""
        return None if value is None else [self.item.hold(one) for one in value]

    def held(self, value: Value) -> Value:
        """Return it with its items held."""
        return None if value is None else [self.item.held(one) for one in value]


@dataclass(frozen=True, slots=True)
class Mapped(Scalar):
    """A number for each of several names; held in the order of the names, since platforms tell them in any."""

    value: Scalar

    @property
    def arrow(self) -> pa.DataType:
        """Texts and their values."""
        import pyarrow as pa  # noqa: PLC0415 # as above

        return pa.map_(pa.string(), self.value.arrow)

    @property
    def is_plain(self) -> bool:
        """It is put in order."""
        return False

    def hold(self, value: Value) -> Value:
        """Return it in order."""
        return None if value is None else dict(sorted(value.items()))

    def tell(self, value: Value) -> Value:
        """Return it in order."""
        return self.hold(value) if value and len(value) > 1 else value

    def held(self, value: Value) -> Value:
        """Return it as a dict: Arrow has pairs instead."""
        return None if value is None else dict(sorted(value.items() if isinstance(value, dict) else value))


@dataclass(frozen=True, slots=True)
class Struct(Scalar):
    """A model inside a record."""

    fields: tuple[tuple[str, Scalar], ...]
    telling: tuple[tuple[str, Scalar], ...]
    """Those of them that are not told as they are."""

    @property
    def arrow(self) -> pa.DataType:
        """A structure of its fields' types."""
        import pyarrow as pa  # noqa: PLC0415 # as above

        return pa.struct([pa.field(name, kind.arrow) for name, kind in self.fields])

    @property
    def is_plain(self) -> bool:
        """As all its fields are."""
        return not self.telling

    def tell(self, value: Value) -> Value:
        """Return it as it is, unless some of its fields are told otherwise."""
        if value is None:
            return None
        fields, told = vars(value), value
        for name, kind in self.telling:
            one = fields[name]
            if one and (other := kind.tell(one)) is not one:
                told = {**(fields if told is value else told), name: other}
        return told

    def hold(self, value: Value) -> Value:
        """Return its fields by name."""
        return None if value is None else {name: kind.hold(getattr(value, name)) for name, kind in self.fields}

    def held(self, value: Value) -> Value:
        """Return it with its fields held."""
        return None if value is None else {name: kind.held(value[name]) for name, kind in self.fields}


_SCALARS: dict[object, Scalar] = {
    str: Scalar("VARCHAR"),
    bool: Scalar("BOOLEAN"),
    int: Scalar("BIGINT"),
    float: Scalar("DOUBLE"),
    AwareDatetime: Scalar("TIMESTAMPTZ"),
    datetime: Scalar("TIMESTAMPTZ"),
    date: Scalar("DATE"),
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
        return Listing(f"{item.sql}[]", item)
    if origin is dict and inner[1] is not Any:
        value = type_of(inner[1])
        return Mapped(f"MAP(VARCHAR, {value.sql})", value)
    if isinstance(plain, type) and issubclass(plain, BaseModel):
        fields = tuple((name, type_of(field.annotation)) for name, field in plain.model_fields.items())
        sql = ", ".join(f"{name} {kind.sql}" for name, kind in fields)
        return Struct(f"STRUCT({sql})", fields, tuple(one for one in fields if not one[1].is_plain))
    return Json("JSON")


def _plain(annotation: object) -> object:
    """Take Optional and Annotated off."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _plain(get_args(annotation)[0])
    if origin in {Union, UnionType}:
        kept = [_plain(item) for item in get_args(annotation) if item is not type(None)]
        return kept[0] if len(kept) == 1 else annotation
    return annotation
