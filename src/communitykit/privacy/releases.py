"""Rows about single people leave with a purpose, and that they did is kept: who, when, what, what for, how many."""

from __future__ import annotations

import contextlib
import getpass
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from communitykit.errors import SettingsError
from communitykit.model.values import Value
from communitykit.store.connection import MEMORY_LIMITS, connect, disconnect
from communitykit.store.duckdb_errors import told
from communitykit.store.making import make_journal, remove_empty_journal
from communitykit.store.opening import no_store

_LONGEST = 1_000


def release(
    store: str | Path, *, what: str, purpose: str, rows: int, who: str | None = None, now: datetime | None = None
) -> dict[str, Value]:
    """Note in a store that rows about single people leave it, and return the note; call it before they leave.

    `what` names the rows ("subject", a metric) and never a person, `purpose` says in a sentence what they are for,
    `who` takes them: by default the account of this computer. Kept in the table `releases`.

    Raises SettingsError for a purpose that says nothing; StoreBusyError, StoreError.
    """
    path = Path(store)
    purpose = checked_purpose(purpose)
    if not path.exists():
        raise no_store(path)
    note = {"released_at": now or datetime.now(UTC), "released_by": who or _account(), "what": what,
            "purpose": purpose, "rows": rows}  # fmt: skip
    with _writing(path) as connection:
        connection.execute(
            "INSERT INTO releases (released_at, released_by, what, purpose, rows) VALUES (?, ?, ?, ?, ?)",
            list(note.values()),
        )
    return note


def checked_purpose(purpose: str) -> str:
    """Return a purpose without what surrounds it.

    Raises SettingsError for one without a word of two letters, and for one longer than 1,000 characters.
    """
    said = " ".join(purpose.split())
    if not any(len(word) > 1 and word.isalpha() for word in said.replace("-", " ").split()) or len(said) > _LONGEST:
        raise SettingsError(
            f"{said[:40]!r} is no purpose",
            subject="purpose",
            remedy='Say in a sentence what the rows are for: purpose="asked for by the person (GDPR article 15)".',
        )
    return said


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account without a name, as in some containers
        return "unknown"


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect(path, read_only=False, memory_limit=MEMORY_LIMITS[0])
    try:
        make_journal(path)
        yield connection
    except (duckdb.Error, OSError) as error:
        raise told(error, path, "write into it") from None
    finally:
        remove_empty_journal(path)
        disconnect(connection, path)
