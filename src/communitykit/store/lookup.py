"""Where rows are, and reading and deleting them there: looking ids up reads one column, and all else goes by place.

DuckDB keeps no bounds of texts that begin alike, as ids do, so whatever asks for whole rows by id reads the whole
table. By rowid it reads the row groups that hold them. Places hold until the table is changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import duckdb

from communitykit.model.merge import Known
from communitykit.model.values import Value
from communitykit.store.answers import rows_of
from communitykit.store.columns import MERGED, TABLES
from communitykit.store.rows import known_rows
from communitykit.store.staging import handed_over, literal, staged

PLACE = "rowid AS place"


def places(connection: duckdb.DuckDBPyConnection, kind: str, ids: Iterable[str]) -> dict[str, int]:
    """Return the rowids of those that are stored, by id."""
    wanted = list(ids)
    if not wanted:  # looking for nothing would look through everything
        return {}
    with handed_over({"id": ("VARCHAR", wanted)}) as sought:
        found = connection.execute(f"SELECT id, {PLACE} FROM {TABLES[kind]} SEMI JOIN {sought} AS sought USING (id)")  # noqa: S608 # our own names
        return dict(found.fetchall())


def holds(connection: duckdb.DuckDBPyConnection, network: str) -> bool:
    """Tell whether anything is stored of a network, told by what its ids begin with: `slack:T1:`."""
    platform, name = network.split(":")[:2]
    of_it = f"platform = {literal(platform)} AND network = url_decode({literal(name)})"
    held = (f"SELECT 1 FROM {TABLES[kind]} WHERE {of_it} LIMIT 1" for kind in MERGED)  # noqa: S608 # ours, escaped
    return any(connection.execute(query).fetchone() for query in held)


def rows_at(
    connection: duckdb.DuckDBPyConnection, kind: str, where: Iterable[Value], what: str = "*"
) -> list[dict[str, Value]]:
    """Return columns of the rows at these rowids."""
    return rows_of(connection, f"SELECT {what} FROM {TABLES[kind]} WHERE rowid IN {_places(where)}")  # noqa: S608 # same


def known_of(connection: duckdb.DuckDBPyConnection, kind: str, ids: Iterable[str]) -> dict[str, Known]:
    """Return what is known of these ids."""
    return known_at(connection, kind, list(places(connection, kind, ids).values()))


def known_at(connection: duckdb.DuckDBPyConnection, kind: str, where: Sequence[int]) -> dict[str, Known]:
    """Return what is known in the rows at these rowids, by id."""
    return known_rows(kind, rows_at(connection, kind, where, f"{PLACE}, *")) if where else {}


def delete_at(connection: duckdb.DuckDBPyConnection, kind: str, where: Iterable[Value]) -> None:
    """Delete the rows at these rowids."""
    connection.execute(f"DELETE FROM {TABLES[kind]} WHERE rowid IN {_places(where)}")  # noqa: S608 # same


def _places(where: Iterable[Value]) -> str:
    return staged({"place": ("BIGINT", list(where))})
