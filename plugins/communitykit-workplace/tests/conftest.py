"""What Workplace's tests share: translating by hand, reading archives of given files, real payloads where at hand."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from communitykit import read_archive
from communitykit.testing import Translated
from communitykit_workplace import WORKPLACE

sys.path.insert(0, str(Path(__file__).parent))  # for what stands beside the tests

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "workplace"


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
        return Translated(WORKPLACE).add(kind, items, context)

    return run


@pytest.fixture
def importing(tmp_path: Path) -> Callable[..., Read]:
    """Read an archive of files: bytes as they are, text as UTF-8, everything else as JSON; private groups, too."""

    def run(files: Mapping[str, Any] | Path, **ask: Any) -> Read:
        if isinstance(files, Path):
            path = files
        else:
            path = tmp_path / "archive.zip"
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, content in files.items():
                    archive.writestr(name, content if isinstance(content, bytes | str) else json.dumps(content))
        with read_archive("workplace", path) as session:
            return Read(list(session.records(**{"include_private": True, **ask})))

    return run


@pytest.fixture
def data() -> Path:
    """Real payloads by others; they are no part of the project."""
    if not DATA.is_dir():
        pytest.skip("the real payloads are not at hand: ../shared/data/workplace beside the repository")
    return DATA
