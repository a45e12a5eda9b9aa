"""What changed in a store since a run: for who keeps a copy elsewhere, and follows. SQL only."""

from __future__ import annotations

from communitykit.store.columns import TABLES
from communitykit.store.schema import CURRENT

# A run's rows may have been committed after another run's end though it began before: commits are counted, so the runs
# that count are those that committed after that one did. Rows of runs that are not noted are always told again.
_SINCE = """r.changed_run IS DISTINCT FROM $since AND NOT EXISTS (SELECT 1 FROM runs x, runs y WHERE
    x.run_id = r.changed_run AND y.run_id = $since AND x.last_commit <= y.last_commit)"""

VANISHING = {
    "community": ("r.gone", "NULL"),
    "membership": ("c.gone", "r.active"),
    "post": ("coalesce(r.gone, c.gone)", "NULL"),
    "event": ("coalesce(p.gone, c.gone)", "r.active"),
}
"""By kind that can vanish: how a row is gone, itself or what it stands in, and whether it was undone."""
_IN = {
    "membership": "LEFT JOIN communities c ON c.id = r.community_id",
    "post": "LEFT JOIN communities c ON c.id = r.community_id",
    "event": """LEFT JOIN posts p ON p.id = r.target_id
        LEFT JOIN communities c ON c.id = coalesce(r.community_id, p.community_id, r.target_id)""",
}


def changed(kind: str, *, whole: bool) -> str:
    """Return the query for the rows of a kind that are current and changed since `$since`, or all (`whole`)."""
    table = TABLES[kind]
    since = "true" if whole else _SINCE
    return f"SELECT r.* FROM ({CURRENT[table]}) r WHERE {since}"  # noqa: S608 # our own text


def vanished(kind: str, *, whole: bool) -> str:
    """Return the query for what is not current (any more) of a kind and changed since then: columns of `Vanished`."""
    table = TABLES[kind]
    since = "true" if whole else _SINCE
    gone, active = VANISHING[kind]
    return f"""SELECT r.id, '{kind}' AS kind, {gone} AS gone,
        CASE WHEN {active} = false THEN false END AS active, r.as_of
        FROM {table} r {_IN.get(kind, "")} WHERE {since} AND r.id NOT IN (SELECT id FROM ({CURRENT[table]}))
        ORDER BY r.id"""  # noqa: S608 # our own text
