"""The rows by which a store knows its runs, and in which order they committed."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
from pydantic_core import to_json

from communitykit.store.answers import first_row
from communitykit.store.staging import literal

NEXT_COMMIT = "(SELECT coalesce(max(last_commit), 0) + 1 FROM runs)"
"""Commits are counted, so that what came after a run is known though runs overlap and clocks go back."""


def insert_run(connection: duckdb.DuckDBPyConnection, run: Mapping[str, object]) -> None:
    """Note a run, by its columns."""
    told = [to_json(value).decode() if isinstance(value, list | dict) else value for value in run.values()]
    connection.execute(
        f"INSERT INTO runs ({', '.join(run)}, last_commit) "  # noqa: S608 # ours, escaped
        f"VALUES ({', '.join(map(literal, told))}, {NEXT_COMMIT})"
    )


def last_run(connection: duckdb.DuckDBPyConnection) -> str | None:
    """Return the run that committed last; None where none has."""
    row = first_row(connection, "SELECT run_id FROM runs ORDER BY last_commit DESC NULLS LAST LIMIT 1")
    return row[0] if row else None
