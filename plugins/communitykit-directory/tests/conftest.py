"""Rosters written here, read as an import reads them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from communitykit import read_archive


@pytest.fixture
def people(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Write files (name → text or bytes), read them, and give members by native id, issues and coverage."""

    def read(files: dict[str, str | bytes], **options: Any) -> dict[str, Any]:
        folder = tmp_path / "roster"
        folder.mkdir(exist_ok=True)
        for name, body in files.items():
            (folder / name).write_bytes(body.encode() if isinstance(body, str) else body)
        with read_archive("directory", folder, **options) as archive:
            records = list(archive.records())
        found: dict[str, Any] = {"issues": [], "gaps": ""}
        for one in records:
            if one.record == "member":
                found[one.id.split(":", 3)[3]] = one
            elif one.record == "issue":
                found["issues"].append(one)
            elif one.record == "coverage":
                found["gaps"] += one.reason or ""
        return found

    return read
