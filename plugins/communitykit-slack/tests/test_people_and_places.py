from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest


def user(**more: Any) -> dict[str, Any]:
    profile = {"real_name": "Ann Lee", "display_name": "ann", "title": "Chef", "email": "ann@x.example", "fields": {}}
    flags = {
        "is_admin": False,
        "is_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_bot": False,
    }
    base = {
        "id": "U1",
        "team_id": "T1",
        "name": "ann.lee",
        "deleted": False,
        "tz": "Europe/Paris",
        "updated": 1512104434,
    }
    return {**base, **flags, "profile": profile, **more}


def test_a_user_is_a_member_and_in_the_workspace(translate: Any) -> None:
    found = translate("user", user())
    (member,), (row,) = found.of("member"), found.of("membership")
    assert (member["id"], member["kind"], member["display_name"]) == ("slack:T1:member:U1", "person", "ann")
    assert (member["email"], member["job_title"], member["time_zone"]) == ("ann@x.example", "Chef", "Europe/Paris")
    assert (member["guest"], member["admin"], member["active"], member["external"]) == (False, False, True, False)
    assert member["updated_at"] == datetime(2017, 12, 1, 5, 0, 34, tzinfo=UTC)
    assert (row["community_id"], row["role"], row["active"]) == ("slack:T1:community:T1", "member", True)


def test_of_a_deactivated_user_absent_flags_are_untold(translate: Any) -> None:
    gone = {
        "id": "U2",
        "team_id": "T1",
        "name": "bob",
        "deleted": True,
        "profile": {"real_name": "Bob", "fields": None},
    }
    found = translate("user", gone)
    (member,) = found.of("member")
    assert member["active"] is False
    assert {"guest", "admin", "time_zone", "email", "job_title", "updated_at"}.isdisjoint(member)
    assert found.of("membership")[0]["active"] is False


@pytest.mark.parametrize(
    ("more", "role", "guest"),
    [
        ({"is_owner": True}, "owner", False),
        ({"is_admin": True}, "admin", False),
        ({"is_restricted": True}, "guest", True),
        ({"is_ultra_restricted": True, "is_restricted": True}, "guest", True),
    ],
)
def test_roles(translate: Any, more: dict[str, Any], role: str, *, guest: bool) -> None:
    found = translate("user", user(**more))
    assert found.of("membership")[0]["role"] == role
    assert found.of("member")[0]["guest"] is guest


def test_bots_slackbot_and_strangers(translate: Any) -> None:
    bot, slackbot, stranger = user(id="U3", is_bot=True), user(id="USLACKBOT", updated=0), user(id="U4", team_id="T9")
    found = translate("user", bot, slackbot, stranger)
    assert [one["kind"] for one in found.of("member")] == ["bot", "system", "person"]
    assert "updated_at" not in found.of("member")[1]
    there = found.of("member")[2]
    assert (there["id"], there["external"], there["extra"]) == ("slack:T1:member:U4", True, {"home_team": "T9"})
    assert [one["member_id"] for one in found.of("membership")] == ["slack:T1:member:U3"]


@pytest.mark.parametrize("empty", [{}, [], None])
def test_custom_fields_by_their_ids(translate: Any, empty: Any) -> None:
    fields = {"Xf1": "department", "Xf2": "manager_id"}
    told = {"Xf1": {"value": "Sales", "alt": ""}, "Xf2": {"value": "U7", "alt": ""}}
    (member,) = translate("profile", {"user": "U1", "profile": {"fields": told}}, fields=fields).of("member")
    assert (member["department"], member["manager_id"]) == ("Sales", "slack:T1:member:U7")
    (member,) = translate("profile", {"user": "U1", "profile": {"fields": empty}}, fields=fields).of("member")
    assert (member["department"], member["manager_id"]) == (None, None)


def test_an_exports_message_describes_its_author(translate: Any) -> None:
    profile = {
        "real_name": "Eve",
        "display_name": "",
        "name": "eve",
        "team": "T5",
        "is_restricted": False,
        "is_ultra_restricted": False,
    }
    (member,) = translate("stranger", {"id": "U5", "profile": profile}).of("member")
    assert (member["id"], member["display_name"], member["external"], member["guest"]) == (
        "slack:T1:member:U5",
        "Eve",
        True,
        False,
    )


def test_a_channel(translate: Any) -> None:
    item = {
        "id": "C1", "name": "general", "is_private": False, "is_archived": False, "is_general": True,
        "created": 1512104434, "creator": "U1", "num_members": 7, "topic": {"value": "a &amp; b"},
        "purpose": {"value": ""},
        "previous_names": ["old"], "connected_team_ids": ["T2"], "shared_team_ids": ["T1", "T2"],
    }  # fmt: skip
    (found,) = translate("channel", item, url="https://x.slack.com/").of("community")
    assert (found["id"], found["kind"], found["privacy"], found["name"]) == (
        "slack:T1:community:C1",
        "channel",
        "public",
        "general",
    )
    assert (found["parent_id"], found["is_default"], found["archived"]) == ("slack:T1:community:T1", True, False)
    assert (found["topic"], found["purpose"], found["member_count"]) == ("a & b", None, 7)
    assert (found["previous_names"], found["shared_with"]) == (("old",), ("T2",))
    assert found["url"] == "https://x.slack.com/archives/C1"


def test_what_a_channel_does_not_tell_stays_untold(translate: Any) -> None:
    (found,) = translate("channel", {"id": "C1", "name": "x", "created": 1}, private=True).of("community")
    assert found["privacy"] == "private"
    assert found["created_at"] is None
    assert {"archived", "topic", "member_count", "creator_id", "url"}.isdisjoint(found)


@pytest.mark.parametrize("kind", ["is_im", "is_mpim"])
def test_direct_conversations_have_no_name(translate: Any, kind: str) -> None:
    (found,) = translate("channel", {"id": "D1", kind: True, "name": "mpdm-a--b-1", "user": "U2"}).of("community")
    assert (found["kind"], found["privacy"]) == ("direct", "direct")
    assert "name" not in found


def test_a_shared_channel_belongs_to_its_host(translate: Any) -> None:
    (found,) = translate("channel", {"id": "C1", "name": "x", "conversation_host_id": "T9"}).of("community")
    assert found["id"] == "slack:T9:community:C1"


def test_a_user_group_and_who_is_in_it(translate: Any) -> None:
    item = {
        "id": "S1",
        "team_id": "T1",
        "name": "On duty",
        "handle": "duty",
        "date_create": 1512104434,
        "date_delete": 0,
        "created_by": "U1",
        "users": ["U1", "U2"],
        "user_count": "2",
    }
    found = translate("user_group", item)
    (group,) = found.of("community")
    assert (group["kind"], group["name"], group["member_count"], group["archived"]) == (
        "user_group",
        "On duty",
        2,
        False,
    )
    assert [one["id"] for one in found.of("membership")] == ["slack:T1:membership:S1/U1", "slack:T1:membership:S1/U2"]


@pytest.mark.parametrize("kind", ["user", "channel", "user_group", "profile", "stranger", "bot", "member", "pin"])
def test_nothing_is_made_from_nothing(translate: Any, kind: str) -> None:
    assert len(translate(kind, {}).rejected) == 1
