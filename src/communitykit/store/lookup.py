"""Where rows are, and reading and deleting them there: looking ids up reads one column, and all else goes by place.

DuckDB keeps no bounds of texts that begin alike, as ids do, so whatever asks for whole rows by id reads the whole
table. By rowid it reads the row groups that hold them. Places hold until the table is changed.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import pyarrow as pa

from communitykit.model.values import Value
from communitykit.store.answers import arrow_table
from communitykit.store.columns import TABLES

PLACE = "rowid AS place"


def places(connection: duckdb.DuckDBPyConnection, kind: str, ids: Iterable[str]) -> dict[str, int]:
    """Return the rowids of those that are stored, by id."""
    wanted = pa.array(ids, pa.string())
    if not len(wanted):  # looking for nothing would look through everything
        return {}
    connection.register("wanted", pa.table({"id": wanted}))
    try:
        found = connection.execute(f"SELECT id, {PLACE} FROM {TABLES[kind]} SEMI JOIN wanted USING (id)")  # noqa: S608 # our own names
        return dict(found.fetchall())
    finally:
        connection.unregister("wanted")


def rows_at(connection: duckdb.DuckDBPyConnection, kind: str, where: Iterable[Value], what: str = "*") -> pa.Table:
    """Return columns of the rows at these rowids."""
    connection.register("wanted", _table(where))
    try:
        query = f"SELECT {what} FROM {TABLES[kind]} WHERE rowid IN (SELECT place FROM wanted)"  # noqa: S608 # same
        return arrow_table(connection, query)
    finally:
        connection.unregister("wanted")


def delete_at(connection: duckdb.DuckDBPyConnection, kind: str, where: Iterable[Value]) -> None:
    """Delete the rows at these rowids."""
    connection.register("moved", _table(where))
    try:
        connection.execute(f"DELETE FROM {TABLES[kind]} WHERE rowid IN (SELECT place FROM moved)")  # noqa: S608 # same
    finally:
        connection.unregister("moved")


def _table(where: Iterable[Value]) -> pa.Table:
    return pa.table({"place": pa.array(where, pa.int64())})


def quoted(text: str) -> str:
    """Return a text as a literal of SQL: a parameter would have DuckDB import pandas, of 60 MB."""
    return "'" + text.replace("'", "''") + "'"
