"""slackdump's own archives: its database and its chunk directory, of our own making after its layout."""

from __future__ import annotations

import gzip
import json
import sqlite3
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from slack_exports import ANN, BEN, ENTERPRISE, TEAM, Read, message, user, write

from communitykit import ArchiveError, read_archive
from communitykit.connector import Archive
from communitykit.doors.options import ReadOptions
from communitykit.reading.slices import Opened
from communitykit_slack.archive import as_of, detect

GENERAL, SECRET, TALK = "C0GEN00001", "C0SEC00002", "D0TLK00003"
NANO = 1_000_000_000
READ_AT = 1_709_400_000

_LAYOUT = """
CREATE TABLE session (id INTEGER PRIMARY KEY, created_at TIMESTAMP, finished SMALLINT, mode TEXT);
CREATE TABLE chunk (id INTEGER PRIMARY KEY, unix_ts INTEGER, session_id INTEGER, type_id SMALLINT, final SMALLINT);
CREATE TABLE message (id INTEGER, chunk_id INTEGER, channel_id TEXT, ts TEXT, data BLOB, PRIMARY KEY (id, chunk_id));
CREATE TABLE channel (id TEXT, chunk_id INTEGER, name TEXT, data BLOB);
CREATE TABLE workspace (id INTEGER PRIMARY KEY, chunk_id INTEGER, team_id TEXT, data BLOB);
CREATE TABLE s_user (id TEXT, chunk_id INTEGER, data BLOB);
"""


def conversation(native: str, **flags: bool) -> dict[str, Any]:
    return {"id": native, "name": native.lower(), "is_private": False, "is_im": False, "is_mpim": False, **flags}


def database(path: Path, *, user_column: str = "user_id", finished: bool = True, wal: bool = False) -> Path:
    """Write a database of two sessions: the second one read an edited message, and somebody more in the channel."""
    one = sqlite3.connect(path)
    if wal:
        one.execute("PRAGMA journal_mode = WAL")
    one.executescript(_LAYOUT + f"CREATE TABLE channel_user ({user_column} TEXT, chunk_id INTEGER, channel_id TEXT);")
    one.execute(
        "INSERT INTO session VALUES (1, '2024-03-02', 1, 'archive'), (2, '2024-03-03', ?, 'resume')", (finished,)
    )
    for chunk in range(1, 9):
        session = 1 if chunk <= 4 else 2
        one.execute("INSERT INTO chunk VALUES (?, ?, ?, 0, 1)", (chunk, (READ_AT + chunk) * NANO, session))

    def put(table: str, columns: str, *values: Any) -> None:
        marks = ", ".join("?" * len(values))
        one.execute(
            f"INSERT INTO {table} ({columns}) VALUES ({marks})",  # noqa: S608 # our own names
            [json.dumps(value) if isinstance(value, dict) else value for value in values],
        )

    about = {"url": "https://home.slack.com/", "team": "Home", "team_id": TEAM, "enterprise_id": ENTERPRISE}
    put("workspace", "chunk_id, team_id, data", 1, TEAM, about)
    put("s_user", "id, chunk_id, data", ANN, 1, user(ANN, name="old"))
    put("s_user", "id, chunk_id, data", ANN, 5, user(ANN, name="new"))
    for native, flags in ((GENERAL, {}), (SECRET, {"is_private": True}), (TALK, {"is_im": True})):
        put("channel", "id, chunk_id, name, data", native, 1, native, conversation(native, **flags))
    for native, who, chunk in ((GENERAL, ANN, 1), (GENERAL, ANN, 5), (GENERAL, BEN, 6)):
        put("channel_user", f"{user_column}, chunk_id, channel_id", who, chunk, native)
    said = [
        (2, GENERAL, message(1, "first")),
        (2, GENERAL, message(2, "before")),
        (6, GENERAL, message(2, "after")),
        (3, GENERAL, message(3, "a reply", thread_ts="1709300001.000100")),
        (4, SECRET, message(4, "hush")),
        (4, TALK, message(5, "you and me")),
    ]
    for chunk, native, item in said:
        stamp = item["ts"].replace(".", "")
        put("message", "id, chunk_id, channel_id, ts, data", int(stamp), chunk, native, item["ts"], item)
    one.commit()
    if not wal:
        one.close()
    else:
        _OPEN.append(one)  # as long as it is open the log stays beside the file
    return path


_OPEN: list[sqlite3.Connection] = []


def dumped(folder: Path, form: str, **more: Any) -> Path:
    """Return an archive of that form: the file, its folder, or a zip of it."""
    path = database(folder / "slackdump.sqlite", **more)
    if form == "file":
        return path
    if form == "folder":
        return folder
    with zipfile.ZipFile(folder / "dump.zip", "w") as made:
        made.write(path, "slackdump_20240302/slackdump.sqlite")
        made.writestr("slackdump_20240302/__uploads/F1/x.txt", "x")
    return folder / "dump.zip"


@pytest.mark.parametrize("form", ["file", "folder", "zip"])
@pytest.mark.parametrize("user_column", ["id", "user_id"])
def test_of_every_version_in_a_database_the_newest_counts(tmp_path: Path, form: str, user_column: str) -> None:
    read = Read(dumped(tmp_path, form, user_column=user_column))
    assert [post.text for post in read.of("post")] == ["first", "after", "a reply"]
    assert {post.community_id for post in read.of("post")} == {f"slack:{TEAM}:community:{GENERAL}"}
    assert {post.author_id for post in read.of("post")} == {f"slack:{ENTERPRISE}:member:{ANN}"}
    assert read.by_id("member")[f"slack:{ENTERPRISE}:member:{ANN}"]["username"] == "new"
    inside = {row.member_id for row in read.of("membership") if row.community_id.endswith(GENERAL)}
    assert inside == {f"slack:{ENTERPRISE}:member:{one}" for one in (ANN, BEN)}
    assert "1 private channel was left out" in read.reasons
    assert "1 direct conversation was left out" in read.reasons
    whole = Read(
        tmp_path if form == "folder" else dumped_again(tmp_path, form), include_private=True, include_direct=True
    )
    assert {post.text for post in whole.of("post")} >= {"hush", "you and me"}


def dumped_again(folder: Path, form: str) -> Path:
    return folder / ("slackdump.sqlite" if form == "file" else "dump.zip")


def test_a_session_that_did_not_finish_is_told(tmp_path: Path) -> None:
    reasons = Read(dumped(tmp_path, "folder", finished=False)).reasons
    assert "session 2 (resume, begun 2024-03-03) did not finish" in reasons


@pytest.mark.parametrize("form", ["file", "folder"])
def test_what_stands_in_the_log_beside_a_database_is_read(tmp_path: Path, form: str) -> None:
    path = dumped(tmp_path, form, wal=True)
    assert (tmp_path / "slackdump.sqlite-wal").stat().st_size > 0
    before = sorted(one.name for one in tmp_path.iterdir())
    assert len(Read(path).of("post")) == 3
    assert sorted(one.name for one in tmp_path.iterdir()) == before
    _OPEN.pop().close()


def test_a_database_is_as_old_as_its_newest_chunk(tmp_path: Path) -> None:
    with Archive(dumped(tmp_path, "file")) as archive:
        assert as_of(archive) == datetime.fromtimestamp(READ_AT + 8, UTC)


def test_a_database_of_somebody_else_or_a_damaged_one_is_refused(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "other.sqlite")
    other.execute("CREATE TABLE t (a)")
    other.commit()
    other.close()
    with pytest.raises(ArchiveError, match="no database of slackdump"):
        Read(tmp_path / "other.sqlite")
    (tmp_path / "cut.sqlite").write_bytes(database(tmp_path / "x.sqlite").read_bytes()[:9000])
    with pytest.raises(ArchiveError, match="cannot be read as a database"):
        Read(tmp_path / "cut.sqlite")
    (tmp_path / "none.sqlite").write_bytes(b"text")
    with Archive(tmp_path / "none.sqlite") as archive:
        assert not detect(archive)


def packed(path: Path, *chunks: dict[str, Any]) -> None:
    path.write_bytes(gzip.compress("".join(f"{json.dumps(chunk)}\n" for chunk in chunks).encode()))


def chunks(folder: Path) -> Path:
    at = READ_AT * NANO
    packed(
        folder / "workspace.json.gz", {"t": 6, "ts": at, "w": {"team_id": TEAM, "team": "Home", "url": "https://h/"}}
    )
    packed(
        folder / "users.json.gz",
        {"t": 3, "ts": at, "u": [user(ANN, name="old")]},
        {"t": 3, "ts": at, "u": [user(ANN, name="new")]},
    )
    packed(
        folder / "channels.json.gz",
        {"t": 4, "ts": at, "ch": [conversation(GENERAL), conversation(SECRET, is_private=True)]},
    )
    root = message(1, "first", reply_count=1, thread_ts="1709300001.000100")
    packed(
        folder / f"{GENERAL}.json.gz",
        {"t": 5, "ts": at, "id": GENERAL, "ci": conversation(GENERAL)},
        {"t": 7, "ts": at, "id": GENERAL, "cu": [ANN, BEN]},
        {"t": 0, "ts": at + 5, "id": GENERAL, "m": [message(2, "after"), message(2, "after")]},
        {"t": 0, "ts": at + 1, "id": GENERAL, "m": [message(2, "before"), root], "l": True},
        {"t": 1, "ts": at + 2, "id": GENERAL, "p": root, "m": [message(3, "a reply", thread_ts=root["ts"])], "l": True},
    )
    packed(folder / f"{SECRET}.json.gz", {"t": 0, "ts": at, "id": SECRET, "m": [message(4, "hush")], "l": True})
    return folder


def dump(**more: Any) -> dict[str, Any]:
    root = message(1, "first", team=TEAM, thread_ts="1709300001.000100", reply_count=1)
    reply = message(3, "a reply", team=TEAM, thread_ts=root["ts"])
    whole = {"channel_id": GENERAL, "name": "general", "messages": [{**root, "slackdump_thread_replies": [reply]}]}
    thread = {"channel_id": GENERAL, "name": "general", "thread_ts": root["ts"], "messages": [root, reply]}
    talk = {"channel_id": TALK, "name": "", "messages": [message(5, "you and me", team=TEAM)]}
    files = {f"{GENERAL}.json": whole, f"{GENERAL}-{root['ts']}.json": thread, f"{TALK}.json": talk}
    return files | {name.replace("__", "/") + ".json": content for name, content in more.items()}


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_a_dump_is_read_with_its_replies_each_once(tmp_path: Path, form: str) -> None:
    for name, content in dump().items():
        (tmp_path / "x").mkdir(exist_ok=True)
        (tmp_path / "x" / name).write_text(json.dumps(content))
    path = write(tmp_path, dump()) if form == "zip" else tmp_path / "x"
    read = Read(path, include_private=True)
    assert [post.text for post in read.of("post")] == ["first", "a reply"]
    assert read.posts["1709300003.000100"].root_id == read.posts["1709300001.000100"].id
    assert read.by_id("community")[f"slack:{TEAM}:community:{GENERAL}"]["name"] == "general"
    assert len(Read(path, include_private=True, include_direct=True).of("post")) == 3
    assert labels(path)[0] == f"slackdump's dump of the workspace {TEAM}: 0 people, 0 conversations"


def test_a_dump_says_nothing_of_privacy_so_all_of_it_is_private(tmp_path: Path) -> None:
    read = Read(write(tmp_path, dump()))
    assert read.of("post") == []
    assert "may be private and were left out; ask for them with include_private" in read.reasons
    assert "may be private and were left out; ask for them with include_direct" in read.reasons


def test_lists_beside_a_dump_tell_who_is_who_and_what_is_open(tmp_path: Path) -> None:
    listed = {"users": [user(ANN)], "channels": [conversation(GENERAL), conversation(SECRET, is_private=True)]}
    read = Read(write(tmp_path, dump(**listed)))
    assert [post.text for post in read.of("post")] == ["first", "a reply"]
    assert read.by_id("member")[f"slack:{TEAM}:member:{ANN}"]["username"] == "ann"


def test_an_odd_file_of_a_dump_costs_itself(tmp_path: Path) -> None:
    odd = {
        f"{SECRET}.json": b"{",
        "C0ODD00009.json": [1],
        "C0ODD00008.json": {"channel_id": "C0ODD00008", "messages": [7]},
    }
    read = Read(write(tmp_path, dump() | odd), include_private=True)
    assert [post.text for post in read.of("post")] == ["first", "a reply"]
    assert SECRET in read.reasons
    assert [one.reason for one in read.of("issue")] == ["malformed"]


def test_a_dump_that_names_no_workspace_is_asked_back(tmp_path: Path) -> None:
    content = {"channel_id": GENERAL, "name": "general", "messages": [message(1)]}
    path = write(tmp_path, {f"{GENERAL}.json": content})
    with pytest.raises(ArchiveError, match="slackdump's dump tells which workspace"):
        Read(path, include_private=True)
    assert len(Read(path, {"network": TEAM}, include_private=True).of("post")) == 1


def labels(path: Path) -> list[str]:
    told: list[Any] = []
    with read_archive("slack", path) as archive:
        archive.read(ReadOptions(), state={}, run_id="run", emit=told.append)
    return [one.label for one in told if isinstance(one, Opened)]


def test_of_every_version_in_chunks_the_newest_counts(tmp_path: Path) -> None:
    read = Read(chunks(tmp_path))
    assert sorted(post.text for post in read.of("post")) == ["a reply", "after", "first"]
    assert read.by_id("member")[f"slack:{TEAM}:member:{ANN}"]["username"] == "new"
    assert {row.member_id.split(":")[-1] for row in read.of("membership") if row.community_id.endswith(GENERAL)} == {
        ANN,
        BEN,
    }
    assert {post.text for post in Read(tmp_path, include_private=True).of("post")} >= {"hush"}
    assert "not read to its end" not in read.reasons


def test_chunks_that_were_cut_short_are_told_and_cost_themselves(tmp_path: Path) -> None:
    chunks(tmp_path)
    packed(tmp_path / f"{SECRET}.json.gz", {"t": 0, "ts": 1, "id": SECRET, "m": [message(4, "hush"), None]})
    general = tmp_path / f"{GENERAL}.json.gz"
    general.write_bytes(general.read_bytes()[:-40])
    read = Read(tmp_path, include_private=True)
    assert f"{SECRET}.json.gz was not read to its end" in read.reasons
    assert f"{GENERAL}.json.gz cannot be read to its end" in read.reasons
    assert "hush" in {post.text for post in read.of("post")}
    assert len(read.of("issue")) == 1
