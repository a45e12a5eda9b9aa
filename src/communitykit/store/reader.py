"""Reading the activity store: its tables, its records, and what changed since a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar, overload

import duckdb
import pyarrow as pa

from communitykit.errors import StoreError
from communitykit.model.values import Value
from communitykit.shown import Table, as_html, as_text
from communitykit.store.answers import Parameters, arrow_reader, arrow_table, rows_told
from communitykit.store.changed import VANISHING, changed, erased, vanished
from communitykit.store.columns import MERGED, TABLES, field_columns
from communitykit.store.connection import connect, disconnect
from communitykit.store.duckdb_errors import telling, told
from communitykit.store.erased import row_key
from communitykit.store.evolution import look_through
from communitykit.store.rows import records_of
from communitykit.store.schema import CURRENT

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    from pydantic import BaseModel

    from communitykit.store.writer import Writer

R = TypeVar("R", bound="BaseModel")
PEOPLE_TABLES = ("people", "identities", "refusals", "decisions")
"""What `communitykit people` makes: who stands behind the accounts, and what was decided about them."""
_READABLE = (*TABLES.values(), "post_versions", "checkpoints", "runs", "activity", *PEOPLE_TABLES)


class Store:
    """An activity store, opened for reading. Use it as a context manager, and close it soon: a writer waits for you.

    Raises StoreError when there is none, StoreBusyError naming the process in the way, StoreVersionError for a file of
    a newer communitykit.
    """

    def __init__(self, path: str | Path, *, patience: float = 10.0) -> None:
        """Open the file; while another process writes, wait for it up to `patience` seconds."""
        self.path = Path(path)
        self._connection = connect(self.path, read_only=True, patience=patience)

    @classmethod
    def over(cls, writer: Writer) -> Store:
        """Read through a writer that holds its store: one in memory, which nobody else could open."""
        store = cls.__new__(cls)
        store.path, store._connection = writer.path, writer.connection()  # noqa: SLF001 # its own class
        return store

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    def __repr__(self) -> str:
        """Show the tables, and how many rows they have."""
        return as_text(*self._told())

    def _repr_html_(self) -> str:
        return as_html(*self._told())

    def _told(self) -> tuple[str, list[Table]]:
        return rows_told(self._connection, f"Store {self.path}", _READABLE)

    def close(self) -> None:
        """Let go of the file."""
        disconnect(self._connection, self.path)

    def connection(self) -> duckdb.DuckDBPyConnection:
        """Return the connection, which only reads; its temporary tables are whoever's who makes them."""
        return self._connection

    def sql(self, query: str, parameters: Parameters = None) -> pa.Table:
        """Run a query and give an Arrow table; times are UTC.

        The tables are members, communities, memberships, posts, post_versions, events, measures, coverage, issues,
        checkpoints and runs, with columns named as the model's fields, the view activity, and people, identities,
        refusals and decisions (`communitykit people`).

        Raises StoreError that says what is wrong with the query, or with the file.
        """
        try:
            return arrow_table(self._connection, query, parameters)
        except duckdb.Error as error:
            remedy = f"Correct it; tables and views: {', '.join(_READABLE)}."
            raise told(error, self.path, "run this query", remedy) from None

    def arrow(self, table: str) -> pa.Table:
        """Return a whole table or view as Arrow.

        Raises StoreError for a name that is not one of the store's.
        """
        return self.sql(f"SELECT * FROM {_known(table)}")  # noqa: S608 # checked against the list of tables

    def pandas(self, table: str) -> pd.DataFrame:
        """Return a whole table or view as a pandas data frame (extra `pandas`)."""
        return self.arrow(table).to_pandas()

    def polars(self, table: str) -> pl.DataFrame:
        """Return a whole table or view as a polars data frame (extra `polars`)."""
        import polars as pl  # noqa: PLC0415 # an extra

        frame = pl.from_arrow(self.arrow(table))
        if not isinstance(frame, pl.DataFrame):
            raise TypeError(table)
        return frame

    def current(self) -> dict[str, pa.Table]:
        """Return what is so now, by table, sorted by id: posts not gone, acts and memberships not undone, no stubs.

        The columns are the model's fields. Provenance and what depends on the runs (which one saw what, between which
        an act was observed) are left out, so two stores that know the same compare equal.
        """
        return {
            table: self.sql(f"SELECT {', '.join(_timeless(kind))} FROM ({CURRENT[table]}) ORDER BY id")  # noqa: S608 # our own text
            for kind, table in TABLES.items()
            if table in CURRENT
        }

    @overload
    def records(self, kind: type[R], *, batch: int = 10_000) -> Iterator[R]: ...

    @overload
    def records(self, kind: str, *, batch: int = 10_000) -> Iterator[BaseModel]: ...

    def records(self, kind: str | type[BaseModel], *, batch: int = 10_000) -> Iterator[BaseModel]:
        """Read records of one kind back (`Post`, or by name: `post`, `event`…), telling what was told and no more.

        `Vanished` (`vanished`) gives what was there and is not any more.

        Raises StoreError for a kind that is not one of the model's.
        """
        return self._records(kind if isinstance(kind, str) else _name_of(kind), batch)

    def _records(self, kind: str, batch: int) -> Iterator[BaseModel]:
        if kind == "vanished":
            for one in VANISHING:
                yield from self._read(kind, vanished(one, whole=True), None, batch)
            return
        if kind not in TABLES:
            raise StoreError(f"there is no record kind {kind!r}", remedy=f"Kinds: {', '.join((*TABLES, 'vanished'))}.")
        order = " ORDER BY id" if kind in MERGED else ""
        yield from self._read(kind, f"SELECT * FROM {TABLES[kind]}{order}", None, batch)  # noqa: S608 # checked

    def changed(self, since_run: str | None = None, *, batch: int = 10_000) -> Iterator[Value]:
        """Yield what changed since a run ended, for who keeps a copy: each record whole, merged from all that is known.

        What is not so any more (deleted, emptied, undone, vanished, in a community that is gone) comes as `Vanished`:
        take it out of the copy. What was erased outright (forgotten, or past its time) has no id any more; its
        `Vanished` tells the key that `row_key` gives of an id that the copy holds. Applied to a copy as of that run,
        all else by its id, this gives `current()`. Without a run it tells all there is, for a copy that is made anew.
        Take `since_run` from `latest_run` when the copy is made; what ran beside it may be told twice.

        Raises StoreError for a run that is not in the store.
        """
        for kind, query in self._changes(since_run, keyed=False):
            yield from self._read(kind, query, since_run, batch)

    def latest_run(self) -> str | None:
        """Return the run to follow from: that of those that ended which committed last; None where none has.

        What runs at this moment is told again by `changed`, as far as it commits anything later.
        """
        ended = "SELECT run_id FROM runs WHERE ended_at IS NOT NULL ORDER BY last_commit DESC LIMIT 1"
        rows = self.sql(ended)["run_id"].to_pylist()
        return rows[0] if rows else None

    def row_key(self, key: str) -> str:
        """Return the key of the row that has, or had, this id: 32 hexadecimal digits, of this store alone."""
        with telling(self.path, "read it"):
            return row_key(self._connection, key)

    def changed_arrow(self, since_run: str | None = None) -> dict[str, pa.Table]:
        """Return what `changed` tells as Arrow: rows by table, and under `vanished` what to take out.

        Each row has its `row_key`: merge by it, and take out by it, since what was erased has no id any more.

        Raises StoreError for a run that is not in the store.
        """
        parts: dict[str, list[pa.Table]] = {}
        parameters = None if since_run is None else {"since": since_run}
        for kind, query in self._changes(since_run, keyed=True):
            parts.setdefault(TABLES.get(kind, kind), []).append(self.sql(query, parameters))
        return {table: pa.concat_tables(tables) for table, tables in parts.items()}

    def _changes(self, since_run: str | None, *, keyed: bool) -> Iterator[tuple[str, str]]:
        """Yield the kind of the records that come, and the query for them."""
        whole = since_run is None
        if not whole and not self.sql("SELECT 1 FROM runs WHERE run_id = ?", [since_run]).num_rows:
            raise StoreError(f"there is no run {since_run!r} in it", subject=self.path.name, remedy="See table runs.")
        for kind in MERGED:
            yield kind, changed(kind, whole=whole, keyed=keyed)
        for kind in VANISHING:
            yield "vanished", vanished(kind, whole=whole, keyed=keyed)
        if not whole:
            yield "vanished", erased()

    def _read(self, kind: str, query: str, since_run: str | None, batch: int) -> Iterator[BaseModel]:
        parameters = None if since_run is None else {"since": since_run}
        with telling(self.path, "read it"):
            cursor = self._connection.cursor()
            look_through(cursor)  # views of one connection are not another's
            reader = arrow_reader(cursor, query, batch, parameters)
        while True:
            with telling(self.path, "read it"):
                rows = next(reader, None)
            if rows is None:
                return
            yield from records_of(kind, pa.Table.from_batches([rows]))


def _timeless(kind: str) -> Iterator[str]:
    """Yield the fields of a kind that do not depend on when it was read."""
    for column in field_columns(kind):
        if column.name == "time_source":
            yield "CASE time_source WHEN 'observed' THEN 'none' ELSE time_source END AS time_source"
        elif column.name not in {"raw", "observed_after"}:
            yield column.name


def _name_of(kind: type[BaseModel]) -> str:
    """Return how a kind of record is called; a class that is none keeps its own name, under which there is nothing."""
    field = kind.model_fields.get("record")
    return str(field.default) if field is not None else kind.__name__


def _known(table: str) -> str:
    if table not in _READABLE:
        raise StoreError(f"there is no table {table!r}", remedy=f"Tables: {', '.join(_READABLE)}.")
    return table
