from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from communitykit.reading.garbage import fewer_collections


@pytest.fixture(autouse=True)
def _thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_the_collector_is_as_it_was_afterwards() -> None:
    gc.set_threshold(701, 11, 12)

    with fewer_collections():
        with fewer_collections():
            inner = gc.get_threshold()
        outer = gc.get_threshold()

    assert inner == outer
    assert inner[0] > 10_000
    assert gc.get_threshold() == (701, 11, 12)


def test_the_collector_is_as_it_was_after_an_error() -> None:
    gc.set_threshold(701, 11, 12)

    with pytest.raises(KeyError), fewer_collections():
        {}["missing"]

    assert gc.get_threshold() == (701, 11, 12)


def test_a_collector_that_somebody_turned_off_stays_off() -> None:
    gc.set_threshold(0, 10, 10)

    with fewer_collections():
        assert gc.get_threshold()[0] == 0
    assert gc.get_threshold() == (0, 10, 10)
