"""The page on outgrowing one machine, walked: from a file of the demo's company to Spark and the same figures."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from pages import blocks
from typer.testing import CliRunner

from communitykit.analysis import Analysis
from communitykit.cli import commands as _all  # noqa: F401 # registers every command
from communitykit.cli.app import app
from communitykit.metrics import Record, measure

PAGE = "docs/how-to/outgrow-one-machine.md"
pytestmark = pytest.mark.slow


def test_the_walk_from_a_file_to_spark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyspark", reason="in the dependency group `spark`")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    (console,), (program, _) = blocks(PAGE, "console"), blocks(PAGE, "python")
    *_, first, again = [typed(line.removeprefix("$ ")) for line in console.splitlines()]
    assert re.search(r"posts\t[1-9]", first), first
    assert not re.search(r"\t\d*[1-9]", again), again
    namespace: dict[str, Any] = {}
    try:
        exec(compile(program, PAGE, "exec"), namespace)  # noqa: S102 # the documentation's own example
        told = {(row["variant"], row["period"]): row for row in namespace["figures"].collect()}
    finally:
        namespace["spark"].stop()
    with Analysis("analysis.duckdb") as opened:
        ours = measure(Record(opened), "active_members", by=["month"]).to_pylist()
    assert ours
    assert told.keys() == {(row["variant"], row["period"]) for row in ours}
    shown = [row for row in ours if not row["suppressed"]]
    assert len(shown) > len(ours) / 2
    for row in shown:
        theirs = told[row["variant"], row["period"]]
        assert (theirs["numerator"], theirs["denominator"]) == (row["numerator"], row["denominator"])


def test_the_same_in_python(company: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, program = blocks(PAGE, "python")
    exec(compile(program, PAGE, "exec"), {})  # noqa: S102 # same
    assert re.search(r"True as of a run, \d+ rows came\n[1-9]\d* acts", capsys.readouterr().out)
    assert (company / "lake").is_dir()


def typed(line: str) -> str:
    command, _, to = line.partition(" > ")
    result = CliRunner().invoke(app, shlex.split(command)[1:])
    assert result.exit_code == 0, (line, result.output, result.exception)
    if to:
        Path(to).write_text(result.stdout, encoding="utf-8")
    return result.output
