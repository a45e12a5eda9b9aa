"""What is private stays where it is: a run that did not ask for it neither reads it nor takes it away."""

from __future__ import annotations

from datetime import timedelta

import pytest

from communitykit.connector.declaration import Connector
from communitykit.model.values import JSON
from communitykit.sandbox import Platform, World
from communitykit.testing.base import Checks, between, hold_none
from communitykit.testing.reading import Kept

Rows = dict[str, list[dict[str, JSON]]]

NOTHING: frozenset[str] = frozenset()
"""The changes that happen while time passes and nothing else does."""


class PrivateChecks(Checks):
    """Private communities and direct messages, beside plain runs into the same store."""

    def test_a_plain_run_takes_nothing_private_away(
        self, declared: Connector, platform: Platform, world: World
    ) -> None:
        """Read with `include_private` and `include_direct`, then without: what was not asked for has not gone."""
        store = Kept()
        store.read(declared, world, include_private=True, include_direct=True)
        hidden = _hidden(platform, world)
        before = _about(store.current(), hidden)
        if not before["community"] and not before["post"]:
            pytest.skip(f"{declared.name} reads nothing private, asked for or not")
        for days, kinds in ((0, NOTHING), (7, self.findable(declared))):
            world.advance(days, hours=1, reach=timedelta(days=27), kinds=kinds)
            store.read(declared, world, force=True, settings=self.all_settings(declared))
            hold_none(between(before, _about(store.current(), hidden)))


def _hidden(platform: Platform, world: World) -> frozenset[str]:
    """Return the ids of what not everybody may read: communities and posts."""
    places = [one for one in world.on(platform.name) if platform.privacy(one) != "public"]
    posts = {platform.post_id(world, message) for place in places for message in world.messages(place)}
    return frozenset(posts.union(platform.community_id(world, one) for one in places))


def _about(rows: Rows, ids: frozenset[str]) -> Rows:
    """Return the records that are about one of these."""
    names = ("id", "community_id", "target_id", "root_id")
    return {kind: [row for row in found if not ids.isdisjoint(map(row.get, names))] for kind, found in rows.items()}
