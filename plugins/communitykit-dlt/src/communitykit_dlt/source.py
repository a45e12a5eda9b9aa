"""The source: one resource a table, each of which hands on what its destination lacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import dlt
from dlt.extract import DltResource

from communitykit.exchange import KEY, RECORDS
from communitykit_dlt.handing import about, records
from communitykit_dlt.pulling import Pulling
from communitykit_dlt.tables import Nested, columns_of

TableFormat = Literal["delta", "iceberg", "hive", "native"]


def source(
    connector: str | None = None,
    *,
    store: str | Path | None = None,
    config: str | Path | None = None,
    tables: Sequence[str] | None = None,
    nested: Nested = "json",
    table_format: TableFormat | None = None,
    options: dict[str, Any] | None = None,
    **settings: Any,  # noqa: ANN401 # each connector has its own
) -> Any:  # noqa: ANN401 # a DltSource
    """Return a dlt source of what a store holds: members, communities, memberships, posts, events, measures and more.

    A store stands between the platform and the destination, since platforms tell one record in parts: what is handed on
    is merged, whole, and so now. Each resource remembers in dlt's state what its destination has, so a later run hands
    on what changed since, and deletes what was deleted, undone, vanished or forgotten.

    Args:
        connector: Read this platform into the store first, with `settings`; None reads no platform.
        store: The store's path; by default that of `config`, else `activity.duckdb`.
        config: Read all sources of this `communitykit.toml` into its store first.
        tables: Only these tables; by default all.
        nested: Lists and structures as JSON columns, or as dlt's child tables.
        table_format: `delta` for the filesystem destination, which else cannot merge.
        options: What is asked of the platform, as keywords of `communitykit.pull` (`{"since": "90d"}`).
        **settings: The platform's settings, as of `communitykit.connect` (`token="…"`); or the environment's.

    Raises:
        SettingsError: Both `connector` and `config`, a table that there is not, or settings of no connector.
        CommunityKitError: While a resource is read: a platform, or the store, could not be.
    """
    pulling = Pulling.of(connector, settings, store, config, options)
    chosen = pulling.tables(tables)

    # Child tables are written anew and merged by turns; both need the key of the row that they hang from.
    @dlt.source(name="communitykit", root_key=nested == "tables")
    def communitykit() -> Iterator[DltResource]:
        for table in chosen:
            yield _resource(pulling, table, nested, table_format)

    return communitykit()


def _resource(pulling: Pulling, table: str, nested: Nested, table_format: TableFormat | None) -> DltResource:
    how: dict[str, Any] = {"write_disposition": "append"}
    if table in RECORDS:
        how = {"write_disposition": "merge", "primary_key": KEY}
    if table_format is not None:
        how["table_format"] = table_format
    made: DltResource = dlt.resource(
        records if table in RECORDS else about,
        name=table,
        columns=columns_of(table, nested),
        parallelized=True,
        **how,
    )(pulling, table, nested)
    return made
