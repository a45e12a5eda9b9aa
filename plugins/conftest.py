"""Checks of the contract that a connector does not pass yet. Whoever mends one takes its line away."""

# ruff: noqa: INP001 # tests are not a package

import pytest

NO_PAGE = "test_an_answer_that_is_no_page_is_not_an_empty_one"
ODD = "test_a_value_that_became_odd_costs_itself_alone"
KNOWN = {
    "TestYammer": {
        f"{ODD}[a list of nothing]": "a post vanishes beside [null]",
        f"{NO_PAGE}[a list of its own]": "a list in place of an object is an empty page",
    },
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Expect the known ones to fail."""
    for item in items:
        suite = item.nodeid.split("::")[-2] if item.nodeid.count("::") > 1 else ""
        reason = KNOWN.get(suite, {}).get(item.name)
        if reason is not None:
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
