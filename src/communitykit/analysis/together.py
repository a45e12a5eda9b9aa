"""What stands behind `(other)`: the groups that were put together so that no small one is told."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from communitykit.privacy.audit import OTHER
from communitykit.privacy.groups import FOLDED

if TYPE_CHECKING:
    import duckdb

FEW: Final = "(other)"
"""What the groups are called that the analysis tables put together; `other` are those of one table of figures."""
_KEY: Final = "other_{dimension}"
_MOST_NAMED: Final = 14


def groups_in(connection: duckdb.DuckDBPyConnection, table: str, dimension: str) -> set[str | None]:
    """Return the groups of a dimension that colleagues are in; None is of those of whom none is told."""
    rows = connection.execute(f"SELECT DISTINCT {dimension} FROM {table} WHERE is_eligible").fetchall()  # noqa: S608 # our own names
    return {one for (one,) in rows}


def fact(dimension: str, before: Collection[str | None], after: Collection[str | None]) -> dict[str, str | None]:
    """Return the fact of `about` on what was put together, from the groups before and after."""
    gone = _sorted(set(before) - set(after))
    return {_KEY.format(dimension=dimension): json.dumps(gone, ensure_ascii=False)} if gone else {}


def put_together(
    about: Mapping[str, str | None],
    connection: duckdb.DuckDBPyConnection,
    dimension: str,
    shown: Collection[str | None],
) -> dict[str, tuple[str | None, ...]]:
    """Return the groups behind `(other)` and `other` of a table that shows these; nothing where no such row is.

    Of `other` they are all that have no row of their own, whether anybody counts there or not: to say in which somebody
    does would tell that they are few.
    """
    if dimension not in FOLDED:
        return {}
    behind = json.loads(about.get(_KEY.format(dimension=dimension)) or "[]")
    found: dict[str, tuple[str | None, ...]] = {}
    if FEW in shown and behind:
        found[FEW] = tuple(behind)
    if OTHER in shown:
        rest = groups_in(connection, "people", dimension) - set(shown)
        found[OTHER] = tuple(_sorted((rest - {FEW}) | (set(behind) if FEW in rest else set())))
    return {name: groups for name, groups in found.items() if groups}


def sentences(about: Mapping[str, str | None]) -> Iterable[str]:
    """Yield what was put together, dimension by dimension: a sentence each."""
    for dimension in FOLDED:
        behind = json.loads(about.get(_KEY.format(dimension=dimension)) or "[]")
        if behind:
            yield f"Small groups: {FEW} of {dimension} is {listed(dimension, behind)}."


def listed(dimension: str, groups: Sequence[str | None]) -> str:
    """Return the groups in words, at most fourteen of them by name.

    >>> listed("site", ["Lyon", None])
    'Lyon and colleagues of whom no site is told'
    """
    told = [one for one in groups if one is not None]
    named = told[:_MOST_NAMED]
    named += [f"{len(told) - len(named)} more"] if len(told) > len(named) else []
    named += [f"colleagues of whom no {dimension} is told"] if None in groups else []
    *first, last = named
    return f"{', '.join(first)} and {last}" if first else last


def _sorted(groups: Iterable[str | None]) -> list[str | None]:
    return sorted(groups, key=lambda one: (one is None, one or ""))
