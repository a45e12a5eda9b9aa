from __future__ import annotations

from math import inf

import pytest

from communitykit.connector.flow import Budget
from communitykit.sandbox import Throttle


def test_a_window_slides_and_says_how_long_to_wait() -> None:
    throttle = Throttle({"read": Budget(2, 60)}, rate=1)
    assert [throttle.take("read", "T", at) for at in (0.0, 10.0)] == [None, None]
    assert throttle.take("read", "T", 20.0) == 40
    assert throttle.take("read", "other", 20.0) is None
    assert throttle.take("read", "T", 60.0) is None
    assert [violation.kind for violation in throttle.violations] == ["exceeded"]
    assert throttle.used("read", "T", since=0, until=60) == 1.0


def test_coming_back_early_is_counted_and_being_under_way_is_not() -> None:
    throttle = Throttle({}, rate=inf)
    throttle.close("read", "T", 100.0, 5, request="a")
    assert throttle.take("read", "T", 100.1, request="b") == 5
    assert not throttle.violations
    assert throttle.take("read", "T", 100.1, request="a") == 5
    assert throttle.take("read", "T", 102.0, request="c") == 3
    assert [violation.kind for violation in throttle.violations] == ["early", "early"]
    assert throttle.take("read", "T", 105.0, request="a") is None


@pytest.mark.parametrize(("rate", "passed"), [(1.0, 2), (10.0, 20), (inf, 50)])
def test_the_rate_multiplies_the_budget(rate: float, passed: int) -> None:
    throttle = Throttle({"read": Budget(2, 60)}, rate=rate)
    assert sum(throttle.take("read", "T", at / 100) is None for at in range(50)) == passed


def test_below_one_the_window_grows() -> None:
    throttle = Throttle({"read": Budget(2, 60)}, rate=0.25)
    assert throttle.take("read", "T", 0.0) is None
    assert throttle.take("read", "T", 60.0) == 60


def test_a_joint_limit_closes_every_budget_of_its_scope() -> None:
    throttle = Throttle({"a": Budget(1, 30), "b": Budget(1, 30)}, rate=1.0, joint=True)
    assert throttle.take("a", "", 0.0) is None
    assert throttle.take("a", "", 1.0) is not None
    assert throttle.take("b", "", 2.0) is not None
    assert throttle.take("b", "elsewhere", 2.0) is None
    assert throttle.take("b", "", 31.0) is None
    assert [one.kind for one in throttle.violations] == ["exceeded", "early"]


def test_a_violation_names_its_cause() -> None:
    throttle = Throttle({"notes": Budget(1, 60)}, rate=1)
    throttle.take("notes", "", 0, request="/a")
    throttle.take("notes", "", 1, request="/b")
    throttle.take("notes", "", 11, request="/c")
    throttle.take("notes", "", 12, request="/b")
    exceeded, early, again = map(str, throttle.violations)
    assert exceeded.startswith("/b was more than budget 'notes' allows")
    assert early.startswith("/c came 49.0 s too early: /b had been told 10.0 s before to wait 59 s")
    assert again.startswith("/b came again 48.0 s too early")
    assert "name that Cost" in early
