"""The tables of people: what resolving found, written into an open store in one go."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pyarrow as pa

from communitykit.model.values import Value
from communitykit.people.accounts import ROSTER
from communitykit.people.joining import Clusters
from communitykit.people.tree import Tree
from communitykit.store.descriptions import comments
from communitykit.store.schema import tables

_MADE = ("people", "identities", "refusals")
_FIELDS = {
    "name": "display_name",
    "email": "email",
    "department": "department",
    "division": "division",
    "site": "location",
    "country": "country",
    "job_title": "job_title",
    "employee_number": "employee_number",
    "directory_id": "directory_id",
}
"""A person's fields, and the members' fields that tell them."""

_START = "TRY_CAST(m.extra->>'$.start_date' AS DATE)"
_TOLD = {name: f"nullif(trim(m.{column}), '')" for name, column in _FIELDS.items()} | {"started_on": _START}
_LOST = r"[?\x{FFFD}]"
"""What programs write for letters that an encoding cannot hold: no name has one."""
_RANK = dict.fromkeys(_TOLD, "r.rank") | {
    "name": f"r.rank + CASE WHEN regexp_matches(m.display_name, '{_LOST}') THEN 1000000000000 ELSE 0 END"
}
"""By field, the source of the lowest tells it: a name that lost letters gives way to one that did not."""
_FIRST = [f"arg_min({told}, {_RANK[name]}) AS {name}" for name, told in _TOLD.items()]
_FIRST += [
    f"arg_min(CASE WHEN {told} IS NOT NULL THEN m.id END, {_RANK[name]}) AS {name}_by" for name, told in _TOLD.items()
]
_THERE = "coalesce(m.active, CASE WHEN m.stub THEN NULL ELSE true END)"
_ROWS = f"m.platform = '{ROSTER}'"

_PEOPLE = f"""
WITH held AS (
    SELECT r.person_id, {", ".join(_FIRST)},
        bool_and(m.kind IN ('bot', 'system')) AS is_bot,
        bool_or(r.shared) AND max(m.employee_number) IS NULL AS is_shared,
        bool_and(coalesce(m.stub, false) OR m.kind = 'unknown') AS is_unknown,
        bool_or(m.kind = 'person' AND NOT coalesce(m.guest, false) AND NOT coalesce(m.external, false)) AS is_own,
        bool_or(coalesce(m.guest, false)) AS is_guest,
        bool_or({_ROWS}) AS in_roster,
        bool_or({_ROWS} AND coalesce(m.external, false)) AS outside,
        CASE WHEN bool_or({_ROWS}) THEN bool_or({_ROWS} AND coalesce(m.active, true)) ELSE bool_or({_THERE}) END
            AS active,
        coalesce(max(CASE WHEN {_ROWS} THEN r.ended END), max(r.ended)) AS ended,
        CAST(count(*) FILTER (NOT {_ROWS}) AS INTEGER) AS accounts
    FROM resolved r JOIN members m ON m.id = r.account_id GROUP BY r.person_id)
INSERT INTO people BY NAME
SELECT h.person_id,
    CASE WHEN is_bot THEN 'bot' WHEN is_shared THEN 'shared' WHEN outside THEN 'external' WHEN in_roster THEN 'person'
        WHEN is_unknown THEN 'unknown' WHEN is_own THEN 'person' WHEN is_guest THEN 'guest' ELSE 'external' END AS kind,
    {", ".join(f"h.{name}" for name in _TOLD)},
    p.manager_id, p.depth, p.is_leader, p.leader_rule,
    CASE WHEN h.active = false THEN h.ended END AS left_on, h.active, h.in_roster, h.accounts,
    json_merge_patch('{{}}', json_object({", ".join(f"'{name}', h.{name}_by" for name in _TOLD)},
        'manager_id', p.manager_by)) AS sources
FROM held h JOIN placed p USING (person_id) ORDER BY h.person_id
"""  # noqa: S608 # our own text

_IDENTITIES = """
INSERT INTO identities BY NAME
SELECT r.account_id, r.person_id, m.platform, m.network, r.rule, r.evidence, r.decided_by, r.decided_at,
    CAST(NULL AS TIMESTAMPTZ) AS undone_at
FROM resolved r JOIN members m ON m.id = r.account_id
UNION ALL BY NAME
SELECT b.id AS account_id, a.person_id, b.platform, b.network, 'decided' AS rule, 'same as ' || d.account_a AS evidence,
    d.decided_by, d.decided_at, d.undone_at
FROM decisions d JOIN resolved a ON a.account_id = d.account_a JOIN members b ON b.id = d.account_b
WHERE d.verdict = 'same' AND d.undone_at IS NOT NULL
ORDER BY account_id, undone_at NULLS FIRST
"""


def write(  # noqa: PLR0913 # what resolving found, each its own
    connection: duckdb.DuckDBPyConnection,
    clusters: Clusters,
    person_of: list[int],
    names: Mapping[int, str],
    *,
    rank: list[int],
    shared: list[bool],
    tree: Tree,
    leaders: Mapping[int, tuple[bool, str | None]],
    decided: Mapping[int, tuple[str, Value]],
) -> None:
    """Replace the derived tables by what was found, inside the caller's transaction.

    Raises duckdb.Error where that is not possible.
    """
    accounts, rules = clusters.accounts, clusters.rule
    words = [decided.get(one, (None, None)) if rule == "decided" else (None, None) for one, rule in enumerate(rules)]
    resolved = pa.table(
        {
            "account_id": pa.array(accounts.id, pa.string()),
            "person_id": pa.array([names[person] for person in person_of], pa.string()),
            "rule": pa.array([rule or "alone" for rule in rules], pa.string()),
            "evidence": pa.array(_evidence(clusters), pa.string()),
            "decided_by": pa.array([by for by, _ in words], pa.string()),
            "decided_at": pa.array([at for _, at in words], pa.timestamp("us", tz="UTC")),
            "rank": pa.array(rank, pa.int64()),
            "ended": pa.array(accounts.ended, pa.int32()).cast(pa.date32()),
            "shared": pa.array(shared, pa.bool_()),
        }
    )
    persons = list(names)
    placed = pa.table(
        {
            "person_id": pa.array(list(names.values()), pa.string()),
            "manager_id": pa.array(
                [names[tree.manager[one]] if one in tree.manager else None for one in persons], pa.string()
            ),
            "manager_by": pa.array(
                [accounts.id[tree.told_by[one]] if one in tree.told_by else None for one in persons], pa.string()
            ),
            "depth": pa.array([tree.depth.get(one) for one in persons], pa.int32()),
            "is_leader": pa.array([leaders[one][0] if one in leaders else None for one in persons], pa.bool_()),
            "leader_rule": pa.array([leaders[one][1] if one in leaders else None for one in persons], pa.string()),
        }
    )
    refused = pa.table(
        {
            "account_a": pa.array([accounts.id[one.account_a] for one in clusters.refusals], pa.string()),
            "account_b": pa.array([accounts.id[one.account_b] for one in clusters.refusals], pa.string()),
            "rule": pa.array([one.rule for one in clusters.refusals], pa.string()),
            "evidence": pa.array([one.evidence for one in clusters.refusals], pa.string()),
        }
    )
    for table in _MADE:
        wanted = ", ".join(f"{name} {sql}" for name, sql in tables()[table].items())
        connection.execute(f"CREATE OR REPLACE TABLE {table} ({wanted})")
    connection.execute(comments(*_MADE))
    for name, table_ in (("resolved", resolved), ("placed", placed), ("refused", refused)):
        connection.register(name, table_)
    try:
        connection.execute(_PEOPLE)
        connection.execute(_IDENTITIES)
        connection.execute("INSERT INTO refusals BY NAME SELECT DISTINCT * FROM refused ORDER BY ALL")
    finally:
        for name in ("resolved", "placed", "refused"):
            connection.unregister(name)


def _evidence(clusters: Clusters) -> list[str | None]:
    """Return in words what joined each account to another."""
    ids = clusters.accounts.id
    told = zip(clusters.rule, clusters.key, clusters.other, strict=True)
    return [f"{rule} {key}: as {ids[other]}".replace(" :", ":") if rule else None for rule, key, other in told]
