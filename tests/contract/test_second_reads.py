"""Windows in odd order, exports that have grown old, another network: nothing that the platform has is called gone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from communitykit.connector.registry import registry
from communitykit.sandbox import CHANGES, World, project
from communitykit.sandbox.world import Size
from communitykit.store.columns import TABLES
from communitykit.testing.base import platform_of
from communitykit.testing.doors import _archived
from communitykit.testing.reading import Kept

SIZE = Size(people=6, posts=40, communities=3, days=90)
STEPS = ("advance", "advance", "window", "window", "window", "plain", "export", "import", "import", "other")
STAYING = frozenset(CHANGES) - {"left", "departed"}
"""Who comes back is gone until the place is read again."""
WANTED = {"include_private": True, "include_direct": True}


def erased(store: Kept, truth: Any) -> list[str]:
    """Name what the platform has and the store has had, and does not call current any more."""
    found = []
    for one in truth.compare(store.current()):
        if not one.field and one.found is None and one.record in {"post", "member", "community", "membership"}:
            stub = " AND NOT stub" if one.record == "member" else ""
            query = f"SELECT 1 FROM {TABLES[one.record]} WHERE id = ?{stub}"  # noqa: S608 # our own names
            found += [str(one)] if store._writer.connection().execute(query, [one.id]).fetchall() else []
    return found


@pytest.mark.parametrize(
    "seeds", [pytest.param(range(1), marks=pytest.mark.slow), pytest.param(range(1, 20), marks=pytest.mark.exhaustive)]
)
@pytest.mark.parametrize("name", sorted(name for name, one in registry().connectors.items() if one.sandbox))
def test_nothing_that_is_there_is_gone(name: str, seeds: range, tmp_path: Path) -> None:
    declared = registry().get(name)
    platform, features = platform_of(declared), declared.capabilities.features
    sight = {"private": "private_communities" in features, "direct": "direct_messages" in features}
    for seed in seeds:
        random, store, exports, told = Random(f"{name}/{seed}"), Kept(), list[Any](), list[str]()  # noqa: S311 # repeatable
        ours, theirs = (World(seed=seed + offset, size=SIZE, platforms=(name,)) for offset in (5, 105))
        for number, step in enumerate(random.choices(STEPS, k=8)):
            told.append(step)
            if step == "advance":
                ours.advance(random.choice([1, 3, 10, 30]), kinds=STAYING)
            elif step == "window":
                ago, to = random.choice([1, 5, 20, 60, 200]), random.choice([None, 0.5, 2, 15, 40])
                until = ours.now - timedelta(days=to) if to and to < ago else None
                looks = {"lookback": random.choice(["1d", "14d", "all"])}
                told.append(f"{ago} to {to}, {looks}")
                settings = looks if "lookback" in declared.settings.model_fields else {}
                since, force = ours.now - timedelta(days=ago), random.random() < 0.6
                store.read(declared, ours, since=since, until=until, settings=settings, force=force, **WANTED)
            elif step == "plain":
                store.read(declared, ours, force=random.random() < 0.6, **WANTED)
            elif step == "other" and platform.network(ours) != platform.network(theirs):
                store.read(declared, theirs, force=True, **WANTED)
            elif step == "export" and declared.archive is not None:
                style = random.choice(platform.archive_styles)
                path = platform.write_archive(ours, tmp_path / f"{seed}-{number}.zip", style=style, private=True)
                exports.append(_archived(declared, ours, path, **WANTED))
            elif step == "import" and exports:
                store.put(random.choice(exports), ours.now)
            assert erased(store, project(ours, declared.capabilities, platform, **sight)) == [], (seed, told)
