"""What a message means, where payloads are odd."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communitykit_yammer.ids import parse_time, rest_id
from communitykit_yammer.sandbox.graph import node_id
from communitykit_yammer.translate.text import said

MESSAGE: dict[str, Any] = {
    "id": 2**53 + 1,
    "sender_id": 20,
    "thread_id": 2**53 + 1,
    "replied_to_id": None,
    "created_at": "2025/01/02 11:00:00 +0000",
    "body": {"parsed": "Hello"},
    "liked_by": {"count": 0, "names": []},
}


def post(translate: Any, *, context: Any = None, **fields: Any) -> dict[str, Any]:
    found = translate("message", {**MESSAGE, **fields}, **(context or {}))
    (one,) = found.of("post")
    return dict(one)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2011/03/29 20:39:12 +0000", datetime(2011, 3, 29, 20, 39, 12, tzinfo=UTC)),
        ("2011-03-29T20:39:12Z", datetime(2011, 3, 29, 20, 39, 12, tzinfo=UTC)),
        ("2011-03-29 20:39:12 UTC", datetime(2011, 3, 29, 20, 39, 12, tzinfo=UTC)),
        ("2011.03.29 20:39:12", datetime(2011, 3, 29, 20, 39, 12, tzinfo=UTC)),
        ("2011-03-29T22:39:12+02:00", datetime(2011, 3, 29, 20, 39, 12, tzinfo=UTC)),
        ("2011/3/29 22:09:12 +01:30", datetime(2011, 3, 29, 20, 39, 12, tzinfo=UTC)),
        ("2011/03/29 13:09:12 -0730", datetime(2011, 3, 29, 20, 39, 12, tzinfo=UTC)),
        ("2011/03/29 20:39:12 +0060", None),
        ("null", None),
        ("", None),
        (None, None),
        ("1970/01/01 00:00:00 +0000", None),
        ("yesterday", None),
    ],
)
def test_times(text: Any, expected: Any) -> None:
    assert parse_time(text) == expected


def test_ids_beyond_what_a_float_holds_stay_exact(translate: Any) -> None:
    assert post(translate)["id"] == "yammer:1:post:9007199254740993"


def test_where_a_message_without_a_group_stands(translate: Any) -> None:
    """Absent: the whole company's feed. Null: the storyline of whoever began the thread."""
    assert post(translate)["community_id"] == "yammer:1:community:all-company"
    assert post(translate, group_id=None)["community_id"] == "yammer:1:community:storyline/20"
    reply = {"id": 9, "thread_id": 5, "replied_to_id": 5, "group_id": None}
    told = post(translate, context={"starters": {"5": 44}}, **reply)
    assert told["community_id"] == "yammer:1:community:storyline/44"
    assert "community_id" not in post(translate, **reply)
    found = translate("message", {**MESSAGE, "group_id": None})
    assert [(one["kind"], one["owner_id"]) for one in found.of("community")] == [("group", "yammer:1:member:20")]


def test_mentions_are_the_tokens_and_those_notified_beside_them(translate: Any) -> None:
    body = {"parsed": "Hi [[user:7]], see [[group:3]] and [[tag:5]] at https://a.example/x."}
    one = post(translate, body=body, notified_user_ids=[7, 8], context={"topics": {"5": "travel"}})
    assert [(mention["kind"], mention["id"]) for mention in one["mentions"]] == [
        ("member", "yammer:1:member:7"),
        ("community", "yammer:1:community:3"),
        ("tag", "yammer:1:topic:5"),
        ("member", "yammer:1:member:8"),
    ]
    assert one["text"] == "Hi @7, see 3 and #travel at https://a.example/x."
    assert one["topics"] == ("travel",)
    assert one["links"] == ("https://a.example/x",)


def test_an_announcement_with_nothing_but_html(translate: Any) -> None:
    body = {"rich": "<p>News &amp; more</p>Second<br>line"}
    one = post(translate, body=body, message_type="announcement", title="News")
    assert (one["kind"], one["title"], one["body_format"]) == ("announcement", "News", "html")
    assert one["text"] == "News & more\nSecond\nline"


def test_questions_polls_praise_and_shares(translate: Any) -> None:
    options = [{"option": 1, "answer": "Yes"}, {"option": 2, "answer": "No", "count": 4}]
    poll = post(translate, message_type="poll", title="Lunch?", poll_options=options)
    assert poll["poll"] == {
        "question": "Lunch?",
        "options": [{"text": "Yes", "votes": None}, {"text": "No", "votes": 4}],
    }
    praise = post(translate, message_type="praise", attachments=[{"type": "praise", "praised_user_ids": [3, 4]}])
    assert praise["praised_ids"] == ("yammer:1:member:3", "yammer:1:member:4")
    assert praise["attachments"] == ()
    assert post(translate, message_type="question")["kind"] == "question"
    assert post(translate, shared_message_id=77)["shared_from_id"] == "yammer:1:post:77"
    assert post(translate, attachments=[{"type": "message", "id": 78}])["shared_from_id"] == "yammer:1:post:78"


def test_a_list_of_likers_that_is_cut_sweeps_nothing(translate: Any) -> None:
    liked = {"count": 3, "names": [{"user_id": 5, "full_name": "A", "network_id": 1}]}
    found = translate("message", {**MESSAGE, "liked_by": liked})
    (event,) = found.of("event")
    assert event["id"] == "yammer:1:event:reacted/9007199254740993/5"
    assert "detail" not in event
    assert "occurred_at" not in event
    assert found.swept == []
    whole = {"count": 1, "names": liked["names"]}
    assert len(translate("message", {**MESSAGE, "liked_by": whole}).swept) == 1


def test_what_yammer_itself_writes_is_nobodys_post(translate: Any) -> None:
    body = {"parsed": "has created the [[group:3]] group."}
    found = translate("message", {**MESSAGE, "system_message": True, "body": body, "group_id": 3})
    assert found.of("post") == []
    (event,) = found.of("event")
    assert (event["kind"], event["detail"]) == ("x-yammer-system", "has created the 3 group.")


@pytest.mark.parametrize("odd", [[None], {"odd": 1}, "odd", 0.5])
def test_only_a_clear_word_makes_a_post_a_notice(translate: Any, odd: Any) -> None:
    found = translate("message", {**MESSAGE, "system_message": odd, "group_id": 3})
    assert found.one("post")["text"] == "Hello"
    assert found.rejected == ["odd_part"]
    noted = translate("message", {**MESSAGE, "system_message": odd, "message_type": "system", "group_id": 3})
    assert noted.of("event") != []


def test_bots_and_guides_are_numbered_apart_from_users(translate: Any) -> None:
    assert post(translate, sender_type="bot")["author_id"] == "yammer:1:member:bot/20"
    assert post(translate, sender_type="guide")["author_id"] == "yammer:1:member:guide/20"
    (bot,) = translate("bot", {"id": 20, "type": "guide", "full_name": "Welcome"}).of("member")
    assert (bot["id"], bot["kind"]) == ("yammer:1:member:guide/20", "bot")


def test_a_reference_tells_nothing_of_what_was_said(translate: Any) -> None:
    short = {**MESSAGE, "type": "message", "body": {"plain": "Hel"}, "group_id": 3}
    (one,) = translate("message_reference", short).of("post")
    assert one.keys() == {"record", "id", "community_id", "author_id", "root_id", "parent_id", "created_at"}


@pytest.mark.parametrize("more", [{}, {"direct_message": True}, {"conversation_id": 8}, {"group_id": None}])
def test_a_reference_stands_where_it_says_and_never_where_it_is_shown(translate: Any, more: Any) -> None:
    short = {"id": 30, "thread_id": 30, "sender_id": 7, "body": {"plain": "Hel"}, **more}
    (one,) = translate("message_reference", short, group="3").of("post")
    places = {"conversation_id": "conversation/8", "group_id": "storyline/7", "direct_message": "conversation/30"}
    where = next((f"yammer:1:community:{places[name]}" for name in more), None)
    assert one.get("community_id") == where
    noted = translate("message_reference", {**short, "system_message": True}, group="3").of("event")
    assert [event["target_id"] for event in noted] == ([where] if where else [])


@pytest.mark.parametrize("item", [{}, {"id": "null"}, {"id": None}, {"id": True}, {"id": -3}])
def test_what_has_no_id_is_rejected(translate: Any, item: Any) -> None:
    for kind in ("message", "message_reference", "user", "group", "bot", "membership"):
        assert translate(kind, item, group="3").rejected == ["no_id"]


def test_a_user_reference_leaves_the_profile_alone(translate: Any) -> None:
    (member,) = translate("user", {"type": "user", "id": 5, "full_name": "A", "state": "active"}).of("member")
    assert member.keys() == {"record", "id", "kind", "display_name", "active"}
    (guest,) = translate("user", {"id": 5, "network_id": 2, "guest": False, "aad_guest": True}).of("member")
    assert (guest["guest"], guest["external"]) == (True, True)


def test_node_ids_both_ways() -> None:
    assert rest_id("eyJfdHlwZSI6Ikdyb3VwIiwiaWQiOiI0NzY5MTM1ODIwOSJ9") == "47691358209"
    assert rest_id(node_id("Group", "8321275")) == "8321275"
    assert [rest_id(one) for one in ("", None, "!!", "eyJ9", 7)] == [None] * 5


@given(st.datetimes(datetime(2008, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 # bounds are naive
def test_both_forms_of_a_time_are_the_same_second(moment: datetime) -> None:
    whole = moment.replace(microsecond=0)
    assert parse_time(whole.strftime("%Y/%m/%d %H:%M:%S +0000")) == whole
    assert parse_time(whole.isoformat()) == whole


@given(st.integers(1, 2**63 - 1))
def test_every_number_survives_a_node_id(number: int) -> None:
    assert rest_id(node_id("Group", str(number))) == str(number)


@given(st.lists(st.one_of(st.text(alphabet="ab [:]\n", max_size=8), st.integers(1, 99).map(lambda n: f"[[user:{n}]]"))))
def test_every_token_is_one_mention_and_none_stays_in_the_text(pieces: list[str]) -> None:
    body = "".join(pieces)
    found = said({"parsed": body}, "1", (), {})
    named = {f"yammer:1:member:{int(piece[7:-2])}" for piece in pieces if piece.startswith("[[user:")}
    assert {one["id"] for one in found.mentions} == named
    assert "[[user:" not in (found.text or "")
    assert found.body == (body or None)
