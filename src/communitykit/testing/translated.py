"""What a connector's translators make of payloads, for tests of single translations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from pydantic import TypeAdapter

from communitykit.connector.declaration import Connector
from communitykit.connector.flow import Batch, Ignored, Rejected, Swept
from communitykit.model import Record
from communitykit.model.values import JSON

_RECORDS: TypeAdapter[list[Record]] = TypeAdapter(list[Record])


class Translated:
    """What came of payloads: `drafts` that are valid records, `swept` windows, kinds `ignored`, reasons `rejected`.

    It fails where a translator drops a payload silently, ignores a kind that the connector does not declare, or gives
    a draft that is no record.
    """

    def __init__(self, connector: Connector) -> None:
        """Begin with nothing."""
        self._connector = connector
        self.drafts: list[dict[str, JSON]] = []
        self.swept: list[Swept] = []
        self.ignored: list[str] = []
        self.rejected: list[str] = []

    def add(self, kind: str, items: Iterable[object], context: Mapping[str, object]) -> Translated:
        """Translate payloads of one kind; give itself."""
        for item in items:
            self._add(kind, item, context)
        return self

    def steps(self, steps: Iterable[object]) -> Translated:
        """Translate the batches among a flow's or an archive's steps; give itself."""
        for step in steps:
            if isinstance(step, Batch):
                self.add(step.kind, step.items, step.context)
        return self

    def of(self, record: str, kind: str | None = None) -> list[dict[str, JSON]]:
        """Return the drafts of one record kind, and of one kind of those."""
        found = [one for one in self.drafts if one["record"] == record]
        return [one for one in found if kind is None or one.get("kind") == kind]

    def one(self, record: str) -> dict[str, JSON]:
        """Return the only draft of a record kind.

        Raises ValueError when there are more or none.
        """
        (found,) = self.of(record)
        return found

    def unique(self, record: str, kind: str | None = None) -> int:
        """Count the records by their ids."""
        return len({one["id"] for one in self.of(record, kind)})

    def _add(self, kind: str, item: JSON, context: Mapping[str, JSON]) -> None:
        drafts: list[dict[str, JSON]] = []
        before = len(self.swept) + len(self.ignored) + len(self.rejected)
        try:
            for draft in self._connector.translators[kind].translate(item, context):
                if isinstance(draft, Swept):
                    self.swept.append(draft)
                elif isinstance(draft, Ignored):
                    assert draft.kind in self._connector.ignored, draft.kind
                    self.ignored.append(draft.kind)
                elif isinstance(draft, Rejected):
                    self.rejected.append(draft.reason)
                else:
                    drafts.append(cast("dict[str, JSON]", draft))
        except Rejected as rejected:
            self.rejected.append(rejected.reason)
            return
        assert drafts or len(self.swept) + len(self.ignored) + len(self.rejected) > before, "nothing came of it"
        _RECORDS.validate_python(drafts)
        self.drafts += drafts
