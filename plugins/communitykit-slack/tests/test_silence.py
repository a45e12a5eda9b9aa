"""What an archive holds beside what is read, or in other letters than JSON's: said, never passed by in silence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from slack_exports import ANN, TEAM, Read, channel, files, message, user, write

from communitykit import pull, read_archive
from communitykit.cli.show import summary
from communitykit.store import Store


def conversation(native: str, name: str, *items: Any) -> dict[str, Any]:
    return {"channel_id": native, "name": name, "messages": [*items]}


def test_a_dump_of_conversations_is_one_whatever_its_files_are_called(tmp_path: Path) -> None:
    rows = [channel("C0GEN00001", is_private=False), channel("C0ETE00002", "général-été", is_private=False)]
    dump = {
        "channels.json": rows,
        "users.json": [user(ANN)],
        "C0GEN00001.json": conversation("C0GEN00001", "general", message(1)),
        "général-été.json": conversation("C0ETE00002", "général-été", message(2)),
    }
    read = Read(write(tmp_path, dump))
    assert {one.community_id.split(":")[-1] for one in read.of("post")} == {"C0GEN00001", "C0ETE00002"}
    assert not read.reasons.strip()
    del dump["C0GEN00001.json"]
    assert [one.community_id.split(":")[-1] for one in Read(write(tmp_path, dump)).of("post")] == ["C0ETE00002"]


def test_files_beside_a_dump_that_are_none_of_its_are_named(tmp_path: Path) -> None:
    dump = {
        "C0GEN00001.json": conversation("C0GEN00001", "general", message(1, team=TEAM)),
        "odd.json": [message(2)],
        "Xodd.json": {"a": 1},
        "__uploads/F1/mine.json": {},
    }
    told = Read(write(tmp_path, dump), include_private=True).reasons
    assert "2 files are of no known kind, and not read: Xodd.json, odd.json" in told


def test_files_beside_an_export_that_are_none_of_its_are_named(tmp_path: Path) -> None:
    beside: dict[str, Any] = {f"C0GEN0000{number}": conversation("C0GEN00001", "general") for number in range(5)}
    read = Read(write(tmp_path, files(canvases=[{"id": "F1"}], other__talk=[message(3)], **beside)))
    assert len(read.of("post")) == 2
    told = "6 files are of no known kind, and not read: C0GEN00000.json, C0GEN00001.json, C0GEN00002.json and 3 more"
    assert told in read.reasons
    assert not Read(write(tmp_path, files(canvases=[{"id": "F1"}]))).reasons.strip()


LATIN = json.dumps([message(3, "Größe")], ensure_ascii=False)


@pytest.mark.parametrize("name", ["general/2024-03-02.json", "users.json"])
def test_json_that_is_no_utf_8_is_named_for_its_letters_are_lost(tmp_path: Path, name: str) -> None:
    whole = files()
    told: Any = json.loads(LATIN) if name != "users.json" else [user(ANN, real_name="Größe"), whole["users.json"][1]]
    whole[name] = json.dumps(told, ensure_ascii=False).encode("latin-1")
    read = Read(write(tmp_path, whole))
    assert [one.status for one in read.of("coverage") if f"{name}: not UTF-8" in (one.reason or "")] == ["partial"]
    assert len(read.of("post")) == 2 + (name != "users.json")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_json_in_any_of_its_own_encodings_is_read(tmp_path: Path, encoding: str) -> None:
    read = Read(write(tmp_path, {**files(), "general/2024-03-02.json": LATIN.encode(encoding)}))
    assert {one.text for one in read.of("post")} == {"hello", "Größe"}
    assert not read.reasons.strip()


@pytest.mark.parametrize(("odd", "words"), [("text", "a text"), (None, "null"), (7, "a number"), ([], "a list")])
def test_an_element_that_is_no_object_is_told_by_its_file_and_place(tmp_path: Path, odd: Any, words: str) -> None:
    whole = files(users=[user(ANN), odd], **{"general/2024-03-02": [message(3), odd]})
    details = {one.detail for one in Read(write(tmp_path, whole)).of("issue")}
    assert details == {f"{name}, item 2: {words}, no object" for name in ("users.json", "general/2024-03-02.json")}
    dump = {"C0GEN00001.json": conversation("C0GEN00001", "general", message(1, team=TEAM), odd)}
    (issue,) = Read(write(tmp_path, dump), include_private=True).of("issue")
    assert issue.detail == f"C0GEN00001.json, item 2: {words}, no object"


def test_what_a_changed_message_said_before_is_a_version(tmp_path: Path) -> None:
    changed = {
        "type": "message", "subtype": "message_changed", "ts": "1709300009.000100",
        "message": message(3, "zweites", edited={"user": ANN, "ts": "1709300009.000100"}),
        "previous_message": message(3, "aaa erstes"),
    }  # fmt: skip
    path, store = write(tmp_path, files(**{"general/2024-03-02": [changed]})), tmp_path / "a.duckdb"
    for _ in range(2):
        with read_archive("slack", path) as archive:
            pull(archive, to=store)
    with Store(store) as opened:
        assert [row["body"] for row in opened.sql("SELECT body FROM post_versions").to_pylist()] == ["aaa erstes"]
        assert opened.sql("SELECT 1 FROM posts WHERE text = 'zweites'").num_rows == 1


def test_an_issue_that_every_import_meets_again_is_one(tmp_path: Path) -> None:
    day = [message(3), "text", {**message(4), "ts": "bad"}, {**message(5), "ts": None}, {**message(5), "ts": None}]
    path, store = write(tmp_path, files(**{"general/2024-03-02": day})), tmp_path / "a.duckdb"
    for _ in range(3):
        with read_archive("slack", path) as archive:
            pull(archive, to=store)
    told = {row["detail"]: row["number"] for row in summary(store)["issues"]}
    assert told == {
        "general/2024-03-02.json, item 2: a text, no object": 1,
        "ts is not seconds.microseconds, or a placeholder": 1,
        "the message has no ts": 2,
    }
