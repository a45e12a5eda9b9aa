"""The store's one writer: groups of records, merged with what is stored and committed with their checkpoints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from pydantic_core import from_json, to_json

from communitykit.errors import StoreError
from communitykit.model.merge import Known, bury, merge
from communitykit.store.columns import MERGED, TABLES
from communitykit.store.connection import MEMORY_LIMITS, connect, ran_out_of_memory
from communitykit.store.rows import fresh, known_rows, plain_table, table_of, table_of_fresh, told

_SAME_ACT = timedelta(seconds=60)
_VANISHED: dict[str, dict[str, Any]] = {
    "post": {"gone": "vanished"},
    "community": {"gone": "vanished"},
    "event": {"active": False},
    "membership": {"active": False},
}


@dataclass(frozen=True, slots=True)
class Walked:
    """A window that was walked whole: stored records of `record` that match `within` and are not in `seen` vanished.

    `with_replies`: so did what stands below the posts among them.
    """

    record: str
    within: Mapping[str, str | None]
    seen: frozenset[str]
    source: Any
    since: datetime | None = None
    until: datetime | None = None
    with_replies: bool = False


@dataclass(slots=True)
class Group:
    """What is committed at once."""

    records: list[Any] = field(default_factory=list)
    walked: list[Walked] = field(default_factory=list)
    plain: list[Any] = field(default_factory=list)
    checkpoints: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """What commits changed: new and changed records by table, and how many vanished."""

    new: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    vanished: dict[str, int] = field(default_factory=dict)

    def include(self, other: Tally) -> None:
        """Add what another one counted."""
        for mine, others in ((self.new, other.new), (self.changed, other.changed), (self.vanished, other.vanished)):
            for table, number in others.items():
                self.add(mine, table, number)

    def add(self, counts: dict[str, int], table: str, number: int) -> None:
        """Count `number` more."""
        if number:
            counts[table] = counts.get(table, 0) + number


class Writer:
    """Writes to one store. The connection opens on the first commit; `release` lets others read until the next."""

    def __init__(self, path: Path, *, patience: float = 60.0) -> None:
        """Open the store, making it if there is none.

        Raises StoreBusyError, StoreVersionError or StoreError.
        """
        self.path = path
        self.tally = Tally()
        self._patience = patience
        self._memory = MEMORY_LIMITS[0]
        self._open: duckdb.DuckDBPyConnection | None = connect(path, read_only=False, patience=min(patience, 5.0))
        self.was_empty = self._open.execute("SELECT count(*) FROM posts").fetchall() == [(0,)]

    def release(self) -> None:
        """Let go of the file."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def checkpoints(self) -> dict[str, Any]:
        """Give all checkpoints by slice."""
        rows = self.connection().execute("SELECT slice, checkpoint FROM checkpoints").fetchall()
        return {name: from_json(text) for name, text in rows}

    def start_run(self, run: Mapping[str, Any]) -> None:
        """Note that a run began."""
        self._insert_run(run)

    def end_run(self, run: Mapping[str, Any]) -> None:
        """Note how a run ended."""
        self.connection().execute("DELETE FROM runs WHERE run_id = ?", [run["run_id"]])
        self._insert_run(run)

    def commit(self, group: Group, *, run_id: str, now: datetime) -> None:
        """Store a group: all of it and its checkpoints, or nothing.

        A group that DuckDB finds too large for its memory is tried again with more of it.

        Raises StoreError when even the most is too little.
        """
        while True:
            tally = Tally()
            try:
                self._commit(group, tally, run_id=run_id, now=now)
            except duckdb.Error as error:
                if not ran_out_of_memory(error):
                    raise
                self._take_more_memory()
                continue
            self.tally.include(tally)
            return

    def _commit(self, group: Group, tally: Tally, *, run_id: str, now: datetime) -> None:
        connection = self.connection()
        connection.execute("BEGIN")
        try:
            by_kind: dict[str, list[Any]] = {}
            for record in group.records:
                by_kind.setdefault(record.record, []).append(record)
            for kind in MERGED:
                if kind in by_kind:
                    self._store(connection, kind, by_kind[kind], tally)
            self._sweep(connection, group.walked, tally)
            for kind in ("coverage", "issue"):
                rows = [one for one in group.plain if one.record == kind]
                if rows:
                    self._append(connection, kind, plain_table(kind, rows))
            self._store_checkpoints(connection, group.checkpoints, run_id=run_id, now=now)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def _take_more_memory(self) -> None:
        """Open the file anew with a higher limit: after a commit that failed, the connection is of no more use."""
        larger = MEMORY_LIMITS[MEMORY_LIMITS.index(self._memory) + 1 :]
        if not larger:
            raise StoreError(
                f"a group of records does not fit into {self._memory} of memory",
                subject=self.path.name,
                remedy="Free some memory and run it again; what was committed stays.",
            ) from None
        self._memory = larger[0]
        self.release()

    def connection(self) -> duckdb.DuckDBPyConnection:
        """Give the open connection, opening it first if it was released."""
        if self._open is None:
            self._open = connect(self.path, read_only=False, patience=self._patience, memory_limit=self._memory)
        return self._open

    def _store(self, connection: duckdb.DuckDBPyConnection, kind: str, records: Sequence[Any], tally: Tally) -> None:
        ids = [record.id for record in records]
        stored = self._known(connection, kind, ids)
        same = self._same_acts(connection, records, stored) if kind == "event" else {}
        first: dict[str, Any] = {}  # seen for the first time, and once
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
            merge(held, told(record), record.source.as_of, record.source)
            if kind == "post" and held.values.get("gone"):
                bury(held)
        moved = {key: known for key, known in stored.items() if known.changed or known.confirmed}
        if first:
            self._append(connection, kind, table_of_fresh(kind, list(first.values())))
        self._write(connection, kind, new, moved)
        tally.add(tally.new, TABLES[kind], len(first) + len(new))
        tally.add(tally.changed, TABLES[kind], sum(known.changed for known in moved.values()))

    def _known(self, connection: duckdb.DuckDBPyConnection, kind: str, ids: Iterable[str]) -> dict[str, Known]:
        # Two steps: most ids are new, and looking them up reads one column, of the row groups that may hold them.
        there = self._select(connection, kind, "id", pa.array(ids, pa.string()))
        if not there.num_rows:
            return {}
        return known_rows(self._select(connection, kind, "*", there["id"]))

    def _select(
        self,
        connection: duckdb.DuckDBPyConnection,
        kind: str,
        what: str,
        ids: Any,  # noqa: ANN401 # Arrow, or a list of text
        *,
        by: str = "id",
        live: bool = False,
    ) -> pa.Table:
        query = f"SELECT {what} FROM {TABLES[kind]} WHERE {by} IN (SELECT id FROM wanted)"  # noqa: S608 # our own names
        if live:
            query += " AND gone IS NULL"
        connection.register("wanted", pa.table({"id": pa.array(ids, pa.string()) if isinstance(ids, list) else ids}))
        try:
            return connection.execute(query).to_arrow_table()
        finally:
            connection.unregister("wanted")

    def _write(
        self, connection: duckdb.DuckDBPyConnection, kind: str, new: dict[str, Known], moved: dict[str, Known]
    ) -> None:
        if moved:
            connection.register("moved", pa.table({"id": pa.array(moved, pa.string())}))
            connection.execute(f"DELETE FROM {TABLES[kind]} WHERE id IN (SELECT id FROM moved)")  # noqa: S608 # same
            connection.unregister("moved")
        rows = {**new, **moved}
        if rows:
            self._append(connection, kind, table_of(kind, rows))
        if kind == "post":
            self._keep_versions(connection, rows)

    def _append(self, connection: duckdb.DuckDBPyConnection, kind: str, table: pa.Table) -> None:
        connection.register("incoming", table)
        connection.execute(f"INSERT INTO {TABLES[kind]} BY NAME SELECT * FROM incoming")  # noqa: S608 # same
        connection.unregister("incoming")

    def _keep_versions(self, connection: duckdb.DuckDBPyConnection, rows: Mapping[str, Known]) -> None:
        gone = [key for key, known in rows.items() if known.values.get("gone")]
        if gone:
            connection.register("gone", pa.table({"id": pa.array(gone, pa.string())}))
            connection.execute("DELETE FROM post_versions WHERE post_id IN (SELECT id FROM gone)")
            connection.unregister("gone")
        versions = [(key, version) for key, known in rows.items() for version in known.replaced]
        for key, version in versions:
            moment = version["edited_at"] or version["created_at"]
            connection.execute(
                """INSERT INTO post_versions SELECT ?, ?, ?, ?, ?, ? WHERE NOT EXISTS
                (SELECT 1 FROM post_versions WHERE post_id = ? AND body = ? AND edited_at IS NOT DISTINCT FROM ?)""",
                [
                    *(key, moment, version["title"], version["body"], version["body_format"], version["text"]),
                    *(key, version["body"], moment),
                ],
            )

    def _same_acts(
        self, connection: duckdb.DuckDBPyConnection, records: Sequence[Any], stored: Mapping[str, Known]
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
        for key, known in self._known(connection, "event", same.values()).items():
            stored[key] = known  # type: ignore[index] # the caller's own dict, to be merged into
        return same

    def _sweep(self, connection: duckdb.DuckDBPyConnection, walked: Sequence[Walked], tally: Tally) -> None:
        """Mark what vanished. Sweeps of the same shape are looked up together: most are one thread's or one post's."""
        together: dict[tuple[str, tuple[str, ...]], dict[tuple[str | None, ...], Walked]] = {}
        for one in walked:
            names = tuple(sorted(one.within))
            if one.since is not None or one.until is not None or None in one.within.values():
                self._vanish(connection, dict.fromkeys(self._matching(connection, one), one), tally)
            else:
                together.setdefault((one.record, names), {})[tuple(one.within[name] for name in names)] = one
        for (record, names), group in together.items():
            values = {
                name: pa.array(column, pa.string())
                for name, column in zip(names, zip(*group, strict=True), strict=True)
            }
            connection.register("swept", pa.table(values))
            live = "gone IS NULL" if record in {"post", "community"} else "active IS DISTINCT FROM false"
            found = connection.execute(
                f"SELECT id, {', '.join(names)} FROM {TABLES[record]} SEMI JOIN swept USING ({', '.join(names)}) "  # noqa: S608
                f"WHERE {live}"
            ).fetchall()
            connection.unregister("swept")
            missed = {key: group[tuple(rest)] for key, *rest in found if key not in group[tuple(rest)].seen}
            self._vanish(connection, missed, tally)

    def _matching(self, connection: duckdb.DuckDBPyConnection, one: Walked) -> list[str]:
        clauses = ["gone IS NULL" if one.record in {"post", "community"} else "active IS DISTINCT FROM false"]
        values: list[Any] = []
        for name, value in one.within.items():
            clauses.append(f"{name} IS NOT DISTINCT FROM ?")
            values.append(value)
        for bound, sign in ((one.since, ">"), (one.until, "<=")):
            if bound is not None:
                clauses.append(f"created_at {sign} ?")
                values.append(bound)
        rows = connection.execute(
            f"SELECT id FROM {TABLES[one.record]} WHERE {' AND '.join(clauses)}",  # noqa: S608 # our own names
            values,
        ).fetchall()
        return [row[0] for row in rows if row[0] not in one.seen]

    def _vanish(self, connection: duckdb.DuckDBPyConnection, missed: Mapping[str, Walked], tally: Tally) -> None:
        if not missed:
            return
        record = next(iter(missed.values())).record
        moved: dict[str, Known] = {}
        for key, known in self._known(connection, record, missed).items():
            one = missed[key]
            merge(known, _VANISHED[record], one.source.as_of, one.source)
            if known.changed:
                moved[key] = bury(known) if record == "post" else known
        self._write(connection, record, {}, moved)
        tally.add(tally.vanished, TABLES[record], len(moved))
        roots = [key for key in moved if missed[key].with_replies]
        if roots:
            below = self._select(connection, "post", "id, root_id", roots, by="root_id", live=True).to_pylist()
            replies = {row["id"]: replace(missed[row["root_id"]], with_replies=False) for row in below}
            self._vanish(connection, replies, tally)

    def _store_checkpoints(
        self, connection: duckdb.DuckDBPyConnection, checkpoints: Mapping[str, Any], *, run_id: str, now: datetime
    ) -> None:
        for name, checkpoint in checkpoints.items():
            connection.execute("DELETE FROM checkpoints WHERE slice = ?", [name])
            connection.execute(
                "INSERT INTO checkpoints VALUES (?, ?, ?, ?)", [name, to_json(checkpoint).decode(), run_id, now]
            )

    def _insert_run(self, run: Mapping[str, Any]) -> None:
        names = list(run)
        marks = ", ".join("?" for _ in names)
        self.connection().execute(
            f"INSERT INTO runs ({', '.join(names)}) VALUES ({marks})",  # noqa: S608 # our own column names
            [to_json(value).decode() if isinstance(value, list | dict) else value for value in run.values()],
        )


def _any_gone(kind: str, records: Iterable[Any]) -> bool:
    return kind in {"post", "community"} and any(record.gone for record in records)
