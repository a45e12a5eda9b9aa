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


def test_a_session_at_the_prompt(store: str) -> None:
    assert "2 accounts are 2 people." in typed(store)
    told = json.loads(typed("review", "--json"))
    assert [one["rule"] for one in told["proposals"]] == ["name"]
    assert "1 to look at" in typed("review")
    assert "2 accounts are 1 people." in typed("same", A, B, "--by", "Zoe")
    assert "decided: as teams:N:member:2" in typed("show", "Anna Berg")
    assert "Zoe" in typed("show", "anna@old.example", "--store", store)
    assert "Wrote 1 decisions" in typed("export", "--to", "words.csv")
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
        (["activity.duckdb", "--leader-title", "("], "no regular expression"),
        (["show", "nobody"], "nobody"),
        (["same", "nobody", A], "nobody"),
    ],
)
def test_what_cannot_be_done_is_said(store: str, words: list[str], why: str) -> None:
    assert why in typed(*words, code=1)
    assert not Path("none.duckdb").exists()
