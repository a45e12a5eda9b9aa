"""A figure is a row: its value with what has to be known to read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from communitykit.model.values import Value
from communitykit.privacy import protect
from communitykit.privacy.groups import FOLDED

FIXED: Final = ("metric", "variant", "period", "since", "until")
_TAIL: Final[list[pa.Field[pa.DataType]]] = [
    pa.field("value", pa.float64()),
    pa.field("numerator", pa.float64()),
    pa.field("denominator", pa.float64()),
    pa.field("persons", pa.int64()),
    pa.field("suppressed", pa.bool_()),
    pa.field("reason", pa.string()),
    pa.field("coverage", pa.string()),
    pa.field("inferred", pa.float64()),
    pa.field("platforms", pa.string()),
]


def schema(by: Sequence[str]) -> pa.Schema:
    """Return a result's columns; `by` without the grain."""
    head: list[pa.Field[pa.DataType]] = [
        pa.field(name, pa.date32() if name in {"since", "until"} else pa.string()) for name in FIXED
    ]
    return pa.schema([*head, *(pa.field(name, pa.string()) for name in by), *_TAIL])


def table(rows: Sequence[dict[str, Value]], by: Sequence[str]) -> pa.Table:
    """Return rows as a table, in the order of periods, dimensions and variants."""
    return pa.Table.from_pylist(list(rows), schema=schema(by))


def shield(figures: pa.Table, k: int, by: Sequence[str], *, adds: bool, unsafe: bool) -> pa.Table:
    """Return the figures without those that rest on fewer than `k` persons, and those that would give them away.

    Args:
        figures: As `table` made them.
        k: The smallest group, in persons.
        by: The dimensions, the grain apart.
        adds: Whether numerators and denominators of groups add up to those of both, so that groups can be put together.
        unsafe: Allow a `k` below 5.
    """
    return protect(figures, k=k, dimensions=("period", *by), fold=FOLDED if adds else (), unsafe=unsafe)
