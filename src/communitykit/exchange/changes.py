"""What changed in a store, table by table: what every copy that is kept elsewhere is made of.

Records are told whole, merged from all that is known, and only those that are so now: a copy never merges anything. A
row's `row_key` is what a copy merges and takes out by. Tables about the record (its persons, runs and Coverage) are few
rows: they are handed on whole where they are not what they were.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyarrow as pa

from communitykit.errors import StoreError
from communitykit.model.values import Value
from communitykit.store import Store
from communitykit.store.answers import arrow_reader
from communitykit.store.changed import VANISHING, changed, erased, vanished
from communitykit.store.columns import MERGED, TABLES
from communitykit.store.duckdb_errors import telling
from communitykit.store.evolution import look_through

RECORDS: Final = {TABLES[kind]: kind for kind in MERGED}
"""By table, the kind of the records in it, which are followed."""
ABOUT: Final = ("coverage", "issues", "runs", "people", "identities", "refusals", "decisions")
"""Tables about the record, which are handed on whole."""
KEY: Final = "row_key"
INSTEAD: Final = "\ufffd"
"""Stands for the NUL character, which many engines' texts cannot hold."""
_NESTED: Final = ("STRUCT(", "MAP(", "UNION(")


class Changes:
    """What a copy lacks that was made as of a run; all there is where it was never made (`since` is None).

    Raises StoreError for a run that the store does not know: then the copy is to be made anew.
    """

    def __init__(self, store: Store, since: str | None = None) -> None:
        """Look at an open store, which stays open meanwhile."""
        self._store = store
        self.since = since
        self.run = store.latest_run()
        """The run to follow from next time; keep it with the copy, once all of it is there."""
        self.identity = store.row_key("")
        """Which store this is: copies of two are never one."""
        if since is not None and not store.sql("SELECT 1 FROM runs WHERE run_id = ?", [since]).num_rows:
            raise StoreError(
                f"there is no run {since!r} in it", subject=store.path.name, remedy="Make the copy anew, all of it."
            )

    def rows(self, table: str, *, plain: bool = False, batch: int = 50_000) -> pa.RecordBatchReader:
        """Return rows to put into the copy, by their `row_key`; of a table in `ABOUT` all there is.

        `plain`: lists and structures as JSON text, and U+FFFD for NUL, for engines that have none.
        """
        query = changed(RECORDS[table], whole=self.since is None, keyed=True) if table in RECORDS else f"FROM {table}"
        return self._read(self.shaped(query, plain=plain), batch)

    def vanished(self, table: str) -> pa.Table:
        """Return what to take out of the copy, by its `row_key`: columns `row_key` and `gone`."""
        kind = RECORDS[table]
        queries = [vanished(kind, whole=False, keyed=True)] if kind in VANISHING else []
        queries += [f"FROM ({erased()}) WHERE kind = '{kind}'"]
        if self.since is None:
            return pa.table({KEY: pa.array([], pa.string()), "gone": pa.array([], pa.string())})
        chosen = [f"SELECT {KEY}, gone FROM ({one})" for one in queries]  # noqa: S608 # our own text
        return pa.concat_tables(self._read(one, 50_000).read_all() for one in chosen)

    def mark(self, table: str) -> str:
        """Return what tells a table's rows from others: where it is as it was, the copy is, too."""
        query = f"SELECT count(*) || '-' || coalesce(sum(CAST(hash(t) AS HUGEINT)), 0) AS mark FROM {table} t"  # noqa: S608 # our own names
        told: Value = self._store.sql(query)["mark"].to_pylist()[0]
        return str(told)

    def schema(self, table: str, *, plain: bool = False) -> pa.Schema:
        """Return the columns that `rows` has, as Arrow's."""
        query = changed(RECORDS[table], whole=True, keyed=True) if table in RECORDS else f"FROM {table}"
        return self._read(f"FROM ({self.shaped(query, plain=plain)}) LIMIT 0", 1).schema  # our own text

    def shaped(self, query: str, *, plain: bool) -> str:
        """Return a query with its JSON as text and, where it is to be `plain`, its lists and structures as JSON."""
        described = self._store.connection().execute(f"DESCRIBE {query}", self._since(query)).fetchall()
        return f"SELECT {', '.join(_column(name, kind, plain=plain) for name, kind, *_ in described)} FROM ({query})"  # noqa: S608 # same

    def _since(self, query: str) -> dict[str, Value] | None:
        return {"since": self.since} if "$since" in query else None

    def _read(self, query: str, batch: int) -> pa.RecordBatchReader:
        with telling(self._store.path, "read it"):
            cursor = self._store.connection().cursor()
            look_through(cursor)  # views of one connection are not another's
            return arrow_reader(cursor, query, batch, self._since(query))


def json_columns(store: Store, table: str) -> Iterator[str]:
    """Yield the columns of a table that hold JSON, or what a plain copy holds as JSON."""
    for name, kind, *_ in store.connection().execute(f"DESCRIBE {table}").fetchall():
        if kind == "JSON" or _is_nested(kind):
            yield name


def _is_nested(kind: str) -> bool:
    return kind.endswith("[]") or kind.startswith(_NESTED)


def _column(name: str, kind: str, *, plain: bool) -> str:
    if kind == "JSON" or (plain and _is_nested(kind)):
        text = f'CAST("{name}" AS VARCHAR)' if kind == "JSON" else f'CAST(to_json("{name}") AS VARCHAR)'
        return f'{_no_escaped_nul(text) if plain else text} AS "{name}"'
    return f"""replace("{name}", chr(0), '{INSTEAD}') AS "{name}\"""" if plain and kind == "VARCHAR" else f'"{name}"'


def _no_escaped_nul(text: str) -> str:
    """Return the SQL of a JSON text without NUL; of two side by side the first takes what the second begins after."""
    for _ in range(2):
        text = f"""regexp_replace({text}, '(^|[^\\\\])((?:\\\\\\\\)*)\\\\u0000', '\\1\\2{INSTEAD}', 'g')"""
    return text
