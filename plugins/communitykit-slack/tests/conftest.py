"""What Slack's tests share: translating by hand, and real payloads where they are at hand."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from communitykit.testing import Translated
from communitykit_slack import SLACK

sys.path.insert(0, str(Path(__file__).parent))  # for what stands beside the tests

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "slack"
API = {"team": "T1", "channel": "C1", "origin": "api"}


@pytest.fixture
def translate() -> Callable[..., Translated]:
    """Translate payloads of one kind; the context is that of channel C1 in team T1, read through the API."""

    def run(kind: str, *items: Any, **context: Any) -> Translated:
        return Translated(SLACK).add(kind, items, {**API, **context})

    return run


@pytest.fixture
def translate_steps() -> Callable[..., Translated]:
    """Translate the batches among a door's steps."""

    def run(steps: Iterator[Any]) -> Translated:
        return Translated(SLACK).steps(steps)

    return run


@pytest.fixture
def data() -> Path:
    """Real payloads by others; they are no part of the project."""
    if not DATA.is_dir():
        pytest.skip("the real payloads are not at hand: ../shared/data/slack beside the repository")
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
