"""What definitions are written in: DuckDB's SQL with a few words of our own, which become columns by syntax tree.

A definition never says which dimensions a figure is asked by. It says where each would come from:

- `by_when(d)`: the period, of `days`, `span` or `periods`;
- `by_who(p)`: department, division, site, country and leadership, of `people`;
- `by_what(t)`: platform, place and kind, of an act or a post;
- `by_all(x)`: whatever of them a subquery already carries; `same(x, y)`: two subqueries agree in all of them;
- `present(p, d)`: somebody eligible who was there in the period; `human(p)`: no bot, as far as is known;
- `attribute(p)`: the attribute that silos are measured by;
- `tells(need, a)`: an act or post of a platform that tells what is needed;
- `$name`: a parameter, which enters as a literal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from communitykit.errors import SettingsError

Value: TypeAlias = str | int | float

GRAINS: Final = ("day", "week", "month", "quarter", "year")
WHO: Final = ("department", "division", "site", "country", "is_leader")
WHAT: Final = ("platform", "place", "kind")
DIMENSIONS: Final = (*WHAT, *WHO)
ATTRIBUTES: Final = WHO
OUTPUT: Final = ("numerator", "denominator", "persons")
OPTIONAL: Final = ("variant", "value", "reason")

_COLUMN = {"place": "place_id"}
_WORDS = frozenset({"by_when", "by_who", "by_what", "by_all", "same", "present", "human", "attribute", "tells"})
_PRESENT = """{p}.is_eligible AND ({p}.started_day IS NULL OR {p}.started_day < {d}.until_day)
    AND CASE WHEN {p}.left_day IS NULL THEN COALESCE({p}.active, TRUE) ELSE {p}.left_day >= {d}.since_day END"""
_HUMAN = "({p}.kind IS NULL OR {p}.kind NOT IN ('bot', 'shared'))"

# What does not mean the same on every engine, or does not exist there.
_REFUSED: Final[dict[type[exp.Expr], str]] = {
    exp.Array: "a list",
    exp.ArrayAgg: "a list",
    exp.Unnest: "a list",
    exp.Struct: "a struct",
    exp.JSONExtract: "JSON",
    exp.JSONExtractScalar: "JSON",
    exp.Interval: "a time function",
    exp.TimeUnit: "a time function",
    exp.Extract: "a time function",
    exp.Year: "a time function",
    exp.Month: "a time function",
    exp.Day: "a time function",
    exp.CurrentDate: "a time function",
    exp.CurrentTimestamp: "a time function",
    exp.TimeToStr: "a time function",
    exp.UnixToTime: "a time function",
    exp.Star: "every column (*)",
    exp.IntDiv: "whole-number division",
    exp.Limit: "a limit",
    exp.Having: "HAVING",
    exp.Quantile: "a quantile but quantile_cont(x, q)",
    exp.Median: "a quantile but quantile_cont(x, q)",
    exp.Command: "a command",
    exp.DDL: "a change",
    exp.DML: "a change",
}
_FUNCTIONS = frozenset(
    [
        "abs",
        "and",
        "avg",
        "case",
        "cast",
        "ceil",
        "coalesce",
        "concat",
        "count",
        "exp",
        "floor",
        "greatest",
        "if",
        "least",
        "ln",
        "max",
        "min",
        "nullif",
        "or",
        "percentile_cont",
        "power",
        "rank",
        "row_number",
        "sqrt",
        "stddev_pop",
        "sum",
        "lag",
        "exists",
        "rounded",
    ]
)


def parse(text: str, where: str) -> exp.Query:
    """Parse a definition's SQL and hold it to the rules.

    Raises:
        SettingsError: It is no SQL, or says what engines would answer differently.
    """
    try:
        query = sqlglot.parse_one(text, read="duckdb")
    except SqlglotError as error:
        raise SettingsError(f"is no SQL: {str(error).splitlines()[0]}", subject=where) from None
    if not isinstance(query, exp.Query):
        raise SettingsError("is not one SELECT", subject=where)
    for node in query.walk():
        refused = _why_refused(node)
        if refused:
            raise SettingsError(
                f"uses {refused}, which engines answer differently: {node.sql(dialect='duckdb')[:80]!r}", subject=where
            )
    return query


def _why_refused(node: exp.Expr) -> str | None:
    counted = isinstance(node, exp.Star) and isinstance(node.parent, exp.Count)
    for kind, why in _REFUSED.items():
        if isinstance(node, kind) and not counted:
            return None if isinstance(node, exp.Query) else why
    if isinstance(node, exp.Anonymous):
        return None if node.name.lower() in _WORDS else f"the unknown function {node.name}"
    if isinstance(node, exp.Func) and node.sql_name().lower() not in _FUNCTIONS:
        return f"the function {node.sql_name()}"
    return None


def literal(value: Value) -> exp.Expr:
    """Return a parameter's value as a literal of the syntax tree."""
    return exp.Literal.number(value) if isinstance(value, int | float) else exp.Literal.string(value)


def fill(
    query: exp.Query,
    by: Sequence[str],
    parameters: Mapping[str, Value],
    where: str,
    tellers: Mapping[str, Sequence[str]] | None = None,
) -> exp.Query:
    """Put dimensions and parameters in place of the words that stand for them.

    Args:
        query: What `parse` returned; it is not changed.
        by: The dimensions, the grain apart.
        parameters: By name.
        where: The definition's name, for errors.
        tellers: By need, the platforms that tell it.

    Raises:
        SettingsError: A parameter has no value, or the attribute is none.
    """
    query = query.copy()
    for mark in list(query.find_all(exp.Placeholder)):
        if mark.name not in parameters:
            raise SettingsError(f"has no parameter ${mark.name}", subject=where)
        mark.replace(literal(parameters[mark.name]))
    for word in list(query.find_all(exp.Anonymous)):
        name, aliases = word.name.lower(), [one.name for one in word.expressions]
        if name.startswith("by_"):
            _splice(word, _columns(name, aliases[0], by))
        elif name == "same":
            word.replace(_same(aliases[0], aliases[1], by))
        elif name == "present":
            word.replace(exp.paren(sqlglot.parse_one(_PRESENT.format(p=aliases[0], d=aliases[1]), read="duckdb")))
        elif name == "human":
            word.replace(sqlglot.parse_one(_HUMAN.format(p=aliases[0]), read="duckdb"))
        elif name == "tells":
            able = [exp.Literal.string(one) for one in (tellers or {}).get(aliases[0], ())]
            column = exp.column("platform", table=aliases[1])
            word.replace(exp.In(this=column, expressions=able) if able else exp.false())
        elif name == "attribute":
            chosen = parameters.get("attribute")
            if chosen not in ATTRIBUTES:
                raise SettingsError(f"cannot measure by {chosen!r}", subject=where, remedy=_take(ATTRIBUTES))
            word.replace(exp.column(str(chosen), table=aliases[0]))
    return query


def _columns(word: str, alias: str, by: Sequence[str]) -> list[exp.Expr]:
    if word == "by_when":
        return [exp.column("period", table=alias)]
    if word == "by_all":
        return [exp.column(name, table=alias) for name in ("period", *by)]
    chosen = [name for name in by if name in (WHO if word == "by_who" else WHAT)]
    return [exp.column(_COLUMN.get(name, name), table=alias) for name in chosen]


def _splice(word: exp.Expr, columns: list[exp.Expr]) -> None:
    """Put columns in the place of one word in a list; in a SELECT, under the dimension's name."""
    holder, key = word.parent, word.arg_key
    assert holder is not None and key is not None  # noqa: S101, PT018 # a function call stands in something
    if isinstance(holder, exp.Select) and key == "expressions":
        columns = [exp.alias_(one, "place") if one.name == "place_id" else one for one in columns]
    held = holder.args[key]
    at = next(index for index, one in enumerate(held) if one is word)
    holder.set(key, [*held[:at], *columns, *held[at + 1 :]])


def _same(left: str, right: str, by: Sequence[str]) -> exp.Expr:
    terms: list[exp.Expr] = [exp.column("period", table=left).eq(exp.column("period", table=right))]
    terms += [exp.NullSafeEQ(this=exp.column(one, table=left), expression=exp.column(one, table=right)) for one in by]
    return exp.paren(exp.and_(*terms))


def _take(names: Sequence[str]) -> str:
    return f"Take one of {', '.join(names)}."
