"""Rows that left a store for good, so that who keeps a copy hears of it: by a key that does not tell what they were.

Their ids name persons, and what is forgotten or past its time stays nowhere. So each row has a key, made of its id and
of a salt that only the store holds; copies keep it beside the row, and what was erased is told by its key alone.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

import duckdb

from communitykit.store.answers import first_row
from communitykit.store.columns import MERGED, TABLES
from communitykit.store.staging import literal

_SALT: Final = "row_key_salt"
_LENGTH: Final = 32
"""Hexadecimal digits of a key: 128 bits."""
# A store of before there were salts is read as it will be once it is written to: by its first run.
_SALT_OF = f"""coalesce((SELECT value FROM meta WHERE key = '{_SALT}'),
    (SELECT sha256(min(run_id) || min(started_at)) FROM runs), '')"""  # noqa: S608 # our own text
_KINDS = {TABLES[kind]: kind for kind in MERGED}


def key_of(name: str) -> str:
    """Return the SQL of a row's key, given that of its id."""
    return f"substr(sha256(concat({_SALT_OF}, {name})), 1, {_LENGTH})"


def salted(connection: duckdb.DuckDBPyConnection) -> bool:
    """Tell whether a store has its salt."""
    return first_row(connection, f"SELECT 1 FROM meta WHERE key = '{_SALT}'") is not None  # noqa: S608 # ours


def salt(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep a store's salt from now on: that which its rows were told by, or a new one where none can have been."""
    ((told,),) = connection.execute(f"SELECT {_SALT_OF}").fetchall()
    connection.execute(f"INSERT INTO meta VALUES ('{_SALT}', {literal(told or secrets.token_hex(32))})")  # noqa: S608 # escaped


def row_key(connection: duckdb.DuckDBPyConnection, key: str) -> str:
    """Return the key of the row that has, or had, an id."""
    ((told,),) = connection.execute(f"SELECT {_SALT_OF}").fetchall()
    return hashlib.sha256(f"{told}{key}".encode()).hexdigest()[:_LENGTH]


def note_erased(connection: duckdb.DuckDBPyConnection, table: str, rule: str, values: object, run: str) -> None:
    """Note the rows of a table that a rule is about to erase; nothing for tables that nobody follows."""
    if table in _KINDS:
        connection.execute(
            f"""INSERT INTO erased SELECT {key_of("id")}, '{_KINDS[table]}', '{run}', now() FROM {table}
            WHERE {rule}""",  # noqa: S608 # our own names
            values,
        )
