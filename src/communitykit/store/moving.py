"""Members that are others: what was kept under a second id of an account is the account's, once somebody says so."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from communitykit.store.erased import note_erased
from communitykit.store.lookup import places
from communitykit.store.staging import staged
from communitykit.store.windows import Walked
from communitykit.tally import Tally

_NAMED = (("posts", "author_id"), ("events", "actor_id"), ("events", "target_id"))


def move_members(connection: duckdb.DuckDBPyConnection, walked: Sequence[Walked], tally: Tally, run_id: str) -> None:
    """Give what these members wrote and did to those that they are, and take them out of the store.

    The ids of their acts stay as they were told: they come again so.
    """
    told = {one.within["id"]: one.moved_to for one in walked if one.record == "member" and one.moved_to is not None}
    known = places(connection, "member", [str(key) for key in told])
    moved = {key: told[key] for key in known}
    if not moved:  # as nearly always: an update looks through all posts
        return
    pairs = staged({"was": ("VARCHAR", list(moved)), "is_now": ("VARCHAR", list(moved.values()))})
    for table, column in _NAMED:
        connection.execute(
            f"UPDATE {table} SET {column} = m.is_now, changed_run = ? FROM {pairs} AS m WHERE {column} = m.was",  # noqa: S608 # our own names
            [run_id],
        )
    rule = f"id IN (SELECT was FROM {pairs})"  # noqa: S608 # escaped
    note_erased(connection, "members", rule, [], run_id)
    connection.execute(f"DELETE FROM members WHERE {rule}")  # noqa: S608 # same
    tally.add(tally.vanished, "members", len(moved))
    tally.fate("members").vanished.update(moved)
