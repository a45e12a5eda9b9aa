"""What goes and comes with a place or a post: rows that change for no word of their own, so that who follows hears."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from communitykit.model.merge import Known
from communitykit.model.packed import PackedKind
from communitykit.store.staging import literal, staged

_WITH = {
    "community": (
        "UPDATE posts SET changed_run = {run} WHERE community_id IN {flipped}",
        "UPDATE memberships SET changed_run = {run} WHERE community_id IN {flipped}",
        """UPDATE events SET changed_run = {run} WHERE community_id IN {flipped}
        OR target_id IN {flipped} OR target_id IN
        (SELECT id FROM posts WHERE community_id IN {flipped})""",
    ),
    "post": ("UPDATE events SET changed_run = {run} WHERE target_id IN {flipped}",),
}


def touch(connection: duckdb.DuckDBPyConnection, kind: str, rows: Mapping[str, Known], run_id: str) -> None:
    """Mark as changed what stands in communities that went or came back, and what was done to posts that did."""
    if kind not in _WITH:
        return
    flipped = [key for key, known in rows.items() if _moved(known)]
    if not flipped:
        return
    words = {"run": literal(run_id), "flipped": staged({"id": ("VARCHAR", flipped)})}
    for statement in _WITH[kind]:
        connection.execute(statement.format(**words))


def touch_buried(
    connection: duckdb.DuckDBPyConnection, first: PackedKind, new: Mapping[str, Known], run_id: str
) -> None:
    """Mark as changed what was done to posts that are told for the first time, in communities that are gone.

    The posts are records (`first`), or what was made of several (`new`), by id.
    """
    gone = {key for (key,) in connection.execute("SELECT id FROM communities WHERE gone IS NOT NULL").fetchall()}
    if not gone:
        return
    told = zip(first.column("id"), first.column("community_id"), strict=True)
    buried = [key for key, community in told if community in gone]
    buried += [key for key, one in new.items() if one.values.get("community_id") in gone]
    if not buried:  # as nearly always: an update looks through all events
        return
    (statement,) = _WITH["post"]
    connection.execute(statement.format(run=literal(run_id), flipped=staged({"id": ("VARCHAR", buried)})))


def _moved(known: Known) -> bool:
    """Tell whether a community or post went, came back, or is in another place than it was."""
    kept, values = known.kept, known.values
    if kept is None:
        return bool(values.get("gone"))
    return bool(values.get("gone")) != bool(kept.gone) or values.get("community_id") != kept.community_id
