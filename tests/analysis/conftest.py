"""The world of records stands beside the tests."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from company import KEY, ZONE, store_of, tables_of

from communitykit.analysis import Analysis, analyse


@pytest.fixture(scope="package")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One small company's record, read twice."""
    return store_of(tmp_path_factory.mktemp("record") / "activity.duckdb")


@pytest.fixture(scope="package")
def made(store: Path) -> Analysis:
    """Its tables, opened."""
    to = store.with_name("analysis.duckdb")
    analyse(store, to, key=KEY, zone=ZONE)
    return tables_of(to)
