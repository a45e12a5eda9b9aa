"""Bytes to records to JSON Lines, on one core."""

from __future__ import annotations

import io
import json
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from figure import Figure
from pydantic_core import from_json
from shaped import message

from communitykit.connector.flow import Batch
from communitykit.connector.registry import registry
from communitykit.reading.translation import Translation
from communitykit.sinks import write_jsonl

PAGES = 60
PER_PAGE = 999


def translate() -> list[Figure]:
    """Time translating against decoding, mapping to a dict and dumping."""
    pages = [
        json.dumps({"ok": True, "messages": [message(page * PER_PAGE + n) for n in range(PER_PAGE)]}).encode()
        for page in range(PAGES)
    ]
    number = PAGES * PER_PAGE
    floor = min(_floor(pages) for _ in range(3))
    ours = min(_ours(pages) for _ in range(3))
    rate, floor_rate = number / ours, number / floor
    share = rate / floor_rate
    return [
        Figure("bytes → records → JSON Lines", f"{rate:,.0f}/s", f"{floor_rate:,.0f}/s", "≥ 30,000/s", rate >= 30_000),
        Figure("  share of the floor", f"{share:.2f}", "1", "≥ 0.25", share >= 0.25),
    ]


def _floor(pages: list[bytes]) -> float:
    started = time.perf_counter()
    out = io.StringIO()
    for page in pages:
        for item in json.loads(page)["messages"]:
            mapped: dict[str, Any] = {"id": item["ts"], "author": item.get("user"), "text": item["text"]}
            mapped["created_at"] = datetime.fromtimestamp(float(item["ts"]), UTC).isoformat()
            mapped["reactions"] = {one["name"]: one["count"] for one in item.get("reactions", ())}
            mapped["thread"] = item.get("thread_ts")
            mapped["blocks"] = item.get("blocks")
            out.write(json.dumps(mapped) + "\n")
    return time.perf_counter() - started


def _ours(pages: list[bytes]) -> float:
    connector = registry().get("slack")
    started = time.perf_counter()
    out = io.StringIO()
    translation = Translation(connector, run_id="bench", origin="api")
    context = {"team": "T1", "channel": "C1", "origin": "api", "domain": "acme"}
    now, ignored = datetime.now(UTC), Counter[str]()
    for page in pages:
        made = translation.translate(Batch("message", from_json(page)["messages"], context), "bench", now, ignored)
        if made.issues:
            raise AssertionError(made.issues[:3])
        write_jsonl(made.records, out)
    return time.perf_counter() - started
