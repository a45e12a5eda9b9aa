"""What stores of earlier schemas were told, and what is in them because of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from communitykit import (
    Attachment,
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

START = datetime(2026, 1, 1, tzinfo=UTC)
M, C, P, E = "test:n:member:", "test:n:community:", "test:n:post:", "test:n:event:"


def source(day: int, origin: Any = "api") -> Provenance:
    at = START + timedelta(days=day)
    return Provenance(connector="test", version="0.1", origin=origin, fetched_at=at + timedelta(minutes=5), as_of=at)


def minutes(number: int) -> datetime:
    return START + timedelta(minutes=number)


TOLD: list[Any] = [
    Member(
        id=M + "ada",
        kind="person",
        username="ada",
        display_name="Ada",
        email="ada@example.org",
        job_title="Engineer",  # `title` in schema 1
        department="R&D",
        manager_id=M + "bob",
        guest=False,
        active=True,
        created_at=START,
        extra={"test": {"badge": 7}},
        source=source(0),
    ),
    Member(id=M + "bob", kind="person", display_name="Bob", active=True, source=source(0)),
    Member(id=M + "stub", source=source(0)),
    Community(
        id=C + "lobby",
        kind="channel",
        name="Lobby",
        privacy="public",
        creator_id=M + "ada",
        owner_id=M + "bob",
        topic="all",
        member_count=2,
        previous_names=("Hall", "Foyer"),
        shared_with=("other",),
        gone=None,
        source=source(0),
    ),
    Community(id=C + "attic", kind="group", name="Attic", gone=None, source=source(0)),
    Membership(
        id="test:n:membership:lobby/ada",
        community_id=C + "lobby",
        member_id=M + "ada",
        role="owner",
        since=START,
        active=True,
        source=source(0),
    ),
    Membership(
        id="test:n:membership:lobby/bob",
        community_id=C + "lobby",
        member_id=M + "bob",
        active=True,
        source=source(0),
    ),
    Post(
        id=P + "1",
        community_id=C + "lobby",
        author_id=M + "ada",
        parent_id=None,
        kind="poll",
        title="Lunch",
        body="Where? <@stub>",
        body_format="mrkdwn",
        text="Where? @stub",
        mentions=(Mention(kind="member", id=M + "stub", label="@stub"), Mention(kind="everyone")),
        attachments=(
            Attachment(kind="file", id="F1", name="menu.pdf", mime_type="application/pdf", size=2048),
            Attachment(kind="link", url="https://example.org/menu"),
        ),
        links=("https://example.org/menu",),
        topics=("food",),
        poll=Poll(
            question="Where?",
            options=(PollOption(text="here", votes=2), PollOption(text="there")),
            closes_at=START + timedelta(days=1),
        ),
        praised_ids=(M + "bob",),
        pinned=True,
        counts=Counts(replies=1, reactions={"+1": 2, "eyes": 1}, views=9),
        created_at=START,
        gone=None,
        extra={"test": {"odd": [1, None]}},
        raw={"wire": {"n": 1}},
        source=source(0),
    ),
    Post(
        id=P + "2",
        community_id=C + "lobby",
        author_id=M + "bob",
        root_id=P + "1",
        parent_id=P + "1",
        body="Here.",
        text="Here.",
        created_at=minutes(2),
        gone=None,
        source=source(0),
    ),
    Post(
        id=P + "3",
        community_id=C + "lobby",
        author_id=M + "bob",
        parent_id=None,
        body="Gone tomorrow.",
        text="Gone tomorrow.",
        created_at=minutes(3),
        gone=None,
        source=source(0),
    ),
    EngagementEvent(
        id=E + "reacted/1/bob/+1",
        kind="reacted",
        actor_id=M + "bob",
        target_id=P + "1",
        community_id=C + "lobby",
        detail="+1",
        active=True,
        source=source(0),
    ),
    EngagementEvent(
        id=E + "joined/lobby/bob/m1",
        kind="joined",
        actor_id=M + "bob",
        target_id=C + "lobby",
        community_id=C + "lobby",
        occurred_at=START,
        time_source="event",
        source=source(0),
    ),
    EngagementEvent(
        id=E + "reacted/1/ada/eyes",
        kind="reacted",
        actor_id=M + "ada",
        target_id=P + "1",
        community_id=C + "lobby",
        detail="eyes",
        active=True,
        source=source(0),
    ),
    Measure(
        id="test:n:measure:posts",
        subject_id=C + "lobby",
        subject_label="Lobby",
        name="posts",
        period_start=date(2026, 1, 1),
        period_end=date(2026, 1, 31),
        value=2.5,
        unit="posts",
        concealed=False,
        source=source(0, "archive"),
    ),
]
LATER: list[Any] = [
    Post(
        id=P + "1", body="Where then? <@stub>", text="Where then? @stub", edited_at=START + timedelta(hours=1),
        source=source(1),
    ),
    Member(id=M + "ada", department="Research", source=source(1)),
    Post(id=P + "3", gone="vanished", source=source(1)),
    EngagementEvent(id=E + "reacted/1/ada/eyes", kind="reacted", active=False, source=source(1)),
]  # fmt: skip
PLAIN: list[Any] = [
    Coverage(
        run_id="r1",
        slice="test:n:lobby",
        community_id=C + "lobby",
        until=START,
        status="partial",
        reason="one was odd",
        requests=3,
        read=14,
        stored=13,
        rejected=1,
    ),
    Issue(
        run_id="r1",
        slice="test:n:lobby",
        wire_kind="note",
        native_id="7",
        reason="malformed",
        detail="ts: missing",
    ),
]
ACTIVITY = [
    ("joined", M + "bob", C + "lobby", START),
    ("posted", M + "ada", None, START),
    ("edited", M + "ada", P + "1", START + timedelta(hours=1)),
    ("deleted", None, P + "3", None),
    ("mentioned", M + "ada", M + "stub", START),
    ("mentioned", M + "ada", None, START),
    ("praised", M + "ada", M + "bob", START),
    ("replied", M + "bob", P + "1", minutes(2)),
    ("reacted", M + "bob", P + "1", None),
]
