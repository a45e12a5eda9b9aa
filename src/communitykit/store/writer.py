"""The store's one writer: groups of records, merged with what is stored and committed with their checkpoints."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path

import duckdb
from pydantic_core import from_json

from communitykit.errors import StoreBusyError, StoreError
from communitykit.logs import LOGGER
from communitykit.model import Coverage
from communitykit.model.checkpoints import Checkpoints
from communitykit.model.packed import Packed, PackedKind, joined
from communitykit.model.values import Value
from communitykit.store.at_work import found
from communitykit.store.checkpoints import keep_checkpoints
from communitykit.store.columns import MERGED, TABLES
from communitykit.store.compacting import comes_from, compact, is_due, make_due
from communitykit.store.connection import IN_MEMORY, MEMORY_LIMITS, connect, disconnect, identity
from communitykit.store.cutoffs import Newer, erased_before, moved_meanwhile, set_back
from communitykit.store.duckdb_errors import ran_out_of_memory, telling, told
from communitykit.store.extents import Extents
from communitykit.store.forgotten import who_is_forgotten, without, without_in_checkpoint
from communitykit.store.lookup import holds
from communitykit.store.making import clean, make_journal, remove_empty_journal
from communitykit.store.merging import store
from communitykit.store.rows import columns_of_plain
from communitykit.store.runs import NEXT_COMMIT, insert_run, last_run
from communitykit.store.staging import literal
from communitykit.store.upsert import append
from communitykit.store.vanishing import sweep
from communitykit.store.windows import Walked
from communitykit.tally import Fate, Once, Tally

LARGE_ROWS = 1_000_000
"""Posts and acts from which on a look through all of them takes longer than storing some thousand records."""


@dataclass(slots=True)
class Group:
    """What is committed at once. What is `packed` comes after the `records`: it is the same in less memory."""

    records: list[Value] = field(default_factory=list)
    walked: list[Walked] = field(default_factory=list)
    plain: list[Value] = field(default_factory=list)
    checkpoints: dict[str, Value] = field(default_factory=dict)
    packed: list[Packed] = field(default_factory=list)

    def by_kind(self) -> dict[str, PackedKind]:
        """Return its records by kind."""
        return joined([Packed(self.records), *self.packed])


class Writer:
    """Writes to one store. The connection opens on the first commit; `release` lets others read until the next."""

    def __init__(self, path: Path, *, patience: float = 60.0, remarks: list[str] | None = None) -> None:
        """Open the store, making it if there is none; `remarks` are given what `settle` warns of.

        Raises StoreBusyError, StoreVersionError or StoreError.
        """
        self.path = path
        self.tally = Tally()
        self._once = Once()
        self.fates: dict[str, Fate] = {}
        """What became of the records of the latest commit, by table."""
        self._remarks = [] if remarks is None else remarks
        self._patience = patience
        self._memory = MEMORY_LIMITS[0]
        self._on_disk = str(path) != IN_MEMORY
        if self._on_disk:
            clean(path)
        with telling(path, "open it"):
            self._is_new = self._on_disk and not path.exists()
        self._open: duckdb.DuckDBPyConnection | None = connect(path, read_only=False, patience=min(patience, 5.0))
        self._file = identity(path)
        with telling(path, "read it"):
            held = " UNION ALL ".join(f"(FROM (SELECT 1 FROM {TABLES[kind]} LIMIT 1))" for kind in MERGED)  # noqa: S608 # ours
            self.was_empty = not self._open.execute(held).fetchall()
            rows = "FROM duckdb_tables() SELECT sum(estimated_size) WHERE table_name IN ('posts', 'events')"
            ((held_rows,),) = self._open.execute(rows).fetchall()
            self.is_large = held_rows >= LARGE_ROWS
        # Of networks that were not there before. Whoever else commits has a run of its own: as long as ours is the
        # last, all that is stored of them came from here.
        self._extents: dict[str, Extents] | None = {kind: Extents() for kind in MERGED}
        self._held: dict[str, bool] = {}
        self._last_run: str | None = None
        self._kept = False
        self._newer = Newer()

    def release(self) -> None:
        """Fold the journal into the file, with more memory where that takes more, and let go of it.

        Raises StoreError where the journal could not be folded (a full disk): nothing is lost, the journal keeps what
        it holds, and whoever opens the file next reads it. Raises StoreError, too, where the file was deleted or
        replaced since it was opened.
        """
        if (unfolded := self._let_go()) is not None:
            raise unfolded

    def _let_go(self) -> StoreError | None:
        while self._open is not None:
            self._still_there()
            try:
                self._open.execute("CHECKPOINT")
            except duckdb.Error as error:
                if ran_out_of_memory(error) and self._memory != MEMORY_LIMITS[-1]:
                    self._take_more_memory()
                    self.connection()
                    continue
                self._close()
                return told(error, self.path, "fold its journal into it")
            self._close()
        return None

    def discard(self) -> None:
        """Remove a store that this writer made, while nobody else can have opened it; one that was there stays.

        Raises StoreError as `release`.
        """
        if not self._is_new:
            return
        connection = self.connection()
        with telling(self.path, "remove it"):
            connection.execute("CHECKPOINT")
            self.path.resolve().unlink()
        self._close()

    def held_before(self, network: str) -> bool:
        """Tell whether the store held anything of a network (what its ids begin with) when this writer first met it.

        Raises StoreError where it cannot be read.
        """
        if self.was_empty:
            return False
        if network not in self._held:
            with telling(self.path, "read it"):
                self._held[network] = holds(self.connection(), network)
        return self._held[network]

    def checkpoints(self) -> Checkpoints:
        """Return all checkpoints by slice, and who is forgotten by now.

        Raises StoreError where they cannot be read.
        """
        with telling(self.path, "read it"):
            rows = self.connection().execute("SELECT slice, checkpoint FROM checkpoints").fetchall()
            is_forgotten = who_is_forgotten(self.connection())
        return Checkpoints({name: from_json(text) for name, text in rows}, is_forgotten)

    def forget_checkpoints_after(self, moment: datetime) -> list[str]:
        """Forget checkpoints that were stored after a moment, and return their slices: what they cover is read again.

        Raises StoreError where the store cannot be written.
        """
        with telling(self.path, "write into it"):
            rows = self._writable().execute(
                f"DELETE FROM checkpoints WHERE stored_at > {literal(moment)} RETURNING slice"  # noqa: S608 # ours
            )
            return sorted(name for (name,) in rows.fetchall())

    def since_cutoff(self, since: datetime | None) -> datetime | None:
        """Return since when on the store takes anything in, where `prune` erased what is older; else None.

        A run that asks for more itself, by `since`, sets that back to it, and all is read anew.

        Raises StoreError where the store cannot be read or written.
        """
        with telling(self.path, "write into it"):
            connection = self._writable()
            connection.execute("BEGIN")
            cutoff = set_back(connection, since)
            connection.execute("COMMIT")
            return cutoff

    def cutoff_by_now(self, run_id: str, known: datetime | None) -> datetime | None:
        """Return the cut-off at the end of a run, which `prune` may have moved since it began and `known` was told.

        Then the run's Coverage begins there, too: what is older was not let in.

        Raises StoreError where the store cannot be read or written.
        """
        with telling(self.path, "write into it"):
            return moved_meanwhile(self._writable(), run_id, known)

    def start_run(self, run: Mapping[str, object]) -> None:
        """Note that a run began, and which earlier ones were killed: those that say no more and are not at work.

        Raises StoreError where it cannot be written.
        """
        with telling(self.path, "write into it"):
            connection = self._writable()
            for (name,) in connection.execute("SELECT run_id FROM runs WHERE status = 'running'").fetchall():
                with contextlib.suppress(OSError):  # it is of who does not share the store, and cannot be told
                    if found(self.path, name) is None:
                        killed = f"UPDATE runs SET status = 'killed' WHERE run_id = {literal(name)}"  # noqa: S608 # escaped
                        connection.execute(killed)
            insert_run(connection, run)
        self._last_run = str(run["run_id"])
        self._still_there()

    def end_run(self, run: Mapping[str, object]) -> None:
        """Note how a run ended.

        Raises StoreError where it cannot be written.
        """
        with telling(self.path, "write into it"):
            connection = self._writable()
            connection.execute(f"DELETE FROM runs WHERE run_id = {literal(run['run_id'])}")  # noqa: S608 # escaped
            insert_run(connection, run)
        self._still_there()

    def commit(self, group: Group, *, run_id: str, now: datetime) -> list[Coverage]:
        """Store a group: all of it and its checkpoints, or nothing; return what turned out to be left as it was.

        A group that DuckDB finds too large for its memory is tried again with more of it.

        Raises StoreError when even the most is too little, when the disk is full or cannot be written, and when the
        file was deleted or replaced since it was opened.
        """
        while True:
            tally = Tally()
            try:
                said = self._commit(group, tally, run_id=run_id, now=now)
            except (duckdb.Error, OSError) as error:
                if isinstance(error, OSError) or not ran_out_of_memory(error):
                    self._close()  # it may be of no more use
                    raise told(error, self.path, "store a group of records") from None
                self._take_more_memory()
                continue
            self._still_there()
            self._kept = True
            self._once.take(tally)
            self.tally.include(tally)
            self.fates = tally.fates
            return said

    def _commit(self, group: Group, tally: Tally, *, run_id: str, now: datetime) -> list[Coverage]:
        connection = self._writable()
        connection.execute("BEGIN")
        try:
            group = _without_forgotten(connection, group)
            by_kind = group.by_kind()
            if (cutoff := erased_before(connection)) is not None:
                by_kind = self._newer.of(by_kind, cutoff)
            new: dict[str, Collection[str]] = {}
            for kind in MERGED:
                if kind in by_kind:
                    told, posts = by_kind[kind], new.get("post", ())
                    doubtful = self._doubtful(told)
                    new[kind] = store(connection, told, tally, run_id, posts, now=now, doubtful=doubtful)
            said = sweep(connection, group.walked, tally, run_id, now=now)
            if tally.emptied:
                make_due(connection)
            for kind in ("coverage", "issue"):
                rows = [one for one in (*group.plain, *said) if one.record == kind]
                if rows:
                    append(connection, kind, columns_of_plain(kind, rows))
            keep_checkpoints(connection, group.checkpoints, run_id=run_id, now=now)
            connection.execute(f"UPDATE runs SET last_commit = {NEXT_COMMIT} WHERE run_id = {literal(run_id)}")  # noqa: S608
        except BaseException:
            with contextlib.suppress(duckdb.Error):  # it gave up the transaction by itself: what came first is told
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        self._last_run = run_id
        return said

    def _doubtful(self, records: PackedKind) -> Sequence[str]:
        """Return the ids of those records that may be stored; of a network that is new here mostly none is."""
        ids = records.column("id")
        if self._extents is None:
            return ids
        if self.was_empty:
            return self._extents[records.kind].take(records)
        known: list[str] = []
        news: list[int] = []
        for place, key in enumerate(ids):
            platform, name, *rest = key.split(":", 2)
            if not rest or self.held_before(f"{platform}:{name}:"):
                known.append(key)
            else:
                news.append(place)
        return known + self._extents[records.kind].take(records.picked(news))

    def settle(self, run_id: str, *, now: datetime, compact_every: timedelta | None = None) -> None:
        """Let go of the file when a run has ended, and what it came to is committed.

        With `compact_every` it is made anew where bytes of what was deleted are in it, at most once in that time; a
        store that somebody reads is left for the next run. What there is no room for is a remark, and a warning in the
        log: it takes back nothing of what the run committed.

        Raises StoreError where the store cannot be read, or was deleted or replaced since it was opened.
        """
        due = False
        if compact_every is not None and self._on_disk:
            with telling(self.path, "read it"):
                due = is_due(self.connection(), now, compact_every)
        kept = f"{self.path}: what run {run_id} committed is kept, but" if self._kept else f"{self.path}:"
        if (unfolded := self._let_go()) is not None:
            journal = f"its journal ({self.path.resolve().name}.wal) could not be folded into it"
            remedy = "Keep the two files together: whoever writes next, once that is mended, folds it in."
            self._remark(f"{kept} {journal}: {unfolded.message}. {remedy}", run_id)
        elif due:
            try:
                compact(self.path, now=now, patience=0.0)
            except StoreBusyError:
                return
            except StoreError as error:
                words = "the text of deleted posts is still in the file, which could not be made anew"
                self._remark(f"{kept} {words}: {error.message}. A later run tries it again.", run_id)
            self._file = identity(self.path)

    def _remark(self, sentence: str, run_id: str) -> None:
        self._remarks.append(sentence)
        LOGGER.warning("%s", sentence, extra={"run_id": run_id})

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
            if self._on_disk and identity(self.path) == self._file:
                remove_empty_journal(self.path)
            disconnect(self._open, self.path)
            self._open = None

    def connection(self) -> duckdb.DuckDBPyConnection:
        """Return the open connection, opening it first if it was released.

        Raises StoreError where the file was deleted or replaced meanwhile.
        """
        was_open = self._open is not None
        if self._open is None and self._on_disk and identity(self.path) is not None:
            opened = connect(self.path, read_only=False, patience=self._patience, memory_limit=self._memory)
            if comes_from(opened, self._file):  # another process compacted it meanwhile
                self._file = identity(self.path)
            self._open = opened
        self._still_there()
        if self._open is None:
            self._open = connect(self.path, read_only=False, patience=self._patience, memory_limit=self._memory)
        if not was_open and self._extents is not None and last_run(self._open) != self._last_run:
            self._extents = None
        return self._open

    def _writable(self) -> duckdb.DuckDBPyConnection:
        connection = self.connection()
        if self._on_disk:
            make_journal(self.path)
        return connection

    def _still_there(self) -> None:
        """Hold that the file that has the store's name is the one that was opened: another one gets nothing of ours."""
        now = identity(self.path)
        if now == self._file:
            return
        if self._open is not None:
            disconnect(self._open, self.path)
            self._open = None
        what = "deleted or moved away" if now is None else "replaced by another"
        raise StoreError(
            f"the store's file was {what} while this run wrote into it",
            subject=str(self.path),
            remedy="Put back the file that was there, if it was moved; what this run wrote is in that one. Else run it "
            "again: it goes on from what the file that is there knows.",
        )


def _without_forgotten(connection: duckdb.DuckDBPyConnection, group: Group) -> Group:
    forgotten = who_is_forgotten(connection)
    if forgotten is None:
        return group
    return Group(
        list(without(chain(group.records, *group.packed), forgotten)),
        group.walked,
        list(without(group.plain, forgotten)),
        {name: without_in_checkpoint(name, one, forgotten) for name, one in group.checkpoints.items()},
    )
