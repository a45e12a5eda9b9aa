"""The store's SQL: tables, the `activity` view, and what is current."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from communitykit.store.columns import MERGED, NETWORK, TABLES, columns
from communitykit.store.staging import literal

_OTHER_TABLES: dict[str, dict[str, str]] = {
    "post_versions": {
        "post_id": "VARCHAR",
        "edited_at": "TIMESTAMPTZ",
        "title": "VARCHAR",
        "body": "VARCHAR",
        "body_format": "VARCHAR",
        "text": "VARCHAR",
    },
    "checkpoints": {"slice": "VARCHAR", "checkpoint": "JSON", "run_id": "VARCHAR", "stored_at": "TIMESTAMPTZ"},
    "runs": {
        "run_id": "VARCHAR",
        "started_at": "TIMESTAMPTZ",
        "ended_at": "TIMESTAMPTZ",
        "until": "TIMESTAMPTZ",
        "status": "VARCHAR",
        "sources": "JSON",
        "requests": "BIGINT",
        "waited": "DOUBLE",
        "last_commit": "BIGINT",
    },
    "meta": {"key": "VARCHAR", "value": "VARCHAR"},
    "forgotten": {"key": "VARCHAR"},
    "erased": {"row_key": "VARCHAR", "kind": "VARCHAR", "changed_run": "VARCHAR", "erased_at": "TIMESTAMPTZ"},
    "people": {
        "person_id": "VARCHAR",
        "kind": "VARCHAR",
        "name": "VARCHAR",
        "email": "VARCHAR",
        "department": "VARCHAR",
        "division": "VARCHAR",
        "site": "VARCHAR",
        "country": "VARCHAR",
        "job_title": "VARCHAR",
        "employee_number": "VARCHAR",
        "directory_id": "VARCHAR",
        "manager_id": "VARCHAR",
        "depth": "INTEGER",
        "is_leader": "BOOLEAN",
        "leader_rule": "VARCHAR",
        "started_on": "DATE",
        "left_on": "DATE",
        "active": "BOOLEAN",
        "in_roster": "BOOLEAN",
        "accounts": "INTEGER",
        "sources": "JSON",
    },
    "identities": {
        "account_id": "VARCHAR",
        "person_id": "VARCHAR",
        "platform": "VARCHAR",
        "network": "VARCHAR",
        "rule": "VARCHAR",
        "evidence": "VARCHAR",
        "decided_by": "VARCHAR",
        "decided_at": "TIMESTAMPTZ",
        "undone_at": "TIMESTAMPTZ",
    },
    "refusals": {"account_a": "VARCHAR", "account_b": "VARCHAR", "rule": "VARCHAR", "evidence": "VARCHAR"},
    "decisions": {
        "account_a": "VARCHAR",
        "account_b": "VARCHAR",
        "verdict": "VARCHAR",
        "decided_by": "VARCHAR",
        "decided_at": "TIMESTAMPTZ",
        "undone_at": "TIMESTAMPTZ",
    },
    "releases": {
        "released_at": "TIMESTAMPTZ",
        "released_by": "VARCHAR",
        "what": "VARCHAR",
        "purpose": "VARCHAR",
        "rows": "BIGINT",
    },
}

KEYS = {**dict.fromkeys(TABLES.values(), "id"), "post_versions": "post_id"}
KEYS |= dict.fromkeys(("coverage", "issues", "checkpoints"), "slice")
"""By table, the column that tells the platform and the network of a row."""

_LATEST_RUN = "(SELECT run_id FROM {runs} ORDER BY started_at DESC LIMIT 1)"
FILLED: dict[str, dict[str, str]] = {
    **{TABLES[kind]: {"changed_run": _LATEST_RUN} for kind in MERGED},
    "runs": {"last_commit": "row_number() OVER (ORDER BY started_at)"},
}
"""By table, what fills columns that an earlier schema lacks: what it held changed in its latest run at the latest."""


def network_of(table: str, row: str = "") -> dict[str, str]:
    """Return what fills the columns `NETWORK` of a table, in SQL; nothing for tables of no single platform.

    `row` is what the query calls the row, with its dot, where it has several.
    """
    key = KEYS.get(table)
    return _network(f"{row}{key}") if key else {}


def _network(key: str) -> dict[str, str]:
    return dict(zip(NETWORK, (f"split_part({key}, ':', 1)", f"url_decode(split_part({key}, ':', 2))"), strict=True))


def network_selected(table: str, row: str = "") -> str:
    """Return `network_of` as a part of SELECT."""
    return _selected(network_of(table, row))


def network_of_all(table: str, keys: Sequence[str]) -> str:
    """Return the same for rows that have these keys: taken from one of them where all are of one network."""
    low, high = min(keys, default=""), max(keys, default="")
    *parts, rest = low.split(":", len(NETWORK))
    begins = low.removesuffix(rest)
    # What the first and the last begin with, all between them do. A NUL is nothing that a statement can hold.
    are_of_one = len(parts) == len(NETWORK) and high.startswith(begins) and "\0" not in begins
    return _selected(_network(literal(begins))) if are_of_one else network_selected(table)


def _selected(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{sql} AS {name}" for name, sql in columns.items())


# posted, replied, mentioned… are derived from posts here and nowhere else; acts that are not posts are events. What is
# live stands in each part by itself: were it said once, above them, DuckDB would hold every text in memory for whoever
# asks for the kinds of acts, since a view that is kept in a file forgets that it was told not to.
_LIVE = """(SELECT *, CASE WHEN created_at IS NULL THEN 'none' ELSE 'event' END AS dated
    FROM {posts} WHERE gone IS NULL) AS live"""
_ACTIVITY = f"""
SELECT CASE WHEN parent_id IS NULL AND root_id IS NULL THEN 'posted' ELSE 'replied' END AS kind,
    author_id AS actor_id, coalesce(parent_id, root_id) AS target_id, community_id, id AS post_id,
    created_at AS occurred_at, dated AS time_source, kind AS detail, NULL::TIMESTAMPTZ AS observed_after,
    platform, network FROM {_LIVE}
UNION ALL SELECT 'mentioned', author_id, mention.id, community_id, id, created_at, dated, mention.kind, NULL,
    platform, network FROM (SELECT *, unnest(mentions) AS mention FROM {_LIVE} WHERE mentions IS NOT NULL) AS named
UNION ALL SELECT 'praised', author_id, praised_id, community_id, id, created_at, dated, NULL, NULL,
    platform, network
    FROM (SELECT *, unnest(praised_ids) AS praised_id FROM {_LIVE} WHERE praised_ids IS NOT NULL) AS praised
UNION ALL SELECT 'shared', author_id, shared_from_id, community_id, id, created_at, dated, NULL, NULL,
    platform, network FROM {_LIVE} WHERE shared_from_id IS NOT NULL
UNION ALL SELECT 'edited', author_id, id, community_id, id, edited_at, 'event', NULL, NULL,
    platform, network FROM {_LIVE} WHERE edited_at IS NOT NULL
UNION ALL SELECT 'deleted', NULL, id, community_id, id, deleted_at,
    CASE WHEN deleted_at IS NULL THEN 'none' ELSE 'event' END, gone, NULL,
    platform, network FROM {{posts}} WHERE gone IS NOT NULL
UNION ALL SELECT e.kind, e.actor_id, e.target_id, e.community_id, p.id, e.occurred_at, e.time_source, e.detail,
    e.observed_after, e.platform, e.network FROM {{events}} e LEFT JOIN {{posts}} p ON p.id = e.target_id
    WHERE e.active AND (p.id IS NULL OR p.gone IS NULL)
"""  # noqa: S608 # our own text


def activity_of(posts: str, events: str) -> str:
    """Return the query of who did what and when, from tables that have these columns of `posts` and `events`."""
    return _ACTIVITY.format(posts=posts, events=events)


ACTIVITY = activity_of("posts", "events")

CURRENT: dict[str, str] = {
    "members": "SELECT * FROM members WHERE NOT stub",
    "communities": "SELECT * FROM communities WHERE gone IS NULL",
    "memberships": """SELECT m.* FROM memberships m LEFT JOIN communities c ON c.id = m.community_id
        WHERE m.active IS DISTINCT FROM false AND c.gone IS NULL""",
    "posts": """SELECT p.* FROM posts p LEFT JOIN communities c ON c.id = p.community_id
        WHERE p.gone IS NULL AND c.gone IS NULL""",
    "events": """SELECT e.* FROM events e LEFT JOIN posts p ON p.id = e.target_id
        LEFT JOIN communities c ON c.id = coalesce(e.community_id, p.community_id, e.target_id)
        WHERE e.active AND p.gone IS NULL AND c.gone IS NULL""",
    "measures": "SELECT * FROM measures",
}
"""What is so now, by table: not gone, not undone, no stubs, and not in a community that is gone."""


def tables() -> dict[str, dict[str, str]]:
    """Return every table of today's schema: the SQL types of its columns by name."""
    made = {table: {column.name: column.sql for column in columns(kind)} for kind, table in TABLES.items()}
    return {
        table: {**wanted, **dict.fromkeys(network_of(table), "VARCHAR")}
        for table, wanted in (made | _OTHER_TABLES).items()
    }


def statements() -> list[str]:
    """List the statements that make an empty store."""
    made = [
        f"CREATE TABLE {table} ({', '.join(f'{name} {sql}' for name, sql in wanted.items())})"
        for table, wanted in tables().items()
    ]
    return [*made, f"CREATE VIEW activity AS {ACTIVITY}"]
