"""Somebody else's records in the same store, what is deleted as a whole, and what comes back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import timedelta

import pytest

from communitykit.connector.declaration import Connector
from communitykit.model.ids import network_prefix
from communitykit.model.values import JSON
from communitykit.sandbox import Place, Platform, World
from communitykit.sinks import from_json_line, to_json_line
from communitykit.testing.base import Checks, hold_none
from communitykit.testing.reading import Kept

Rows = dict[str, list[dict[str, JSON]]]

NOTHING: frozenset[str] = frozenset()
"""The changes that happen while time passes and nothing else does."""


class NeighbourChecks(Checks):
    """What a run must not touch, and what it must notice as a whole."""

    def test_nothing_of_others_changes(self, declared: Connector, world: World) -> None:
        """Another platform's and another network's records lie in the same store: two pulls leave them as they were."""
        store = Kept()
        first = store.read(declared, world, force=True)
        ours = {network_prefix(declared.name, network) for network in _networks(first.records)}
        store.put(_moved(first.records, platform="neighbour"), world.now)
        store.put(_moved(first.records, network="-two"), world.now)
        before = _others(store.current(), ours)
        assert {row["id"].split(":")[0] for row in before["post"]} == {declared.name, "neighbour"}
        for days in (0, 7):
            if days:
                world.advance(days, reach=timedelta(days=27), kinds=self.findable(declared))
            store.read(declared, world, force=True, settings=self.all_settings(declared))
            assert _others(store.current(), ours) == before

    def test_a_community_that_is_deleted_is_gone_and_one_that_is_restored_is_back(
        self, declared: Connector, platform: Platform, world: World
    ) -> None:
        """With its posts and members, and at no price for the others; who cannot tell that it is gone keeps it."""
        store = Kept()
        store.read(declared, world, force=True)
        place = max(self._closable(declared, world), key=lambda one: sum(1 for _ in world.messages(one)))
        key = platform.community_id(world, place)
        world.close(place)
        world.advance(hours=1, kinds=NOTHING)
        store.read(declared, world, force=True)
        found = self.differences(declared, world, store)
        if "closed_communities" in declared.capabilities.features:
            hold_none([str(one) for one in found])
        else:
            hold_none([str(one) for one in found if not _is_about(one.found or {}, key)])
        world.close(place, closed=False)
        world.advance(hours=1, kinds=NOTHING)
        store.read(declared, world, force=True)
        hold_none([str(one) for one in self.differences(declared, world, store)])

    def test_who_is_no_longer_in_the_directory_is_inactive(
        self, declared: Connector, platform: Platform, world: World
    ) -> None:
        """Somebody's account is deleted: who lists a whole directory knows, and everybody else is as before."""
        if "directory" not in declared.capabilities.features:
            pytest.skip(f"{declared.name} does not claim to list everybody, so nothing tells whose account was deleted")
        store = Kept()
        store.read(declared, world, force=True)
        staff = [one for one in world.people if one.kind == "employee" and one.active and not one.leader]
        person = next(one for one in staff if declared.name in one.platforms and platform.lists(one))
        key = platform.member_id(world, person)
        before = {row["id"]: row for row in store.current()["member"]}
        assert before[key]["active"] is not False
        world.remove(person)
        world.advance(hours=1, kinds=NOTHING)
        store.read(declared, world, force=True)
        after = {row["id"]: row for row in store.current()["member"]}
        assert after.pop(key)["active"] is False
        del before[key]
        assert after == before
        hold_none(self.differences(declared, world, store))

    def _closable(self, declared: Connector, world: World) -> Iterable[Place]:
        return (one for one in world.on(declared.name) if one.privacy == "public" and not (one.default or one.archived))


def _is_about(row: dict[str, JSON], community: str) -> bool:
    return community in {row.get("id"), row.get("community_id"), row.get("target_id")}


def _networks(records: Iterable[JSON]) -> set[str]:
    return {record.id.split(":")[1] for record in records}


def _others(rows: Rows, ours: set[str]) -> Rows:
    return {kind: [row for row in found if not row["id"].startswith(tuple(ours))] for kind, found in rows.items()}


def _moved(records: Iterable[JSON], *, platform: str | None = None, network: str = "") -> list[JSON]:
    """Copy records as another platform, or another network, would have them: with other ids throughout."""

    def other(value: object) -> JSON:
        if isinstance(value, dict):
            return {name: other(one) for name, one in value.items()}
        if isinstance(value, list):
            return [other(one) for one in value]
        if isinstance(value, str) and (match := _ID.match(value)):
            return f"{platform or match[1]}:{match[2]}{network}:{match[3]}:{value[match.end() :]}"
        return value

    return [from_json_line(json.dumps(other(json.loads(to_json_line(one))))) for one in records]


_ID = re.compile(r"([a-z]+):([^:]+):(member|community|post|membership|event|measure):")
