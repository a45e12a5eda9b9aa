"""Analysis tables that were made: opened for reading, from a DuckDB file or a folder of Parquet files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Self

import duckdb

from communitykit.analysis.schema import TABLES
from communitykit.errors import SettingsError
from communitykit.shown import Table, as_html, as_text
from communitykit.store.answers import rows_told
from communitykit.store.opening import near

_MEMORY = "1GB"
"""What DuckDB may take for a question; beyond that it spills beside the tables. Ten million acts are asked with it."""
_MAKE = "Make them with `communitykit analyse STORE --to PATH`."


class Analysis:
    """Analysis tables, opened for reading. A context manager.

    Raises SettingsError where there is nothing at the path, or it holds no analysis tables.
    """

    def __init__(self, path: Path | str) -> None:
        """Open them."""
        self.path = Path(path)
        if not self.path.exists():
            raise SettingsError(
                "there is nothing here, and no analysis tables", subject=str(path), remedy=near(self.path) or _MAKE
            )
        try:
            self._connection = (
                _folder(self.path) if self.path.is_dir() else duckdb.connect(str(self.path), read_only=True)
            )
            self._connection.execute("SET TimeZone = 'UTC'")
            self._connection.execute(f"SET memory_limit = '{_MEMORY}'")
            self._connection.execute("SET temp_directory = ?", [f"{self.path}.tmp"])
            rows = self._connection.execute("SELECT key, value FROM about").fetchall()
        except duckdb.Error:
            raise SettingsError("holds no analysis tables", subject=str(path), remedy=_MAKE) from None
        self._about = {key: value for key, value in rows if value is not None}

    @property
    def about(self) -> Mapping[str, str]:
        """What the tables say about themselves: the facts of `about` that have a value."""
        return self._about

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables' names."""
        return tuple(TABLES)

    def connection(self) -> duckdb.DuckDBPyConnection:
        """Return the connection that the tables are visible on, for queries of your own."""
        return self._connection

    def __repr__(self) -> str:
        """Show the tables, and how many rows they have."""
        return as_text(*self._told())

    def _repr_html_(self) -> str:
        return as_html(*self._told())

    def _told(self) -> tuple[str, list[Table]]:
        return rows_told(self._connection, f"Analysis {self.path}", TABLES)

    def close(self) -> None:
        """Let go of the files."""
        self._connection.close()

    def __enter__(self) -> Self:
        """Return the tables."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close them."""
        self.close()


def _folder(path: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    for name in TABLES:
        single = path / f"{name}.parquet"
        files = single if single.exists() else path / name / "*.parquet"
        connection.read_parquet(str(files), hive_partitioning=False).create_view(name)
    return connection
