"""Who is still to be looked up survives an interruption, wherever it strikes."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from communitykit import Capabilities, Connector, Scope, Settings
from communitykit.engine import SourceRun
from communitykit.intake import Intake


def run(state: dict[str, Any]) -> SourceRun:
    connector = Connector("test", "Test", "1", Settings, Capabilities(), {}, resolve=lambda *_: iter(()))  # type: ignore[arg-type]
    scope = Scope(settings=None, until=datetime(2026, 1, 1, tzinfo=UTC))
    found = SourceRun(connector, scope, state, Intake(connector, run_id="run", origin="api"))
    found.recall()
    return found


def test_a_stranger_is_noted_before_the_page_that_names_it_and_struck_off_after_the_one_that_tells_of_it() -> None:
    source = run({})
    source.intake.strangers["test:n:member:a"] = None
    page = source.remember()
    assert page is not None
    assert page.checkpoint == {"v": 1, "ids": ["test:n:member:a"]}
    source.intake.strangers.clear()  # the page that tells of it is translated, but not handed on yet
    assert source.remember() is None
    page = source.settle()
    assert page is not None
    assert page.checkpoint == {"v": 1, "ids": []}
    assert source.settle() is None


def test_who_was_left_over_is_looked_up_by_the_next_run() -> None:
    source = run({"test:-:strangers": {"v": 1, "ids": ["test:n:member:a"]}})
    assert source.strangers() == [("n", ("test:n:member:a",))]
    assert source.remember() is None


def test_a_connector_that_looks_nobody_up_keeps_no_list() -> None:
    source = run({})
    source.connector = replace(source.connector, resolve=None)
    source.intake.strangers["test:n:member:a"] = None
    assert source.remember() is None
    assert source.settle() is None
