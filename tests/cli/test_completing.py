"""What a shell completes of a command's values."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import pytest
import typer

from communitykit.analysis.dialect import DIALECTS
from communitykit.cli import completing
from communitykit.cli.app import app
from communitykit.connector.registry import registry
from communitykit.metrics import catalogue
from communitykit.metrics.catalogue import LANGUAGES
from communitykit.metrics.syntax import GRAINS
from communitykit.report import rules
from communitykit.report.groups import PER
from communitykit.sandbox import SIZES
from communitykit.sandbox.faults import FAULTS

OPEN = {
    "a path": "store place path to analysis config key_file definitions tables opt_out roster",
    "a number": "k min_group port seed leader_depth",
    "a length or a moment": "since until keep max_time for_ advance today",
    "the name of a variable, or a command": "key_env opt_out_key_env pseudonyms key_command",
    "what only a store, a company or a platform knows": "community who a b network folders since_run key_id shared "
    "leader leader_title domain handle_domain schema context",
    "somebody's own words": "purpose",
}
"""Parameters whose values are no closed list, and why."""
OPEN_HERE = {
    ("people same", "by"): "who decides",
    ("people different", "by"): "who decides",
    ("people show", "name"): "who is asked for",
    ("login", "store"): "a file, or keyring",
}
"""The same, of one command alone."""


def below(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from below(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


COMMAND = typer.main.get_command(app)
VALUES = [
    (name, one)
    for name, command in below(COMMAND)
    for one in command.params
    if not getattr(one, "is_flag", False) and not getattr(one, "count", False)
]


@pytest.mark.parametrize(("command", "value"), VALUES, ids=[f"{name} {one.name}" for name, one in VALUES])
def test_every_value_of_a_closed_list_is_completed(command: str, value: Any) -> None:
    is_open = value.name in " ".join(OPEN.values()).split() or (command, value.name) in OPEN_HERE
    assert (value._custom_shell_complete is None) == is_open, "complete it, or say here why it is open"


def with_door(*doors: str) -> list[str]:
    return [
        name for name, one in registry().connectors.items() if all(getattr(one, door) is not None for door in doors)
    ]


def settings(*names: str) -> list[str]:
    return [f"{name}=" for one in names for name in registry().get(one).settings.model_fields]


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("check ", with_door("discover")),
        ("pull ", with_door("discover")),
        ("pull --config c.toml ", ["emea", "yammer"]),
        ("check --config c.toml ", ["emea", "yammer"]),
        ("login --config c.toml ", ["emea", "yammer"]),
        ("import --config c.toml ", [*with_door("archive"), "emea", "yammer"]),
        ("pull --config none.toml ", with_door("discover")),
        ("import ", with_door("archive")),
        ("login ", with_door("login")),
        ("translate ", registry().connectors),
        ("translate slack --kind ", registry().get("slack").translators),
        ("pull slack matrix --set ", dict.fromkeys([*settings("slack"), *settings("matrix")])),
        ("check slack --set ", settings("slack")),
        ("import yammer --set ", [f"{one}=" for one in registry().get("yammer").archive.options.model_fields]),
        ("import nobody --set ", []),
        ("sandbox serve --platform ", with_door("sandbox")),
        ("sandbox serve --size ", SIZES),
        ("sandbox serve --fault ", sorted(FAULTS)),
        ("sandbox export ", with_door("sandbox", "archive")),
        ("sandbox export slack --style ", registry().get("slack").simulated().archive_styles),
        ("sandbox export nobody --style ", []),
        ("metrics show ", sorted(catalogue())),
        ("metrics run activation --by ", [*GRAINS, *catalogue()["activation"].dimensions]),
        ("metrics run activation --set ", [f"{one}=" for one in catalogue()["activation"].parameters]),
        ("metrics run stickiness --variant ", catalogue()["stickiness"].variants),
        ("metrics run nothing --variant ", []),
        ("metrics run activation --dialect ", DIALECTS),
        ("metrics list --language ", LANGUAGES),
        ("report --language ", LANGUAGES),
        ("brief --language ", LANGUAGES),
        ("init --language ", LANGUAGES),
        ("report --per ", PER),
        ("report --zone ", sorted(available_timezones())),
        ("brief --without ", sorted(rules())),
        ("show --log-format ", ["text", "json"]),
        ("pull slack --set rea", ["reactions="]),
        ("pull slack --set reactions=", ["reactions=counted", "reactions=full"]),
        ("pull slack --set reactions=f", ["reactions=full"]),
        ("pull slack --set profiles=", ["profiles=true", "profiles=false"]),
        ("pull slack --set proxy=", []),
        ("pull slack --set nothing=", []),
        ("pull teams --set usage=D3", ["usage=D30"]),
        ("metrics run activation --by week,y", ["week,year"]),
        ("metrics run activation --by month,dep", ["month,department"]),
        ("metrics run activation --by week,country,w", []),
    ],
)
def test_what_is_completed_is_what_there_is(typed: str, known: Iterable[str], tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    told = '[[sources]]\nname = "emea"\nconnector = "slack"\n[[sources]]\nconnector = "yammer"\n'
    (tmp_path / "c.toml").write_text(told)
    for form in forms(typed):
        assert completed(form) == [one for one in known if one != "period"], form


def forms(typed: str) -> list[str]:
    """Return the ways in which the same is typed: an option's value after a space, and after `=`."""
    before, _, last = typed.rpartition(" ")
    return [typed, f"{before}={last}"] if before.rpartition(" ")[2].startswith("--") else [typed]


def completed(typed: str) -> list[str]:
    """Return what a shell is told after the words that are typed, in this process."""
    told = {"COMP_WORDS": f"communitykit {typed}", "COMP_CWORD": str(len(typed.split(" ")))}
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as printed:
        for name, value in {**told, "_COMMUNITYKIT_COMPLETE": "complete_bash"}.items():
            patch.setenv(name, value)
        with pytest.raises(SystemExit):
            COMMAND.main([], prog_name="communitykit")
    return printed.getvalue().split()


def test_every_metrics_own_words_are_known() -> None:
    for name, one in catalogue().items():
        assert completed(f"metrics run {name} --variant ") == list(one.variants), name
        assert completed(f"metrics run {name} --set ") == [f"{key}=" for key in one.parameters], name
        assert completed(f"metrics run {name} --by ") == [*GRAINS, *(d for d in one.dimensions if d != "period")], name


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("pull sl", ["slack"]),
        ("metrics run activ", ["activation", "active_members", "activity_trend"]),
        ("export --format d", ["delta"]),
        ("sandbox serve --fault limited", ["limited", "limited-mute"]),
        ("metrics run activation --by q", ["quarter"]),
        ("pull slack --set reactions = f", ["full"]),
    ],
)
def test_values_are_completed(typed: str, found: list[str]) -> None:
    words = f"communitykit {typed}"
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1), "_COMMUNITYKIT_COMPLETE": "complete_bash"}
    command = [sys.executable, "-c", "import sys; sys.argv = ['communitykit']; import communitykit.cli as c; c.main()"]
    done = subprocess.run(command, env={**os.environ, **asked}, capture_output=True, text=True, check=False)
    assert done.stdout.split() == found, done.stderr


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("pull slack --set = rea", ["reactions="]),
        ("pull slack --set =", settings("slack")),
        ("pull slack --set reactions =", ["counted", "full"]),
        ("pull slack --set reactions = f", ["full"]),
        ("pull slack --set = reactions = f", ["full"]),
        ("pull slack --set reactions = full --set profiles =", ["true", "false"]),
        ("pull slack --set reactions = full --set rea", ["reactions="]),
        ("pull slack --set proxy =", []),
        ("metrics run activation --by = dep", ["department"]),
        ("import --config = c.toml em", ["emea"]),
    ],
)
@pytest.mark.parametrize("between", [" ", "\n"])
def test_words_that_bash_takes_apart_are_completed(
    typed: str, found: list[str], between: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(completing._BEFORE, "name", "")  # it is remembered for one process
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.toml").write_text('[[sources]]\nname = "emea"\nconnector = "slack"\n')
    words = ["communitykit", *typed.split()]
    told = {"COMP_WORDS": between.join(words), "COMP_CWORD": str(len(words) - 1)}
    completing.put_together(told)
    assert completed(told["COMP_WORDS"].replace("\n", " ").removeprefix("communitykit ")) == found


def test_words_that_are_whole_stay_as_they_are() -> None:
    for words, at in (
        ("communitykit pull sl", "2"),
        ("communitykit pull slack --set=rea", "3"),
        ("communitykit ", "1"),
    ):
        told = {"COMP_WORDS": words, "COMP_CWORD": at}
        completing.put_together(told)
        assert told == {"COMP_WORDS": words, "COMP_CWORD": at}


def test_all_names_are_known() -> None:
    assert completing.connectors("") == sorted(registry().connectors)
    assert completing.words("csv", "parquet")("p") == ["parquet"]
