"""A small company's record, of our own making: two runs, reactions that nobody dates, things that are gone."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from communitykit import analysis, from_records, pull
from communitykit.model import Community, EngagementEvent, Member, Membership, Mention, Post, Provenance

KEY = bytes(range(32))
ZONE = "Europe/Paris"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""A Monday."""
FIRST, SECOND = START + timedelta(days=10), START + timedelta(days=20)
"""When the two runs saw the company."""


def source(seen: datetime, connector: str = "slack") -> Provenance:
    """Return a provenance."""
    return Provenance(connector=connector, version="1", origin="api", fetched_at=seen, as_of=seen)


def uid(kind: str, native: str, network: str = "T1") -> str:
    """Return an id."""
    return f"slack:{network}:{kind}:{native}"


def post(native: str, author: str | None, hours: float | None, text: str, **more: Any) -> Post:
    """Return a post of the channel `C1`, `hours` after the start."""
    at = None if hours is None else START + timedelta(hours=hours)
    usual = {"community_id": uid("community", "C1"), "text": text, "created_at": at, "source": source(FIRST)}
    return Post(id=uid("post", native), author_id=author and uid("member", author), **{**usual, **more})


def event(kind: str, actor: str | None, target: str, hours: float | None = None, **more: Any) -> EngagementEvent:
    """Return an act on a post."""
    at = None if hours is None else START + timedelta(hours=hours)
    told = {"occurred_at": at, "time_source": "event"} if at else {}
    seen = more.pop("seen", FIRST)
    return EngagementEvent(
        id=uid("event", f"{kind}/{target}/{actor}"),
        kind=kind,
        actor_id=actor and uid("member", actor),
        target_id=target,
        source=source(seen),
        **told,
        **more,
    )


def members() -> list[Member]:
    """Return whom there is: six of sales, two of care, a bot, a guest."""
    kinds = [(f"U{number}", "person", "Sales" if number < 7 else "Care") for number in range(1, 9)]
    people = [
        Member(
            id=uid("member", native),
            kind="person",
            display_name=f"Zephyrine Quillfeather{native}",
            email=f"zq.{native.lower()}@quillfeather.example",
            username=f"quill_{native.lower()}",
            department=department,
            country="FR" if native in {"U1", "U2", "U3", "U4", "U5"} else None,
            manager_id=uid("member", "U1") if native != "U1" else None,
            active=native != "U8",
            deactivated_at=SECOND if native == "U8" else None,
            source=source(FIRST),
        )
        for native, _, department in kinds
    ]
    bot = Member(id=uid("member", "B1"), kind="bot", display_name="Deploybot", source=source(FIRST))
    guest = Member(id=uid("member", "G1"), kind="person", guest=True, display_name="Guestina", source=source(FIRST))
    return [*people, bot, guest]


def first_run() -> list[Any]:
    """Return what the first run told."""
    places = [
        Community(id=uid("community", "C1"), kind="channel", name="quokka-watchers", source=source(FIRST)),
        Community(id=uid("community", "C2"), kind="channel", name="lost-place", gone="deleted", source=source(FIRST)),
    ]
    joined = [
        Membership(
            id=uid("membership", f"C1/{native}"),
            community_id=uid("community", "C1"),
            member_id=uid("member", native),
            role="owner" if native == "U1" else "member",
            source=source(FIRST),
        )
        for native in ("U1", "U2", "U3")
    ]
    mention = (Mention(kind="member", id=uid("member", "U3"), label="Zephyrine"), Mention(kind="everyone"))
    posts = [
        post("p1", "U1", 0, "Does xylophonic marmalade keep? https://intra.example/?q=1", mentions=mention),
        post("p2", "U2", 2, "It does.", root_id=uid("post", "p1"), parent_id=uid("post", "p1")),
        post("p3", "B1", 1, "beep", root_id=uid("post", "p1"), parent_id=uid("post", "p1")),
        post("p4", "U3", 3, "Thanks", root_id=uid("post", "p1"), parent_id=uid("post", "p2")),
        post("p5", "U2", 30, "See https://intra.example/?q=2 or `a ? b`", links=("https://intra.example/?q=2",)),
        post("p6", "U4", 40, "gone words", gone="deleted"),
        post("p7", "U4", 41, "lost words", community_id=uid("community", "C2")),
        post("p8", None, 24 * 3 + 14.5, ""),  # 23:30 UTC is the next day in Paris
    ]
    acts = [
        event("reacted", "U2", uid("post", "p5")),  # to oneself
        event("reacted", "U3", uid("post", "p5")),
        event("reacted", "U3", uid("post", "p6")),
        event("reacted", "U3", uid("post", "p7")),
        event("reacted", "U5", uid("post", "p1"), active=False),
        event("joined", "G1", uid("community", "C1"), 5, community_id=uid("community", "C1")),
    ]
    return [*members(), *places, *joined, *posts, *acts]


def second_run() -> list[Any]:
    """Return what the second told: a reaction that was not there ten days before."""
    late = post("p5", "U2", 30, "See https://intra.example/?q=2 or `a ? b`", source=source(SECOND))
    return [late, event("reacted", "U6", uid("post", "p5"), seen=SECOND)]


def store_of(path: Path) -> Path:
    """Make the record."""
    pull(from_records(first_run()), path)
    pull(from_records(second_run()), path)
    return path


def tables_of(path: Path) -> analysis.Analysis:
    """Open tables."""
    return analysis.open(path)


def number(kind: str, text: str, key: bytes = KEY) -> int:
    """Return a pseudonym, made from the standard library alone."""
    return int.from_bytes(hmac.new(key, kind.encode() + b"\0" + text.encode(), "sha256").digest()[:8], "big") >> 1


def person(native: str, key: bytes = KEY) -> int:
    """Return a person's pseudonym."""
    return number("person", uid("member", native), key)
