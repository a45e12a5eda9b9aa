"""What is in a store: counted, and what is missing said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from communitykit.cli.output import print_json, print_table, say
from communitykit.printable import counted, several
from communitykit.result import erased_in_words, in_words_of, not_looked_at, outcome
from communitykit.store import issues
from communitykit.store.cutoffs import erased_before
from communitykit.store.duckdb_errors import telling
from communitykit.store.opening import as_it_is

if TYPE_CHECKING:
    from communitykit.model.values import JSON

_COUNTED = ("members", "communities", "memberships", "posts", "events", "measures")


_UNENDED = {
    "running": "goes on",
    "killed": "was killed",
    "running or killed": "goes on, or was killed (its file beside the store is another user's)",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def summary(path: Path) -> dict[str, JSON]:
    """Sum a store up as plain data: counts per kind and platform, window, look-back, coverage, issues, freshness."""
    with telling(path, "read it"):
        with as_it_is(path) as connection:
            if connection is not None:
                try:
                    return _summary(connection, path)
                except (duckdb.BinderException, duckdb.CatalogException):  # of an earlier schema, for all it says
                    pass
        with _as_todays(path) as connection:
            return _summary(connection, path)


@contextmanager
def _as_todays(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a store of an earlier schema, seen as today's: that takes Arrow and the model."""
    from communitykit.store import Store  # noqa: PLC0415 # imported only when used

    with Store(path) as store:
        yield store.connection()


def _summary(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, JSON]:
    counts: dict[str, dict[str, int]] = {table: {} for table in _COUNTED}
    for row in _rows(connection, " UNION ALL ".join(map(_count, _COUNTED)) + " ORDER BY place, platform"):
        counts[row["of_table"]][row["platform"]] = row["number"]
    ((stubs, gone, edited, first, last),) = connection.execute(
        """SELECT (SELECT count(*) FROM members WHERE stub), count(gone), count(edited_at),
        epoch_us(min(created_at)), epoch_us(max(created_at)) FROM posts"""
    ).fetchall()
    return {
        "store": path.name,
        "records": counts,
        "stubs": stubs,
        "posts_gone": gone,
        "posts_edited": edited,
        "events": _rows(
            connection,
            "SELECT kind, count(*) AS number FROM events WHERE active GROUP BY kind ORDER BY number DESC, kind",
        ),
        "window": {"first": _moment(first), "last": _moment(last)},
        "erased_before": erased_before(connection),
        "freshness": _rows(
            connection,
            """SELECT source_connector AS connector, source_origin AS origin, epoch_us(max(as_of)) AS as_of,
            epoch_us(max(fetched_at)) AS fetched_at FROM (
            SELECT source_connector, source_origin, as_of, fetched_at FROM posts UNION ALL
            SELECT source_connector, source_origin, as_of, fetched_at FROM members) GROUP BY ALL ORDER BY ALL""",
            "as_of",
            "fetched_at",
        ),
        "coverage": _rows(
            connection,
            # Sources of one network have slices of one name: what each of them says of it counts.
            """SELECT status, by_policy, reason, count(DISTINCT slice) AS slices FROM (SELECT c.*, rank() OVER (
            PARTITION BY slice ORDER BY r.started_at DESC NULLS LAST) AS place FROM coverage c
            LEFT JOIN runs r USING (run_id)) WHERE place = 1
            GROUP BY ALL ORDER BY slices DESC, status, reason, by_policy""",
        ),
        "looked_back": {
            row["connector"]: row["since"] for row in _rows(connection, _looked_back(windowed=False), "since")
        },
        "looked_back_within": {
            row.pop("connector"): row for row in _rows(connection, _looked_back(windowed=True), "since", "until")
        },
        "issues": _rows(
            connection,
            issues.COUNTED,
        ),
        "runs": [
            {
                **row,
                "sources": json.loads(row["sources"] or "null"),
                "at_work": None,
                **(_at_work(path, row["run_id"]) if row["status"] == "running" else {}),
            }
            for row in _rows(
                connection,
                """SELECT run_id, epoch_us(started_at) AS started_at, epoch_us(ended_at) AS ended_at, status, sources,
                requests, waited FROM (FROM runs ORDER BY started_at DESC LIMIT 5) ORDER BY started_at DESC""",
                "started_at",
                "ended_at",
            )
        ],
    }


def _looked_back(*, windowed: bool) -> str:
    """Return a query for what was looked at again, by connector.

    Of each part counts the latest run that read its posts up to its own beginning: a later one may have read other
    parts alone, and one whose window ended before looked at nothing after that. Those are told apart (`windowed`),
    where nothing came later.
    """
    until = "c.until < r.started_at"
    of = "TRUE" if windowed else f"({until}) IS NOT TRUE"
    return f"""SELECT connector, epoch_us(max(lookback_start)) AS since, epoch_us(min(until)) AS until FROM (
        SELECT split_part(slice, ':', 1) AS connector, c.lookback_start, c.until, {until} AS windowed, rank() OVER (
        PARTITION BY slice ORDER BY r.started_at DESC NULLS LAST) AS place FROM coverage c
        LEFT JOIN runs r USING (run_id) WHERE {of}) WHERE place = 1 AND lookback_start IS NOT NULL
        AND (windowed IS TRUE) = {windowed} GROUP BY connector ORDER BY connector"""  # noqa: S608 # no text of others


def _at_work(path: Path, run_id: str) -> dict[str, JSON]:
    """Return what has become of a run that said no more: the store lets go of it now and then, and cannot tell."""
    from communitykit.store.at_work import found  # noqa: PLC0415 # imported only when used

    try:
        run = found(path, run_id)
    except OSError:  # it is another user's, who does not share the store
        return {"status": "running or killed"}
    if run is None:
        return {"status": "killed"}
    return {"at_work": run.as_data()}


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
    if facts["erased_before"] is not None:
        say(erased_in_words(facts["erased_before"]))
    say(
        f"{counted(facts['posts_edited'], 'post')} edited, {facts['posts_gone']:,} gone; "
        f"{counted(facts['stubs'], 'member')} known by reference only."
    )
    for sentence in not_looked_at(facts["looked_back"]):
        say(sentence)
    for name, of in facts["looked_back_within"].items():
        say(f"{name}: the latest pull looked again from {of['since']:%Y-%m-%d} to {of['until']:%Y-%m-%d} (until).")
    print_table("Acts", ("kind", "number"), [(row["kind"], row["number"]) for row in facts["events"]])
    print_table(
        "Freshness",
        ("connector", "through", "as of (UTC)"),
        [(row["connector"], row["origin"], f"{row['as_of']:%Y-%m-%d %H:%M:%S}") for row in facts["freshness"]],
    )
    print_table(
        "Coverage, by slice",
        ("status", "slices", "why"),
        [(status, slices, why) for (status, why), slices in _by_reason(facts["coverage"]).items()],
    )
    for run in facts["runs"]:
        if run["at_work"]:
            say(f"Run {run['run_id']}: {_in_words(run)}.")
    if facts["runs"] and (how := _UNENDED.get(facts["runs"][0]["status"])):
        say(
            f"The latest run {how}. Of what it has not read to the end coverage tells how an earlier run left it, or "
            "nothing."
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


def _in_words(run: dict[str, JSON]) -> str:
    from communitykit.store.at_work import Running  # noqa: PLC0415 # imported only when used

    told = run["at_work"]
    return str(Running(run["run_id"], told["since"], process=told["process"] or 0, host=told["host"] or ""))


def _by_reason(rows: list[dict[str, JSON]]) -> dict[tuple[str, str], int]:
    """Return how many slices there are by how they went and by each reason: one that has several counts for each."""
    found: dict[tuple[str, str], int] = {}
    for row in rows:
        for reason in several(row["reason"] or "-"):
            key = (outcome(row["status"], row["by_policy"]), in_words_of(reason))
            found[key] = found.get(key, 0) + row["slices"]
    return found


def _count(table: str) -> str:
    stubs = " WHERE NOT stub" if table == "members" else ""
    return f"""SELECT {_COUNTED.index(table)} AS place, '{table}' AS of_table, platform, count(*) AS number
        FROM {table}{stubs} GROUP BY platform"""  # noqa: S608 # our own table names


def _rows(connection: duckdb.DuckDBPyConnection, query: str, *moments: str) -> list[dict[str, JSON]]:
    """Return the rows as DuckDB gives them; `moments` come as microseconds.

    DuckDB imports another package to tell a time with a zone, Arrow imports pandas, where it is installed.
    """
    found = connection.execute(query)
    names = [name for name, *_ in found.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return [{**row, **{name: _moment(row[name]) for name in moments}} for row in rows]


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)
