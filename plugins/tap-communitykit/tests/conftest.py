"""A fictional company's Slack over real HTTP, and the tap as a program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from communitykit.connector.registry import registry
from communitykit.sandbox import World, serve

Message = dict[str, Any]
MONTH = timedelta(days=30)


@dataclass
class Company:
    """A company that goes on living while the tap reads it."""

    world: World
    source: dict[str, Any]
    folder: Path
    state: Message | None = None
    told: str = ""
    """All that the tap ever wrote."""
    copy: dict[str, dict[str, Any]] = field(default_factory=dict)

    def run(self, *options: str, check: bool = True, **config: Any) -> list[Message]:
        """Run the tap from its state, apply what it writes to the copy, and return that."""
        path = self.folder / "config.json"
        own = {"sources": [self.source], "store": str(self.folder / "tap.duckdb")}
        path.write_text(json.dumps({**own, **config}))
        if self.state is not None:
            (self.folder / "state.json").write_text(json.dumps(self.state))
            options = (*options, "--state", str(self.folder / "state.json"))
        program = str(Path(sys.executable).with_name("tap-communitykit"))
        done = subprocess.run(
            [program, "--config", str(path), *options], capture_output=True, text=True, timeout=600, check=False
        )
        self.told += done.stdout + done.stderr
        assert not check or done.returncode == 0, done.stderr
        messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"type"')]
        for message in messages:
            if message["type"] == "RECORD":
                assert set(message["record"]) >= {"row_key"}
                self.copy[message["record"]["row_key"]] = {**message["record"], "_table": message["stream"]}
            if message["type"] == "STATE":
                self.state = message["value"]
        return messages

    def current(self) -> dict[str, list[dict[str, Any]]]:
        """Return the copy's rows that are not gone, by table and id."""
        rows: dict[str, list[dict[str, Any]]] = {}
        for row in self.copy.values():
            if row.get("_sdc_deleted_at") is None:
                rows.setdefault(row["_table"], []).append(row)
        return {table: sorted(found, key=lambda row: row["id"]) for table, found in rows.items()}


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    world = World(seed=1, size="tiny", now=datetime.now(UTC) - MONTH, platforms=("slack",))
    with serve(world, registry().get("slack").simulated()) as server:
        yield Company(world, {"connector": "slack", **server.settings, "rate": 1e9, "lookback": "90d"}, tmp_path)


@pytest.fixture(autouse=True)
def _no_other_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("COMMUNITYKIT_", "TAP_COMMUNITYKIT_")):
            monkeypatch.delenv(name)
