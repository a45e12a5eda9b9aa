"""Archives, pulls and deliveries of two networks come into one store in any order: what is current is the truth."""

from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from communitykit.connector.registry import registry
from communitykit.sandbox import World, project
from communitykit.testing.base import platform_of
from communitykit.testing.doors import _archived, _delivered
from communitykit.testing.reading import Kept

ORDERS = 40
"""For each of the five platforms."""

WANTED = {"include_private": True, "include_direct": True}
ADDED = {"occurred_at", "time_source"}
"""What a delivery knows of a reaction, and no listing: what several sources know adds up."""


def of_network(rows: dict[str, list[dict[str, Any]]], others: set[str]) -> dict[str, list[dict[str, Any]]]:
    """Leave out what is the other company's."""
    return {kind: [row for row in found if row["id"].split(":")[1] not in others] for kind, found in rows.items()}


def networks(platform: Any, world: World) -> set[str]:
    return {platform.network(world, person) for person in world.people} | {platform.network(world)}


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", sorted(name for name, one in registry().connectors.items() if one.sandbox))
def test_any_order_ends_in_the_truth(name: str, tmp_path: Path) -> None:
    declared = registry().get(name)
    platform, random = platform_of(declared), Random(name)  # noqa: S311 # the same each time
    ours, theirs = (World(seed=seed, size="tiny", platforms=(name,)) for seed in (5, 6))
    told: dict[str, Iterable[Any]] = {}
    if declared.archive is not None:
        path = platform.write_archive(ours, tmp_path / "a.zip", style=platform.archive_styles[0], private=True)
        told["import"] = _archived(declared, ours, path, include_private=True)
    changes = ours.advance(14, kinds=frozenset({"posted", "replied", "reacted", "edited"}))
    if declared.webhook is not None:
        told["webhook"] = _delivered(declared, platform, ours, changes)
    apart = networks(platform, ours).isdisjoint(networks(platform, theirs))
    steps = [*told, "ours", "ours", *(["theirs", "theirs"] if apart else [])]
    for number in range(ORDERS):
        store, order = Kept(), random.sample(steps, len(steps))
        for step in order:
            if step in told:
                store.put(told[step], ours.now)
            else:
                store.read(declared, ours if step == "ours" else theirs, force=True, **WANTED)
        for world, other in ((ours, theirs), (theirs, ours))[: 2 if apart else 1]:
            private, direct = (
                one in declared.capabilities.features for one in ("private_communities", "direct_messages")
            )
            truth = project(world, declared.capabilities, platform, private=private, direct=direct)
            rows = of_network(store.current(), networks(platform, other) if apart else set())
            wrong = [one for one in truth.compare(rows) if not (one.field in ADDED and one.expected in {None, "none"})]
            assert [str(one) for one in wrong] == [], (number, order)
