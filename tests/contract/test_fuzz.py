"""Whatever stands in a payload: it is told, and costs itself alone."""

import copy
import json
import os
from collections import Counter
from datetime import UTC, datetime
from itertools import count
from random import Random
from typing import Any

import pytest

from communitykit.connector import Batch
from communitykit.connector.registry import registry
from communitykit.reading.slices import Failed
from communitykit.reading.translation import Translation
from communitykit.sandbox import Answer, Call, Fault, Site, World
from communitykit.testing.payloads import seen_in
from communitykit.testing.reading import read
from communitykit.testing.spoiling import Path, decoded, put, walk

PLATFORMS = sorted(name for name, one in registry().connectors.items() if one.sandbox)
NOW = datetime(2026, 3, 2, tzinfo=UTC)
PAYLOADS = int(os.environ.get("FUZZ_PAYLOADS", "200000"))
"""Mutated payloads of each platform that are translated, and as many that flows meet."""
LONE_SURROGATE = "\ud83d"
VALUES: list[Any] = [
    None, True, False, 0, -1, 0.5, 10**30, "", " ", "odd", "0", "null", LONE_SURROGATE, "\x00", "x" * 3000, [], {},
    [None], [[]], [{}], ["odd"], [0], {"odd": 1}, {"id": None}, {"id": []}, "2026-13-45T99:99:99Z", "9" * 40,
    "https://[", "<p",
]  # fmt: skip


def mutated(random: Random, item: Any, places: list[Path]) -> Any:
    """Change a payload at up to three places; now and then take a part away, or the payload itself."""
    if random.random() < 0.01:
        return random.choice(VALUES)
    changed = copy.deepcopy(item)
    for path in random.sample(places, min(len(places), random.choice([1, 1, 1, 2, 3]))):
        put(changed, path, copy.deepcopy(random.choice(VALUES)))
    return changed


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", PLATFORMS)
def test_every_mutated_payload_becomes_records_or_issues_or_is_ignored(name: str) -> None:
    declared, random = registry().get(name), Random(name)  # noqa: S311 # the same each time
    recorded = seen_in(declared, World(seed=5, size="tiny", platforms=(name,)))
    places = [[path for path, _ in walk((), item)] for _, item, _ in recorded]
    by_kind: dict[str, list[int]] = {}
    for number, (kind, _, _) in enumerate(recorded):
        by_kind.setdefault(kind, []).append(number)
    translation = Translation(declared, run_id="run", origin="api")
    kinds = sorted(by_kind)
    for turn in range(PAYLOADS):
        number = random.choice(by_kind[kinds[turn % len(kinds)]])
        kind, item, context = recorded[number]
        changed, ignored = mutated(random, item, places[number]), Counter[str]()
        page = translation.translate(Batch(kind, [changed], context), "slice", NOW, ignored, network="net")
        assert page.records or page.issues or page.sweeps or ignored, (kind, changed)


class Fuzz(Fault):
    """Changes some of the listed objects of every answer."""

    def __init__(self, seed: str) -> None:
        super().__init__(share=0.5)
        self.seed = seed  # type: ignore[assignment] # any beginning of a seed

    def answer(self, site: Site, call: Call, proceed: Any) -> Answer:
        answer: Answer = proceed()
        data, random = decoded(answer), Random(f"{self.seed}/{call.key}")  # noqa: S311 # the same each time
        for items in site.platform.lists_in(data).values():
            # A page is a list, or objects by their ids.
            placed: list[tuple[Any, Any]] = list(items.items() if isinstance(items, dict) else enumerate(items))
            for key, item in placed:
                if random.random() < self.share:
                    self._met[call.key] += 1
                    items[key] = mutated(random, item, [path for path, _ in walk((), item)])
        return answer if data is None else Answer(answer.status, json.dumps(data).encode(), answer.headers)


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", PLATFORMS)
def test_no_mutated_answer_ends_more_than_itself(name: str) -> None:
    declared, changed = registry().get(name), 0
    for seed in count():
        if changed >= PAYLOADS:
            break
        fault = Fuzz(f"{name}/{seed}")
        run = read(declared, World(seed=5, size="tiny", platforms=(name,)), faults=[fault])
        assert fault.hits
        changed += fault.hits
        assert [event.error for event in run.events if isinstance(event, Failed)] == [], seed
        assert [text for text in run.left_out if "defect of the connector" in text] == [], seed
        for one in run.coverage:
            assert one.read <= one.stored + one.rejected + one.ignored, (seed, one)
