"""A local Spark with its UI and its event log, and fictional companies over real HTTP."""

from __future__ import annotations

import os
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from communitykit import connect, pull
from communitykit.config.loading import is_secret
from communitykit.connector.registry import registry
from communitykit.sandbox import Server, World, serve
from communitykit.store import Store
from pyspark.sql import SparkSession

MONTH = timedelta(days=30)
EVENTS = Path(tempfile.mkdtemp())


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    options = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.python.authenticate.socketTimeout": "600s",  # a worker's imports may take long where a machine is busy
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": f"file://{EVENTS}",
        "spark.sql.session.timeZone": "America/New_York",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.warehouse.dir": str(EVENTS / "warehouse"),
        "spark.sql.python.filterPushdown.enabled": "true",
        "spark.ui.port": "0",
    }
    builder = SparkSession.builder.master("local[2,4]")  # a task that fails is tried again
    for key, value in options.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


class Company:
    """One platform of a company: served, and read into a store for comparison."""

    def __init__(self, world: World, name: str, server: Server, folder: Path) -> None:
        self.world, self.name, self.server, self.folder = world, name, server, folder
        self.secrets: list[str] = []
        self.options: dict[str, str] = {"connector": name}
        fields = registry().get(name).settings.model_fields
        for key, value in server.settings.items():
            if is_secret(key, fields[key].annotation):
                place = folder / f"{name}-{key}"
                place.write_text(str(value))
                self.options[f"{key}.file"] = str(place)
                self.secrets.append(str(value))
            else:
                self.options[key] = "1e9" if key == "rate" else str(value)

    def let_a_month_pass(self) -> None:
        """Let the company go on; of what a reader may have had something is deleted, whenever the test runs."""
        for _ in range(5):
            self.world.advance(days=1, reach=2 * MONTH, kinds=frozenset({"deleted", "reply_deleted"}))
        self.world.advance(days=MONTH.days - 5, reach=2 * MONTH)

    def current(self) -> dict[str, Any]:
        """Return what a pull into a store finds, by table."""
        path = self.folder / "whole.duckdb"
        path.unlink(missing_ok=True)
        with connect(self.name, **self.server.settings) as session:
            assert not pull(session, path).errors
        with Store(path) as store:
            return store.current()


@pytest.fixture
def companies(tmp_path: Path) -> Iterator[Callable[[str], Company]]:
    with ExitStack() as stack:

        def made(name: str) -> Company:
            world = World(seed=1, size="tiny", now=datetime.now(UTC) - MONTH, platforms=(name,))
            server = stack.enter_context(serve(world, registry().get(name).simulated()))
            return Company(world, name, server, tmp_path)

        yield made


def read(reader: Any, company: Company, **more: str) -> Any:
    reader = reader.format("communitykit").options(**company.options)
    return reader.options(**more).load()


def page(address: str) -> str:
    with urllib.request.urlopen(address, timeout=120) as answer:  # noqa: S310 # Spark's own UI, on this machine
        return str(answer.read().decode())


@pytest.fixture(autouse=True)
def _no_other_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("COMMUNITYKIT_"):
            monkeypatch.delenv(name)
