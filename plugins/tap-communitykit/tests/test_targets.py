"""Installed from wheels beside real targets, each in an environment of its own: what arrives is the record."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from communitykit.store import Store

from .conftest import MONTH, Company

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
HERE = Path(__file__).parents[1]
CLONE = HERE.parents[1]


def sh(command: str, folder: Path, **more: str) -> str:
    env = {**os.environ, "CLONE": str(CLONE), **more}
    bash = ["/bin/bash", "-o", "pipefail", "-c", command]
    done = subprocess.run(bash, cwd=folder, env=env, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of environments: the tap from wheels, and each program that takes what it writes."""
    folder: Path = tmp_path_factory.mktemp("programs")
    more = {"UV_EXCLUDE_NEWER": "2026-11-20T00:00:00Z"}
    for project in (CLONE, CLONE / "plugins" / "communitykit-slack", HERE):
        sh(f"uv build -q --wheel -o wheels {project}", folder, **more)
    wheels = {"tap": "wheels/*.whl", "duck": "target-duckdb", "jsonl": "target-jsonl", "check": "singer-tools"}
    for name, what in wheels.items():
        sh(f"uv venv -q -p {sys.executable} {name} && uv pip install -q -p {name}/bin/python {what}", folder, **more)
    return folder


def tap(programs: Path, company: Company, into: str, *, state: str = "") -> str:
    told = {"sources": [company.source], "store": "tap.duckdb"}
    (company.folder / "config.json").write_text(json.dumps(told))
    run = f"{programs}/tap/bin/tap-communitykit --config config.json {state}"
    return sh(f"{run} 2>> tap.log | {into}", company.folder)


def test_singer_check_tap_finds_nothing_wrong(programs: Path, company: Company) -> None:
    told = tap(programs, company, f"{programs}/check/bin/singer-check-tap")
    assert "The output is valid." in told
    assert re.search(r"It contained [1-9]\d* messages for 6 streams", told)


def test_target_jsonl_takes_both_runs(programs: Path, company: Company) -> None:
    jsonl = f"{programs}/jsonl/bin/target-jsonl"
    tap(programs, company, f"{jsonl} > state.jsonl && tail -1 state.jsonl > state.json")
    before = {path.name: len(path.read_text().splitlines()) for path in company.folder.glob("*-*.jsonl")}
    with Store(company.folder / "tap.duckdb") as store:
        assert sum(before.values()) == sum(rows.num_rows for rows in store.current().values())
    company.world.advance(days=MONTH.days, reach=2 * MONTH)
    company.source["lookback"] = "90d"
    for path in company.folder.glob("*-*.jsonl"):
        path.unlink()
    tap(programs, company, f"{jsonl} > state2.jsonl", state="--state state.json")
    rows = [json.loads(line) for path in company.folder.glob("*-*.jsonl") for line in path.read_text().splitlines()]
    assert 0 < len(rows) < sum(before.values())
    assert any(row["_sdc_deleted_at"] for row in rows)


def test_target_duckdb_holds_the_record(programs: Path, company: Company) -> None:
    target = company.folder / "target.json"
    target.write_text(json.dumps({"filepath": "there.duckdb", "default_target_schema": "main"}))
    load = f"{programs}/duck/bin/target-duckdb --config target.json"
    company.source["lookback"] = "90d"
    tap(programs, company, f"{load} > state.jsonl && tail -1 state.jsonl > state.json")
    assert arrived(programs, company) == current(company)
    company.world.advance(days=MONTH.days, reach=2 * MONTH)
    tap(programs, company, f"{load} > state.jsonl", state="--state state.json")
    assert arrived(programs, company) == current(company)
    gone = "SELECT count(*), count(text), count(body) FROM posts WHERE _sdc_deleted_at IS NOT NULL"
    ((rows, *texts),) = asked(programs, company, gone)
    assert rows > 0
    assert texts == [0, 0]
    logged = "".join(path.read_text() for path in (company.folder / "tap.log", company.folder / "state.jsonl"))
    assert company.source["token"] not in logged


def asked(programs: Path, company: Company, query: str) -> list[Any]:
    """Ask the target's own DuckDB: its file may be of a newer one than ours."""
    script = "import duckdb, json, sys; there = duckdb.connect('there.duckdb')"
    script += "; print(json.dumps(there.execute(sys.argv[1]).fetchall()))"
    return json.loads(sh(f'{programs}/duck/bin/python -c "{script}" "{query}"', company.folder))


def arrived(programs: Path, company: Company) -> dict[str, list[Any]]:
    return {
        name: asked(programs, company, f"SELECT id, {column} FROM {name} WHERE _sdc_deleted_at IS NULL ORDER BY id")  # noqa: S608 # our own
        for name, (column,) in COLUMNS.items()
    }


COLUMNS = {
    "members": ("email",),
    "communities": ("name",),
    "memberships": ("role",),
    "posts": ("text",),
    "events": ("kind",),
}


def current(company: Company) -> dict[str, list[Any]]:
    with Store(company.folder / "tap.duckdb") as store:
        tables = store.current()
    return {name: [[row["id"], row[column]] for row in tables[name].to_pylist()] for name, (column,) in COLUMNS.items()}


def test_the_readme_is_typed(company: Company) -> None:
    text = (HERE / "README.md").read_text(encoding="utf-8")
    (config,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    (console,) = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    (company.folder / "config.json").write_text(config)
    commands = [line[2:] for line in console.splitlines()]
    assert len(commands) == 7
    env = {
        "COMMUNITYKIT_SLACK_TOKEN": company.source["token"],
        "COMMUNITYKIT_SLACK_BASE_URL": company.source["base_url"],
        "COMMUNITYKIT_SLACK_RATE": "1e9",
    }
    for command in commands:
        if command.startswith("export"):
            continue  # the token is the simulated one
        sh(command, company.folder, **env)
    streams = json.loads((company.folder / "catalog.json").read_text())["streams"]
    assert {one["tap_stream_id"] for one in streams} > {"members", "posts"}
    assert list(company.folder.glob("posts-*.jsonl"))
