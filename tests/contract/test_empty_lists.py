"""A list of communities that is empty all at once: a company's communities do not go together, so none is gone."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from communitykit.connector.payload import as_mapping
from communitykit.connector.registry import registry
from communitykit.sandbox import Answer, Call, Fault, Site, World
from communitykit.sandbox.world import Size
from communitykit.testing.base import platform_of
from communitykit.testing.reading import Kept
from communitykit.testing.spoiling import decoded

LISTS = {
    "slack": ("conversations.list", "no public channel is listed"),
    "teams": ("groups", "none is listed"),
    "teams-channels": ("$batch", "none is listed, and every team has one"),
    "workplace": ("graph/community/groups", "no group is listed"),
    "yammer": ("api/v1/groups.json", "no group is listed"),
}
"""Where communities are listed, by the simulated platform's names, and what is said where none is."""


class Emptied(Fault):
    """Takes everything out of one list."""

    def __init__(self, name: str) -> None:
        super().__init__(share=1.0)
        self.name = name

    def answer(self, site: Site, call: Call, proceed: Any) -> Answer:
        answer: Answer = proceed()
        if site.desk.name(call) != self.name:
            return answer
        data = decoded(answer)
        together = [one["body"]["value"] for one in as_mapping(data).get("responses", ()) if "value" in one["body"]]
        for items in [*site.platform.lists_in(data).values(), *together]:
            self._met[call.key] += len(items)
            items.clear()
        return Answer(answer.status, json.dumps(data).encode(), answer.headers)


@pytest.mark.slow
@pytest.mark.parametrize("which", LISTS)
def test_nothing_is_gone_where_nothing_at_all_is_listed(which: str) -> None:
    (name, said), declared = LISTS[which], registry().get(which.partition("-")[0])
    size = Size(people=5, posts=30, communities=3, days=60)
    world, store = World(seed=5, size=size, platforms=(declared.name,)), Kept()
    options = platform_of(declared).tight
    store.read(declared, world, options=options)
    before = {kind: len(rows) for kind, rows in store.current().items()}
    fault = Emptied(name)
    told = store.read(declared, world, options=options, faults=[fault], force=True, ahead=timedelta(hours=30))
    assert fault.hits
    assert any(said in reason for reason in told.left_out), told.left_out
    after = {kind: len(rows) for kind, rows in store.current().items()}
    assert after == before
