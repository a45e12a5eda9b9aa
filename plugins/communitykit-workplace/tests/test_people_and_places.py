"""Members, SCIM users, groups, events, pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from communitykit import Member, connect, pull
from communitykit.sandbox import World, serve
from communitykit.store import Store
from communitykit_workplace import WORKPLACE

GUID = "0a1b2c3d-0000-4000-8000-00000000abcd"
V2, V1 = "urn:ietf:params:scim:schemas:extension:", "urn:scim:schemas:extension:"


def test_a_member(translate: Any) -> None:
    item = {
        "id": "5", "name": "Ann Lee", "email": "1@x.emailless.facebook.com", "title": "Head", "department": "Sales",
        "division": "Markets", "external_id": GUID, "account_invite_time": 1500000000, "account_claim_time": 0,
        "managers": {"data": [{"id": "6"}]}, "active": True,
    }  # fmt: skip
    found = translate("member", item)
    (member,) = found.of("member")
    assert member["email"] is None
    assert member["manager_id"] == "workplace:graph:member:6"
    assert member["directory_id"] == GUID
    assert member["extra"] == {"claim_state": "invited"}
    assert [one["detail"] for one in found.of("event")] == ["invited"]


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ({"account_claim_time": "2020-01-01T00:00:00+0000"}, "claimed"),
        ({"account_claim_time": None}, "not invited"),
        ({"account_deactivate_time": "2020-01-01T00:00:00+0000"}, "deactivated"),
        ({"active": False}, "deactivated"),
    ],
)
def test_how_far_an_account_is(translate: Any, told: dict[str, Any], state: str) -> None:
    (member,) = translate("member", {"id": "5", **told}).of("member")
    assert member["extra"]["claim_state"] == state


def test_where_scim_is_read_too_it_alone_tells_what_the_model_has_no_name_for(translate: Any, tmp_path: Path) -> None:
    (member,) = translate("member", {"id": "5", "cost_center": "C7", "claim_state": "x"}, scim=True).of("member")
    assert "extra" not in member
    with (
        serve(World(seed=3, size="tiny", platforms=("workplace",)), WORKPLACE.simulated()) as server,
        connect("workplace", **server.settings) as workplace,
    ):
        first = pull(workplace, tmp_path / "a.duckdb")
        again = pull(workplace, tmp_path / "a.duckdb", force=True)
    assert first.tally.new["members"] > 5
    assert (again.tally.new, again.tally.changed) == ({}, {})
    with Store(tmp_path / "a.duckdb") as store:
        assert any("start_date" in (one.extra or {}) for one in store.records(Member))


def test_somebody_of_another_company_has_a_name_alone(translate: Any) -> None:
    (member,) = translate("profile", {"id": "5", "name": "Ann"}).of("member")
    assert member == {"record": "member", "id": "workplace:graph:member:5", "display_name": "Ann"}
    assert translate("profile", {"name": "Ann"}).rejected == ["no_id"]


@pytest.mark.parametrize(("urn", "number", "boss"), [(V2, "2.0:User", {"value": "6"}), (V1, "1.0", {"managerId": 6})])
def test_scim_of_both_versions(translate: Any, urn: str, number: str, boss: dict[str, Any]) -> None:
    auth = "auth_method" if urn == V1 else "authmethod"
    item = {
        "id": 5 if urn == V1 else "5", "userName": "ann@x.example", "name": {"givenName": "Ann", "familyName": "Lee"},
        "externalId": GUID, "active": True, "timezone": "Europe/Berlin",
        "addresses": [{"formatted": "Other"}, {"formatted": "Hamburg", "country": "Germany", "primary": True}],
        f"{urn}enterprise:{number}": {"department": "Sales", "division": "", "manager": boss, "costCenter": "C7"},
        f"{urn}facebook:starttermdates:{number}": {"startDate": 1600000000, "termDate": 0},
        f"{urn}facebook:accountstatusdetails:{number}": {
            "claimed": False, "invited": True, "inviteDate": "2020-01-01T00:00:00", "claimDate": 0,
            "claimLink": "https://x.workplace.com/claim/secret", "accessCode": "HUSH"},
        f"{urn}facebook:{auth}:{number}": {auth: "sso"},
    }  # fmt: skip
    found = translate("scim_user", item)
    (member,) = found.of("member")
    assert member["display_name"] == "Ann Lee"
    assert (member["department"], member["division"]) == ("Sales", None)
    assert member["manager_id"] == "workplace:graph:member:6"
    assert (member["location"], member["country"]) == ("Hamburg", "Germany")
    assert member["extra"] == {"cost_center": "C7", "start_date": "2020-09-13", "claim_state": "invited"}
    assert [one["detail"] for one in found.of("event")] == ["invited"]
    assert "HUSH" not in str(found.drafts)
    assert "secret" not in str(found.drafts)


def test_scim_without_extensions_tells_nothing_of_them(translate: Any) -> None:
    (member,) = translate("scim_user", {"id": "5", "userName": None, "active": "false"}).of("member")
    assert "department" not in member
    assert "manager_id" not in member
    assert member["active"] is False


def test_a_membership(translate: Any) -> None:
    (found,) = translate("membership", {"id": "5", "administrator": True, "joined": 1600000000}, group="10").drafts
    assert found["role"] == "admin"
    assert found["since"].isoformat() == "2020-09-13T12:26:40+00:00"
    (bare,) = translate("membership", {"id": "5"}, group="10").drafts
    assert "role" not in bare
    assert translate("membership", {"id": "5"}).rejected == ["no_id"]


def test_groups(translate: Any) -> None:
    item = {"id": "10", "name": "Sales", "privacy": "SECRET", "purpose": "WORK_TEAMWORK", "archived": True,
            "members": {"summary": {"total_count": 7}}, "owner": {"id": "5"}, "is_workplace_default": True}  # fmt: skip
    (group,) = translate("group", item, community="1").of("community")
    assert group["privacy"] == "secret"
    assert group["parent_id"] == "workplace:graph:community:1"
    assert (group["member_count"], group["archived"], group["is_default"]) == (7, True, True)
    assert group["extra"] == {"group_purpose": "WORK_TEAMWORK"}
    (below,) = translate("group", {"id": "11"}, community="1", parent="10").of("community")
    assert below["parent_id"] == "workplace:graph:community:10"
    (root,) = translate("group", {"id": "1", "is_community": True}).of("community")
    assert root["kind"] == "network"


def test_events_and_who_answered(translate: Any) -> None:
    item = {"id": "70", "name": "Fair", "start_time": "2020-06-02T08:00+02:00", "place": {"name": "Hall"},
            "attending": {"data": [{"id": "5"}]}, "declined": {"data": [{"id": "6"}]}, "maybe_count": 2}  # fmt: skip
    found = translate("event", item, group="10")
    (post,) = found.of("post")
    assert post["title"] == "Fair"
    assert post["extra"]["event"] == {"start_time": "2020-06-02T06:00:00+00:00", "maybe_count": 2, "place": "Hall"}
    assert "created_at" not in post
    assert {(one["actor_id"][-1], one["detail"]) for one in found.of("event")} == {
        ("5", "attending"),
        ("6", "declined"),
    }
    assert translate("event", {"id": "71", "is_draft": True}).ignored == ["draft"]


def test_the_knowledge_library(translate: Any) -> None:
    tree = [{"type": "paragraph", "children": [{"text": "One"}, {"text": " line"}]}]
    item = {
        "id": "80",
        "title": "Book",
        "content": "<p>All &amp; <b>more</b></p>",
        "status": "PUBLISHED",
        "last_updated": 1600000000,
        "last_editor": {"id": "5"},
        "subcategories": {"data": [{"id": "81", "json_content": tree}, {"id": "82", "status": "DRAFT"}]},
    }
    found = translate("page", item, community="1")
    book, page = found.of("post")
    assert (book["kind"], book["text"], book["body_format"]) == ("article", "All & more", "html")
    assert book["edited_at"].isoformat() == "2020-09-13T12:26:40+00:00"
    assert page["text"].strip() == "One line"
    assert found.ignored == ["draft"]
