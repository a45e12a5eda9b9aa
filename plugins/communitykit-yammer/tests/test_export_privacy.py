"""Network data exports: private conversations and groups stay out, in whatever words the tables say that they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from yammer_exports import HEAD, archived, make


def test_private_conversations_stay_out_and_so_do_replies_to_them(tmp_path: Path) -> None:
    """A reply says of itself that it is not private, as the columns of real exports do."""
    rows = (
        "5,5,,,true,false,7,secret,2025-01-01T10:00:00Z,\n"
        "6,5,5,,false,false,8,reply by thread,2025-01-01T10:01:00Z,\n"
        "7,,6,,,false,9,reply by parent,2025-01-01T10:02:00Z,\n"
        "8,8,,3,false,false,9,public,2025-01-01T10:03:00Z,\n"
        "9,9,,4,FALSE,TRUE,9,private group,2025-01-01T10:04:00Z,\n"
    )
    path = make(tmp_path / "p.zip", {"Messages.csv": HEAD + rows, "Networks.csv": "id\n1\n"})
    assert [one.text for one in archived(path) if one.record == "post"] == ["public"]
    coverage = [one for one in archived(path) if one.record == "coverage"]
    assert any("3 messages of private conversations" in (one.reason or "") for one in coverage)
    assert any("1 message of private groups" in (one.reason or "") for one in coverage)
    asked = archived(path, include_private=True, include_direct=True)
    assert len([one for one in asked if one.record == "post"]) == 5


PRIVATE = "id,thread_id,group_id,in_private_group,in_private_conversation,sender_id,body,created_at\n"


@pytest.mark.parametrize(
    ("flags", "group", "asks"),
    [
        (",", "true", "include_private"),
        ("false,", "YES", "include_private"),
        ("TRUE ,false", "false", "include_private"),
        ("1,", "false", "include_private"),
        ("perhaps,", "false", "include_private"),
        (",", "", "include_private"),
        (",", "perhaps", "include_private"),
        ("false,1", "false", "include_direct"),
        ("false,yes", "false", "include_direct"),
        ("false,perhaps", "false", "include_direct"),
        ("false,false", "0", None),
        ("no,n", "", None),
        (",", "f", None),
    ],
)
def test_private_is_what_either_table_says_in_whatever_word(
    tmp_path: Path, flags: str, group: str, asks: str | None
) -> None:
    tables = {
        "Networks.csv": "id\n1\n",
        "Groups.csv": f"id,name,private\n3,Garden,{group}\n",
        "Messages.csv": f"{PRIVATE}5,5,3,{flags},7,words,2025-01-01T10:00:00Z\n",
    }
    path = make(tmp_path / "p.zip", tables)
    assert len([one for one in archived(path) if one.record == "post"]) == (asks is None)
    if asks is not None:
        reasons = [one.reason for one in archived(path) if one.record == "coverage" and one.reason]
        assert any("1 message of private" in one and asks in one for one in reasons)
        assert len([one for one in archived(path, **{asks: True}) if one.record == "post"]) == 1


def test_a_group_that_does_not_say_whether_it_is_private_is_taken_for_private_and_told(tmp_path: Path) -> None:
    tables = {"Networks.csv": "id\n1\n", "Groups.csv": "id,name,private\n3,Garden,\n4,Choir,false\n"}
    path = make(tmp_path / "g.zip", tables)

    def named(**ask: Any) -> set[str]:
        return {one.name for one in archived(path, **ask) if one.record == "community" and one.kind == "group"}

    assert named() == {"Choir"}
    assert named(include_private=True) == {"Garden", "Choir"}
    reasons = [one.reason for one in archived(path) if one.record == "coverage" and one.reason]
    assert [one.split(" (")[0] for one in reasons] == ["1 group does not say whether it is private: taken for private"]
