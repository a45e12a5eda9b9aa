"""What goes and comes with a place or a post: rows that change for no word of their own, so that who follows hears."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pyarrow as pa

from communitykit.model.merge import Known

_WITH = {
    "community": (
        "UPDATE posts SET changed_run = $run WHERE community_id IN (SELECT id FROM flipped)",
        "UPDATE memberships SET changed_run = $run WHERE community_id IN (SELECT id FROM flipped)",
        """UPDATE events SET changed_run = $run WHERE community_id IN (SELECT id FROM flipped)
        OR target_id IN (SELECT id FROM flipped) OR target_id IN
        (SELECT id FROM posts WHERE community_id IN (SELECT id FROM flipped))""",
    ),
    "post": ("UPDATE events SET changed_run = $run WHERE target_id IN (SELECT id FROM flipped)",),
}


def touch(connection: duckdb.DuckDBPyConnection, kind: str, rows: Mapping[str, Known], run_id: str) -> None:
    """Mark as changed what stands in communities that went or came back, and what was done to posts that did."""
    if kind not in _WITH:
        return
    flipped = [key for key, known in rows.items() if _moved(known)]
    if not flipped:
        return
    connection.register("flipped", pa.table({"id": pa.array(flipped, pa.string())}))
    try:
        for statement in _WITH[kind]:
            connection.execute(statement, {"run": run_id})
    finally:
        connection.unregister("flipped")


def touch_buried(connection: duckdb.DuckDBPyConnection, posts: Mapping[str, str | None], run_id: str) -> None:
    """Mark as changed what was done to posts that are told for the first time, in communities that are gone.

    `posts` are the posts' communities, by id.
    """
    gone = {key for (key,) in connection.execute("SELECT id FROM communities WHERE gone IS NOT NULL").fetchall()}
    buried = [key for key, community in posts.items() if community in gone]
    if not buried:  # as nearly always: an update looks through all events
        return
    connection.register("posts_told", pa.table({"id": pa.array(buried, pa.string())}))
    try:
        connection.execute(
            "UPDATE events SET changed_run = $run WHERE target_id IN (SELECT id FROM posts_told)", {"run": run_id}
        )
    finally:
        connection.unregister("posts_told")


def _moved(known: Known) -> bool:
    """Tell whether a community or post went, came back, or is in another place than it was."""
    kept, values = known.kept, known.values
    if kept is None:
        return bool(values.get("gone"))
    return bool(values.get("gone")) != bool(kept.gone) or values.get("community_id") != kept.community_id
