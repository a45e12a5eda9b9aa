"""What is removed, and what a listing no longer holds, is gone; what it withholds or tells oddly is not."""

from __future__ import annotations

from typing import Any

import pytest
from teams_faults import Altered, altered, differences, native, posts, thread

from communitykit.sandbox import Call, Site, World
from communitykit.testing.reading import Kept, read
from communitykit_teams import TEAMS
from communitykit_teams.sandbox import TeamsPlatform, naming


@pytest.fixture
def world() -> World:
    return World(seed=5, size="tiny", platforms=("teams",))


# Removals that are told beside the payload, and what is gone for good.


def test_what_delta_says_was_removed_is_deleted_and_may_come_back(world: World) -> None:
    store = Kept()
    store.read(TEAMS, world)
    root, replies = thread(store)
    held = posts(store)
    world.advance(1, kinds=frozenset({"replied"}))

    def remove(_site: Site, call: Call, data: Any) -> None:
        if root.split(":post:")[1].rsplit("/", 1)[0] in call.path:
            data["value"].append({"id": native(root), "@removed": {"reason": "deleted"}})

    run = store.read(TEAMS, world, faults=[altered("delta", change=remove)])
    told = [one for one in run.records if one.record == "post" and one.gone == "deleted"]
    assert [(one.id, one.author_id, one.body) for one in told] == [(root, None, None)]
    assert held.keys() - posts(store).keys() == {root}
    assert set(replies) <= posts(store).keys()
    world.advance(8, kinds=frozenset({"posted"}))
    store.read(TEAMS, world, settings={"lookback": "all"})
    assert differences(world, store) == []


def without(key: str) -> Altered:
    """Leave one object out of every listing, and refuse it where it is asked for by its id."""

    def leave_out(_site: Site, _call: Call, data: Any) -> int | None:
        for part in data.get("responses", ()):
            if part["body"].get("id") == key:
                part.update(status=404, body={"error": {"code": "NotFound", "message": "No."}})
        for body in [data, *(part["body"] for part in data.get("responses", ()))]:
            if isinstance(body.get("value"), list):
                body["value"] = [row for row in body["value"] if row.get("id") != key]
        return 404 if data.get("id") == key else None

    return altered("groups", "users", "user", "$batch", change=leave_out)


def there(store: Kept) -> set[str]:
    """Return the ids of members who are active, and of communities."""
    rows = store.current()
    members = {one["id"] for one in rows["member"] if one["active"] is not False}
    return members | {one["id"] for one in rows["community"]}


@pytest.mark.parametrize("what", ["team", "channel", "user"])
def test_what_no_listing_holds_any_more_is_gone_and_may_come_back(world: World, what: str) -> None:
    store = Kept()
    store.read(TEAMS, world)
    platform, network = TeamsPlatform(), naming.tenant(world)
    place = next(one for one in world.on("teams") if naming.standard(one) and not one.default)
    person = next(one for one in world.people if one.kind == "employee" and one.active)
    team, channel = naming.team(world, place), naming.channel(world, place)
    team_id, channel_id = f"teams:{network}:community:{team}", platform.community_id(world, place)
    native, expected = {
        "team": (team, {team_id, channel_id}),
        "channel": (channel, {channel_id}),
        "user": (naming.user(world, person), {platform.member_id(world, person)}),
    }[what]
    before = there(store)
    assert expected <= before
    world.advance(1, kinds=frozenset({"posted"}))
    run = store.read(TEAMS, world, faults=[without(native)])
    assert before - there(store) == expected
    assert run.left_out == []
    world.advance(1, kinds=frozenset({"posted"}))
    store.read(TEAMS, world)
    assert there(store) == before
    assert differences(world, store) == []


def test_what_was_not_asked_for_has_not_vanished(world: World) -> None:
    store = Kept()
    store.read(TEAMS, world, include_private=True)
    place = next(one for one in world.on("teams") if one.default)
    before = there(store)
    asks: list[dict[str, Any]] = [{"communities": (place.name,)}, {}, {"kinds": frozenset({"member"})}]
    for how in asks:
        world.advance(1, kinds=frozenset({"posted"}))
        store.read(TEAMS, world, **how)
        assert before == there(store)


def test_what_a_listing_withholds_has_not_vanished(world: World) -> None:
    def hide(_site: Site, _call: Call, data: Any) -> None:
        for one in data["value"]:
            one["visibility"] = "Private"

    def refuse(_site: Site, _call: Call, data: Any) -> None:
        for one in data["responses"]:
            one.update(status=403, body={"error": {"code": "Forbidden", "message": "No."}})

    def empty(_site: Site, _call: Call, data: Any) -> None:
        data["value"] = []

    store = Kept()
    store.read(TEAMS, world, include_private=True)
    before = there(store)
    for fault in (altered("groups", change=hide), altered("$batch", change=refuse), altered("users", change=empty)):
        world.advance(1, kinds=frozenset({"posted"}))
        store.read(TEAMS, world, faults=[fault])
        assert before == there(store)


@pytest.mark.parametrize("odd", [[None], {"a": 1}, 5, None, ""])
@pytest.mark.parametrize("what", ["groups", "$batch"])
def test_an_odd_id_in_a_listing_makes_nothing_vanish(world: World, what: str, odd: Any) -> None:
    def spoil(_site: Site, call: Call, data: Any) -> None:
        if what == "groups":
            data["value"][0]["id"] = odd
        elif "allChannels" in call.body.decode():
            for one in data["responses"]:
                one["body"]["value"][0]["id"] = odd

    store = Kept()
    store.read(TEAMS, world, include_private=True)
    before = there(store)
    world.advance(1, kinds=frozenset({"posted"}))
    run = store.read(TEAMS, world, include_private=True, faults=[altered(what, change=spoil)])
    assert before == there(store)
    assert any("what stands there has no id" in text for text in run.left_out)


@pytest.mark.parametrize("odd", [[None], {"a": 1}, 5, "the tenant", None])
def test_an_odd_id_of_the_tenant_is_no_network(world: World, odd: Any) -> None:
    def spoil(_site: Site, _call: Call, data: Any) -> None:
        data["value"][0]["id"] = odd

    network = naming.tenant(world)
    run = read(TEAMS, world, faults=[altered("organization", change=spoil)])
    assert {one.id.split(":")[1] for one in run.records if one.record == "community"} == {network}
    run = read(TEAMS, world, faults=[altered("organization", change=spoil)], settings={"tenant": naming.UPN_DOMAIN})
    assert run.records == []
    assert any("nothing tells the id of the tenant" in text for text in run.left_out)
