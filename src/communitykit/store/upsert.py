"""Rows into the tables of a store: new ones, and what is known anew in place of what was there, with texts replaced."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import duckdb

from communitykit.model.merge import Known
from communitykit.model.values import Value
from communitykit.store.columns import TABLES
from communitykit.store.dependents import touch
from communitykit.store.lookup import delete_at
from communitykit.store.rows import columns_of
from communitykit.store.schema import KEYS, network_of_all, network_selected
from communitykit.store.staging import Columns, handed_over, staged


def write(
    connection: duckdb.DuckDBPyConnection, kind: str, new: dict[str, Known], moved: dict[str, Known], run_id: str
) -> None:
    """Write what is known anew, in place of the rows that were there."""
    if moved:
        delete_at(connection, kind, [known.kept.place for known in moved.values()])
    rows = {**new, **moved}
    if rows:
        append(connection, kind, columns_of(kind, rows, run_id))
        touch(connection, kind, rows, run_id)
    if kind == "post":
        _keep_versions(connection, rows)


def append(connection: duckdb.DuckDBPyConnection, kind: str, rows: Columns) -> None:
    """Append rows."""
    table = TABLES[kind]
    network = network_of_all(table, rows[KEYS[table]][1])
    with handed_over(rows) as query:
        connection.execute(f"INSERT INTO {table} BY NAME SELECT *, {network} FROM {query}")  # noqa: S608 # our own names


def _keep_versions(connection: duckdb.DuckDBPyConnection, rows: Mapping[str, Known]) -> None:
    gone = [key for key, known in rows.items() if known.values.get("gone")]
    if gone:
        connection.execute(f"DELETE FROM post_versions WHERE post_id IN {staged({'id': ('VARCHAR', gone)})}")  # noqa: S608 # same
    versions = {
        (key, version["edited_at"] or version["created_at"], version["body"]): version
        for key, known in rows.items()
        for version in known.replaced
    }
    if versions:
        network = network_selected("post_versions")
        connection.execute(
            f"""INSERT INTO post_versions BY NAME SELECT *, {network} FROM {staged(_replaced(versions))} AS r
            WHERE NOT EXISTS (SELECT 1 FROM post_versions v WHERE v.post_id = r.post_id AND v.body = r.body
            AND v.edited_at IS NOT DISTINCT FROM r.edited_at)"""  # noqa: S608 # same
        )


def _replaced(versions: Mapping[tuple[str, datetime | None, str], Mapping[str, Value]]) -> Columns:
    return {
        "post_id": ("VARCHAR", [key for key, _, _ in versions]),
        "edited_at": ("TIMESTAMPTZ", [moment for _, moment, _ in versions]),
        **{
            name: ("VARCHAR", [version[name] for version in versions.values()])
            for name in ("title", "body", "body_format", "text")
        },
    }
