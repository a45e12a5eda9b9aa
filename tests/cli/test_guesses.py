"""What is almost a name is answered with the name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("words", "meant"),
    [(("pul",), "pull"), (("metrics", "rn"), "run"), (("people", "shwo"), "show"), (("sandbox", "srve"), "serve")],
)
def test_a_command_that_is_misspelt_is_guessed(typed: Any, words: tuple[str, ...], meant: str) -> None:
    told = typed(*words)
    assert told.code == 2
    assert f"Did you mean '{meant}'?" in told.err


def test_a_wrong_option_is_guessed_without_noise_and_the_guess_is_the_remedy(typed: Any) -> None:
    told = typed("pull", "slack", "--sinc", "90d", "--json")
    assert told.code == 2
    assert told.err.rstrip().endswith("No such option: --sinc. Did you mean '--since'?")
    assert told.document["error"]["remedy"] == "Did you mean '--since'?"
    assert typed("pul", "--json").document["error"]["remedy"] == "Did you mean 'pull'?"
    assert typed("pull", "--frobnicate", "--json").document["error"]["remedy"] is None


def test_a_pull_of_nothing_is_refused_in_words_of_our_own(typed: Any) -> None:
    told = typed("pull", "--json")
    assert told.code == 2
    assert told.err.rstrip().endswith("Error: No connector is named. Name connectors, or give --config.")
    assert told.document["error"]["remedy"] == "Name connectors, or give --config."


@pytest.mark.parametrize(
    "words",
    [
        ("show",),
        ("prune", "--keep", "1y"),
        ("compact",),
        ("analyse", "--to", "b"),
        ("metrics", "run", "activation", "--from"),
    ],
)
def test_a_file_beside_the_one_that_is_not_there_is_guessed(typed: Any, words: tuple[str, ...]) -> None:
    Path("activity.duckdb").touch()
    told = typed(*words, "actvity.duckdb", "--json")
    assert told.code == 1
    assert told.document["error"]["remedy"] == "Did you mean 'activity.duckdb'?"
    Path("activity.duckdb").unlink()
    assert "Did you mean" not in typed(*words, "actvity.duckdb").err


def test_a_metrics_name_is_wrong_before_its_tables_are_missing(typed: Any) -> None:
    assert (
        "there is no metric 'response_rat'. Did you mean response_rate" in typed("metrics", "run", "response_rat").err
    )
