"""The README, typed: an environment of its own beside Spark, where `format("communitykit")` is simply there."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from .conftest import Company

HERE = Path(__file__).parents[1]
pytestmark = pytest.mark.slow


def test_the_readme_is_typed(companies: Callable[[str], Company]) -> None:
    company = companies("slack")
    text = (HERE / "README.md").read_text(encoding="utf-8")
    (console,) = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    batch, stream = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (company.folder / "read.py").write_text(batch + stream)
    env = {
        **os.environ,
        "CLONE": str(HERE.parents[1]),
        "SLACK_TOKEN": company.secrets[0],
        "COMMUNITYKIT_SLACK_BASE_URL": company.options["base_url"],
        "COMMUNITYKIT_SLACK_RATE": "1e9",
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    commands = [line[2:] for line in console.splitlines() if not line.startswith("$ export")]
    assert len(commands) == 2
    for command in commands:
        bash = ["/bin/bash", "-c", command]
        done = subprocess.run(bash, cwd=company.folder, env=env, capture_output=True, text=True, timeout=900)  # noqa: PLW1510
        assert done.returncode == 0, done.stderr[-3000:]
        assert company.secrets[0] not in done.stdout + done.stderr
    counts = pq.read_table(company.folder / "posts-by-community")
    posts = company.current()["posts"].num_rows
    assert sum(counts["count"].to_pylist()) == posts
    assert pq.read_table(company.folder / "changes").num_rows == posts
