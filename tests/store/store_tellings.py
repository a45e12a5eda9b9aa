"""What the tests of the store tell it, and what is current in it then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from communitykit import (
    Community,
    Counts,
    Coverage,
    EngagementEvent,
    Issue,
    Measure,
    Member,
    Membership,
    Mention,
    Poll,
    PollOption,
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


def store_of(path: Path, *groups: Group, run_id: str = "r1") -> Writer:
    writer = Writer(path)
    for group in groups:
        writer.commit(group, run_id=run_id, now=START + timedelta(days=365))
    writer.release()
    return writer


def current(path: Path) -> dict[str, list[dict[str, Any]]]:
    with Store(path) as store:
        return {name: table.to_pylist() for name, table in store.current().items()}


def community(key: str, day: float = 0, **fields: Any) -> Community:
    return Community(id=key, kind="group", source=source(day), **{"gone": None, "privacy": "public", **fields})


EVERYTHING = [
    Member(id="p:n:member:U", kind="person", display_name="Ada", email=None, guest=False, source=source()),
    Member(id="p:n:member:stub", source=source()),
    Community(id=COMMUNITY, kind="channel", name="général", previous_names=("a", "b"), gone=None, source=source()),
    Membership(
        id="p:n:membership:C/U", community_id=COMMUNITY, member_id="p:n:member:U", role="owner", source=source()
    ),
    post(
        1,
        mentions=(Mention(kind="member", id="p:n:member:stub", label="@x"), Mention(kind="everyone")),
        counts=Counts(replies=2, reactions={"eyes": 1, "+1": 3}),
        poll=Poll(question="?", options=(PollOption(text="a", votes=1),), closes_at=START),
        links=("https://example.org",),
        extra={"test": {"odd": [1, None]}},
        raw={"wire": 1},
    ),
    reacted(1, "U"),
    Measure(id="p:n:measure:1", name="posts", value=2.5, period_start=START.date(), source=source()),
    Coverage(run_id="r1", slice="test:n:x", status="partial", reason="why", until=START, read=3),
    Issue(run_id="r1", slice="test:n:x", wire_kind="note", native_id="7", reason="malformed"),
]


def everything() -> Group:
    return Group(
        records=[one for one in EVERYTHING if not isinstance(one, Coverage | Issue)],
        plain=[one for one in EVERYTHING if isinstance(one, Coverage | Issue)],
        checkpoints={"test:n:x": {"v": 1, "high": "12.000100"}},
    )
