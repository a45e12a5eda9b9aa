"""What is an id of Yammer's, and what is none."""

from __future__ import annotations

from typing import Any

import pytest

from communitykit_yammer.ids import number

LAST = 2**63 - 1


@pytest.mark.parametrize("value", [1, "1", " 1 ", "0012", LAST, str(LAST)])
def test_a_number_of_64_bits_is_an_id(value: Any) -> None:
    assert number(value) in {str(value).strip(), "0012"}


@pytest.mark.parametrize(
    "value",
    [0, "0", "000", -1, "-1", LAST + 1, str(LAST + 1), 10**30, "9" * 30, "", "x", "\u0661", 1.0, True, None, [1]],
)
def test_nothing_else_is(value: Any) -> None:
    assert number(value) is None
