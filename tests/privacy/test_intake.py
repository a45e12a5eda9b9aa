"""What of a record is let in: through every door, and down to the bytes of the store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from communitykit import from_records, pull, read_archive
from communitykit.clock import Clock
from communitykit.connector.registry import registry
from communitykit.errors import SettingsError
from communitykit.model import (
    Attachment,
    Community,
    EngagementEvent,
    Member,
    Membership,
    Mention,
    Poll,
    PollOption,
    Post,
    Provenance,
)
from communitykit.privacy.erasing import prune
from communitykit.privacy.intake import Intake, OptOut, keyed_hash
from communitykit.privacy.pseudonyms import Key
from communitykit.sandbox import World, serve
from communitykit.sinks import to_json_line
from communitykit.store import Store
from communitykit.testing.connecting import connect
from communitykit.testing.connecting import pull as pull_then

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
SOURCE = Provenance(connector="slack", version="1", origin="api", fetched_at=AT, as_of=AT)
ANN, BOB, POST = "slack:T1:member:ANN", "slack:T1:member:BOB", "slack:T1:post:p1"
WORD = "xylophonicmarmalade"
"""A word that stands in every field that may hold somebody's words."""


def record_of(author: str = ANN, **more: Any) -> Post:
    return Post(
        id=more.pop("id", POST),
        author_id=author,
        title=WORD,
        body=f"<p>{WORD}?</p>",
        body_format="html",
        text=f"{WORD}?",
        links=(f"https://{WORD}.example/",),
        topics=(WORD,),
        url=f"https://forum.example/{WORD}",
        author_name=WORD,
        attachments=(Attachment(kind="file", name=WORD, text=WORD, url=f"https://x.example/{WORD}", size=7),),
        mentions=(Mention(kind="member", id=BOB, label=WORD), Mention(kind="tag", id=WORD, label=WORD)),
        poll=Poll(question=WORD, options=(PollOption(text=WORD, votes=3),)),
        extra={"slack": WORD},
        raw={"text": WORD},
        created_at=AT,
        source=SOURCE,
        **more,
    )


def talk() -> list[Any]:
    community = "slack:T1:community:C1"
    return [
        Member(id=ANN, email="ann@company.example", kind="person", source=SOURCE),
        Member(id=BOB, email="bob@company.example", kind="person", manager_id=ANN, source=SOURCE),
        Community(id=community, name="general", topic=WORD, purpose=WORD, owner_id=ANN, source=SOURCE),
        Membership(id="slack:T1:membership:C1/ANN", community_id=community, member_id=ANN, source=SOURCE),
        record_of(),
        record_of(BOB, id="slack:T1:post:p2", praised_ids=(ANN, BOB)),
        _act("voted", BOB, POST),
        _act("voted", BOB, "slack:T1:post:p2"),
        _act("reacted", ANN, "slack:T1:post:p2", detail="tada"),
        _act("reacted", BOB, "slack:T1:post:p2", detail="tada"),
    ]


def _act(kind: str, actor: str, target: str, detail: str = WORD) -> EngagementEvent:
    native = f"{kind}/{actor[-3:]}/{target[-2:]}"
    return EngagementEvent(
        id=f"slack:T1:event:{native}", kind=kind, actor_id=actor, target_id=target, detail=detail, source=SOURCE
    )


@pytest.mark.parametrize("content", ["features", "none"])
def test_no_word_is_let_in(content: str) -> None:
    kept = Intake(content).admit(talk())
    assert len(kept) == len(talk())
    assert [one for one in kept if WORD in to_json_line(one)] == []
    posts = [one for one in kept if one.record == "post"]
    assert posts[0].attachments == (Attachment(kind="file", size=7),)
    assert posts[0].mentions[0] == Mention(kind="member", id=BOB)
    assert posts[0].poll is not None
    assert posts[0].poll.options[0].votes == 3
    assert [one.detail for one in kept if one.record == "event" and one.kind == "reacted"] == ["tada", "tada"]
    if content == "none":
        assert posts[0].features is None
    else:
        assert posts[0].features is not None
        assert posts[0].features.model_dump() == {"length": len(WORD) + 1, "has_question": True, "links": 1}
    assert not {"text", "body", "title"} & posts[0].model_fields_set  # an older text is not taken for emptied


def test_what_is_let_in_whole_is_as_it_was() -> None:
    assert Intake().admit(talk()) == talk()


@pytest.mark.parametrize("entry", [ANN, "Ann@Company.example", "keyed"])
def test_of_who_opted_out_there_is_nothing(entry: str) -> None:
    key = Key(bytes(range(32)))
    out = OptOut([keyed_hash("ann@company.example", key) if entry == "keyed" else entry], key)
    kept = Intake("full", out).admit(talk())
    assert [one.id for one in kept if one.record in {"member", "post", "membership"}] == [BOB, "slack:T1:post:p2"]
    assert [(one.actor_id, one.target_id) for one in kept if one.record == "event"] == [
        (BOB, "slack:T1:post:p2"),
        (BOB, "slack:T1:post:p2"),
    ]
    told = "".join(to_json_line(one) for one in kept)
    assert ANN not in told
    assert "ann@" not in told


def test_an_opt_out_list_is_a_csv_file(tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    file.write_text(f"account,why\n{ANN},asked\nann@company.example,\n", encoding="utf-8")
    assert OptOut.read(file).holds(ANN)
    assert not OptOut.read(file).holds(BOB)
    file.write_text(f"{BOB}\n", encoding="utf-8")
    assert OptOut.read(file).holds(BOB)
    file.write_text(keyed_hash(ANN, Key(bytes(32))) + "\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="holds keyed hashes, and no key"):
        OptOut.read(file)
    with pytest.raises(SettingsError, match="cannot be read"):
        OptOut.read(tmp_path / "none.csv")
    with pytest.raises(SettingsError, match="there is no content 'some'"):
        pull(from_records([]), tmp_path / "a.duckdb", content="some")
    with pytest.raises(SettingsError, match="payloads hold the texts"):
        pull(from_records([]), tmp_path / "a.duckdb", content="none", keep_raw=True)
    assert not (tmp_path / "a.duckdb").exists()


def test_the_store_has_features_and_no_word(tmp_path: Path) -> None:
    store = tmp_path / "a.duckdb"
    pull(from_records(talk()), store, content="features", opt_out=OptOut([BOB]))
    with Store(store) as opened:
        (told,) = opened.sql("SELECT features, text FROM posts").to_pylist()
        assert told == {"features": {"length": len(WORD) + 1, "has_question": True, "links": 1}, "text": None}
        (back,) = opened.records("post")
        assert back.features.has_question
    for file in tmp_path.iterdir():
        assert WORD.encode() not in file.read_bytes()


@pytest.mark.slow
def test_what_came_before_an_address_was_known_goes_too_and_stays_out(tmp_path: Path) -> None:
    store, out = tmp_path / "a.duckdb", ["ann@company.example"]
    nameless = [one for one in talk() if one.record != "member"]
    pull(from_records(nameless), store, opt_out=OptOut(out))  # nobody can know whose the posts are
    with Store(store) as opened:
        assert opened.sql("SELECT 1 FROM posts WHERE author_id = ?", [ANN]).num_rows
    pull(from_records(talk()), store, opt_out=OptOut(out))  # the address is told
    pull(from_records(nameless), store, opt_out=OptOut(out))  # and is not told again
    with Store(store) as opened:
        for table, column in (("members", "id"), ("posts", "author_id"), ("events", "actor_id")):
            assert not opened.sql(f"SELECT 1 FROM {table} WHERE {column} = ?", [ANN]).num_rows  # noqa: S608 # ours
        assert opened.sql("SELECT 1 FROM posts WHERE author_id = ?", [BOB]).num_rows
        assert opened.sql("SELECT 1 FROM forgotten").num_rows == 1


@pytest.mark.parametrize("entry", [ANN, "ann@company.example"])
def test_who_opts_out_later_is_not_in_what_was_read_before(entry: str, tmp_path: Path) -> None:
    store = tmp_path / "a.duckdb"
    pull(from_records(talk()), store)
    pull(from_records([]), store, opt_out=OptOut([entry]))
    with Store(store) as opened:
        assert opened.sql("SELECT id FROM members")["id"].to_pylist() == [BOB]
        assert not opened.sql("SELECT 1 FROM posts WHERE author_id = ?", [ANN]).num_rows


@pytest.mark.slow
def test_through_api_and_archive_no_text_comes_in(tmp_path: Path) -> None:
    simulated = registry().get("slack").simulated()
    world = World(seed=4, size="tiny", platforms=("slack",))
    clock = Clock(now=lambda: world.now)
    path = simulated.write_archive(world, tmp_path / "export.zip", style=simulated.archive_styles[0])
    texts: dict[str, set[str]] = {}
    for content in ("full", "features"):
        store = tmp_path / f"{content}.duckdb"
        with serve(world, simulated) as server, connect("slack", server.settings, clock=clock) as session:
            pull_then(session, store, clock=clock, content=content)
        with read_archive("slack", path) as archive:
            pull(archive, store, content=content)
        with Store(store) as opened:
            held = opened.sql("SELECT text, features FROM posts").to_pylist()
            texts[content] = {row["text"] for row in held if row["text"]}
            if content == "features":
                assert sum((row["features"] or {}).get("length") or 0 for row in held) > 1000
    assert len(texts["full"]) > 30
    assert texts["features"] == set()
    raw = (tmp_path / "features.duckdb").read_bytes()
    assert [one for one in texts["full"] if len(one) > 20 and one.encode() in raw] == []


def test_what_is_older_than_what_is_kept_is_not_let_in_and_nothing_that_was_done_to_it() -> None:
    moment = datetime(2026, 2, 1, tzinfo=UTC)
    old = record_of().model_copy(update={"created_at": moment - timedelta(days=1)})
    fresh = record_of(BOB, id="slack:T1:post:p2").model_copy(update={"created_at": moment})
    acts = [_act("reacted", BOB, POST), _act("reacted", BOB, "slack:T1:post:p2")]
    late = _act("joined", BOB, "slack:T1:community:C1").model_copy(update={"occurred_at": moment - timedelta(days=9)})
    undated = record_of(BOB, id="slack:T1:post:p3").model_copy(update={"created_at": None})
    assert Intake(keep_from=moment).admit([old, fresh, undated, *acts, late]) == [fresh, undated, acts[1]]
    with pytest.raises(SettingsError, match="no time zone"):
        Intake(keep_from=datetime(2026, 2, 1))  # noqa: DTZ001 # as somebody may write it


@pytest.mark.parametrize("name", ["matrix", "slack", "teams", "workplace", "yammer"])
def test_what_was_erased_as_too_old_does_not_come_back(name: str, tmp_path: Path) -> None:
    """Such as the root of a thread that goes on: each night would read it, erase it, and make the whole file anew."""
    world = World(seed=5, size="tiny", platforms=(name,))
    clock, store, begin = Clock(now=lambda: world.now), tmp_path / "a.duckdb", world.now - timedelta(days=60)
    with serve(world, registry().get(name).simulated()) as server:
        for number in range(2):
            with connect(name, server.settings, clock=clock) as session:
                result = pull_then(session, store, clock=clock, since=begin, keep_from=begin)
            assert not prune(store, before=begin, now=world.now).deleted
            assert number == 0 or result.tally.counts() == ({}, {}, {}, {})
    with Store(store) as opened:
        assert min(opened.sql("SELECT min(created_at) AS first FROM posts")["first"].to_pylist()) >= begin
