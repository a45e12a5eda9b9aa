"""Functions that make one large value, bounded: DuckDB looks whether it is to stop only between values. Pure."""

from __future__ import annotations

from typing import Final

MOST: Final = 100_000
"""Characters, or elements, that one call of these functions makes."""
_NUMBER: Final = "coalesce(try_cast(CAST({0} AS VARCHAR) AS DOUBLE), epoch(try_cast(CAST({0} AS VARCHAR) AS {1})))"
"""A number, or the seconds of a moment or an interval, by its text: a macro's arguments have any type."""


def _within(kept: str, length: str) -> str:
    told = f"error('One value has at most {MOST:,} characters or elements here.')"
    return f"CASE WHEN {length} > {MOST} THEN {told} ELSE {kept} END"


def _steps(name: str) -> str:
    first, last = (_NUMBER.format(one, "TIMESTAMP") for one in ("a", "b"))
    step = _NUMBER.format("c", "INTERVAL")
    return f"""CREATE MACRO {name}
        (b) AS system.main.{name}({_within("b", "abs(b)")}),
        (a, b) AS system.main.{name}(a, {_within("b", "abs(b::DOUBLE - a::DOUBLE)")}),
        (a, b, c) AS system.main.{name}(a, {_within("b", f"abs(({last} - {first}) / {step})")}, c)"""


BOUNDED: Final = (
    f"CREATE MACRO repeat(a, n) AS system.main.repeat(a, {_within('n', 'n::DOUBLE * length(CAST(a AS VARCHAR))')})",
    f"CREATE MACRO lpad(a, n, b) AS system.main.lpad(a, {_within('n', 'n')}, b)",
    f"CREATE MACRO rpad(a, n, b) AS system.main.rpad(a, {_within('n', 'n')}, b)",
    f"CREATE MACRO bitstring(a, n) AS system.main.bitstring(a, {_within('n', 'n')})",
    *(
        f"CREATE MACRO {name}(a, n) AS system.main.{name}(a, {_within('n', 'n')}), "
        f"(a, n, b) AS system.main.{name}(a, {_within('n', 'n')}, b)"
        for name in ("list_resize", "array_resize")
    ),
    _steps("range"),
    _steps("generate_series"),
)
"""Statements that put them before DuckDB's own; as tables, `range` and `generate_series` can be stopped as they are."""
