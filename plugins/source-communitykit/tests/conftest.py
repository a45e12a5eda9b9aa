"""A fictional company's Slack over real HTTP, and the source as a program."""

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
from communitykit.exchange.rows import STREAMS
from communitykit.sandbox import World, serve

MONTH = timedelta(days=30)


@dataclass
class Company:
    """A company that goes on living while the source reads it into a destination that deduplicates."""

    world: World
    source: dict[str, Any]
    folder: Path
    state: dict[str, Any] = field(default_factory=dict)
    told: str = ""
    """All that the source ever wrote."""
    copy: dict[str, dict[str, Any]] = field(default_factory=dict)
    code: int = 0

    def run(self, verb: str, *, streams: tuple[str, ...] = STREAMS, mode: str = "incremental", **config: Any) -> Any:
        """Run the source, apply the records to the copy, keep the states; return its messages."""
        own = {"sources": [self.source], "store": str(self.folder / "airbyte.duckdb")}
        (self.folder / "config.json").write_text(json.dumps({**own, **config}))
        options = [] if verb == "spec" else ["--config", str(self.folder / "config.json")]
        if verb == "read":
            (self.folder / "catalog.json").write_text(json.dumps(catalog(streams, mode)))
            (self.folder / "state.json").write_text(json.dumps(list(self.state.values())))
            options += ["--catalog", str(self.folder / "catalog.json"), "--state", str(self.folder / "state.json")]
        program = str(Path(sys.executable).with_name("source-communitykit"))
        done = subprocess.run([program, verb, *options], capture_output=True, text=True, timeout=600, check=False)
        self.told += done.stdout + done.stderr
        self.code = done.returncode
        return self.take(done.stdout)

    def take(self, told: str) -> list[Any]:
        """Do what a destination does with lines that the source wrote; return its messages."""
        messages = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
        for message in messages:
            if message["type"] == "RECORD":
                row = message["record"]["data"]
                self.copy[row["row_key"]] = {**row, "_table": message["record"]["stream"]}
            if message["type"] == "STATE":
                assert message["state"]["type"] == "STREAM"
                self.state[message["state"]["stream"]["stream_descriptor"]["name"]] = message["state"]
        return messages

    def current(self) -> dict[str, list[str]]:
        """Return the ids of the copy's rows that are not gone, by table."""
        rows: dict[str, list[str]] = {}
        for row in self.copy.values():
            if row.get("_ab_cdc_deleted_at") is None:
                rows.setdefault(row["_table"], []).append(row["id"])
        return {table: sorted(found) for table, found in rows.items()}


def catalog(streams: tuple[str, ...], mode: str) -> dict[str, Any]:
    return {
        "streams": [
            {
                "stream": {
                    "name": name,
                    "json_schema": {},
                    "supported_sync_modes": ["full_refresh", "incremental"],
                    "source_defined_cursor": True,
                    "source_defined_primary_key": [["row_key"]],
                },
                "sync_mode": mode,
                "destination_sync_mode": "append_dedup",
            }
            for name in streams
        ]
    }


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    world = World(seed=1, size="tiny", now=datetime.now(UTC) - MONTH, platforms=("slack",))
    with serve(world, registry().get("slack").simulated()) as server:
        yield Company(world, {"connector": "slack", **server.settings, "rate": 1e9, "lookback": "90d"}, tmp_path)


@pytest.fixture(autouse=True)
def _no_other_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("COMMUNITYKIT_"):
            monkeypatch.delenv(name)
