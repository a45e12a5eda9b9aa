"""System messages, users, members, teams, channels and usage reports."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from communitykit_teams.translate.system_messages import RULES

ADA, BOB = {"id": "u1", "displayName": None}, {"id": "u2", "displayName": None}


def system(name: str, **detail: Any) -> dict[str, Any]:
    return {
        "id": "5",
        "messageType": "systemEventMessage",
        "createdDateTime": "2026-01-02T03:04:05Z",
        "from": None,
        "body": {"contentType": "html", "content": "<systemEventMessage/>"},
        "eventDetail": {
            "@odata.type": f"#microsoft.graph.{name}EventMessageDetail",
            "initiator": {"user": BOB, "application": None},
            **detail,
        },
    }


def test_every_documented_kind_has_a_rule() -> None:
    assert len(RULES) == 31


@pytest.mark.parametrize("name", sorted(RULES))
def test_every_kind_becomes_an_event_with_its_time(translate: Any, name: str) -> None:
    events = translate("message", system(name)).of("event")
    assert events
    for event in events:
        assert event["occurred_at"] == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        assert event["community_id"] == "teams:tenant-1:community:19:c@thread.tacv2"


def test_who_was_added_has_joined_and_was_invited(translate: Any) -> None:
    events = translate("message", system("membersAdded", members=[ADA, BOB])).of("event")
    assert [(one["kind"], one["actor_id"][-2:]) for one in events] == [
        ("joined", "u1"),
        ("invited", "u2"),
        ("joined", "u2"),
    ]
    left = translate("message", system("membersDeleted", members=[ADA])).of("event")
    assert [one["kind"] for one in left] == ["left"]


@pytest.mark.parametrize("told", [{"0": ADA}, "u1", ["u1"], [ADA, 1]])
@pytest.mark.parametrize(
    ("name", "members"), [("membersAdded", "members"), ("membersLeft", "members"), ("callEnded", "callParticipants")]
)
def test_who_cannot_be_read_is_nobody_else(translate: Any, name: str, members: str, told: Any) -> None:
    translated = translate("message", system(name, **{members: told}))
    assert (translated.of("event"), translated.rejected) == ([], ["malformed"])


def test_an_unknown_kind_is_a_change_all_the_same(translate: Any) -> None:
    assert translate("message", system("channelPainted")).one("event")["detail"] == "channel painted"
    renamed = translate("message", system("channelRenamed", channelDisplayName="New")).one("event")
    assert renamed["detail"] == "channel renamed: New"


def test_calls_name_who_took_part(translate: Any) -> None:
    told = [{"participant": {"user": ADA}}, {"participant": {"user": BOB}}]
    events = translate("message", system("callEnded", callParticipants=told)).of("event", "x-teams-call")
    assert sorted(one["actor_id"][-2:] for one in events) == ["u1", "u2"]


def test_a_user_with_everything(translate: Any) -> None:
    member = translate(
        "user",
        {
            "id": "u1", "displayName": "Ada", "mail": "ada@x.example", "userPrincipalName": "ada@x.example",
            "userType": "Guest", "accountEnabled": False, "jobTitle": "Engineer", "department": "R&D",
            "companyName": "X", "officeLocation": "Hamburg", "country": "Germany", "employeeId": "A1",
            "employeeOrgData": {"division": "Products"}, "preferredLanguage": "de",
            "createdDateTime": "2020-01-01T00:00:00Z", "manager": {"id": "u2"},
        },
    ).one("member")  # fmt: skip
    assert member["directory_id"] == "u1"
    assert member["manager_id"] == "teams:tenant-1:member:u2"
    assert (member["guest"], member["active"], member["division"]) == (True, False, "Products")
    assert (member["email"], member["location"], member["employee_number"]) == ("ada@x.example", "Hamburg", "A1")


def test_what_was_not_selected_is_not_told(translate: Any) -> None:
    member = translate("user", {"id": "u1", "displayName": "Ada"}).one("member")
    assert set(member) == {"record", "id", "directory_id", "kind", "display_name"}
    assert translate("user", {"id": "u1"}, listed=True).one("member")["manager_id"] is None
    assert translate("user", {"id": "u1", "@removed": {"reason": "deleted"}}).one("member")["active"] is False


@pytest.mark.parametrize(
    ("roles", "role"),
    [([], "member"), (["owner"], "owner"), (["Owner"], "owner"), (["Guest"], "guest"), (["user"], "member"),
     (["Member"], "member"), (None, "member")],
)  # fmt: skip
def test_roles_in_any_spelling(translate: Any, roles: Any, role: str) -> None:
    found = translate("member", {"id": "x", "userId": "u1", "roles": roles, "tenantId": "tenant-1"}, community="team-1")
    assert found.one("membership")["role"] == role
    assert found.of("member") == []


@pytest.mark.parametrize("user", [None, "", 5, ["u1"]])
def test_a_membership_of_nobody_is_an_issue_and_makes_no_member_up(translate: Any, user: Any) -> None:
    found = translate("member", {"id": "MCMj", "userId": user, "roles": []}, community="team-1")
    assert found.rejected == ["no_id"]
    assert found.of("membership") == found.of("member") == []


def test_strangers_are_listed_as_owners_and_own_nothing(translate: Any) -> None:
    item = {"id": "x", "userId": "u9", "roles": ["owner"], "tenantId": "tenant-2", "displayName": "Eve", "email": "e@y"}
    found = translate("member", item, community="19:s")
    assert found.one("membership")["role"] == "guest"
    assert found.one("membership")["member_id"] == "teams:tenant-2:member:u9"
    assert found.one("member")["external"] is True


@pytest.mark.parametrize(
    ("kind", "visibility", "privacy"),
    [("standard", "Public", "public"), ("standard", "Private", "private"), ("private", "Public", "private"),
     ("shared", "Public", "private"), ("standard", "HiddenMembership", "secret"), ("standard", None, None)],
)  # fmt: skip
def test_channels_are_as_open_as_they_are(translate: Any, kind: str, visibility: Any, privacy: Any) -> None:
    item = {"id": "19:c", "displayName": "General", "membershipType": kind, "isArchived": True}
    found = translate("channel", item, visibility=visibility).one("community")
    assert found.get("privacy") == privacy
    assert found["parent_id"] == "teams:tenant-1:community:team-1"
    assert found["archived"] is True


def test_a_report_row_by_column_name(translate: Any) -> None:
    native = "8b081ef6-4792-4def-b2c9-c363a1bf41d5"
    row = {"Report Refresh Date": "2026-03-01", "User Id": native, "User Principal Name": "ada@x.example",
           "Last Activity Date": "2026-02-27", "Post Messages": "3", "New Column": "1.5",
           "Report Period": "7"}  # fmt: skip
    measures = translate("usage", row).of("measure")
    assert {one["name"]: one["value"] for one in measures} == {"Post Messages": 3.0, "New Column": 1.5}
    assert measures[0]["subject_id"] == f"teams:tenant-1:member:{native}"
    assert (measures[0]["period_start"], measures[0]["period_end"]) == (date(2026, 2, 23), date(2026, 3, 1))


def test_concealed_names_are_nobody(translate: Any) -> None:
    row = {"Report Refresh Date": "2026-03-01", "User Id": "A" * 32, "User Principal Name": "B" * 32, "Call Count": "2"}
    (measure,) = translate("usage", row).of("measure")
    assert measure["concealed"] is True
    assert measure["subject_id"] is None
    assert translate("usage", {"Call Count": "2"}).rejected == ["incomplete"]
