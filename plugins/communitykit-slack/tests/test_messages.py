from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

TS = "1512104434.000490"
POST = f"slack:T1:post:C1/{TS}"


def message(**more: Any) -> dict[str, Any]:
    return {"type": "message", "user": "U1", "text": "hello", "ts": TS, **more}


def test_a_plain_message(translate: Any) -> None:
    (post,) = translate("message", message()).of("post")
    assert post["id"] == POST
    assert post["author_id"] == "slack:T1:member:U1"
    assert post["community_id"] == "slack:T1:community:C1"
    assert (post["root_id"], post["parent_id"], post["broadcast"]) == (None, None, False)
    assert (post["body"], post["body_format"], post["text"]) == ("hello", "mrkdwn", "hello")
    assert post["created_at"] == datetime(2017, 12, 1, 5, 0, 34, 490, tzinfo=UTC)
    assert post["counts"] == {"replies": 0, "reactions": {}}
    assert (post["edited_at"], post["gone"], post["pinned"]) == (None, None, False)


def test_roots_and_replies(translate: Any) -> None:
    root = message(thread_ts=TS, reply_count=2, latest_reply="1512104500.000100")
    reply = message(ts="1512104500.000100", thread_ts=TS, parent_user_id="U1")
    broadcast = message(ts="1512104600.000100", thread_ts=TS, subtype="thread_broadcast", root={"ts": TS})
    first, second, third = translate("message", root, reply, broadcast).of("post")
    assert (first["root_id"], first["counts"]["replies"]) == (None, 2)
    assert (second["root_id"], second["parent_id"], second["broadcast"]) == (POST, POST, False)
    assert (third["root_id"], third["broadcast"]) == (POST, True)
    assert second["counts"]["replies"] is None


def test_what_a_door_does_not_tell_stays_untold(translate: Any) -> None:
    (archived,) = translate("message", message(), origin="archive").of("post")
    assert "pinned" not in archived
    assert archived["counts"] == {"replies": 0, "reactions": {}}
    (delivered,) = translate("message", message(), origin="webhook").of("post")
    assert "counts" not in delivered
    assert "pinned" not in delivered


def test_doors_agree_on_what_both_tell(translate: Any) -> None:
    item = message(
        edited={"user": "U1", "ts": "1512104999.000000"}, reactions=[{"name": "+1", "users": ["U2"], "count": 1}]
    )
    (api,), (archive,) = (translate("message", item, origin=origin).of("post") for origin in ("api", "archive"))
    assert {name: api[name] for name in api if name != "pinned"} == archive


def test_an_edit_tells_when(translate: Any) -> None:
    (post,) = translate("message", message(edited={"user": "U1", "ts": "1512104999.000000"})).of("post")
    assert post["edited_at"] == datetime(2017, 12, 1, 5, 9, 59, tzinfo=UTC)
    (odd,) = translate("message", message(edited={"user": "U1", "ts": ""})).of("post")
    assert odd["edited_at"] is None


def test_reactions_count_people_and_invent_no_time(translate: Any) -> None:
    reactions = [
        {"name": "+1", "users": ["U1", "U2"], "count": 2},
        {"name": "thumbsup::skin-tone-3", "users": ["U2"], "count": 1},
    ]
    found = translate("message", message(reactions=reactions))
    assert {(one["actor_id"], one["detail"]) for one in found.of("event", "reacted")} == {
        ("slack:T1:member:U1", "+1"),
        ("slack:T1:member:U2", "+1"),
        ("slack:T1:member:U2", "thumbsup::skin-tone-3"),
    }
    assert all("occurred_at" not in one and one["active"] for one in found.of("event"))
    assert [dict(one.within) for one in found.swept if one.record == "event"] == [
        {"kind": "reacted", "target_id": POST}
    ]
    assert found.of("post")[0]["counts"]["reactions"] == {"+1": 2, "thumbsup::skin-tone-3": 1}


def test_a_cut_list_of_reactors_is_not_swept(translate: Any) -> None:
    found = translate("message", message(reactions=[{"name": "+1", "users": ["U1"], "count": 9}]))
    assert len(found.of("event", "reacted")) == 1
    assert [one for one in found.swept if one.record == "event"] == []
    assert found.of("post")[0]["counts"]["reactions"] == {"+1": 9}


def test_a_message_without_reactions_is_swept_too(translate: Any) -> None:
    assert [one.record for one in translate("message", message()).swept] == ["event", "post"]


def test_only_a_root_without_replies_is_swept_of_them(translate: Any) -> None:
    swept = [one for one in translate("message", message()).swept if one.record == "post"]
    assert [dict(one.within) for one in swept] == [{"root_id": POST}]
    for told in ({"thread_ts": message()["ts"], "reply_count": 2}, {"thread_ts": "1500000000.000100"}):
        assert [one for one in translate("message", message(**told)).swept if one.record == "post"] == []


def test_a_bots_words_come_from_blocks_and_attachments(translate: Any) -> None:
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "Alert"}},
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": "*disk* full, <@U2>"},
            "fields": [{"type": "mrkdwn", "text": "host: a"}],
        },
        {"type": "divider"},
    ]
    found = translate("message", message(bot_id="B1", text="", blocks=blocks))
    assert found.of("post")[0]["text"] == "Alert\ndisk full, @U2\nhost: a"
    assert found.of("post")[0]["mentions"][0]["id"] == "slack:T1:member:U2"
    cards = [
        {
            "pretext": "Build",
            "title": "main",
            "title_link": "https://ci.example/1",
            "text": "passed",
            "fields": [{"title": "by", "value": "x"}],
        }
    ]
    old = {
        "type": "message",
        "subtype": "bot_message",
        "bot_id": "B2",
        "username": "ci",
        "text": "",
        "ts": TS,
        "attachments": cards,
    }
    found = translate("message", old, origin="archive")
    (post,) = found.of("post")
    assert post["text"] == "Build\nmain\npassed\nby\nx"
    assert (post["author_id"], post["author_name"]) == ("slack:T1:member:B2", "ci")
    assert post["attachments"][0]["url"] == "https://ci.example/1"
    assert found.of("member") == [{"record": "member", "id": "slack:T1:member:B2", "kind": "bot", "display_name": "ci"}]


def test_rich_text_fills_in_for_an_empty_text(translate: Any) -> None:
    elements = [
        {"type": "text", "text": "see "},
        {"type": "user", "user_id": "U2"},
        {"type": "text", "text": " in "},
        {"type": "channel", "channel_id": "C2"},
        {"type": "link", "url": "https://a.example", "text": "here"},
        {"type": "emoji", "name": "tada"},
        {"type": "broadcast", "range": "here"},
        {"type": "usergroup", "usergroup_id": "S1"},
    ]
    lists = {
        "type": "rich_text_list",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]}],
    }
    blocks = [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}, lists]}]
    (post,) = translate("message", message(text="", blocks=blocks)).of("post")
    assert post["text"] == "see @U2 in #C2here:tada:@here@S1\n• one"
    assert [one["kind"] for one in post["mentions"]] == ["member", "community", "everyone", "user_group"]
    assert post["links"] == ("https://a.example",)


def test_files_lose_the_exports_token(translate: Any) -> None:
    url = "https://files.slack.com/files-pri/T1-F1/plan.pdf?t=xoxe-1-2-3"
    files = [
        {"id": "F1", "name": "plan.pdf", "mimetype": "application/pdf", "size": 9, "url_private": url},
        {"id": "F2", "mode": "tombstone"},
        {"id": "F3", "name": "a.png", "mimetype": "image/png", "permalink": "https://x.slack.com/files/U1/F3/a.png"},
    ]
    (post,) = translate("message", message(files=files)).of("post")
    assert [one["kind"] for one in post["attachments"]] == ["file", "file", "image"]
    assert post["attachments"][0]["url"] == "https://files.slack.com/files-pri/T1-F1/plan.pdf"
    assert "xoxe" not in repr(post)
    assert (post["attachments"][1]["id"], post["attachments"][1]["name"]) == ("F2", None)


def test_a_legacy_file_comment_is_by_who_commented(translate: Any) -> None:
    item = {
        "type": "message",
        "subtype": "file_comment",
        "text": "nice",
        "ts": TS,
        "file": {"id": "F1", "user": "U2", "name": "x"},
        "comment": {"user": "U3", "comment": "nice"},
    }
    (post,) = translate("message", item).of("post")
    assert post["author_id"] == "slack:T1:member:U3"
    assert post["attachments"][0]["id"] == "F1"


def test_a_shared_message_points_to_its_source(translate: Any) -> None:
    card = {
        "is_share": True,
        "is_msg_unfurl": True,
        "channel_id": "C2",
        "ts": "1512100000.000100",
        "text": "old",
        "from_url": "https://x.slack.com/archives/C2/p1512100000000100",
    }
    (post,) = translate("message", message(attachments=[card])).of("post")
    assert post["shared_from_id"] == "slack:T1:post:C2/1512100000.000100"
    assert (post["attachments"][0]["kind"], post["attachments"][0]["text"], post["text"]) == ("link", "old", "hello")


def test_an_address_is_told_where_the_workspace_is_known(translate: Any) -> None:
    reply = message(ts="1512104500.000100", thread_ts=TS)
    first, second = translate("message", message(), reply, url="https://x.slack.com/").of("post")
    assert first["url"] == "https://x.slack.com/archives/C1/p1512104434000490"
    assert second["url"] == f"https://x.slack.com/archives/C1/p1512104500000100?thread_ts={TS}&cid=C1"


def test_a_tombstone_is_a_deleted_post_without_words_or_author(translate: Any) -> None:
    item = message(
        subtype="tombstone",
        user="USLACKBOT",
        text="This message was deleted.",
        hidden=True,
        thread_ts=TS,
        reply_count=3,
    )
    (post,) = translate("message", item).of("post")
    assert post["gone"] == "deleted"
    assert (post["body"], post["text"], post["mentions"]) == (None, None, ())
    assert "author_id" not in post
    assert post["counts"]["replies"] == 3


@pytest.mark.parametrize(
    ("subtype", "more", "kind", "detail"),
    [
        ("channel_join", {}, "joined", None),
        ("group_join", {}, "joined", None),
        ("channel_leave", {}, "left", None),
        ("channel_topic", {"topic": "new &amp; shiny"}, "community_changed", "topic: new & shiny"),
        ("channel_purpose", {"purpose": "talk"}, "community_changed", "purpose: talk"),
        ("channel_name", {"old_name": "a", "name": "b"}, "community_changed", "name: b"),
        ("channel_archive", {"members": ["U1"]}, "community_changed", "archived"),
        ("group_unarchive", {}, "community_changed", "unarchived"),
        ("channel_convert_to_private", {}, "community_changed", "made private"),
        ("bot_add", {"bot_id": "B1"}, "account_changed", "added"),
    ],
)
def test_what_slack_writes_is_an_event(
    translate: Any, subtype: str, more: dict[str, Any], kind: str, detail: str | None
) -> None:
    found = translate("message", message(subtype=subtype, **more))
    (event,) = found.of("event")
    assert (event["kind"], event["detail"], event["actor_id"]) == (kind, detail, "slack:T1:member:U1")
    assert event["occurred_at"] == datetime(2017, 12, 1, 5, 0, 34, 490, tzinfo=UTC)
    assert found.of("post") == []


def test_an_inviter_is_told(translate: Any) -> None:
    found = translate("message", message(subtype="channel_join", inviter="U2"))
    (invited,) = found.of("event", "invited")
    assert (invited["actor_id"], invited["target_id"]) == ("slack:T1:member:U2", "slack:T1:member:U1")


def test_people_react_to_joins(translate: Any) -> None:
    item = message(subtype="channel_join", reactions=[{"name": "wave", "users": ["U2"], "count": 1}])
    (event,) = translate("message", item).of("event", "reacted")
    assert event["target_id"] == POST


def test_a_reaction_to_a_join_can_be_taken_back(translate: Any) -> None:
    assert [one.within for one in translate("message", message(subtype="channel_join")).swept] == [
        {"kind": "reacted", "target_id": POST}
    ]
    assert translate("message", message(subtype="channel_join"), origin="webhook").swept == []


@pytest.mark.parametrize("subtype", [None, "huddle_thread"])
def test_a_huddle_is_an_event_per_person(translate: Any, subtype: str | None) -> None:
    room = {"id": "R1", "created_by": "U1", "date_start": 1512104400, "participant_history": ["U1", "U2"]}
    item = {"type": "message", "user": "USLACKBOT", "text": "", "ts": TS, "room": room}
    found = translate("message", {**item, "subtype": subtype} if subtype else item)
    assert [one["actor_id"] for one in found.of("event", "x-slack-huddle")] == [
        "slack:T1:member:U1",
        "slack:T1:member:U2",
    ]
    assert found.of("post") == []


def test_a_pin_message_and_the_list_of_pins_are_one_event(translate: Any) -> None:
    card = {"channel_id": "C1", "ts": "1444755381.000003", "text": "x"}
    by_message = translate("message", message(subtype="pinned_item", attachments=[card])).of("event", "pinned")
    by_list = translate("pin", {"id": "1444755381.000003", "type": "C", "user": "U1", "created": "1444755463"}).of(
        "event"
    )
    assert by_message[0]["id"] == by_list[0]["id"]
    assert by_list[0]["occurred_at"] == datetime(2015, 10, 13, 16, 57, 43, tzinfo=UTC)


@pytest.mark.parametrize(
    "subtype", ["reminder_add", "slackbot_response", "something_new_in_2030", "me_message", "file_share"]
)
def test_other_subtypes_are_posts_known_or_not(translate: Any, subtype: str) -> None:
    assert translate("message", message(subtype=subtype)).unique("post") == 1


@pytest.mark.parametrize("ts", ["soon", "", None, 1512104434.00049])
def test_an_edit_at_an_unreadable_time_costs_its_time_only(translate: Any, ts: Any) -> None:
    (post,) = translate("message", message(edited={"user": "U1", "ts": ts})).of("post")
    assert post["edited_at"] is None


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"type": "message", "text": "x", "user": "U1"}, "bad_ts"),
        ({"type": "message", "text": "x", "user": "U1", "ts": "soon"}, "bad_ts"),
        ({"type": "message", "ts": TS}, "empty"),
    ],
)
def test_what_cannot_be_a_record_is_rejected_with_a_reason(translate: Any, item: Any, reason: str) -> None:
    assert translate("message", item).rejected == [reason]


def test_a_place_must_be_known(translate: Any) -> None:
    assert translate("message", message(), team=None).rejected == ["no_place"]


def test_unknown_fields_change_nothing(translate: Any) -> None:
    assert translate("message", message(brand_new={"x": 1})).drafts == translate("message", message()).drafts
