"""kill -9 at any moment, at both doors of every connector: the run after it ends in the truth."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from victims import from_api, from_archive

from communitykit.connector.registry import registry
from communitykit.sandbox import World, parse_fault, project, serve
from communitykit.sandbox.world import Size
from communitykit.store.making import remove
from communitykit.testing.base import platform_of
from communitykit.testing.reading import current

SIZE = Size(people=5, posts=40, communities=3, days=60)
APIS = ("matrix", "slack", "teams", "workplace", "yammer")
ARCHIVES = ("slack", "workplace", "yammer")
COUNTS = [pytest.param(10, marks=pytest.mark.slow), pytest.param(100, marks=pytest.mark.exhaustive)]


@pytest.fixture(scope="module")
def processes() -> Any:
    """Start processes that have imported everything already, so that a kill falls into the run."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["victims", "communitykit.store.writer", "communitykit.http.drivers"])
    return context


def killed_everywhere(
    processes: Any, run: Callable[..., None], arguments: tuple[Any, ...], store: Path, kills: int
) -> int:
    """Run once to see how long it takes; then kill it at seeded moments, each time over the same store."""
    moments, killed = random.Random(7), 0  # noqa: S311 # repeatable moments
    timed = store.with_name("timed.duckdb")
    began = time.monotonic()
    whole = processes.Process(target=run, args=(*arguments, str(timed)))
    whole.start()
    whole.join(120)
    assert whole.exitcode == 0
    seconds = time.monotonic() - began
    for attempt in range(4 * kills):
        if killed == kills:
            break
        anew, began = not store.exists(), time.monotonic()
        process = processes.Process(target=run, args=(*arguments, str(store)))
        process.start()
        process.join(moments.uniform(0.02, 1) * seconds)
        if process.is_alive():
            process.kill()
            killed += 1
        elif anew:  # the machine is not as busy any more as it was when the first was timed
            seconds = min(seconds, time.monotonic() - began)
        process.join(60)
        if attempt % 5 == 4:  # begin anew: a store that is whole takes no time
            remove(store)
    run(*arguments, str(store))
    return killed


@pytest.mark.parametrize("kills", COUNTS)
@pytest.mark.parametrize("name", APIS)
def test_a_pull(processes: Any, tmp_path: Path, name: str, kills: int) -> None:
    declared, world = registry().get(name), World(seed=5, size=SIZE, platforms=(name,))
    with serve(world, platform_of(declared), faults=[parse_fault("latency=10ms")]) as server:
        store = tmp_path / "cut.duckdb"
        assert killed_everywhere(processes, from_api, (name, dict(server.settings)), store, kills) == kills
    truth = project(world, declared.capabilities, platform_of(declared))
    assert truth.compare(current(store)) == []


@pytest.mark.parametrize("kills", COUNTS)
@pytest.mark.parametrize("name", ARCHIVES)
def test_an_import(processes: Any, tmp_path: Path, name: str, kills: int) -> None:
    declared, world = registry().get(name), World(seed=5, size="tiny", platforms=(name,))
    platform = platform_of(declared)
    path = platform.write_archive(world, tmp_path / "export.zip", style=platform.archive_styles[0])
    store = tmp_path / "cut.duckdb"
    assert killed_everywhere(processes, from_archive, (name, str(path)), store, kills) == kills
    truth = project(world, declared.capabilities, platform_of(declared), door="archive")
    assert truth.compare(current(store)) == []
