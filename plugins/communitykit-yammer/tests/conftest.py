"""What Yammer's tests share: translating by hand, driving flows by hand, and real payloads where they are at hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from communitykit.testing import Translated
from communitykit_yammer import YAMMER

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "yammer"
API = {"network": "1", "origin": "api"}


@pytest.fixture
def translate() -> Callable[..., Translated]:
    """Translate payloads of one kind; the context is that of network 1, read through the API."""

    def run(kind: str, *items: Any, **context: Any) -> Translated:
        return Translated(YAMMER).add(kind, items, {**API, **context})

    return run


@pytest.fixture
def data() -> Path:
    """Real payloads by others; they are no part of the project."""
    if not DATA.is_dir():
        pytest.skip("the real payloads are not at hand: ../shared/data/yammer beside the repository")
    return DATA
