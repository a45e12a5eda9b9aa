"""Every connector's payloads to records to JSON Lines, on one core, beside decoding, six fields and dumping."""

from __future__ import annotations

import io
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from figure import Figure
from pydantic_core import from_json, to_json

from communitykit.connector.declaration import Connector
from communitykit.connector.flow import Batch
from communitykit.connector.registry import registry
from communitykit.reading.garbage import fewer_collections
from communitykit.reading.translation import Page, Translation
from communitykit.sandbox import World
from communitykit.sinks import write_jsonl
from communitykit.testing.reading import read

CONNECTORS = ("slack", "teams", "yammer", "matrix", "workplace")
_LEAST = 0.25
"""Of the floor's rate, that each connector's is to be."""
_POSTS_A_SECOND = {"workplace": 10_000}
_ROUNDS = 3


@dataclass(slots=True)
class _Kept:
    """A batch as it comes from a platform: its payloads as JSON."""

    batch: Batch
    body: bytes
    slice: str
    network: str | None


def translate_each() -> list[Figure]:
    """Read each simulated platform once, then time translating what it sent."""
    figures = []
    for name in CONNECTORS:
        connector = registry().get(name)
        kept = _captured(connector)
        floor, ours = _side_by_side(connector, kept)
        posts, records = _counted(connector, kept)
        share, rate, least = floor / ours, posts / ours, _POSTS_A_SECOND.get(name)
        what = f"{name}: {posts:,} posts, {records:,} records"
        measured, beside = f"{rate:,.0f} posts/s", f"{posts / floor:,.0f} posts/s"
        figures.append(
            Figure(f"{what}, share of the floor", measured, beside, f"{share:.2f} ≥ {_LEAST}", share >= _LEAST)
        )
        if least:
            figures.append(Figure(what, measured, beside, f"≥ {least:,} posts/s", rate >= least))
    return figures


def _captured(connector: Connector) -> list[_Kept]:
    """Return what reading a small company's platform gives to translate."""
    kept: list[_Kept] = []
    plain = Translation.translate

    def keeping(
        self: Translation,
        batch: Batch,
        slice_key: str,
        at: datetime,
        ignored: Counter[str],
        *,
        network: str | None = None,
    ) -> Page:
        whole = replace(batch, items=list(batch.items))
        kept.append(_Kept(replace(batch, items=()), to_json(whole.items), slice_key, network))
        return plain(self, whole, slice_key, at, ignored, network=network)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Translation, "translate", keeping)
        read(connector, World(seed=1, size="small", platforms=(connector.name,)))
    return kept


def _side_by_side(connector: Connector, kept: list[_Kept]) -> tuple[float, float]:
    """Return the seconds of CPU of the floor and of ours, taken in turn for equally long.

    A short measurement finds a quiet moment on a busy machine sooner than a long one, which would flatter the floor.
    """
    _floor(kept)
    times = max(1, round(_timed(lambda: _ours(connector, kept)) / _timed(lambda: _floor(kept))))
    rounds = [
        (_timed(lambda: [_floor(kept) for _ in range(times)]) / times, _timed(lambda: _ours(connector, kept)))
        for _ in range(_ROUNDS)
    ]
    return min(floor for floor, _ in rounds), min(ours for _, ours in rounds)


def _timed(work: Any) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _pages(connector: Connector, kept: list[_Kept]) -> Iterator[Page]:
    translation = Translation(connector, run_id="bench", origin="api")
    now, ignored = datetime.now(UTC), Counter[str]()
    for one in kept:
        batch = replace(one.batch, items=from_json(one.body))
        yield translation.translate(batch, one.slice, now, ignored, network=one.network)


def _ours(connector: Connector, kept: list[_Kept]) -> None:
    out = io.StringIO()
    with fewer_collections():  # over all of it, as every reading has it
        for page in _pages(connector, kept):
            write_jsonl(page.records, out)


def _counted(connector: Connector, kept: list[_Kept]) -> tuple[int, int]:
    counts = Counter(record.record for page in _pages(connector, kept) for record in page.records)
    return counts["post"], counts.total()


def _floor(kept: list[_Kept]) -> None:
    out = io.StringIO()
    for one in kept:
        for item in json.loads(one.body):
            for found in _nested(item):
                out.write(json.dumps(_six_fields(found)) + "\n")


def _nested(item: Any) -> Iterator[dict[str, Any]]:
    """Yield a payload, and the comments and replies in it."""
    if isinstance(item, dict):
        yield item
        for name in ("comments", "replies"):
            inside = item.get(name)
            for one in (inside.get("data") or () if isinstance(inside, dict) else inside or ()) if inside else ():
                yield from _nested(one)


def _six_fields(item: dict[str, Any]) -> dict[str, Any]:
    """Return what a script for one purpose would keep of a payload, whatever its platform calls it."""
    told = item.get("created_time") or item.get("createdDateTime") or item.get("created_at") or item.get("ts")
    return {
        "id": item.get("id") or item.get("event_id") or item.get("ts"),
        "author": item.get("from") or item.get("user") or item.get("sender") or item.get("sender_id"),
        "text": item.get("message") or item.get("text") or item.get("body") or item.get("content"),
        "created_at": str(told or item.get("origin_server_ts")),
        "reactions": item.get("reactions"),
        "thread": item.get("thread_ts") or item.get("thread_id") or item.get("replyToId"),
    }
