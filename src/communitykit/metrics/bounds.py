"""What a definition may look at and hand out: the documented tables, groups by declared dimensions, and nobody's id."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from communitykit.errors import SettingsError
from communitykit.metrics.syntax import DIMENSIONS

TABLES: Final = frozenset({"people", "acts", "threads", "answers", "ties", "places", "coverage", "calendar"})
"""The analysis tables that a definition may read."""
FRAME: Final = frozenset(
    "periods platforms variants day_numbers days span population personal members arcs pairs".split()  # noqa: SIM905
)
"""What `frame` puts beside them."""
_GROUPING: Final = frozenset({"period", "place_id", *DIMENSIONS})
_FIGURES: Final = ("value", "numerator", "denominator", "persons")


def hold(query: exp.Query, where: str) -> None:
    """Hold a definition to its bounds.

    Raises:
        SettingsError: It reads another table or a file, recurses, names a group otherwise than by the words of
            `syntax`, or shows an id.
    """
    for with_ in query.find_all(exp.With):
        if with_.recursive:
            raise SettingsError("uses RECURSIVE, which engines answer differently", subject=where)
    known = TABLES | FRAME | {one.alias for one in query.find_all(exp.CTE)}
    for table in query.find_all(exp.Table):
        plain = isinstance(table.this, exp.Identifier) and not table.db and not table.catalog
        if not plain or table.name.lower() not in {one.lower() for one in known}:
            raise SettingsError(
                f"reads {table.sql(dialect='duckdb')[:80]!r}, which is none of the analysis tables",
                subject=where,
                remedy=f"There are: {', '.join(sorted(TABLES))}.",
            )
    for name in _renamed(query):
        if name.lower() in _GROUPING:
            raise SettingsError(
                f"calls a column {name!r} itself", subject=where, remedy="Groups come from by_when, by_who and by_what."
            )
    for both in query.find_all(exp.SetOperation):
        if not _grouped_alike(both.left, both.right):
            raise SettingsError("puts together SELECTs whose groups do not stand in the same columns", subject=where)
    for shown in _shown_ids(query):
        raise SettingsError(f"shows {shown.sql()}, which is one person's or post's", subject=where, remedy="Count it.")


def _renamed(query: exp.Query) -> Iterator[str]:
    for alias in query.find_all(exp.Alias):
        period = isinstance(alias.this, exp.Column) and alias.this.name == "period" and alias.alias == "period"
        if not period:
            yield alias.alias
    for table in query.find_all(exp.TableAlias):
        yield from (one.name for one in table.args.get("columns") or ())


def _grouped_alike(left: exp.Expr, right: exp.Expr) -> bool:
    """Tell whether the groups of one SELECT stand where those of the other do, and are groups there, too."""
    if not isinstance(left, exp.Select) or not isinstance(right, exp.Select):
        return isinstance(left, exp.SetOperation) and _grouped_alike(left.right, right)  # its own sides were compared
    (first, rest), (second, others) = _parted(left), _parted(right)
    plain = all(
        isinstance(other, exp.Column) and other.name == one.alias_or_name
        for one, other in zip(rest, others, strict=False)
        if one.alias_or_name.lower() in _GROUPING
    )
    return bool(first) == bool(second) and len(rest) == len(others) and plain


def _parted(select: exp.Select) -> tuple[list[exp.Expr], list[exp.Expr]]:
    """Part the words that lead from what follows; a word further behind is no group, and refused by its name."""
    chosen = select.selects
    leading = next((at for at, one in enumerate(chosen) if not isinstance(one, exp.Anonymous)), len(chosen))
    return chosen[:leading], chosen[leading:]


def _shown_ids(query: exp.Query) -> Iterator[exp.Column]:
    """Find the figures that are made of an id itself, be it under another name: not counted, nor only compared."""
    made_of_ids: set[str] = set()
    while True:
        found = {one.alias.lower() for one in query.find_all(exp.Alias) if any(_ids(one.this, made_of_ids))}
        if found <= made_of_ids:
            break
        made_of_ids |= found
    for one in query.selects:
        if one.alias_or_name in _FIGURES:
            yield from _ids(one, made_of_ids)


def _ids(part: exp.Expr, made_of_ids: set[str]) -> Iterator[exp.Column]:
    for column in part.find_all(exp.Column):
        name = column.name.lower()
        if (name.endswith("_id") or name in made_of_ids) and not _only_compared(column):
            yield column


def _only_compared(column: exp.Column) -> bool:
    node: exp.Expr = column
    while node.parent is not None and not isinstance(node.parent, exp.Select):
        if isinstance(node.parent, exp.Count | exp.Predicate | exp.Ordered):
            return True
        if isinstance(node.parent, exp.Window) and node.arg_key != "this":  # PARTITION BY
            return True
        node = node.parent
    return False
