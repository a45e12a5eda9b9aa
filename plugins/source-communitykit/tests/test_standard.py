"""Airbyte's own standard tests of a source."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from airbyte_cdk.test.standard_tests import SourceTestSuiteBase
from communitykit.connector.registry import registry
from communitykit.sandbox import World, serve

from source_communitykit import SourceCommunitykit

HERE = Path(__file__).parents[1]
ROOT = Path(tempfile.mkdtemp()) / "source-communitykit"  # scenarios are found while tests are collected
(ROOT / "secrets").mkdir(parents=True)
for name in ("metadata.yaml", "acceptance-test-config.yml"):
    shutil.copy(HERE / name, ROOT / name)
for name in ("config", "refused"):
    (ROOT / "secrets" / f"{name}.json").write_text("{}")


@pytest.fixture(scope="module", autouse=True)
def _company() -> Iterator[None]:
    world = World(seed=3, size="tiny", now=datetime.now(UTC), platforms=("slack",))
    with serve(world, registry().get("slack").simulated()) as server:
        source = {"connector": "slack", **server.settings, "rate": 1e9}
        for name, more in {"config": {}, "refused": {"token": "xoxb-0000000000-refused"}}.items():
            told = {"sources": [{**source, **more}], "store": str(ROOT / "airbyte.duckdb")}
            (ROOT / "secrets" / f"{name}.json").write_text(json.dumps(told))
        yield
    shutil.rmtree(ROOT.parent)


class TestStandard(SourceTestSuiteBase):
    """All of them."""

    connector = SourceCommunitykit

    @classmethod
    def get_connector_root_dir(cls) -> Path:
        return ROOT
