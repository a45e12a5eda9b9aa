"""Where slices stood, as a group leaves them: for the writer, inside its transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import duckdb
from pydantic_core import to_json

from communitykit.store.schema import network_selected
from communitykit.store.staging import staged


def keep_checkpoints(
    connection: duckdb.DuckDBPyConnection, checkpoints: Mapping[str, object], *, run_id: str, now: datetime
) -> None:
    """Store checkpoints by slice, in place of those that were there."""
    if not checkpoints:
        return
    count = len(checkpoints)
    moved = staged(
        {
            "slice": ("VARCHAR", list(checkpoints)),
            "checkpoint": ("JSON", [to_json(one).decode() for one in checkpoints.values()]),
            "run_id": ("VARCHAR", [run_id] * count),
            "stored_at": ("TIMESTAMPTZ", [now] * count),
        }
    )
    connection.execute(f"DELETE FROM checkpoints WHERE slice IN (SELECT slice FROM {moved})")  # noqa: S608 # escaped
    connection.execute(
        f"INSERT INTO checkpoints BY NAME SELECT *, {network_selected('checkpoints')} FROM {moved}"  # noqa: S608 # same
    )
