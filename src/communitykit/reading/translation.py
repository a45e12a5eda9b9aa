"""From wire payloads to records, for every door alike: translating, validating, counting, stubs. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, TypeAdapter, ValidationError

from communitykit.connector.declaration import Connector, WireKind
from communitykit.connector.decoding import without_lone_surrogates
from communitykit.connector.flow import Batch, Checkpoint, Ignored, Rejected, Swept
from communitykit.connector.parts import where_it_failed
from communitykit.connector.payload import what_it_is
from communitykit.connector.scrub import Scrubber, without_credentials
from communitykit.model import Issue, Member, Provenance, Record, members_named
from communitykit.model.ids import network_prefix
from communitykit.model.packed import packed
from communitykit.model.records import RECORD_TYPES, Entity
from communitykit.model.values import JSON
from communitykit.privacy.intake import Intake
from communitykit.reading.garbage import fewer_collections

_ENTITIES: TypeAdapter[list[Entity]] = TypeAdapter(list[Annotated[Entity, Field(discriminator="record")]])
_validate: Callable[[object], list[Entity]] = _ENTITIES.validator.validate_python

LONG_BODY = 500
"""Characters from which on the bodies of a page weigh more than its records do."""

_NATIVE_LENGTH = 200
_REASONS = 3
_COLONS_OF_AN_ID = 3

Origin: TypeAlias = Literal["api", "archive", "webhook"]


@dataclass(slots=True)
class Sweep:
    """A window that was walked whole: what it held (`seen` ids), and when it was walked.

    `network` bounds it: the beginning that all ids of its network share. `unread` are native ids of payloads in it that
    could not be translated, or were held back: they were there, and so was what they hold. `rejected` are those of them
    that could not be translated, as they show their ids: what has another id may be one of them only if that is new.
    """

    swept: Swept
    seen: frozenset[str]
    source: Provenance
    network: str
    unread: frozenset[str] = frozenset()
    rejected: frozenset[str] = frozenset()


@dataclass(slots=True)
class Page:
    """What one batch or sweep came to. The checkpoint holds once the records are stored."""

    slice: str
    records: Sequence[Entity] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    sweeps: list[Sweep] = field(default_factory=list)
    checkpoint: Checkpoint | None = None
    requests: int = 0
    unread: set[str] = field(default_factory=set)
    """What became Issues, by native id or by the id that its draft had."""
    unreadable: bool = False
    """Whether some of it does not even show an id."""
    _weight: int | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def weight(self) -> int:
        """Return how much memory it takes, in records of usual length: a post may be as long as a book.

        It is weighed once, when it is handed over and changes no more.
        """
        if self._weight is None:
            characters = sum([len(record.body) for record in self.records if record.record == "post" and record.body])
            characters += sum([len(repr(record.raw)) for record in self.records if record.raw is not None])
            self._weight = max(1, len(self.records) + len(self.issues), characters // LONG_BODY)
        return self._weight

    def packed(self) -> Page:
        """Return the same with its records packed: for who holds many of them before looking at one."""
        page = replace(self, records=packed(self.records))
        page._weight = self.weight  # noqa: SLF001 # one of its own: it weighs what it did: so many may wait for the writer
        return page


def is_stub(record: Record) -> bool:
    """Tell whether a record only stands for somebody who was named: no listing had them."""
    return record.record == "member" and record.model_fields_set <= {"record", "id", "source"}


class Translation:
    """Turns batches into records for one run of one connector."""

    def __init__(
        self,
        connector: Connector,
        *,
        run_id: str,
        origin: Origin,
        scrubber: Scrubber | None = None,
        raw: bool = False,
        intake: Intake | None = None,
    ) -> None:
        """Begin with no member known."""
        self.connector = connector
        self.run_id = run_id
        self.origin: Origin = origin
        self.known_members: set[str] = set()
        self.lookups: dict[str, None] = {}
        self.scrubber = scrubber or Scrubber(connector.secrets)
        self._raw = raw
        self.intake = intake or Intake()
        self._own = f"{connector.name}:"
        self._last_bound = self._own + ":"  # no id begins so
        self._last_source: tuple[tuple[datetime, datetime] | None, Provenance | None] = (None, None)

    def source(self, fetched_at: datetime, as_of: datetime | None = None) -> Provenance:
        """Make the provenance of a batch; nothing is true after it was read, whatever another clock says.

        Batches of one answer share theirs: most are small, and making and writing it takes as long as a record.
        """
        times = fetched_at, min(as_of or fetched_at, fetched_at)
        told, source = self._last_source
        if told != times or source is None:
            source = Provenance(
                connector=self.connector.name,
                version=self.connector.version,
                origin=self.origin,
                fetched_at=times[0],
                as_of=times[1],
            )
            self._last_source = times, source
        return source

    def translate(
        self, batch: Batch, slice_key: str, fetched_at: datetime, ignored: Counter[str], *, network: str | None = None
    ) -> Page:
        """Translate a batch; one bad payload becomes an Issue and the rest goes on. `network` is the slice's."""
        if not batch.items:  # it only tells how far its slice was read
            return Page(slice_key, checkpoint=batch.checkpoint)
        with fewer_collections():
            return self._translate(batch, slice_key, fetched_at, ignored, network)

    def _translate(
        self, batch: Batch, slice_key: str, fetched_at: datetime, ignored: Counter[str], batch_network: str | None
    ) -> Page:
        page = Page(slice_key, checkpoint=batch.checkpoint)
        kind = self.connector.translators.get(batch.kind)
        if kind is None:
            self._reject_all(batch, page)
            return page
        source = self.source(fetched_at, batch.as_of)
        drafts: list[dict[str, JSON]] = []
        swept: list[Swept] = []
        for item in batch.items:
            self._translate_item(kind, batch, item, page, drafts, swept, ignored)
        records = self._validated(drafts, source, batch.kind, page)
        seen = frozenset([record.id for record in records if record.record == "event"]) if swept else frozenset()
        page.records = self.intake.admit(records)
        self._note_members(page, source)
        if swept and not page.unreadable:
            unread = frozenset(page.unread)
            page.sweeps = [
                Sweep(one, seen, source, self.bound(one, batch_network), unread | one.held if one.held else unread)
                for one in swept
            ]
        return page

    def bound(self, swept: Swept, network: str | None) -> str:
        """Return the beginning of the ids that a sweep may reach: one platform's, in one network.

        Raises ValueError when nothing tells the network, or when an id in `within` is another platform's.
        """
        for value in swept.within.values():
            if isinstance(value, str) and value.count(":") >= _COLONS_OF_AN_ID:
                if value.startswith(self._last_bound):  # nearly always: sweeps come one after another from one network
                    return self._last_bound
                if not value.startswith(self._own):
                    message = f"{self.connector.name} would sweep what belongs to another platform"
                    raise ValueError(message)
                self._last_bound = value[: value.index(":", len(self._own)) + 1]  # as `network_prefix` writes it
                return self._last_bound
        network = swept.network or network
        if network is None:
            message = f"a sweep of {swept.record} records names no network"
            raise ValueError(message)
        return network_prefix(self.connector.name, network)

    def _translate_item(
        self,
        kind: WireKind,
        batch: Batch,
        item: object,
        page: Page,
        drafts: list[dict[str, JSON]],
        swept: list[Swept],
        ignored: Counter[str],
    ) -> None:
        if isinstance(item, Rejected):  # whoever read it said already what it is not
            self._reject(batch.kind, item, page, item.reason, item.detail)
            return
        before, swept_before = len(drafts), len(swept)
        gave = False
        try:
            for draft in kind.translate(item, batch.context):
                gave = True
                if isinstance(draft, dict):
                    drafts.append(draft)  # type: ignore[arg-type] # a TypedDict is a dict, and a call less for each
                elif isinstance(draft, Swept):
                    swept.append(draft)
                elif isinstance(draft, Ignored):
                    self._ignore(draft, batch, item, page, ignored)
                else:
                    self._reject_part(draft, batch, item, page)
            if not gave:
                self._reject(batch.kind, item, page, "untranslated", "no record came of it")
        except Rejected as rejected:
            del drafts[before:], swept[swept_before:]
            self._reject(batch.kind, item, page, rejected.reason, rejected.detail)
        except Exception as error:  # noqa: BLE001 # a translator may fail in any way on odd data; one record never stops a run
            del drafts[before:], swept[swept_before:]
            why = where_it_failed(error) if isinstance(item, Mapping) else what_it_is(item)
            self._reject(batch.kind, item, page, "malformed", why)
        if self._raw and len(drafts) > before:
            scrubbed = self.scrubber.json(item)
            for record in drafts[before:]:
                record["raw"] = scrubbed

    def _ignore(self, draft: Ignored, batch: Batch, item: object, page: Page, ignored: Counter[str]) -> None:
        if draft.kind in self.connector.ignored:
            ignored[draft.kind] += 1
        else:
            self._reject(batch.kind, item, page, "undeclared", f"ignored as {draft.kind}")

    def _reject(self, wire_kind: str, item: object, page: Page, reason: str, detail: str | None) -> None:
        """Note a payload that became no record: an Issue, and something that was there."""
        self._note_issue(page, self._issue(page.slice, wire_kind, item, reason, detail))

    def _reject_part(self, part: Rejected, batch: Batch, item: object, page: Page) -> None:
        """Note a part of a payload that became no record, while the rest of it did."""
        issue = self._issue(page.slice, batch.kind, item, part.reason, part.detail)
        native = part.native[:_NATIVE_LENGTH] if part.native else None
        self._note_issue(page, issue.model_copy(update={"native_id": native}))

    def _note_issue(self, page: Page, issue: Issue) -> None:
        texts = {name: getattr(issue, name) for name in ("native_id", "reason", "detail")}
        scrubbed = {name: self.scrubber.text(text) for name, text in texts.items() if text is not None}
        page.issues.append(issue.model_copy(update=scrubbed))
        if issue.native_id is None:
            page.unreadable = True
        else:
            page.unread.add(issue.native_id)

    def _validated(self, drafts: list[dict[str, JSON]], source: Provenance, wire_kind: str, page: Page) -> list[Entity]:
        for draft in drafts:
            draft["source"] = source  # no draft has one of its own
            if "attachments" in draft:
                _without_credentials(draft["attachments"])
        try:
            return _validate(drafts)  # all at once: a tenth less than one by one
        except ValidationError as error:
            wrong = _wrong(error)
        for at, detail in wrong.items():
            native = drafts[at].get("id")
            self._note_issue(
                page,
                Issue(
                    run_id=self.run_id,
                    slice=page.slice,
                    wire_kind=wire_kind,
                    native_id=_as_native_id(native) if isinstance(native, str) else None,
                    reason="invalid",
                    detail=f"{drafts[at].get('record')}: {detail}",
                ),
            )
        return _validate([draft for at, draft in enumerate(drafts) if at not in wrong])

    def _note_members(self, page: Page, source: Provenance) -> None:
        """Keep a stub for each member that records refer to and nothing has described yet."""
        records: Sequence[Entity] = page.records
        known, own = self.known_members, self._own
        kinds = {record.record for record in records}
        if "member" in kinds:
            told = {record.id for record in records if record.record == "member"}
            known |= told
            for member_id in told:
                self.lookups.pop(member_id, None)
        if "measure" in kinds:  # reports tell of whomever they will
            records = [record for record in records if record.record != "measure"]
        unknown: dict[str, None] = {}
        for one in members_named(records):
            if one not in known and one.startswith(own):
                unknown[one] = None
        stubs = self.intake.admit([Member(id=one, source=source) for one in unknown]) if unknown else ()
        for stub in stubs:
            self.known_members.add(stub.id)
            self.lookups[stub.id] = None
        if stubs:
            page.records = [*page.records, *stubs]

    def _reject_all(self, batch: Batch, page: Page) -> None:
        for item in batch.items:
            self._reject(batch.kind, item, page, "unknown_kind", "the connector declares no such wire kind")

    def _issue(self, slice_key: str, wire_kind: str, item: object, reason: str, detail: str | None) -> Issue:
        declared = self.connector.translators.get(wire_kind)
        native = item.get(declared.id_field if declared else "id") if isinstance(item, Mapping) else None
        return Issue(
            run_id=self.run_id,
            slice=slice_key,
            wire_kind=wire_kind,
            native_id=_as_native_id(native) if isinstance(native, str | int) else None,
            reason=reason,
            detail=detail or None,
        )


def _without_credentials(attachments: JSON) -> None:
    for attached in attachments or ():
        if isinstance(attached, dict) and isinstance(attached.get("url"), str):
            attached["url"] = without_credentials(attached["url"])


def _wrong(error: ValidationError) -> dict[int, str]:
    """Return which drafts of a list are no records, by their place in it, and the first three reasons of each."""
    found: dict[int, list[str]] = {}
    for item in error.errors(include_input=False, include_context=False, include_url=False):
        at, *where = item["loc"]
        if where and where[0] in RECORD_TYPES:
            del where[0]
        found.setdefault(int(at), []).append(f"{'.'.join(str(part) for part in where)}: {item['type']}")
    return {at: "; ".join(reasons[:_REASONS]) for at, reasons in found.items()}


def _as_native_id(native: str | int) -> str | None:
    """Return an id as an Issue keeps it: what cannot be kept (half a character) is what it may be an Issue about."""
    return without_lone_surrogates(str(native)[:_NATIVE_LENGTH]) or None
