"""Records by column: as they are, in a fifth of the memory, for those who hold thousands of them. Pure.

A record is an object, a dict of all its fields and a set of those that were told. The ten thousand that are stored at
once lie nowhere near the processor by the time that they are stored, and neither does the memory in which the next are
made. Packed while they are at hand, they leave that memory to those that follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from operator import attrgetter, itemgetter
from typing import overload

from pydantic import BaseModel
from typing_extensions import override

from communitykit.model.records import RECORD_TYPES
from communitykit.model.values import Value

_KIND, _TOLD = attrgetter("record"), attrgetter("__pydantic_fields_set__")


@dataclass(slots=True)
class PackedKind:
    """Records of one kind, by column: their fields in the model's order, and for each record which were told."""

    kind: str
    columns: list[Sequence[Value]]
    told: list[frozenset[str]]

    def __len__(self) -> int:
        """Return how many records there are."""
        return len(self.told)

    def column(self, name: str) -> Sequence[Value]:
        """Return the values of a field."""
        return self.columns[_names(RECORD_TYPES[self.kind]).index(name)]

    def picked(self, places: Sequence[int]) -> PackedKind:
        """Return the records at some places."""
        columns: list[Sequence[Value]] = [[column[place] for place in places] for column in self.columns]
        return PackedKind(self.kind, columns, [self.told[place] for place in places])

    def records(self) -> Iterator[Value]:
        """Yield the records again: equal to those that were packed, knowing as those did which fields were told."""
        model = RECORD_TYPES[self.kind]
        names = _names(model)
        for values, told in zip(zip(*self.columns, strict=True), self.told, strict=True):
            record = model.__new__(model)
            # As pickle does, which a model supports: what was valid once is not validated again.
            record.__setstate__(
                {
                    "__dict__": dict(zip(names, values, strict=True)),
                    "__pydantic_fields_set__": set(told),
                    "__pydantic_extra__": None,
                    "__pydantic_private__": None,
                }
            )
            yield record


class Packed(Sequence[Value]):
    """Records of any kind, packed; as a sequence it makes each of them again whenever it is asked for."""

    def __init__(self, records: Sequence[Value]) -> None:
        """Pack records; what is none of the model's kinds is left out."""
        kinds = list(map(_KIND, records))
        if not set(kinds) <= RECORD_TYPES.keys():
            records = [record for record in records if record.record in RECORD_TYPES]
            kinds = list(map(_KIND, records))
        by_kind: dict[str, list[Value]] = {kind: [] for kind in dict.fromkeys(kinds)}
        for kind, record in zip(kinds, records, strict=True):
            by_kind[kind].append(record)
        self.kinds: Sequence[str] = kinds
        """The kind of each record, in their order."""
        self.by_kind = {kind: pack(kind, some) for kind, some in by_kind.items()}

    @override
    def __len__(self) -> int:
        return len(self.kinds)

    @override
    def __iter__(self) -> Iterator[Value]:
        unpacked = {kind: some.records() for kind, some in self.by_kind.items()}
        return (next(unpacked[kind]) for kind in self.kinds)

    @overload
    def __getitem__(self, index: int) -> Value: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Value]: ...

    @override
    def __getitem__(self, index: int | slice) -> Value:
        return list(self)[index]


def packed(records: Sequence[Value]) -> Packed:
    """Return records packed, if they are not yet."""
    return records if isinstance(records, Packed) else Packed(records)


def kinds_of(records: Sequence[Value]) -> Sequence[str]:
    """Return the kind of each record, without making any."""
    return records.kinds if isinstance(records, Packed) else list(map(_KIND, records))


def pack(kind: str, records: Sequence[Value]) -> PackedKind:
    """Pack records of one kind."""
    model = RECORD_TYPES[kind]
    columns: list[Sequence[Value]] = list(zip(*map(_fields(model), map(vars, records)), strict=True))
    told: list[frozenset[str]] = []
    before: frozenset[str] = frozenset()
    for fields in map(_TOLD, records):
        if fields != before:
            before = _shared(frozenset(fields))
        told.append(before)
    return PackedKind(kind, columns or [()] * len(_names(model)), told)


def joined(packs: Iterable[Packed]) -> dict[str, PackedKind]:
    """Return what is in several packs by kind, in their order."""
    found: dict[str, list[PackedKind]] = {}
    for one in packs:
        for kind, some in one.by_kind.items():
            found.setdefault(kind, []).append(some)
    return {kind: some[0] if len(some) == 1 else _joined(kind, some) for kind, some in found.items()}


def _joined(kind: str, packs: Sequence[PackedKind]) -> PackedKind:
    columns: list[Sequence[Value]] = []
    for parts in zip(*(one.columns for one in packs), strict=True):
        column: list[Value] = []
        for part in parts:
            column += part
        columns.append(column)
    return PackedKind(kind, columns, [told for one in packs for told in one.told])


@cache
def _names(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(model.model_fields)


@cache
def _fields(model: type[BaseModel]) -> itemgetter[tuple[Value, ...]]:
    return itemgetter(*_names(model))


@lru_cache(maxsize=4096)
def _shared(told: frozenset[str]) -> frozenset[str]:
    """Return one set for all that are equal: most records of a kind tell the same fields."""
    return told
