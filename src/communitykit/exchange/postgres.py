"""A copy in PostgreSQL: one schema for the record, one for the analysis tables, one transaction a run."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pyarrow as pa
from pyarrow import csv

from communitykit.errors import CommunityKitError, SettingsError
from communitykit.exchange.changes import ABOUT, KEY, RECORDS, json_columns
from communitykit.exchange.copying import ANALYSIS, Copied, Held, keep_copy, told
from communitykit.model.values import Value
from communitykit.store import Store
from communitykit.store.descriptions import described

_MARKS: Final = "communitykit_copy"
_SCHEMES: Final = ("postgresql", "postgres")
_TYPES: Final = (
    (pa.types.is_string, "text"),
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_int32, "integer"),
    (pa.types.is_integer, "bigint"),
    (pa.types.is_floating, "double precision"),
    (pa.types.is_date, "date"),
    (pa.types.is_timestamp, "timestamptz"),
)


def is_postgres(to: str) -> bool:
    """Tell whether a target is a PostgreSQL URL."""
    return to.partition("://")[0] in _SCHEMES and "://" in to


def without_password(url: str) -> str:
    """Return a URL as it may be shown: no password, and nothing that follows a question mark."""
    parts = urlsplit(url)
    where = parts.netloc.rpartition("@")
    user = where[0].partition(":")[0]
    return f"{parts.scheme}://{user}{'@' if user else ''}{where[2]}{parts.path}"


def copy_to_postgres(
    store: str | Path,
    url: str,
    *,
    schema: str = "communitykit",
    analysis: Path | str | None = None,
    since_run: str | None = None,
    anew: bool = False,
) -> Copied:
    """Bring the copy in a PostgreSQL database to where the store is: all of it, or nothing (extra `postgres`).

    The tables of the record are in `schema`, the analysis tables in `SCHEMA_analysis`. Lists, structures and JSON are
    `jsonb`; the NUL character, which PostgreSQL cannot hold, is U+FFFD there. A password that is not in the URL comes
    from `PGPASSWORD` or the user's password file, as everywhere with PostgreSQL.

    Raises SettingsError where psycopg is not installed; else as `keep_copy`.
    """
    try:
        import psycopg  # noqa: PLC0415 # an extra
    except ImportError:
        raise SettingsError(
            "PostgreSQL needs psycopg", remedy="Install it: pip install 'communitykit[postgres]'."
        ) from None
    where, secret = without_password(url), urlsplit(url).password
    with Store(store) as opened:
        json_of = {table: frozenset(json_columns(opened, table)) for table in (*RECORDS, *ABOUT)}
        try:
            with psycopg.connect(url, application_name="communitykit") as connection:  # commits at the end, or nothing
                target = PostgresTarget(connection, schema, json_of, where)
                return keep_copy(opened, target, analysis=analysis, since_run=since_run, anew=anew)
        except psycopg.Error as error:
            raise told(error, where, [secret]) from None


class PostgresTarget:
    """Tables in two schemas of one database, inside the caller's transaction."""

    plain = True

    def __init__(self, connection: Value, schema: str, json_of: Mapping[str, frozenset[str]], where: str) -> None:
        """Take the turn: two exports into one schema follow one another."""
        from psycopg import sql  # noqa: PLC0415 # an extra

        self._sql = sql
        self._connection = connection
        self._schemas = {"": schema, ANALYSIS: f"{schema}_{ANALYSIS}"}
        self._json = json_of
        self._where = where
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('communitykit'), hashtext(%s))", [schema])
        connection.execute("SET LOCAL TimeZone = 'UTC'")
        connection.execute("SET LOCAL client_min_messages = warning")

    def held(self) -> Held | None:
        """Return what is remembered in the schema."""
        if self._exists("", _MARKS):
            row = self._run("SELECT store, run_id, marks FROM {}", self._name("", _MARKS)).fetchone()
            return Held(row[0], row[1], row[2]) if row else None
        found = [(area, table) for area in self._schemas for table in (*RECORDS, *ABOUT) if self._exists(area, table)]
        for area, table in found:
            raise CommunityKitError(
                f"the schema {self._schemas[area]!r} has a table {table!r} that no export made",
                subject=self._where,
                remedy="Name another schema: --schema NAME.",
            )
        return None

    def replace(self, table: str, area: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
        """Write a table whole."""
        self._make(table, area, schema)
        self._run("DELETE FROM {}", self._name(area, table))
        return self._copy(self._name(area, table), schema, batches)

    def merge(
        self, table: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch], gone: pa.Table
    ) -> tuple[int, int]:
        """Take out and put in, by key."""
        self._make(table, "", schema)
        name, came = self._name("", table), self._sql.Identifier(f"came_{table}")
        self._run("CREATE TEMP TABLE {} (LIKE {}) ON COMMIT DROP", came, name)
        went = gone.select([KEY])
        for rows, columns in ((went.to_batches(), went.schema), (batches, schema)):
            number = self._copy(came, columns, rows)
            self._run("DELETE FROM {} WHERE row_key IN (SELECT row_key FROM {})", name, came)
            if columns is not schema:
                self._run("TRUNCATE {}", came)
        columns = self._columns(schema)
        self._run("INSERT INTO {} ({}) SELECT {} FROM {}", name, columns, columns, came)
        return number, went.num_rows

    def remember(self, held: Held, *, forgetting: bool) -> None:  # noqa: ARG002 # deleted rows go with the next vacuum
        """Note it, inside the same transaction."""
        self._schema("")
        name = self._name("", _MARKS)
        self._run("CREATE TABLE IF NOT EXISTS {} (store text, run_id text, marks jsonb, copied_at timestamptz)", name)
        self._run("DELETE FROM {}", name)
        words = [held.store, held.run, json.dumps(dict(held.marks))]
        self._run("INSERT INTO {} VALUES (%s, %s, %s, now())", name, values=words)

    def _make(self, table: str, area: str, schema: pa.Schema) -> None:
        """Make a table, or give it the columns that it lacks; what others added to it stays."""
        self._schema(area)
        json_in, name = self._json_in(table, area), self._name(area, table)
        if not self._exists(area, table):
            told_of = [self._definition(one, json_in) for one in schema]
            if KEY in schema.names:
                told_of.append(self._sql.SQL("PRIMARY KEY ({})").format(self._sql.Identifier(KEY)))
            self._run("CREATE TABLE {} ({})", name, self._sql.SQL(", ").join(told_of))
            if "id" in schema.names:
                self._run("CREATE INDEX ON {} (id)", name)
            self._describe(table, area, schema)
            return
        for one in schema:
            self._run("ALTER TABLE {} ADD COLUMN IF NOT EXISTS {}", name, self._definition(one, json_in))

    def _describe(self, table: str, area: str, schema: pa.Schema) -> None:
        if area or table not in described():
            return
        of_table, of_columns = described()[table]
        name = self._name(area, table)
        self._run("COMMENT ON TABLE {} IS {}", name, self._sql.Literal(of_table))
        for one in schema.names:
            if one in of_columns:
                column = self._sql.Identifier(self._schemas[area], table, one)
                self._run("COMMENT ON COLUMN {} IS {}", column, self._sql.Literal(of_columns[one]))

    def _copy(self, name: Value, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
        number = 0
        statement = self._sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(name, self._columns(schema))
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            for batch in batches:
                copy.write(_written(batch))
                number += batch.num_rows
        return number

    def _definition(self, one: pa.Field[pa.DataType], json_in: frozenset[str]) -> Value:  # same
        kind = "jsonb" if one.name in json_in else next(name for fits, name in _TYPES if fits(one.type))
        return self._sql.SQL("{} " + kind).format(self._sql.Identifier(one.name))

    def _json_in(self, table: str, area: str) -> frozenset[str]:
        return frozenset() if area else self._json[table]

    def _columns(self, schema: pa.Schema) -> Value:
        return self._sql.SQL(", ").join(map(self._sql.Identifier, schema.names))

    def _name(self, area: str, table: str) -> Value:
        return self._sql.Identifier(self._schemas[area], table)

    def _schema(self, area: str) -> None:
        found = self._connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [self._schemas[area]])
        if found.fetchone() is None:  # who may not make one may still write into one that is there
            self._run("CREATE SCHEMA {}", self._sql.Identifier(self._schemas[area]))

    def _exists(self, area: str, table: str) -> bool:
        query = (
            "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE nspname = %s AND relname = %s"
        )
        return self._connection.execute(query, [self._schemas[area], table]).fetchone() is not None

    def _run(self, text: str, *parts: Value, values: list[Value] | None = None) -> Value:
        return self._connection.execute(self._sql.SQL(text).format(*parts), values)


def _written(batch: pa.RecordBatch) -> bytes:
    """Return rows as CSV: nothing is NULL, what is empty stands in quotes."""
    buffer = io.BytesIO()
    csv.write_csv(batch, buffer, csv.WriteOptions(include_header=False, quoting_style="all_valid"))
    return buffer.getvalue()
