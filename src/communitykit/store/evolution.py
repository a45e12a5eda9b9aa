"""A store of an earlier schema: the queries that give its tables as today's model has them.

Nobody writes migrations: what a file holds is compared with what the model wants, table by table. Columns that are new
are empty (or derived from the others), those of another type are converted, those that nobody knows any more stay.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from communitykit.store.answers import first_row
from communitykit.store.descriptions import comments
from communitykit.store.opening import SCHEMA_VERSION, version
from communitykit.store.schema import ACTIVITY, FILLED, network_of, tables

RENAMED: dict[str, dict[str, str]] = {"members": {"title": "job_title"}}
"""By table, what columns of earlier schemas are called now."""


def drift(connection: duckdb.DuckDBPyConnection) -> dict[str, str] | None:
    """Return the query that gives each table as it should be, for those that are otherwise; None in today's schema."""
    found = _found(connection)
    changes = {
        table: _query(table, wanted, found.get(table, {}), _database(connection))
        for table, wanted in tables().items()
        if any(found.get(table, {}).get(name) != _plain(sql) for name, sql in wanted.items())
    }
    return changes if changes or version(connection) < SCHEMA_VERSION or _asks_for_texts(connection) else None


def evolve(connection: duckdb.DuckDBPyConnection, changes: Mapping[str, str]) -> None:
    """Bring an open store to today's schema, in one transaction; `changes` is its drift.

    Raises duckdb.Error where that is not possible; once the connection is closed the file is as it was then.
    """
    connection.execute("BEGIN")
    connection.execute("DROP VIEW IF EXISTS activity")
    for table, query in changes.items():
        connection.execute(f"CREATE OR REPLACE TABLE {table} AS {query}")
    connection.execute(f"CREATE VIEW activity AS {ACTIVITY}")
    connection.execute(comments())  # a table that is made anew has none
    connection.execute("DELETE FROM meta WHERE key = 'schema_version'")
    connection.execute(f"INSERT INTO meta VALUES ('schema_version', '{SCHEMA_VERSION}')")  # noqa: S608 # ours
    connection.execute("COMMIT")


def look_through(connection: duckdb.DuckDBPyConnection) -> None:
    """Let who only reads a store of an earlier schema see it as today's, through views of this connection alone."""
    changes = drift(connection)
    if changes is None:
        return
    for table, query in changes.items():
        connection.execute(f"CREATE TEMP VIEW {table} AS {query}")
    connection.execute(f"CREATE TEMP VIEW activity AS {ACTIVITY}")


def _asks_for_texts(connection: duckdb.DuckDBPyConnection) -> bool:
    """Tell whether the view of acts is one of before: it held every post, with its text, in memory."""
    kept = "SELECT 1 FROM duckdb_views() WHERE database_name = current_database() AND view_name = 'activity'"
    return first_row(connection, f"{kept} AND contains(sql, 'live AS')") is not None


def _found(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """Return the columns that the file holds: their types by name, by table."""
    rows = connection.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = current_database() AND NOT internal ORDER BY column_index"
    ).fetchall()
    found: dict[str, dict[str, str]] = {}
    for table, name, data_type in rows:
        found.setdefault(table, {})[name] = _plain(data_type)
    return found


def _database(connection: duckdb.DuckDBPyConnection) -> str:
    ((name,),) = connection.execute("SELECT current_database()").fetchall()
    return str(name)


def _query(table: str, wanted: Mapping[str, str], found: Mapping[str, str], database: str) -> str:
    if not found:
        return f"SELECT {', '.join(f'CAST(NULL AS {sql}) AS {name}' for name, sql in wanted.items())} LIMIT 0"
    former = {new: old for old, new in RENAMED.get(table, {}).items() if old in found and new not in found}
    filled = {name: text.format(runs=f"{_quoted(database)}.main.runs") for name, text in FILLED.get(table, {}).items()}
    filled |= network_of(table)
    chosen = [_expression(name, sql, found, former, filled.get(name, "NULL")) for name, sql in wanted.items()]
    kept = [_quoted(name) for name in found if name not in wanted and name not in former.values()]
    # The database is named: in a view of the table's own name the table would be the view itself.
    return f"SELECT {', '.join([*chosen, *kept])} FROM {_quoted(database)}.main.{table}"  # noqa: S608 # names, quoted


def _expression(name: str, sql: str, found: Mapping[str, str], former: Mapping[str, str], otherwise: str) -> str:
    held_as = former.get(name, name)
    value = _quoted(held_as) if held_as in found else otherwise
    if name == "provenance":  # it names fields
        for new, old in former.items():
            value = f"""replace({value}, '"{old}"', '"{new}"')"""
    if found.get(held_as) != _plain(sql):
        value = f"CAST({value} AS {sql})"
    return f"{value} AS {_quoted(name)}"


def _plain(data_type: str) -> str:
    """Return a type as it is compared: DuckDB quotes the names in it as it sees fit, and writes some types out."""
    return data_type.replace('"', "").replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
