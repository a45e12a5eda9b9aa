"""Records to rows and back, and what is known of a stored record. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter

import pyarrow as pa
from pydantic import BaseModel
from pydantic_core import from_json, to_json

from communitykit.model import RECORD_TYPES, Provenance, Vanished, told_fields
from communitykit.model.merge import Known, begin, read_at
from communitykit.model.values import Value
from communitykit.store.columns import PROVENANCE_NAMES, arrow_schema, by_name, columns, default_of, field_columns
from communitykit.store.types import UTC_TIME, Array


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


def known_rows(kind: str, table: pa.Table) -> dict[str, Known]:
    """Read stored rows back as what is known, by id."""
    found: dict[str, Known] = {}
    held = {name: column.kind.held for name, column in by_name(kind).items()}
    for row in table.to_pylist():
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


def table_of(kind: str, known: dict[str, Known], run_id: str) -> pa.Table:
    """Make the rows of what is known, as a run stores them."""
    items = list(known.values())
    arrays: list[Value] = []
    for column in field_columns(kind):
        if column.name == "id":
            arrays.append(pa.array(known, pa.string()))
            continue
        name, default = column.name, default_of(kind, column.name)
        arrays.append(column.held([one.values.get(name, default) for one in items]))
    if kind == "member":
        arrays.append(pa.array([not one.values for one in items], pa.bool_()))
    if kind == "post":
        arrays += [_repeated(run_id, len(items)), pa.array([_seen_before(one, run_id) for one in items], UTC_TIME)]
    arrays.append(pa.array([one.kept.first_run if one.kept else run_id for one in items], pa.string()))
    unchanged = [one.kept is not None and not one.changed for one in items]
    arrays.append(
        pa.array([one.kept.changed_run if same else run_id for one, same in zip(items, unchanged, strict=True)])
    )
    as_of = [max(one.told_at.values(), default=one.source.as_of) for one in items]
    provenance = [_write_provenance(one) for one in items]
    arrays += _provenance_arrays([one.source for one in items], as_of, provenance)
    return pa.Table.from_arrays(arrays, schema=arrow_schema(kind))


def table_of_fresh(kind: str, records: Sequence[Value], run_id: str) -> pa.Table:
    """Make the rows of records that nothing is known of yet: what `table_of` makes of them, in a fifth of the time."""
    fields = field_columns(kind)
    rows = map(itemgetter(*(column.name for column in fields)), map(vars, records))
    arrays = [column.array(values) for column, values in zip(fields, zip(*rows, strict=True), strict=True)]
    if kind == "member":
        arrays.append(pa.array([not told_fields(record) and record.raw is None for record in records], pa.bool_()))
    if kind == "post":
        arrays += [_repeated(run_id, len(records)), pa.nulls(len(records), UTC_TIME)]
    arrays += [_repeated(run_id, len(records))] * 2
    sources = [record.source for record in records]
    as_of = [source.as_of for source in sources]
    provenance = [
        _first_provenance(source.as_of, read_at(source), frozenset(record.model_fields_set), record.raw is not None)
        for source, record in zip(sources, records, strict=True)
    ]
    arrays += _provenance_arrays(sources, as_of, provenance)
    return pa.Table.from_arrays(arrays, schema=arrow_schema(kind))


def _seen_before(known: Known, run_id: str) -> datetime | None:
    """Return when a post was seen before this run, through the same door: what that one lists, it listed then."""
    kept: Kept | None = known.kept
    if kept is None or kept.last_run == run_id:
        return kept.seen_before if kept else None
    then, now = kept.source, known.source
    return kept.as_of if (then.connector, then.origin) == (now.connector, now.origin) else None


def _repeated(text: str, times: int) -> Array:
    return pa.array([text], pa.string()).take(pa.array([0] * times, pa.int32()))


def _provenance_arrays(sources: Sequence[Value], as_of: Sequence[datetime], provenance: Sequence[str]) -> list[Value]:
    places: dict[int, int] = {}  # a page's records share their source: its columns are made once, and repeated
    where = pa.array([places.setdefault(id(source), len(places)) for source in sources], pa.int32())
    distinct = list({id(source): source for source in sources}.values())
    return [
        pa.array([source.connector for source in distinct], pa.string()).take(where),
        pa.array([source.version for source in distinct], pa.string()).take(where),
        pa.array([source.origin for source in distinct], pa.string()).take(where),
        pa.array([source.fetched_at for source in distinct], UTC_TIME).take(where),
        pa.array(as_of, UTC_TIME),
        pa.array(provenance, pa.string()),
    ]


def plain_table(kind: str, records: Sequence[object]) -> pa.Table:
    """Make the rows of records that are not merged (coverage, issues)."""
    arrays = [column.array([getattr(record, column.name) for record in records]) for column in columns(kind)]
    return pa.Table.from_arrays(arrays, schema=arrow_schema(kind))


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
def _first_provenance(moment: datetime, read: datetime | None, fields: frozenset[str], raw: bool) -> str:  # noqa: FBT001 # a key of the cache
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
