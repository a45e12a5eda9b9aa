"""The record through dlt, in the environment of `communitykit-dlt`: `through_dlt.py STORE FOLDER`.

Beside it, what dlt itself takes: a pipeline whose resources do nothing but hand on the same rows, from memory. Prints
seconds of CPU as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt
import pyarrow as pa

import communitykit_dlt
from communitykit.exchange import KEY, RECORDS, Changes
from communitykit.store import Store
from communitykit_dlt.tables import columns_of, kept


def main(store: Path, folder: Path) -> dict[str, float]:
    """Measure, from the first pipeline on: what dlt imports late is in none of them."""
    found: dict[str, float] = {}

    def timed(name: str, source: Any, into: str) -> None:
        to = dlt.destinations.duckdb(str(folder / f"{into}.duckdb"))
        pipeline = dlt.pipeline(into, destination=to, dataset_name="ck", pipelines_dir=str(folder / "pipelines"))
        started = time.process_time()
        pipeline.run(source)
        found[name] = time.process_time() - started

    rows = prepared(store)
    few = {table: [one.slice(0, 1) for one in batches[:1]] for table, batches in rows.items()}
    timed("warm", trivial(few), "warm")
    timed("trivial", trivial(rows), "trivial")
    timed("trivial again", trivial({table: [] for table in rows}), "trivial")
    timed("much", communitykit_dlt.source(store=store), "much")
    timed("again", communitykit_dlt.source(store=store), "much")
    cold = found["trivial"]
    timed("trivial", trivial(rows), "warmer")
    found["trivial"] = min(cold, found["trivial"])  # what is imported late is there by now
    found["rows"] = sum(one.num_rows for batches in rows.values() for one in batches)
    return found


def prepared(store: Path) -> dict[str, list[pa.Table]]:
    """Return the rows that the source hands on, by table."""
    with Store(store) as opened:
        changes = Changes(opened)
        return {
            table: [kept(pa.Table.from_batches([batch])) for batch in changes.rows(table, plain=True)]
            for table in RECORDS
        }


def handed(batches: list[pa.Table]) -> Iterator[pa.Table]:
    """Yield what is there."""
    yield from batches


def trivial(rows: dict[str, list[pa.Table]]) -> Any:
    """Return a source that does nothing but hand on what is there, in place of what was."""

    @dlt.source(name="trivial")
    def source() -> Iterator[Any]:
        for table, batches in rows.items():
            how: dict[str, Any] = {"primary_key": KEY, "write_disposition": "replace" if batches else "append"}
            yield dlt.resource(handed, name=table, columns=columns_of(table, "json"), parallelized=True, **how)(batches)

    return source()


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]))))
