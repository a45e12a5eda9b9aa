"""A little platform with rooms of notes, as tests of a run serve it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from communitykit import (
    Session,
)
from communitykit.connector import (
    Connector,
    make_id,
)
from communitykit.http.budgets import Pace
from communitykit.http.conductor import Conductor
from communitykit.store import Store


def note(number: int, **fields: Any) -> dict[str, Any]:
    return {"id": number, "by": "ann", "text": f"note {number}", "at": "2026-01-01T00:00:00Z", **fields}


def serve_notes(platform: Any, rooms: dict[str, list[list[dict[str, Any]]]]) -> None:
    """Return each room's notes page by page, the cursor being the page's number."""
    platform.answers["/rooms"] = (200, {}, json.dumps(list(rooms)).encode())

    def answer(pages: list[list[dict[str, Any]]]) -> Callable[[int, str], Any]:
        def page(_: int, path: str) -> Any:
            cursor = int(path.partition("cursor=")[2] or 0)
            following = str(cursor + 1) if cursor + 1 < len(pages) else ""
            return 200, {}, json.dumps({"notes": pages[cursor], "next": following}).encode()

        return page

    for room, pages in rooms.items():
        platform.answers[f"/notes/{room}"] = answer(pages)


def session(connector: Connector, platform: Any, **settings: Any) -> Session:
    given = connector.settings(base_url=platform.url, **settings)
    return Session(connector, Conductor(connector, given, pace=Pace()))


def posts(path: Path) -> list[str]:
    with Store(path) as store:
        return store.sql("SELECT id FROM posts ORDER BY id")["id"].to_pylist()


ROOMS = {"a": [[note(1), note(2)], [note(3)]], "b": [[note(4)]]}
IDS = [make_id("little", "net", "post", str(number)) for number in (1, 2, 3, 4)]
