"""Lists inside of what is listed that have another shape, or hold what cannot be read: what was known stays."""

from __future__ import annotations

from typing import Any

import pytest
from matrix_payloads import HOME, ROOM, event, told
from matrix_rooms import checkpoint, gaps, last, of, room, run, said, scope, synced

from communitykit.connector import Ignored, Rejected, Slice
from communitykit_matrix.api.messages import read
from communitykit_matrix.wire import is_odd

SPACE = f"!space:{HOME}"
ODD: list[Any] = ["words", {"odd": 1}, [0.5]]
CREATED = event("m.room.create", {"type": "m.space"})
HELD = event("m.space.child", {"via": [HOME]}, state_key=ROOM)


def rule(name: str) -> dict[str, Any]:
    return event("m.room.join_rules", {"join_rule": name}, state_key="")


def in_a_space(listed: Any, *, created: Any = CREATED, asked: dict[str, Any] | None = None) -> list[Any]:
    """List a room that is as open as the space that it is in."""
    space = {"state": {"events": [created, rule("public")]}}
    own = {"state": {"events": [event("m.room.name", {"name": "General"}), rule("restricted")]}}
    below = [{"room_id": SPACE, "children_state": listed}, {"room_id": ROOM}]
    rooms = {"rooms": {"join": {SPACE: space, ROOM: own}}}
    return synced(whole=rooms, below=below, asked={"include_private": True} if asked is None else asked)


def drafts(steps: list[Any]) -> dict[str, dict[str, Any]]:
    return {one["room_id"]: told("room", one)[0] for one in of(steps, "room")}


def test_a_room_that_a_space_holds_is_as_open_as_the_space() -> None:
    found = drafts(in_a_space([HELD]))[ROOM]
    assert (found["parent_id"], found["privacy"]) == (f"matrix:{HOME}:community:{SPACE}", "public")
    for nothing in (None, []):
        found = drafts(in_a_space(nothing))[ROOM]
        assert (found["parent_id"], found["privacy"]) == (None, "private")
        assert gaps(in_a_space(nothing)) == []


@pytest.mark.parametrize("odd", [*ODD, [{**HELD, "content": "odd"}], [{**HELD, "state_key": 5}]])
def test_where_a_spaces_list_cannot_be_read_no_room_is_told_to_be_in_none(odd: Any) -> None:
    steps = in_a_space(odd)
    assert not {"parent_id", "privacy", "name"} & drafts(steps)[ROOM].keys()
    assert "parent_id" not in drafts(steps)[SPACE]
    assert drafts(steps)[SPACE]["privacy"] == "public"
    assert len(gaps(steps)) == 1
    assert ROOM not in drafts(in_a_space(odd, asked={}))  # it may be private
    if isinstance(odd, list):
        found = drafts(in_a_space([*odd, HELD]))[ROOM]
        assert (found["parent_id"], found["privacy"]) == (f"matrix:{HOME}:community:{SPACE}", "public")


def test_a_room_that_may_be_a_space_leaves_open_what_it_holds() -> None:
    steps = in_a_space([HELD], created={**CREATED, "content": None})
    assert not {"parent_id", "privacy"} & drafts(steps)[ROOM].keys()
    assert "kind" not in drafts(steps)[SPACE]


@pytest.mark.parametrize("odd", [*ODD, [0.5, rule("public")]])
def test_state_that_cannot_be_read_resets_nothing(odd: Any) -> None:
    steps = synced(state={"events": odd})
    whole = isinstance(odd, list) and len(odd) > 1
    found = drafts(steps)[ROOM]
    assert not {"name", "topic", "archived", "parent_id"} & found.keys()
    assert found.get("privacy") == ("public" if whole else None)
    assert len(gaps(steps)) == 1
    assert [one for one in synced(state={"events": odd}, asked={}) if isinstance(one, Slice) and not whole] == []


def test_a_room_that_is_no_object_resets_nothing() -> None:
    steps = synced(whole={"rooms": {"join": {ROOM: "odd"}}})
    assert drafts(steps)[ROOM].keys() == {"record", "id", "url"}


@pytest.mark.parametrize("odd", ODD)
def test_a_timeline_that_cannot_be_read_may_hold_newer_state(odd: Any) -> None:
    state = [CREATED, event("m.room.name", {"name": "Old"}), rule("public")]
    steps = synced(state={"events": state}, timeline={"events": odd})
    assert not {"name", "privacy", "archived"} & drafts(steps)[ROOM].keys()
    assert drafts(steps)[ROOM]["kind"] == "space"
    assert len(gaps(steps)) == 1


def test_where_direct_talk_cannot_be_told_a_private_room_keeps_its_kind() -> None:
    marked = {"account_data": {"events": [{"type": "m.direct", "content": {"@bo:x": [0.5]}}]}}
    asked = {"include_private": True, "include_direct": True}
    found = drafts(synced(whole=marked, asked=asked, state={"events": [rule("invite")]}))[ROOM]
    assert not {"kind", "privacy"} & found.keys()


def poll(answers: Any, question: Any = "Tea?") -> dict[str, Any]:
    asked = {"question": {"m.text": [{"body": question}]} if isinstance(question, str) else question}
    return event("m.poll.start", {"m.poll": {**asked, **answers}})


@pytest.mark.parametrize("odd", [*ODD, [{"m.id": "a", "m.text": [0.5]}]])
def test_answers_of_a_poll_that_cannot_be_read_are_left_out(odd: Any) -> None:
    post, issue = told("event", poll({"answers": odd}))
    assert (post["kind"], post["text"]) == ("poll", "Tea?")
    assert "poll" not in post
    assert (issue.reason, issue.native) == ("odd_poll", "$event")
    assert is_odd(poll({"answers": odd}))


@pytest.mark.parametrize("none", [{}, {"answers": None}, {"answers": []}])
def test_a_poll_without_answers_has_none(none: Any) -> None:
    (post,) = told("event", poll(none))
    assert post["poll"] == {"question": "Tea?", "options": []}


@pytest.mark.parametrize("odd", [0.5, {"m.text": [0.5]}, {"odd": 1}])
def test_a_question_that_cannot_be_read_is_left_out(odd: Any) -> None:
    post, issue = told("event", poll({"answers": []}, odd))
    assert isinstance(issue, Rejected)
    assert post["kind"] == "poll"
    assert not {"body", "text", "poll"} & post.keys()
    post, *issues = told("event", event("m.poll.start", {"m.poll": "odd"}))
    assert [one.reason for one in issues] == ["odd_question", "odd_poll"]
    assert not {"body", "text", "poll"} & post.keys()


def test_a_list_of_mentions_with_what_is_none_is_left_out() -> None:
    odd = event("m.room.message", {"body": "x", "m.mentions": {"user_ids": ["@bo:x", 0.5]}})
    post, issue = told("event", odd)
    assert "mentions" not in post
    assert isinstance(issue, Rejected)
    assert is_odd(odd)


VOTES = {
    "m.poll.response": lambda odd: {"m.selections": odd},
    "org.matrix.msc3381.poll.response": lambda odd: {"org.matrix.msc3381.poll.response": {"answers": odd}},
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("kind", VOTES)
def test_a_vote_that_cannot_be_read_is_told(odd: Any, kind: str) -> None:
    def vote(chosen: Any) -> dict[str, Any]:
        relates = {"rel_type": "m.reference", "event_id": "$1"}
        return event(kind, {**VOTES[kind](chosen), "m.relates_to": relates})

    (issue,) = told("event", vote(odd))
    assert isinstance(issue, Rejected)
    assert is_odd(vote(odd))
    voted, issue = told("event", vote(["a", 0.5]))
    assert (voted["detail"], type(issue)) == ("a", Rejected)
    assert told("event", vote([])) == [Ignored("redacted act")]
    assert not is_odd(vote([]))


@pytest.mark.parametrize("odd", [*ODD, "content"])
def test_pins_that_cannot_be_read_take_no_pin_away(odd: Any) -> None:
    now = {"pinned": ["$3", *odd] if isinstance(odd, list) else odd} if odd != "content" else odd
    before = {"prev_content": {"pinned": ["$1"]}}
    pins = event("m.room.pinned_events", {}, state_key="", unsigned=before, event_id="$2") | {"content": now}
    steps, _ = run(read(scope(), room(), checkpoint()), {"messages f s1": {"chunk": [said(1), pins]}})
    assert [one["target"] for one in of(steps, "act")] == (["$3"] if isinstance(odd, list) else [])
    assert last(steps)["odd"] == ["$2"]


def test_an_edit_that_cannot_be_read_is_an_issue_and_had_by_the_next_run() -> None:
    def changed(mentions: Any) -> dict[str, Any]:
        relates = {"rel_type": "m.replace", "event_id": "$1"}
        edit = said(4, "* new", **{"m.relates_to": relates, "m.new_content": {"body": "new", "m.mentions": mentions}})
        return said(1) | {"unsigned": {"m.relations": {"m.replace": edit}}}

    edit = changed({})["unsigned"]["m.relations"]["m.replace"]
    answers: dict[str, Any] = {"messages f s1": {"chunk": [edit]}, "event/%241": changed({"user_ids": [0.5]})}
    steps, _ = run(read(scope(), room(), checkpoint()), answers)
    assert last(steps)["odd"] == ["$1"]
    (issue,) = [one for one in told("event", of(steps, "event")[-1]) if isinstance(one, Rejected)]
    assert issue.reason == "odd_m.mentions"
    answers = {"messages f s9": {"chunk": []}, "event/%241": changed({"user_ids": ["@bo:x"]})}
    steps, asked = run(read(scope(), room(latest=last(steps)["latest"]), last(steps)), answers)
    assert asked == list(answers)
    assert [one["mentions"] for one in told("event", of(steps, "event")[0])] == [({"kind": "member", "id": BO},)]
    assert last(steps).get("odd", []) == []


BO = "matrix:x:member:@bo:x"


@pytest.mark.parametrize("odd", ["no", {"odd": 1}, ["odd"], 0.5])
@pytest.mark.parametrize(
    ("flag", "field"), [("is_guest", "guest"), ("admin", "admin"), ("deactivated", "active"), ("erased", "extra")]
)
def test_a_flag_that_cannot_be_read_leaves_what_was_known(flag: str, field: str, odd: Any) -> None:
    account = {"name": f"@ada:{HOME}", "is_guest": False, "admin": False, "deactivated": False, "erased": False}
    (whole,), (member, rejected) = told("user", account), told("user", {**account, flag: odd})
    assert member == {name: one for name, one in whole.items() if name != field}
    assert isinstance(rejected, Rejected)
