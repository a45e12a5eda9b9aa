"""What the tests of the store tell it, and what is current in it then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from communitykit import (
    Community,
    EngagementEvent,
    Post,
    Provenance,
)
from communitykit.store import Store
from communitykit.store.writer import Group, Writer

START = datetime(2026, 1, 1, tzinfo=UTC)
NETWORK = "p:n:"
COMMUNITY = "p:n:community:C"


def source(day: float = 0, origin: Any = "api") -> Provenance:
    moment = START + timedelta(days=day)
    return Provenance(connector="test", version="0", origin=origin, fetched_at=moment, as_of=moment)


def post(number: int, day: float = 0, origin: Any = "api", **fields: Any) -> Post:
    told = {
        "community_id": COMMUNITY,
        "author_id": "p:n:member:U",
        "parent_id": None,
        "body": f"body {number}",
        "text": f"body {number}",
        "created_at": START + timedelta(minutes=number),
        "gone": None,
    }
    return Post(id=f"p:n:post:{number}", source=source(day, origin), **{**told, **fields})


def reacted(number: int, actor: str, day: float = 0) -> EngagementEvent:
    return EngagementEvent(
        id=f"p:n:event:reacted/{number}/{actor}/+1",
        kind="reacted",
        actor_id=f"p:n:member:{actor}",
        target_id=f"p:n:post:{number}",
        community_id=COMMUNITY,
        detail="+1",
        active=True,
        source=source(day),
    )


def store_of(path: Path, *groups: Group) -> Writer:
    writer = Writer(path)
    for group in groups:
        writer.commit(group, run_id="r1", now=START)
    writer.release()
    return writer


def current(path: Path) -> dict[str, list[dict[str, Any]]]:
    with Store(path) as store:
        return {name: table.to_pylist() for name, table in store.current().items()}


def community(key: str, day: float = 0, **fields: Any) -> Community:
    return Community(id=key, kind="group", privacy="public", source=source(day), **{"gone": None, **fields})
