"""The README, typed: from wheels beside Spark, where `format("communitykit")` is simply there."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from communitykit.store import Store

from .conftest import Company

HERE = Path(__file__).parents[1]
CLONE = HERE.parents[1]
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


def test_the_readme_is_typed_beside_spark(companies: Callable[[str], Company], tmp_path: Path) -> None:
    company = companies("slack")
    (secret,) = company.secrets
    folder = tmp_path / "typed"
    (folder / "conf").mkdir(parents=True)
    (folder / "events").mkdir()
    options = {
        "eventLog.enabled": "true",
        "eventLog.compress": "false",
        "eventLog.dir": f"file://{folder}/events",
        "python.authenticate.socketTimeout": "600s",  # a worker's imports may take long where a machine is busy
    }
    told = "".join(f"spark.{name} {value}\n" for name, value in options.items())
    (folder / "conf" / "spark-defaults.conf").write_text(told)
    text = (HERE / "README.md").read_text(encoding="utf-8")
    (console,) = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    batch, stream, _ = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (folder / "read.py").write_text(batch + stream)
    install, export, read = (line[2:] for line in console.splitlines())
    assert export.startswith("export SLACK_TOKEN=")  # it is the simulated one here
    sh(from_wheels(install, tmp_path / "wheels"), folder)
    settings = {"BASE_URL": company.options["base_url"], "RATE": "1e9", "LOOKBACK": "all"}
    env = {f"COMMUNITYKIT_SLACK_{name}": value for name, value in settings.items()}
    env |= {"SLACK_TOKEN": secret, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_CONF_DIR": str(folder / "conf")}
    told = sh(read, folder, **env)
    before = arrived(folder)
    assert before == current(folder)
    assert counted(folder) == len(before)
    company.let_a_month_pass()
    told += sh(read, folder, **env)
    after = arrived(folder)
    assert after == current(folder)
    assert counted(folder) == len(after)
    assert before - after  # what was deleted is gone
    assert after - before
    assert secret not in told
    kept = [one for one in folder.rglob("*") if one.is_file() and "env" not in one.relative_to(folder).parts]
    assert any("events" in one.parts and one.stat().st_size for one in kept)
    for file in kept:
        assert secret.encode() not in file.read_bytes(), file


def arrived(folder: Path) -> set[str]:
    """Return the ids of the posts whose last row at the destination does not say that they are gone."""
    rows = pq.read_table(folder / "changes").to_pylist()
    last: dict[str, str | None] = {}
    for row in sorted(rows, key=lambda row: row["vanished_at"] is not None):
        last[row["row_key"]] = row["id"] if row["vanished_at"] is None else None
    return {one for one in last.values() if one is not None}


def counted(folder: Path) -> int:
    return sum(pq.read_table(folder / "posts-by-community")["count"].to_pylist())


def current(folder: Path) -> set[str]:
    with Store(folder / "state" / "stream.duckdb") as store:
        return set(store.current()["posts"]["id"].to_pylist())
