"""What stands in a listing and is none is told: nothing is left out without a word."""

from __future__ import annotations

from typing import Any

import pytest
from matrix_payloads import HOME, ROOM, event, told
from matrix_rooms import NOW, checkpoint, gaps, last, of, reacted, receipt, room, run, said, scope, synced

from communitykit.connector import Batch, Rejected, Request, Response, Slice
from communitykit_matrix.api.discovery import _spaces
from communitykit_matrix.api.messages import read

SPACE = f"!space:{HOME}"
NAMED = {"content": {"via": [HOME]}, "state_key": ROOM, "type": "m.space.child"}


def below(rooms: list[Any]) -> tuple[list[Any], dict[str, Any]]:
    """List what is below a space; give the steps, and the rooms that are known then."""
    known: dict[str, Any] = {SPACE: {"room_type": "m.space", "room_id": SPACE}}
    flow, given, steps = _spaces(known), None, []
    while True:
        try:
            step = flow.send(given)
        except StopIteration:
            return steps, known
        given = Response(step, 200, {}, {"rooms": rooms}, NOW) if isinstance(step, Request) else None
        steps += [] if isinstance(step, Request) else [step]


@pytest.mark.parametrize("odd", [None, "x", 5, [[]], [{"room_id": ROOM}], {}, {"room_id": 5}])
def test_what_is_no_room_among_a_spaces_rooms_becomes_an_issue(odd: Any) -> None:
    steps, known = below([odd, {"room_id": ROOM, "children_state": []}])
    assert ROOM in known
    assert of(steps, "room") == [odd]
    with pytest.raises(Rejected):
        told("room", odd)


def test_what_is_no_child_of_a_space_is_told_and_the_others_are_in_it() -> None:
    steps, known = below([{"room_id": SPACE, "children_state": [[NAMED], NAMED]}, {"room_id": ROOM}])
    assert known[ROOM]["parent"] == SPACE
    assert ["space" in one for one in gaps(steps)] == [True]


@pytest.mark.parametrize(
    "part", [{"state": {"events": [[event("m.room.name", {"name": "x"})]]}}, {"state": {"events": {}}}, receipt(None)]
)
def test_an_odd_part_of_a_room_is_told(part: dict[str, Any]) -> None:
    steps = synced(**part)
    assert [step.key for step in steps if isinstance(step, Slice)] == [f"room/{ROOM}"]
    assert gaps(steps) or of(steps, "act")


@pytest.mark.parametrize("content", [{"@bo:x": ROOM}, {"@bo:x": [5]}, {"@bo:x": {"0": ROOM}}])
def test_where_direct_talk_cannot_be_told_private_rooms_are_left_out(content: Any) -> None:
    marked = {"account_data": {"events": [{"type": "m.direct", "content": content}]}}
    private = {"state": {"events": [event("m.room.join_rules", {"join_rule": "invite"})]}}
    assert [step for step in synced(whole=marked, **private) if isinstance(step, Slice)] == []
    assert any("direct" in one for one in gaps(synced(whole=marked, **private)))
    assert [step for step in synced(**private) if isinstance(step, Slice)]


def pinned(number: int, what: Any) -> dict[str, Any]:
    made = {"event_id": f"${number}", "origin_server_ts": said(number)["origin_server_ts"], "state_key": ""}
    return event("m.room.pinned_events", {"pinned": what}, **made)


def test_what_could_not_be_read_is_looked_at_once_more_by_the_next_run() -> None:
    odd = [said(2, body=["x"]), pinned(3, {"0": "$1"})]  # type: ignore[arg-type] # odd
    answers: dict[str, Any] = {"messages f s1": {"chunk": [said(1), *odd]}}
    steps, _ = run(read(scope(), room(), checkpoint()), answers)
    state = last(steps)
    assert state["odd"] == ["$2", "$3"]
    answers = {"messages f s9": {"chunk": []}, "event/%242": said(2), "event/%243": pinned(3, ["$1"])}
    steps, asked = run(read(scope(), room(latest=state["latest"]), state), answers)
    assert asked == list(answers)
    assert of(steps, "event") == [said(2)]
    assert [(one["kind"], one["target"]) for one in of(steps, "act")] == [("pinned", "$1")]
    assert run(read(scope(), room(latest=state["latest"]), last(steps)), {}) == ([], [])  # and is not owed for ever


@pytest.mark.parametrize("content", ["words", 5, {"m.relates_to": 5}, {"m.relates_to": {"event_id": 7}}])
@pytest.mark.parametrize("kind", ["m.reaction", "m.poll.response", "m.room.member"])
def test_an_act_that_could_not_be_read_is_an_issue_and_had_by_the_next_run(kind: str, content: Any) -> None:
    whole: dict[str, Any] = {**WHOLE[kind], "event_id": "$2"}
    odd = {**whole, "content": content}
    with pytest.raises(Rejected):
        told("event", odd)
    steps, _ = run(read(scope(), room(), checkpoint()), {"messages f s1": {"chunk": [said(1), odd]}})
    assert last(steps)["odd"] == ["$2"]
    steps, _ = run(read(scope(), room(), last(steps)), {"messages f s9": {"chunk": []}, "event/%242": whole})
    assert of(steps, "event") == [whole]
    assert [one["record"] for one in told("event", whole)]


def test_what_was_taken_back_is_empty_rather_than_odd() -> None:
    for whole in WHOLE.values():
        steps, _ = run(read(scope(), room(), checkpoint()), {"messages f s1": {"chunk": [{**whole, "content": {}}]}})
        assert last(steps).get("odd", []) == []


VOTE = {"m.selections": ["a"], "m.relates_to": {"rel_type": "m.reference", "event_id": "$1"}}
WHOLE = {
    "m.reaction": reacted(2, "$1"),
    "m.poll.response": event("m.poll.response", VOTE),
    "m.room.member": event("m.room.member", {"membership": "join"}, state_key="@ann:aurora.test"),
}


def test_a_list_of_pins_that_is_read_late_does_not_overrule_a_newer_one() -> None:
    chunk = [pinned(3, {"0": "$1"}), pinned(4, ["$2"])]
    steps, _ = run(read(scope(), room(), checkpoint()), {"messages f s1": {"chunk": chunk}})
    answers = {"messages f s9": {"chunk": []}, "event/%243": pinned(3, ["$1"])}
    steps, _ = run(read(scope(), room(), last(steps)), answers)
    assert of(steps, "act") == []


@pytest.mark.parametrize("odd", [None, [said(2)], {}, said(2) | {"event_id": ""}])
@pytest.mark.parametrize("way", ["b", "f"])
def test_a_page_with_what_is_no_event_is_read_once_more_and_no_third_time(odd: Any, way: str) -> None:
    start = checkpoint(back="s1", pinned=[]) if way == "b" else checkpoint()
    answers: dict[str, Any] = {f"messages {way} s1": {"chunk": [odd], "end": "t1"}}
    answers |= {f"messages {way} t1": {"chunk": [said(1)]}, "messages f s1": {"chunk": []}} | answers
    asked: list[list[str]] = []
    for _ in range(3):
        steps, seen = run(read(scope(), room(token="s1"), start), answers)
        assert said(1) in of(steps, "event") or way not in {one.split()[1] for one in seen if " " in one}
        start = last(steps) if any(isinstance(one, Batch) for one in steps) else start
        asked.append([one for one in seen if one.startswith(f"messages {way}")])
    assert f"messages {way} s1" in asked[0]
    assert f"messages {way} s1" in asked[1]
    assert asked[2] == []
