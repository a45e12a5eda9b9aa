"""What Yammer's tests share: translating by hand, driving flows by hand, and real payloads where they are at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from communitykit import Ignored, Record, Rejected, Swept
from communitykit_yammer import YAMMER

RECORDS: TypeAdapter[list[Any]] = TypeAdapter(list[Record])
DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "yammer"
API = {"network": "1", "origin": "api"}


class Translated:
    """What came of payloads: drafts that are valid records, sweeps, what was ignored and what was rejected."""

    def __init__(self) -> None:
        self.drafts: list[dict[str, Any]] = []
        self.swept: list[Swept] = []
        self.ignored: list[str] = []
        self.rejected: list[str] = []

    def add(self, kind: str, item: Any, context: Mapping[str, Any]) -> None:
        drafts: list[dict[str, Any]] = []
        before = len(self.swept) + len(self.ignored)
        try:
            for draft in YAMMER.translators[kind].translate(item, context):
                if isinstance(draft, Swept):
                    self.swept.append(draft)
                elif isinstance(draft, Ignored):
                    assert draft.kind in YAMMER.ignored, draft.kind
                    self.ignored.append(draft.kind)
                else:
                    drafts.append(draft)
        except Rejected as rejected:
            self.rejected.append(rejected.reason)
            return
        assert drafts or len(self.swept) + len(self.ignored) > before, "nothing came of it"
        RECORDS.validate_python(drafts)
        self.drafts += drafts

    def of(self, record: str, kind: str | None = None) -> list[dict[str, Any]]:
        found = [one for one in self.drafts if one["record"] == record]
        return [one for one in found if kind is None or one.get("kind") == kind]


@pytest.fixture
def translate() -> Callable[..., Translated]:
    """Translate payloads of one kind; the context is that of network 1, read through the API."""

    def run(kind: str, *items: Any, **context: Any) -> Translated:
        found = Translated()
        for item in items:
            found.add(kind, item, {**API, **context})
        return found

    return run


@pytest.fixture
def data() -> Path:
    """Real payloads by others; they are no part of the project."""
    if not DATA.is_dir():
        pytest.skip("the real payloads are not at hand: ../shared/data/yammer beside the repository")
    return DATA
