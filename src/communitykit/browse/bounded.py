"""Functions that make one large value, bounded: DuckDB looks whether it is to stop only between values. Pure."""

from __future__ import annotations

from typing import Final

MOST: Final = 100_000
"""Characters, or elements, that one call of these functions makes."""
_NUMBER: Final = "try_cast(CAST({} AS VARCHAR) AS DOUBLE)"


def _within(kept: str, length: str) -> str:
    told = f"error('One value has at most {MOST:,} characters or elements here.')"
    return f"CASE WHEN {length} > {MOST} THEN {told} ELSE {kept} END"


def _steps(name: str) -> str:
    first, last, step = (_NUMBER.format(one) for one in ("a", "b", "c"))
    return f"""CREATE MACRO {name}
        (b) AS system.main.{name}({_within("b", "abs(b)")}),
        (a, b) AS system.main.{name}(a, {_within("b", "abs(b::DOUBLE - a::DOUBLE)")}),
        (a, b, c) AS system.main.{name}(a, {_within("b", f"abs(({last} - {first}) / {step})")}, c)"""


BOUNDED: Final = (
    f"CREATE MACRO repeat(a, n) AS system.main.repeat(a, {_within('n', 'n::DOUBLE * length(CAST(a AS VARCHAR))')})",
    f"CREATE MACRO lpad(a, n, b) AS system.main.lpad(a, {_within('n', 'n')}, b)",
    f"CREATE MACRO rpad(a, n, b) AS system.main.rpad(a, {_within('n', 'n')}, b)",
    *(
        f"CREATE MACRO {name}(a, n) AS system.main.{name}(a, {_within('n', 'n')}), "
        f"(a, n, b) AS system.main.{name}(a, {_within('n', 'n')}, b)"
        for name in ("list_resize", "array_resize")
    ),
    _steps("range"),
    _steps("generate_series"),
)
"""Statements that put them before DuckDB's own; as tables, `range` and `generate_series` can be stopped as they are."""
