"""No figure over a small group: fold, suppress, then make sure that nothing hidden follows from what is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Final

import pyarrow as pa

from communitykit.errors import SettingsError
from communitykit.model.values import Value
from communitykit.privacy.audit import Cell, Family, Key, hide

FLOOR: Final = 5
"""The smallest group that may be shown without `unsafe`."""
REASON: Final = "small_group"
"""Why a figure is hidden; the same word for a small group and for one that would give it away."""
DIMENSIONS: Final = (
    "period", "platform", "department", "division", "site", "country", "place", "is_leader", "kind"
)  # fmt: skip
FOLDED: Final = ("department", "division", "site", "country")
"""Dimensions of which a person has one value: their groups can be put together by adding."""
_COVERAGE: Final = ("complete", "unknown", "partial")

_WINDOW: Final = {"since", "until"}

Row = dict[str, Value]
_Name = tuple[Value, Value]
"""A metric and its variant."""
_Place = tuple[Key, int]
"""A row's group (the window last), and a number where several rows are of one."""


def protect(
    table: pa.Table,
    *,
    k: int = 5,
    persons: str = "persons",
    dimensions: Sequence[str] | None = None,
    values: Sequence[str] = ("value", "numerator", "denominator"),
    fold: Sequence[str] = FOLDED,
    unsafe: bool = False,
) -> pa.Table:
    """Return figures in which no group of 1 to `k` - 1 persons is shown, nor can be worked out.

    Groups that are small throughout are folded into `other`, where that can be done by adding. What is still small is
    suppressed, and as much beside it as it takes: with the table and its totals known (each table over some of the
    dimensions, as it would be shown if it were asked for alone; over all windows, unless they overlap), no hidden
    group's size can be narrowed to fewer than `k` + 1 values, and no hidden count follows, neither of those who did nor
    of those who did not: where all or none of what is hidden did, more is hidden, until some did and some did not. A
    linear programme checks that.

    So a table may be shown beside its totals, one after the other. Tables that cross (by department and site, by
    department and country) do not know of one another and may tell more together: ask for one by all of their
    dimensions. What follows from its totals already, since those cross, a table cannot take back; it is still kept from
    who knows the table and totals that are nested. Variants of a metric do not tell the sizes that another hides, where
    they are of the same persons. Overlapping windows and a filter's complement belong into one table. What was shown
    elsewhere is not known here, and persons are taken to add up.

    Args:
        table: One figure a row. Where it has `since` and `until` (DATE, exclusive), they are its window.
        k: The smallest group, in persons.
        persons: The column that counts the persons whom a figure rests on; NULL and 0 are nobody, who needs no hiding.
        dimensions: The columns that tell groups apart. Default: those of `DIMENSIONS` that there are.
        values: The columns to empty. `numerator` and `denominator` are taken as counts that add up.
        fold: The dimensions whose small groups may be put together: those of which a person has one value.
        unsafe: Allow a `k` below 5.

    Returns:
        The table, with `suppressed` (BOOLEAN) and `reason` (`small_group`); `persons` and `values` are NULL there.

    Raises:
        SettingsError: `k` is below 5 without `unsafe`, or below 1; or a column is missing.
    """
    if k < 1 or (k < FLOOR and not unsafe):
        raise SettingsError(f"groups of {k} are too small to be shown", remedy=f"Take {FLOOR} or more persons.")
    if persons not in table.column_names:
        raise SettingsError(f"the figures have no column {persons!r}, so groups cannot be told from persons")
    rows: list[Row] = table.to_pylist()
    by = [one for one in dimensions or DIMENSIONS if one in table.column_names]
    names = [one for one in by if not (one == "period" and set(table.column_names) >= _WINDOW)]
    emptied = [persons, *(one for one in values if one in table.column_names)]
    variants = _variants(rows, names)
    families: dict[_Name, tuple[Family, frozenset[int]]] = {}
    for together in _together(variants, persons):
        made = [_family(variants[one], k, persons, values, names, fold) for one in together]
        families |= zip(together, zip(made, hide(made), strict=True), strict=True)
    shown: list[Row] = []
    for name, variant in variants.items():
        (family, hidden), members = families[name], list(variant.values())
        groups = family.table(family.whole)
        for at, (cell, places) in enumerate(zip(groups.cells, groups.members, strict=True)):
            row = _summed([members[one] for one in places], names, cell.key, persons)
            row.setdefault("reason", None)
            row["suppressed"] = at in hidden or bool(row.get("suppressed"))
            if at in hidden:
                row.update(dict.fromkeys(emptied), reason=REASON)
            shown.append(row)
    schema = table.schema
    for column, kind in (("suppressed", pa.bool_()), ("reason", pa.string())):
        if column not in schema.names:
            schema = schema.append(pa.field(column, kind))
    return pa.Table.from_pylist(shown, schema=schema)


def _variants(rows: Sequence[Row], names: Sequence[str]) -> dict[_Name, dict[_Place, Row]]:
    """Return the rows by metric and variant, and those by group (the window last)."""
    found: dict[_Name, dict[_Place, Row]] = {}
    for row in rows:
        variant = found.setdefault((row.get("metric"), row.get("variant")), {})
        key = (*(row[name] for name in names), (row["since"], row["until"]) if row.keys() >= _WINDOW else None)
        number = next(number for number in count() if (key, number) not in variant)
        variant[key, number] = row
    return found


def _together(variants: Mapping[_Name, Mapping[_Place, Row]], persons: str) -> list[list[_Name]]:
    """Return the variants, together those of a metric that are of the very same persons."""
    found: list[tuple[Value, dict[_Place, Value], list[_Name]]] = []
    for name, variant in variants.items():
        sizes = {place: row[persons] or 0 for place, row in variant.items()}
        same = next((one[2] for one in found if one[:2] == (name[0], sizes)), None)
        if same is None:
            found.append((name[0], sizes, [name]))
        else:
            same.append(name)
    return [one[2] for one in found]


def _adds(row: Mapping[str, Value]) -> bool:
    """Tell whether a figure is a quotient of its counts, or nothing at all: quotients can be put together."""
    above, below, value = row.get("numerator"), row.get("denominator"), row.get("value")
    if above is None or below is None:
        return False
    if not below:
        return value is None
    return value is not None and abs(value - above / below) <= 1e-9 * max(1.0, abs(value))


def _summed(rows: Sequence[Row], names: Sequence[str], key: Key, persons: str) -> Row:
    """Return rows put together, under the names of the group that they are now."""
    made = dict(rows[0])
    for row in rows[1:]:
        made = _added(made, row, persons)
    return made | dict(zip(names, key, strict=False))


def _added(one: Row, two: Mapping[str, Value], persons: str) -> Row:
    above, below = one["numerator"] + two["numerator"], one["denominator"] + two["denominator"]
    made = {
        **one,
        "numerator": above,
        "denominator": below,
        "value": above / below if below else None,
        persons: (one[persons] or 0) + (two[persons] or 0),
    }
    if "reason" in one:
        made["reason"] = None if below else one["reason"] or two["reason"]
    if "coverage" in one:
        made["coverage"] = max(one["coverage"], two["coverage"], key=_COVERAGE.index)
    if "inferred" in one:
        made["inferred"] = None if None in (one["inferred"], two["inferred"]) else max(one["inferred"], two["inferred"])
    if "platforms" in one:
        names = {name for row in (one, two) for name in (row["platforms"] or "").split(", ") if name}
        made["platforms"] = ", ".join(sorted(names))
    return made


def _family(
    variant: Mapping[_Place, Row],
    k: int,
    persons: str,
    values: Sequence[str],
    names: Sequence[str],
    fold: Sequence[str],
) -> Family:
    """Return rows as cells over atoms: a group in a stretch of time that no window cuts."""
    edges = sorted({edge for (*_, window), _ in variant if window for edge in window})
    counts: list[list[float]] = [[row[persons] or 0 for row in variant.values()]]
    told, are_persons = _counts(list(variant.values()), counts[0], values)
    cells = []
    for (key, number), *of_cell in zip(variant, *counts, *told, strict=True):
        window = key[-1]
        spans = [edge for edge in edges if window[0] <= edge < window[1]] if window else [None]
        cells.append(Cell(key, frozenset((*key[:-1], number, span) for span in spans), tuple(of_cell)))
    adds = all(map(_adds, variant.values()))
    places = [names.index(one) for one in fold if adds and one in names]
    return Family(cells, k, places, (1, 2) if are_persons else None)


def _counts(rows: Sequence[Row], persons: list[float], values: Sequence[str]) -> tuple[list[list[float]], bool]:
    """Return what is counted beside persons, and whether that is those of them who did, and those who did not.

    Who did not is told by the others: where all of what is hidden did, everybody in it is known to have.
    """
    counts = {one: [row[one] or 0 for row in rows] for one in ("numerator", "denominator") if one in values}
    counts = {name: one for name, one in counts.items() if all(each >= 0 for each in one)}
    # A count of the very persons is guarded as such already.
    told = [one for one in counts.values() if one != persons]
    if not {"numerator", "denominator"} <= counts.keys() or counts["numerator"] == counts["denominator"]:
        return told, False
    rest = [below - above for above, below in zip(counts["numerator"], counts["denominator"], strict=True)]
    if min(rest) < 0:
        return told, False
    return [*told, rest], counts["denominator"] == persons
