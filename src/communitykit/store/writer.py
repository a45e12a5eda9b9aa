"""The store's one writer: groups of records, merged with what is stored and committed with their checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from pydantic_core import from_json, to_json

from communitykit.errors import StoreError
from communitykit.store.columns import MERGED
from communitykit.store.connection import IN_MEMORY, MEMORY_LIMITS, connect, ran_out_of_memory
from communitykit.store.making import clean
from communitykit.store.merging import Tally, append, store
from communitykit.store.rows import plain_table
from communitykit.store.vanishing import Walked, sweep


@dataclass(slots=True)
class Group:
    """What is committed at once."""

    records: list[Any] = field(default_factory=list)
    walked: list[Walked] = field(default_factory=list)
    plain: list[Any] = field(default_factory=list)
    checkpoints: dict[str, Any] = field(default_factory=dict)


class Writer:
    """Writes to one store. The connection opens on the first commit; `release` lets others read until the next."""

    def __init__(self, path: Path, *, patience: float = 60.0) -> None:
        """Open the store, making it if there is none.

        Raises StoreBusyError, StoreVersionError or StoreError.
        """
        if str(path) != IN_MEMORY:
            clean(path)
        self.path = path
        self.tally = Tally()
        self._patience = patience
        self._memory = MEMORY_LIMITS[0]
        self._open: duckdb.DuckDBPyConnection | None = connect(path, read_only=False, patience=min(patience, 5.0))
        self.was_empty = self._open.execute("SELECT count(*) FROM posts").fetchall() == [(0,)]

    def release(self) -> None:
        """Fold the journal into the file, with more memory where that takes more, and let go of it."""
        while self._open is not None:
            try:
                self._open.execute("CHECKPOINT")
            except duckdb.Error as error:
                if ran_out_of_memory(error) and self._memory != MEMORY_LIMITS[-1]:
                    self._take_more_memory()
                    self.connection()
                    continue
                # Nothing is lost: the journal keeps what it holds, and whoever opens the file next reads it.
            self._close()

    def checkpoints(self) -> dict[str, Any]:
        """Return all checkpoints by slice."""
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
                    store(connection, kind, by_kind[kind], tally)
            sweep(connection, group.walked, tally)
            for kind in ("coverage", "issue"):
                rows = [one for one in group.plain if one.record == kind]
                if rows:
                    append(connection, kind, plain_table(kind, rows))
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
        self._close()

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def connection(self) -> duckdb.DuckDBPyConnection:
        """Return the open connection, opening it first if it was released."""
        if self._open is None:
            self._open = connect(self.path, read_only=False, patience=self._patience, memory_limit=self._memory)
        return self._open

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
