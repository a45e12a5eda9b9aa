"""Nothing good is taken away by what was not understood, not seen, or kept out; what fails costs itself alone."""

from __future__ import annotations

import json
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from matrix_payloads import CONTEXT, HOME, ROOM, event, told
from matrix_rooms import (
    NOW,
    T0,
    at,
    checkpoint,
    gaps,
    last,
    of,
    reacted,
    receipt,
    redacted,
    room,
    run,
    said,
    scope,
    synced,
)

from communitykit import CredentialError, TransientError
from communitykit.connector import Batch, Rejected, Slice, Swept
from communitykit.http.operations import Emit
from communitykit.reading.slices import SliceReading
from communitykit.reading.translation import Page, Translation
from communitykit.sandbox import World, project
from communitykit.testing.reading import Kept, read
from communitykit_matrix import MATRIX
from communitykit_matrix.api.messages import read as read_room
from communitykit_matrix.sandbox import MatrixPlatform
from communitykit_matrix.wire import is_event


def ids(steps: list[Any]) -> list[str]:
    return [one["event_id"] for one in of(steps, "event") if isinstance(one, dict)]


@pytest.mark.parametrize("way", ["b s9", "f s1"])
def test_a_last_page_that_names_itself_is_the_end(way: str) -> None:
    known = checkpoint() if way == "f s1" else None
    end = {"chunk": [], "start": "s0", "end": "s0"}
    answers = {
        "members": {"chunk": []},
        f"messages {way}": {"chunk": [said(1)], "end": "s0"},
        f"messages {way[0]} s0": end,
    }
    steps, asked = run(read_room(scope(), room(), known), answers)
    assert gaps(steps) == []
    assert len(asked) == (2 if known else 3)
    assert "back" not in last(steps)
    again = {"messages f s9": {"chunk": [said(2)], "end": "s0"}, "messages f s0": end}
    steps, _ = run(read_room(scope(), room(latest="$2", token="s12"), last(steps)), again)
    assert (ids(steps), last(steps)["since"]) == (["$2"], "s12")


def test_what_until_kept_out_of_a_rooms_first_page_is_read_by_the_next_run() -> None:
    answers = {"members": {"chunk": []}, "messages b s9": {"chunk": [said(3), said(2), said(1)]}}
    answers["messages f s9"] = {"chunk": []}
    steps, _ = run(read_room(scope(until=at(2)), room(latest="$3"), None), answers)
    assert ids(steps) == ["$2", "$1"]
    steps, _ = run(read_room(scope(), room(latest="$3"), last(steps)), answers)
    assert "$3" in ids(steps)
    assert "back" not in last(steps)
    assert run(read_room(scope(), room(latest="$3"), last(steps)), {}) == ([], [])


def test_a_clock_that_is_years_ahead_holds_nothing_up() -> None:
    wrong = {**said(2), "origin_server_ts": 4_000_000_000_000}
    asked_at = int(NOW.timestamp() * 1000)
    answers = {"messages f s1": {"chunk": [said(1), wrong], "end": "t2"}, "messages f t2": {"chunk": [said(3)]}}
    steps, _ = run(read_room(scope(), room(asked=asked_at), checkpoint()), answers)
    assert ids(steps) == ["$1", "$2", "$3"]
    assert last(steps)["since"] == "s9"


def test_a_clock_that_is_minutes_ahead_is_waited_for_and_holds_nothing_up() -> None:
    early = {**said(2), "origin_server_ts": int(NOW.timestamp() * 1000) + 60_000}
    answers = {"messages f s1": {"chunk": [said(1)], "end": "t1"}, "messages f t1": {"chunk": [early, said(3)]}}
    steps, _ = run(read_room(scope(), room(asked=int(NOW.timestamp() * 1000)), checkpoint()), answers)
    assert ids(steps) == ["$1", "$3"]
    assert last(steps)["since"] == "t1"
    later = scope(until=NOW + timedelta(hours=1))
    answers = {"messages f t1": {"chunk": [early, said(3)]}}
    steps, _ = run(read_room(later, room(token="s12"), last(steps)), answers)
    assert (ids(steps), last(steps)["since"]) == (["$2", "$3"], "s12")


def test_a_checkpoint_of_another_shape_is_begun_anew() -> None:
    answers = {"members": {"chunk": []}, "messages b s9": {"chunk": [said(1)]}}
    steps, asked = run(read_room(scope(), room(), {"v": 1, "since": "s1", "latest": "$last"}), answers)
    assert asked == ["members", "messages b s9"]
    assert last(steps)["v"] == 2


@pytest.mark.parametrize(
    "odd",
    [
        event("m.room.message", {"body": "x", "m.relates_to": ["a", "list"]}),
        event("m.room.message", {"body": "x", "m.relates_to": {"rel_type": ["m.replace"], "event_id": {}}}),
        {name: value for name, value in event("m.room.message", {"body": "x"}).items() if name != "type"},
        event("m.room.name", {}, state_key="") | {"content": None},
        event("m.room.pinned_events", {"pinned": "$1"}, state_key=""),
        event("m.room.pinned_events", {"pinned": [None, {}]}, state_key="", unsigned={"prev_content": {"pinned": 3}}),
        event("m.room.member", {"membership": ["join"]}, state_key=7),
        event("m.reaction", {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$1", "key": {}}}),
        event("m.room.redaction", {"redacts": ["$1"]}, redacts={}),
        event("m.room.message", {"body": "x"}, origin_server_ts="yesterday"),
        event("m.room.message", {"body": "x"}, origin_server_ts=10**30),
        event("m.room.message", {"body": "x"}, unsigned=[]),
        "an event that is a text",
        None,
    ],
)
@pytest.mark.parametrize("way", ["b s9", "f s1"])
def test_an_odd_event_costs_itself_alone(odd: Any, way: str) -> None:
    answers = {"members": {"chunk": [odd]}, f"messages {way}": {"chunk": [said(2), odd, said(1)]}}
    steps, _ = run(read_room(scope(), room(), checkpoint() if way == "f s1" else None), answers)
    assert {"$1", "$2"} <= set(ids(steps))
    again = ["s1"] if way == "f s1" and not is_event(odd) else None  # what is no event is looked at once more
    assert last(steps)["since"] == (again or ["s9"])[0]
    assert last(steps).get("torn") == again or way == "b s9"
    assert {"$1", "$2"} <= {
        one.id.rsplit(":", 1)[1].replace("%24", "$") for one in stored(steps) if one.record == "post"
    }


def stored(steps: list[Any]) -> list[Any]:
    reading = SliceReading(Translation(MATRIX, run_id="run", origin="api"), scope(), "room", slice_=room())
    pages = [reading.page(Emit(step, NOW)) for step in steps]
    return [record for page in pages if isinstance(page, Page) for record in page.records]


ODD = [None, 5, -1, 10**30, True, "x", "", [], {}, [None], ["x"], {"event_id": 3}]


def _mutated(value: Any, random: Random) -> Any:
    made = json.loads(json.dumps(value))
    at_ = made
    while True:
        key = random.choice(list(at_) if isinstance(at_, dict) else list(range(len(at_))))
        if isinstance(at_[key], dict | list) and at_[key] and random.random() < 0.8:
            at_ = at_[key]
            continue
        at_[key] = random.choice(ODD)
        return made


def test_no_event_however_odd_ends_more_than_itself() -> None:
    random = Random(5)  # noqa: S311 # the same oddities in every run
    edit = said(
        8, "new", **{"m.relates_to": {"rel_type": "m.replace", "event_id": "$7"}, "m.new_content": {"body": "n"}}
    )
    rich = said(
        7, "x", **{"m.mentions": {"user_ids": ["@bo:x"]}, "info": {"size": 3}, "filename": "f", "url": "mxc://a"}
    )
    rich["unsigned"] = {"m.relations": {"m.replace": edit}, "redacted_because": None}
    kinds = [rich, edit, reacted(5, "$1"), redacted(6, "$1")]
    pinned = event(
        "m.room.pinned_events", {"pinned": ["$1"]}, state_key="", unsigned={"prev_content": {"pinned": ["$2"]}}
    )
    member = event(
        "m.room.member", {"membership": "join"}, state_key="@bo:x", unsigned={"prev_content": {"membership": "x"}}
    )
    for number in range(600):
        odd = _mutated(random.choice([*kinds, pinned, member]), random)
        way = "b s9" if number % 2 else "f s1"
        changed = {"$1": said(1), "$7": said(7)}
        answers: dict[str, Any] = {"members": {"chunk": [odd]}, f"messages {way}": {"chunk": [said(2), odd]}}
        answers |= {f"event/%24{native[1:]}": one for native, one in changed.items()}
        answers |= {f"event/{native}": said(9) for native in ("x", "%248")}
        steps, _ = run(read_room(scope(), room(), checkpoint() if way == "f s1" else None), answers)
        assert "$2" in ids(steps), odd
        assert any(one.record == "post" and one.id.endswith("$2") for one in stored(steps)), odd


def test_a_message_that_cannot_be_asked_for_is_owed_and_holds_nothing_up() -> None:
    edit = said(10, **{"m.relates_to": {"rel_type": "m.replace", "event_id": "$1"}})
    answers = {"messages f s1": {"chunk": [edit]}, "event/%241": TransientError("no")}
    steps, _ = run(read_room(scope(), room(), checkpoint()), answers)
    assert len(gaps(steps)) == 1
    assert (last(steps)["since"], last(steps)["again"]) == ("s9", ["$1"])
    answers = {"messages f s9": {"chunk": []}, "event/%241": said(1), "event/%2410": edit}
    steps, _ = run(read_room(scope(), room(), last(steps)), answers)
    assert (ids(steps), last(steps)["again"]) == (["$1"], [])


def test_members_that_cannot_be_listed_are_asked_for_later() -> None:
    answers = {"members": TransientError("no"), "messages b s9": {"chunk": [said(1)]}}
    steps, _ = run(read_room(scope(), room(), None), answers)
    assert (ids(steps), len(gaps(steps))) == (["$1"], 1)
    joined = event("m.room.member", {"membership": "join"}, state_key="@bo:x")
    steps, asked = run(
        read_room(scope(), room(latest="$new"), last(steps)),
        {"members": {"chunk": [joined]}, "messages f s9": {"chunk": []}},
    )
    assert asked[0] == "members"
    assert of(steps, "member") == [joined]
    with pytest.raises(CredentialError):
        run(read_room(scope(), room(), None), {"members": CredentialError("no")})


@pytest.mark.parametrize(
    ("asked", "chunk", "sweeps"),
    [
        ({}, [reacted(2, "$1")], True),
        ({"until": at(2)}, [reacted(3, "$1"), reacted(2, "$1")], False),
        ({"since": at(2)}, [reacted(2, "$1")], False),
        ({}, [event("m.reaction", {"m.relates_to": []}), reacted(2, "$1")], False),
        ({}, [None, reacted(2, "$1")], False),
    ],
)
def test_reactions_are_swept_where_all_were_read_and_understood(asked: Any, chunk: list[Any], *, sweeps: bool) -> None:
    answers = {"members": {"chunk": []}, "messages b s9": {"chunk": chunk, "end": "t1"}, "messages b t1": {"chunk": []}}
    answers["messages f t1"] = {"chunk": []}
    steps, _ = run(read_room(scope(**asked), room(), None), answers)
    assert any(isinstance(step, Swept) for step in steps) is sweeps


@pytest.mark.parametrize(
    "part",
    [
        receipt({"$1": {"m.read": {"@bo:hs.example": '{"ts":1}'}}}),
        receipt({"$1": {"m.read": ["@bo:hs.example"]}, "$2": None}),
        receipt(None),
        {"ephemeral": None},
        {"state": {"events": [None, {"type": 5}, event("m.room.name", {}) | {"content": None}]}},
        {"state": {"events": [event("m.space.parent", {"via": []}) | {"state_key": 3}, {"type": "m.room.create"}]}},
        {"state": {"events": [event("m.room.join_rules", {"join_rule": ["public"]})]}},
        {"timeline": {"events": ["x"]}},
        {"timeline": []},
    ],
)
def test_an_odd_part_of_a_room_does_not_keep_it_from_being_read(part: dict[str, Any]) -> None:
    steps = synced(**part)
    assert [step.key for step in steps if isinstance(step, Slice)] == [f"room/{ROOM}"]
    for act in of(steps, "act"):
        with pytest.raises(Rejected):
            told("act", act)
    (found,) = of(steps, "room")
    (community,) = told("room", found)
    assert community["id"] == f"matrix:{HOME}:community:{ROOM}"
    if "state" in part:  # who may read it, nobody knows: what was known stays, and it is read as a private one is
        assert community.get("privacy", "private") == "private"
        assert [step for step in synced(**part, asked={}) if isinstance(step, Slice)] == []


def test_a_name_that_cannot_be_read_is_not_an_empty_one() -> None:
    (found,) = of(synced(state={"events": [event("m.room.name", {}) | {"content": None}]}), "room")
    assert "name" not in told("room", found)[0]
    (found,) = of(synced(state={"events": []}), "room")
    assert told("room", found)[0]["name"] is None


@pytest.mark.parametrize(
    ("content", "lost", "kept"),
    [
        ({"body": 5, "m.mentions": {"room": True}}, {"body", "text"}, "mentions"),
        ({"body": "x", "m.mentions": None}, {"mentions"}, "body"),
        ({"body": "x", "m.mentions": ["@bo:x"]}, {"mentions"}, "body"),
        ({"body": "x", "format": "org.matrix.custom.html", "formatted_body": {}}, {"body"}, "url"),
    ],
)
def test_odd_content_costs_that_part_only(content: dict[str, Any], lost: set[str], kept: str) -> None:
    post, issue = told("event", event("m.room.message", {"msgtype": "m.text", **content}))
    assert isinstance(issue, Rejected)
    assert issue.native == "$event"
    assert not lost & post.keys()
    assert post[kept]
    assert post["created_at"]


def test_a_message_without_content_was_redacted_and_one_with_null_was_not_understood() -> None:
    (post,) = told("event", event("m.room.message", {}))
    assert post["gone"] == "deleted"
    assert "deleted_at" not in post
    with pytest.raises(Rejected):
        told("event", event("m.room.message", {}) | {"content": None})


def edited(number: int, target: str, body: str) -> dict[str, Any]:
    return said(
        number,
        f"* {body}",
        **{"m.relates_to": {"rel_type": "m.replace", "event_id": target}, "m.new_content": {"body": body}},
    )


def test_edits_and_redactions_are_applied_where_the_server_bundles_neither() -> None:
    gone = {**said(1), "content": {}}
    pages = {"messages b s9": {"chunk": [edited(6, "$2", "newest"), redacted(5, "$1")], "end": "t4"}}
    pages["messages b t4"] = {"chunk": [edited(4, "$2", "new"), said(2, "old"), gone]}
    steps, _ = run(read_room(scope(), room(), None), {"members": {"chunk": []}, **pages})
    posts = {one.id[-2:]: one for one in stored(steps) if one.record == "post"}
    assert (posts["$2"].body, posts["$2"].edited_at) == ("newest", at(6))
    assert (posts["$1"].gone, posts["$1"].deleted_at) == ("deleted", at(5))
    others = {**edited(6, "$2", "forged"), "sender": "@eve:aurora.test"}
    pages = {"messages b s9": {"chunk": [others, said(2, "old")]}}
    steps, _ = run(read_room(scope(), room(), None), {"members": {"chunk": []}, **pages})
    assert [one.body for one in stored(steps) if one.record == "post"] == ["old"]


def test_an_edit_that_an_earlier_run_saw_is_asked_for_where_it_is_not_bundled() -> None:
    known = checkpoint(back="t4", pinned=[], related={"$6": ["$2", None, "@ann:aurora.test", T0]}, latest="$last")
    pages = {"messages b t4": {"chunk": [said(2, "old")]}, "event/%246": edited(6, "$2", "new")}
    steps, _ = run(read_room(scope(), room(), known), pages)
    assert [one.body for one in stored(steps) if one.record == "post"] == ["new"]


def world(seed: int = 11) -> World:
    return World(seed=seed, size="tiny", platforms=("matrix",))


def test_a_server_that_bundles_nothing_tells_the_same() -> None:
    made, store = world(), Kept()
    for _ in range(2):
        run_ = store.read(MATRIX, made, options={"bundles": False, "page": 12})
        assert run_.left_out == []
        truth = project(made, MATRIX.capabilities, MatrixPlatform())
        assert [str(one) for one in truth.compare(store.current())] == []
        made.advance(days=5)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_windows_in_any_order_and_then_a_plain_run_equal_a_fresh_full_read(seed: int) -> None:
    random, made = Random(seed), world()  # noqa: S311 # the same windows in every run
    store, options = Kept(), {"page": random.choice([7, 40, 1000])}
    for _ in range(random.randint(1, 4)):
        days = sorted(random.choice([0, 1, 5, 20, 40, 90, 200, 400]) + random.random() for _ in range(2))
        window = {"since": made.now - timedelta(days=days[1]), "until": made.now - timedelta(days=days[0])}
        asked = {name: moment for name, moment in window.items() if random.random() < 0.7}
        assert store.read(MATRIX, made, options=options, **asked).left_out == []
        if random.random() < 0.5:
            made.advance(days=random.choice([1, 3]))
    store.read(MATRIX, made, options=options)
    truth = project(made, MATRIX.capabilities, MatrixPlatform())
    assert [str(one) for one in truth.compare(store.current())] == []
    fresh = Kept()
    fresh.take(read(MATRIX, made).events, made.now)
    assert {one["id"] for one in store.current()["post"]} == {one["id"] for one in fresh.current()["post"]}


def test_batches_hold_what_is_odd_so_that_it_becomes_an_issue() -> None:
    answers = {"members": {"chunk": []}, "messages b s9": {"chunk": [None, said(1)]}}
    steps, _ = run(read_room(scope(), room(), None), answers)
    (batch,) = [step for step in steps if isinstance(step, Batch) and step.kind == "event" and step.items]
    assert batch.items == [None, said(1)]
    assert CONTEXT["room"] == ROOM
