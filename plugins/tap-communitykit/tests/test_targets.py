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


def test_the_readme_is_typed(programs: Path, company: Company) -> None:
    text = (HERE / "README.md").read_text(encoding="utf-8")
    (config,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    (console,) = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    (company.folder / "config.json").write_text(config)
    install, target, export, discover, first, state, second = (line[2:] for line in console.splitlines())
    assert export.startswith("export COMMUNITYKIT_SLACK_TOKEN=")  # it is the simulated one here
    secret = company.source["token"]
    settings = {"TOKEN": secret, "BASE_URL": company.source["base_url"], "RATE": "1e9", "LOOKBACK": "90d"}
    env = {f"COMMUNITYKIT_SLACK_{name}": value for name, value in settings.items()}
    for command in (from_wheels(install, programs / "wheels"), target, discover, first, state):
        sh(command, company.folder, **env)
    streams = json.loads((company.folder / "catalog.json").read_text())["streams"]
    assert {one["tap_stream_id"] for one in streams} > {"members", "posts"}
    before = written(company.folder)
    company.world.advance(days=MONTH.days, reach=2 * MONTH)
    sh(second, company.folder, **env)
    with Store(company.folder / "slack.duckdb") as store:
        assert written(company.folder) == set(store.current()["posts"]["id"].to_pylist())
    assert before - written(company.folder)  # what was deleted is gone
    for file in [one for one in company.folder.rglob("*") if one.is_file()]:
        if file.relative_to(company.folder).parts[0] not in {"tap", "target"}:  # what was installed
            assert secret.encode() not in file.read_bytes(), file


def from_wheels(command: str, wheels: Path) -> str:
    """Return an installing command of the README with the wheel of each project in place of its folder."""

    def wheel(place: re.Match[str]) -> str:
        (built,) = wheels.glob(f"{Path(place[1] or 'communitykit').name.replace('-', '_')}-[0-9]*.whl")
        return str(built)

    return re.sub(r"\$CLONE(/plugins/[\w-]+)?", wheel, command)


def written(folder: Path) -> set[str]:
    """Return the ids of the posts whose last line does not say that they are gone."""
    last: dict[str, str | None] = {}
    for path in sorted(folder.glob("posts-*.jsonl")):
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            last[row["row_key"]] = None if row["_sdc_deleted_at"] else row["id"]
    return {one for one in last.values() if one is not None}
