"""What is told on the error stream, beside whatever goes to standard output."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from communitykit.connector.registry import registry
from communitykit.sandbox import World, parse_fault, serve


@pytest.fixture
def slow(world: World) -> Iterator[Any]:
    with serve(world, registry().get("slack").simulated(), faults=[parse_fault("latency=100ms")]) as server:
        yield server


def set_to(server: Any) -> list[str]:
    return [word for name, value in server.settings.items() for word in ("--set", f"{name}={value}")]


def test_json_speaks_for_standard_output_alone(
    typed: Any, exports: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("communitykit.progress.LINE_SECONDS", -1)
    told = {}
    for words in ((), ("--json",), ("--quiet",), ("--json", "--quiet")):
        done = typed("import", "yammer", exports["yammer"], "--to", f"{len(told)}.duckdb", *words)
        told[words] = done.err
        assert done.code == 0
        assert "--json" not in words or done.document["new"]["posts"] > 0
    assert told[("--json",)] == told[()]
    assert "slices read" in told[()] or "slice read" in told[()]
    assert not told[("--quiet",)] + told[("--json", "--quiet")]


@pytest.mark.parametrize("configured", [False, True])
def test_a_stop_is_told_beside_a_document(typed: Any, slow: Any, *, configured: bool) -> None:
    words = ["pull", "slack", *set_to(slow)]
    if configured:
        Path("c.toml").write_text(
            f'[store]\npath = "a.duckdb"\n[[sources]]\nname = "s"\nconnector = "slack"\ntoken = {{ env = "T" }}\n'
            f'base_url = "{slow.settings["base_url"]}"\n'
        )
        words = ["run", "--config", "c.toml"]
    done = typed(*words, "--max-time", "1s", "--json", T=slow.settings["token"])
    assert done.code == 130
    assert (done.document["pull"] if configured else done.document)["interrupted"]
    assert "Stopped. What was committed is kept" in done.err
    assert "Stopped" not in typed(*words, "--max-time", "1s", "--quiet", T=slow.settings["token"]).err
