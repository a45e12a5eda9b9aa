"""What the tests of Teams share: translating by hand, and real payloads where they are at hand."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from communitykit.testing import Translated
from communitykit_teams import TEAMS

sys.path.insert(0, str(Path(__file__).parent))  # for what stands beside the tests

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "teams"
API = {"network": "tenant-1", "team": "team-1", "channel": "19:c@thread.tacv2", "origin": "api"}


@pytest.fixture
def translate() -> Callable[..., Translated]:
    """Translate payloads of one kind; the context is that of a channel, read through the API."""

    def run(kind: str, *items: Any, **context: Any) -> Translated:
        return Translated(TEAMS).add(kind, items, {**API, **context})

    return run


@pytest.fixture
def data() -> Path:
    """Real payloads by others; they are no part of the project."""
    if not DATA.is_dir():
        pytest.skip("the real payloads are not at hand: ../shared/data/teams beside the repository")
    return DATA


@pytest.fixture
def payloads(data: Path) -> Callable[[str], list[tuple[str, Any]]]:
    """Read the JSON files under a folder of the real payloads."""

    def read(pattern: str) -> list[tuple[str, Any]]:
        found = [
            (str(file.relative_to(data)), json.loads(file.read_text("utf-8"))) for file in sorted(data.glob(pattern))
        ]
        assert found, pattern
        return found

    return read
