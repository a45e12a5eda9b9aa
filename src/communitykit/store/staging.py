"""Values handed to DuckDB: rows as JSON, inside a statement or in a file that is memory; single values as literals.

Arrow would carry rows, too. But DuckDB imports `pyarrow.dataset` to take them, and that one imports pandas, wherever it
is installed; so does a statement with parameters. Each takes longer than storing thousands of records, and memory.
DuckDB reads rows from JSON as fast as pyarrow makes them of Python's values.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import repeat
from operator import is_
from typing import Self, TypeAlias

from pydantic_core import to_json

from communitykit.model.values import Value

Columns: TypeAlias = Mapping[str, tuple[str, Sequence[Value]]]
"""By name a column's type in SQL and its values: what JSON has, moments, days, and structures of the model's."""

_REPEATED = ("VARCHAR", "TIMESTAMPTZ")
_SAMPLE, _FEW = 64, 16
"""A column that has at most so few different values among its first ones, as many as that, is told as a list of them
and of places in it: what a page's records share takes a tenth of the time then."""


_LARGE = 1 << 16
"""So many bytes of rows are worth a file: a statement's text is read in ten times as long."""


def staged(columns: Columns) -> str:
    """Return a query, in parentheses, of rows with these values, in their order."""
    # Read from a table, though it has one row: a constant would be read into another constant, in thrice the time.
    return _selected(columns, lambda text: f"(VALUES ({literal(text.decode())}))")


@contextmanager
def handed_over(columns: Columns) -> Iterator[str]:
    """Yield `staged` of many rows, to be asked while this lasts.

    Where the system has files without a name that are memory alone, DuckDB reads the rows from one of those.
    """
    with _MemoryFiles() as files:
        yield _selected(columns, files.put)


class _MemoryFiles:
    def __init__(self) -> None:
        self._open: list[int] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._open:
            os.close(file)

    def put(self, text: bytes) -> str:
        """Return a table of one row that holds a text."""
        if sys.platform == "linux" and len(text) >= _LARGE:
            file = os.memfd_create("communitykit")
            self._open.append(file)
            path = f"/proc/self/fd/{file}"
            if os.path.exists(path):  # noqa: PTH110 # nobody has to mount it
                with open(file, "wb", closefd=False) as written:
                    written.write(text)
                return f"(SELECT content FROM read_text('{path}'))"  # noqa: S608 # ours
        return f"(VALUES ({literal(text.decode())}))"


def _selected(columns: Columns, put: Callable[[bytes], str]) -> str:
    """Return the query of rows whose JSON is in a table of one row, as `put` makes it."""
    counted, *others = columns
    if not columns[counted][1]:
        nothing = ", ".join(f'CAST(NULL AS {sql}) AS "{name}"' for name, (sql, _) in columns.items())
        return f"(SELECT {nothing} LIMIT 0)"
    told: dict[str, Sequence[Value]] = {counted: columns[counted][1]}
    shape = {counted: columns[counted][0]}
    selected = [f'unnest(j."{counted}") AS "{counted}"']
    for name in others:
        sql, values = columns[name]
        if _is_constant(values):
            selected.append(f'CAST({literal(values[0])} AS {sql}) AS "{name}"')
            continue
        told[name], shape[name] = values, sql.replace("JSON", "VARCHAR")
        if sql in _REPEATED and len(set(values[:_SAMPLE])) <= _FEW:
            places = {value: place for place, value in enumerate(dict.fromkeys(values), 1)}
            told |= {name: list(places), f"{name} of": list(map(places.__getitem__, values))}
            shape[f"{name} of"] = "INTEGER"
            selected.append(f'list_extract(j."{name}", unnest(j."{name} of")) AS "{name}"')
        else:
            selected.append(f'unnest(j."{name}") AS "{name}"')
    shapes = to_json({name: [sql] for name, sql in shape.items()}).decode()
    text = put(to_json(told))
    return f"(SELECT {', '.join(selected)} FROM (SELECT from_json_strict(t, '{shapes}') AS j FROM {text} AS v(t)))"  # noqa: S608 # escaped


def literal(value: object) -> str:
    """Return a value as a literal of SQL.

    Raises TypeError for what is neither a text, a number, a moment nor None.
    """
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, bool | int | float):
        return repr(value)
    if isinstance(value, datetime):
        return f"TIMESTAMPTZ '{value.isoformat()}'"
    raise TypeError(value)


def _is_constant(values: Sequence[Value]) -> bool:
    """Tell whether a column has one value throughout, mostly none; one with a NUL is none that a statement can hold."""
    first = values[0]
    is_simple = first is None or isinstance(first, bool | datetime) or (isinstance(first, str) and "\0" not in first)
    return is_simple and all(map(is_, values, repeat(first)))
