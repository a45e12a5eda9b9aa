"""Merging what several sources tell of one record: per field, the later `as_of` wins. Pure, and the only place of it.

A field that a source does not tell never overwrites; what it tells, even None, wins when its `as_of` is later. Two
archives of the same moment are settled by which was read later: a file that was corrected keeps its date. Everything
else of the same moment is settled by value, so the outcome depends neither on order nor on repetition.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import BaseModel
from pydantic_core import to_json

from communitykit.model.records import told_fields
from communitykit.model.values import Value

_EMPTIED_WHEN_GONE = (
    "title",
    "body",
    "body_format",
    "text",
    "mentions",
    "attachments",
    "links",
    "poll",
    "extra",
    "raw",
)
CLOCKS_DIFFER = timedelta(hours=1)
"""Machines that share a store may differ by so much; what was stored later than that from now was not."""
_BEFORE = timedelta(microseconds=1)
CONTENT = ("title", "body", "body_format", "text", "edited_at", "created_at")
"""What one version of a post consists of."""


@dataclass(slots=True)
class Known:
    """What is known of one record: the value of every told field, and when each was true.

    `changed` is set once a value moved, `confirmed` once only the time of knowing did. `replaced` collects each content
    of a post that lost to another one, for its history. `kept` is what a store keeps beside it. `read_at` says of the
    fields that an archive told when it was read.
    """

    values: dict[str, Value]
    told_at: dict[str, datetime]
    source: Value = None
    replaced: list[dict[str, Value]] = field(default_factory=list)
    changed: bool = False
    confirmed: bool = False
    kept: Value = None
    read_at: dict[str, datetime] = field(default_factory=dict)


def begin(values: Mapping[str, object], as_of: datetime, source: Value = None) -> Known:
    """Begin with what one source tells."""
    read = read_at(source)
    heard = {} if read is None else dict.fromkeys(values, read)
    return Known(dict(values), dict.fromkeys(values, as_of), source, changed=True, read_at=heard)


def read_at(source: Value) -> datetime | None:
    """Return when an archive was read; None for other doors, whose `as_of` says all there is to say."""
    return source.fetched_at if source is not None and source.origin == "archive" else None


def merge(known: Known, values: Mapping[str, object], as_of: datetime, source: Value = None) -> Known:
    """Fold in what one more source tells of the same record; `known` is changed in place and returned."""
    before = {name: known.values.get(name) for name in CONTENT} if "body" in known.values else None
    latest = max(known.told_at.values(), default=as_of) <= as_of
    read = read_at(source)
    for name, value in values.items():
        held_at = known.told_at.get(name)
        if held_at is None or as_of > held_at:
            known.changed = known.changed or held_at is None or known.values[name] != value
            known.confirmed = True
            known.values[name] = value
            known.told_at[name] = as_of
            _heard(known, name, read)
        elif as_of == held_at and _counts_more(read, value, known.read_at.get(name), known.values[name]):
            known.changed = known.changed or known.values[name] != value
            known.values[name] = value
            _heard(known, name, read)
    if latest and not _read_before(source, known.source) and (known.changed or known.confirmed):
        known.source = source
    if values.get("body") and before is not None:
        for version in (before, {name: values.get(name) for name in CONTENT}):
            if version["body"] and version["body"] != known.values["body"]:
                known.replaced.append(version)
    return known


def disbelieve(known: Known, now: datetime) -> None:
    """Believe no time after now: what a clock that was ahead told is no newer than the moment before this one.

    Else a clock that was a year ahead would keep all that is told in that year from being heard.
    """
    limit = now + CLOCKS_DIFFER
    if max(known.told_at.values(), default=now) > limit:
        known.told_at = {name: now - _BEFORE if at > limit else at for name, at in known.told_at.items()}


def bury(known: Known) -> Known:
    """Empty what a gone post said: colleagues deleted it. Times and authorship stay."""
    if known.values.get("gone"):
        at = known.told_at["gone"]
        for name in _EMPTIED_WHEN_GONE:
            if name in known.values and known.told_at[name] <= at:
                value = known.values[name]
                known.values[name], known.told_at[name] = (() if isinstance(value, tuple) else None), at
                _heard(known, name, known.read_at.get("gone"))
        known.replaced.clear()
    return known


def merge_records(records: Iterable[BaseModel]) -> dict[str, Known]:
    """Merge records in memory, by id: what the store does, without a store.

    Raises ValueError for a record without a source.
    """
    merged: dict[str, Known] = {}
    for record in records:
        source = getattr(record, "source", None)
        key: str = record.id  # type: ignore[attr-defined]
        if source is None:
            message = f"a record without a source cannot be merged: {key}"
            raise ValueError(message)
        values = {name: getattr(record, name) for name in told_fields(record)}
        held = merged.get(key)
        known = begin(values, source.as_of, source) if held is None else merge(held, values, source.as_of, source)
        merged[key] = bury(known) if record.record == "post" else known  # type: ignore[attr-defined]
    return merged


def merged(records: Iterable[BaseModel]) -> Iterator[Value]:
    """Return each record once: with all that was told of it, and the source that was told last. `raw` is left out."""
    parts = list(records)
    model_of = {record.id: type(record) for record in parts}  # type: ignore[attr-defined] # every record has one
    for key, known in merge_records(parts).items():
        model = model_of[key]
        record = model.model_fields["record"].default
        yield model.model_validate({**known.values, "record": record, "id": key, "source": known.source})


def _heard(known: Known, name: str, read: datetime | None) -> None:
    if read is None:
        known.read_at.pop(name, None)
    else:
        known.read_at[name] = read


def _read_before(source: Value, held: Value) -> bool:
    """Tell whether an archive was read before another one of the same moment. No source at all is before every one."""
    if source is None or held is None:
        return source is None
    read, held_read = read_at(source), read_at(held)
    return read is not None and held_read is not None and source.as_of == held.as_of and read < held_read


def _counts_more(read: datetime | None, value: object, held_read: datetime | None, held: object) -> bool:
    """Tell whether of two words of the same moment the new one counts."""
    if read is not None and held_read is not None and read != held_read:
        return read > held_read
    return held != value and _rank(value) > _rank(held)


def _rank(value: object) -> tuple[int, bytes]:
    """Order two values of the same moment; nothing ranks lowest, then what is empty. Text ranks as it stands."""
    if value is None:
        return 0, b""
    if value in ((), []):
        return 1, b""
    return 2, value.encode() if isinstance(value, str) else to_json(value)
