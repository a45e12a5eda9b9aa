"""The package as it is installed: from wheels, beside dlt alone, by the README's own words."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from communitykit.sandbox import World, serve
from communitykit_slack.sandbox import SlackPlatform

PLUGIN = Path(__file__).parents[1]
ROOT = PLUGIN.parents[1]


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COMMUNITYKIT_", "VIRTUAL_ENV"))}
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, env={**kept, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (PLUGIN / "README.md").read_text(), re.DOTALL | re.MULTILINE)


@pytest.mark.slow
def test_the_readme_in_a_bare_environment(tmp_path: Path) -> None:
    for project in (ROOT, PLUGIN, ROOT / "plugins" / "communitykit-slack"):
        run("uv", "build", "--wheel", "--quiet", "--out-dir", tmp_path / "wheels", project, cwd=tmp_path)
    (command,) = blocks("console")
    assert command.startswith("$ pip install ")
    wanted = [  # the wheel of each project in place of its folder
        Path(one).name.replace("$CLONE", "communitykit") for one in shlex.split(command.partition("install ")[2])
    ]
    run("uv", "venv", "--quiet", "bare", cwd=tmp_path)
    python = tmp_path / "bare" / "bin" / "python"
    run("uv", "pip", "install", "--quiet", "--python", python, "--find-links", tmp_path / "wheels",
        "--exclude-newer", "2026-11-20T00:00:00Z", *wanted, cwd=tmp_path)  # fmt: skip
    (program,) = blocks("python")
    (tmp_path / "load.py").write_text(program)
    world = World(seed=4, size="tiny", platforms=("slack",))
    with serve(world, SlackPlatform()) as server:
        told: dict[str, Any] = {**server.settings, "lookback": "all"}
        environment = {f"COMMUNITYKIT_SLACK_{name.upper()}": str(value) for name, value in told.items()}
        environment |= {"HOME": str(tmp_path / "home"), "DLT_DATA_DIR": str(tmp_path / "dlt")}
        first = run(python, "load.py", cwd=tmp_path, **environment)
        before = ids(tmp_path)
        world.advance(days=20)
        run(python, "load.py", cwd=tmp_path, **environment)
        after = ids(tmp_path)
        assert "'posts': " in first
        assert after - before
        assert before - after  # what was deleted is gone
        for file in [one for one in tmp_path.rglob("*") if one.is_file() and "bare" not in one.parts]:
            assert server.token.encode() not in file.read_bytes(), file


def ids(folder: Path) -> set[str]:
    """Return the ids of the posts: the environment's own DuckDB is asked, which may be newer than that of the tests."""
    script = "import duckdb, json; there = duckdb.connect('company.duckdb', read_only=True)"
    script += "; print(json.dumps(there.execute('SELECT id FROM communitykit.posts').fetchall()))"
    return {one for (one,) in json.loads(run(folder / "bare" / "bin" / "python", "-c", script, cwd=folder))}
