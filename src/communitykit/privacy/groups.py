"""No figure over a small group: fold, suppress, then make sure that nothing hidden follows from what is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import pyarrow as pa

from communitykit.errors import SettingsError
from communitykit.model.values import Value
from communitykit.privacy.audit import Cell, Family, hide

FLOOR: Final = 5
"""The smallest group that may be shown without `unsafe`."""
REASON: Final = "small_group"
"""Why a figure is hidden; the same word for a small group and for one that would give it away."""
OTHER: Final = "other"
DIMENSIONS: Final = (
    "period", "platform", "department", "division", "site", "country", "place", "is_leader", "kind"
)  # fmt: skip
FOLDED: Final = ("department", "division", "site", "country")
"""Dimensions of which a person has one value: their groups can be put together by adding."""
_FAMILY: Final = ("metric", "variant")
_COVERAGE: Final = ("complete", "unknown", "partial")

Row = dict[str, Value]


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
    suppressed, and as much beside it as it takes: with everything that is shown and every total of it (by each
    dimension, over all windows) known, no hidden group's size can be narrowed to fewer than `k` + 1 values, and no
    hidden count follows, neither of those who did nor of those who did not: where all or none of what is hidden did,
    more is hidden, until some did and some did not. A linear programme checks that. Figures of one metric and variant
    are one family, so overlapping windows and a filter's complement belong into one table. What was shown elsewhere is
    not known here.

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
    families: dict[tuple[Value, ...], list[Row]] = {}
    for row in rows:
        families.setdefault(tuple(row.get(name) for name in _FAMILY), []).append(row)
    shown: list[Row] = []
    for family in families.values():
        folded = _fold(family, k, persons, by, [one for one in fold if one in by])
        hidden = hide(_family(folded, persons, by, values), k)
        for index, row in enumerate(folded):
            row.setdefault("reason", None)
            row["suppressed"] = index in hidden or bool(row.get("suppressed"))
            if index in hidden:
                row.update(dict.fromkeys((persons, *(one for one in values if one in row))), reason=REASON)
        shown.extend(folded)
    schema = table.schema
    for name, kind in (("suppressed", pa.bool_()), ("reason", pa.string())):
        if name not in schema.names:
            schema = schema.append(pa.field(name, kind))
    return pa.Table.from_pylist(shown, schema=schema)


def _fold(rows: list[Row], k: int, persons: str, by: Sequence[str], fold: Sequence[str]) -> list[Row]:
    """Put groups together that are small wherever they are told, dimension by dimension."""
    if not all(_adds(row) for row in rows):
        return rows
    for name in fold:
        largest: dict[Value, int] = {}
        for row in rows:
            largest[row[name]] = max(largest.get(row[name], 0), row[persons] or 0)
        small = {group for group, size in largest.items() if 0 < size < k}
        if len(small) < 2:  # noqa: PLR2004 # one alone would only get another name
            continue
        if OTHER in largest:
            small.add(OTHER)
        together: dict[tuple[Value, ...], Row] = {}
        for row in rows:
            group = OTHER if row[name] in small else row[name]
            key = (group, row.get("since"), row.get("until"), *(row[one] for one in by if one != name))
            one = {**row, name: group}
            together[key] = _added(together[key], one, persons) if key in together else one
        rows = list(together.values())
    return rows


def _adds(row: Mapping[str, Value]) -> bool:
    """Tell whether a figure is a quotient of its counts, or nothing at all: quotients can be put together."""
    above, below, value = row.get("numerator"), row.get("denominator"), row.get("value")
    if above is None or below is None:
        return False
    if not below:
        return value is None
    return value is not None and abs(value - above / below) <= 1e-9 * max(1.0, abs(value))


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


def _family(rows: Sequence[Row], persons: str, by: Sequence[str], values: Sequence[str]) -> Family:
    """Return rows as cells over atoms: a group in a stretch of time that no window cuts."""
    dated = bool(rows) and {"since", "until"} <= rows[0].keys()
    names = [one for one in by if not (dated and one == "period")]
    edges = sorted({row[one] for row in rows for one in ("since", "until")}) if dated else []
    counted = [one for one in ("numerator", "denominator") if one in values and one in (rows[0] if rows else {})]
    counted = [one for one in counted if all((row[one] or 0) >= 0 for row in rows)]
    # A count of the very persons is guarded as such already.
    told = [one for one in counted if any((row[one] or 0) != (row[persons] or 0) for row in rows)]
    # Who did not, too: where all of what is hidden did, everybody in it is known to have.
    rest = len(counted) == 2 and all((row["numerator"] or 0) <= (row["denominator"] or 0) for row in rows)  # noqa: PLR2004 # both
    rest = rest and any((row["numerator"] or 0) != (row["denominator"] or 0) for row in rows)
    cells = []
    for row in rows:
        group = tuple(row[one] for one in names)
        spans = _spans(row["since"], row["until"], edges) if dated else (None,)
        others = ((row["denominator"] or 0) - (row["numerator"] or 0),) if rest else ()
        counts = (row[persons] or 0, *(row[one] or 0 for one in told), *others)
        window = (row["since"], row["until"]) if dated else None
        cells.append(Cell((*group, window), frozenset((*group, span) for span in spans), counts))
    return Family(cells)


def _spans(since: date, until: date, edges: Sequence[date]) -> tuple[date, ...]:
    return tuple(edge for edge in edges if since <= edge < until)
