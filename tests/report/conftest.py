"""Companies told record by record stand in `communitykit.sandbox.chronicle`; here they become stores."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from communitykit import from_records, pull
from communitykit.people import Leaders, Options, resolve
from communitykit.sandbox.chronicle import Chronicle

sys.path.insert(0, str(Path(__file__).parent))

Kept = Callable[[Chronicle], Path]


@pytest.fixture(scope="module")
def keep(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    def make(told: Chronicle) -> Path:
        path = tmp_path_factory.mktemp("company") / "activity.duckdb"
        pull(from_records(told.records), to=path)
        resolve(path, Options(leaders=Leaders(titles="^(chief|head|lead)")))
        return path

    return make
