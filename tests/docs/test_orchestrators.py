"""The examples for orchestrators run in the orchestrators, each in an environment of its own."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pages import blocks

from communitykit.connector.registry import registry
from communitykit.sandbox import World, serve
from communitykit.store import Store

PAGE = "docs/how-to/orchestrate.md"
ROOT = Path(__file__).parents[2]

RUN = {
    "dagster": "from dagster import materialize; from example import activity, defs\n"
    "done = materialize([activity]); (event,) = done.asset_materializations_for_node('activity')\n"
    "assert defs.get_job_def('nightly'); print(event.metadata['complete'].value)",
    "prefect": "from example import nightly; print(nightly())",
    "apache-airflow": "import shutil, os; os.makedirs('dags'); shutil.copy('example.py', 'dags')\n"
    "from airflow.dag_processing.dagbag import DagBag\n"
    "bag = DagBag('dags'); assert not bag.import_errors, bag.import_errors\n"
    "(dag,) = bag.dags.values(); (task,) = dag.tasks; assert 'communitykit run' in task.bash_command\n"
    "print(dag.dag_id == 'communitykit')",
}
"""By tool, what loads the example and runs it; Airflow's is parsed, as its scheduler would."""


@pytest.mark.parametrize(
    "tool", [pytest.param(one, marks=pytest.mark.exhaustive if one == "prefect" else pytest.mark.slow) for one in RUN]
)
def test_example(tool: str, tmp_path: Path) -> None:
    (example,) = [block for block in blocks(PAGE, "python") if f"from {tool.removeprefix('apache-')}" in block]
    (tmp_path / "example.py").write_text(example, encoding="utf-8")
    env = {**os.environ, "UV_EXCLUDE_NEWER": "2026-11-20T00:00:00Z", "AIRFLOW_HOME": str(tmp_path / "airflow")}
    env |= {"DAGSTER_HOME": "", "DO_NOT_TRACK": "1", "PREFECT_HOME": str(tmp_path / "prefect")}
    env |= {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180"}
    del env["DAGSTER_HOME"]
    env.pop("VIRTUAL_ENV", None)

    def sh(*command: str) -> str:
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=900, check=False)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        return done.stdout

    sh("uv", "venv", "-q", "-p", sys.executable, "env")
    ours = [f"{ROOT}[duckdb]", str(ROOT / "plugins" / "communitykit-slack")]
    sh("uv", "pip", "install", "-q", "-p", "env/bin/python", tool, *ours)
    world = World(seed=1, size="tiny", now=datetime.now(UTC), platforms=("slack",))
    with serve(world, registry().get("slack").simulated()) as server:
        env["SLACK_TOKEN"] = server.token
        told = f'[[sources]]\nconnector = "slack"\nbase_url = "{server.settings["base_url"]}"\nrate = 1e9\n'
        (tmp_path / "communitykit.toml").write_text(told + 'token = { env = "SLACK_TOKEN" }\n', encoding="utf-8")
        assert sh("env/bin/python", "-c", RUN[tool]).strip().endswith("True")
        if tool != "apache-airflow":
            with Store(tmp_path / "activity.duckdb") as store:
                assert store.arrow("posts").num_rows
