"""What vanished: stored records that a window walked whole did not hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import duckdb
import pyarrow as pa

from communitykit.model.ids import is_local, make_id, native_text, parse_id
from communitykit.model.merge import Known, bury, disbelieve, merge
from communitykit.model.values import Value
from communitykit.store.columns import MERGED, TABLES
from communitykit.store.merging import Tally, known_of, select, write

_VANISHED: dict[str, dict[str, Value]] = {
    "post": {"gone": "vanished"},
    "community": {"gone": "vanished"},
    "event": {"active": False},
    "membership": {"active": False},
    "member": {"active": False},
}


_ABOVE = {"post": "root_id", "community": "parent_id"}
"""What goes with what it stands below."""


@dataclass(frozen=True, slots=True)
class Walked:
    """A window that was walked whole: stored records of `record` that match `within` and are not in `seen` vanished.

    `network` is the beginning that the ids of the window's own platform and network share: nobody else's records are
    touched, whatever they look like. `unread` are ids, whole or native, of what was in the window and could not be
    translated: what has one of them, and what hangs from it, is left alone. `rejected` are those that were rejected: an
    id among them that nobody knows may be a wrong one, of anything in the window. `with_replies`: with the posts of the
    window vanished what stands below them. `lowest` and `highest` bound native ids, which are whole numbers then.
    """

    record: str
    within: Mapping[str, str | bool | None]
    seen: frozenset[str]
    source: Value
    network: str
    since: datetime | None = None
    until: datetime | None = None
    with_replies: bool = False
    unread: frozenset[str] = frozenset()
    rejected: frozenset[str] = frozenset()
    lowest: int | None = None
    highest: int | None = None

    @property
    def bounds(self) -> tuple[tuple[str, str, datetime | int | None], ...]:
        """Column, sign and value of every bound; a native id that is no whole number is in no window of numbers."""
        native = "TRY_CAST(split_part(id, ':', 4) AS HUGEINT)"
        return (
            ("created_at", ">", self.since),
            ("created_at", "<=", self.until),
            (native, ">=", self.lowest),
            (native, "<=", self.highest),
        )


def sweep(
    connection: duckdb.DuckDBPyConnection, walked: Sequence[Walked], tally: Tally, run_id: str, *, now: datetime
) -> None:
    """Mark what vanished. Sweeps of the same shape are looked up together: most are one thread's or one post's."""
    together: dict[tuple[str, tuple[str, ...]], dict[tuple[str | bool | None, ...], Walked]] = {}
    for one in (one for one in walked if _accounts_for_itself(connection, one, run_id)):
        names = tuple(sorted(one.within))
        alone = any(bound is not None for _, _, bound in one.bounds) or None in one.within.values()
        if alone or not any(isinstance(value, str) and value.startswith(one.network) for value in one.within.values()):
            _vanish(connection, dict.fromkeys(_matching(connection, one), one), tally, run_id, now)
        else:
            together.setdefault((one.record, names), {})[tuple(one.within[name] for name in names)] = one
    for (record, names), group in together.items():
        values = {
            name: pa.array(column, pa.string()) for name, column in zip(names, zip(*group, strict=True), strict=True)
        }
        connection.register("swept", pa.table(values))
        live = _live(record)
        found = connection.execute(
            f"SELECT id, {', '.join(names)} FROM {TABLES[record]} SEMI JOIN swept USING ({', '.join(names)}) "  # noqa: S608
            f"WHERE {live}"
        ).fetchall()
        connection.unregister("swept")
        missed = {key: group[tuple(rest)] for key, *rest in found if key not in group[tuple(rest)].seen}
        _vanish(connection, missed, tally, run_id, now)


def _accounts_for_itself(connection: duckdb.DuckDBPyConnection, one: Walked, run_id: str) -> bool:
    """Tell whether each rejected payload is somebody whom the store knows: by a record, or by an earlier run's Issue.

    One that nobody knows is either new, or shows another id than it has: then it is any of what seems to be missing. An
    id that comes again is its own.
    """
    strange = {found for found in one.rejected if not _is_of_another_kind(found, one)}
    if strange:
        told = "SELECT native_id FROM issues WHERE run_id <> ? AND list_contains(?, native_id)"
        strange -= {row[0] for row in connection.execute(told, [run_id, list(strange)]).fetchall()}
    for kind in MERGED:
        if strange and (kind != "event" or one.record == "event"):  # an event's id is made of others'
            query = (
                f"SELECT id FROM {TABLES[kind]}, unnest(?) AS shown(part) "  # noqa: S608 # our own names
                "WHERE starts_with(id, ?) AND contains(id, part)"
            )
            parts = [native_text(make_id("-", "-", "-", found)) for found in strange]
            parts += [native_text(found) for found in strange if found.startswith(one.network)]
            for (key,) in connection.execute(query, [parts, one.network]).fetchall():
                strange -= {key, *parse_id(key).native}
    return not strange


def _is_of_another_kind(found: str, one: Walked) -> bool:
    """Tell whether an id is whole, and names a record of another kind than those that are swept."""
    return found.startswith(one.network) and not found.removeprefix(one.network).startswith(f"{one.record}:")


def _matching(connection: duckdb.DuckDBPyConnection, one: Walked) -> list[str]:
    clauses = [_live(one.record), "starts_with(id, ?)"]
    values: list[Value] = [one.network]
    for name, value in one.within.items():
        clauses.append(f"{name} IS NOT DISTINCT FROM ?")
        values.append(value)
    for column, sign, bound in one.bounds:
        if bound is not None:
            clauses.append(f"{column} {sign} ?")
            values.append(bound)
    rows = connection.execute(
        f"SELECT id FROM {TABLES[one.record]} WHERE {' AND '.join(clauses)}",  # noqa: S608 # our own names
        values,
    ).fetchall()
    return [row[0] for row in rows if row[0] not in one.seen]


def _vanish(
    connection: duckdb.DuckDBPyConnection, missed: Mapping[str, Walked], tally: Tally, run_id: str, now: datetime
) -> None:
    if not missed:
        return
    record = next(iter(missed.values())).record
    moved: dict[str, Known] = {}
    for key, known in known_of(connection, record, missed).items():
        one = missed[key]
        if not key.startswith(one.network) or is_local(key) or _could_be_unread(key, known, one.unread):
            continue
        disbelieve(known, now)
        merge(known, _VANISHED[record], one.source.as_of, one.source)
        if known.changed:
            moved[key] = bury(known) if record == "post" else known
    tally.emptied |= record == "post" and bool(moved)
    write(connection, record, {}, moved, run_id)
    tally.add(tally.vanished, TABLES[record], len(moved))
    roots = [key for key in moved if missed[key].with_replies]
    if roots and record in _ABOVE:
        above = _ABOVE[record]
        below = select(connection, record, f"id, {above}", roots, by=above, live=True).to_pylist()
        # Replies hang from their root however deep they are; communities from the one that they are in.
        replies = {row["id"]: replace(missed[row[above]], with_replies=record == "community") for row in below}
        _vanish(connection, {key: one for key, one in replies.items() if key not in one.seen}, tally, run_id, now)


def _live(record: str) -> str:
    """Return the condition for what has neither vanished nor been undone; stubs are nobody's word."""
    if record in {"post", "community"}:
        return "gone IS NULL"
    return "active IS DISTINCT FROM false" + (" AND NOT stub" if record == "member" else "")


def _could_be_unread(key: str, known: Known, unread: frozenset[str]) -> bool:
    """Tell whether a payload that could not be translated may be this record, or the post that it stands below."""
    if not unread:
        return False
    ids = [key, *(value for name in ("root_id", "parent_id") if (value := known.values.get(name)))]
    return any(one in unread or not unread.isdisjoint(parse_id(one).native) for one in ids)
