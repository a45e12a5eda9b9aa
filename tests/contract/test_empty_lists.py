"""What every workspace and every team has by the platform's own word is missed at a first read already."""

from __future__ import annotations

import pytest

from communitykit.connector.registry import registry
from communitykit.sandbox import World
from communitykit.sandbox.world import Size
from communitykit.testing.base import platform_of
from communitykit.testing.reading import read
from communitykit.testing.spoiling import Emptied

LISTS = {
    "slack": ("conversations.list", "no public channel is listed"),
    "teams": ("$batch", "none is listed, and every team has one"),
}
"""Where communities are listed, by the simulated platform's names, and what is said where none is."""


@pytest.mark.parametrize("platform", LISTS)
def test_what_every_place_has_is_missed(platform: str) -> None:
    (name, said), declared = LISTS[platform], registry().get(platform)
    world = World(seed=5, size=Size(people=5, posts=30, communities=3, days=60), platforms=(platform,))
    fault = Emptied(name)
    told = read(declared, world, options=platform_of(declared).tight, faults=[fault])
    assert fault.hits
    assert any(said in reason for reason in told.left_out), told.left_out
