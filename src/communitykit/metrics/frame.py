"""What every definition stands on: periods, days, trailing windows, the population; and the shape of its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import sqlglot
from sqlglot import exp

from communitykit.metrics import syntax
from communitykit.metrics.catalogue import Definition
from communitykit.metrics.periods import Period
from communitykit.metrics.syntax import Value

ALL: Final = "all"
"""The label of the only period, where no grain is asked for."""

_CALENDAR = """SELECT {columns}, c.day, CASE WHEN c.is_working_day THEN 1 ELSE 0 END AS works
    FROM periods AS p JOIN calendar AS c ON c.country = '' AND c.day >= p.{start} AND c.day < p.until_day"""
_NUMBERS = """SELECT c.day, row_number() OVER (ORDER BY c.day) AS number FROM calendar AS c WHERE c.country = ''"""
_POPULATION = """SELECT by_when(d), by_who(p){platform}, count(*) AS members FROM people AS p CROSS JOIN periods AS d
    {platforms} WHERE present(p, d) GROUP BY by_when(d), by_who(p){platform}"""
# Who did how much, and who turned to whom: each is made once for all the metrics that stand on it.
# Acts are added up before people are looked at: there are far fewer people.
_PERSONAL = """SELECT by_who(p), {by}, x.person_id, d.days, x.contributions, x.posts, x.replies, x.reactions
    FROM (SELECT by_when(d), by_what(a), a.person_id, count(*) AS contributions,
            sum(CASE WHEN a.kind = 'posted' THEN 1 ELSE 0 END) AS posts,
            sum(CASE WHEN a.kind = 'replied' THEN 1 ELSE 0 END) AS replies,
            sum(CASE WHEN a.kind = 'reacted' THEN 1 ELSE 0 END) AS reactions
        FROM acts AS a JOIN days AS d ON d.day = a.day
        WHERE a.is_contribution AND a.person_id IS NOT NULL
        GROUP BY by_when(d), by_what(a), a.person_id) AS x
    JOIN periods AS d ON d.period = x.period JOIN people AS p ON p.person_id = x.person_id
    WHERE present(p, d)"""
_ARCS = """SELECT {by}, x.from_person_id, x.to_person_id, x.acts, x.responses, x.speaks
    FROM (SELECT by_when(d), by_what(t), t.from_person_id, t.to_person_id, sum(CAST(t.acts AS DOUBLE)) AS acts,
            sum(CASE WHEN t.kind <> 'mention' THEN CAST(t.acts AS DOUBLE) ELSE 0 END) AS responses,
            max(CASE WHEN t.kind <> 'reaction' THEN 1 ELSE 0 END) AS speaks
        FROM ties AS t JOIN days AS d ON d.day = t.day
        GROUP BY by_when(d), by_what(t), t.from_person_id, t.to_person_id) AS x
    WHERE EXISTS (SELECT 1 FROM members AS p WHERE p.period = x.period AND p.person_id = x.from_person_id)
        AND EXISTS (SELECT 1 FROM members AS q WHERE q.period = x.period AND q.person_id = x.to_person_id)"""
_MEMBERS = "SELECT by_when(d), p.person_id FROM people AS p CROSS JOIN periods AS d WHERE present(p, d)"
_PAIRS = """SELECT {by}, least(x.from_person_id, x.to_person_id) AS one,
        greatest(x.from_person_id, x.to_person_id) AS other, count(*) AS directions, max(x.speaks) AS speaks
    FROM arcs AS x
    GROUP BY {by}, least(x.from_person_id, x.to_person_id), greatest(x.from_person_id, x.to_person_id)"""
_STANDS_ON = {
    "periods": (),
    "platforms": (),
    "variants": (),
    "day_numbers": (),
    "days": ("periods",),
    "span": ("periods",),
    "population": ("periods", "platforms"),
    "personal": ("days",),
    "members": ("periods",),
    "arcs": ("days", "members"),
    "pairs": ("arcs",),
}
_SHARED_SQL: Final = {"personal": _PERSONAL, "arcs": _ARCS, "pairs": _PAIRS}
SHARED: Final = tuple(_SHARED_SQL)
"""What is worth keeping between metrics of the same periods and dimensions."""


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
    wanted = _needed({"periods", *(table.name for table in body.find_all(exp.Table))})
    whole = exp.Select()
    for name in wanted:
        whole = whole.with_(name, as_=_table(name, definition, by, periods, platforms, lengths), copy=False)
    inner = body.args.pop("with_", None)
    for cte in inner.expressions if inner is not None else ():
        whole = whole.with_(cte.alias, as_=cte.this, copy=False)
    whole = whole.with_("figures", as_=body, copy=False)
    whole = whole.select(*_columns(body, by), copy=False).from_("figures", copy=False)
    return whole.join("periods", on="periods.period = figures.period", copy=False)


def _needed(named: set[str]) -> list[str]:
    """Return what a query stands on, in order."""
    found: list[str] = []

    def add(name: str) -> None:
        for below in _STANDS_ON.get(name, ()):
            add(below)
        if name in _STANDS_ON and name not in found:
            found.append(name)

    for name in sorted(named):
        add(name)
    return found


def _columns(body: exp.Query, by: Sequence[str]) -> list[exp.Expr]:
    given = body.named_selects
    count = {name: exp.cast(exp.column(name), "DOUBLE") for name in ("numerator", "denominator")}
    quotient = exp.Case().when(exp.column("denominator").neq(0), exp.column("numerator") / exp.column("denominator"))
    value = exp.cast(exp.column("value"), "DOUBLE") if "value" in given else quotient
    optional = {name: exp.column(name) if name in given else exp.cast(exp.null(), "VARCHAR") for name in _OPTIONAL}
    return [
        exp.alias_(exp.column("label", table="periods"), "period"),
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
        return _parsed(_NUMBERS, name).copy()
    if name == "members":
        return syntax.fill(_parsed(_MEMBERS, name), by, {}, name)
    if name == "population":
        crossed = {"platform": ", x.platform", "platforms": "CROSS JOIN platforms AS x"}
        chosen = crossed if "platform" in by else dict.fromkeys(crossed, "")
        return syntax.fill(_parsed(_POPULATION.format(**chosen), name), by, {}, name)
    if name in _SHARED_SQL:
        carried = ", ".join(f"x.{one}" for one in ("period", *(one for one in by if one in syntax.WHAT)))
        return syntax.fill(_parsed(_SHARED_SQL[name].format(by=carried), name), by, {}, name)
    columns = ", ".join(f"p.{one}" for one in ("period", "since_day", "until_day", "days", *_froms(lengths)))
    start = "span_day" if name == "span" else "since_day"
    return _parsed(_CALENDAR.format(columns=columns, start=start), name).copy()


@lru_cache(maxsize=128)
def _parsed(text: str, where: str) -> exp.Query:
    """Return what our own text says, which every figure of a report would parse anew; it is not to be changed."""
    return syntax.parse(text, where)


def _froms(lengths: Sequence[int]) -> list[str]:
    return [f"from_{at}" for at, _ in enumerate(lengths, 1)]


def reach_back(period: Period, lengths: Sequence[int]) -> date:
    """Return the first day that a period's figure looks at."""
    return min([period.since, *(_from(period, one) for one in lengths)])


def _from(period: Period, length: int) -> date:
    return (period.until if length > 0 else period.since) - timedelta(days=abs(length))


def _periods(periods: Sequence[Period], lengths: Sequence[int]) -> exp.Query:
    rows: list[list[exp.Expr]] = []
    for one in periods:
        days = [one.since, one.until, reach_back(one, lengths)]
        days += [_from(one, length) for length in lengths]
        number, label = exp.Literal.number(len(rows)), exp.Literal.string(one.label or ALL)
        rows.append([number, label, exp.Literal.number((one.until - one.since).days), *(_day(day) for day in days)])
    return _values(rows, ["period", "label", "days", "since_day", "until_day", "span_day", *_froms(lengths)])


def _day(day: date) -> exp.Expr:
    return exp.cast(exp.Literal.string(day.isoformat()), "DATE")


def _values(rows: Sequence[Sequence[exp.Expr]], columns: Sequence[str]) -> exp.Query:
    values = exp.Values(
        expressions=[exp.Tuple(expressions=list(row)) for row in rows],
        alias=exp.TableAlias(this=exp.to_identifier("v"), columns=[exp.to_identifier(one) for one in columns]),
    )
    return sqlglot.select(*(exp.column(one, table="v") for one in columns)).from_(values)
