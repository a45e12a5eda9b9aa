"""Network data exports: what their rows and cells mean, however odd."""

from __future__ import annotations

from pathlib import Path

import pytest
from yammer_exports import GROUP, HEAD, SENT, archived, make, make_world

from communitykit import ArchiveError
from communitykit.testing.reading import Kept
from communitykit_yammer.archive.rows import message as message_row


def test_versions_become_history(tmp_path: Path) -> None:
    tables = {
        "Messages.csv": HEAD + "5,5,,3,false,false,7,final words,2025-01-01T10:00:00Z,\n",
        "MessageVersions.csv": "id,message_id,body,created_at\n"
        "1,5,first words,2025-01-01T10:00:00Z\n2,5,final words,2025-01-02T10:00:00Z\n",
        "Networks.csv": "id,name,secure_browser_token\n1,N,do-not-keep\n",
    }
    path = make(tmp_path / "v.zip", tables)
    store = Kept()
    records = archived(path)
    store.put(records, make_world().now)
    (post,) = store.current()["post"]
    assert (post["body"], post["edited_at"].isoformat()) == ("final words", "2025-01-02T10:00:00+00:00")
    versions = store._writer.connection().execute("SELECT body FROM post_versions").fetchall()
    assert [row[0] for row in versions] == ["first words"]
    assert "do-not-keep" not in repr(records)


def test_oddities_of_the_tables(tmp_path: Path) -> None:
    """Line breaks of both sorts, `null`, both forms of dates, columns in another order, blank lines, no mark."""
    text = (
        "body,ID,sender_id,group_id,created_at,deleted_at,thread_id,attachments,extra_column\n"
        '"two\nlines, ""quoted""",5,7,3,2025/01/01 10:00:00 +0000,null,5,'
        '"opengraphobject:[35 : https://www.eventbrite.ca : title=""An event""], uploadedfile:9",x\n'
        "\n"
        "one\\ntwo,6,7,3,2025-01-01T10:00:00+00:00,null,6,,\n"
        "old,7,7,3,2025-01-01T10:00:00Z,,7,,\n"
        "gone,8,7,3,2025-01-01T10:00:00Z,2025-02-01T10:00:00Z,8,,\n"
        "new,7,7,3,2025-01-01T10:00:00Z,,7,,\n"
    )
    files = "file_id,name\n9,plan.pdf\n"
    groups = "id,private\n3,false\n"
    tables = {"messages.CSV": text, "Files.csv": files, "Groups.csv": groups, "Networks.csv": "id\n1\n"}
    found = {one.id: one for one in archived(make(tmp_path / "o.zip", tables, bom=False)) if one.record == "post"}
    first, second, third, fourth = (found[f"yammer:1:post:{number}"] for number in (5, 6, 7, 8))
    assert first.text == 'two\nlines, "quoted"'
    assert [(one.kind, one.id, one.name) for one in first.attachments] == [
        ("link", "35", "An event"), ("file", "9", "plan.pdf"),
    ]  # fmt: skip
    assert first.attachments[0].url == "https://www.eventbrite.ca"
    assert second.text == "one\ntwo"
    assert third.text == "new", "the last of overlapping windows wins"
    assert (fourth.gone, fourth.text) == ("deleted", None)
    assert first.created_at == second.created_at


def test_votes_and_administrators_and_users_who_left(tmp_path: Path) -> None:
    tables = {
        "Networks.csv": "id,name\n1,N\n",
        "Users.csv": "id,name,state,deleted_at,suspended_at,office_user_id\n"
        "7,A,active,,,oid-7\n8,B,soft_delete,null,2025-01-01T00:00:00Z,\n9,C,soft_delete,,,\n",
        "Admins.csv": "id,name,email,verified\n7,A,a@x,true\n",
        "Messages.csv": HEAD + "5,5,,3,false,false,7,words,2025-01-01T10:00:00Z,\n",
        "Answers.csv": "ID,messageId,networkId,threadId,voterID,createdAt,updatedAt\n"
        "1,5,1,5,8,2025-01-03T10:00:00Z,2025-01-03T10:00:00Z\n2,99,1,5,8,,\n",
        "Campaigns.csv": "id,name\n1,x\n",
    }
    records = archived(make(tmp_path / "u.zip", tables))
    members = {one.id.rsplit(":", 1)[1]: one for one in records if one.record == "member" and one.display_name}
    assert (members["7"].active, members["7"].directory_id) == (True, "oid-7")
    assert (members["8"].active, members["8"].deactivated_at.year) == (False, 2025)
    assert members["9"].active is None
    assert [one.admin for one in records if one.record == "member" and one.id.endswith(":7") and one.admin] == [True]
    (vote,) = [one for one in records if one.record == "event"]
    assert (vote.kind, vote.actor_id, vote.target_id) == ("voted", "yammer:1:member:8", "yammer:1:post:5")
    assert any("Campaigns.csv is not read" in (one.reason or "") for one in records if one.record == "coverage")


def test_what_is_in_no_group_depends_on_the_network() -> None:
    row = {"id": "5", "sender_id": "7", "thread_id": "5"}
    assert "group_id" not in message_row(row, {}, storylines=False)
    assert message_row(row, {}, storylines=True)["group_id"] is None


def test_topics_have_names_and_drafts_are_no_posts(tmp_path: Path) -> None:
    text = (
        "id,thread_id,group_id,sender_id,body,created_at,draft_state\n"
        "5,5,3,7,about [[tag:9]],2025-01-01T10:00:00Z,\n"
        "6,6,3,7,not yet,2025-01-01T10:00:00Z,draft\n"
        "7,7,3,7,out,2025-01-01T10:00:00Z,published\n"
    )
    tables = {
        "Messages.csv": text,
        "Topics.csv": "id,name\n9,travel\n",
        "Groups.csv": "id,private\n3,0\n",
        "Networks.csv": "id\n1\n",
    }
    records = archived(make(tmp_path / "t.zip", tables))
    posts_found = {one.id.rsplit(":", 1)[1]: one for one in records if one.record == "post"}
    assert set(posts_found) == {"5", "7"}
    assert (posts_found["5"].topics, posts_found["5"].text) == (("travel",), "about #travel")
    (coverage,) = [one for one in records if one.record == "coverage" and one.slice.endswith(":archive") and one.read]
    assert coverage.ignored == 2


def test_a_table_that_was_saved_again_by_a_spreadsheet(tmp_path: Path) -> None:
    row = '5,5,,3,,false,7,"words; and, more",2025-01-01T10:00:00Z,\n'
    plain = archived(make(tmp_path / "a.zip", {"Messages.csv": HEAD + row, "Networks.csv": "id\n1\n"}))
    saved = row.replace(",", ";").replace("words; and; more", "words; and, more")
    tables = {"Messages.csv": HEAD.replace(",", ";") + saved, "Networks.csv": "id\n1\n"}
    found = archived(make(tmp_path / "b.zip", tables))
    assert (
        [(one.id, one.body) for one in found if one.record == "post"]
        == [(one.id, one.body) for one in plain if one.record == "post"]
        != []
    )


def test_a_table_without_its_columns_is_refused_with_the_cause(tmp_path: Path) -> None:
    path = make(tmp_path / "c.zip", {"Messages.csv": HEAD.replace(",", "~") + "5~5\n", "Networks.csv": "id\n1\n"})
    with pytest.raises(ArchiveError, match=r"Messages.csv has no column `id`: is it UTF-8 and comma-separated\?"):
        archived(path)


def test_a_table_that_is_cut_is_partial(tmp_path: Path) -> None:
    row = '5,5,,3,,false,7,words,2025-01-01T10:00:00Z,\n6,6,,3,,false,7,"cut in the'
    records = archived(make(tmp_path / "d.zip", {"Messages.csv": HEAD + row, "Networks.csv": "id\n1\n"}))
    assert [one.id for one in records if one.record == "post"] == ["yammer:1:post:5"]
    told = {(one.status, one.reason) for one in records if one.record == "coverage" and one.reason}
    assert told == {("partial", "Messages.csv ends inside a quoted cell of the row that begins in line 3")}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"one\ntwo\r\nthree", "one\ntwo\nthree"),
        (r"see C:\new\notes.txt, please\nthanks", "see C:\\new\\notes.txt, please\nthanks"),
        (r"in \\server\news and\nthere", "in \\\\server\\news and\nthere"),
        (r"Note:\nhttps://x.example/a\nend", "Note:\nhttps://x.example/a\nend"),
        ("two\nlines, and \\n as such", "two\nlines, and \\n as such"),
    ],
)
def test_a_windows_path_holds_no_line_break(written: str, meant: str) -> None:
    row = {"id": "5", "body": written}
    assert message_row(row, {}, storylines=False)["body"] == {"parsed": meant}


def test_whoever_came_back_after_a_suspension_is_active(tmp_path: Path) -> None:
    users = "id,name,state,suspended_at\n7,A,active,2025-01-01T00:00:00Z\n8,B,soft_delete,2025-01-01T00:00:00Z\n"
    path = make(tmp_path / "s.zip", {"Networks.csv": "id\n1\n", "Users.csv": users})
    members = {one.display_name: one for one in archived(path) if one.record == "member"}
    assert (members["A"].active, members["A"].deactivated_at) == (True, None)
    assert (members["B"].active, members["B"].deactivated_at.year) == (False, 2025)


def test_who_sent_is_the_same_in_any_case_and_nobody_where_it_says_something_else(tmp_path: Path) -> None:
    rows = [f"{at},{at},1,false,false,11,{sort},x,2020-01-0{at}T00:00:00Z\n"
            for at, sort in enumerate(("User", "USER", "", "Bot", "Robot"), 1)]  # fmt: skip
    tables = {
        "Networks.csv": "id\n77\n",
        "Users.csv": "id,name\n11,Ann\n",
        "Groups.csv": "id,name,private\n1,A,false\n",
    }
    read = archived(make(tmp_path / "e.zip", {**tables, "Messages.csv": SENT + "".join(rows)}))
    authors = [one.author_id for one in read if one.record == "post"]
    assert authors == [*["yammer:77:member:11"] * 3, "yammer:77:member:bot/11", None]
    assert {one.id for one in read if one.record == "member"} == {"yammer:77:member:11", "yammer:77:member:bot/11"}
    assert [(one.reason, one.native_id) for one in read if one.record == "issue"] == [("unknown_sender", "5")]


def test_a_time_that_is_none_is_said_and_the_message_is_kept_without_it(tmp_path: Path) -> None:
    times = ("gestern", "null", "", "2020-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "32.13.2020")
    rows = [f"{at},{at},1,false,false,11,user,x,{told}\n" for at, told in enumerate(times, 1)]
    users = "id,name,joined_at\n11,Ann,bald\n"
    tables = {"Networks.csv": "id\n77\n", "Users.csv": users, "Groups.csv": GROUP}
    read = archived(make(tmp_path / "e.zip", {**tables, "Messages.csv": SENT + "".join(rows)}))
    assert len([one for one in read if one.record == "post"]) == len(times)
    told = [(one.reason, one.native_id) for one in read if one.record == "issue"]
    assert told == [("no_time", "11"), ("no_time", "1"), ("no_time", "6")]
