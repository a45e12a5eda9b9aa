"""`spark.read.format("communitykit")` and `spark.readStream.format("communitykit")`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
from communitykit import parse_id
from communitykit.exchange import KEY
from pyspark.sql.datasource import (
    DataSource,
    DataSourceReader,
    DataSourceStreamReader,
    EqualTo,
    Filter,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    InputPartition,
)
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructType

from pyspark_communitykit.options import TABLES, Options
from pyspark_communitykit.parts import Part, planned, rows
from pyspark_communitykit.shapes import shape, shaped
from pyspark_communitykit.stream import CommunityStream


class CommunityKitDataSource(DataSource):
    """A company's communities, by kind of record."""

    @classmethod
    def name(cls) -> str:
        """Return what `format` is given."""
        return "communitykit"

    def schema(self) -> StructType:
        """Return the columns of the kind that is chosen.

        Raises SettingsError for options that cannot be meant.
        """
        return from_arrow_schema(shape(Options.of(self.options).kind))

    def reader(self, schema: StructType) -> DataSourceReader:  # noqa: ARG002 # Spark's
        """Return what reads once; it takes filters in where `pushdown` says so, since Spark refuses that by default."""
        options = Options.of(self.options)
        return FilteredReader(options) if options.pushdown else CommunityReader(options)

    def streamReader(self, schema: StructType) -> DataSourceStreamReader:  # noqa: ARG002, N802 # Spark's
        """Return what reads again and again."""
        return CommunityStream(Options.of(self.options))


class CommunityReader(DataSourceReader):
    """What reads once: rows of what is so now, merged, each whole."""

    def __init__(self, options: Options) -> None:
        """Take the options; nothing is asked of the platform yet."""
        self.options = options
        self.kinds: Sequence[str] = tuple(TABLES) if options.kind is None else (options.kind,)

    def partitions(self) -> Sequence[InputPartition]:
        """Return the tasks."""
        return [InputPartition(part) for part in planned(self.options, self.kinds)] if self.kinds else []

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """Read one task's part.

        Raises CommunityKitError where it cannot be read whole.
        """
        part: Part = partition.value
        wanted = shape(self.options.kind)
        for kind, batch in rows(self.options, part):
            own = batch.drop_columns([KEY])  # it is of the store that the task made, and means nothing elsewhere
            yield shaped(kind, own, wanted)


class FilteredReader(CommunityReader):
    """What reads no more than a query's filters let through; Spark looks at each row again, so nothing is let in."""

    def pushFilters(self, filters: list[Filter]) -> Iterable[Filter]:  # noqa: N802 # Spark's
        """Narrow what is read: by community, by kind, and by when it was written."""
        for one in filters:
            if isinstance(one, EqualTo):
                self._narrow(one.attribute, (one.value,))
            elif isinstance(one, In):
                self._narrow(one.attribute, tuple(one.value))
            elif isinstance(one, GreaterThan | GreaterThanOrEqual):
                self._since(one.attribute, one.value)
        return filters

    def _narrow(self, attribute: tuple[str, ...], values: Sequence[Any]) -> None:
        if attribute == ("record",) and self.options.kind is None:
            self.kinds = [kind for kind in self.kinds if kind in values]
        elif attribute == ("community_id",) and "communities" not in self.options.asked:
            ours = [one for one in values if isinstance(one, str) and one.startswith(f"{self.options.connector}:")]
            natives = [parse_id(one).native for one in ours]
            if not natives:
                self.kinds = ()
            elif all(len(native) == 1 for native in natives):
                self._ask(communities=tuple(_literal(native[0]) for native in natives))

    def _since(self, attribute: tuple[str, ...], value: Any) -> None:  # noqa: ANN401 # whatever was compared
        written = attribute == ("created_at",) and self.options.kind == "post"
        if written and isinstance(value, datetime) and value.tzinfo is not None and "since" not in self.options.asked:
            self._ask(since=value)

    def _ask(self, **more: Any) -> None:  # noqa: ANN401 # options of a reading
        told = {**vars(self.options), "asked": {**self.options.asked, **more}}
        self.options = Options(**told)


def _literal(native: str) -> str:
    """Return a glob that fits this id alone."""
    return "".join(f"[{one}]" if one in "*?[" else one for one in native)
