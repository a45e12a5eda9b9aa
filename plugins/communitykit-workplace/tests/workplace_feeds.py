"""Posts, pages and feeds of our own making, and a driver that reads them into a store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from communitykit.connector import Request, Selection, Slice
from communitykit.http.operations import Emit
from communitykit.reading.slices import SliceReading
from communitykit.reading.translation import Page, Translation
from communitykit.sandbox import TALK
from communitykit.testing import drive
from communitykit.testing.reading import Kept
from communitykit_workplace import WORKPLACE
from communitykit_workplace.api.reading import READERS
from communitykit_workplace.settings import WorkplaceSettings

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TALKED = TALK | {"unreacted", "reply_unreacted"}
FEED = Slice("feed/10", "graph", ("post", "event"), "workplace:graph:community:10", "General", {"group": "10"}, "feed")
Answer = Callable[[Request], Any]


def unix(days: float) -> int:
    return int((NOW - timedelta(days=days)).timestamp())


def edge(*found: Any, **more: Any) -> dict[str, Any]:
    return {"data": list(found), "summary": {"total_count": len(found)}, **more}


def comment(native: str, **more: Any) -> dict[str, Any]:
    made = {"id": native, "message": "hi", "created_time": unix(3), "from": {"id": "501", "name": "Ann"}}
    return {**made, "comments": edge(), "reactions": edge(), **more}


def post(native: str, *, days: float = 4, **more: Any) -> dict[str, Any]:
    made = {"id": native, "message": "hello", "created_time": unix(days), "updated_time": unix(days)}
    beside = {"comments": edge(), "reactions": edge({"id": "501", "name": "Ann", "type": "LIKE"}), "seen": edge()}
    return {**made, "from": {"id": "502", "name": "Bo"}, **beside, **more}


def page(*found: Any, **paging: Any) -> dict[str, Any]:
    return {"data": list(found), **({"paging": paging} if paging else {})}


def feed(store: Kept, answer: Answer, *, day: int = 0, **asked: Any) -> Any:
    """Read the feed on from its checkpoint into the store; give its Coverage."""
    now = NOW + timedelta(days=day)
    scope = Selection(settings=WorkplaceSettings(token="x", batch=False), until=asked.pop("until", now), **asked)
    key = "workplace:graph:feed/10"
    reading = SliceReading(Translation(WORKPLACE, run_id="run", origin="api"), scope, key, slice_=FEED)
    pages: list[Any] = []
    for step in drive(READERS["feed"].read(scope, FEED, store.checkpoints().get(key)), answer).steps:
        made = reading.page(Emit(step, now))
        pages += [made] if isinstance(made, Page) else []
    closed = reading.closed()
    store.take([*pages, closed], now)
    return closed.coverage


def posts(store: Kept) -> dict[str, dict[str, Any]]:
    return {one["id"].rsplit(":", 1)[1]: one for one in store.current()["post"]}


def reactions(store: Kept) -> set[str]:
    return {one["actor_id"].rsplit(":", 1)[1] for one in store.current()["event"] if one["kind"] == "reacted"}


def whole() -> dict[str, Any]:
    return post("10_1", comments=edge(comment("10_2"), comment("10_3")))
