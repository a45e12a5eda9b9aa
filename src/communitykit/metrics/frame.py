"""What every definition stands on: periods, days, trailing windows, the population; and the shape of its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

import sqlglot
from sqlglot import exp

from communitykit.metrics import syntax
from communitykit.metrics.catalogue import Definition
from communitykit.metrics.record import Period
from communitykit.metrics.syntax import Value

ALL: Final = "all"
"""The label of the only period, where no grain is asked for."""

_CALENDAR = """SELECT {columns}, c.day, CASE WHEN c.is_working_day THEN 1 ELSE 0 END AS works
    FROM periods AS p JOIN calendar AS c ON c.country = '' AND c.day >= p.{start} AND c.day < p.until_day"""
_NUMBERS = """SELECT c.day, row_number() OVER (ORDER BY c.day) AS number FROM calendar AS c WHERE c.country = ''"""
_POPULATION = """SELECT by_when(d), by_who(p){platform}, count(*) AS members FROM people AS p CROSS JOIN periods AS d
    {platforms} WHERE present(p, d) GROUP BY by_when(d), by_who(p){platform}"""
_NAMES = ("periods", "platforms", "variants", "days", "span", "day_numbers", "population")


def compose(
    definition: Definition,
    *,
    by: Sequence[str],
    periods: Sequence[Period],
    platforms: Sequence[str],
    parameters: Mapping[str, Value],
    observed_us: int,
    tellers: Mapping[str, Sequence[str]],
) -> exp.Query:
    """Return a definition as one query, ready to be rendered.

    Its columns: period, the dimensions, variant, value, numerator, denominator, persons, reason.

    Args:
        definition: What is asked.
        by: The dimensions, the grain apart.
        periods: Of which windows.
        platforms: Those that the record holds.
        parameters: Settled ones.
        observed_us: The record's end, in microseconds since 1970: what came later cannot be known.
        tellers: By need, the platforms that tell it.
    """
    values = {**parameters, "observed_us": observed_us}
    body = syntax.fill(definition.query(), by, values, definition.name, tellers)
    lengths = definition.lengths(parameters)
    named = {table.name for table in body.find_all(exp.Table)}
    wanted = [name for name in _NAMES if name in named]
    if {"days", "span", "population"} & named and "periods" not in wanted:
        wanted.insert(0, "periods")
    if "population" in named and "platform" in by and "platforms" not in wanted:
        wanted.insert(1, "platforms")
    whole = exp.Select()
    for name in wanted:
        whole = whole.with_(name, as_=_table(name, definition, by, periods, platforms, lengths), copy=False)
    inner = body.args.pop("with_", None)
    for cte in inner.expressions if inner is not None else ():
        whole = whole.with_(cte.alias, as_=cte.this, copy=False)
    whole = whole.with_("figures", as_=body, copy=False)
    return whole.select(*_columns(body, by), copy=False).from_("figures", copy=False)


def _columns(body: exp.Query, by: Sequence[str]) -> list[exp.Expr]:
    given = body.named_selects
    count = {name: exp.cast(exp.column(name), "DOUBLE") for name in ("numerator", "denominator")}
    quotient = exp.Case().when(exp.column("denominator").neq(0), exp.column("numerator") / exp.column("denominator"))
    value = exp.cast(exp.column("value"), "DOUBLE") if "value" in given else quotient
    optional = {name: exp.column(name) if name in given else exp.cast(exp.null(), "VARCHAR") for name in _OPTIONAL}
    return [
        exp.column("period"),
        *(exp.column(name) for name in by),
        exp.alias_(optional["variant"], "variant"),
        exp.alias_(value, "value"),
        exp.alias_(count["numerator"], "numerator"),
        exp.alias_(count["denominator"], "denominator"),
        exp.alias_(exp.cast(exp.func("COALESCE", exp.column("persons"), exp.Literal.number(0)), "BIGINT"), "persons"),
        exp.alias_(optional["reason"], "reason"),
    ]


_OPTIONAL = ("variant", "reason")


def _table(
    name: str,
    definition: Definition,
    by: Sequence[str],
    periods: Sequence[Period],
    platforms: Sequence[str],
    lengths: Sequence[int],
) -> exp.Query:
    if name == "periods":
        return _periods(periods, lengths)
    if name == "platforms":
        return _values([[exp.Literal.string(one)] for one in platforms] or [[exp.null()]], ["platform"])
    if name == "variants":
        return _values([[exp.Literal.string(one)] for one in definition.variants], ["variant"])
    if name == "day_numbers":
        return syntax.parse(_NUMBERS, name)
    if name == "population":
        crossed = {"platform": ", x.platform", "platforms": "CROSS JOIN platforms AS x"}
        chosen = crossed if "platform" in by else dict.fromkeys(crossed, "")
        return syntax.fill(syntax.parse(_POPULATION.format(**chosen), name), by, {}, name)
    columns = ", ".join(f"p.{one}" for one in ("period", "since_day", "until_day", "days", *_froms(lengths)))
    start = "span_day" if name == "span" else "since_day"
    return syntax.parse(_CALENDAR.format(columns=columns, start=start), name)


def _froms(lengths: Sequence[int]) -> list[str]:
    return [f"from_{at}" for at, _ in enumerate(lengths, 1)]


def reach_back(period: Period, lengths: Sequence[int]) -> date:
    """Return the first day that a period's figure looks at."""
    return min([period.since, *(_from(period, one) for one in lengths)])


def _from(period: Period, length: int) -> date:
    return (period.until if length > 0 else period.since) - timedelta(days=abs(length))


def _periods(periods: Sequence[Period], lengths: Sequence[int]) -> exp.Query:
    rows = []
    for one in periods:
        days = [one.since, one.until, reach_back(one, lengths)]
        days += [_from(one, length) for length in lengths]
        label = exp.Literal.string(one.label or ALL)
        rows.append([label, exp.Literal.number((one.until - one.since).days), *(_day(day) for day in days)])
    return _values(rows, ["period", "days", "since_day", "until_day", "span_day", *_froms(lengths)])


def _day(day: date) -> exp.Expr:
    return exp.cast(exp.Literal.string(day.isoformat()), "DATE")


def _values(rows: Sequence[Sequence[exp.Expr]], columns: Sequence[str]) -> exp.Query:
    values = exp.Values(
        expressions=[exp.Tuple(expressions=list(row)) for row in rows],
        alias=exp.TableAlias(this=exp.to_identifier("v"), columns=[exp.to_identifier(one) for one in columns]),
    )
    return sqlglot.select(*(exp.column(one, table="v") for one in columns)).from_(values)
