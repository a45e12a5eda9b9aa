"""Merging what several sources tell of one record: per field, the later `as_of` wins. Pure, and the only place of it.

A field that a source does not tell never overwrites; what it tells, even None, wins when its `as_of` is later. Two
sources of the same moment are settled by value, so the outcome depends neither on order nor on repetition.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_json

from communitykit.model.records import told_fields

_EMPTIED_WHEN_GONE = ("title", "body", "body_format", "text", "mentions", "attachments", "links", "poll", "extra")


@dataclass(slots=True)
class Known:
    """What is known of one record: the value of every told field, and when each was true."""

    values: dict[str, Any]
    told_at: dict[str, datetime]
    source: Any = None
    replaced: list[dict[str, Any]] = field(default_factory=list)
    changed: bool = False


def known_from(record: BaseModel) -> Known:
    """Begin with one record."""
    as_of = _as_of(record)
    told = told_fields(record)
    return Known(
        values={name: getattr(record, name) for name in told},
        told_at=dict.fromkeys(told, as_of),
        source=getattr(record, "source", None),
        changed=True,
    )


def merge(known: Known, record: BaseModel) -> Known:
    """Fold one more record of the same id in; `known` is changed in place and returned.

    `changed` is set when anything but the time of knowing moved. `replaced` collects each content (title, body, text,
    `edited_at`) of a post that lost to another one, for its history.
    """
    as_of = _as_of(record)
    before = _content(known.values)
    taken = False
    for name in told_fields(record):
        value = getattr(record, name)
        held_at = known.told_at.get(name)
        if held_at is None or as_of > held_at:
            taken = taken or held_at is None or known.values[name] != value
            known.values[name] = value
            known.told_at[name] = as_of
        elif as_of == held_at and known.values[name] != value and _rank(value) > _rank(known.values[name]):
            known.values[name] = value
            taken = True
    if taken:
        known.changed = True
        known.source = record.source if _is_latest(known, as_of) else known.source  # type: ignore[attr-defined]
    if record.record == "post":  # type: ignore[attr-defined]
        _keep_history(known, before, _content({name: getattr(record, name) for name in told_fields(record)}))
    return known


def merge_all(records: Iterable[BaseModel]) -> dict[str, Known]:
    """Merge records in memory, by id: what the store does, without a store."""
    merged: dict[str, Known] = {}
    for record in records:
        key: str = record.id  # type: ignore[attr-defined]
        merged[key] = merge(merged[key], record) if key in merged else known_from(record)
    return merged


def bury(known: Known) -> Known:
    """Empty what a gone post said: colleagues deleted it. Times and authorship stay."""
    if known.values.get("gone"):
        at = known.told_at["gone"]
        for name in _EMPTIED_WHEN_GONE:
            if name in known.values and known.told_at[name] <= at:
                empty: Any = () if isinstance(known.values[name], tuple) else None
                known.values[name], known.told_at[name] = empty, at
        known.replaced.clear()
    return known


def _keep_history(known: Known, before: Mapping[str, Any], told: Mapping[str, Any]) -> None:
    after = _content(known.values)
    for version in (before, told):
        if version.get("body") and version.get("body") != after.get("body"):
            known.replaced.append(dict(version))


def _content(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values.get(name) for name in ("title", "body", "body_format", "text", "edited_at", "created_at")}


def _is_latest(known: Known, as_of: datetime) -> bool:
    return known.source is None or as_of >= known.source.as_of


def _as_of(record: BaseModel) -> datetime:
    source = getattr(record, "source", None)
    if source is None:
        message = f"a record without a source cannot be merged: {getattr(record, 'id', record)!r}"
        raise ValueError(message)
    as_of: datetime = source.as_of
    return as_of


def _rank(value: Any) -> bytes:  # noqa: ANN401 # any field's value
    return to_json(value)
