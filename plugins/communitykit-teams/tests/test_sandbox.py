"""The simulated Graph keeps the rules that the documentation states; connectors are held to them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from communitykit.sandbox import Answer, Call, Message, Site, World
from communitykit_teams.sandbox import CLIENT_ID, CLIENT_SECRET, TeamsPlatform, naming

PREFER = {"prefer": "include-unknown-enum-members"}


@pytest.fixture
def world() -> World:
    return World(seed=5, size="tiny", platforms=("teams",))


@pytest.fixture
def site(world: World) -> Site:
    return Site(world, TeamsPlatform(), page=3, messages=4)


def get(
    site: Site, path: str, query: str = "", *, headers: Any = None, method: str = "GET", body: Any = None
) -> Answer:
    given = {"authorization": f"Bearer {site.token}", "content-type": "application/json", **(headers or PREFER)}
    return site.answer(Call.read(method, path, query, given, json.dumps(body).encode() if body is not None else b""))


def data(answer: Answer) -> Any:
    return json.loads(answer.body)


def walk(site: Site, path: str, query: str = "") -> list[Any]:
    """Follow next links to the end."""
    found, link = [], f"{path}?{query}"
    while link:
        parts = urlsplit(link)
        page = data(get(site, parts.path, parts.query))
        found += page["value"]
        link = page.get("@odata.nextLink")
    return found


def default(world: World) -> str:
    place = next(one for one in world.on("teams") if one.default)
    return f"/v1.0/teams/{naming.team(world, place)}/channels/{naming.channel(world, place)}"


def test_pages_are_walked_by_links_without_loss(site: Site, world: World) -> None:
    users = walk(site, "/v1.0/users", "$top=2")
    assert (
        len(users)
        == len({one["id"] for one in users})
        == len([p for p in world.people if p.kind in {"employee", "guest"}])
    )
    roots = walk(site, f"{default(world)}/messages", "$top=50")
    place = next(one for one in world.on("teams") if one.default)
    assert len(roots) == len([one for one in world.scan(place) if not isinstance(one, Message) or one.root is None])
    assert not any("replies" in one for one in roots)


def test_expanded_replies_are_cut_and_lead_on(world: World) -> None:
    site = Site(world, TeamsPlatform(), expand=1)
    roots = walk(site, f"{default(world)}/messages", "$top=50&$expand=replies")
    cut = [one for one in roots if "replies@odata.nextLink" in one]
    assert cut
    parts = urlsplit(cut[0]["replies@odata.nextLink"])
    rest = data(get(site, parts.path, parts.query))["value"]
    assert {one["replyToId"] for one in rest} == {cut[0]["id"]}
    assert cut[0]["replies"][0]["id"] not in {one["id"] for one in rest}


@pytest.mark.parametrize("query", ["$top=51", "$top=0", "$filter=x", "$orderby=x", "$select=id"])
def test_what_messages_do_not_support_is_refused(site: Site, world: World, query: str) -> None:
    assert get(site, f"{default(world)}/messages", query).status == 400


def test_properties_come_when_they_are_selected(site: Site) -> None:
    assert "department" not in data(get(site, "/v1.0/users"))["value"][0]
    assert set(data(get(site, "/v1.0/users", "$select=id,department"))["value"][0]) == {"id", "department"}


def test_newer_kinds_have_names_only_for_those_who_ask(site: Site, world: World) -> None:
    path = default(world)
    plain = data(get(site, f"{path}/messages", "$top=4", headers={"x": "y"}))["value"]
    known = data(get(site, f"{path}/messages", "$top=4"))["value"]
    kinds = {one["messageType"] for page in (plain, known) for one in page if one.get("eventDetail")}
    assert kinds <= {"unknownFutureValue", "systemEventMessage"}
    channels = data(get(site, path.rsplit("/", 1)[0], headers={"x": "y"}))["value"]
    assert "shared" not in {one["membershipType"] for one in channels}


def test_groups_are_filtered(site: Site) -> None:
    every = walk(site, "/v1.0/groups")
    teams = walk(site, "/v1.0/groups", "$filter=resourceProvisioningOptions/Any(x:x eq 'Team')")
    assert len(every) == len(teams) + 1


def test_delta_gives_what_changed_and_a_link_to_what_will(site: Site, world: World) -> None:
    path = f"{default(world)}/messages/delta"
    first = data(get(site, path, "$top=50&$filter=lastModifiedDateTime gt 2026-03-01T00:00:00Z"))
    while "@odata.nextLink" in first:
        parts = urlsplit(first["@odata.nextLink"])
        first = data(get(site, parts.path, parts.query))
    parts = urlsplit(first["@odata.deltaLink"])
    assert data(get(site, parts.path, parts.query))["value"] == []
    place = next(one for one in world.on("teams") if one.default)
    changes = world.advance(2, kinds=frozenset({"edited", "posted"}))
    touched = {str(one.message.root or one.message.at) for one in changes if one.place == place.number and one.message}
    page = data(get(site, parts.path, parts.query))
    found = {one["id"] for one in page["value"]}
    while "@odata.nextLink" in page:
        following = urlsplit(page["@odata.nextLink"])
        page = data(get(site, following.path, following.query))
        found |= {one["id"] for one in page["value"]}
    assert found == touched
    assert touched
    assert get(Site(world, TeamsPlatform(), delta=False), path).status == 400


def test_batches_are_counted_part_by_part(world: World) -> None:
    site = Site(world, TeamsPlatform(), rate=1.0)
    team = next(iter(site.desk.teams))  # type: ignore[attr-defined] # the desk's own
    parts = [{"id": str(n), "method": "GET", "url": f"/teams/{team}/allChannels"} for n in range(6)]
    answers = data(get(site, "/v1.0/$batch", method="POST", body={"requests": parts}))["responses"]
    assert [one["id"] for one in answers] == ["5", "4", "3", "2", "1", "0"]
    assert sorted(one["status"] for one in answers) == [200, 200, 200, 200, 429, 429]  # four a second for one team
    assert all("Retry-After" in one["headers"] for one in answers if one["status"] == 429)
    assert get(site, "/v1.0/$batch", method="POST", body={"requests": parts * 4}).status == 400


def test_the_limits_of_app_and_channel_are_counted_apart(world: World) -> None:
    site = Site(world, TeamsPlatform(), rate=1.0)
    path = f"{default(world)}/messages"
    assert [get(site, path).status for _ in range(6)] == [200] * 4 + [429] * 2
    assert {one.budget for one in site.violations} == {"object"}


@pytest.mark.parametrize(
    ("form", "tenant", "status", "number"),
    [
        ({}, "", 200, None), ({"client_secret": "x"}, "", 401, 7000215), ({"client_id": "x"}, "", 400, 700016),
        ({}, "another", 400, 90002), ({"scope": "User.Read"}, "", 400, 1002012),
        ({"grant_type": "password"}, "", 400, 70003),
    ],
)  # fmt: skip
def test_the_login(site: Site, world: World, form: Any, tenant: str, status: int, number: int | None) -> None:
    fields = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
              "scope": "https://graph.microsoft.com/.default", **form}  # fmt: skip
    path = f"/{tenant or naming.tenant(world)}/oauth2/v2.0/token"
    answer = get(site, path, method="POST", body=fields)
    assert answer.status == status
    assert data(answer).get("error_codes", [None]) == [number]


def test_without_a_good_token_nothing_is_told(site: Site) -> None:
    for headers in ({"authorization": ""}, {"authorization": "Bearer wrong"}):
        answer = get(site, "/v1.0/users", headers=headers)
        assert answer.status == 401
        assert data(answer)["error"]["code"] == "InvalidAuthenticationToken"
    assert get(site, "/v1.0/nothing").status == 400


def test_reports_are_files_behind_a_redirect(site: Site) -> None:
    answer = get(site, "/v1.0/reports/getTeamsUserActivityUserDetail(period='D7')")
    assert answer.status == 302
    parts = urlsplit(answer.headers["location"])
    assert get(site, parts.path, parts.query).status == 400  # a credential does not belong there
    file = get(site, parts.path, parts.query, headers={"authorization": ""})
    assert file.body.startswith(b"\xef\xbb\xbfReport Refresh Date,")


def test_deleted_messages_keep_their_place_and_lose_their_words(site: Site, world: World) -> None:
    place = next(one for one in world.on("teams") if one.default)
    gone = next(one for one in world.messages(place) if not one.live and one.root is None)
    shown = data(get(site, f"{default(world)}/messages/{gone.at}"))
    assert shown["deletedDateTime"]
    assert shown["body"]["content"] == ""
    assert shown["attachments"] == shown["mentions"] == shown["reactions"] == []
