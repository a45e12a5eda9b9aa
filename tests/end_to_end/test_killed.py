"""Killed at any moment and run again, a pull and an import end where an uninterrupted one ends."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from communitykit.connector.registry import registry
from communitykit.sandbox import World, parse_fault, serve
from communitykit.store import Store

KILLS = 10
ATTEMPTS = 40


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "communitykit.cli", *map(str, arguments)]


def current(path: Path) -> dict[str, list[dict[str, Any]]]:
    with Store(path) as store:
        return {name: table.to_pylist() for name, table in store.current().items()}


def seconds_of(arguments: list[str], environment: dict[str, str]) -> float:
    started = time.monotonic()
    done = subprocess.run(arguments, check=False, capture_output=True, text=True, env=environment)
    assert done.returncode in {0, 3}, done.stderr
    return time.monotonic() - started


def kill_somewhere(arguments: list[str], environment: dict[str, str], after: float) -> bool:
    """Start the command and kill it; tell whether it still ran."""
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment) as process:
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            return True
    return False


def compare(tmp_path: Path, arguments: list[str], environment: dict[str, str]) -> None:
    """Kill at ten random moments, run to the end, and compare with an uninterrupted run."""
    whole, cut = tmp_path / "whole.duckdb", tmp_path / "cut.duckdb"
    seconds = seconds_of([*arguments, "--to", str(whole)], environment)
    moments = random.Random(7)  # noqa: S311 # repeatable moments
    killed, scale = 0, 1.0
    for _ in range(ATTEMPTS):
        if killed == KILLS:
            break
        if kill_somewhere([*arguments, "--to", str(cut)], environment, moments.uniform(0.3, 1) * seconds * scale):
            killed += 1
        else:  # it was faster than the run that was timed: begin anew, and strike sooner
            scale *= 0.8
            cut.unlink(missing_ok=True)
    assert killed == KILLS
    seconds_of([*arguments, "--to", str(cut)], environment)
    ended, expected = current(cut), current(whole)
    for table, rows in expected.items():
        assert [row for row in ended[table] if row not in rows] == []
        assert [row for row in rows if row not in ended[table]] == []


@pytest.fixture
def world() -> World:
    return World(seed=3, size="small", platforms=("slack",))


@pytest.mark.exhaustive
def test_an_import(tmp_path: Path, world: World) -> None:
    platform = registry().get("slack").simulated()
    export = tmp_path / "export.zip"
    platform.write_archive(world, export, style="modern")
    compare(tmp_path, command("import", "slack", export), dict(os.environ))


@pytest.fixture
def served(world: World) -> Iterator[dict[str, str]]:
    platform = registry().get("slack").simulated()
    with serve(world, platform, faults=[parse_fault("latency=15ms")]) as server:
        yield {
            **os.environ,
            **{f"COMMUNITYKIT_SLACK_{name.upper()}": str(value) for name, value in server.settings.items()},
        }


@pytest.mark.exhaustive
def test_a_pull(tmp_path: Path, served: dict[str, str]) -> None:
    compare(tmp_path, command("pull", "slack"), served)
