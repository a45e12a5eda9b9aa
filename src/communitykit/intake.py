"""From wire payloads to records, for every door alike: translating, validating, counting, stubs. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from pydantic import TypeAdapter, ValidationError

from communitykit.collector import fewer_collections
from communitykit.connector import Connector, WireKind
from communitykit.flow import Batch, Checkpoint, Ignored, Rejected, Swept
from communitykit.model import Issue, Member, Record, Source
from communitykit.scrub import Scrubber

_RECORDS: TypeAdapter[list[Any]] = TypeAdapter(list[Record])
_RECORD: TypeAdapter[Any] = TypeAdapter(Record)

LONG_BODY = 500
"""Characters from which on the bodies of a page weigh more than its records do."""

Origin: TypeAlias = Literal["api", "archive", "webhook"]


@dataclass(slots=True)
class Sweep:
    """A window that was walked whole: what it held (`seen` ids), and when it was walked."""

    swept: Swept
    seen: frozenset[str]
    source: Source


@dataclass(slots=True)
class Page:
    """What one batch or sweep came to. The checkpoint holds once the records are stored."""

    slice: str
    records: list[Any] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    sweeps: list[Sweep] = field(default_factory=list)
    checkpoint: Checkpoint | None = None
    requests: int = 0

    @property
    def weight(self) -> int:
        """Give how much memory it takes, in records of usual length: a post may be as long as a book."""
        characters = sum(len(record.body) for record in self.records if record.record == "post" and record.body)
        characters += sum(len(repr(record.raw)) for record in self.records if record.raw is not None)
        return max(1, len(self.records), characters // LONG_BODY)


class Intake:
    """Turns batches into records for one run of one connector."""

    def __init__(
        self, connector: Connector, *, run_id: str, origin: Origin, scrubber: Scrubber | None = None, raw: bool = False
    ) -> None:
        """Begin with no member known."""
        self.connector = connector
        self.run_id = run_id
        self.origin: Origin = origin
        self.known_members: set[str] = set()
        self.strangers: dict[str, None] = {}
        self._scrubber = scrubber or Scrubber(connector.secrets)
        self._raw = raw

    def source(self, fetched_at: datetime, as_of: datetime | None = None) -> Source:
        """Make the provenance of a batch."""
        return Source(
            connector=self.connector.name,
            version=self.connector.version,
            origin=self.origin,
            fetched_at=fetched_at,
            as_of=as_of or fetched_at,
        )

    def translate(self, batch: Batch, slice_key: str, fetched_at: datetime, ignored: Counter[str]) -> Page:
        """Translate a batch; one bad payload becomes an Issue and the rest goes on."""
        with fewer_collections():
            return self._translate(batch, slice_key, fetched_at, ignored)

    def _translate(self, batch: Batch, slice_key: str, fetched_at: datetime, ignored: Counter[str]) -> Page:
        page = Page(slice_key, checkpoint=batch.checkpoint)
        kind = self.connector.translators.get(batch.kind)
        if kind is None:
            self._reject_all(batch, page)
            return page
        source = self.source(fetched_at, batch.as_of)
        drafts: list[dict[str, Any]] = []
        swept: list[Swept] = []
        for item in batch.items:
            self._translate_item(kind, batch, item, page, source, drafts, swept, ignored)
        page.records = self._validated(drafts, batch.kind, page)
        self._note_members(page, source)
        if swept:
            seen = frozenset(record.id for record in page.records if record.record == "event")
            page.sweeps = [Sweep(one, seen, source) for one in swept]
        return page

    def _translate_item(
        self,
        kind: WireKind,
        batch: Batch,
        item: Any,  # noqa: ANN401 # decoded JSON
        page: Page,
        source: Source,
        drafts: list[dict[str, Any]],
        swept: list[Swept],
        ignored: Counter[str],
    ) -> None:
        before = len(drafts)
        gave = False
        try:
            for draft in kind.translate(item, batch.context):
                gave = True
                if isinstance(draft, dict):
                    draft["source"] = source
                    drafts.append(draft)
                elif isinstance(draft, Ignored):
                    self._ignore(draft, batch, item, page, ignored)
                else:
                    swept.append(draft)
            if not gave:
                page.issues.append(self._issue(page.slice, batch.kind, item, "untranslated", "no record came of it"))
        except Rejected as rejected:
            del drafts[before:]
            page.issues.append(self._issue(page.slice, batch.kind, item, rejected.reason, rejected.detail))
        except Exception as error:  # noqa: BLE001 # a translator may fail in any way on odd data; one record never stops a run
            del drafts[before:]
            page.issues.append(self._issue(page.slice, batch.kind, item, "malformed", where_it_failed(error)))
        if self._raw and len(drafts) > before:
            scrubbed = self._scrubber.json(item)
            for draft in drafts[before:]:
                draft["raw"] = scrubbed

    def _ignore(self, draft: Ignored, batch: Batch, item: Any, page: Page, ignored: Counter[str]) -> None:  # noqa: ANN401
        if draft.kind in self.connector.ignored:
            ignored[draft.kind] += 1
        else:
            page.issues.append(self._issue(page.slice, batch.kind, item, "undeclared", f"ignored as {draft.kind}"))

    def _validated(self, drafts: list[dict[str, Any]], wire_kind: str, page: Page) -> list[Any]:
        try:
            return _RECORDS.validate_python(drafts)
        except ValidationError:
            pass
        records = []
        for draft in drafts:
            try:
                records.append(_RECORD.validate_python(draft))
            except ValidationError as error:
                detail = "; ".join(
                    f"{'.'.join(str(part) for part in item['loc'][1:])}: {item['type']}"
                    for item in error.errors(include_input=False, include_context=False, include_url=False)[:3]
                )
                native = str(draft.get("id") or "")[:200] or None
                page.issues.append(
                    Issue(
                        run_id=self.run_id,
                        slice=page.slice,
                        wire_kind=wire_kind,
                        native_id=native,
                        reason="invalid",
                        detail=f"{draft.get('record')}: {detail}",
                    )
                )
        return records

    def _note_members(self, page: Page, source: Source) -> None:
        """Keep a stub for each member that records refer to and nothing has described yet."""
        told: set[str] = set()
        referred: dict[str, None] = {}
        for record in page.records:
            kind = record.record
            if kind == "post":
                if record.author_id:
                    referred[record.author_id] = None
                for mention in record.mentions:
                    if mention.kind == "member" and mention.id:
                        referred[mention.id] = None
            elif kind == "event":
                if record.actor_id:
                    referred[record.actor_id] = None
            elif kind == "membership":
                referred[record.member_id] = None
            elif kind == "member":
                told.add(record.id)
        self.known_members |= told
        for member_id in told:
            self.strangers.pop(member_id, None)
        for member_id in referred:
            if member_id not in self.known_members:
                self.known_members.add(member_id)
                self.strangers[member_id] = None
                page.records.append(Member(id=member_id, source=source))

    def _reject_all(self, batch: Batch, page: Page) -> None:
        page.issues.extend(
            self._issue(page.slice, batch.kind, item, "unknown_kind", "the connector declares no such wire kind")
            for item in batch.items
        )

    def _issue(self, slice_key: str, wire_kind: str, item: Any, reason: str, detail: str | None) -> Issue:  # noqa: ANN401
        declared = self.connector.translators.get(wire_kind)
        native = item.get(declared.id_field if declared else "id") if isinstance(item, Mapping) else None
        return Issue(
            run_id=self.run_id,
            slice=slice_key,
            wire_kind=wire_kind,
            native_id=str(native)[:200] if isinstance(native, str | int) else None,
            reason=reason,
            detail=self._scrubber.text(detail) if detail else None,
        )


def where_it_failed(error: Exception) -> str:
    """Say what failed and where in the translator, without any content."""
    import traceback  # noqa: PLC0415 # only needed when a translator failed

    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {frame.name}, line {frame.lineno}"
