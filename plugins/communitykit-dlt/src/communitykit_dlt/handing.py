"""Handing a table on: what its destination lacks, by what dlt's state says that it has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import dlt
import pyarrow as pa

from communitykit.errors import StoreError
from communitykit.exchange import Changes
from communitykit.store import Store
from communitykit_dlt.pulling import Pulling
from communitykit_dlt.tables import Nested, gone, kept

_JSON = ("extra", "raw", "sources")
_ANEW = dlt.mark.make_hints(write_disposition="replace")


def records(pulling: Pulling, table: str, nested: Nested) -> Iterator[Any]:
    """Yield a table's rows that changed, and those that are to go; all of them, anew, where that cannot be told."""
    pulling.once()
    state = dlt.current.resource_state()
    with Store(pulling.store) as store:
        changes = _since(store, state)
        schema = changes.schema(table, plain=nested == "json")
        if changes.since is None:
            # In place of what may be there: a copy of another store, or of a run that nobody knows any more.
            yield dlt.mark.with_hints(_items(kept(schema.empty_table()), nested), _ANEW)
        else:
            vanished = changes.vanished(table)
            if vanished.num_rows:
                yield _items(gone(vanished, schema), nested)
        for batch in changes.rows(table, plain=nested == "json"):
            yield _items(kept(pa.Table.from_batches([batch])), nested)
        state.update(run=changes.run, store=changes.identity)


def about(pulling: Pulling, table: str, nested: Nested) -> Iterator[Any]:
    """Yield a table whole, in place of what is there, where it is not what it was."""
    pulling.once()
    state = dlt.current.resource_state()
    with Store(pulling.store) as store:
        changes = Changes(store)
        mark = changes.mark(table)
        if state.get("mark") == mark:
            return
        first = changes.schema(table, plain=nested == "json").empty_table()
        yield dlt.mark.with_hints(_items(first, nested), _ANEW)
        for batch in changes.rows(table, plain=nested == "json"):
            yield _items(pa.Table.from_batches([batch]), nested)
        state["mark"] = mark


def _since(store: Store, state: dict[str, Any]) -> Changes:
    """Return what changed since the run that the destination has; all there is where the store does not know it."""
    whole = Changes(store)
    if state.get("store") != whole.identity or state.get("run") is None:
        return whole
    try:
        return Changes(store, state["run"])
    except StoreError:
        return whole


def _items(rows: pa.Table, nested: Nested) -> Any:  # noqa: ANN401 # what dlt takes
    if nested == "json":
        return rows
    texts = [name for name in _JSON if name in rows.column_names]
    return [{**row, **{name: json.loads(row[name]) for name in texts if row[name]}} for row in rows.to_pylist()]
