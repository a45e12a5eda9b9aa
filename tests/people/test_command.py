"""`communitykit people`, as a person types it."""

import json
from pathlib import Path
from typing import Any

import pytest
from companies import Company, member
from typer.testing import CliRunner

from communitykit.cli.app import app
from communitykit.cli.commands import run  # noqa: F401 # registers the commands

A, B = "slack:N:member:1", "teams:N:member:2"


def typed(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["people", *words])
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture
def store(company: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    made: Company = company(
        member("slack:1", email="anna@old.example", display_name="Anna Berg", job_title="Head of Art"),
        member("teams:2", username="anna", display_name="Anna Berg"),
    )
    monkeypatch.chdir(made.path.parent)
    made.path.rename("activity.duckdb")
    return "activity.duckdb"


def test_who_told_a_field_stands_beside_it(store: str) -> None:
    typed(store)
    told = typed("show", "anna@old.example")
    assert "\nemail\tanna@old.example\tslack:N:member:1\n" in told
    assert "\naccounts\t1\t-\n" in told
    assert "{" not in told


@pytest.mark.slow
def test_a_session_at_the_prompt(store: str) -> None:
    assert "2 accounts are 2 people." in typed(store)
    told = json.loads(typed("review", "--json"))
    assert [one["rule"] for one in told["proposals"]] == ["name"]
    assert "1 to look at" in typed("review")
    assert "2 accounts are 1 person." in typed("same", A, B, "--by", "Zoe")
    assert "decided: as teams:N:member:2" in typed("show", "Anna Berg")
    assert "Zoe" in typed("show", "anna@old.example", "--store", store)
    assert "Wrote 1 decision to" in typed("export", "--to", "words.csv")
    assert "2 accounts are 2 people." in typed("undo", A, B)
    assert "0 decisions are new. 2 accounts are 2 people." in typed("import", "words.csv")  # undone here: later
    assert json.loads(typed("different", A, B, "--json"))["verdict"] == "different"
    assert json.loads(typed("review", "--json"))["proposals"] == []


def test_options_are_handed_on(store: str) -> None:
    found = json.loads(
        typed(store, "--domain", "old.example=corp.example", "--handle-domain", "teams=corp.example",
              "--leader-title", "^head", "--json")
    )  # fmt: skip
    assert (found["people"], found["rules"], found["leaders"]) == (1, {"handle": 2}, {"title": 1})
    assert json.loads(typed(store, "--json"))["people"] == 1  # remembered
    assert json.loads(typed("--reset", store, "--json"))["people"] == 2


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["none.duckdb"], "there is no such store"),
        (["activity.duckdb", "--domain", "x"], "no = in it"),
        (["activity.duckdb", "--handle-domain", "nosuch=x.example"], "no network 'nosuch'; it has slack:N, teams:N"),
        (["activity.duckdb", "--leader-title", "("], "no regular expression"),
        (["show", "nobody"], "nobody"),
        (["same", "nobody", A], "nobody"),
    ],
)
def test_what_cannot_be_done_is_said(store: str, words: list[str], why: str) -> None:
    assert why in typed(*words, code=1)
    assert not Path("none.duckdb").exists()


@pytest.mark.slow
def test_the_store_is_named_as_an_argument_or_an_option(store: str) -> None:
    other = "other.duckdb"
    Path(store).rename(other)
    for words in (["review", other], ["show", "Anna Berg", other], ["same", A, B, other, "--by", "Zoe"],
                  ["undo", A, B, other], ["export", other, "--to", "words.csv"]):  # fmt: skip
        if words[0] == "review":
            typed(other)
        typed(*words)
    assert "two stores are named" in typed("review", other, "--store", "third.duckdb", code=1)
    typed("import", "words.csv", other)
    subject = ["subject", A, other, "--to", "s.json", "--purpose", "a test of it"]
    for command in (["prune", other, "--keep", "1000mo"], subject, ["forget", A, other]):
        done = CliRunner().invoke(app, command)
        assert done.exit_code == 0, done.output
        assert ("There was nothing to erase." in done.output) == (command[0] == "prune")


def test_a_file_without_decisions_says_so(store: str) -> None:
    typed("export", "--to", "words.csv")
    assert "words.csv holds no decision." in typed("import", "words.csv")
