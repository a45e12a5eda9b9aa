"""Records merged with what is stored of them: for the writer, inside its transaction.

What comes of it is written by `store/upsert.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import duckdb

from communitykit.model.merge import Known, bury, disbelieve, merge
from communitykit.model.packed import PackedKind, pack
from communitykit.model.values import Value
from communitykit.store.columns import TABLES
from communitykit.store.confirming import confirm
from communitykit.store.dependents import touch_buried
from communitykit.store.lookup import known_at, known_of, places
from communitykit.store.observing import observed, with_brackets
from communitykit.store.rows import columns_of_fresh, fresh, told
from communitykit.store.staging import staged
from communitykit.store.upsert import append, write
from communitykit.tally import Tally

_SAME_ACT = timedelta(seconds=60)
_MOVES = frozenset({"joined", "left"})
_MAY_BE_GONE = frozenset({"post", "community"})


def store(
    connection: duckdb.DuckDBPyConnection,
    told_now: PackedKind,
    tally: Tally,
    run_id: str,
    posts: Collection[str] = (),
    *,
    now: datetime,
    doubtful: Collection[str],
) -> Collection[str]:
    """Store records of one kind: new ones as they are, known ones merged with what is stored until `now`.

    Returns the new ones' ids; `posts` are those that were new in the same group. `doubtful` are the ids
    of those records that may be stored: the others are not looked up.
    """
    kind, ids = told_now.kind, told_now.column("id")
    fate = tally.fate(TABLES[kind])
    fate.let_in.update(ids)
    there = places(connection, kind, doubtful)
    if there:
        again = confirm(connection, _told_once(told_now, there), there, run_id, now=now)
        told_now = told_now.picked([place for place, key in enumerate(ids) if key not in again])
        ids = told_now.column("id")
    stored = known_at(connection, kind, [there[key] for key in dict.fromkeys(ids) if key in there])
    for known in stored.values():
        disbelieve(known, now)
    same = _same_acts(connection, told_now, stored) if kind == "event" else {}
    if kind == "event":
        unknown = told_now
        if stored or same:
            unknown = told_now.picked([at for at, key in enumerate(ids) if same.get(key, key) not in stored])
        if after := observed(connection, unknown, run_id, posts):
            told_now = pack(kind, with_brackets(told_now.records(), after))
    first, others = _apart(told_now, {*stored, *same})  # what is seen for the first time, and once, is not merged
    new: dict[str, Known] = {}  # seen for the first time, and more than once
    once: dict[str, Value] = {}
    may_be_gone = kind in _MAY_BE_GONE
    gone_already = {key for key, known in stored.items() if known.values.get("gone")}
    for record in others.records():
        key = same.get(record.id, record.id)
        held = stored.get(key) or new.get(key)
        if held is None:
            earlier = once.pop(key, None)
            if earlier is None and not (may_be_gone and record.gone):
                once[key] = record
                continue
            held = new[key] = fresh(earlier or record)
        merge(held, _heard(told(record), held), record.source.as_of, record.source)
        if kind == "post" and held.values.get("gone"):
            bury(held)
            tally.emptied |= held.changed and key in stored
    moved = {key: known for key, known in stored.items() if known.changed or known.confirmed}
    if len(first):
        append(connection, kind, columns_of_fresh(first, run_id))
    write(connection, kind, new, moved, run_id)
    if kind == "post":
        touch_buried(connection, first, new, run_id)
    deleted = {key for key, known in {**new, **moved}.items() if known.values.get("gone")} - gone_already
    tally.add(tally.new, TABLES[kind], len(first) + len(new.keys() - deleted))
    # What a run reads first in a listing and then by itself is new, and did not change.
    anew = {key for key, one in moved.items() if key not in deleted and one.changed}
    changed = {key for key in anew if moved[key].kept.first_run != run_id}
    tally.add(tally.changed, TABLES[kind], len(changed))
    tally.add(tally.deleted, TABLES[kind], len(deleted))
    made = {*first.column("id"), *new}
    fate.new, fate.changed, fate.deleted, fate.counted = made - deleted, changed, deleted, anew - changed
    return made


def _same_acts(
    connection: duckdb.DuckDBPyConnection, told_now: PackedKind, stored: Mapping[str, Known]
) -> dict[str, str]:
    """Find joins and leaves that another door told already: same actor and community, within a minute."""
    kinds = told_now.column("kind")
    if _MOVES.isdisjoint(kinds):
        return {}
    acts = [
        act
        for act in told_now.picked([place for place, kind in enumerate(kinds) if kind in _MOVES]).records()
        if act.occurred_at is not None and act.id not in stored
    ]
    if not acts:
        return {}
    sought = staged(
        {
            "id": ("VARCHAR", [act.id for act in acts]),
            "kind": ("VARCHAR", [act.kind for act in acts]),
            "actor_id": ("VARCHAR", [act.actor_id for act in acts]),
            "community_id": ("VARCHAR", [act.community_id for act in acts]),
            "occurred_at": ("TIMESTAMPTZ", [act.occurred_at for act in acts]),
            "origin": ("VARCHAR", [act.source.origin for act in acts]),
        }
    )
    found = connection.execute(
        f"""SELECT a.id, min(e.id) FROM {sought} AS a JOIN events e USING (kind, actor_id, community_id)
        WHERE e.source_origin <> a.origin AND abs(epoch(e.occurred_at) - epoch(a.occurred_at)) <=
        {_SAME_ACT.total_seconds()} GROUP BY a.id"""  # noqa: S608 # our own names
    ).fetchall()
    same = dict(found)
    for key, known in known_of(connection, "event", same.values()).items():
        stored[key] = known  # type: ignore[index] # the caller's own dict, to be merged into
    return same


def _heard(values: dict[str, Value], held: Known) -> dict[str, Value]:
    """Return what is told, without the word that there is no time, where the store knows two runs around it."""
    if held.values.get("time_source") == "observed" and values.get("time_source") == "none":
        del values["time_source"]
    return values


def _apart(told_now: PackedKind, known: Collection[str]) -> tuple[PackedKind, PackedKind]:
    """Return what is told once, not as gone, of ids that are not known, and all else."""
    ids = told_now.column("id")
    gone: Sequence[Value] = told_now.column("gone") if told_now.kind in _MAY_BE_GONE else ()
    if not known and len(set(ids)) == len(ids) and not any(gone):
        return told_now, told_now.picked(())
    times = Counter(ids)
    apart = [times[key] == 1 and key not in known and not (gone and gone[place]) for place, key in enumerate(ids)]
    first = [place for place, is_first in enumerate(apart) if is_first]
    return told_now.picked(first), told_now.picked([place for place, is_first in enumerate(apart) if not is_first])


def _told_once(told_now: PackedKind, there: Mapping[str, int]) -> PackedKind:
    """Return the records of what is stored that a group tells once, and not as gone."""
    ids = told_now.column("id")
    times = Counter(ids)
    gone: Sequence[Value] = told_now.column("gone") if told_now.kind in _MAY_BE_GONE else ()
    return told_now.picked(
        [place for place, key in enumerate(ids) if key in there and times[key] == 1 and not (gone and gone[place])]
    )
