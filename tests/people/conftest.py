"""The companies stand beside the tests."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from communitykit import Member


@pytest.fixture
def company(tmp_path: Path) -> Callable[..., object]:
    from companies import Company  # noqa: PLC0415 # found once the path is set

    def make(*members: Member) -> Company:
        return Company(tmp_path / "store.duckdb").tell(*members)

    return make
