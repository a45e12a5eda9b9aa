"""What is told again as it is stored: told apart in SQL, so that nothing of it is merged in Python.

Merging such a record moves nothing but the time of knowing: every field has one moment, that of the last telling, and
so it has afterwards. Whatever else there is to a record (told in parts, by several sources, twice in one group, gone)
is merged by `communitykit.model.merge`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import duckdb

from communitykit.model.merge import CLOCKS_DIFFER
from communitykit.model.packed import PackedKind
from communitykit.store.columns import PROVENANCE_NAMES, TABLES, field_columns
from communitykit.store.rows import columns_of_fresh
from communitykit.store.staging import handed_over, literal

_NOTHING = "[]"
"""The provenance of a record that tells nothing: a stub."""
_SEEN_BEFORE = """CASE WHEN t.last_run IS NOT DISTINCT FROM i.last_run THEN t.seen_before
    WHEN t.source_connector = i.source_connector AND t.source_origin = i.source_origin THEN t.as_of END"""


def confirm(
    connection: duckdb.DuckDBPyConnection,
    records: PackedKind,
    places: Mapping[str, int],
    run_id: str,
    *,
    now: datetime,
) -> set[str]:
    """Note that records which are stored just so were told again; return their ids. `places` are the stored rows'.

    A stub of what is stored tells nothing, and is among them.
    """
    if not len(records):
        return set()
    kind, ids, told = records.kind, records.column("id"), columns_of_fresh(records, run_id)
    with handed_over({**told, "place": ("BIGINT", [places[key] for key in ids])}) as rows:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE alike AS {_alike(kind, rows, now + CLOCKS_DIFFER)}")
    alike = connection.execute("SELECT id, later FROM alike").fetchall()
    if any(later for _, later in alike):
        connection.execute(_again(kind))
    connection.execute("DROP TABLE alike")  # where something fails, it goes with the transaction
    _, provenance = told["provenance"]
    silent = (key for key, fields in zip(ids, provenance, strict=True) if fields == _NOTHING)
    return {*(key for key, _ in alike), *silent}


def _moved(kind: str) -> dict[str, str]:
    """Return the columns that move when a row is told again just as it is stored, in SQL: what it says does not."""
    moved = {name: f"i.{name}" for name in PROVENANCE_NAMES}
    return {**moved, "last_run": "i.last_run", "seen_before": _SEEN_BEFORE} if kind == "post" else moved


def _alike(kind: str, rows: str, limit: datetime) -> str:
    """Return the query for what is stored just as `rows` tell it: the same fields, at one moment, with the same values.

    What is stored as of after `limit` is not believed, and so is merged.
    """
    same = [f"t.{one.name} IS NOT DISTINCT FROM i.{one.name}" for one in field_columns(kind) if one.name != "id"]
    fields = "substr({0}.provenance, strpos({0}.provenance, '\",['))"  # after the moment of the first, and only, group
    same += [f"{fields.format('t')} = {fields.format('i')}", f"i.provenance <> '{_NOTHING}'"]
    same.append(f"t.as_of <= {literal(limit)}")
    moved = ", ".join(f"{sql} AS {name}" for name, sql in _moved(kind).items())
    return f"""SELECT i.id, i.place, t.as_of < i.as_of AS later, {moved}
        FROM {TABLES[kind]} t JOIN {rows} i ON t.rowid = i.place WHERE {" AND ".join(same)}"""  # noqa: S608 # our own names


def _again(kind: str) -> str:
    """Return the statement that notes where they stand that rows were told again.

    Columns are written over in their place: what people wrote is neither copied nor compressed anew.
    """
    table = TABLES[kind]
    moved = ", ".join(f"{name} = l.{name}" for name in _moved(kind))
    return f"UPDATE {table} SET {moved} FROM alike l WHERE {table}.rowid = l.place AND l.later"  # noqa: S608 # same
