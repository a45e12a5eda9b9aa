"""Acts that no source dates: between which two runs they happened, where an earlier run would have seen them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

import duckdb

from communitykit.model.packed import PackedKind
from communitykit.model.values import Value
from communitykit.store.lookup import places
from communitykit.store.staging import literal, staged

# The post was there before this run, told through the same door…
_POSTS = """
SELECT a.id, a.kind, a.connector, a.origin, CASE WHEN p.last_run = a.run THEN p.seen_before ELSE p.as_of END AS after
FROM {acts} AS a JOIN posts p ON p.rowid = a.place
WHERE p.source_connector = a.connector AND p.source_origin = a.origin AND after IS NOT NULL
"""
# …and that door had told acts of the kind by then: had the act been done, it would have been told. What is read for the
# first time happened at no time that anybody knows.
_TOLD_BEFORE = """
SELECT 1 FROM events e WHERE e.kind = {kind} AND e.source_connector = {connector} AND e.source_origin = {origin}
AND e.first_run IS DISTINCT FROM {run} LIMIT 1
"""


def observed(
    connection: duckdb.DuckDBPyConnection, acts: PackedKind, run_id: str, new: Collection[str]
) -> dict[str, datetime]:
    """Return, for acts that are new to the store and have no time, when they had not happened yet; by id.

    `new` are posts that this group stored for the first time: nothing is known of before.
    """
    told = zip(*map(acts.column, ("occurred_at", "target_id", "active")), strict=True)
    open_ = [
        place
        for place, (moment, target, active) in enumerate(told)
        if moment is None and active and target is not None and target not in new
    ]
    if not open_:
        return {}
    there = places(connection, "post", set(acts.picked(open_).column("target_id")))
    undated = [act for act in acts.picked(open_).records() if act.target_id in there]
    acts_told = staged(
        {
            "id": ("VARCHAR", [act.id for act in undated]),
            "kind": ("VARCHAR", [act.kind for act in undated]),
            "place": ("BIGINT", [there[act.target_id] for act in undated]),
            "connector": ("VARCHAR", [act.source.connector for act in undated]),
            "origin": ("VARCHAR", [act.source.origin for act in undated]),
            "run": ("VARCHAR", [run_id] * len(undated)),
        }
    )
    rows = connection.execute(_POSTS.format(acts=acts_told)).fetchall()
    known: dict[tuple[str, ...], bool] = {}
    for _, *door, _ in rows:
        if tuple(door) not in known:
            words = dict(zip(("kind", "connector", "origin", "run"), map(literal, (*door, run_id)), strict=True))
            known[tuple(door)] = connection.execute(_TOLD_BEFORE.format(**words)).fetchall() != []
    return {key: after for key, *door, after in rows if known[tuple(door)]}


def with_brackets(acts: Iterable[Value], after: Mapping[str, datetime]) -> list[Value]:
    """Return the acts, those that were observed saying so."""
    return [
        act.model_copy(update={"time_source": "observed", "observed_after": after[act.id]}) if act.id in after else act
        for act in acts
    ]
