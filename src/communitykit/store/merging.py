"""Records into the tables of a store, merged with what is stored: for the writer, inside its transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import duckdb
import pyarrow as pa

from communitykit.model.merge import Known, bury, disbelieve, merge
from communitykit.model.values import Value
from communitykit.store.answers import arrow_table
from communitykit.store.columns import TABLES
from communitykit.store.confirming import confirm
from communitykit.store.dependents import touch, touch_buried
from communitykit.store.lookup import PLACE, delete_at, places, rows_at
from communitykit.store.observing import observed, with_brackets
from communitykit.store.rows import fresh, known_rows, table_of, table_of_fresh, told
from communitykit.store.schema import network_selected
from communitykit.store.types import UTC_TIME, Array

_SAME_ACT = timedelta(seconds=60)


@dataclass(slots=True)
class Tally:
    """What commits changed: new and changed records by table, and how many vanished."""

    new: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    vanished: dict[str, int] = field(default_factory=dict)
    emptied: bool = False
    """Posts that the store held are gone: what they said is emptied, and its bytes are still in the file."""

    def include(self, other: Tally) -> None:
        """Add what another one counted."""
        for mine, others in ((self.new, other.new), (self.changed, other.changed), (self.vanished, other.vanished)):
            for table, number in others.items():
                self.add(mine, table, number)

    def add(self, counts: dict[str, int], table: str, number: int) -> None:
        """Count `number` more."""
        if number:
            counts[table] = counts.get(table, 0) + number


def store(
    connection: duckdb.DuckDBPyConnection,
    kind: str,
    records: Sequence[Value],
    tally: Tally,
    run_id: str,
    posts: Collection[str] = (),
    *,
    now: datetime,
) -> Collection[str]:
    """Store records of one kind: new ones as they are, known ones merged with what is stored until `now`.

    Returns the new ones' ids; `posts` are those that were new in the same group.
    """
    ids = [record.id for record in records]
    there = places(connection, kind, ids)
    if there:
        again = confirm(connection, kind, _told_once(kind, records, there), there, run_id, now=now)
        records = [record for record in records if record.id not in again]
        ids = [record.id for record in records]
    stored = known_at(connection, kind, [there[key] for key in dict.fromkeys(ids) if key in there])
    for known in stored.values():
        disbelieve(known, now)
    same = _same_acts(connection, records, stored) if kind == "event" else {}
    if kind == "event":
        unknown = [record for record in records if same.get(record.id, record.id) not in stored]
        records = with_brackets(records, observed(connection, unknown, run_id, posts))
    first: dict[str, Value] = {}  # seen for the first time, and once
    new: dict[str, Known] = {}  # seen for the first time, and more than once
    if not stored and not same and len(set(ids)) == len(ids) and not _any_gone(kind, records):
        first = dict(zip(ids, records, strict=True))
        records = ()
    for record in records:
        key = same.get(record.id, record.id)
        held = stored.get(key) or new.get(key)
        if held is None:
            earlier = first.pop(key, None)
            if earlier is None and not _any_gone(kind, (record,)):
                first[key] = record
                continue
            held = new[key] = fresh(earlier or record)
        merge(held, _heard(told(record), held), record.source.as_of, record.source)
        if kind == "post" and held.values.get("gone"):
            bury(held)
            tally.emptied |= held.changed and key in stored
    moved = {key: known for key, known in stored.items() if known.changed or known.confirmed}
    if first:
        append(connection, kind, table_of_fresh(kind, list(first.values()), run_id))
    write(connection, kind, new, moved, run_id)
    if kind == "post":
        where = {
            **{key: one.community_id for key, one in first.items()},
            **{key: one.values.get("community_id") for key, one in new.items()},
        }
        touch_buried(connection, where, run_id)
    tally.add(tally.new, TABLES[kind], len(first) + len(new))
    tally.add(tally.changed, TABLES[kind], sum(known.changed for known in moved.values()))
    return {*first, *new}


def known_of(connection: duckdb.DuckDBPyConnection, kind: str, ids: Iterable[str]) -> dict[str, Known]:
    """Return what is known of these ids."""
    return known_at(connection, kind, list(places(connection, kind, ids).values()))


def known_at(connection: duckdb.DuckDBPyConnection, kind: str, where: Sequence[int]) -> dict[str, Known]:
    """Return what is known in the rows at these rowids, by id."""
    return known_rows(kind, rows_at(connection, kind, where, f"{PLACE}, *")) if where else {}


def select(
    connection: duckdb.DuckDBPyConnection,
    kind: str,
    what: str,
    ids: Value,
    *,
    by: str = "id",
    live: bool = False,
) -> pa.Table:
    """Return columns of the rows whose `by` is among these; `live`: of those that are not gone."""
    query = f"SELECT {what} FROM {TABLES[kind]} WHERE {by} IN (SELECT id FROM wanted)"  # noqa: S608 # our own names
    if live:
        query += " AND gone IS NULL"
    connection.register("wanted", pa.table({"id": pa.array(ids, pa.string()) if isinstance(ids, list) else ids}))
    try:
        return arrow_table(connection, query)
    finally:
        connection.unregister("wanted")


def write(
    connection: duckdb.DuckDBPyConnection, kind: str, new: dict[str, Known], moved: dict[str, Known], run_id: str
) -> None:
    """Write what is known anew, in place of the rows that were there."""
    if moved:
        delete_at(connection, kind, [known.kept.place for known in moved.values()])
    rows = {**new, **moved}
    if rows:
        append(connection, kind, table_of(kind, rows, run_id))
        touch(connection, kind, rows, run_id)
    if kind == "post":
        _keep_versions(connection, rows)


def append(connection: duckdb.DuckDBPyConnection, kind: str, table: pa.Table) -> None:
    """Append rows."""
    network = network_selected(TABLES[kind])
    connection.register("incoming", table)
    connection.execute(f"INSERT INTO {TABLES[kind]} BY NAME SELECT *, {network} FROM incoming")  # noqa: S608 # same
    connection.unregister("incoming")


def _keep_versions(connection: duckdb.DuckDBPyConnection, rows: Mapping[str, Known]) -> None:
    gone = [key for key, known in rows.items() if known.values.get("gone")]
    if gone:
        connection.register("gone", pa.table({"id": pa.array(gone, pa.string())}))
        connection.execute("DELETE FROM post_versions WHERE post_id IN (SELECT id FROM gone)")
        connection.unregister("gone")
    versions = {
        (key, version["edited_at"] or version["created_at"], version["body"]): version
        for key, known in rows.items()
        for version in known.replaced
    }
    if versions:
        connection.register("replaced", _replaced(versions))
        network = network_selected("post_versions")
        connection.execute(
            f"""INSERT INTO post_versions BY NAME SELECT *, {network} FROM replaced r WHERE NOT EXISTS (SELECT 1
            FROM post_versions v WHERE v.post_id = r.post_id AND v.body = r.body
            AND v.edited_at IS NOT DISTINCT FROM r.edited_at)"""  # noqa: S608 # our own names
        )
        connection.unregister("replaced")


def _replaced(versions: Mapping[tuple[str, datetime | None, str], Mapping[str, Value]]) -> pa.Table:
    def column(name: str) -> Array:
        return pa.array([version[name] for version in versions.values()], pa.string())

    return pa.table(
        {
            "post_id": pa.array([key for key, _, _ in versions], pa.string()),
            "edited_at": pa.array([moment for _, moment, _ in versions], UTC_TIME),
            **{name: column(name) for name in ("title", "body", "body_format", "text")},
        }
    )


def _same_acts(
    connection: duckdb.DuckDBPyConnection, records: Sequence[Value], stored: Mapping[str, Known]
) -> dict[str, str]:
    """Find joins and leaves that another door told already: same actor and community, within a minute."""
    acts = [
        record
        for record in records
        if record.kind in {"joined", "left"} and record.occurred_at is not None and record.id not in stored
    ]
    if not acts:
        return {}
    table = pa.table(
        {
            "id": pa.array([act.id for act in acts], pa.string()),
            "kind": pa.array([act.kind for act in acts], pa.string()),
            "actor_id": pa.array([act.actor_id for act in acts], pa.string()),
            "community_id": pa.array([act.community_id for act in acts], pa.string()),
            "occurred_at": pa.array([act.occurred_at for act in acts], pa.timestamp("us", tz="UTC")),
            "origin": pa.array([act.source.origin for act in acts], pa.string()),
        }
    )
    connection.register("acts", table)
    found = connection.execute(
        """SELECT a.id, min(e.id) FROM acts a JOIN events e USING (kind, actor_id, community_id)
        WHERE e.source_origin <> a.origin AND abs(epoch(e.occurred_at) - epoch(a.occurred_at)) <= ?
        GROUP BY a.id""",
        [_SAME_ACT.total_seconds()],
    ).fetchall()
    connection.unregister("acts")
    same = dict(found)
    for key, known in known_of(connection, "event", same.values()).items():
        stored[key] = known  # type: ignore[index] # the caller's own dict, to be merged into
    return same


def _heard(values: dict[str, Value], held: Known) -> dict[str, Value]:
    """Return what is told, without the word that there is no time, where the store knows two runs around it."""
    if held.values.get("time_source") == "observed" and values.get("time_source") == "none":
        del values["time_source"]
    return values


def _any_gone(kind: str, records: Iterable[Value]) -> bool:
    return kind in {"post", "community"} and any(record.gone for record in records)


def _told_once(kind: str, records: Sequence[Value], there: Mapping[str, int]) -> list[Value]:
    """Return the records of what is stored that a group tells once, and not as gone."""
    times = Counter(record.id for record in records)
    return [record for record in records if record.id in there and times[record.id] == 1
            and not _any_gone(kind, (record,))]  # fmt: skip
