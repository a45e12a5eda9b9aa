"""The truth: what a perfect connector must have found, and how what was found is compared with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import BaseModel

from communitykit.model.ids import native_text
from communitykit.model.values import JSON

Fields = dict[str, JSON]


COMPARED_EVENTS = frozenset({"reacted", "joined", "left", "pinned", "community_changed"})


_FILES = frozenset({"file", "image", "video", "audio"})


_NOTHING = (None, False, 0, (), "")


@dataclass(frozen=True, slots=True)
class Difference:
    """Where what was found is not the truth. `field` is empty when a whole record is missing or one too many.

    `community_id` is the community that something missing belongs to: a record, or a field's value.
    """

    record: str
    id: str
    field: str
    expected: JSON
    found: JSON
    community_id: str | None = None

    def __str__(self) -> str:
        """One line."""
        if not self.field:
            return f"{self.record} {self.id}: {'missing' if self.found is None else 'should not be there'}"
        return f"{self.record} {self.id}: {self.field} should be {self.expected!r}, is {self.found!r}"


@dataclass(slots=True)
class Truth:
    """What must be in `current()`: record kind → key → field → value.

    Acts that are occurrences are keyed by what, who, where and the second; all else by id.

    `aliases` maps an id that a payload without the home network leads to, to the true one; either is right.
    `optional` names members that may be found but need not. `exact` forbids anything else.
    """

    records: dict[str, dict[str, Fields]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    optional: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    exact: bool = True
    events: frozenset[str] = frozenset()

    def compare(self, current: Mapping[str, Iterable[JSON]]) -> list[Difference]:
        """Compare with what was found: record kind → records, as models or as mappings of their fields.

        Gone posts, undone acts and ended memberships are passed over.
        """
        differences: list[Difference] = []
        for record, expected in self.records.items():
            found = dict(self._found(record, current.get(record, ())))
            for key, fields in expected.items():
                if key not in found:
                    differences.append(Difference(record, key, "", fields, None, fields.get("community_id")))
                    continue
                differences.extend(self._fields(record, key, fields, found[key]))
            for key, row in found.items():
                forbidden = (
                    self.exact and key not in expected and not self._tolerated(record, key, row)
                ) or key in self.gone
                if forbidden:
                    differences.append(Difference(record, key, "", None, row))
        return differences

    def key(self, record: str, row: Mapping[str, JSON]) -> str:
        """Return the key under which a record stands."""
        if record != "event" or row["kind"] not in {"joined", "left", "community_changed"}:
            given: str = row["id"]
            return self.aliases.get(given, given)
        place = row.get("community_id") or row.get("target_id")
        return occurrence(row["kind"], place, row.get("actor_id"), row.get("occurred_at"))

    def _found(self, record: str, rows: Iterable[JSON]) -> Iterator[tuple[str, Mapping[str, JSON]]]:
        merged: dict[str, Mapping[str, JSON]] = {}
        for one in rows:
            row = one.model_dump() if isinstance(one, BaseModel) else one
            if row.get("gone") or (record in {"event", "membership"} and row.get("active") is False):
                continue
            if record == "event" and row["kind"] not in self.events:
                continue
            key = self.key(record, row)
            if key in merged:  # a stub and the full record of a stranger
                row = {name: value if value is not None else merged[key].get(name) for name, value in row.items()}
            merged[key] = row
        return iter(merged.items())

    def _fields(self, record: str, key: str, expected: Fields, row: Mapping[str, object]) -> Iterator[Difference]:
        for name, value in expected.items():
            found = self._value(name, row)
            if found != self._value(name, expected) and not (found in _NOTHING and value in _NOTHING):
                community = expected.get("community_id") if found in _NOTHING else None
                yield Difference(record, key, name, value, found, community)

    def _value(self, name: str, row: Mapping[str, JSON]) -> JSON:
        if name == "replies" and "counts" in row:
            return _part(row["counts"], "replies")
        if name == "files" and "attachments" in row:
            return tuple(sorted(_part(one, "name") for one in row["attachments"] or () if _part(one, "kind") in _FILES))
        value = row.get(name)
        if name == "mentions":
            pairs = (one if isinstance(one, tuple) else (_part(one, "kind"), _part(one, "id")) for one in value or ())
            return tuple(sorted({(kind, self.aliases.get(id_, id_) or "") for kind, id_ in pairs}))
        if isinstance(value, str):
            return self.aliases.get(value, value)
        return tuple(value) if isinstance(value, list) else value

    def _tolerated(self, record: str, key: str, row: Mapping[str, object]) -> bool:
        """Stubs of members and communities are no lies, nor is being in the network itself."""
        if record == "member":
            return key in self.optional or row.get("kind", "unknown") == "unknown"
        if record == "community":
            return row.get("name") is None
        return record == "membership" and row.get("community_id") not in self.records.get(
            "community", {row.get("community_id"): {}}
        )


def occurrence(kind: str, community: str | None, actor: str | None, at: datetime | None) -> str:
    """Key an occurrence by what, where, who and the second."""
    second = at.replace(microsecond=0).isoformat() if at else "?"
    return f"{kind} {native_text(community) if community else '-'} {native_text(actor) if actor else '-'} {second}"


def _part(value: object, name: str) -> JSON:
    if value is None:
        return None
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name)
