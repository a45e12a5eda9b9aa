"""Commands typed in this process, through the door that a process has, on a store that is made once."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from communitykit import pull, read_archive
from communitykit.cli import commands as _all  # noqa: F401 # registers every command
from communitykit.cli import entry, shared
from communitykit.connector.registry import registry
from communitykit.sandbox import World


@dataclass(frozen=True, slots=True)
class Typed:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


Type = Callable[..., Typed]


@pytest.fixture
def typed(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Type]:
    monkeypatch.chdir(tmp_path_factory.mktemp("here"))

    def run(*words: str | Path, **environment: str) -> Typed:
        monkeypatch.setattr(sys, "argv", ["communitykit", *map(str, words)])
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        capfd.readouterr()
        code = entry._run()
        return Typed(int(code), *capfd.readouterr())

    yield run
    shared.begin(debug=False)


@pytest.fixture(scope="session")
def world() -> World:
    return World(seed=2, size="tiny", platforms=("slack", "yammer"))


@pytest.fixture(scope="session")
def exports(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An export of each platform of one company."""
    folder = tmp_path_factory.mktemp("exports")
    paths = {name: folder / f"{name}.zip" for name in ("slack", "yammer")}
    for name, path in paths.items():
        registry().get(name).simulated().write_archive(world, path)
    return paths


@pytest.fixture(scope="session")
def store(exports: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the exports hold, in a store that nothing may write to."""
    path = tmp_path_factory.mktemp("store") / "activity.duckdb"
    with read_archive("slack", exports["slack"]) as slack, read_archive("yammer", exports["yammer"]) as yammer:
        pull([slack, yammer], path)
    path.chmod(0o400)
    return path
