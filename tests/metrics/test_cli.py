"""`communitykit metrics`, and the page that says how to measure."""

import csv
import io
import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner
from world import World, random_world

from communitykit.analysis import Analysis
from communitykit.cli.commands import metrics
from communitykit.metrics import Record, find, measure, read_definition

PAGE = Path(__file__).parents[2] / "docs/how-to/measure.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("analysis")
    random_world(7, people=60).save(path / "analysis.duckdb")
    return path


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


def told(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(metrics.app, ["metrics", *words])
    assert result.exit_code == code, result.output
    return result.output


def test_list_and_show_say_what_is_measured() -> None:
    assert "Does somebody respond" in told("list")
    assert "Quelqu'un réagit-il" in told("list", "--language", "fr")
    listed = json.loads(told("list", "--json"))["metrics"]
    assert {"response_rate", "gravity"} < {one["name"] for one in listed}
    shown = told("show", "response_rate")
    assert "horizon_days = 7" in shown
    assert "SELECT by_when(d)" in shown
    assert json.loads(told("show", "ei_index", "--json"))["title"]["fr"] == find("ei_index").title["fr"]


@pytest.mark.slow
def test_unknown_names_and_languages_are_errors(here: Path) -> None:
    assert "there is no metric 'x'" in told("show", "x", code=1)
    assert "Take en or fr" in told("list", "--language", "de", code=1)
    assert "asked by 'mnth'. Did you mean 'month'? Take of: day, week" in told("run", "gini", "--by", "mnth", code=1)
    assert "cannot be asked by 'shoe_size'. Take of" in told("run", "gini", "--by", "shoe_size", code=1)
    assert "too small" in told("run", "gini", "--k", "2", code=1)
    assert "there is nothing here" in told("run", "gini", "--from", "nowhere", code=1)
    assert "Take csv or parquet" in told("run", "gini", "--format", "xls", code=1)
    assert "--to" in told("run", "gini", "--format", "parquet", code=1)


def test_run_gives_what_measure_gives(here: Path) -> None:
    asked = ("run", "response_rate", "--by", "platform,month", "--set", "horizon_days=3")
    with Analysis(here / "analysis.duckdb") as tables:
        figures = measure(tables, "response_rate", by=["platform", "month"], horizon_days=3).to_pylist()
    wanted = [(row["period"], row["platform"], row["value"]) for row in figures]
    as_json = json.loads(told(*asked, "--json"))["figures"]
    assert [(row["period"], row["platform"], row["value"]) for row in as_json] == wanted
    as_csv = list(csv.DictReader(io.StringIO(told(*asked, "--format", "csv"))))
    assert [float(row["value"]) if row["value"] else None for row in as_csv] == [value for *_, value in wanted]
    told(*asked, "--format", "parquet", "--to", "rate.parquet")
    assert pq.read_table(here / "rate.parquet").to_pylist() == figures
    plain = told(*asked)
    assert plain.startswith("response_rate")
    assert "2026-01" in plain


def test_rows_that_several_groups_were_put_together_in_say_which(tmp_path: Path) -> None:
    world = World(date(2026, 1, 5), date(2026, 3, 31))
    for number in range(20):
        world.person(number + 1, department="(other)" if number < 6 else "sales")
        world.act("posted", number + 1, datetime(2026, 1, 5, tzinfo=UTC), place_id=1, thread_id=number, post_id=number)
    world.place(1, "slack", members=20)
    world.settle().rows["about"] += [{"key": "other_department", "value": '["care", null]'}]
    world.save(tmp_path / "analysis.duckdb")
    printed = told("run", "response_rate", "--by", "department", "--from", str(tmp_path / "analysis.duckdb"))
    assert "\n(other) of department: care and colleagues of whom no department is told.\n" in printed


def test_variants_that_are_named_are_shown_alone_and_hidden_as_among_all(here: Path) -> None:
    asked = ("run", "participation_split", "--by", "platform,month", "--json")
    every = json.loads(told(*asked))["figures"]
    some = json.loads(told(*asked, "--variant", "silent", "--variant", "frequent"))["figures"]
    assert some == [row for row in every if row["variant"] in {"silent", "frequent"}]
    assert 0 < len(some) < len(every)
    assert "has no variant 'loud'" in told(*asked, "--variant", "loud", code=1)
    assert "It has: none" in told("run", "regulars", "--variant", "loud", code=1)
    assert "--variant" in told("run", "participation_split", "--sql", "--variant", "silent", code=1)


def test_the_printed_query_runs_in_duckdbs_own_hands(here: Path) -> None:
    printed = told("run", "participation_split", "--by", "month", "--sql")
    figures = json.loads(told("run", "participation_split", "--by", "month", "--k", "1", "--unsafe", "--json"))
    with duckdb.connect("analysis.duckdb", read_only=True) as connection:
        rows = connection.execute(printed).fetchall()
    assert sorted(row[:3] for row in rows) == sorted(
        (row["period"], row["variant"], row["value"]) for row in figures["figures"]
    )
    assert "DOUBLE PRECISION" in told("run", "gini", "--sql", "--dialect", "postgres")
    assert "APPROX_QUANTILES" in told("run", "burstiness", "--sql", "--dialect", "bigquery")
    assert "no SQL can be written for 'oracle'" in told("run", "gini", "--sql", "--dialect", "oracle", code=1)


def test_lengths_count_back_from_the_records_end(here: Path) -> None:
    (row,) = json.loads(told("run", "regulars", "--since", "30d", "--json"))["figures"]
    assert (row["since"], row["until"]) == ("2026-04-05", "2026-05-05")
    (row,) = json.loads(told("run", "regulars", "--since", "2026-02-01", "--until", "2026-03-01", "--json"))["figures"]
    assert (row["since"], row["until"]) == ("2026-02-01", "2026-03-01")


def test_the_examples_of_the_page_run(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    exec(compile(example, "measure.md", "exec"), {})  # noqa: S102 # the documentation's own example
    printed = capsys.readouterr().out
    assert "2026-01" in printed
    assert "'variant': 'observed'" in printed
    (definition,) = re.findall(r"^```text\n(-- title.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert read_definition("threads_opened", definition).title["fr"] == "Fils ouverts"
    (here / "mine").mkdir()
    (here / "mine" / "threads_opened.sql").write_text(definition, encoding="utf-8")
    figures: dict[str, Any] = json.loads(told("run", "threads_opened", "--definitions", "mine", "--json"))
    with Analysis("analysis.duckdb") as tables:
        ((number,),) = Record(tables).connection.execute("SELECT count(*) FROM threads").fetchall()
    assert 0 < figures["figures"][0]["value"] <= number


def test_what_no_platform_tells_is_said_in_a_line_and_not_in_a_row_a_period(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Analysis(here / "analysis.duckdb") as tables:
        figures = measure(tables, "active_members", by=["month"])
    rows = figures.to_pylist()
    for row in rows:
        if row["variant"].startswith("access_"):
            row.update(value=None, numerator=None, suppressed=False, reason="views_not_told")
    metrics._print("active_members", pa.Table.from_pylist(rows, figures.schema))
    lines = capsys.readouterr().out.splitlines()
    assert not [line for line in lines if line.strip().startswith("access_")]
    assert len([line for line in lines if line.startswith("interaction_window")]) > 3
    assert lines[-1].startswith("No figure of access_dau, access_")
    assert lines[-1].endswith(": views_not_told.")
