"""What vanished: stored records that a window walked whole did not hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import duckdb

from communitykit.model import Coverage
from communitykit.model.ids import is_local, make_id, native_text, parse_id
from communitykit.model.merge import Known, bury, disbelieve, merge
from communitykit.model.values import Value
from communitykit.store.answers import rows_of
from communitykit.store.columns import MERGED, TABLES
from communitykit.store.listings import without_empty
from communitykit.store.lookup import known_at, known_of
from communitykit.store.moving import move_members
from communitykit.store.staging import literal, staged
from communitykit.store.upsert import write
from communitykit.store.windows import Walked, live, missed
from communitykit.tally import Tally

_VANISHED: dict[str, dict[str, Value]] = {
    "post": {"gone": "vanished"},
    "community": {"gone": "vanished"},
    "event": {"active": False},
    "membership": {"active": False},
    "member": {"active": False},
}
_ABOVE = {"post": "root_id", "community": "parent_id"}
"""What goes with what it stands below."""


def sweep(
    connection: duckdb.DuckDBPyConnection, walked: Sequence[Walked], tally: Tally, run_id: str, *, now: datetime
) -> list[Coverage]:
    """Mark what vanished; return what is to be said of listings that showed nothing at all."""
    move_members(connection, walked, tally, run_id)
    walked = [one for one in walked if one.record != "member" or one.moved_to is None]
    sure, said = without_empty(
        connection, [one for one in walked if _accounts_for_itself(connection, one, run_id)], run_id
    )
    for found, where in missed(connection, sure):
        _vanish(connection, found, tally, run_id, now, where)
    return said


def _accounts_for_itself(connection: duckdb.DuckDBPyConnection, one: Walked, run_id: str) -> bool:
    """Tell whether each rejected payload is somebody whom the store knows: by a record, or by an earlier run's Issue.

    One that nobody knows is either new, or shows another id than it has: then it is any of what seems to be missing. An
    id that comes again is its own.
    """
    strange = {found for found in one.rejected if not _is_of_another_kind(found, one)}
    if strange:
        shown = staged({"id": ("VARCHAR", list(strange))})
        told = f"SELECT native_id FROM issues WHERE run_id <> {literal(run_id)} AND native_id IN {shown}"  # noqa: S608 # escaped
        strange -= {row[0] for row in connection.execute(told).fetchall()}
    for kind in MERGED:
        if strange and (kind != "event" or one.record == "event"):  # an event's id is made of others'
            parts = [native_text(make_id("-", "-", "-", found)) for found in strange]
            parts += [native_text(found) for found in strange if found.startswith(one.network)]
            query = (
                f"SELECT id FROM {TABLES[kind]}, {staged({'part': ('VARCHAR', parts)})} AS shown "  # noqa: S608 # our own names
                f"WHERE starts_with(id, {literal(one.network)}) AND contains(id, part)"
            )
            for (key,) in connection.execute(query).fetchall():
                strange -= {key, *parse_id(key).native}
    return not strange


def _is_of_another_kind(found: str, one: Walked) -> bool:
    """Tell whether an id is whole, and names a record of another kind than those that are swept."""
    return found.startswith(one.network) and not found.removeprefix(one.network).startswith(f"{one.record}:")


def _vanish(
    connection: duckdb.DuckDBPyConnection,
    found: Mapping[str, Walked],
    tally: Tally,
    run_id: str,
    now: datetime,
    where: Sequence[int] | None = None,
) -> None:
    """Mark these, and what goes with them; `where` are their rowids, if they were looked up just now."""
    if not found:
        return
    record = next(iter(found.values())).record
    moved: dict[str, Known] = {}
    held = known_of(connection, record, found) if where is None else known_at(connection, record, where)
    for key, known in held.items():
        one = found[key]
        if not key.startswith(one.network) or _could_be_unread(key, known, one.unread):
            continue
        if is_local(key) and not _is_replaced(connection, key, one):
            continue
        disbelieve(known, now)
        merge(known, _VANISHED[record], one.source.as_of, one.source)
        if known.changed:
            moved[key] = bury(known) if record == "post" else known
    tally.emptied |= record == "post" and bool(moved)
    write(connection, record, {}, moved, run_id)
    tally.add(tally.vanished, TABLES[record], len(moved))
    tally.fate(TABLES[record]).vanished.update(moved)
    roots = [key for key in moved if found[key].with_replies]
    if roots and record in _ABOVE:
        above = _ABOVE[record]
        below = rows_of(
            connection,
            f"""SELECT id, {above} FROM {TABLES[record]}
            WHERE {above} IN {staged({"id": ("VARCHAR", roots)})} AND gone IS NULL""",  # noqa: S608 # our own names
        )
        # Replies hang from their root however deep they are; communities from the one that they are in.
        replies = {row["id"]: replace(found[row[above]], with_replies=record == "community") for row in below}
        _vanish(connection, {key: one for key, one in replies.items() if key not in one.seen}, tally, run_id, now)


def _is_replaced(connection: duckdb.DuckDBPyConnection, key: str, one: Walked) -> bool:
    """Tell whether what is kept under a local id is known under its own by now: a window names it, and it alone.

    A community is, once nothing that is left stands in it.
    """
    if one.moved_to is not None:  # the window held what is there only
        return True
    if one.within.get("id") != key:
        return False
    if one.record != "community":
        return True
    here = f"SELECT 1 FROM posts t WHERE t.community_id = {literal(key)} AND {live('post')} LIMIT 1"  # noqa: S608 # escaped
    return connection.execute(here).fetchone() is None


def _could_be_unread(key: str, known: Known, unread: frozenset[str]) -> bool:
    """Tell whether a payload that could not be translated may be this record, or the post that it stands below."""
    if not unread:
        return False
    ids = [key, *(value for name in ("root_id", "parent_id") if (value := known.values.get(name)))]
    return any(one in unread or not unread.isdisjoint(parse_id(one).native) for one in ids)
