"""Synapse, a homeserver that nobody here wrote: people live in it over HTTP, and what is pulled is what they did."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

import pytest

from communitykit import CommunityKitError, PullResult, RateLimitedError, Session, pull
from communitykit.connector import Response
from communitykit.store import Store
from communitykit.testing.base import conduct
from communitykit_matrix import MATRIX
from communitykit_matrix.api.methods import fault

pytestmark = pytest.mark.judge
pytest.importorskip("synapse", reason="needs the judges group: uv sync --group judges")

from synapse_server import Life, community, member, post, running, user  # noqa: E402

SPACES = 30
"""More spaces than Synapse lets anybody ask about at once (ten, then five a second)."""
PEOPLE = ("ann", "bob", "cat", "dan")


@pytest.fixture(scope="module")
def life() -> Iterator[Life]:
    with running() as url:
        alive = Life(url)
        try:
            yield alive
        finally:
            alive.close()


def read(life: Life, store: Path, limited: list[float], *, reader: str = "root", **ask: Any) -> PullResult:
    """Pull without pacing of our own, so that the server has to ask us to wait; note what it asks."""

    def watched(response: Response) -> CommunityKitError | None:
        found = fault(response)
        if isinstance(found, RateLimitedError):
            assert response.status == 429
            told = response.data["retry_after_ms"] / 1000  # 0 of less than a thousandth: no wait is told, ours is taken
            assert (found.retry_after or 0) == pytest.approx(told)
            limited.append(told)
        return found

    settings = {"base_url": life.url, "token": life.tokens[reader], "rate": inf}
    declared = replace(MATRIX, error_of=watched)
    with Session(declared, conduct(declared, settings)) as session:
        return pull(session, store, **ask)


def rows(store: Path, table: str) -> list[dict[str, Any]]:
    with Store(store) as opened:
        found: list[dict[str, Any]] = opened.current()[table].to_pylist()
    return found


def is_the_truth(life: Life, store: Path, asked: set[str]) -> None:
    """Hold everything that is current against what people did, exactly; `asked` are the rooms that were asked for."""
    assert {
        row["id"]: {name: row[name] for name in ("display_name", "active", "admin", "kind")}
        for row in rows(store, "members")
    } == life.members
    assert {
        row["id"]: {name: row[name] for name in ("name", "kind", "privacy", "parent_id", "archived")}
        for row in rows(store, "communities")
    } == {community(room): fields for room, fields in life.rooms.items() if room in asked}
    asked = asked - life.closed
    assert {(row["member_id"], row["community_id"]) for row in rows(store, "memberships")} == {
        (member(who), community(room)) for who, room in life.memberships if room in asked
    }
    assert {row["id"]: as_told(row) for row in rows(store, "posts")} == {
        post(event): fields for event, fields in life.posts.items() if life.homes[event] in asked
    }
    events = rows(store, "events")
    assert {
        (row["actor_id"], row["target_id"], row["detail"]): row["occurred_at"].timestamp()
        for row in events
        if row["kind"] == "reacted"
    } == {
        (member(who), post(event), key): pytest.approx(sum(when) / 2, abs=1 + when[1] - when[0])
        for (who, event, key), when in life.reactions.items()
        if life.homes[event] in asked
    }
    for kind, expected in (("pinned", life.pins), ("viewed", life.views)):
        assert {(row["actor_id"], row["target_id"]) for row in events if row["kind"] == kind} == {
            (member(who), post(event)) for who, event in expected if life.homes[event] in asked
        }, kind
    assert Counter(
        (row["kind"], row["actor_id"], row["community_id"])
        for row in events
        if row["kind"] in {"joined", "left", "invited", "community_changed"}
    ) == Counter(
        {
            (kind, member(who), community(room)): count
            for (kind, who, room), count in life.happened.items()
            if room in asked
        }
    )


def as_told(row: dict[str, Any]) -> dict[str, Any]:
    names = ("author_id", "community_id", "root_id", "parent_id", "text", "body", "kind")
    return {
        **{name: row[name] for name in names},
        "edited": row["edited_at"] is not None,
        "pinned": bool(row["pinned"]),
        "mentions": {one["id"] for one in decoded(row["mentions"])},
        "files": [one["name"] for one in decoded(row["attachments"])],
    }


def decoded(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value or ()


@pytest.fixture(scope="module")
def rooms(life: Life) -> dict[str, str]:
    """The company's rooms, founded once, whichever proof comes first."""
    return begin(life)


def test_what_is_pulled_is_what_people_did(life: Life, rooms: dict[str, str], tmp_path: Path) -> None:
    began, limited = time.monotonic(), list[float]()
    public = set(life.rooms) - {rooms["secret"], rooms["direct"]}
    store = tmp_path / "activity.duckdb"
    first = read(life, store, limited)
    assert first.errors == []
    assert {one.status for one in first.coverage if one.reason is None} == {"complete"}
    assert {one.community_id: (one.status, str(one.reason).split(":")[0]) for one in first.coverage if one.reason} == {
        None: ("denied", "closed to this account"),
        community(rooms["vault"]): ("partial", "encrypted"),
    }
    is_the_truth(life, store, public)
    quiet = read(life, store, limited)
    assert quiet.requests < first.requests
    go_on(life, rooms)
    public = set(life.rooms) - {rooms["secret"], rooms["direct"]}
    second = read(life, store, limited)
    assert second.errors == []
    is_the_truth(life, store, public)
    everything = tmp_path / "everything.duckdb"
    read(life, everything, limited, include_private=True, include_direct=True)
    life.views = life.newest_views()  # whoever comes late sees how far people have read, not how they got there
    is_the_truth(life, everything, set(life.rooms))
    assert limited, "the server never asked to wait"
    assert time.monotonic() - began < 120


def test_who_is_no_admin_knows_people_by_their_rooms(life: Life, rooms: dict[str, str], tmp_path: Path) -> None:
    """Ann sees what she is in, and is told what she does not see."""
    assert rooms
    result = read(life, tmp_path / "ann.duckdb", [], reader="ann")
    assert result.errors == []
    assert any("known by their rooms only" in str(one.reason) for one in result.coverage)
    here = {room for name, room in life.memberships if name == "ann"} & {
        room for room, fields in life.rooms.items() if fields["privacy"] == "public"
    }
    assert len(here) >= 3  # four, when the other proof went first
    assert {row["community_id"] for row in rows(tmp_path / "ann.duckdb", "memberships")} == {
        community(room) for room in here
    }
    names = {row["id"]: row["display_name"] for row in rows(tmp_path / "ann.duckdb", "members") if row["display_name"]}
    inside = {name for name, room in life.memberships if room in here}
    assert {member(name) for name in inside} <= names.keys()
    assert names[member("bob")] == "Bob"


def begin(life: Life) -> dict[str, str]:
    """Found the company, and let people in."""
    life.register("root", admin=True)
    for who in ("boss", *PEOPLE, "eve"):
        life.register(who)
        life.exempt("root", who)
    life.register("robot", user_type="bot")
    company = life.found("boss", "Company", kind="space")
    rooms = {
        "general": life.found("boss", "General", space=company, topic="Welcome"),
        "projects": life.found("boss", "Projects", space=company),
        "vault": life.found("boss", "Vault", initial_state=[encryption()]),
        "secret": life.found("boss", "Secret", privacy="private", invite=[user("root")]),
        "club": life.found("boss", "Club", space=company, initial_state=[restricted(company)]),
        "closed": life.found("boss", "Closed", space=company),
        "direct": life.found("ann", "", privacy="direct", is_direct=True, invite=[user("root")]),
    }
    life.rooms[rooms["direct"]].update(name=None, kind="direct")
    life.closed.add(rooms["closed"])
    life.rooms[rooms["closed"]]["archived"] = None  # a space's summary does not tell
    for room in (company, rooms["general"], rooms["projects"], rooms["vault"]):
        life.admit("root", "root", room)
    for room in (rooms["club"], rooms["secret"]):
        life.join("root", room)
    life.join("root", rooms["direct"])
    life.call("root", "PUT", f"user/{user('root')}/account_data/m.direct", {user("ann"): [rooms["direct"]]})
    for number in range(SPACES):
        life.admit("root", "root", life.found("boss", f"Space {number}", kind="space"))
    for who in (*PEOPLE, "eve", "robot"):
        life.join(who, rooms["general"])
    for who in PEOPLE:
        life.join(who, rooms["projects"])
    life.join("ann", rooms["vault"])
    return talk(life, rooms)


def talk(life: Life, rooms: dict[str, str]) -> dict[str, str]:
    """Let people say what they say in the beginning."""
    general, projects = rooms["general"], rooms["projects"]
    hello = life.say("ann", general, "Hello everybody")
    named = '<a href="https://matrix.to/#/@bob:aurora.test">Bob</a>: <strong>look</strong>'
    marked = {"format": "org.matrix.custom.html", "formatted_body": named, "m.mentions": {"user_ids": [user("bob")]}}
    rooms["marked"] = life.say("ann", general, "Bob: look", **marked)
    rooms["thread"] = life.say("bob", general, "In the thread", root=hello)
    life.say("cat", general, "I answer", answers=hello)
    rooms["typo"] = life.say("cat", general, "Tpyo")
    life.edit("cat", rooms["typo"], "Typo, mended")
    rooms["doomed"] = life.say("dan", general, "Soon gone")
    life.react("bob", rooms["doomed"], "👍")
    life.delete("dan", rooms["doomed"])
    life.say("robot", general, "Build 7 is green")
    info = {"mimetype": "application/pdf", "size": 7}
    file = {"msgtype": "m.file", "filename": "plan.pdf", "url": "mxc://aurora.test/abc", "info": info}
    life.say("dan", projects, "The plan", **file)
    poll = {"question": {"org.matrix.msc1767.text": "Lunch?"}, "answers": [answer("a", "Yes"), answer("b", "No")]}
    kind = "org.matrix.msc3381.poll.start"
    life.say("dan", projects, "Lunch?", kind=kind, **{kind: poll, "org.matrix.msc1767.text": "Lunch?"})
    life.say("ann", rooms["vault"], None, kind="m.room.encrypted", algorithm="m.megolm.v1", ciphertext="AwgAEn")
    life.say("boss", rooms["secret"], "Between us")
    life.say("ann", rooms["direct"], "Just you")
    for who in ("ann", "cat", "dan"):
        life.react(who, rooms["thread"], "🎉")
    life.react("bob", hello, "❤️")
    life.unreact("dan", rooms["thread"], "🎉")
    life.pin("boss", general, hello, rooms["typo"])
    life.pin("boss", general, hello)
    life.see("ann", rooms["thread"])
    life.leave("dan", general)
    life.remove("boss", "eve", general, "kick")
    life.invite("boss", "eve", projects)
    life.state("boss", projects, "m.room.name", {"name": "All projects"})
    life.rooms[projects]["name"] = "All projects"
    return {**rooms, "hello": hello}


def go_on(life: Life, rooms: dict[str, str]) -> None:
    """Time passes: everything that a later run has to notice."""
    general, projects, hello = rooms["general"], rooms["projects"], rooms["hello"]
    life.say("cat", general, "Late to the thread", root=hello)
    life.edit("ann", hello, "Hello all of you")
    second = life.edit("bob", rooms["thread"], "In the thread, edited")
    life.redact("bob", second)  # the edit is taken back: the message is what it was
    life.posts[rooms["thread"]].update(text="In the thread", body="In the thread", edited=False)
    life.delete("cat", rooms["typo"])
    life.delete("ann", rooms["marked"])
    life.unreact("cat", rooms["thread"], "🎉")
    life.unreact("ann", rooms["thread"], "🎉")
    life.react("ann", rooms["thread"], "🎉")
    life.react("dan", life.say("dan", projects, "News"), "👀")
    brief = life.say("bob", projects, "Never mind")
    life.delete("bob", brief)
    life.pin("boss", general)
    life.pin("boss", projects, life.say("ann", projects, "Keep this"))
    life.see("bob", life.say("ann", general, "Read this"))
    life.join("dan", general)
    life.leave("bob", projects)
    life.remove("boss", "cat", projects, "ban")
    life.erase("root", "eve")
    life.state("boss", general, "m.room.topic", {"topic": "News"})
    fresh = life.found("boss", "Fresh")
    life.admit("root", "root", fresh)
    life.join("ann", fresh)
    life.say("ann", fresh, "First!")
    life.state("boss", projects, "m.room.tombstone", {"body": "Closed", "replacement_room": fresh})
    life.rooms[projects]["archived"] = True


def encryption() -> dict[str, Any]:
    return {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}


def restricted(space: str) -> dict[str, Any]:
    """Let whoever is in a space into a room."""
    allow = [{"type": "m.room_membership", "room_id": space}]
    return {"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "restricted", "allow": allow}}


def answer(key: str, text: str) -> dict[str, str]:
    return {"id": key, "org.matrix.msc1767.text": text}
