"""Records to rows and back, and what is known of a stored record. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import repeat
from operator import attrgetter, is_
from typing import TYPE_CHECKING

from pydantic import BaseModel
from pydantic_core import from_json, to_json

from communitykit.model import RECORD_TYPES, Provenance, Vanished, told_fields
from communitykit.model.merge import Known, begin, read_at
from communitykit.model.packed import PackedKind
from communitykit.model.values import Value
from communitykit.store.columns import PROVENANCE_NAMES, by_name, columns, default_of, field_columns
from communitykit.store.staging import Columns

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Kept:
    """What a store keeps beside a record: the runs that stored, changed and saw it, and how it stood before."""

    first_run: str | None
    changed_run: str | None
    last_run: str | None
    seen_before: datetime | None
    as_of: datetime
    source: Provenance
    gone: str | None
    community_id: str | None
    place: int
    """The row's rowid, as long as its table is not changed."""


_OF_STUBS = frozenset({"id", "record", "source", "raw"})
"""What those tell who are only named, which is nothing."""
_KEPT = ("first_run", "changed_run", "last_run", "seen_before", "gone", "community_id")


def told(record: Value) -> dict[str, Value]:
    """Return what a record tells, as the columns hold it."""
    names = by_name(record.record)
    values = {name: names[name].hold(getattr(record, name)) for name in told_fields(record)}
    if record.raw is not None:
        values["raw"] = names["raw"].hold(record.raw)
    return values


def fresh(record: Value) -> Known:
    """Begin what is known with one record."""
    return begin(told(record), record.source.as_of, record.source)


def known_rows(kind: str, rows: Iterable[Mapping[str, Value]]) -> dict[str, Known]:
    """Read stored rows back as what is known, by id."""
    found: dict[str, Known] = {}
    held = {name: column.kind.held for name, column in by_name(kind).items()}
    for row in rows:
        told_at, heard_at = _read_provenance(row["provenance"])
        values = {name: held[name](row[name]) for name in told_at}
        source = Provenance.model_construct(
            connector=row["source_connector"],
            version=row["source_version"],
            origin=row["source_origin"],
            fetched_at=row["fetched_at"],
            as_of=row["as_of"],
        )
        kept = Kept(place=row["place"], **{name: row.get(name) for name in _KEPT}, as_of=row["as_of"], source=source)
        found[row["id"]] = Known(values, told_at, source, kept=kept, read_at=heard_at)
    return found


def columns_of(kind: str, known: dict[str, Known], run_id: str) -> Columns:
    """Make the rows of what is known, as a run stores them."""
    items = list(known.values())
    made: dict[str, Sequence[Value]] = {}
    for column in field_columns(kind):
        name, default = column.name, default_of(kind, column.name)
        made[name] = list(known) if name == "id" else [one.values.get(name, default) for one in items]
    if kind == "member":
        made["stub"] = [not one.values for one in items]
    if kind == "post":
        made["last_run"] = [run_id] * len(items)
        made["seen_before"] = [_seen_before(one, run_id) for one in items]
    made["first_run"] = [one.kept.first_run if one.kept else run_id for one in items]
    made["changed_run"] = [one.kept.changed_run if one.kept and not one.changed else run_id for one in items]
    made |= _origin([one.source for one in items])
    made["as_of"] = [max(one.told_at.values(), default=one.source.as_of) for one in items]
    made["provenance"] = [_write_provenance(one) for one in items]
    return _typed(kind, made)


def columns_of_fresh(records: PackedKind, run_id: str) -> Columns:
    """Make the rows of records of which nothing is known yet: as `columns_of` does, in a fifth of the time."""
    kind, count, raws = records.kind, len(records), records.column("raw")
    made = {column.name: column.tell(records.column(column.name)) for column in field_columns(kind)}
    if kind == "member":
        made["stub"] = [told <= _OF_STUBS and raw is None for told, raw in zip(records.told, raws, strict=True)]
    if kind == "post":
        made |= {"last_run": [run_id] * count, "seen_before": [None] * count}
    made |= {"first_run": [run_id] * count, "changed_run": [run_id] * count}
    sources = records.column("source")
    made |= _origin(sources)
    made["as_of"] = _of_each(sources, attrgetter("as_of"))
    if _are_one((None, *raws)) and _are_one(sources) and _are_one(records.told):
        source, told = sources[0], records.told[0]
        made["provenance"] = [_first_provenance(source.as_of, read_at(source), told, raw=False)] * count
    else:
        made["provenance"] = [
            _first_provenance(source.as_of, read_at(source), told, raw=raw is not None)
            for source, told, raw in zip(sources, records.told, raws, strict=True)
        ]
    return _typed(kind, made)


def _seen_before(known: Known, run_id: str) -> datetime | None:
    """Return when a post was seen before this run, through the same door: what that one lists, it listed then."""
    kept: Kept | None = known.kept
    if kept is None or kept.last_run == run_id:
        return kept.seen_before if kept else None
    then, now = kept.source, known.source
    return kept.as_of if (then.connector, then.origin) == (now.connector, now.origin) else None


def _origin(sources: Sequence[Value]) -> dict[str, Sequence[Value]]:
    return {
        "source_connector": _of_each(sources, attrgetter("connector")),
        "source_version": _of_each(sources, attrgetter("version")),
        "source_origin": _of_each(sources, attrgetter("origin")),
        "fetched_at": _of_each(sources, attrgetter("fetched_at")),
    }


def _of_each(sources: Sequence[Value], part: Callable[[Value], Value]) -> Sequence[Value]:
    """Return a part of each source: mostly all are one."""
    return [part(sources[0])] * len(sources) if _are_one(sources) else list(map(part, sources))


def _are_one(values: Sequence[object]) -> bool:
    return bool(values) and all(map(is_, values, repeat(values[0])))


def _typed(kind: str, made: Mapping[str, Sequence[Value]]) -> Columns:
    return {column.name: (column.sql, made[column.name]) for column in columns(kind)}


def columns_of_plain(kind: str, records: Sequence[object]) -> Columns:
    """Make the rows of records that are not merged (coverage, issues)."""
    told = {one.name: one.tell([getattr(record, one.name) for record in records]) for one in columns(kind)}
    return _typed(kind, told)


def records_of(kind: str, table: pa.Table) -> Iterable[BaseModel]:
    """Read rows back as records that tell what was told, no more."""
    if kind == "vanished":
        yield from map(Vanished.model_validate, table.to_pylist())
        return
    model, names = RECORD_TYPES[kind], by_name(kind)
    for row in table.to_pylist():
        if "provenance" not in row:
            yield model.model_validate({name: names[name].decode(row[name]) for name in names})
            continue
        draft = {name: names[name].decode(row[name]) for name in _read_provenance(row["provenance"])[0]}
        source = {name.removeprefix("source_"): row[name] for name in PROVENANCE_NAMES if name != "provenance"}
        yield model.model_validate({**draft, "id": row["id"], "record": kind, "source": source})


def _write_provenance(known: Known) -> str:
    """Write when each field was true, and when the archive was read that told it: `[[as_of, fields, read], …]`."""
    moments = set(known.told_at.values())
    if len(moments) == 1 and not known.read_at:
        return _written(moments.pop(), tuple(known.told_at))
    grouped: dict[tuple[str, str], list[str]] = {}
    for name, moment in known.told_at.items():
        read = known.read_at.get(name)
        grouped.setdefault((_stamp(moment), _stamp(read) if read else ""), []).append(name)
    groups = [[moment, sorted(names), *([read] if read else [])] for (moment, read), names in sorted(grouped.items())]
    return to_json(groups).decode()


@lru_cache(maxsize=256)
def _first_provenance(moment: datetime, read: datetime | None, fields: frozenset[str], *, raw: bool) -> str:
    told_here = sorted((fields - {"id", "record", "source", "raw"}) | ({"raw"} if raw else set()))
    if not told_here:
        return "[]"
    return to_json([[_stamp(moment), told_here, *([_stamp(read)] if read else [])]]).decode()


@lru_cache(maxsize=256)
def _written(moment: datetime, names: tuple[str, ...]) -> str:
    return to_json([[_stamp(moment), sorted(names)]]).decode()


def _read_provenance(text: str) -> tuple[dict[str, datetime], dict[str, datetime]]:
    """Return by field when it was true, and when the archive was read that told it."""
    told_at, read = _parsed(text)
    return dict(told_at), dict(read)


@lru_cache(maxsize=256)
def _parsed(text: str) -> tuple[tuple[tuple[str, datetime], ...], tuple[tuple[str, datetime], ...]]:
    groups = from_json(text)
    told_at = tuple((name, _moment(stamp)) for stamp, names, *_ in groups for name in names)
    return told_at, tuple((name, _moment(at)) for _, names, *read in groups for at in read for name in names)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


@lru_cache(maxsize=256)
def _moment(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)


def checkpoints(table: pa.Table) -> dict[str, Value]:
    """Read the table of checkpoints: by slice."""
    return {row["slice"]: from_json(row["checkpoint"]) for row in table.to_pylist()}
