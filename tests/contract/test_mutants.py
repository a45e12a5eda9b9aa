"""The contract catches every mutant, by the check that is named for it."""

import inspect
from pathlib import Path
from typing import Any

import pytest
from mutants import MUTANTS, Mutant
from mutants_lists import LIST_MUTANTS
from mutants_truth import TRUTH_MUTANTS

from communitykit.testing.base import platform_of
from communitykit.testing.payloads import seen_in
from communitykit.testing.reading import read
from communitykit.testing.suite import ConnectorSuite
from communitykit_slack import SlackKeywords

ALL = [*MUTANTS, *TRUTH_MUTANTS, *LIST_MUTANTS]


@pytest.mark.slow
@pytest.mark.parametrize("mutant", ALL, ids=lambda one: f"{one.name}-{one.check}")
def test_is_caught(mutant: Mutant, tmp_path: Path) -> None:
    made = mutant.connector()
    known = {"keywords": SlackKeywords} if made.name == "slack" else {}
    suite = type("Suite", (ConnectorSuite,), {"connector": made.name, **known})()
    check = getattr(suite, mutant.check)
    world = suite.make_world()
    given: dict[str, Any] = {
        "declared": made,
        "declaration": made,
        "platform": platform_of(made),
        "world": world,
        "tmp_path": tmp_path,
        "name": mutant.more,
        "fault": mutant.more,
        "what": mutant.more,
        "ahead": mutant.more,
    }
    wanted = inspect.signature(check).parameters
    if "recorded" in wanted:
        given["recorded"] = seen_in(made, suite.make_world())
    if "whole" in wanted:
        given["whole"] = read(made, suite.make_world(), include_private=True, include_direct=True)
    with mutant.core(), pytest.raises((AssertionError, pytest.fail.Exception)):
        check(**{name: given[name] for name in wanted})


def test_every_check_is_named_by_a_mutant_or_holds_for_the_original_only() -> None:
    checks = {name for name in dir(ConnectorSuite) if name.startswith("test_")}
    assert {mutant.check for mutant in ALL} <= checks
    assert len({mutant.name for mutant in ALL}) >= 40
