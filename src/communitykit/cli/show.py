"""What is in a store: counted, and what is missing said."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from communitykit.cli.output import print_json, print_table, say
from communitykit.cli.runs import in_words_of
from communitykit.printable import counted
from communitykit.result import outcome
from communitykit.store import Store
from communitykit.store.duckdb_errors import telling

if TYPE_CHECKING:
    from communitykit.model.values import JSON

_COUNTED = ("members", "communities", "memberships", "posts", "events", "measures")


def summary(path: Path) -> dict[str, JSON]:
    """Sum a store up as plain data: counts per record kind and platform, window, coverage, issues, freshness."""
    with Store(path) as store:
        counts = {table: {row["platform"]: row["number"] for row in _rows(store, _count(table))} for table in _COUNTED}
        return {
            "store": path.name,
            "records": counts,
            "stubs": _one(store, "SELECT count(*) AS n FROM members WHERE stub"),
            "posts_gone": _one(store, "SELECT count(*) AS n FROM posts WHERE gone IS NOT NULL"),
            "posts_edited": _one(store, "SELECT count(*) AS n FROM posts WHERE edited_at IS NOT NULL"),
            "events": _rows(
                store, "SELECT kind, count(*) AS number FROM events WHERE active GROUP BY kind ORDER BY number DESC"
            ),
            "window": _rows(store, "SELECT min(created_at) AS first, max(created_at) AS last FROM posts")[0],
            "freshness": _rows(
                store,
                """SELECT source_connector AS connector, source_origin AS origin, max(as_of) AS as_of,
                max(fetched_at) AS fetched_at FROM (
                SELECT source_connector, source_origin, as_of, fetched_at FROM posts UNION ALL
                SELECT source_connector, source_origin, as_of, fetched_at FROM members) GROUP BY ALL ORDER BY ALL""",
            ),
            "coverage": _rows(
                store,
                """SELECT status, by_policy, reason, count(*) AS slices FROM (SELECT *, row_number() OVER (
                PARTITION BY slice ORDER BY until DESC, run_id) AS place FROM coverage) WHERE place = 1
                GROUP BY ALL ORDER BY slices DESC""",
            ),
            "issues": _rows(
                store,
                "SELECT reason, wire_kind, detail, count(*) AS number FROM issues GROUP BY ALL ORDER BY number DESC",
            ),
            "runs": _rows(
                store,
                """SELECT run_id, started_at, ended_at, status, sources, requests, waited FROM runs
                ORDER BY started_at DESC LIMIT 5""",
            ),
        }


def show(path: Path, *, as_json: bool) -> None:
    """Print the summary."""
    facts = summary(path)
    if as_json:
        print_json(facts)
        return
    platforms = sorted({platform for counts in facts["records"].values() for platform in counts})
    print_table(
        "Records",
        ("record", *platforms),
        [(table, *(counts.get(name, 0) for name in platforms)) for table, counts in facts["records"].items() if counts],
    )
    window = facts["window"]
    if window["first"] is not None:
        say(f"Posts from {window['first']:%Y-%m-%d %H:%M} to {window['last']:%Y-%m-%d %H:%M} UTC.")
    say(
        f"{counted(facts['posts_edited'], 'post')} edited, {facts['posts_gone']:,} gone; "
        f"{counted(facts['stubs'], 'member')} known by reference only."
    )
    print_table("Acts", ("kind", "number"), [(row["kind"], row["number"]) for row in facts["events"]])
    print_table(
        "Freshness",
        ("connector", "through", "as of (UTC)"),
        [(row["connector"], row["origin"], f"{row['as_of']:%Y-%m-%d %H:%M:%S}") for row in facts["freshness"]],
    )
    print_table(
        "Coverage, by slice",
        ("status", "slices", "why"),
        [
            (outcome(row["status"], row["by_policy"]), row["slices"], in_words_of(row["reason"] or "-"))
            for row in facts["coverage"]
        ],
    )
    print_table(
        "Issues",
        ("reason", "payload", "number", "detail"),
        [(row["reason"], row["wire_kind"], row["number"], row["detail"]) for row in facts["issues"]],
    )
    print_table(
        "Latest runs",
        ("run", "started (UTC)", "status", "requests"),
        [
            (row["run_id"], f"{row['started_at']:%Y-%m-%d %H:%M:%S}", row["status"], row["requests"])
            for row in facts["runs"]
        ],
    )


def _count(table: str) -> str:
    stubs = " WHERE NOT stub" if table == "members" else ""
    return f"""SELECT platform, count(*) AS number
        FROM {table}{stubs} GROUP BY platform ORDER BY platform"""  # noqa: S608 # our own table names


def _rows(store: Store, query: str) -> list[dict[str, JSON]]:
    """Return the rows as DuckDB gives them: Arrow imports pandas, where it is installed, to tell a time with a zone."""
    with telling(store.path, "read it"):
        found = store.connection().execute(query)
        names = [name for name, *_ in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _one(store: Store, query: str) -> int:
    number: int = _rows(store, query)[0]["n"]
    return number
