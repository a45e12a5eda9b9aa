"""What Yammer's tests share: translating by hand, a network of messages made by hand, and real payloads."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from communitykit.clock import Clock
from communitykit.connector.settings import load_settings
from communitykit.doors.api_async import AsyncSession
from communitykit.doors.options import ReadOptions
from communitykit.doors.streaming import Narrowed, note, records_of
from communitykit.http.budgets import Pace
from communitykit.http.conductor import Conductor
from communitykit.sandbox import simulate
from communitykit.testing import Translated
from communitykit.testing.reading import Kept
from communitykit_yammer import YAMMER

sys.path.insert(0, str(Path(__file__).parent))  # for what stands beside the tests

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "yammer"
API = {"network": "1", "origin": "api"}


@pytest.fixture
def translate() -> Callable[..., Translated]:
    """Translate payloads of one kind; the context is that of network 1, read through the API."""

    def run(kind: str, *items: Any, **context: Any) -> Translated:
        return Translated(YAMMER).add(kind, items, {**API, **context})

    return run


@pytest.fixture
def data() -> Path:
    """Real payloads by others; they are no part of the project."""
    if not DATA.is_dir():
        pytest.skip("the real payloads are not at hand: ../shared/data/yammer beside the repository")
    return DATA


@dataclass
class Network:
    """Network 1 as its REST API shows it: groups by id, and messages that a test makes, one feed for each group."""

    now: datetime = datetime(2026, 3, 2, 9, tzinfo=UTC)
    groups: dict[int, dict[str, Any]] = field(default_factory=lambda: {3: {"full_name": "Sales"}})
    messages: list[dict[str, Any]] = field(default_factory=list)
    users: list[dict[str, Any]] = field(default_factory=list)
    references: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def write(self, native: int, *, days: float, group: int | None = 3, **more: Any) -> dict[str, Any]:
        """Write a message that was written so many days ago."""
        written = self.now - timedelta(days=days)
        made = {
            "id": native,
            "thread_id": native,
            "sender_id": 5,
            "group_id": group,
            "created_at": written.strftime("%Y/%m/%d %H:%M:%S +0000"),
            "body": {"parsed": f"message {native}"},
            "liked_by": {"count": 0, "names": []},
        } | more
        self.messages.append(made)
        return made

    def read(self, kept: Kept, *, settings: Mapping[str, Any] | None = None, **ask: Any) -> list[Any]:
        """Read on into a store, and return what the run told; an hour passes until the next one."""
        events = self._run(kept.checkpoints(), settings, ask)
        kept.take(events, self.now)
        self.now += timedelta(hours=1)
        return events

    def records(self, state: dict[str, Any], **ask: Any) -> list[Any]:
        """Read on from checkpoints that the caller keeps, and return the records that were asked for."""
        found: list[Any] = []
        options = ReadOptions(**ask)
        for event in self._run(Narrowed(state, options), None, ask):
            found += [one for one in records_of(event, options) if one.record in options.kinds]
            note(event, state, options)
        return found

    def _run(self, state: Any, settings: Mapping[str, Any] | None, ask: Mapping[str, Any]) -> list[Any]:
        events: list[Any] = []

        async def main(clock: Clock) -> None:
            given = load_settings("yammer", YAMMER.settings, {"token": "t", **(settings or {})})
            conductor = Conductor(YAMMER, given, clock=clock, pace=Pace())
            async with AsyncSession(YAMMER, conductor, app=self._app) as session:
                async for event in session.read(ReadOptions(**ask), state=state, run_id="run"):
                    events.append(event)
                    await asyncio.sleep(0)

        simulate(main, start=self.now)
        return events

    def answer(self, path: str, query: Mapping[str, str]) -> Any:
        """Answer a request: with JSON, or with a status as a number."""
        if path == "networks/current":
            return [{"id": 1, "name": "Aurora", "is_primary": True}]
        if path == "groups":
            mine = "mine" in query
            rows = [
                {"id": native, "privacy": "public", **row, "stats": self._stats(native)}
                for native, row in self.groups.items()
            ]
            return [row for row in rows if (row["privacy"] == "private") == mine] if query["page"] == "1" else []
        if path == "users":
            return self.users[int(query["page"]) * 50 - 50 : int(query["page"]) * 50]
        if path.startswith("messages"):
            group = path.removeprefix("messages").removeprefix("/in_group/")
            return self.feed(int(group) if group else None, int(query.get("older_than") or 10**18))
        if path.startswith("users/") and path.removeprefix("users/").isdigit():
            return 404
        return {"users": [], "more_available": False} if path.startswith(("users/in_group", "users/liked")) else []

    def feed(self, group: int | None, bound: int) -> dict[str, Any]:
        """Answer with a page of a group's feed, or of the company's: newest first by id."""
        shown = [one for one in self.messages if group in {None, one.get("group_id")} and int(one["id"]) < bound]
        page = sorted(shown, key=lambda one: -int(one["id"]))[:20]
        return {"messages": page, "references": self.references, "meta": {"older_available": len(shown) > len(page)}}

    def _stats(self, group: int) -> dict[str, Any]:
        there = [one for one in self.messages if one.get("group_id") == group]
        newest = max(there, key=lambda one: int(one["id"]), default={})
        stats = {"last_message_id": newest.get("id"), "last_message_at": newest.get("created_at")}
        return {"updates": len(there), **stats}

    async def _app(self, scope: Any, _receive: Any, send: Any) -> None:
        path = scope["path"].removeprefix("/api/v1/").removesuffix(".json")
        query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
        self.requests.append((path, query))
        answer = self.answer(path, query)
        status = answer if isinstance(answer, int) else 200
        body = json.dumps(answer).encode()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@pytest.fixture
def network() -> Network:
    """A network with one empty group."""
    return Network()
