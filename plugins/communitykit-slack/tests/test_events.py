from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

TS = "1512104434.000490"
AT = "1512104999.000100"
WHEN = datetime(2017, 12, 1, 5, 9, 59, 100, tzinfo=UTC)
POST = f"slack:T1:post:C1/{TS}"
MEMBER = "slack:T1:member:U1"


@pytest.fixture
def deliver(translate: Any) -> Any:
    def run(event: dict[str, Any]) -> Any:
        return translate("event", event, origin="webhook", channel=None)

    return run


def test_an_envelope_is_opened(translate: Any) -> None:
    inner = {"type": "message", "channel": "C1", "user": "U1", "text": "x", "ts": TS, "event_ts": TS}
    found = translate(
        "event", {"type": "event_callback", "team_id": "T1", "event": inner}, origin="webhook", channel=None
    )
    assert found.of("post")[0]["id"] == POST


def test_only_events_know_when_somebody_reacted(deliver: Any, translate: Any) -> None:
    item = {"type": "message", "channel": "C1", "ts": TS}
    (added,) = deliver({"type": "reaction_added", "user": "U1", "reaction": "+1", "item": item, "event_ts": AT}).drafts
    (removed,) = deliver(
        {"type": "reaction_removed", "user": "U1", "reaction": "+1", "item": item, "event_ts": AT}
    ).drafts
    assert (added["occurred_at"], added["time_source"], added["active"]) == (WHEN, "event", True)
    assert (removed["id"], removed["active"]) == (added["id"], False)
    assert "occurred_at" not in removed
    message = {"user": "U2", "text": "x", "ts": TS, "reactions": [{"name": "+1", "users": ["U1"], "count": 1}]}
    assert translate("message", message).of("event")[0]["id"] == added["id"]


def test_a_deletion_empties_the_post(deliver: Any) -> None:
    before = {"user": "U1", "text": "secret", "ts": TS, "thread_ts": "1512100000.000100"}
    event = {
        "type": "message",
        "subtype": "message_deleted",
        "channel": "C1",
        "deleted_ts": TS,
        "previous_message": before,
        "event_ts": AT,
    }
    (post,) = deliver(event).of("post")
    assert (post["id"], post["gone"], post["deleted_at"], post["author_id"]) == (POST, "deleted", WHEN, MEMBER)
    assert post["root_id"] == "slack:T1:post:C1/1512100000.000100"
    assert "secret" not in repr(post)


def test_a_change_is_the_post_as_it_is_now(deliver: Any) -> None:
    now = {"type": "message", "user": "U1", "text": "new", "ts": TS, "edited": {"user": "U1", "ts": AT}}
    found = deliver({"type": "message", "subtype": "message_changed", "channel": "C1", "message": now, "event_ts": AT})
    (post,) = found.of("post")
    assert (post["id"], post["text"], post["edited_at"]) == (POST, "new", WHEN)
    assert found.swept == []


def test_a_deleted_root_with_replies_comes_as_a_change(deliver: Any) -> None:
    now = {
        "subtype": "tombstone",
        "user": "USLACKBOT",
        "text": "This message was deleted.",
        "ts": TS,
        "thread_ts": TS,
        "reply_count": 1,
    }
    (post,) = deliver({"type": "message", "subtype": "message_changed", "channel": "C1", "message": now}).of("post")
    assert post["gone"] == "deleted"


def test_joining_and_leaving(deliver: Any) -> None:
    base = {"user": "U1", "channel": "C1", "channel_type": "C", "team": "T1", "event_ts": AT}
    joined = deliver({**base, "type": "member_joined_channel", "inviter": "U2"})
    assert [one["kind"] for one in joined.of("event")] == ["joined", "invited"]
    assert (joined.of("membership")[0]["active"], joined.of("membership")[0]["since"]) == (True, WHEN)
    left = deliver({**base, "type": "member_left_channel"})
    assert [one["kind"] for one in left.of("event")] == ["left"]
    assert (left.of("membership")[0]["active"], left.of("membership")[0]["until"]) == (False, WHEN)
    assert left.of("membership")[0]["id"] == joined.of("membership")[0]["id"]


def test_the_life_of_a_channel(deliver: Any) -> None:
    made = {"id": "C5", "name": "new", "created": 1512104434, "creator": "U1"}
    created = deliver({"type": "channel_created", "channel": made, "event_ts": AT})
    assert (created.of("community")[0]["name"], created.of("event")[0]["detail"]) == ("new", "created")
    renamed = deliver({"type": "channel_rename", "channel": {"id": "C5", "name": "newer"}, "event_ts": AT})
    assert renamed.of("community")[0]["name"] == "newer"
    archived = deliver({"type": "channel_archive", "channel": "C5", "user": "U1", "event_ts": AT})
    assert archived.of("community")[0]["archived"] is True
    back = deliver({"type": "group_unarchive", "channel": "C5", "user": "U1", "event_ts": AT})
    assert back.of("community")[0]["archived"] is False
    deleted = deliver({"type": "channel_deleted", "channel": "C5", "event_ts": AT})
    assert (deleted.of("community")[0]["gone"], deleted.of("event")[0]["detail"]) == ("deleted", "deleted")
    moved = deliver({"type": "channel_id_changed", "old_channel_id": "G1", "new_channel_id": "C5", "event_ts": AT})
    assert moved.of("event")[0]["detail"] == "formerly G1"


def test_people_come_and_change(deliver: Any) -> None:
    user = {"id": "U1", "team_id": "T1", "name": "ann", "deleted": False, "profile": {}}
    joined = deliver({"type": "team_join", "user": user, "event_ts": AT})
    assert joined.of("event", "joined")[0]["target_id"] == "slack:T1:community:T1"
    for kind in ("user_change", "user_profile_changed", "user_status_changed", "user_huddle_changed"):
        assert deliver({"type": kind, "user": {**user, "deleted": True}}).of("member")[0]["active"] is False


def test_pins(deliver: Any) -> None:
    item = {"type": "message", "channel": "C1", "message": {"ts": TS}}
    (added,) = deliver({"type": "pin_added", "user": "U1", "channel_id": "C1", "item": item, "event_ts": AT}).drafts
    (removed,) = deliver({"type": "pin_removed", "user": "U1", "channel_id": "C1", "item": item, "event_ts": AT}).drafts
    assert (added["kind"], added["occurred_at"], added["active"]) == ("pinned", WHEN, True)
    assert (removed["id"], removed["active"]) == (added["id"], False)


def test_user_groups(deliver: Any) -> None:
    event = {
        "type": "subteam_members_changed",
        "subteam_id": "S1",
        "team_id": "T1",
        "added_users": ["U1"],
        "removed_users": ["U2"],
    }
    assert [(one["id"], one["active"]) for one in deliver(event).of("membership")] == [
        ("slack:T1:membership:S1/U1", True),
        ("slack:T1:membership:S1/U2", False),
    ]


@pytest.mark.parametrize(
    "kind", ["app_mention", "link_shared", "file_shared", "emoji_changed", "tokens_revoked", "star_added"]
)
def test_what_is_no_record_is_counted(deliver: Any, kind: str) -> None:
    assert len(deliver({"type": kind, "event_ts": AT}).ignored) == 1


def test_counters_alone_are_no_news(deliver: Any) -> None:
    event = {"type": "message", "subtype": "message_replied", "channel": "C1", "message": {"ts": TS}, "ts": AT}
    assert deliver(event).ignored == ["message_replied"]


def test_an_unknown_event_becomes_an_issue(deliver: Any) -> None:
    assert deliver({"type": "something_of_2030"}).rejected == ["unknown_event"]


def test_an_incomplete_event_becomes_an_issue(deliver: Any) -> None:
    item = {"type": "message", "channel": "C1", "ts": TS}
    assert deliver({"type": "reaction_added", "user": "", "reaction": "+1", "item": item}).rejected == ["incomplete"]
