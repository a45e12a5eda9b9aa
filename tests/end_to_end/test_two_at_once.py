"""Two commands that read one platform into one store: the second is refused, until the first is gone."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from communitykit.cli import commands as _all  # noqa: F401 # registers every command
from communitykit.cli.app import app
from communitykit.connector.registry import registry
from communitykit.sandbox import World, parse_fault, serve

CONFIG = """[store]
path = "activity.duckdb"

[[sources]]
name = "emea"
connector = "slack"
token = {{ env = "OF_EMEA" }}
base_url = "{address_of_emea}"
rate = inf

[[sources]]
name = "us"
connector = "slack"
token = {{ env = "OF_US" }}
base_url = "{address_of_us}"
rate = inf
"""


def typed(*words: str | Path, **environment: str) -> Result:
    return CliRunner().invoke(app, list(map(str, words)), env=environment)


@pytest.fixture
def servers() -> Iterator[dict[str, Any]]:
    platform, faults = registry().get("slack").simulated(), [parse_fault("latency=200ms")]
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(
                serve(World(seed=seed, size="tiny", platforms=("slack",)), platform, faults=faults)
            )
            for name, seed in (("emea", 1), ("us", 2))
        }


@contextmanager
def at_work(store: Path, words: list[str | Path], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command until it is at work."""
    command = [sys.executable, "-m", "communitykit.cli", *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment) as process:
        try:
            while not list(store.parent.glob(f"{store.name}.run-*")):
                assert process.poll() is None
                time.sleep(0.02)
            yield process
        finally:
            process.kill()


def test_the_second_command_is_refused_until_the_first_is_gone(servers: dict[str, Any], tmp_path: Path) -> None:
    secrets = {name: str(server.settings["token"]) for name, server in servers.items()}
    config, store = tmp_path / "communitykit.toml", tmp_path / "activity.duckdb"
    addresses = {f"address_of_{name}": server.settings["base_url"] for name, server in servers.items()}
    config.write_text(CONFIG.format(**addresses))
    environment = {"OF_EMEA": secrets["emea"], "OF_US": secrets["us"]}
    by_hand = [f"{name}={servers['emea'].settings[name]}" for name in ("token", "base_url", "rate")]
    slack = ["pull", "slack", "--to", store, *(word for one in by_hand for word in ("--set", one))]
    with at_work(store, ["pull", "emea", "--config", config], environment) as first:
        began = time.monotonic()
        by_file = ["--config", config]
        for words, names in ((["run", *by_file], "emea"), (["pull", *by_file], "emea"), (slack, "slack")):
            done = typed(*words, "--json", **environment)
            error = json.loads(done.stdout)["error"]
            assert (done.exit_code, error["kind"], error["platform"]) == (75, "StoreBusyError", "slack")
            assert error["source"] == (names if names == "emea" else None)
            assert f" UTC (process {first.pid}), reads {names} into it already. Wait until" in error["message"]
            assert done.stderr == f"Error: {error['message']}\n"
        assert time.monotonic() - began < 5
        assert len(servers["us"].requests) == 0
        first.send_signal(signal.SIGKILL)
        first.wait(60)
    servers["emea"].requests.clear()
    done = typed(*slack, "--max-time", "1s", "--json")
    assert done.exit_code == 130, done.output
    assert len(servers["emea"].requests) > 0
    runs = json.loads(typed("show", store, "--json").stdout)["runs"]
    assert [run["status"] for run in runs] in (["interrupted", "killed"], ["interrupted"])  # killed before it was noted
    assert sorted(one.name for one in tmp_path.iterdir()) == ["activity.duckdb", "communitykit.toml"]
