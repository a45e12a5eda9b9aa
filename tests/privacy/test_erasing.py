"""Forgetting, keeping no longer than promised, and telling what is kept: proved on the bytes of the file."""

import json
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from communitykit import (
    Community,
    EngagementEvent,
    Member,
    Membership,
    Mention,
    Post,
    Provenance,
    from_records,
    gathering,
    pull,
)  # fmt: skip
from communitykit.cli import commands as _all  # noqa: F401 # registers every command
from communitykit.cli.app import app
from communitykit.cli.reading import as_data, print_summary
from communitykit.cli.show import show, summary
from communitykit.errors import SettingsError
from communitykit.model import Coverage, Issue, Measure
from communitykit.people import resolve
from communitykit.privacy.cutoff import cutoff
from communitykit.privacy.erasing import forget, prune
from communitykit.privacy.telling import write_subject
from communitykit.reading.translation import Page
from communitykit.store import Store, connection, opening
from communitykit.store.compacting import DUE, compact
from communitykit.store.writer import Group, Writer

START = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = Provenance(connector="p", version="0", origin="api", fetched_at=START, as_of=START)
ANN, BOB, ROOM = "p:n:member:u-annlovelace", "p:n:member:u-bob", "p:n:community:room"
OF_ANN = ("u-annlovelace", "Ann Lovelace", "ann@example.org", "annhandle", "E4711", "quinoa", "marzipan")
"""What is hers: ids, names, and words that she alone wrote."""


@pytest.fixture(autouse=True)
def uncompressed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search of bytes proves something where they are not compressed."""
    monkeypatch.setattr(opening, "_SETTINGS", (*opening._SETTINGS, "PRAGMA force_compression='uncompressed'"))


def records(day: int = 0) -> list[Any]:
    at = START + timedelta(days=day)
    source = SOURCE.model_copy(update={"as_of": at, "fetched_at": at})
    common: dict[str, Any] = {"source": source}
    told: dict[str, Any] = {"username": "annhandle", "email": "ann@example.org", "employee_number": "E4711"}
    mention = Mention(kind="member", id=ANN, label="@Ann Lovelace")
    return [
        Member(id=ANN, display_name="Ann Lovelace", **told, **common),
        Member(id=BOB, display_name="Bob", manager_id=ANN, extra={"delegate_id": ANN, "shoe": 9}, **common),
        Community(id=ROOM, name="Room", owner_id=ANN, creator_id=BOB, **common),
        Membership(id="p:n:membership:room/u-annlovelace", community_id=ROOM, member_id=ANN, **common),
        Membership(id="p:n:membership:room/u-bob", community_id=ROOM, member_id=BOB, **common),
        Post(id="p:n:post:1", community_id=ROOM, author_id=ANN, body="quinoa", text="quinoa",
             created_at=START, title="marzipan", raw={"user": "u-annlovelace", "text": "quinoa"}, **common),
        Post(id="p:n:post:2", community_id=ROOM, author_id=BOB, root_id="p:n:post:1", parent_id="p:n:post:1",
             body="thanks <@u-annlovelace>, said Ann Lovelace", text="thanks @Ann Lovelace!", created_at=START,
             mentions=(mention, Mention(kind="member", id=BOB)), praised_ids=(ANN, BOB),
             raw={"mentions": ["u-annlovelace"]}, **common),
        EngagementEvent(id="p:n:event:reacted/2/u-annlovelace", kind="reacted", actor_id=ANN,
                        target_id="p:n:post:2", **common),
        EngagementEvent(id="p:n:event:reacted/1/u-bob", kind="reacted", actor_id=BOB, target_id="p:n:post:1", **common),
        Measure(id="p:n:measure:1", name="posts", subject_id=ANN, value=3.0, **common),
    ]  # fmt: skip


def fill(path: Path, day: int = 0) -> None:
    writer = Writer(path)
    run = f"run{day}"
    writer.start_run({"run_id": run, "started_at": START, "ended_at": START, "status": "complete", "sources": {}})
    plain = [
        Issue(run_id=run, slice="p:n:members", wire_kind="user", native_id="u-annlovelace", reason="invalid"),
        Issue(run_id=run, slice="p:n:members", wire_kind="user", native_id="u-carl", reason="invalid"),
        Coverage(run_id=run, slice="p:n:room", status="partial", reason="ann@example.org may not be read"),
    ]
    marks = {"p:n:strangers": {"v": 1, "ids": [ANN, BOB]}, "p:n:a": {"last": "u-annlovelace"}, "p:n:b": {"last": "7"}}
    writer.commit(Group(records(day), [], plain, marks), run_id=run, now=START)
    writer.release()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "a.duckdb"
    fill(path)
    assert found(path) == set(OF_ANN)
    yield path
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith("a.duckdb")] == ["a.duckdb"]
    assert stat.filemode(path.stat().st_mode) == "-rw-------"


def found(path: Path, words: tuple[str, ...] = OF_ANN) -> set[str]:
    told = path.read_bytes()
    return {word for word in words if word.encode() in told}


def rows(path: Path, query: str) -> list[dict[str, Any]]:
    with Store(path) as opened:
        return opened.sql(query).to_pylist()


@pytest.mark.parametrize("who", [ANN, "ANN@example.org", "Ann Lovelace", "annhandle", "E4711"])
def test_nothing_of_who_is_forgotten_is_in_the_file(store: Path, who: str) -> None:
    erased = forget(store, who)
    assert erased.accounts == (ANN,)
    assert found(store) == set()
    assert erased.deleted == {"members": 1, "memberships": 1, "measures": 1, "events": 1, "issues": 1, "checkpoints": 1}


def test_what_others_said_and_did_stays(store: Path) -> None:
    forget(store, ANN)
    first, second = rows(store, "SELECT * FROM posts ORDER BY id")
    assert (first["gone"], first["author_id"], first["created_at"]) == ("deleted", None, START)
    assert second["body"] == "thanks <@[forgotten]>, said [forgotten]"
    assert second["text"] == "thanks @[forgotten]!"
    assert (second["author_id"], second["root_id"], second["raw"]) == (BOB, "p:n:post:1", None)
    assert [one["id"] for one in second["mentions"]] == [BOB]
    assert second["praised_ids"] == [BOB]
    assert rows(store, "SELECT id, manager_id, extra FROM members") == [
        {"id": BOB, "manager_id": None, "extra": '{"shoe":9}'}
    ]
    assert rows(store, "SELECT owner_id, creator_id FROM communities") == [{"owner_id": None, "creator_id": BOB}]
    assert rows(store, "SELECT native_id FROM issues") == [{"native_id": "u-carl"}]
    assert rows(store, "SELECT reason FROM coverage") == [{"reason": "[forgotten]"}]
    assert rows(store, "SELECT slice, checkpoint FROM checkpoints ORDER BY slice") == [
        {"slice": "p:n:b", "checkpoint": '{"last":"7"}'},
        {"slice": "p:n:strangers", "checkpoint": json.dumps({"v": 1, "ids": [BOB]}, separators=(",", ":"))},
    ]


def test_what_named_nobody_else_is_as_if_it_named_nobody_and_reads_the_same_again(store: Path) -> None:
    mention = Mention(kind="member", id=ANN, label="@Ann Lovelace")
    post = Post(id="p:n:post:3", author_id=BOB, body="thanks @Ann Lovelace", text="thanks @Ann Lovelace",
                mentions=(mention,), praised_ids=(ANN,), extra={"delegate_id": ANN}, source=SOURCE)  # fmt: skip
    pull(from_records([post]), store)
    forget(store, ANN)
    assert rows(store, "SELECT mentions, praised_ids FROM posts WHERE id = 'p:n:post:3'") == [
        {"mentions": None, "praised_ids": None}
    ]
    again = pull(from_records([post]), store).tally
    assert (again.new, again.changed) == ({}, {})


@pytest.mark.slow
def test_who_is_forgotten_stays_so(store: Path) -> None:
    forget(store, ANN)
    fill(store, day=1)
    pull(from_records(records(day=2)), store, compact=False)
    told = store.read_bytes()
    assert rows(store, "SELECT id FROM members") == [{"id": BOB}]
    assert found(store, tuple(word for word in OF_ANN if word != "ann@example.org")) == set()  # a reason says it
    assert b"u-annlovelace" not in told
    (first, second) = rows(store, "SELECT * FROM posts ORDER BY id")
    assert (first["author_id"], first["body"]) == (None, None)
    assert second["text"] == "thanks @[forgotten]!"


def test_who_is_forgotten_already_is_told_by_id_alone(store: Path) -> None:
    assert forget(store, "Ann Lovelace").forgotten_before == ()
    before = store.read_bytes()
    again = forget(store, ANN)
    assert (again.accounts, again.forgotten_before, again.deleted, again.changed) == ((), (ANN,), {}, {})
    done = CliRunner().invoke(app, ["forget", ANN, "--store", str(store)])
    assert (done.exit_code, f"Forgotten already: {ANN}\nThere was nothing to erase." in done.output) == (0, True)
    assert store.read_bytes() == before
    for name in ("Ann Lovelace", "ann@example.org"):  # a hash of a name would be found out by trying names
        with pytest.raises(SettingsError, match="of who was forgotten no name or address is kept"):
            forget(store, name)


def test_nobody_is_forgotten_by_a_name_of_two(store: Path) -> None:
    pull(from_records([Member(id="p:n:member:u-ann2", display_name="Ann Lovelace", source=SOURCE)]), store)
    with pytest.raises(SettingsError, match="2 accounts"):
        forget(store, "Ann Lovelace")
    with pytest.raises(SettingsError, match="no accounts"):
        forget(store, "Nobody")
    assert found(store) == set(OF_ANN)


def test_of_two_of_one_name_one_is_forgotten_by_an_address(store: Path) -> None:
    other = Member(id="p:n:member:u-ann2", display_name="Ann Lovelace", email="a@q.example", source=SOURCE)
    pull(from_records([other]), store)
    resolve(store)
    with pytest.raises(SettingsError, match=r"2 persons are called .* Give an e-mail address or a person id"):
        forget(store, "Ann Lovelace")
    assert forget(store, "ANN@example.org").accounts == (ANN,)


def test_what_is_older_than_promised_is_erased(store: Path) -> None:
    late = Post(id="p:n:post:3", author_id=ANN, text="fresh words", created_at=START + timedelta(days=9), source=SOURCE)
    pull(from_records([late]), store)
    erased = prune(store, before=START + timedelta(days=1))
    assert found(store, ("quinoa", "marzipan", "thanks")) == set()
    assert found(store, ("fresh words", "Ann Lovelace")) == {"fresh words", "Ann Lovelace"}
    assert erased.deleted["posts"] == 2
    assert erased.deleted["events"] == 2
    assert rows(store, "SELECT id FROM posts") == [{"id": "p:n:post:3"}]


def test_a_pull_during_which_older_things_are_erased_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gathering, "GROUP_RECORDS", 1)  # each page is a commit
    monkeypatch.setattr("communitykit.holding.RELEASE_GROUPS", 1)
    path, day = tmp_path / "a.duckdb", START + timedelta(days=1)
    told = [
        Post(id=f"p:n:post:{number}", created_at=START + timedelta(hours=number % 48), source=SOURCE)
        for number in range(2400)
    ]
    pages: list[Any] = []

    def erase(event: Any) -> None:
        if isinstance(event, Page) and event.records:
            pages.append(event)
            if len(pages) == 2:  # of three: the first one is stored
                prune(path, before=day)

    result = pull(from_records(told), path, progress=erase)
    assert (len(pages), result.erased_before) == (3, day)
    assert {one.since for one in result.coverage} == {day}
    assert rows(path, "SELECT DISTINCT since = '2026-01-02 00:00:00+00' AS is_told FROM coverage") == [
        {"is_told": True}
    ]
    assert rows(path, "SELECT count(*) AS n FROM posts") == [{"n": 1200}]
    print_summary(result, path)
    assert "Nothing from before 2026-01-02 00:00 UTC is in the store, and none is let in (prune)" in (
        capsys.readouterr().out
    )
    assert as_data(result, path)["erased_before"] == day


def test_what_was_erased_as_too_old_does_not_come_back_until_a_pull_asks_for_it(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    late = Post(id="p:n:post:3", author_id=ANN, text="late", created_at=START + timedelta(days=9), source=SOURCE)
    day = START + timedelta(days=1)
    left = Member(id="p:n:member:gone", active=False, deactivated_at=START, source=SOURCE)
    told = [*records(), late, left]
    pull(from_records(told), store)
    prune(store, before=day)
    prune(store, before=day - timedelta(days=99))  # a longer time to keep brings nothing back
    assert summary(store)["erased_before"] == day
    result = pull(from_records(told), store)
    assert result.erased_before == day
    assert {one.since for one in result.coverage} == {day}
    assert rows(store, "SELECT id FROM posts") == [{"id": "p:n:post:3"}]
    assert rows(store, "SELECT id FROM events") == []
    assert rows(store, "SELECT id FROM members WHERE active = false") == []
    pull(from_records(told), store, since=day + timedelta(days=2))
    assert summary(store)["erased_before"] == day
    writer = Writer(store)
    writer.commit(Group(checkpoints={"p:n:room": {"v": 1}}), run_id="r", now=START)
    writer.release()
    pull(from_records(told), store, since=day)
    assert {"slice": "p:n:room"} in rows(store, "SELECT slice FROM checkpoints")
    result = pull(from_records(told), store, since=START - timedelta(days=1))
    left = rows(store, "SELECT slice FROM checkpoints")  # others say that what was erased was read
    assert left == [{"slice": "p:n:strangers"}]
    assert len(rows(store, "SELECT id FROM posts")) == 3
    assert len(rows(store, "SELECT id FROM events")) == 2
    assert summary(store)["erased_before"] == result.erased_before == START - timedelta(days=1)
    show(store, as_json=False)
    print_summary(result, store)
    told = capsys.readouterr().out  # what was erased is there again: nothing says that it was
    assert told.count("Nothing from before 2025-12-31 00:00 UTC is in the store, and none is let in (prune)") == 2
    assert "erased" not in told.replace(str(store), "")


def test_a_prune_beside_a_run_is_heeded_by_what_the_run_stores_later(store: Path) -> None:
    writer = Writer(store)
    writer.release()
    prune(store, before=START + timedelta(days=1))
    writer.commit(Group(records=records()), run_id="r", now=START)
    writer.release()
    assert rows(store, "SELECT id FROM posts") == rows(store, "SELECT id FROM events") == []


def test_where_nothing_is_too_old_no_new_file_is_made(store: Path) -> None:
    file = store.stat().st_ino
    assert not prune(store, before=START - timedelta(days=9)).deleted
    assert store.stat().st_ino == file
    connection.mark(store, DUE, "yes")  # as of an erasure that was killed before its end
    assert not prune(store, before=START - timedelta(days=9)).deleted
    assert store.stat().st_ino != file


def test_what_a_cut_off_takes_is_told_before_and_that_an_export_ended_long_ago(store: Path, tmp_path: Path) -> None:
    now = START + timedelta(days=200)
    told = cutoff(store, before=START + timedelta(days=1))
    assert told.in_words == "What is older than 2026-01-02 goes: 2 of 2 posts; 0 stay."
    assert told.remark(now) is None  # a platform is read: what is new comes
    old = Post(id="p:n:post:1", created_at=START, source=SOURCE.model_copy(update={"origin": "archive"}))
    pull(from_records([old]), tmp_path / "old.duckdb")
    remark = cutoff(tmp_path / "old.duckdb", before=START).remark(now)
    assert remark is not None
    assert "is of 2026-01-01, 200 days ago" in remark
    assert cutoff(tmp_path / "old.duckdb", before=START).remark(START + timedelta(days=2)) is None


def test_what_is_kept_is_told(store: Path, tmp_path: Path) -> None:
    file = tmp_path / "ann.json"
    told = write_subject(store, "ann@example.org", file, purpose="asked for by her")
    assert stat.filemode(file.stat().st_mode) == "-rw-------"
    kept = json.loads(file.read_bytes())
    assert {name: len(rows) for name, rows in kept.items()} == told
    assert {name: number for name, number in told.items() if number} == {
        "accounts": 1, "memberships": 1, "posts": 1, "acts": 1, "done_to_them": 1, "mentioned_in": 1,
        "owner_or_creator_of": 1, "manager_of": 1, "figures": 1,
    }  # fmt: skip
    assert kept["posts"][0]["body"] == "quinoa"
    with pytest.raises(FileExistsError):
        write_subject(store, ANN, file, purpose="asked for by her")
    (note,) = rows(store, "SELECT * FROM releases")
    assert (note["what"], note["purpose"], note["rows"]) == ("subject", "asked for by her", sum(told.values()))


def test_a_pull_that_empties_a_post_removes_its_bytes_once_a_day(store: Path) -> None:
    def gone(number: int, day: int) -> Post:
        at = SOURCE.model_copy(update={"as_of": START + timedelta(days=day), "fetched_at": START + timedelta(days=day)})
        return Post(id=f"p:n:post:{number}", gone="deleted", source=at)

    first = store.stat().st_ino
    pull(from_records([gone(1, 1)]), store, compact=False)
    assert store.stat().st_ino == first
    assert "quinoa" in found(store)
    pull(from_records([Member(id=BOB, display_name="Bob", source=SOURCE)]), store)  # it was owed since
    second = store.stat().st_ino
    assert second != first
    assert found(store, ("quinoa", "marzipan")) == set()
    pull(from_records([gone(2, 2)]), store)  # on the same day: it waits
    assert store.stat().st_ino == second
    assert rows(store, "SELECT value FROM meta WHERE key = 'compaction_due'") == [{"value": "yes"}]


def test_a_pull_that_empties_nothing_makes_no_new_file(store: Path) -> None:
    first = store.stat().st_ino
    pull(from_records([Post(id="p:n:post:9", gone="deleted", source=SOURCE)]), store)  # never held a word
    pull(from_records([Post(id="p:n:post:9", gone="deleted", source=SOURCE)]), store)
    assert store.stat().st_ino == first


def test_who_writes_goes_on_in_the_file_that_another_process_compacted(store: Path) -> None:
    writer = Writer(store)
    writer.start_run({"run_id": "long"})
    writer.release()
    compact(store, now=START)
    writer.commit(Group([Member(id=BOB, display_name="Robert", source=SOURCE)]), run_id="long", now=START)
    writer.release()
    assert rows(store, "SELECT run_id FROM runs ORDER BY run_id") == [{"run_id": "long"}, {"run_id": "run0"}]


def test_no_checkpoint_brings_their_id_back_however_deep_it_lies(store: Path) -> None:
    forget(store, ANN)
    writer = Writer(store)
    native = {"seen": {"u-annlovelace": 1, "u-bob": 2}, "pages": [["u-annlovelace", 3], ["u-bob", 4]], "last": ANN,
              "ids": ["u-bob", "u-annlovelace"]}  # fmt: skip
    writer.commit(Group(checkpoints={"p:n:seen": native, "q:n:seen": {"last": "u-annlove"}}), run_id="late", now=START)
    writer.release()
    assert rows(store, "SELECT checkpoint FROM checkpoints WHERE run_id = 'late' ORDER BY slice") == [
        {"checkpoint": '{"seen":{"u-bob":2},"pages":[["u-bob",4]],"ids":["u-bob"]}'},
        {"checkpoint": '{"last":"u-annlove"}'},
    ]
