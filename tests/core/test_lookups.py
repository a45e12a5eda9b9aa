"""Who is still to be looked up survives an interruption, wherever it strikes."""

from typing import Any

from communitykit.connector import Capabilities, Connector, Settings
from communitykit.reading.lookups import Lookups
from communitykit.reading.translation import Translation

ANN, BOB = "test:n:member:ann", "test:n:member:bob"


def lookups(state: dict[str, Any], *, kept: bool = True) -> tuple[Lookups, Translation]:
    connector = Connector("test", "Test", "1", Settings, Capabilities(), {})
    translation = Translation(connector, run_id="run", origin="api")
    return Lookups(translation, state, kept=kept), translation


def test_a_stranger_is_noted_before_the_page_that_names_it_and_struck_off_after_the_one_that_tells_of_it() -> None:
    kept, translation = lookups({})
    kept.recall("n")
    translation.lookups[ANN] = None
    page = kept.remember("n")
    assert page is not None
    assert (page.slice, page.checkpoint) == ("test:n:strangers", {"v": 1, "ids": [ANN]})
    translation.lookups.clear()  # the page that tells of it is translated, but not handed on yet
    assert kept.remember("n") is None
    assert [page.checkpoint for page in kept.settle()] == [{"v": 1, "ids": []}]
    assert kept.settle() == []


def test_who_was_left_over_is_looked_up_by_the_next_run() -> None:
    kept, _ = lookups({"test:n:strangers": {"v": 1, "ids": [ANN]}})
    kept.recall("n")
    assert kept.by_network() == [("n", (ANN,))]
    assert kept.remember("n") is None
    assert [page.checkpoint for page in kept.settle([ANN])] == [{"v": 1, "ids": []}]


def test_whom_this_run_knows_already_is_nobody_to_look_up() -> None:
    kept, translation = lookups({"test:n:strangers": {"v": 1, "ids": [ANN, BOB]}})
    translation.known_members.add(ANN)
    kept.recall("n")
    assert kept.by_network() == [("n", (BOB,))]


def test_two_networks_in_one_store_keep_their_lists_apart() -> None:
    state = {"test:n:strangers": {"v": 1, "ids": [ANN]}}
    kept, translation = lookups(state)
    kept.recall("m")
    assert kept.by_network() == []
    translation.lookups["test:m:member:cy"] = None
    page = kept.remember("m")
    assert page is not None
    assert page.slice == "test:m:strangers"
    assert [page.slice for page in kept.settle(["test:m:member:cy"])] == ["test:m:strangers"]


def test_a_connector_that_looks_nobody_up_keeps_no_list() -> None:
    kept, translation = lookups({}, kept=False)
    kept.recall("n")
    translation.lookups[ANN] = None
    assert kept.remember("n") is None
    assert kept.settle() == []
