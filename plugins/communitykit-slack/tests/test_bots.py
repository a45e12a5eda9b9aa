"""A bot that is a user is one member, whichever of its two ids a message tells, and whichever door comes first."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from slack_deliveries import NOW, SECRET, signed
from slack_exports import ANN, TEAM, Read, files, message, user, write

from communitykit import from_records, pull, read_archive
from communitykit.clock import Clock
from communitykit.store import Store
from communitykit.testing import receive

BOT, STRANGE, AS_USER = "B0HLP00004", "B0HLP00009", "U0HLP00004"
HELPER = user(AS_USER, is_bot=True, profile={"real_name": "Helper", "bot_id": BOT})


def member(native: str) -> str:
    return f"slack:{TEAM}:member:{native}"


def by_bot(second: int, bot: str = BOT, **more: Any) -> dict[str, Any]:
    told = message(second, f"ticket {second}", subtype="bot_message", bot_id=bot, username="Desk", **more)
    del told["user"]
    return told


def export(folder: Path) -> Path:
    said = [message(1), by_bot(2), message(3, "hi", user=AS_USER, bot_id=BOT), by_bot(4, STRANGE)]
    return write(folder, files(users=[user(ANN), HELPER], **{"general/2024-03-01": said}))


def delivered(second: int, **event: Any) -> Any:
    """Return what a delivery of that second brings."""
    told = {"channel": "C0GEN00001", "channel_type": "channel", "event_ts": f"17093000{second:02d}.000200", **event}
    body = {"type": "event_callback", "team_id": TEAM, "event": told}
    headers, raw = signed(body)
    return receive("slack", headers=headers, body=raw, secret=SECRET, clock=Clock(lambda: NOW))


def authors(to: Path) -> dict[str, str]:
    with Store(to) as store:
        rows = store.sql("SELECT text, author_id FROM posts").to_pylist()
    return {row["text"]: row["author_id"].rsplit(":", 1)[-1] for row in rows}


def bots(to: Path) -> set[str]:
    """Return the bots that are there, by their own ids."""
    with Store(to) as store:
        rows = store.sql("SELECT id FROM members WHERE kind = 'bot' AND active IS DISTINCT FROM false").to_pylist()
    return {row["id"].rsplit(":", 1)[-1] for row in rows}


def test_an_export_tells_one_bot_and_not_two(tmp_path: Path) -> None:
    read = Read(export(tmp_path))
    assert [post.author_id for post in read.posts.values()] == [member(one) for one in (ANN, AS_USER, AS_USER, STRANGE)]
    told = read.by_id("member")
    assert told.keys() == {member(one) for one in (ANN, AS_USER, STRANGE)}
    assert (told[member(AS_USER)]["display_name"], told[member(STRANGE)]["kind"]) == ("Helper", "bot")


def test_a_bot_that_is_added_by_its_bot_id_is_the_user(tmp_path: Path) -> None:
    said = [message(1, subtype="bot_add", bot_id=BOT), by_bot(2) | {"subtype": "channel_topic", "topic": "hi"}]
    read = Read(write(tmp_path, files(users=[user(ANN), HELPER], **{"general/2024-03-01": said})))
    assert [(event.actor_id, event.target_id) for event in read.of("event")] == [
        (member(ANN), member(AS_USER)),
        (member(AS_USER), f"slack:{TEAM}:community:C0GEN00001"),
    ]
    unknown = Read(write(tmp_path, files(users=[user(ANN)], **{"general/2024-03-01": said})))
    assert [event.id for event in read.of("event")] == [event.id for event in unknown.of("event")]


@pytest.mark.parametrize("order", [*permutations(("export", "written", "edited"))])
def test_whichever_door_comes_first(tmp_path: Path, order: tuple[str, ...]) -> None:
    path, to = export(tmp_path), tmp_path / "store.duckdb"
    edited = {"ts": "1709300009.000100", "event_ts": "1709300009.000100", "subtype": "message_changed"}
    for door in order:
        if door == "export":
            with read_archive("slack", path) as archive:
                pull(archive, to=to)
        else:
            event = by_bot(2) if door == "written" else {"type": "message", **edited, "message": by_bot(2)}
            pull(from_records(delivered(2 if door == "written" else 9, **event).records), to=to)
    with read_archive("slack", path) as archive:
        pull(archive, to=to)  # what a list of users says last
    assert authors(to) == {"hello": ANN, "ticket 2": AS_USER, "hi": AS_USER, "ticket 4": STRANGE}
    assert bots(to) == {AS_USER, STRANGE}


def test_what_nobody_reads_again_is_the_users_too(tmp_path: Path) -> None:
    to, path = tmp_path / "store.duckdb", export(tmp_path)
    pull(from_records(delivered(6, **by_bot(6)).records), to=to)  # the export does not hold these
    topic = by_bot(7) | {"subtype": "channel_topic", "topic": "hi"}
    pull(from_records(delivered(7, **topic).records), to=to)
    with Store(to) as store:
        (run,) = store.sql("SELECT run_id FROM runs ORDER BY started_at DESC LIMIT 1").to_pylist()
    with read_archive("slack", path) as archive:
        pull(archive, to=to)
        again = pull(archive, to=to)
    assert authors(to)["ticket 6"] == AS_USER
    assert bots(to) == {AS_USER, STRANGE}
    with Store(to) as store:
        assert store.sql("SELECT actor_id FROM events").to_pylist() == [{"actor_id": member(AS_USER)}]
        told = list(store.changed(run["run_id"]))
    changed = {(one.record, getattr(one, "author_id", None) or getattr(one, "actor_id", None)) for one in told}
    assert {("post", member(AS_USER)), ("event", member(AS_USER))} <= changed
    assert [one.gone for one in told if one.record == "vanished"] == ["erased"]  # whoever keeps a copy hears of it
    assert (again.tally.changed, again.tally.vanished) == ({}, {})


def test_a_delivery_alone_tells_the_bot_that_wrote(tmp_path: Path) -> None:
    to = tmp_path / "store.duckdb"
    pull(from_records(delivered(2, **by_bot(2)).records), to=to)
    assert authors(to) == {"ticket 2": BOT}
    assert bots(to) == {BOT}
    whose = by_bot(5, bot_profile={"id": BOT, "name": "Desk", "user_id": AS_USER})
    assert [one.author_id for one in delivered(5, **whose).records if one.record == "post"] == [member(AS_USER)]
