"""What changed in a store since a run: for who keeps a copy elsewhere, and follows. SQL only."""

from __future__ import annotations

from communitykit.store.columns import MERGED, TABLES
from communitykit.store.erased import key_of
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


def changed(kind: str, *, whole: bool, keyed: bool = False) -> str:
    """Return the query for the rows of a kind that are current and changed since `$since`, or all (`whole`).

    `keyed`: with their `row_key`.
    """
    table = TABLES[kind]
    since = "true" if whole else _SINCE
    key = f", {key_of('r.id')} AS row_key" if keyed else ""
    return f"SELECT r.*{key} FROM ({CURRENT[table]}) r WHERE {since}"  # noqa: S608 # our own text


def vanished(kind: str, *, whole: bool, keyed: bool = False) -> str:
    """Return the query for what is not current (any more) of a kind and changed since then: columns of `Vanished`."""
    key = f", {key_of('r.id')} AS row_key" if keyed else ""
    table = TABLES[kind]
    since = "true" if whole else _SINCE
    gone, active = VANISHING[kind]
    return f"""SELECT r.id{key}, '{kind}' AS kind, {gone} AS gone,
        CASE WHEN {active} = false THEN false END AS active, r.as_of
        FROM {table} r {_IN.get(kind, "")} WHERE {since} AND r.id NOT IN (SELECT id FROM ({CURRENT[table]}))
        ORDER BY r.id"""  # noqa: S608 # our own text


def erased() -> str:
    """Return the query for what was erased since then, and is not there again: columns of `Vanished`."""
    back = " UNION ALL ".join(
        f"SELECT {key_of('r.id')} AS row_key FROM {TABLES[kind]} r WHERE {_SINCE}"  # noqa: S608 # our own text
        for kind in MERGED
    )
    return f"""SELECT NULL::VARCHAR AS id, r.row_key, r.kind, 'erased' AS gone, NULL::BOOLEAN AS active,
        max(r.erased_at) AS as_of FROM erased r ANTI JOIN ({back}) b USING (row_key) WHERE {_SINCE}
        GROUP BY r.row_key, r.kind ORDER BY r.row_key"""  # noqa: S608 # our own text
