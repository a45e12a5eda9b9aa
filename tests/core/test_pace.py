from math import inf

from hypothesis import given
from hypothesis import strategies as st

from communitykit.connector import Budget, Cost
from communitykit.http.budgets import MARGIN, Pace, scaled

DRAW = (Cost("read", "T1"),)


@given(limit=st.integers(1, 5), arrivals=st.lists(st.floats(0, 30), min_size=1, max_size=40))
def test_no_window_ever_holds_more_than_the_budget(limit: int, arrivals: list[float]) -> None:
    pace, budgets = Pace(), {"read": Budget(limit, 10)}
    sent = sorted(pace.reserve("host", DRAW, budgets, now=now, rate=1).at for now in sorted(arrivals))
    for index, time in enumerate(sent):
        assert sum(1 for other in sent[: index + 1] if other > time - 10) <= limit


def test_a_busy_budget_is_used_whole() -> None:
    pace, budgets = Pace(), {"read": Budget(50, 60)}
    places = [pace.reserve("host", DRAW, budgets, now=0, rate=1).at for _ in range(500)]
    assert places[:50] == [0] * 50
    assert max(places) <= 9 * 60 * (1 + MARGIN) + 1e-6


def test_retry_after_closes_exactly_its_scope() -> None:
    pace, budgets = Pace(), {"read": Budget(50, 60)}
    pace.close("host", DRAW, until=30)
    other = (Cost("read", "T2"),)
    assert pace.closed_for("host", DRAW, now=29.9)
    assert not pace.closed_for("host", DRAW, now=30)
    assert not pace.closed_for("host", other, now=0)
    assert pace.reserve("host", DRAW, budgets, now=0, rate=inf).at == 30
    assert pace.reserve("host", other, budgets, now=0, rate=1).at == 0


def test_a_place_given_back_can_be_taken_again() -> None:
    pace, budgets = Pace(), {"read": Budget(1, 10)}
    place = pace.reserve("host", DRAW, budgets, now=0, rate=1)
    pace.give_back(place)
    assert pace.reserve("host", DRAW, budgets, now=1, rate=1).at == 1


def test_a_request_that_draws_on_two_budgets_waits_for_both() -> None:
    pace, budgets = Pace(), {"read": Budget(1, 10), "all": Budget(1, 100)}
    both = (Cost("read"), Cost("all"))
    pace.reserve("host", both, budgets, now=0, rate=1)
    assert pace.reserve("host", both, budgets, now=0, rate=1).at >= 100


def test_rate_multiplies_and_below_one_stretches_the_window() -> None:
    assert scaled(Budget(50, 60), 2) == Budget(100, 60)
    assert scaled(Budget(1, 60), 0.5) == Budget(1, 120)
