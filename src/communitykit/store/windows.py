"""What is stored in windows that were walked whole, and was not seen there: each table is looked through once a group.

A run walks a window for every channel, thread and post. To look each up by itself would read the whole table for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import duckdb

from communitykit.model.values import Value
from communitykit.store.columns import TABLES
from communitykit.store.staging import Columns, staged

_NATIVE = "TRY_CAST(split_part(t.id, ':', 4) AS HUGEINT)"
"""A native id that is no whole number is in no window of numbers."""
Shape: TypeAlias = tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]
"""Kind, columns with a value, columns without one, bounds: what windows are looked up together by."""
_BOUNDS = {
    "since": "t.created_at > w.since",
    "until": "t.created_at <= w.until",
    "lowest": f"{_NATIVE} >= CAST(w.lowest AS HUGEINT)",
    "highest": f"{_NATIVE} <= CAST(w.highest AS HUGEINT)",
    "moved_to": "EXISTS (SELECT 1 FROM posts n WHERE n.id = w.moved_to || string_split(t.id, '/')[-1] "
    "AND n.gone IS NULL)",
}


@dataclass(frozen=True, slots=True)
class Walked:
    """A window that was walked whole: stored records of `record` that match `within` and are not in `seen` vanished.

    `network` is the beginning that the ids of the window's own platform and network share: nobody else's records are
    touched, whatever they look like. `unread` are ids, whole or native, of what was in the window and could not be
    translated: what has one of them, and what hangs from it, is left alone. `rejected` are those that were rejected: an
    id among them that nobody knows may be a wrong one, of anything in the window. `with_replies`: with the posts of the
    window vanished what stands below them. `lowest` and `highest` bound native ids, which are whole numbers then.
    `moved_to` is how the ids begin under which posts of the window are stored by now: only those vanished that are.
    Of a member it is the id of the member that it is.
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
    moved_to: str | None = None

    @property
    def shape(self) -> Shape:
        """Return what it is looked up together with others by."""
        valued = tuple(sorted(name for name, value in self.within.items() if value is not None))
        empty = tuple(sorted(self.within.keys() - set(valued)))
        return self.record, valued, empty, tuple(name for name in _BOUNDS if getattr(self, name) is not None)


def missed(
    connection: duckdb.DuckDBPyConnection, walked: Sequence[Walked]
) -> Iterator[tuple[dict[str, Walked], list[int] | None]]:
    """Yield what is live in these windows and was not seen there, by id, with its window; and the rows' rowids.

    What several windows held comes once for each, in their order; by then the rows may be elsewhere, and None is told.
    """
    for shape, windows in _by_shape(walked).items():
        rounds: list[dict[str, Walked]] = []
        where: dict[str, int] = {}
        for number, key, place in _found(connection, shape, windows):
            if key not in windows[number].seen:
                free = next((one for one in rounds if key not in one), None)
                if free is None:
                    rounds.append(free := {})
                free[key], where[key] = windows[number], place
        for turn, found in enumerate(rounds):
            yield found, None if turn else list(where.values())


def matching(connection: duckdb.DuckDBPyConnection, walked: Sequence[Walked]) -> Iterator[tuple[int, str, int]]:
    """Yield what is live in these windows, seen or not: the window's number, the id, the rowid."""
    numbers = {id(one): number for number, one in enumerate(walked)}
    for shape, windows in _by_shape(walked).items():
        for number, key, place in _found(connection, shape, windows):
            yield numbers[id(windows[number])], key, place


def _by_shape(
    walked: Sequence[Walked],
) -> dict[Shape, list[Walked]]:
    shapes: dict[Shape, list[Walked]] = {}
    for one in walked:
        shapes.setdefault(one.shape, []).append(one)
    return shapes


def _found(
    connection: duckdb.DuckDBPyConnection,
    shape: Shape,
    windows: Sequence[Walked],
) -> list[tuple[int, str, int]]:
    record, valued, empty, bounds = shape
    connection.execute(f"CREATE OR REPLACE TEMP TABLE windows AS FROM {staged(_columns(valued, bounds, windows))}")
    clauses = [live(record), "starts_with(t.id, w.network)", *(f"t.{name} IS NULL" for name in empty)]
    clauses += [_BOUNDS[name] for name in bounds]
    if "since" in bounds:  # said by itself, what is older than all of them is not even read
        clauses.append(f"t.created_at > TIMESTAMPTZ '{min(one.since for one in windows if one.since).isoformat()}'")
    joined = " AND ".join(f"t.{name} = w.{name}" for name in valued) or "true"
    found = connection.execute(
        f"""SELECT w.number, t.id, t.rowid FROM {TABLES[record]} t JOIN windows w ON {joined}
        WHERE {" AND ".join(clauses)} ORDER BY w.number"""  # noqa: S608 # our own names
    ).fetchall()
    connection.execute("DROP TABLE windows")  # where it fails, it goes with the transaction
    return found


def _columns(valued: Sequence[str], bounds: Sequence[str], windows: Sequence[Walked]) -> Columns:
    made: dict[str, tuple[str, Sequence[Value]]] = {"number": ("INTEGER", list(range(len(windows))))}
    for name in valued:
        values = [one.within[name] for one in windows]
        made[name] = ("BOOLEAN" if isinstance(values[0], bool) else "VARCHAR", values)
    for name in bounds:
        values = [getattr(one, name) for one in windows]
        is_time = name in {"since", "until"}  # whole numbers may be larger than 64 bits
        made[name] = ("TIMESTAMPTZ", values) if is_time else ("VARCHAR", [str(one) for one in values])
    made["network"] = ("VARCHAR", [one.network for one in windows])
    return made


def live(record: str) -> str:
    """Return the condition for what has neither vanished nor been undone; stubs are nobody's word."""
    if record in {"post", "community"}:
        return "t.gone IS NULL"
    return "t.active IS DISTINCT FROM false" + (" AND NOT t.stub" if record == "member" else "")
