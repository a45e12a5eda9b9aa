"""What several metrics stand on is made once, as temporary tables of the connection."""

from __future__ import annotations

from collections import OrderedDict
from itertools import count
from typing import Final

import duckdb
from sqlglot import exp

from communitykit.analysis.dialect import render
from communitykit.metrics.frame import SHARED

_KEPT: Final = 6
"""Temporary tables that are kept; the one that was used longest ago goes first."""
_NUMBERS = count(1)  # of all connections: two records may be of the same one


class Shelf:
    """The temporary tables of one connection, by the query that made them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Begin with none."""
        self._connection = connection
        self._tables: OrderedDict[str, str] = OrderedDict()

    def use(self, query: exp.Query) -> exp.Query:
        """Return the query with temporary tables in place of the subqueries that others share. It is changed."""
        parts = {one.alias: one for one in query.ctes}
        for name in SHARED:
            if name in parts:
                table = self._table(name, parts)
                parts[name].set("this", exp.select("*").from_(exp.to_table(table)))
        return query

    def _table(self, name: str, parts: dict[str, exp.CTE]) -> str:
        below = [one for one in parts if one in _below(name, parts)]
        maker = parts[name].this.copy()
        for one in below:
            maker = maker.with_(one, as_=parts[one].this.copy(), copy=False)
        text = render(maker, pretty=False)
        if text in self._tables:
            self._tables.move_to_end(text)
            return self._tables[text]
        while len(self._tables) >= _KEPT:
            _, oldest = self._tables.popitem(last=False)
            self._connection.execute(f"DROP TABLE temp.{oldest}")
        table = f"shared_{next(_NUMBERS)}"
        self._connection.execute(f"CREATE TEMP TABLE {table} AS {text}")
        self._tables[text] = table
        return table


def _below(name: str, parts: dict[str, exp.CTE]) -> set[str]:
    """Name the subqueries that one stands on."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for table in parts[waiting.pop()].this.find_all(exp.Table):
            if table.name in parts and table.name not in found:
                found.add(table.name)
                waiting.append(table.name)
    return found
