"""Configurations, written where a test runs."""

from collections.abc import Callable
from pathlib import Path

import pytest

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Path:
        path = tmp_path / "communitykit.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return written
