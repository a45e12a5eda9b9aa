"""What a room's flow asks and remembers, step by step."""

from __future__ import annotations

from typing import Any

import pytest
from matrix_payloads import ROOM, event
from matrix_rooms import NOW, T0, at, checkpoint, last, of, reacted, redacted, room, run, said, scope

from communitykit.connector import Gap, Response, Swept
from communitykit.errors import CursorError
from communitykit_matrix.api.messages import read
from communitykit_matrix.api.methods import fault, in_room


def test_a_quiet_room_takes_no_request() -> None:
    assert run(read(scope(), room(latest="$old"), checkpoint()), {}) == ([], [])


def test_a_reaction_taken_back_and_given_again_holds() -> None:
    known = {"$5": ["$1", "+1", "@ann:aurora.test", T0]}
    news = {"chunk": [redacted(10, "$5"), reacted(11, "$1")], "end": "t11"}
    answers = {"messages f s1": news, "messages f t11": {"chunk": []}}
    steps, _ = run(read(scope(), room(), checkpoint(related=known)), answers)
    assert of(steps, "act") == []
    assert [one["event_id"] for one in of(steps, "event")] == ["$10", "$11"]
    assert list(last(steps)["related"]) == ["$11"]
    assert last(steps)["since"] == "s9"


def test_a_reaction_taken_back_is_told_with_what_it_was_about() -> None:
    known = {"$5": ["$1", "+1", "@ann:aurora.test", T0]}
    answers = {"messages f s1": {"chunk": [redacted(10, "$5")]}}
    steps, asked = run(read(scope(), room(), checkpoint(related=known)), answers)
    (act,) = of(steps, "act")
    assert (act["kind"], act["target"], act["key"], act["active"]) == ("reacted", "$1", "+1", False)
    assert asked == ["messages f s1"]


def test_an_edited_or_deleted_message_is_asked_for_again() -> None:
    edit = said(10, **{"m.relates_to": {"rel_type": "m.replace", "event_id": "$1"}})
    answers = {
        "messages f s1": {"chunk": [edit, redacted(11, "$2"), redacted(12, "$3")]},
        "event/%241": said(1, "edited"),
        "event/%242": said(2),
        "event/%243": event("m.room.topic", {}, event_id="$3"),  # its words are taken back, too
    }
    steps, asked = run(read(scope(), room(), checkpoint()), answers)
    assert asked == ["messages f s1", "event/%241", "event/%242", "event/%243"]
    assert [one["event_id"] for one in of(steps, "event")][-3:] == ["$1", "$2", "$3"]


def test_an_edit_taken_back_asks_for_what_it_edited() -> None:
    known = {"$5": ["$1", None, "@ann:aurora.test", T0]}
    answers = {"messages f s1": {"chunk": [redacted(10, "$5")]}, "event/%241": said(1)}
    _, asked = run(read(scope(), room(), checkpoint(related=known)), answers)
    assert asked == ["messages f s1", "event/%241"]


def test_what_comes_after_until_is_left_to_a_later_run() -> None:
    answers = {"messages f s1": {"chunk": [said(1), said(2)], "end": "t2"}, "messages f t2": {"chunk": [said(3)]}}
    steps, _ = run(read(scope(until=at(1)), room(), checkpoint()), answers)
    assert [one["event_id"] for one in of(steps, "event")] == ["$1"]
    assert (last(steps)["since"], last(steps)["latest"]) == ("s1", "")


def test_a_first_run_with_until_reads_on_from_there_later() -> None:
    answers = {
        "members": {"chunk": []},
        "messages b s9": {"chunk": [said(3), said(2)], "end": "t2"},
        "messages b t2": {"chunk": [said(1)]},
        "messages f t2": {"chunk": [said(2), said(3)]},
    }
    steps, _ = run(read(scope(until=at(2)), room(latest="$3"), None), answers)
    assert [one["event_id"] for one in of(steps, "event")] == ["$2", "$1", "$2"]
    assert last(steps)["since"] == "t2"


def test_since_ends_a_walk_and_a_later_run_goes_on() -> None:
    first = {"chunk": [said(3), said(0), said(2)], "end": "t2"}  # one sender's clock is wrong
    answers = {"members": {"chunk": []}, "messages b s9": first, "messages b t2": {"chunk": [said(1)], "end": "t1"}}
    steps, _ = run(read(scope(since=at(2)), room(), None), answers)
    assert last(steps)["back"] == "t1"
    steps, asked = run(read(scope(), room(), last(steps)), {"messages b t1": {"chunk": [said(0)]}})
    assert asked == ["messages b t1"]
    assert "back" not in last(steps)


def test_a_place_that_is_not_known_any_more_begins_anew_and_sweeps_reactions() -> None:
    refused = CursorError("gone")
    answers = {"messages f s1": refused, "members": {"chunk": []}, "messages b s9": {"chunk": [reacted(4, "$1")]}}
    steps, asked = run(read(scope(), room(), checkpoint()), answers)
    assert asked == ["messages f s1", "messages f s1", "members", "messages b s9"]
    swept = [step for step in steps if isinstance(step, Swept)]
    assert [one.within["kind"] for one in swept] == ["reacted"]


def test_pins_are_told_with_who_set_them_last() -> None:
    def pins(number: int, sender: str, now: list[str], before: list[str]) -> dict[str, Any]:
        made = {"event_id": f"${number}", "sender": sender, "state_key": "", "origin_server_ts": T0 + number}
        return event("m.room.pinned_events", {"pinned": now}, **made, unsigned={"prev_content": {"pinned": before}})

    ann, bob = "@ann:aurora.test", "@bob:aurora.test"
    chunk = [pins(4, bob, ["$a"], []), pins(3, bob, [], ["$a"]), pins(2, ann, ["$a"], [])]
    answers = {"members": {"chunk": []}, "messages b s9": {"chunk": chunk}}
    steps, _ = run(read(scope(), room(), None), answers)
    assert {(one["sender"], one.get("active", True)) for one in of(steps, "act")} == {(ann, False), (bob, True)}
    assert last(steps)["pins"] == {"$a": bob}


def test_an_encrypted_room_is_coverage() -> None:
    steps, _ = run(read(scope(), room(encrypted=True, latest="$old"), checkpoint()), {})
    (gap,) = steps
    assert isinstance(gap, Gap)
    assert (gap.status, gap.reason.split(":")[0]) == ("partial", "encrypted")


def test_errors_mean_what_the_specification_says() -> None:
    def error(status: int, data: Any, **params: str | int) -> Any:
        return fault(Response(in_room(ROOM, "messages", **params), status, {}, data, NOW))

    limited = error(429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1500})
    assert limited.retry_after == 1.5
    assert type(error(401, {"errcode": "M_UNKNOWN_TOKEN"})).__name__ == "CredentialError"
    assert type(error(403, {"errcode": "M_FORBIDDEN"})).__name__ == "PermissionMissingError"
    assert type(error(400, {"errcode": "M_UNKNOWN"}, **{"from": "x"})).__name__ == "CursorError"
    assert type(error(400, {"errcode": "M_UNKNOWN"})).__name__ == "ProtocolError"
    assert type(error(200, {"errcode": "M_UNKNOWN"})).__name__ == "TransientError"
    assert error(200, {"chunk": []}) is None


@pytest.mark.parametrize(
    ("status", "codes"),  # "Standard error response": common and other codes, with the statuses they come with
    [
        (400, "BAD_JSON BAD_STATE BAD_STATUS EXCLUSIVE INCOMPATIBLE_ROOM_VERSION INVALID_PARAM NOT_JSON"),
        (400, "CAPTCHA_NEEDED INVALID_ROOM_STATE INVALID_USERNAME MISSING_PARAM UNKNOWN UNKNOWN_POS UNRECOGNIZED"),
        (401, "MISSING_TOKEN UNAUTHORIZED UNKNOWN_TOKEN USER_LOCKED"),
        (403, "CONSENT_NOT_GIVEN FORBIDDEN GUEST_ACCESS_FORBIDDEN INVITE_BLOCKED RESOURCE_LIMIT_EXCEEDED"),
        (403, "SERVER_NOT_TRUSTED USER_DEACTIVATED USER_SUSPENDED WRONG_ROOM_KEYS_VERSION"),
        (404, "NOT_FOUND UNRECOGNIZED"), (405, "UNRECOGNIZED"), (413, "TOO_LARGE"), (429, "LIMIT_EXCEEDED"),
        (500, "UNKNOWN"), (502, "CONNECTION_FAILED"), (504, "CONNECTION_TIMEOUT NOT_YET_UPLOADED"),
    ],
)  # fmt: skip
def test_every_documented_code_has_its_word_and_is_not_to_be_reported(status: int, codes: str) -> None:
    for code in codes.split():
        data = {"errcode": f"M_{code}", "error": "no"}
        found = fault(Response(in_room(ROOM, "messages"), status, {}, data, NOW))
        assert found is not None or status in {401, 403, 404, 429} or status >= 500, code  # the status says it all
        assert found is None or (found.code == f"M_{code}" and "report" not in str(found)), code
