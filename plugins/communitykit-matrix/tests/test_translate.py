"""What payloads mean that the fictional company does not send."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from matrix_payloads import HOME, ROOM, event, told

from communitykit.connector import Ignored
from communitykit_matrix.ids import home_of, room_id


def message(content: dict[str, Any], **more: Any) -> dict[str, Any]:
    (post,) = told("event", event("m.room.message", content, **more))
    return dict(post)


def test_a_room_without_a_server_is_at_home_with_its_reader() -> None:
    assert home_of("!abc", HOME) == HOME
    assert room_id(HOME, "!abc") == "matrix:aurora.test:community:!abc"
    assert room_id(HOME, "!abc:else.test", "post", "$1") == "matrix:else.test:post:$1"


def test_a_time_keeps_its_milliseconds() -> None:
    assert message({"msgtype": "m.text", "body": "a"})["created_at"] == datetime(
        2023, 11, 14, 22, 13, 20, 123_000, tzinfo=UTC
    )


def test_a_plain_reply_answers_without_a_thread_and_without_the_quotation() -> None:
    answers = {"m.in_reply_to": {"event_id": "$first"}}
    post = message(
        {"msgtype": "m.text", "body": "> <@bob:aurora.test> first\n> more\n\nI agree", "m.relates_to": answers}
    )
    assert (post["root_id"], post["parent_id"]) == (None, "matrix:aurora.test:post:$first")
    assert post["text"] == "I agree"


def test_a_reply_inside_a_thread_knows_both() -> None:
    relates = {"rel_type": "m.thread", "event_id": "$root", "m.in_reply_to": {"event_id": "$other"}}
    post = message({"msgtype": "m.text", "body": "yes", "m.relates_to": {**relates, "is_falling_back": False}})
    assert (post["root_id"], post["parent_id"]) == ("matrix:aurora.test:post:$root", "matrix:aurora.test:post:$other")


def test_the_edit_that_counts_is_what_a_message_says() -> None:
    edit = event("m.room.message", {"m.new_content": {"body": "right"}}, origin_server_ts=1_700_000_060_000)
    post = message({"body": "wrong"}, unsigned={"m.relations": {"m.replace": edit}})
    assert post["text"] == "right"
    assert post["edited_at"] == datetime(2023, 11, 14, 22, 14, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content", "mentions"),
    [
        ({"m.mentions": {"user_ids": ["@bob:else.test"]}}, [("member", "matrix:else.test:member:@bob:else.test")]),
        ({"m.mentions": {"room": True}}, [("everyone", None)]),
        ({"m.mentions": {}, "formatted_body": '<a href="https://matrix.to/#/@bob:aurora.test">Bob</a>'}, []),
        (
            {"formatted_body": '<a href="https://matrix.to/#/%40bob%3Aaurora.test">Bob</a>'},
            [("member", "matrix:aurora.test:member:@bob:aurora.test")],
        ),
        (
            {"formatted_body": '<a href="https://matrix.to/#/!x:aurora.test?via=a">x</a>'},
            [("community", "matrix:aurora.test:community:!x:aurora.test")],
        ),
        ({"formatted_body": '<mx-reply><a href="https://matrix.to/#/@bob:aurora.test">B</a></mx-reply>yes'}, []),
    ],
)
def test_mentions(content: dict[str, Any], mentions: list[tuple[str, str | None]]) -> None:
    post = message({"body": "x", "format": "org.matrix.custom.html", **content})
    assert [(one["kind"], one.get("id")) for one in post["mentions"]] == mentions


def test_a_file_without_a_caption_says_nothing() -> None:
    file = {"msgtype": "m.image", "body": "cat.png", "url": "mxc://a/b", "info": {"mimetype": "image/png", "size": 3}}
    post = message(file)
    assert post["text"] == ""
    assert post["attachments"] == (
        {"kind": "image", "name": "cat.png", "url": "mxc://a/b", "mime_type": "image/png", "size": 3},
    )
    assert message({**file, "filename": "cat.png", "body": "My cat"})["text"] == "My cat"


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (
            "m.poll.start",
            {
                "m.poll": {
                    "question": {"m.text": [{"body": "Tea?"}]},
                    "answers": [{"m.id": "a", "m.text": [{"body": "Yes"}]}],
                }
            },
        ),
        (
            "org.matrix.msc3381.poll.start",
            {
                "org.matrix.msc3381.poll.start": {
                    "question": {"org.matrix.msc1767.text": "Tea?"},
                    "answers": [{"id": "a", "org.matrix.msc1767.text": "Yes"}],
                }
            },
        ),
    ],
)
def test_polls_of_either_form(kind: str, content: dict[str, Any]) -> None:
    (post,) = told("event", event(kind, content))
    assert (post["kind"], post["text"]) == ("poll", "Tea?")
    assert post["poll"] == {"question": "Tea?", "options": [{"text": "Yes"}]}


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("m.poll.response", {"m.selections": ["a"]}),
        ("org.matrix.msc3381.poll.response", {"org.matrix.msc3381.poll.response": {"answers": ["a"]}}),
    ],
)
def test_a_vote(kind: str, answer: dict[str, Any]) -> None:
    relates = {"rel_type": "m.reference", "event_id": "$poll"}
    (vote,) = told("event", event(kind, {**answer, "m.relates_to": relates}))
    assert (vote["kind"], vote["detail"], vote["target_id"]) == ("voted", "a", "matrix:aurora.test:post:$poll")


def test_an_encrypted_message_has_an_author_and_no_words() -> None:
    (post,) = told("event", event("m.room.encrypted", {"ciphertext": "x", "algorithm": "m.megolm.v1.aes-sha2"}))
    assert post["author_id"] == "matrix:aurora.test:member:@ann:aurora.test"
    assert post["extra"] == {"encrypted": True}
    assert {"body", "text"} & post.keys() == set()


def test_a_redacted_message_is_a_tombstone() -> None:
    because = event("m.room.redaction", {}, origin_server_ts=1_700_000_060_000)
    post = message({}, unsigned={"redacted_because": because})
    assert (post["gone"], post["deleted_at"]) == ("deleted", datetime(2023, 11, 14, 22, 14, 20, tzinfo=UTC))


@pytest.mark.parametrize(
    ("now", "before", "sender", "expected"),
    [
        ("join", None, "@bob:aurora.test", ("joined", None)),
        ("join", "leave", "@bob:aurora.test", ("joined", None)),
        ("leave", "join", "@bob:aurora.test", ("left", None)),
        ("leave", "join", "@ann:aurora.test", ("left", "kicked")),
        ("ban", "join", "@ann:aurora.test", ("left", "banned")),
        ("invite", None, "@ann:aurora.test", ("invited", None)),
        ("leave", "invite", "@bob:aurora.test", None),
        ("ban", "leave", "@ann:aurora.test", None),
        ("knock", None, "@bob:aurora.test", None),
        ("join", "join", "@bob:aurora.test", None),
    ],
)
def test_coming_and_going(now: str, before: str | None, sender: str, expected: tuple[str, str | None] | None) -> None:
    unsigned = {"prev_content": {"membership": before}} if before else {}
    item = event("m.room.member", {"membership": now}, state_key="@bob:aurora.test", sender=sender, unsigned=unsigned)
    (found,) = told("event", item)
    if expected is None:
        assert found == Ignored("membership")
        return
    assert (found["kind"], found["detail"]) == expected
    acting = sender if now == "invite" else "@bob:aurora.test"
    assert found["actor_id"] == f"matrix:aurora.test:member:{acting}"


def test_a_new_name_does_not_make_a_membership_begin_anew() -> None:
    was = {"prev_content": {"membership": "join"}}
    item = event("m.room.member", {"membership": "join"}, state_key="@bob:aurora.test", unsigned=was)
    (membership,) = told("member", item)
    assert membership["active"] is True
    assert "since" not in membership


def test_people_of_other_servers_are_known_by_their_rooms() -> None:
    item = event("m.room.member", {"membership": "join", "displayname": "Zed"}, state_key="@zed:else.test")
    member, membership = told("member", item)
    assert (member["id"], member["external"]) == ("matrix:else.test:member:@zed:else.test", True)
    assert membership["id"] == f"matrix:aurora.test:membership:{ROOM}/@zed:else.test"


@pytest.mark.parametrize(
    ("account", "kind"),
    [
        ({"name": "@ann:aurora.test"}, "person"),
        ({"name": "@buildbot:aurora.test"}, "bot"),
        ({"name": "@bot-seven:aurora.test"}, "bot"),
        ({"name": "@helper:aurora.test", "user_type": "bot"}, "bot"),
        ({"name": "@helper:aurora.test", "user_type": "support"}, "person"),
    ],
)
def test_bots_by_the_declared_patterns(account: dict[str, Any], kind: str) -> None:
    (member,) = told("user", account)
    assert member["kind"] == kind


def test_an_erased_account_is_inactive_and_nameless() -> None:
    (member,) = told("user", {"name": "@eve:aurora.test", "displayname": None, "deactivated": True, "erased": True})
    assert (member["active"], member["display_name"], member["extra"]) == (False, None, {"erased": True})
    assert "created_at" not in member


def test_a_first_name_is_no_change_and_a_tombstone_is() -> None:
    assert told("event", event("m.room.name", {"name": "A"}, state_key="")) == [Ignored("other")]
    renamed = event("m.room.name", {"name": "B"}, state_key="", unsigned={"prev_content": {"name": "A"}})
    assert [one["detail"] for one in told("event", renamed)] == ["B"]
    (closed,) = told("event", event("m.room.tombstone", {"body": "Moved"}, state_key=""))
    assert closed["kind"] == "community_changed"


def test_what_applications_send_is_ignored_knowingly() -> None:
    assert told("event", event("m.call.invite", {})) == [Ignored("other")]
    assert told("event", event("m.reaction", {})) == [Ignored("redacted act")]
