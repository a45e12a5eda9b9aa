"""Of the contract, what takes longest is a slow proof here; authors of other connectors have it all at once."""  # noqa: INP001 # tests are no package

import pytest

SLOW = {
    "test_a_part_that_always_fails_costs_itself_alone",
    "test_a_run_cut_anywhere_and_resumed_ends_as_an_uninterrupted_one",
    "test_a_run_cut_at_every_request_of_a_slice_and_resumed_ends_as_an_uninterrupted_one",
    "test_a_value_that_became_odd_costs_itself_alone",
    "test_an_answer_that_is_no_page_is_not_an_empty_one",
}


@pytest.hookimpl(tryfirst=True)  # before those that the command line leaves out are left out
def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Mark them."""
    for item in items:
        if item.path.name == "test_contract.py" and item.originalname in SLOW:
            item.add_marker(pytest.mark.slow)
