"""A copy as Delta tables: a folder a table, and one that says what all of them are as of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pyarrow as pa

from communitykit.errors import CommunityKitError, SettingsError
from communitykit.exchange.changes import ABOUT, KEY, RECORDS
from communitykit.exchange.copying import Copied, Held, keep_copy, told
from communitykit.model.values import Value
from communitykit.sinks.permissions import make_folder
from communitykit.store import Store

_MARKS: Final = "communitykit_copy"
# Delta logs the smallest and largest values of columns, which are what people wrote and are called: of keys alone here.
_QUIET: Final = {"delta.dataSkippingStatsColumns": KEY}
_MUTE: Final = {"delta.dataSkippingNumIndexedCols": "0"}
_KEPT_HOURS: Final = 168
"""For so long readers of an older version may go on; what was forgotten goes at once."""


def copy_to_delta(
    store: str | Path,
    to: str | Path,
    *,
    analysis: Path | str | None = None,
    since_run: str | None = None,
    anew: bool = False,
    storage_options: Mapping[str, str] | None = None,
) -> Copied:
    """Bring Delta tables to where the store is (extra `delta`): merged by `row_key`, each table in one commit or two.

    `to` is a folder, or an address that `deltalake` knows (`s3://…`, `abfss://…`), with its `storage_options`. A run
    that was killed is taken up by the next: what is written twice is the same. Where something was forgotten, files of
    older versions that hold it go at once; else they go after a week.

    Raises SettingsError where deltalake is not installed; else as `keep_copy`.
    """
    try:
        from deltalake.exceptions import DeltaError  # noqa: PLC0415 # an extra
    except ImportError:
        raise SettingsError("Delta needs deltalake", remedy="Install it: pip install 'communitykit[delta]'.") from None
    target = DeltaTarget(str(to), dict(storage_options or {}))
    with Store(store) as opened:
        try:
            return keep_copy(opened, target, analysis=analysis, since_run=since_run, anew=anew)
        except (DeltaError, OSError) as error:
            raise told(error, str(to), (storage_options or {}).values()) from None


class DeltaTarget:
    """Delta tables in one place."""

    plain = False

    def __init__(self, to: str, options: dict[str, str]) -> None:
        """Name the place."""
        self._to = to.rstrip("/")
        self._options = options
        self._written: set[str] = set()
        if "://" not in to:
            make_folder(Path(to))

    def held(self) -> Held | None:
        """Return what the table of marks says."""
        if self._is_there(_MARKS):
            (row,) = self._table(_MARKS).to_pyarrow_table().to_pylist()
            return Held(row["store"], row["run_id"], json.loads(row["marks"]))
        for table in (*RECORDS, *ABOUT):
            # A first run that was killed leaves tables without marks; they say that they are ours.
            if self._is_there(table) and self._table(table).metadata().name != _MARKS:
                raise CommunityKitError(
                    f"there is a table {table!r} that no export made", subject=self._to, remedy="Name another place."
                )
        return None

    def replace(self, table: str, area: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
        """Write a table whole, in one commit."""
        from deltalake import write_deltalake  # noqa: PLC0415 # an extra

        number = 0

        def counted() -> Iterable[pa.RecordBatch]:
            nonlocal number
            for batch in batches:
                number += batch.num_rows
                yield batch

        name = f"{area}/{table}" if area else table
        data = pa.RecordBatchReader.from_batches(schema, counted())
        write_deltalake(
            self._at(name),
            data,
            mode="overwrite",
            schema_mode="overwrite",
            name=_MARKS,
            configuration=_QUIET if KEY in schema.names else _MUTE,
            storage_options=self._options or None,
        )
        self._written.add(name)
        return number

    def merge(
        self, table: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch], gone: pa.Table
    ) -> tuple[int, int]:
        """Take out and put in, by key, each in one commit; a table of other columns is written whole before."""
        rows = pa.Table.from_batches(batches, schema=schema)
        keyed = "kept.row_key = told.row_key"
        if gone.num_rows:
            merger = self._table(table).merge(gone.select([KEY]), keyed, source_alias="told", target_alias="kept")
            merger.when_matched_delete().execute()
        if rows.num_rows:
            merger = self._table(table).merge(rows, keyed, source_alias="told", target_alias="kept", merge_schema=True)
            merger.when_matched_update_all().when_not_matched_insert_all().execute()
        if gone.num_rows or rows.num_rows:
            self._written.add(table)
        return rows.num_rows, gone.num_rows

    def remember(self, held: Held, *, forgetting: bool) -> None:
        """Remove old files, then note it: whoever is killed between does both again."""
        tables = sorted(self._written) if not forgetting else self._all()
        for name in tables:
            hours = 0 if forgetting else _KEPT_HOURS
            self._table(name).vacuum(hours, dry_run=False, enforce_retention_duration=False)
        row = {"store": held.store, "run_id": held.run, "marks": json.dumps(dict(held.marks))}
        marks = pa.Table.from_pylist([{**row, "copied_at": datetime.now(UTC)}])
        self.replace(_MARKS, "", marks.schema, marks.to_batches())

    def _all(self) -> list[str]:
        return [name for name in (*RECORDS, *ABOUT) if self._is_there(name)]

    def _at(self, name: str) -> str:
        return f"{self._to}/{name}"

    def _is_there(self, name: str) -> bool:
        from deltalake import DeltaTable  # noqa: PLC0415 # an extra

        return bool(DeltaTable.is_deltatable(self._at(name), self._options or None))

    def _table(self, name: str) -> Value:
        from deltalake import DeltaTable  # noqa: PLC0415 # same

        return DeltaTable(self._at(name), storage_options=self._options or None)
