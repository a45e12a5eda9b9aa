"""What is almost a name is answered with the name."""

from __future__ import annotations

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
