"""Ranges of whole numbers against plain sets."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from communitykit_yammer.api.ranges import Ranges

PAIRS = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 12)).map(lambda one: (one[0], one[0] + one[1] - 1)))


@given(PAIRS)
def test_ranges_hold_what_a_set_of_their_numbers_holds(pairs: list[tuple[int, int]]) -> None:
    found = Ranges(pairs)
    numbers = {number for low, high in pairs for number in range(low, high + 1)}
    assert {number for number in range(60) if number in found} == numbers
    assert bool(found) is bool(numbers)
    assert found.top == max(numbers, default=None)
    for number in range(1, 60):
        assert found.below(number) == next(one for one in range(number - 1, -1, -1) if one not in numbers)
        assert found.above(number) == next(one for one in range(number, 120) if one not in numbers)


@given(PAIRS)
def test_ranges_are_as_few_as_can_be_in_whatever_order_they_come(pairs: list[tuple[int, int]]) -> None:
    found = Ranges(pairs).pairs
    assert found == Ranges(reversed(pairs)).pairs
    assert found == sorted(found)
    assert all(low <= high for low, high in found)
    assert all(before[1] + 1 < after[0] for before, after in pairwise(found))
