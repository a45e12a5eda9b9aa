"""What was erased as too old stays so: nothing that is older comes in again, whatever brings it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Final

import duckdb

from communitykit.store.answers import first_row

if TYPE_CHECKING:
    from communitykit.model.packed import PackedKind  # `show` reads the cut-off, and needs no model

_KEY: Final = "erased_before"
_STRANGERS: Final = ":strangers"
"""What ends the slice whose checkpoint is no mark of what was read, but a list of whom to look up (`lookups`)."""
_DATED: Final[Mapping[str, str]] = {
    "post": "created_at",
    "event": "occurred_at",
    "membership": "until",
    "measure": "period_end",
    "member": "deactivated_at",
}
"""By kind, the field that says how old a record is, as `prune` counts it; posts first, which acts are of."""


def erased_before(connection: duckdb.DuckDBPyConnection) -> datetime | None:
    """Return since when on a store holds anything; None where nothing was ever erased as too old."""
    row = first_row(connection, f"SELECT value FROM meta WHERE key = '{_KEY}'")  # noqa: S608 # ours
    return datetime.fromisoformat(row[0]) if row else None


def note_cutoff(connection: duckdb.DuckDBPyConnection, before: datetime) -> None:
    """Note that what is older was erased; an earlier word that says more stays."""
    held = erased_before(connection)
    if held is None or held < before:
        _put(connection, before)


def set_back(connection: duckdb.DuckDBPyConnection, since: datetime | None) -> datetime | None:
    """Return the cut-off that a run has to heed, which goes back to `since` where the run asks for more than that.

    Then no mark of what was read stands: they say that what was erased was.
    """
    held = erased_before(connection)
    if held is None or since is None or since >= held:
        return held
    _put(connection, since)
    connection.execute("DELETE FROM checkpoints WHERE NOT ends_with(slice, ?)", [_STRANGERS])
    return since


def moved_meanwhile(connection: duckdb.DuckDBPyConnection, run_id: str, known: datetime | None) -> datetime | None:
    """Return the cut-off by now; where it is another than a run knew, the run's Coverage begins there, too."""
    from communitykit.store.staging import literal  # noqa: PLC0415 # for who writes: `show` only reads

    held = erased_before(connection)
    if held is not None and held != known:
        begin = literal(held)
        connection.execute(
            f"""UPDATE coverage SET since = {begin} WHERE run_id = {literal(run_id)}
            AND (since IS NULL OR since < {begin})"""  # noqa: S608 # escaped
        )
    return held


def _put(connection: duckdb.DuckDBPyConnection, before: datetime) -> None:
    from communitykit.store.staging import literal  # noqa: PLC0415 # for who writes: `show` only reads

    connection.execute(f"DELETE FROM meta WHERE key = '{_KEY}'")  # noqa: S608 # ours
    connection.execute(f"INSERT INTO meta VALUES ('{_KEY}', {literal(before.isoformat())})")  # noqa: S608 # escaped


def _moment(at: date) -> datetime:
    """Return when a day begins, in UTC as `prune` takes it; a moment is one already."""
    return at if isinstance(at, datetime) else datetime.combine(at, time(), UTC)


class Newer:
    """Leaves out what is older than a store's cut-off, and what was done to posts that were left out."""

    def __init__(self) -> None:
        """Begin with nothing left out."""
        self._posts: set[str] = set()

    def of(self, by_kind: Mapping[str, PackedKind], before: datetime) -> dict[str, PackedKind]:
        """Return records by kind, without those that are too old."""
        kept = {kind: by_kind[kind] for kind in by_kind}
        for kind in _DATED:
            if kind not in by_kind:
                continue
            records = by_kind[kind]
            old = self._too_old(records, before)
            if old:
                places = [place for place in range(len(records)) if place not in old]
                kept[kind] = records.picked(places)
        return {kind: records for kind, records in kept.items() if len(records)}

    def _too_old(self, records: PackedKind, before: datetime) -> set[int]:
        dates = records.column(_DATED[records.kind])
        old = {place for place, at in enumerate(dates) if at is not None and _moment(at) < before}
        if records.kind == "post":
            ids = records.column("id")
            self._posts.update(ids[place] for place in old)
        elif records.kind == "event":
            targets = records.column("target_id")
            old |= {place for place, target in enumerate(targets) if target in self._posts}
        elif records.kind == "member":  # somebody who is there again is told as active
            active = records.column("active")
            old = {place for place in old if active[place] is False}
        return old
