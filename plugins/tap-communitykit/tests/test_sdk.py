"""The SDK's own tests of a tap."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from communitykit.connector.registry import registry
from communitykit.sandbox import World, serve
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from tap_communitykit import TapCommunityKit

SOURCE: dict[str, Any] = {"connector": "slack"}
CONFIG: dict[str, Any] = {"sources": [SOURCE], "store": ""}

SdkTests = get_tap_test_class(
    TapCommunityKit, config=CONFIG, suite_config=SuiteConfig(ignore_no_records_for_streams=["measures"])
)


# Nobody in this company has changed what connectors keep beside the model: such a column is empty.
pytestmark = pytest.mark.filterwarnings("ignore:No records were available to test")


@pytest.fixture(scope="module", autouse=True)
def _company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    world = World(seed=3, size="tiny", now=datetime.now(UTC), platforms=("slack",))
    with serve(world, registry().get("slack").simulated()) as server:
        SOURCE.update({**server.settings, "rate": 1e9})
        CONFIG["store"] = str(Path(tmp_path_factory.mktemp("tap")) / "tap.duckdb")
        yield


class TestTap(SdkTests):  # type: ignore[misc,valid-type] # made at run time
    """All of them."""
