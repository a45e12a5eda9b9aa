"""Acts that no source dates: between which two runs they happened, where an earlier run would have seen them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import duckdb
import pyarrow as pa

from communitykit.model.values import Value

# The post was there before this run, told through the same door, and that door had told acts of the kind by then: had
# the act been done, it would have been told. What is read for the first time happened at no time that anybody knows.
_QUERY = """
SELECT a.id, CASE WHEN p.last_run = $run THEN p.seen_before ELSE p.as_of END AS observed_after
FROM acts a JOIN posts p ON p.id = a.target_id
WHERE p.source_connector = a.connector AND p.source_origin = a.origin
AND EXISTS (SELECT 1 FROM events e WHERE e.kind = a.kind AND e.source_connector = a.connector
    AND e.source_origin = a.origin AND e.first_run IS DISTINCT FROM $run)
"""


def observed(connection: duckdb.DuckDBPyConnection, acts: Sequence[Value], run_id: str) -> dict[str, datetime]:
    """Return, for acts that are new to the store and have no time, when they had not happened yet; by id."""
    undated = [act for act in acts if act.occurred_at is None and act.target_id is not None and act.active]
    if not undated:
        return {}
    table = pa.table(
        {
            "id": pa.array([act.id for act in undated], pa.string()),
            "kind": pa.array([act.kind for act in undated], pa.string()),
            "target_id": pa.array([act.target_id for act in undated], pa.string()),
            "connector": pa.array([act.source.connector for act in undated], pa.string()),
            "origin": pa.array([act.source.origin for act in undated], pa.string()),
        }
    )
    connection.register("acts", table)
    try:
        rows = connection.execute(_QUERY, {"run": run_id}).fetchall()
    finally:
        connection.unregister("acts")
    return {key: after for key, after in rows if after is not None}


def with_brackets(acts: Sequence[Value], after: dict[str, datetime]) -> list[Value]:
    """Return the acts, those that were observed saying so."""
    return [
        act.model_copy(update={"time_source": "observed", "observed_after": after[act.id]}) if act.id in after else act
        for act in acts
    ]
