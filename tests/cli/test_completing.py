"""What a shell completes of a command's values."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from communitykit.cli import completing
from communitykit.connector.registry import registry
from communitykit.metrics import catalogue


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("pull sl", ["slack"]),
        ("metrics run activ", ["activation", "active_members", "activity_trend"]),
        ("export --format d", ["delta"]),
    ],
)
def test_values_are_completed(typed: str, found: list[str]) -> None:
    words = f"communitykit {typed}"
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1), "_COMMUNITYKIT_COMPLETE": "complete_bash"}
    command = [sys.executable, "-c", "import sys; sys.argv = ['communitykit']; import communitykit.cli as c; c.main()"]
    done = subprocess.run(command, env={**os.environ, **asked}, capture_output=True, text=True, check=False)
    assert done.stdout.split() == found, done.stderr


def test_all_names_are_known() -> None:
    assert completing.connectors("") == sorted(registry().connectors)
    assert set(completing.metrics("")) == set(catalogue())
    assert completing.LANGUAGES("") == ["en", "fr"]
    assert completing.words("csv", "parquet")("p") == ["parquet"]
