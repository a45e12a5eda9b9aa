"""What reads again and again: each batch is what changed in a store of the stream's own since the batch before.

The driver reads the platform into the store and writes what changed as Parquet, in a folder that executors share; they
read those files and nothing else. So a task that is tried again, by another executor, gives the same rows. The offset
counts readings: it moves even where a reading found nothing new to read but old things changed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from communitykit import SettingsError, StoreError, pull
from communitykit.exchange import KEY, Changes
from communitykit.store import Store
from pyspark.sql.datasource import DataSourceStreamReader, InputPartition
from pyspark.sql.streaming.datasource import SupportsTriggerAvailableNow

from pyspark_communitykit.options import TABLES, Options
from pyspark_communitykit.parts import opened
from pyspark_communitykit.shapes import gone, shape, shaped

READINGS: Final = "readings"


class CommunityStream(DataSourceStreamReader, SupportsTriggerAvailableNow):
    """The changes of a store, batch by batch."""

    def __init__(self, options: Options) -> None:
        """Take the options.

        Raises SettingsError where no folder for the stream's state is named.
        """
        if options.state is None:
            raise SettingsError("a stream needs a folder that stays, and that executors see",
                                remedy='Write .option("state", "/a/shared/folder"), one for each stream.')  # fmt: skip
        self.options = options
        self.folder = Path(options.state)
        self._fixed: int | None = None

    def initialOffset(self) -> dict[str, int]:  # noqa: N802 # Spark's
        """Return the offset of before the first reading."""
        return {"reading": 0}

    def prepareForTriggerAvailableNow(self) -> None:  # noqa: N802 # Spark's
        """Read once; what comes later is for the next start."""
        self._fixed = self._read()

    def latestOffset(self, start: Any = None, limit: Any = None) -> dict[str, int]:  # noqa: ANN401, ARG002, N802 # Spark's
        """Read the platform, and return the number of this reading."""
        return {"reading": self._fixed if self._fixed is not None else self._read()}

    def partitions(self, start: dict[str, int], end: dict[str, int]) -> Sequence[InputPartition]:
        """Return a task for each file of the readings after `start`, up to `end`.

        Raises StoreError where one is not there: its rows would be lost.
        """
        found: list[InputPartition] = []
        for number in range(start["reading"] + 1, end["reading"] + 1):
            folder = self._place(number)
            if not folder.is_dir():
                raise StoreError(f"reading {number} is not in the stream's folder", subject=str(self.folder),
                                 remedy="The checkpoint is of another folder: start both anew.")  # fmt: skip
            found += [InputPartition(str(one)) for one in sorted(folder.glob("*.parquet"))]
        return found

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """Yield the rows of one file."""
        with pq.ParquetFile(partition.value) as file:
            yield from file.iter_batches()

    def commit(self, end: dict[str, int]) -> None:
        """Drop what was taken."""
        for number in range(end["reading"], 0, -1):
            folder = self._place(number)
            if not folder.exists():
                return
            shutil.rmtree(folder)

    def stop(self) -> None:
        """Nothing is held open."""

    def _read(self) -> int:
        """Read the platform into the store, and write down what changed; return the number of the reading.

        Raises CommunityKitError where it could not be read at all; the next reading then tells what this one took in.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        mark = self.folder / "mark.json"
        before: dict[str, Any] = json.loads(mark.read_text()) if mark.exists() else {"reading": 0, "run": None}
        number = int(before["reading"]) + 1
        store = self.folder / "stream.duckdb"
        with opened(self.options) as session:
            result = pull(session, store, **self.options.asked)
        if result.errors:
            raise result.errors[0]
        place = self._place(number)
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        with Store(store) as open_store:
            changes = Changes(open_store, before["run"])
            self._write(changes, place, result.ended_at)
            run = changes.run
        new = mark.with_suffix(".new")
        new.write_text(json.dumps({"reading": number, "run": run}))
        new.replace(mark)
        return number

    def _write(self, changes: Changes, place: Path, at: object) -> None:
        wanted = shape(self.options.kind)
        for kind, table in TABLES.items():
            if self.options.kind not in {None, kind}:
                continue
            batches = [shaped(kind, batch, wanted) for batch in changes.rows(table, batch=50_000)]
            keys = [str(one) for one in changes.vanished(table)[KEY].to_pylist()]
            batches += [gone(kind, keys, at, wanted)] if keys else []
            for number, batch in enumerate(batches):
                if batch.num_rows:
                    pq.write_table(pa.Table.from_batches([batch]), place / f"{kind}-{number:06}.parquet")

    def _place(self, number: int) -> Path:
        return self.folder / READINGS / f"{number:012}"
