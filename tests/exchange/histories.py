"""What happens to a store in ten runs, at random: for whoever keeps a copy of it, and has to end where it is."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from communitykit import Community, EngagementEvent, Member, Membership, Mention, Post, Provenance
from communitykit.errors import SettingsError
from communitykit.model import Attachment, Counts, Measure, Poll, PollOption
from communitykit.privacy.erasing import forget, prune
from communitykit.store import Store
from communitykit.store.windows import Walked
from communitykit.store.writer import Group, Writer

START = datetime(2026, 1, 1, tzinfo=UTC)
NETWORK = "p:n:"
WORDS = ("plain", "", "NUL \x00 and \\u0000", 'quote " and \\ and \n line', "é ü 😀", "{}", "\\N", "NULL", "=1+1")
SEEN_LATER = frozenset({"as_of", "fetched_at", "last_run", "seen_before", "provenance"})
"""Columns that change when a record is only seen again, of which nobody is told."""


def source(day: int) -> Provenance:
    at = START + timedelta(days=day)
    return Provenance(connector="p", version="0", origin="api", fetched_at=at, as_of=at)


def some_records(chance: random.Random, day: int) -> Iterator[Any]:
    """Yield records of every kind, some whole, some in parts, some gone."""
    told: dict[str, Any] = {"source": source(day)}
    people = [f"u{number}" for number in range(6)]
    rooms = [f"r{number}" for number in range(3)]
    word: Callable[[], str] = lambda: chance.choice(WORDS)  # noqa: E731 # a word
    for who in chance.sample(people, 3):
        yield Member(id=f"p:n:member:{who}", display_name=word() or None, **told)
        if chance.random() < 0.5:
            yield Member(id=f"p:n:member:{who}", department=word(), extra={"k": word(), "n": [1, 2.5, None]}, **told)
    for room in rooms:
        if chance.random() < 0.6:
            gone = chance.choice([None, None, None, "deleted"])
            yield Community(id=f"p:n:community:{room}", kind="group", name=word(), gone=gone, **told)
        for who in chance.sample(people, 2):
            key, active = f"p:n:membership:{room}/{who}", chance.random() < 0.8
            yield Membership(
                id=key, community_id=f"p:n:community:{room}", member_id=f"p:n:member:{who}", active=active, **told
            )
    for _ in range(8):
        number, who = chance.randrange(12), chance.choice(people)
        mention = Mention(kind="member", id=f"p:n:member:{chance.choice(people)}", label=word())
        yield Post(
            id=f"p:n:post:{number}",
            community_id=f"p:n:community:{chance.choice(rooms)}",
            author_id=f"p:n:member:{who}",
            body=word(),
            text=word(),
            mentions=(mention,) if chance.random() < 0.5 else (),
            links=tuple(word() for _ in range(chance.randrange(3))),
            attachments=(Attachment(kind="file", name=word()),) if chance.random() < 0.3 else (),
            counts=Counts(reactions={"+1": chance.randrange(9), word(): 1}, replies=2),
            poll=Poll(question=word(), options=(PollOption(text="a", votes=1),)) if chance.random() < 0.2 else None,
            gone=chance.choice([None, None, None, "deleted"]),
            created_at=START + timedelta(days=day, microseconds=chance.randrange(10**6)),
            **told,
        )
    for _ in range(6):
        number, who = chance.randrange(12), chance.choice(people)
        yield EngagementEvent(
            id=f"p:n:event:reacted/{number}/{who}",
            kind="reacted",
            actor_id=f"p:n:member:{who}",
            target_id=f"p:n:post:{number}",
            occurred_at=START + timedelta(days=day),
            active=chance.random() < 0.7,
            **told,
        )
    yield Measure(id=f"p:n:measure:{chance.randrange(3)}", name="posts", value=chance.random(), **told)


def ten_runs(path: Path, seed: int, runs: int = 10) -> Iterator[str]:
    """Let that happen, and yield what did after each run: a pull, a sweep, somebody forgotten, old things erased."""
    chance = random.Random(seed)  # noqa: S311 # repeatable, not secret
    for day in range(runs):
        how = chance.choice(["pull", "pull", "pull", "sweep", "forget", "prune", "nothing"]) if day else "pull"
        if how == "forget":
            try:
                forget(path, f"p:n:member:u{chance.randrange(6)}")
            except SettingsError:
                how = "nobody to forget"
        elif how == "prune":
            prune(path, before=START + timedelta(days=chance.randrange(day + 1)))
        else:
            group = Group([] if how == "nothing" else list(some_records(chance, day)))
            if how == "sweep":
                kind = chance.choice(["community", "membership", "post", "event"])
                listed = frozenset({f"p:n:community:r{chance.randrange(3)}"} if kind == "community" else ())
                group.walked.append(Walked(kind, {}, listed, source(day), NETWORK))
            run = f"run{day}"
            writer = Writer(path)
            writer.start_run({"run_id": run, "started_at": START + timedelta(days=day)})
            half = len(group.records) // 2  # told in parts, as pages do
            writer.commit(Group(group.records[:half]), run_id=run, now=START)
            writer.commit(Group(group.records[half:], group.walked), run_id=run, now=START)
            writer.end_run({"run_id": run, "started_at": START, "ended_at": START + timedelta(days=day)})
            writer.release()
        yield how


def current(path: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the rows that a copy is to hold, by table and row key, without what changes though nothing else does."""
    with Store(path) as store:
        return {
            table: {row["row_key"]: without_seen(row) for row in rows.to_pylist()}
            for table, rows in store.changed_arrow().items()
            if table != "vanished"
        }


def without_seen(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row without what is not told when nothing else changed."""
    return {name: value for name, value in row.items() if name not in SEEN_LATER}
