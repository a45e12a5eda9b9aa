"""Microsoft Graph's part: communities, owners, roles, reports; the right token for the right host."""

from __future__ import annotations

import json
from typing import Any

import pytest

from communitykit import SettingsError
from communitykit.connector import Rejected
from communitykit.connector.settings import load_settings
from communitykit.sandbox import Answer, Fault, World, parse_fault, project
from communitykit.testing.reading import Kept, Run, read
from communitykit_yammer import YAMMER
from communitykit_yammer.sandbox import YammerPlatform


def make_world() -> World:
    return World(seed=5, size="tiny", platforms=("yammer",))


def graph(world: World, *, settings: Any = None, **options: Any) -> Run:
    return read(YAMMER, world, settings=settings, options={"graph": True, **options})


def test_rest_and_graph_complete_one_another() -> None:
    """Communities, people and memberships have the ids that REST alone gives, and know more."""
    world, store = make_world(), Kept()
    run = graph(world)
    store.take(run.events, world.now)
    assert run.left_out == []
    truth = project(world, YAMMER.capabilities, YammerPlatform())
    platform = YammerPlatform()
    apart = {platform.member_id(world, one) for one in world.people if not one.directory_id}
    unexplained = [
        one
        for one in truth.compare(store.current())
        if not (one.record == "membership" and one.expected and one.expected["member_id"] in apart)
        and not (one.record in {"community", "membership"} and "role/" in str(one.found))
    ]
    assert unexplained == [], [str(one) for one in unexplained]
    owners = {
        one.community_id: one.member_id for one in run.records if one.record == "membership" and one.role == "owner"
    }
    for place in world.on("yammer"):
        if place.privacy == "public":
            assert owners[platform.community_id(world, place)] == platform.member_id(world, world.people[place.creator])
    known = {one["id"]: one["directory_id"] for one in store.current()["member"]}
    chief = world.people[0]
    assert known[platform.member_id(world, chief)] == chief.directory_id


def test_a_second_run_without_news_changes_nothing() -> None:
    world, store = make_world(), Kept()
    store.read(YAMMER, world, options={"graph": True})
    before = store.current()
    store.read(YAMMER, world, options={"graph": True})
    assert store.current() == before


@pytest.mark.parametrize("odd", [{"odd": 1}, 0.5, "", None])
def test_a_member_without_a_directory_id_is_told_and_is_nobody(odd: Any) -> None:
    item = {"id": odd, "displayName": "A", "mail": "a@x.example"}
    context = {"network": "1", "group": "3", "role": "member", "people": {"a@x.example": "7"}}
    with pytest.raises(Rejected, match="no_id"):
        list(YAMMER.translators["graph_member"].translate(item, context))


class NamelessOwners(Fault):
    """Owners are listed without ids."""

    def answer(self, _site: Any, call: Any, proceed: Any) -> Answer:
        answer: Answer = proceed()
        if not call.path.endswith("/owners"):
            return answer
        rows = [{**one, "id": {"odd": 1}} for one in json.loads(answer.body)["value"]]
        return Answer.of({"value": rows})


def test_where_an_owner_cannot_be_read_nobody_is_said_to_be_none() -> None:
    world, store = make_world(), Kept()
    how: Any = {"options": {"graph": True}, "force": True}
    store.read(YAMMER, world, **how)
    before = store.current()["membership"]
    world.advance(hours=1, kinds=frozenset())
    run = store.read(YAMMER, world, faults=[NamelessOwners()], **how)
    assert run.left_out
    assert store.current()["membership"] == before


def test_roles_are_groups_of_those_who_have_them() -> None:
    world = make_world()
    run = graph(world)
    names = {one.id: one.name for one in run.records if one.record == "community" and one.kind == "user_group"}
    assert set(names.values()) == {"Network Admin", "Corporate Communicator"}
    admins = {
        one.member_id
        for one in run.records
        if one.record == "membership" and names.get(one.community_id) == "Network Admin"
    }
    platform = YammerPlatform()
    active = [one for one in world.people if "yammer" in one.platforms and one.active and one.directory_id]
    assert admins == {platform.member_id(world, one) for one in active if one.admin}


def test_reports_are_measures_of_people_and_groups() -> None:
    world = make_world()
    run = graph(world)
    reads = [one for one in run.records if one.record == "measure" and one.name == "Read Count"]
    people = {one.subject_id: one.value for one in reads if one.subject_id and ":member:" in one.subject_id}
    assert people
    assert all(value is not None and value >= 3 for value in people.values())
    groups = [one for one in run.records if one.record == "measure" and one.name == "Posted Count" and one.subject_id]
    assert {
        YammerPlatform().community_id(world, place) for place in world.on("yammer") if place.privacy == "public"
    } <= {one.subject_id for one in groups}
    assert {(one.period_end - one.period_start).days for one in groups} == {29}
    assert not any(one.concealed for one in run.records if one.record == "measure")


def test_concealed_names_are_told_and_nobody_is_invented() -> None:
    world = make_world()
    run = graph(world, concealed=True)
    assert any("conceals" in told for told in run.left_out)
    measures = [one for one in run.records if one.record == "measure" and one.concealed]
    assert measures
    assert {one.subject_id for one in measures} == {None}
    labels = {one.subject_label for one in measures}
    assert not labels & {one.display_name for one in run.records if one.record == "member"}


def test_each_host_gets_its_own_token() -> None:
    """The sandbox refuses a token that is for the other resource, and a report's file whoever brings one."""
    world = make_world()
    run = graph(world)
    assert run.site is not None
    assert {logged.status for logged in run.site.requests} == {200, 302}


def test_pages_of_graph_are_followed_to_their_end() -> None:
    world = make_world()
    few = {one.id for one in graph(world, top=2).records}
    assert few == {one.id for one in graph(world).records}


def test_tokens_that_end_in_the_middle_are_renewed_for_both() -> None:
    world, fault = make_world(), parse_fault("expiring=9")
    run = read(YAMMER, world, options={"graph": True, "entra": True}, faults=[fault])
    assert fault.hits
    assert run.left_out == []
    assert run.site is not None
    assert run.site.count("login/organizations/oauth2/v2.0/token") == 2


def test_a_provider_is_asked_for_each_resource_and_again_after_a_refusal() -> None:
    world = make_world()
    asked: list[tuple[str, ...]] = []

    class Provider:
        def get_token(self, *scopes: str) -> tuple[str, float]:
            asked.append(scopes)
            return "eyJnothing.at.all", world.now.timestamp() + 3600

    provider = Provider()
    settings = {"token": None, "token_provider": provider, "graph_token_provider": provider, "graph": True}
    run = graph(world, settings=settings)
    assert any("refused" in told for told in run.left_out)
    assert {scopes[0] for scopes in asked} == {
        "https://api.yammer.com/.default",
        "https://graph.microsoft.com/.default",
    }
    assert len(asked) == 4
    assert "Provider" not in repr(load_settings("yammer", YAMMER.settings, {"token_provider": provider}))


def test_without_a_token_the_error_says_what_to_give() -> None:
    run = read(YAMMER, make_world(), settings={"token": None})
    assert run.events == [] or any("token_provider" in told for told in run.left_out)


@pytest.mark.parametrize("what", ["communities", "reports"])
def test_what_graph_refuses_is_read_without_it(what: str) -> None:
    world = make_world()

    class Refusing(YammerPlatform):
        def open(self, site: Any) -> Any:
            desk = super().open(site)
            inner = desk.graph.answer

            def answer(call: Any) -> Any:
                if what in call.path:
                    body = {"error": {"code": "Forbidden", "message": "no", "innerError": {"code": "AccessDenied"}}}
                    return Answer.of(body, status=403)
                return inner(call)

            desk.graph.answer = answer
            return desk

    run = read(YAMMER, world, options={"graph": True}, platform=Refusing())
    assert any("AccessDenied" in told for told in run.left_out)
    assert any(one.record == "membership" for one in run.records)


class Failing(Fault):
    """Some addresses answer with 500."""

    def __init__(self, part: str) -> None:
        super().__init__()
        self.part = part

    def answer(self, site: Any, call: Any, proceed: Any) -> Answer:
        if self.part not in call.path:
            return proceed()  # type: ignore[no-any-return] # as Fault.answer
        self._met[call.key] += 1
        return Answer.of({"error": {"code": "generalException", "message": "no"}}, status=500)


@pytest.mark.parametrize("part", ["/graph/v1.0/users/", "/api/v1/users.json"])
def test_whoever_cannot_be_joined_is_told_and_neither_lost_nor_there_twice(part: str) -> None:
    """A look-up of an account fails, or REST's list of users: who somebody on Graph is, is not known."""
    world, store = make_world(), Kept()
    store.read(YAMMER, world, options={"graph": True})
    before = {kind: {row["id"] for row in store.current()[kind]} for kind in ("member", "membership")}
    fault = Failing(part)
    run = store.read(YAMMER, world, options={"graph": True}, faults=[fault], force=True)
    assert fault.hits
    assert any("Yammer is not known" in told for told in run.left_out)
    assert {kind: {row["id"] for row in store.current()[kind]} for kind in before} == before


def test_settings_name_what_is_wrong() -> None:
    with pytest.raises(SettingsError, match="reports"):
        load_settings("yammer", YAMMER.settings, {"token": "t", "reports": "D31"})
