"""What a connector makes of payloads: recorded ones, those of its simulated platform, or both. No run, no server."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any, ClassVar, TypeAlias

import pytest

from communitykit.connector.declaration import Connector, WireKind
from communitykit.connector.flow import Batch, Rejected
from communitykit.model import parse_id
from communitykit.model.merge import merge_records
from communitykit.model.records import told_fields
from communitykit.model.values import JSON
from communitykit.reading.translation import Page, Translation, is_stub
from communitykit.sandbox import World
from communitykit.sinks import from_json_line, to_json_line
from communitykit.testing.base import Checks, hold_none
from communitykit.testing.claims import claims_too_little
from communitykit.testing.reading import read
from communitykit.testing.spoiling import ODD, put, walk

Payload: TypeAlias = tuple[str, JSON, Mapping[str, JSON]]
"""A payload's wire kind, the payload as decoded JSON, and the context that its batch has."""

DEFECTS = frozenset({"malformed", "invalid", "untranslated", "undeclared", "unknown_kind"})
"""Reasons of Issues that speak of the connector, not of the payload."""
WORDS = frozenset({"title", "body", "text", "name", "display_name", "email", "username", "label", "purpose", "topic"})
"""Fields of records that hold words, of which no id may be made."""


class PayloadChecks(Checks):
    """Translation, payload by payload. `payloads` are recorded ones; a simulated platform adds its own."""

    payloads: ClassVar[Sequence[Payload]] = ()
    odd_payloads: ClassVar[int] = 60
    """How many payloads get odd values, one by one."""

    @pytest.fixture
    def recorded(self, declaration: Connector) -> list[Payload]:
        """Return the payloads that there are."""
        found = [*self.payloads, *(seen_in(declaration, self.make_world()) if declaration.sandbox is not None else ())]
        if not found:
            pytest.skip(f"there is no sandbox of {self.connector} and no recorded payload of its kinds")
        return found

    def test_translation_is_pure(self, declaration: Connector, recorded: list[Payload]) -> None:
        """The same payload gives the same records each time, and is left as it was."""
        for kind, item, context in recorded:
            before = copy.deepcopy((item, context))
            first = _drafts(declaration, kind, item, context)
            assert (item, context) == before, f"{kind}: the payload was changed"
            assert _drafts(declaration, kind, item, context) == first, f"{kind}: another outcome the second time"

    def test_fields_that_nobody_documented_change_nothing(
        self, declaration: Connector, recorded: list[Payload]
    ) -> None:
        """A platform may add fields anywhere, whenever it likes."""
        for kind, item, context in recorded:
            plain = _drafts(declaration, kind, item, context)
            assert _drafts(declaration, kind, _embellished(item), context) == plain, kind

    def test_every_kind_of_payload_is_tried(self, declaration: Connector) -> None:
        """Who has no simulated platform records at least one payload of each kind that is declared."""
        if declaration.sandbox is not None and not self.payloads:
            pytest.skip(f"{self.connector} has a sandbox, which gives what it asks for")
        assert {kind for kind, _, _ in self.payloads} == set(declaration.translators)

    def test_every_payload_becomes_records_or_is_told(self, declaration: Connector, recorded: list[Payload]) -> None:
        """As records, as Issues or as ignored: and none of them is a mistake of the connector's."""
        for kind, item, context in recorded:
            page, ignored = _translated(declaration, [(kind, item, context)])
            assert page.records or page.issues or page.sweeps or ignored, kind
            hold_none([one for one in page.issues if one.reason in DEFECTS], kind)

    def test_ids_are_the_connectors_own(self, declaration: Connector, recorded: list[Payload]) -> None:
        """An id names the platform and the kind of its record, and one id is one thing."""
        kinds: dict[str, set[str]] = {}
        for record in _translated(declaration, recorded)[0].records:
            parts = parse_id(record.id)
            assert parts.platform == declaration.name
            assert parts.kind == record.record
            kinds.setdefault(record.id, set()).add(record.record)
        assert {key: found for key, found in kinds.items() if len(found) > 1} == {}

    def test_no_id_is_made_of_words(self, declaration: Connector, recorded: list[Payload]) -> None:
        """A name, an address or a text may change; whom or what it is about is the same."""
        for kind, item, context in recorded:
            records = _translated(declaration, [(kind, item, context)])[0].records
            words = {value for one in records for name, value in one if name in WORDS and isinstance(value, str)}
            natives = set(_named(item, declaration.translators[kind].id_field))
            changed = _renamed(item, {word for word in words - natives if len(word) > 1})
            others = _translated(declaration, [(kind, changed, context)])[0].records
            assert _owned(others) == _owned(records), kind

    def test_records_survive_json_lines(self, declaration: Connector, recorded: list[Payload]) -> None:
        """Written and read back, a record tells what it told, and no more."""
        records = _translated(declaration, recorded)[0].records
        assert records
        for record in records:
            again = from_json_line(to_json_line(record))
            assert again == record
            assert told_fields(again) == told_fields(record)

    def test_payloads_tell_no_more_than_is_claimed(self, declaration: Connector, recorded: list[Payload]) -> None:
        """The capabilities name everything that the connector yields: what they leave out is absent, not hidden."""
        hold_none(claims_too_little(declaration.capabilities, _translated(declaration, recorded)[0].records))

    def test_times_are_told_or_absent(self, declaration: Connector, recorded: list[Payload]) -> None:
        """No time lies in the future or before there were computers, and none is invented where none is told."""
        now = datetime.now(UTC) if declaration.sandbox is None else self.make_world().now
        for record in _translated(declaration, recorded)[0].records:
            for name, value in record:
                if name.endswith("_at") and value is not None:
                    assert 1990 < value.year, f"{record.id}: {name}"  # noqa: PLR2004, SIM300 # a placeholder, told as a time
                    assert value <= now, f"{record.id}: {name}"
            if record.record == "event":
                assert (record.occurred_at is None) == (record.time_source == "none"), record.id

    def test_the_order_of_payloads_changes_nothing(self, declaration: Connector, recorded: list[Payload]) -> None:
        """Read in any order, and some of them twice, they come to the same."""
        random = Random(self.seed)
        again = [*recorded, *random.sample(recorded, len(recorded) // 2)]
        random.shuffle(again)
        assert _merged(declaration, again) == _merged(declaration, recorded)

    def test_odd_values_are_told(self, declaration: Connector, recorded: list[Payload]) -> None:
        """Whatever stands anywhere in a payload, it becomes records, Issues or is ignored; nothing is raised."""
        random = Random(self.seed)
        for kind, item, context in random.sample(recorded, min(self.odd_payloads, len(recorded))):
            for odd in (None, *ODD.values()):
                places = [path for path, value in walk((), item) if type(value) is not type(odd)]
                for path in random.sample(places, min(8, len(places))):
                    changed = copy.deepcopy(item)
                    put(changed, path, odd)
                    page, ignored = _translated(declaration, [(kind, changed, context)])
                    assert page.records or page.issues or page.sweeps or ignored, (kind, path, odd)

    def test_nothing_odd_is_ignored(self, declaration: Connector, recorded: list[Payload]) -> None:
        """What gives a record gives one, or an Issue, when a text, an id or a list in it is odd: it is not ignored.

        A value that is none of these may be the very mark by which a payload is known to be ignored.
        """
        tried: set[tuple[str, tuple[str | int, ...]]] = set()
        for kind, item, context in recorded:
            plain = _described(_translated(declaration, [(kind, item, context)])[0])
            if not plain:
                continue
            known = _known_by(plain)
            for path, value in walk((), item):
                where = kind, tuple("*" if isinstance(one, int) else one for one in path)
                if where in tried or not (isinstance(value, list) or (isinstance(value, str) and value in known)):
                    continue
                tried.add(where)
                for odd in (one for one in ODD.values() if type(one) is not type(value)):
                    changed = copy.deepcopy(item)
                    put(changed, path, odd)
                    page, ignored = _translated(declaration, [(kind, changed, context)])
                    same = {one.id for one in plain} & {one.id for one in page.records}
                    told = same or _described(page) or page.issues
                    assert told, f"{kind}: {odd!r} at {path} is swallowed, as {dict(ignored) or 'nothing'}"


def _described(page: Page) -> list[JSON]:
    """Return what a page tells of, but for stubs of people that it only names."""
    return [one for one in page.records if not is_stub(one)]


def _known_by(records: Iterable[JSON]) -> set[JSON]:
    """Return the words and the native ids that records have."""
    words = {value for one in records for name, value in one if name in WORDS and isinstance(value, str)}
    return (words | {part for one in records for part in parse_id(one.id).native}) - {""}


def seen_in(declared: Connector, world: World, **how: Any) -> list[Payload]:  # noqa: ANN401 # as the function `read`
    """Return every payload that a run over the simulated platform translates, as it was before.

    `how` is for `read`; without it, private and direct talk is read, too.
    """
    seen: list[Payload] = []

    def watched(kind: str, wire: WireKind) -> WireKind:
        def translate(item: object, context: Mapping[str, object]) -> Iterable[JSON]:
            seen.append((kind, copy.deepcopy(item), copy.deepcopy(context)))
            return wire.translate(item, context)

        return WireKind(translate, wire.id_field)

    translators = {kind: watched(kind, wire) for kind, wire in declared.translators.items()}
    read(
        replace(declared, translators=translators), world, **(how or {"include_private": True, "include_direct": True})
    )
    return seen


def is_told(declared: Connector, payloads: Iterable[Payload], odd: JSON) -> bool:
    """Tell whether an odd value that stands in some of these payloads becomes an Issue."""
    odd_ones = [one for one in payloads if any(value == odd for _, value in walk((), one[1]))]
    return bool(_translated(declared, odd_ones)[0].issues)


def _translated(declared: Connector, payloads: Iterable[Payload]) -> tuple[Page, Counter[str]]:
    """Translate payloads as a run does; give everything that came of them."""
    translation, whole, ignored = Translation(declared, run_id="run", origin="api"), Page("payloads"), Counter[str]()
    for kind, item, context in payloads:
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        page = translation.translate(Batch(kind, [item], context), "payloads", moment, ignored, network="-")
        whole.records = [*whole.records, *page.records]
        whole.issues += page.issues
        whole.sweeps += page.sweeps
    return whole, ignored


def _merged(declared: Connector, payloads: Iterable[Payload]) -> dict[str, dict[str, JSON]]:
    return {
        key: {name: value for name, value in known.values.items() if name != "extra"}
        for key, known in merge_records(_translated(declared, payloads)[0].records).items()
    }


def _owned(records: Iterable[JSON]) -> set[str]:
    return {record.id for record in records}


def _drafts(declared: Connector, kind: str, item: object, context: Mapping[str, object]) -> list[JSON] | str:
    """Translate one payload; what is refused gives the reason."""
    try:
        drafts = [copy.deepcopy(draft) for draft in declared.translators[kind].translate(item, context)]
    except Rejected as rejected:
        return f"rejected: {rejected.reason}"
    return [f"in part: {one.reason}" if isinstance(one, Rejected) else one for one in drafts]


def _embellished(item: object) -> JSON:
    """Add a field to every object that has a type or an id of its own; a mapping by key is no such object."""
    if isinstance(item, list):
        return [_embellished(one) for one in item]
    if not isinstance(item, dict):
        return item
    inner = {name: _embellished(value) for name, value in item.items()}
    return inner | ({"x_unheard_of": {"kind": "new", "values": [1, None, "two"]}} if _is_object(item) else {})


def _is_object(item: Mapping[str, object]) -> bool:
    return bool(item.keys() & {"id", "type", "name", "ts", "user"})


def _named(item: object, name: str) -> Iterator[JSON]:
    """Return the texts that stand under a name, anywhere."""
    inner = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
    if isinstance(item, dict) and isinstance(item.get(name), str):
        yield item[name]
    for one in inner:
        yield from _named(one, name)


def _renamed(item: object, words: set[str]) -> JSON:
    """Replace strings that are one of these words."""
    if isinstance(item, list):
        return [_renamed(one, words) for one in item]
    if isinstance(item, dict):
        return {name: _renamed(value, words) for name, value in item.items()}
    return f"{item} (renamed)" if isinstance(item, str) and item in words else item
