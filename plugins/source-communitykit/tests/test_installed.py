"""The README, typed: from wheels beside Airbyte's kit, first and second sync, and what was deleted in between."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from communitykit.store import Store

from .conftest import MONTH, Company, catalog

HERE = Path(__file__).parents[1]
CLONE = HERE.parents[1]
TABLES = ("members", "posts")
pytestmark = pytest.mark.slow


def sh(command: str, folder: Path, **more: str) -> str:
    env = {**{name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}, **more}
    bash = ["/bin/bash", "-o", "pipefail", "-c", command]
    done = subprocess.run(bash, cwd=folder, env=env, capture_output=True, text=True, timeout=1800, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
    return done.stdout + done.stderr


def from_wheels(command: str, wheels: Path) -> str:
    """Return an installing command of the README with the wheel of each project in place of its folder."""

    def wheel(place: re.Match[str]) -> str:
        name = Path(place[1] or "communitykit").name.replace("-", "_")
        sh(f"uv build -q --wheel -o {wheels} {CLONE}{place[1] or ''}", CLONE)
        (built,) = wheels.glob(f"{name}-[0-9]*.whl")
        return str(built)

    return re.sub(r"\$CLONE(/plugins/[\w-]+)?", wheel, command)


def test_the_readme_is_typed_beside_airbytes_kit(company: Company, tmp_path: Path) -> None:
    folder = tmp_path / "typed"
    folder.mkdir()
    text = (HERE / "README.md").read_text(encoding="utf-8")
    (config,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    (console,) = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    (folder / "config.json").write_text(config)
    (folder / "catalog.json").write_text(json.dumps(catalog(TABLES, "incremental")))
    install, export, *checked, first, second = (line[2:] for line in console.splitlines())
    assert export.startswith("export COMMUNITYKIT_SLACK_TOKEN=")  # it is the simulated one here
    sh(from_wheels(install, tmp_path / "wheels"), folder)
    secret = company.source["token"]
    settings = {"TOKEN": secret, "BASE_URL": company.source["base_url"], "RATE": "1e9", "LOOKBACK": "all"}
    env = {f"COMMUNITYKIT_SLACK_{name}": value for name, value in settings.items()}
    told = "".join(sh(command, folder, **env) for command in (*checked, first))
    assert '"SUCCEEDED"' in told
    discovered = json.loads((folder / "discovered.json").read_text().splitlines()[-1])
    assert {one["name"] for one in discovered["catalog"]["streams"]} > set(TABLES)
    company.take((folder / "read.jsonl").read_text())
    before = company.current()
    assert before == current(folder)
    company.world.advance(days=MONTH.days, reach=2 * MONTH)
    (folder / "state.json").write_text(json.dumps(list(company.state.values())))
    told += sh(second, folder, **env)
    again = company.take((folder / "again.jsonl").read_text())
    after = company.current()
    assert after == current(folder)
    assert set(before["posts"]) - set(after["posts"])  # what was deleted is gone
    assert 0 < sum(one["type"] == "RECORD" for one in again) < sum(map(len, before.values()))
    assert secret not in told
    for file in [one for one in folder.rglob("*") if one.is_file() and "source" not in one.relative_to(folder).parts]:
        assert secret.encode() not in file.read_bytes(), file


def current(folder: Path) -> dict[str, list[str]]:
    with Store(folder / "slack.duckdb") as store:
        tables = store.current()
    return {table: sorted(tables[table]["id"].to_pylist()) for table in TABLES}
