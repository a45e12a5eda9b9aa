"""The mutants stand beside the test. And what Slack's connector does not pass yet in other companies."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

KNOWN = {
    "TestALateStranger::test_a_part_that_always_fails_costs_itself_alone": (
        "a refused list of who reacted is owed only while its message is inside the look-back"
    ),
    "TestALateStranger::test_a_value_that_became_odd_costs_itself_alone[nothing]": (
        "a block of a reply whose type is null costs one reaction beside it"
    ),
}
"""Whoever mends one takes its line away."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Expect the known ones to fail."""
    for item in items:
        for name, reason in KNOWN.items():
            if item.nodeid.endswith(f"test_other_companies.py::{name}"):
                item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
