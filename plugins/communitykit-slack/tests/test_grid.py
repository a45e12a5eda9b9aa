"""An organization of several workspaces, read with one token: each its own network, people and shared channels once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import communitykit
from communitykit.sandbox import Call, Server, Site, World, project, serve
from communitykit.store import Store
from communitykit_slack import CAPABILITIES
from communitykit_slack.sandbox import grid, naming

_KINDS = {
    "members": "member",
    "communities": "community",
    "memberships": "membership",
    "posts": "post",
    "events": "event",
}


@pytest.fixture
def world() -> World:
    return World(seed=5, size="tiny", platforms=("slack",))


@pytest.fixture
def server(world: World) -> Iterator[Server]:
    with serve(world, grid.SlackGrid()) as running:
        yield running


def ask(site: Site, method: str, **fields: str) -> Any:
    headers = {"authorization": f"Bearer {site.token}"}
    return json.loads(site.answer(Call("POST", f"/api/{method}", headers, fields=dict(fields))).body)


def test_the_organization_is_what_slack_says_one_is(world: World) -> None:
    site = Site(world, grid.SlackGrid())
    me = ask(site, "auth.test")
    assert me["is_enterprise_install"] is True
    assert me["team_id"] == me["enterprise_id"] == grid.enterprise(world)
    listed = [one["id"] for one in ask(site, "auth.teams.list")["teams"]]
    assert sorted(listed) == sorted(grid.workspaces(world))
    assert ask(site, "conversations.list")["error"] == "missing_argument"
    assert ask(site, "users.list", team_id="T0000000000")["error"] == "team_access_not_granted"
    shown = {one: {row["id"] for row in ask(site, "conversations.list", team_id=one)["channels"]} for one in listed}
    both = shown[listed[0]] & shown[listed[1]]
    assert both == {naming.channel(world, place) for place in world.on("slack") if grid.shared(place)}
    assert all(shown[one] - both for one in listed)


def test_neither_exports_nor_deliveries_are_simulated(world: World, tmp_path: Path) -> None:
    with pytest.raises(NotImplementedError):
        grid.SlackGrid().write_archive(world, tmp_path / "grid.zip")
    with pytest.raises(NotImplementedError):
        grid.SlackGrid().deliveries(world, [])
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_every_workspace_is_read_and_equals_the_truth(world: World, server: Server, tmp_path: Path) -> None:
    asked = {"include_private": True, "include_direct": True}
    for days in (1, 1, 30):
        server.site.advance(days)
        with communitykit.connect("slack", profiles=True, threads="all", lookback="all", **server.settings) as session:
            result = communitykit.pull(session, to=tmp_path / "grid.duckdb", **asked)
        assert {one.status for one in result.coverage} <= {"complete", "denied"}, result
        with Store(tmp_path / "grid.duckdb") as store:
            found = {_KINDS[table]: rows.to_pylist() for table, rows in store.current().items() if table in _KINDS}
        networks = {row["id"].split(":")[1] for row in found["community"]}
        truth = project(world, CAPABILITIES, server.site.platform, private=True, direct=True)
        differences = truth.compare(found)
        assert not differences, "\n".join(str(one) for one in differences[:25])
        assert networks == set(grid.workspaces(world))
        assert not [one for one in found["member"] if one["external"] and one["email"]]


def test_profiles_are_asked_for_once_a_person_and_make_nobody_a_second_time(server: Server, world: World) -> None:
    with communitykit.connect("slack", profiles=True, **server.settings) as session:
        members = {one.id for one in session.records(kinds=("member",)) if isinstance(one, communitykit.Member)}
    assert {one.split(":")[1] for one in members} == {grid.enterprise(world)}
    asked = [one.fields["user"] for one in server.site.requests if one.name == "users.profile.get"]
    assert asked
    assert len(asked) == len(set(asked))
