"""Connectors that are wrong in one way each: the contract catches every one of them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from communitykit import Batch, Connector, Swept, WireKind
from communitykit.registry import registry
from communitykit.sandbox import World
from communitykit.testing.suite import ConnectorSuite

SLACK = registry().get("slack")


def with_messages(change: Callable[[Any, dict[str, Any]], Iterator[Any]]) -> Connector:
    """Change what a message is translated to: `change(draft, item)` gives the drafts that replace one."""
    original = SLACK.translators["message"]

    def translate(item: Any, context: Any) -> Iterator[Any]:
        for draft in original.translate(item, context):
            yield from change(draft, item)

    return replace(SLACK, translators={**SLACK.translators, "message": WireKind(translate, original.id_field)})


def with_steps(change: Callable[[Any], Any]) -> Connector:
    """Change each step of the reading flow; None leaves it out."""

    def read(scope: Any, slice_: Any, checkpoint: Any) -> Any:
        assert SLACK.read is not None
        flow = SLACK.read(scope, slice_, checkpoint)
        answer: Any = None
        error: Exception | None = None
        while True:
            try:
                step = flow.throw(error) if error is not None else flow.send(answer)
            except StopIteration:
                return
            answer, error = None, None
            changed = change(step)
            if changed is not None:
                try:
                    answer = yield changed
                except Exception as raised:  # noqa: BLE001 # handed on to the flow as it came
                    error = raised

    return replace(SLACK, read=read)


def drops_replies() -> Connector:
    def change(step: Any) -> Any:
        if isinstance(step, Batch) and step.kind == "message":
            return replace(step, items=[one for one in step.items if one.get("thread_ts", one["ts"]) == one["ts"]])
        return step

    return with_steps(change)


def floats_the_ts() -> Connector:
    def change(draft: Any, item: Any) -> Iterator[Any]:
        if isinstance(draft, dict) and draft["record"] == "post":
            draft["id"] = draft["id"].replace(item["ts"], str(float(item["ts"])))
        yield draft

    return with_messages(change)


def invents_times() -> Connector:
    def change(draft: Any, item: Any) -> Iterator[Any]:
        if isinstance(draft, dict) and draft.get("kind") == "reacted":
            draft["occurred_at"] = "2026-01-01T00:00:00Z"
        yield draft

    return with_messages(change)


def loses_edits() -> Connector:
    def change(draft: Any, item: Any) -> Iterator[Any]:
        if isinstance(draft, dict) and draft["record"] == "post":
            draft["edited_at"] = None
        yield draft

    return with_messages(change)


def duplicates_on_every_read() -> Connector:
    numbers = count()

    def change(draft: Any, item: Any) -> Iterator[Any]:
        if isinstance(draft, dict) and draft["record"] == "post":
            draft["id"] += f"/{next(numbers)}"
        yield draft

    return with_messages(change)


def stores_checkpoints_too_early() -> Connector:
    """Hand each checkpoint out one batch before its own."""

    def read(scope: Any, slice_: Any, checkpoint: Any) -> Any:
        assert SLACK.read is not None
        held: Batch | None = None
        answer: Any = None
        flow = SLACK.read(scope, slice_, checkpoint)
        while True:
            try:
                step = flow.send(answer)
            except StopIteration:
                break
            answer = None
            if not isinstance(step, Batch):
                answer = yield step
                continue
            if held is not None:
                yield replace(held, checkpoint=step.checkpoint or held.checkpoint)
            held = step
        if held is not None:
            yield held

    return replace(SLACK, read=read)


def reads_private_unasked() -> Connector:
    def discover(scope: Any) -> Any:
        assert SLACK.discover is not None
        yield from SLACK.discover(replace(scope, include_private=True))

    return replace(SLACK, discover=discover)


def swallows_errors() -> Connector:
    def read(scope: Any, slice_: Any, checkpoint: Any) -> Any:
        assert SLACK.read is not None
        flow = SLACK.read(scope, slice_, checkpoint)
        try:
            step = flow.send(None)
            while True:
                answer = yield step
                step = flow.send(answer)
        except Exception:  # noqa: BLE001 # that is what is wrong with it
            return

    return replace(SLACK, read=read)


def claims_more_than_it_shows() -> Connector:
    capabilities = SLACK.capabilities
    return replace(
        SLACK, capabilities=replace(capabilities, events=capabilities.events | {"pinned", "viewed", "voted"})
    )


def claims_profile_fields_that_it_loses() -> Connector:
    original = SLACK.translators["user"]

    def translate(item: Any, context: Any) -> Iterator[Any]:
        for draft in original.translate(item, context):
            if isinstance(draft, dict):
                draft.pop("email", None)
            yield draft

    return replace(SLACK, translators={**SLACK.translators, "user": WireKind(translate, original.id_field)})


def ignores_the_limits() -> Connector:
    return replace(SLACK, budgets={})


def never_looks_for_what_vanished() -> Connector:
    return with_steps(lambda step: None if isinstance(step, Swept) else step)


def never_takes_reactions_back() -> Connector:
    def change(draft: Any, item: Any) -> Iterator[Any]:
        if not isinstance(draft, Swept):
            yield draft

    return with_messages(change)


TRUTH, MONTH = (
    "test_what_the_api_gives_is_the_truth",
    ("test_a_month_later_an_incremental_run_finds_what_a_fresh_one_finds"),
)
MUTANTS: list[tuple[Callable[[], Connector], str, tuple[Any, ...]]] = [
    (drops_replies, TRUTH, ()),
    (floats_the_ts, TRUTH, ()),
    (invents_times, TRUTH, ()),
    (loses_edits, TRUTH, ()),
    (claims_profile_fields_that_it_loses, TRUTH, ()),
    (duplicates_on_every_read, "test_a_second_run_changes_nothing_and_asks_little", ()),
    (stores_checkpoints_too_early, "test_a_run_cut_anywhere_and_resumed_ends_as_an_uninterrupted_one", ()),
    (reads_private_unasked, "test_private_and_direct_stay_out_unless_asked_for", ()),
    (swallows_errors, "test_every_fault_ends_in_the_truth_or_is_told", ("revoked",)),
    (claims_more_than_it_shows, TRUTH, ()),
    (ignores_the_limits, "test_limits_are_kept_and_used", ()),
    (never_looks_for_what_vanished, MONTH, ()),
    (never_takes_reactions_back, MONTH, ()),
]


@pytest.mark.parametrize(("mutant", "check", "more"), MUTANTS, ids=lambda value: getattr(value, "__name__", None))
def test_is_caught(mutant: Callable[[], Connector], check: str, more: tuple[Any, ...], tmp_path: Path) -> None:
    made = mutant()
    assert made.sandbox is not None
    world = World(seed=ConnectorSuite.seed, size="tiny", platforms=("slack",))
    platform = made.sandbox()
    arguments: dict[str, Any] = {"declared": made, "platform": platform, "world": world, "tmp_path": tmp_path}
    function = getattr(ConnectorSuite, check)
    wanted = function.__code__.co_varnames[1 : function.__code__.co_argcount]
    suite = type("Suite", (ConnectorSuite,), {"connector": "slack"})()
    given = {name: arguments[name] for name in wanted if name in arguments}
    with pytest.raises(AssertionError):
        getattr(suite, check)(**given, **({"name": more[0]} if more else {}))
