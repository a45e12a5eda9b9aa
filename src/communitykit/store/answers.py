"""What DuckDB answers, by 1.x and 2.x alike.

From 2.0 on a cursor copies its rows for Arrow, and warns; and a connection does nothing else while rows of a cursor are
left over.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, TypeAlias

import duckdb

from communitykit.shown import Table

if TYPE_CHECKING:
    import pyarrow as pa

    from communitykit.model.values import Value

_BY_RELATION: Final = int(duckdb.__version__.partition(".")[0]) > 1
"""Whether a relation answers every statement. In 1.x it answers queries alone, and takes parameters slowly."""

STORAGE: Final = "v0.10.2"
"""The form of the files that are made: the one that 1.x makes by itself. From 2.0 on DuckDB's own is one that no 1.x
reads."""

Parameters: TypeAlias = "list[Value] | dict[str, Value] | None"


def arrow_table(connection: duckdb.DuckDBPyConnection, query: str, parameters: Parameters = None) -> pa.Table:
    """Run a statement and return what it gives, whole. Raises what DuckDB raises."""
    if _BY_RELATION:
        return connection.sql(query, params=parameters).to_arrow_table()
    return connection.execute(query, parameters).to_arrow_table()


def arrow_reader(
    connection: duckdb.DuckDBPyConnection, query: str, batch: int, parameters: Parameters = None
) -> pa.RecordBatchReader:
    """Run a query and return a reader of its rows, `batch` at a time. Raises what DuckDB raises."""
    if _BY_RELATION:
        return connection.sql(query, params=parameters).to_arrow_reader(batch)
    return connection.execute(query, parameters).to_arrow_reader(batch)


def first_row(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Parameters = None
) -> tuple[Value, ...] | None:
    """Run a query of few rows, leave none over, and return the first; None where there is none. Raises as DuckDB."""
    rows: list[tuple[Value, ...]] = connection.execute(query, parameters).fetchall()
    return rows[0] if rows else None


def rows_of(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Value]]:
    """Run a query and return its rows as Python has them, without Arrow. Raises what DuckDB raises."""
    found = connection.execute(query)
    names = [name for name, *_ in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def rows_told(connection: duckdb.DuckDBPyConnection, what: str, tables: Iterable[str]) -> tuple[str, list[Table]]:
    """Return how something shows itself that holds these tables: its heading, and how many rows each of them has."""
    union = " UNION ALL ".join(f"SELECT '{one}' AS name, count(*) AS rows FROM {one}" for one in tables)  # noqa: S608 # our own tables
    try:
        counted = connection.execute(union).fetchall()
    except duckdb.ConnectionException:
        return f"{what} (closed)", []
    except duckdb.Error as error:  # what shows itself raises nothing
        return f"{what} ({type(error).__name__})", []
    return what, [Table("Tables", ("table", "rows"), [row for row in counted if row[1]])]
