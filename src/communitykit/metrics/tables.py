"""Open analysis tables: one DuckDB file, or a folder of Parquet files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Self

import duckdb

from communitykit.errors import SettingsError

_MAKE = "Make them with `communitykit analyse STORE --to PATH`."


class Opened:
    """Analysis tables on one connection, read-only. A context manager.

    Raises:
        SettingsError: There is nothing at the path, or it holds no analysis tables.
    """

    def __init__(self, path: Path | str) -> None:
        """Open them."""
        path = Path(path)
        if not path.exists():
            raise SettingsError("there is nothing here", subject=str(path), remedy=_MAKE)
        try:
            self._connection = _folder(path) if path.is_dir() else duckdb.connect(str(path), read_only=True)
            rows = self._connection.execute("SELECT key, value FROM about").fetchall()
        except duckdb.Error:
            raise SettingsError("holds no analysis tables", subject=str(path), remedy=_MAKE) from None
        self._about = {key: value for key, value in rows if value is not None}

    @property
    def about(self) -> Mapping[str, str]:
        """What the tables say about themselves."""
        return self._about

    def connection(self) -> duckdb.DuckDBPyConnection:
        """Return the connection that the tables are visible on."""
        return self._connection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def _folder(path: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    found = {one.stem: one for one in sorted(path.glob("*.parquet"))}
    found |= {one.name: one / "**" / "*.parquet" for one in sorted(path.iterdir()) if one.is_dir()}
    for name, files in found.items():
        connection.read_parquet(str(files), hive_partitioning=False).create_view(name)
    return connection
