"""What a failing check says: all that it found, and what to do."""

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from defects import stores_checkpoints_too_early

import communitykit.testing
from communitykit.connector.registry import registry
from communitykit.sandbox import Fault, parse_fault
from communitykit.testing.base import hold_none, platform_of
from communitykit.testing.reading import Run
from communitykit.testing.suite import ConnectorSuite


def test_twenty_lines_are_said_and_how_many_more() -> None:
    hold_none([])
    with pytest.raises(AssertionError) as few:
        hold_none(["one", "two"], "of posts")
    assert str(few.value) == "2 found that should not be (of posts):\none\ntwo"
    with pytest.raises(AssertionError) as many:
        hold_none(range(25))
    lines = str(many.value).splitlines()
    assert (lines[0], lines[1], lines[20:]) == ("25 found that should not be:", "0", ["19", "… and 5 more"])


def test_no_check_leaves_its_differences_to_pytest_which_shows_the_first() -> None:
    for file in Path(communitykit.testing.__file__).parent.glob("*.py"):
        assert "assert self.differences" not in file.read_text("utf-8")
        assert ") == []" not in file.read_text("utf-8"), file.name


def taken(requests: int, *, discovery: int, slices: int) -> Run:
    coverage = [SimpleNamespace(slice="x:-:discover", requests=discovery)]
    coverage += [SimpleNamespace(slice=f"x:n:{number}", requests=1) for number in range(slices)]
    return cast("Run", SimpleNamespace(requests=requests, coverage=coverage))


class Suite(ConnectorSuite):
    """No test of its own."""

    __test__ = False
    connector = "none"


@pytest.fixture
def holds() -> Callable[[int, Run], Any]:
    return lambda requests, fresh: Suite()._asks_little(taken(requests, discovery=2, slices=8), fresh, 0)


def test_what_no_run_can_do_without_is_no_reason_to_fail(holds: Callable[[int, Run], Any]) -> None:
    holds(10, taken(10, discovery=2, slices=8))
    holds(30, taken(40, discovery=2, slices=8))


def test_who_asks_too_much_is_told_what_is_allowed_and_what_to_do(
    holds: Callable[[int, Run], Any],
) -> None:
    with pytest.raises(AssertionError, match=r"takes 11 requests, a fresh one 10: 10 are allowed.*pages be smaller"):
        holds(11, taken(10, discovery=2, slices=8))
    with pytest.raises(AssertionError, match=r"31 requests, a fresh one 40: 30 are allowed"):
        holds(31, taken(40, discovery=2, slices=8))


def test_a_fault_that_chance_chose_for_no_request_meets_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    made = list[Fault]()

    def parse(text: str) -> Fault:
        made.append(parse_fault(text if ":" in text else f"{text}:share=0.000001"))
        return made[-1]

    monkeypatch.setattr("communitykit.testing.runs.parse_fault", parse)
    yammer = registry().get("yammer")
    suite = type("Yammer", (ConnectorSuite,), {"connector": "yammer", "__test__": False})()
    suite.test_every_fault_ends_in_the_truth_or_is_told(yammer, platform_of(yammer), suite.make_world(), "malformed")
    assert [bool(one.hits) for one in made] == [False, True]


def test_a_cut_run_names_what_is_lost_and_where_it_was_cut() -> None:
    wrong = stores_checkpoints_too_early()
    suite = type("Slack", (ConnectorSuite,), {"connector": "slack", "__test__": False})()
    with pytest.raises(AssertionError) as failed:
        suite.test_a_run_cut_anywhere_and_resumed_ends_as_an_uninterrupted_one(
            wrong, platform_of(wrong), suite.make_world()
        )
    head, *lines = str(failed.value).splitlines()
    assert re.search(r"cut before event \d+ of \d+, Page of slack:.*; asked last: POST [a-z.]+ \{", head)
    assert all(re.match(r"(\w+ slack:\S+: |… and \d+ more)", line) for line in lines), lines
