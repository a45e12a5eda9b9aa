"""Who is still to be looked up survives an interruption, wherever it strikes."""

from typing import Any

from communitykit import Capabilities, Connector, Settings
from communitykit.intake import Intake
from communitykit.strangers import Strangers

ANN, BOB = "test:n:member:ann", "test:n:member:bob"


def strangers(state: dict[str, Any], *, kept: bool = True) -> tuple[Strangers, Intake]:
    connector = Connector("test", "Test", "1", Settings, Capabilities(), {})
    intake = Intake(connector, run_id="run", origin="api")
    return Strangers(intake, state, kept=kept), intake


def test_a_stranger_is_noted_before_the_page_that_names_it_and_struck_off_after_the_one_that_tells_of_it() -> None:
    kept, intake = strangers({})
    kept.recall("n")
    intake.strangers[ANN] = None
    page = kept.remember("n")
    assert page is not None
    assert (page.slice, page.checkpoint) == ("test:n:strangers", {"v": 1, "ids": [ANN]})
    intake.strangers.clear()  # the page that tells of it is translated, but not handed on yet
    assert kept.remember("n") is None
    assert [page.checkpoint for page in kept.settle()] == [{"v": 1, "ids": []}]
    assert kept.settle() == []


def test_who_was_left_over_is_looked_up_by_the_next_run() -> None:
    kept, _ = strangers({"test:n:strangers": {"v": 1, "ids": [ANN]}})
    kept.recall("n")
    assert kept.by_network() == [("n", (ANN,))]
    assert kept.remember("n") is None
    assert [page.checkpoint for page in kept.settle([ANN])] == [{"v": 1, "ids": []}]


def test_whom_this_run_knows_already_is_nobody_to_look_up() -> None:
    kept, intake = strangers({"test:n:strangers": {"v": 1, "ids": [ANN, BOB]}})
    intake.known_members.add(ANN)
    kept.recall("n")
    assert kept.by_network() == [("n", (BOB,))]


def test_two_networks_in_one_store_keep_their_lists_apart() -> None:
    state = {"test:n:strangers": {"v": 1, "ids": [ANN]}}
    kept, intake = strangers(state)
    kept.recall("m")
    assert kept.by_network() == []
    intake.strangers["test:m:member:cy"] = None
    page = kept.remember("m")
    assert page is not None
    assert page.slice == "test:m:strangers"
    assert [page.slice for page in kept.settle(["test:m:member:cy"])] == ["test:m:strangers"]


def test_a_connector_that_looks_nobody_up_keeps_no_list() -> None:
    kept, intake = strangers({}, kept=False)
    kept.recall("n")
    intake.strangers[ANN] = None
    assert kept.remember("n") is None
    assert kept.settle() == []
