"""Answer a question of the catalogue over the analysis tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
from sqlglot import exp

from communitykit.analysis.dialect import APPROXIMATE, render
from communitykit.errors import SettingsError, wrong_argument
from communitykit.metrics import result
from communitykit.metrics.catalogue import NEEDS, Definition, find, is_built_in
from communitykit.metrics.frame import ALL, compose, reach_back
from communitykit.metrics.periods import Period
from communitykit.metrics.record import Record, Tables
from communitykit.metrics.syntax import DIMENSIONS, GRAINS, Value

if TYPE_CHECKING:
    from communitykit.connector.times import Moment


@dataclass(frozen=True, slots=True)
class Question:
    """A definition with everything that one asking settles."""

    definition: Definition
    by: tuple[str, ...]
    periods: tuple[Period, ...]
    parameters: Mapping[str, Value]

    @property
    def attribute(self) -> str:
        """What silos are measured by."""
        return str(self.parameters.get("attribute", "department"))

    def query(self, record: Record) -> exp.Query:
        """Return it as one query, ready to be rendered."""
        return compose(
            self.definition,
            by=self.by,
            periods=self.periods,
            platforms=record.platforms,
            parameters=self.parameters,
            observed_us=record.observed_us,
            tellers={need: record.tells(need, self.attribute) for need in self.definition.needs},
        )


def measure(  # each is a part of the question
    analysis: Tables | Record,
    name: str,
    *,
    by: str | Sequence[str] = (),
    since: Moment | None = None,
    until: Moment | None = None,
    k: int = 5,
    unsafe: bool = False,
    definitions: Path | str | None = None,
    **parameters: Value,
) -> pa.Table:
    """Return a metric's figures, one a row.

    Args:
        analysis: The analysis tables, or a `Record` of them, which remembers between calls what it found out.
        name: A definition's name (`catalogue()`).
        by: One name, or several: at most one of day, week, month, quarter, year, and any of the definition's
            dimensions.
        since: The first day, in the record's zone: a date, a datetime, or a text as on the command line, where a length
            (`90d`, `3mo`) counts back from the record's end. Default: the record's first.
        until: The day after the last, likewise. Default: that after the record's last.
        k: A figure that rests on fewer persons is suppressed, and what would give it away.
        unsafe: Allow a `k` below 5.
        definitions: A folder of definitions of one's own.
        parameters: The definition's parameters.

    Returns:
        Columns metric, variant, period, since, until (exclusive), one per dimension, value, numerator, denominator,
        persons, suppressed, reason, coverage, inferred, platforms. A zero denominator gives no value; what no platform
        tells gives none either, and the reason.

    Raises:
        SettingsError: There is no such metric, dimension or parameter, the window holds no day of the record, or `k` is
            below 5 without `unsafe`.
        TypeError: An argument is of another type: `since=5`, say.
    """
    record = _record(analysis)
    if not isinstance(k, int):
        raise wrong_argument("k", k, "a whole number")
    question = ask(record, name, by=by, since=since, until=until, definitions=definitions, **parameters)
    query = question.query(record)
    if record is analysis:  # others may ask for the same
        query = record.shelf.use(query)
    found = _answers(record, question.definition, render(query, pretty=False))
    rows = _rows(record, question, found)
    figures = result.table(rows, question.by)
    return result.shield(figures, k, question.by, adds=question.definition.adds, unsafe=unsafe)


def _record(analysis: Tables | Record) -> Record:
    if isinstance(analysis, Record):
        return analysis
    if not hasattr(analysis, "connection"):
        raise wrong_argument("analysis", analysis, "opened analysis tables: Analysis(path) of communitykit.analysis")
    return Record(analysis)


def _answers(record: Record, definition: Definition, query: str) -> list[dict[str, Any]]:
    try:
        cursor = record.connection.execute(query)
    except (duckdb.BinderException, duckdb.CatalogException, duckdb.ConversionException) as error:
        if is_built_in(definition):
            raise
        raise SettingsError(f"its SQL does not work: {str(error).splitlines()[0]}", subject=definition.name) from None
    except duckdb.OutOfRangeException:
        raise SettingsError(
            "a parameter is larger than anything can be counted with",
            subject=definition.name,
            remedy="Take a smaller one.",
        ) from None
    columns = [one[0] for one in cursor.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def sql(  # each is a part of the question
    analysis: Tables | Record,
    name: str,
    *,
    dialect: str = "duckdb",
    by: str | Sequence[str] = (),
    since: Moment | None = None,
    until: Moment | None = None,
    definitions: Path | str | None = None,
    **parameters: Value,
) -> str:
    """Return the query that `measure` runs, for an engine that holds the same tables. Nothing in it is suppressed.

    Raises:
        SettingsError: As `measure`, or there is no such dialect.
    """
    record = _record(analysis)
    question = ask(record, name, by=by, since=since, until=until, definitions=definitions, **parameters)
    head = f"-- {question.definition.title['en']}: no figure is suppressed here; small groups are yours to hide.\n"
    if dialect in APPROXIMATE:
        head += f"-- {APPROXIMATE[dialect]}.\n"
    return head + render(question.query(record), dialect) + "\n"


def ask(  # each is a part of the question
    record: Record,
    name: str,
    *,
    by: str | Sequence[str] = (),
    since: Moment | None = None,
    until: Moment | None = None,
    definitions: Path | str | None = None,
    **parameters: Value,
) -> Question:
    """Settle a question.

    Raises:
        SettingsError: There is no such metric, dimension or parameter, or the window holds no day of the record.
    """
    definition = find(name, definitions)
    by = names_in(by)
    grains = [one for one in by if one in GRAINS]
    wanted = tuple(dict.fromkeys(one for one in by if one not in GRAINS))
    if len(grains) > 1:
        raise SettingsError(f"cannot be asked by {' and '.join(grains)} at once", subject=name)
    for one in wanted:
        if one not in definition.dimensions:
            offered = [*GRAINS, *(each for each in definition.dimensions if each in DIMENSIONS)]
            raise SettingsError(
                f"cannot be asked by {one!r}",
                subject=name,
                remedy=_instead(one, offered),
            )
    periods = record.periods(grains[0] if grains else None, record.day(since, "since"), record.day(until, "until"))
    return Question(definition, wanted, periods, definition.settle(parameters))


def _instead(name: str, offered: Sequence[str]) -> str:
    close = get_close_matches(name, offered, n=1)
    return f"{f'Did you mean {close[0]!r}? ' if close else ''}Take of: {', '.join(offered)}."


def names_in(by: object) -> tuple[str, ...]:
    """Return what is asked by, one name or several.

    Raises TypeError for what is neither.
    """
    names = (by,) if isinstance(by, str) else tuple(by) if isinstance(by, Iterable) else (by,)
    for one in names:
        if not isinstance(one, str):
            raise wrong_argument("by", one, 'the name of a period or dimension ("month"), or several')
    return tuple(part for one in names for part in one.split(",") if part)


def _rows(record: Record, question: Question, found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    definition, by = question.definition, question.by
    index = {one.label or ALL: at for at, one in enumerate(question.periods)}
    inferred = {one: record.inferred(by, question.periods, one) for one in definition.rests_on if one != "none"}
    # A definition of one's own says itself how many persons a figure rests on, but never more than there are.
    most = None if is_built_in(definition) else record.people_by(by)
    order = {one: at for at, one in enumerate(definition.variants)}
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for one in found:
        at = index[one["period"]]
        cell = tuple(_text(one[name]) for name in by)
        row = {key: one[key] for key in ("variant", "value", "numerator", "denominator", "persons", "reason")}
        if most is not None:
            there = most.get(tuple(text for name, text in zip(by, cell, strict=True) if name != "kind"), 0)
            row["persons"] = min(row["persons"], there)
        rows[(at, cell, one["variant"])] = row
    if not by:  # a period without anything to count is a row all the same
        answered = {at for at, _, _ in rows}
        for at in range(len(question.periods)):
            for variant in definition.variants or (() if at in answered else (None,)):
                rows.setdefault((at, (), variant), _nothing(variant))
    made = []
    keys = sorted(rows, key=lambda key: (key[0], [(one is None, one or "") for one in key[1]], order.get(key[2], 0)))
    for key in keys:
        at, cell, variant = key
        period, places = question.periods[at], dict(zip(by, cell, strict=True))
        platform = places.get("platform") or record.platform_of.get(places.get("place") or "")
        told, lacking = _platforms(record, question, variant, platform)
        row = {**rows[key], "suppressed": False}
        if lacking:
            row |= {"value": None, "numerator": None, "denominator": None, "reason": lacking}
        elif row["value"] is not None and not math.isfinite(row["value"]):
            row |= {"value": None, "reason": "nothing_to_measure"}
        elif row["value"] is None and row["reason"] is None:
            row["reason"] = "nothing_to_measure"
        back = reach_back(period, definition.lengths(question.parameters))
        shown = tuple(one for name, one in zip(by, cell, strict=True) if name != "kind")
        made.append(
            {
                "metric": definition.name,
                "period": period.label,
                "since": period.since,
                "until": period.until,
                **places,
                **row,
                "coverage": record.coverage(period, back, told, places.get("place")),
                "inferred": inferred.get(definition.rests_on_of(variant), {}).get((at, *shown)),
                "platforms": ", ".join(told),
            }
        )
    return made


def _nothing(variant: str | None) -> dict[str, Any]:
    empty = {"variant": variant, "value": None, "numerator": 0.0, "denominator": 0.0, "persons": 0, "reason": None}
    return empty | ({"numerator": None, "denominator": None} if variant is not None else {})


def _platforms(
    record: Record, question: Question, variant: str | None, asked: str | None
) -> tuple[tuple[str, ...], str | None]:
    """Return the platforms that a figure can use, and the reason it has none."""
    told = [one for one in record.platforms if asked is None or one == asked]
    for need in question.definition.needs_of(variant):
        able = record.tells(need, question.attribute)
        told = [one for one in told if one in able]
        if not told:
            return (), NEEDS[need]
    return tuple(told), None


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)
