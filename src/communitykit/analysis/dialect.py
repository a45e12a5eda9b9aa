"""One query, several engines: what has to be said differently so that the answer is the same.

Queries are written in DuckDB's words and parsed by sqlglot. Three things would differ in silence:

- division: PostgreSQL divides whole numbers to whole numbers, Spark to decimals. Every quotient is one of DOUBLEs;
- means and deviations of whole numbers are decimals in PostgreSQL: their argument becomes a DOUBLE;
- quantiles: `quantile_cont(x, q)` interpolates; Spark's `percentile_cont` of sqlglot's making is not its exact
  `percentile`, and BigQuery has no exact aggregate at all, only APPROX_QUANTILES.
"""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from communitykit.errors import SettingsError

DIALECTS: Final = ("duckdb", "postgres", "spark", "snowflake", "bigquery")
"""The engines that a query can be written for."""

APPROXIMATE: Final[dict[str, str]] = {"bigquery": "quantiles are BigQuery's APPROX_QUANTILES, correct to about 0.1 %"}
"""By engine, what of its answers is not exact."""

_DOUBLES = (exp.Avg, exp.StddevPop, exp.StddevSamp, exp.Stddev, exp.Variance, exp.VariancePop)


def render(query: exp.Expr, dialect: str = "duckdb", *, pretty: bool = True) -> str:
    """Return a parsed query as text for one engine.

    Args:
        query: What sqlglot parsed, in DuckDB's words. It is not changed.
        dialect: One of `DIALECTS`.
        pretty: On several lines.

    Raises:
        SettingsError: There is no such engine here.
    """
    if dialect not in DIALECTS:
        raise SettingsError(f"no SQL can be written for {dialect!r}", remedy=f"Take one of {', '.join(DIALECTS)}.")
    return query.transform(_same_everywhere, dialect).sql(dialect=dialect, pretty=pretty, comments=False)


def _same_everywhere(node: exp.Expr, dialect: str) -> exp.Expr:
    if isinstance(node, exp.Div):
        node.set("this", _double(node.this))
        node.set("expression", _double(node.expression))
        node.set("typed", False)
        node.set("safe", False)
    elif isinstance(node, _DOUBLES):
        node.set("this", _double(node.this))
    elif isinstance(node, exp.PercentileCont):
        return _quantile(_double(node.this), node.expression, dialect)
    return node


def _quantile(what: exp.Expr, share: exp.Expr, dialect: str) -> exp.Expr:
    if dialect == "spark":
        return exp.Anonymous(this="percentile", expressions=[what, share])
    if dialect == "bigquery":
        thousandth = round(float(share.name) * 1000)
        quantiles = exp.Anonymous(this="APPROX_QUANTILES", expressions=[what, exp.Literal.number(1000)])
        return exp.Bracket(this=quantiles, expressions=[exp.Literal.number(thousandth)], offset=0, safe=False)
    return exp.PercentileCont(this=what, expression=share)


def _double(node: object) -> exp.Expr:
    if isinstance(node, exp.Cast) and node.to.this == exp.DataType.Type.DOUBLE:
        return node
    inner = node.this if isinstance(node, exp.Paren) else node
    return exp.Cast(this=inner, to=exp.DataType.build("DOUBLE"))
