"""The fixture of worlds stands beside the tests."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "servers"))

from world import Opened, random_world  # beside this file


@pytest.fixture(scope="package")
def opened() -> Iterator[Opened]:
    """One random company, opened."""
    tables = random_world(1).open()
    yield tables
    tables.connection().close()
