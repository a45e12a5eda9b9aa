"""What Workplace's tests share: translating by hand, reading archives of given files, real payloads where at hand."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from communitykit import Ignored, Record, Rejected, Swept, read_archive
from communitykit_workplace import WORKPLACE

RECORDS: TypeAdapter[list[Any]] = TypeAdapter(list[Record])
DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "workplace"


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
            for draft in WORKPLACE.translators[kind].translate(item, context):
                if isinstance(draft, Swept):
                    self.swept.append(draft)
                elif isinstance(draft, Ignored):
                    assert draft.kind in WORKPLACE.ignored, draft.kind
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


class Read:
    """What came of an archive."""

    def __init__(self, records: list[Any]) -> None:
        self.records = records
        self.issues = [one for one in records if one.record == "issue"]
        self.coverage = next(one for one in records if one.record == "coverage" and one.slice.endswith(":archive")
                             and ":-:" not in one.slice)  # fmt: skip

    @property
    def gaps(self) -> str:
        return self.coverage.reason or ""

    def of(self, record: str) -> dict[str, Any]:
        return {one.id: one for one in self.records if one.record == record}


@pytest.fixture
def translate() -> Callable[..., Translated]:
    """Translate payloads of one kind."""

    def run(kind: str, *items: Any, **context: Any) -> Translated:
        found = Translated()
        for item in items:
            found.add(kind, item, context)
        return found

    return run


@pytest.fixture
def importing(tmp_path: Path) -> Callable[..., Read]:
    """Read an archive of files: bytes as they are, text as UTF-8, everything else as JSON."""

    def run(files: Mapping[str, Any] | Path, **ask: Any) -> Read:
        if isinstance(files, Path):
            path = files
        else:
            path = tmp_path / "archive.zip"
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, content in files.items():
                    archive.writestr(name, content if isinstance(content, bytes | str) else json.dumps(content))
        with read_archive("workplace", path) as session:
            return Read(list(session.records(**ask)))

    return run


@pytest.fixture
def data() -> Path:
    """Real payloads by others; they are no part of the project."""
    if not DATA.is_dir():
        pytest.skip("the real payloads are not at hand: ../shared/data/workplace beside the repository")
    return DATA
