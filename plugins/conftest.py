"""Of the contract, what takes longest is a slow proof here; authors of other connectors have it all at once."""  # noqa: INP001 # tests are no package

import pytest

SLOW = {
    "test_a_part_that_always_fails_costs_itself_alone",
    "test_a_run_cut_anywhere_and_resumed_ends_as_an_uninterrupted_one",
    "test_a_run_cut_at_every_request_of_a_slice_and_resumed_ends_as_an_uninterrupted_one",
    "test_a_value_that_became_odd_costs_itself_alone",
    "test_an_answer_that_is_no_page_is_not_an_empty_one",
    "test_an_archive_then_the_api_is_the_api",
    "test_clocks_that_differ_by_minutes_hide_nothing",
    "test_what_is_none_among_a_pages_items_is_told",
    "test_windows_in_any_order_and_then_a_plain_run_end_as_a_fresh_one",
}
SLOW_FAULTS = {
    "drip", "duplicates", "expiring", "html", "latency", "limited-mute", "reset", "skew", "truncated", "unknown-fields",
    "unknown-values",
}  # fmt: skip
"""Each has a brother that strikes the same place."""


@pytest.hookimpl(tryfirst=True)  # before those that the command line leaves out are left out
def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Mark them."""
    for item in items:
        if item.path.name == "test_contract.py" and (item.originalname in SLOW or _fault(item) in SLOW_FAULTS):
            item.add_marker(pytest.mark.slow)


def _fault(item: pytest.Function) -> object:
    of_faults = item.originalname == "test_every_fault_ends_in_the_truth_or_is_told"
    return item.callspec.params["name"] if of_faults else None
