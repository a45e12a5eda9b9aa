"""What holds for every command: its options, and that `--json` prints one document whatever happens."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from communitykit.cli import entry
from communitykit.cli.app import app
from communitykit.cli.grouping import SECTIONS

CONFIGLESS = {
    "connectors": "asks the installation alone",
    "translate": "reads standard input",
    "demo": "makes a fictional company",
    "sandbox serve": "same",
    "sandbox export": "same",
    "metrics list": "lists definitions, which no configuration names",
    "metrics show": "same",
}
"""Commands for which a configuration says nothing."""
REFUSED: dict[str, list[str]] = {
    "check": ["slak"],
    "pull": ["slak"],
    "import": ["slack", "none.zip"],
    "show": ["none.duckdb"],
    "export": ["none.duckdb", "--to", "x"],
    "demo": ["--to", "there.txt"],
    "sandbox serve": ["--platform", "slak"],
    "sandbox export": ["slak", "x.zip"],
    "config check": [],
    "init": ["--language", "tlh"],
    "login": ["workplace", "--set", "base_url=https://w.example"],
    "run": [],
    "analyse": ["none.duckdb"],
    "report": ["none.duckdb"],
    "brief": ["none.duckdb"],
    "browse": ["none.duckdb"],
    "metrics list": ["--definitions", "none"],
    "metrics show": ["none"],
    "metrics run": ["none"],
    "people resolve": ["none.duckdb"],
    "people same": ["a", "b"],
    "people different": ["a", "b"],
    "people undo": ["a", "b"],
    "people review": [],
    "people export": ["--to", "x.csv"],
    "people import": ["x.csv"],
    "people show": ["nobody"],
    "privacy record": ["none.duckdb", "--to", "x.html", "--purpose", "p", "--keep", "1y"],
    "forget": ["nobody"],
    "prune": ["--keep", "soon"],
    "subject": ["nobody", "--to", "x.json", "--purpose", "p"],
    "compact": ["none.duckdb"],
}
"""For each command that prints JSON what it refuses."""
NEVER = {"connectors": "nothing that it is told can be wrong", "translate": "prints records, a document a line"}


def commands() -> dict[str, Any]:
    def below(group: Any, prefix: str) -> Iterator[tuple[str, Any]]:
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                yield from below(command, f"{prefix}{name} ")
            else:
                yield f"{prefix}{name}", command

    return dict(below(typer.main.get_command(app), ""))


ALL = commands()


def groups() -> dict[str, Any]:
    def below(group: Any, name: str) -> Iterator[tuple[str, Any]]:
        if hasattr(group, "commands"):
            yield name, group
            for inner, command in group.commands.items():
                yield from below(command, f"{name} {inner}".strip())

    return dict(below(typer.main.get_command(app), ""))


def test_help_lists_every_command_once_in_the_order_in_which_a_user_meets_them(typed: Any) -> None:
    listed = [name for names in SECTIONS.values() for name in names]
    assert sorted(listed) == sorted(groups()[""].commands)
    shown = typed("--help").out
    places = [shown.index(f"\n  {name} ") for name in listed]
    assert places == sorted(places)
    assert [section for section in SECTIONS if f"\n{section}:\n" in shown] == list(SECTIONS)


@pytest.mark.parametrize("name", groups())
def test_each_command_has_one_line_that_is_whole(name: str, typed: Any) -> None:
    lines = typed(*name.split(), "--help", COLUMNS="80").out.splitlines()
    assert len(lines) > 5
    assert not [line for line in lines[1:] if line.endswith("...")]  # what it is called ends so


@pytest.mark.parametrize("name", ["", *ALL])
def test_help_fits_a_narrow_terminal(name: str, typed: Any) -> None:
    assert [line for line in typed(*name.split(), "--help", COLUMNS="40").out.splitlines() if len(line) > 40] == []


def options(name: str) -> set[str]:
    return {option for one in ALL[name].params for option in one.opts}


@pytest.mark.parametrize("name", ALL)
def test_each_command_has_the_options_of_all(name: str) -> None:
    assert {"-v", "--verbose", "--log-format", "--debug"} <= options(name)
    assert ("--config" in options(name)) != (name in CONFIGLESS)
    assert "--json" in options(name) or name == "translate"


def test_each_command_that_does_something_can_be_quiet() -> None:
    loud = {name for name in ALL if "--quiet" not in options(name)}
    tell = {"connectors", "show", "translate", "brief", "metrics list", "metrics show", "metrics run", "people review"}
    assert loud == tell | {"people show", "sandbox serve", "browse"}


def test_all_that_can_be_refused_is_tried() -> None:
    assert set(REFUSED) | set(NEVER) == set(ALL)


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_is_one_document(typed: Any, name: str) -> None:
    Path("there.txt").write_text("not a store", encoding="utf-8")
    done = typed(*name.split(), *REFUSED[name], "--json")
    assert done.code == 1
    told = done.document["error"]
    assert told["message"]
    assert told["kind"].endswith("Error")
    assert "pydantic" not in done.out + done.err
    assert done.err.startswith("Error: ")


@pytest.mark.parametrize("name", [name for name in ALL if name != "translate"])
def test_an_unknown_option_is_one_document(typed: Any, name: str) -> None:
    done = typed(*name.split(), "--frobnicate", "--json")
    assert done.code == 2
    assert "--frobnicate" in done.document["error"]["message"]


def test_an_unknown_command_is_one_document(typed: Any) -> None:
    done = typed("pul", "slack", "--json")
    assert done.code == 2
    assert "pul" in done.document["error"]["message"]


def test_on_the_error_stream_every_line_is_json_where_asked(typed: Any) -> None:
    done = typed("show", "none.duckdb", "--log-format", "json")
    assert done.code == 1
    told = json.loads(done.err)
    assert (told["level"], told["logger"]) == ("error", "communitykit")
    assert "no such store" in told["message"]
    assert typed("show", "none.duckdb").err.startswith("Error: ")  # of one command alone
    assert typed("show", "none.duckdb", "--log-format", "yaml").code == 2


def test_quiet_leaves_out_what_is_told_and_not_what_is_wrong(typed: Any, store: Path) -> None:
    done = typed("export", store, "--to", "out", "--format", "csv", "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert typed("export", store, "--to", "out2", "--format", "csv").out
    assert "no format" in typed("export", store, "--to", "out3", "--format", "xls", "--quiet").err


def test_a_missing_extra_is_one_sentence_with_the_command(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for command, extra in (("report", "report"), ("metrics", "analysis"), ("show", "duckdb")):
        monkeypatch.setattr(sys, "argv", ["communitykit", command])
        assert entry._extra("sqlglot") == extra
    assert entry._extra("vl_convert") is not None
    assert entry._extra("nobody_knows_it") is None
    assert entry._told(ModuleNotFoundError("No module named 'sqlglot'", name="sqlglot")) == 1
    assert "pip install 'communitykit[duckdb]'" in capfd.readouterr().err
    assert entry._extra("communitykit.nothing") is None  # a module of ours is a defect
