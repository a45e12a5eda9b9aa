"""A copy that follows a store from run to run holds what the store holds, whatever happened."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from histories import current, ten_runs, without_seen

from communitykit.errors import StoreError
from communitykit.exchange import ABOUT, RECORDS, Changes
from communitykit.store import TABLES, Store


@pytest.mark.parametrize(
    ("seed", "runs"),
    [
        (1, 4),
        *(pytest.param(seed, 10, marks=pytest.mark.exhaustive) for seed in range(2, 8)),
    ],
)
def test_a_copy_is_its_store_after_every_run(tmp_path: Path, seed: int, runs: int) -> None:
    path, copy, since = tmp_path / "a.duckdb", dict[str, dict[str, Any]](), None
    happened = []
    for how in ten_runs(path, seed, runs):
        happened.append(how)
        with Store(path) as store:
            changes = Changes(store, since)
            for table in RECORDS:
                held = copy.setdefault(table, {})
                for key in changes.vanished(table)["row_key"].to_pylist():
                    held.pop(key, None)
                rows = changes.rows(table).read_all()
                assert rows.schema == changes.schema(table)
                held.update({row["row_key"]: without_seen(row) for row in rows.to_pylist()})
            since = changes.run
        assert copy == current(path), happened
    assert len(happened) == runs


@pytest.mark.slow
def test_plain_rows_are_text_where_others_have_parts(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    list(ten_runs(path, 4, runs=2))
    with Store(path) as store:
        changes = Changes(store)
        posts = changes.rows("posts", plain=True).read_all()
        assert {posts.schema.field(name).type for name in ("links", "mentions", "counts", "poll", "extra")} == {
            pa.string()
        }
        assert changes.rows("posts").schema.field("links").type == pa.list_(pa.string())
        assert pa.types.is_struct(changes.rows("posts").schema.field("counts").type)
        for table in (*TABLES.values(), *ABOUT):
            assert changes.schema(table).names, table
        assert changes.mark("runs") == Changes(store).mark("runs")
        with pytest.raises(StoreError, match="no run 'r9'"):
            Changes(store, "r9")
