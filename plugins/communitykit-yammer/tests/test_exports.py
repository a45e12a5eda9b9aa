"""Network data exports: their oddities, what joins with REST, and fetching them window by window."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from communitykit import ArchiveError, read_archive
from communitykit.connector import Archive
from communitykit.sandbox import DAY, World, project
from communitykit.testing.reading import Kept
from communitykit_yammer import YAMMER
from communitykit_yammer.archive.rows import message as message_row
from communitykit_yammer.sandbox import YammerPlatform, naming
from communitykit_yammer.sandbox.export import write

BOM = b"\xef\xbb\xbf"
HEAD = (
    "id,thread_id,replied_to_id,group_id,in_private_conversation,in_private_group,"
    "sender_id,body,created_at,deleted_at\n"
)


def make_world() -> World:
    return World(seed=5, size="tiny", platforms=("yammer",))


def archived(path: Path, **ask: Any) -> list[Any]:
    with read_archive("yammer", path) as archive:
        return list(archive.records(**ask))


def gone(store: Kept) -> set[str]:
    rows = store._writer.connection().execute("SELECT id FROM posts WHERE gone = 'deleted'").fetchall()
    return {row[0] for row in rows}


def posts(store: Kept) -> list[str]:
    return sorted(row["id"] for row in store.current()["post"])


def make(path: Path, tables: dict[str, str], *, bom: bool = True) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in tables.items():
            archive.writestr(name, (BOM if bom else b"") + text.encode())
    return path


def test_whichever_comes_first_one_store_without_duplicates(tmp_path: Path) -> None:
    """Deletions of the export stay, and nothing is there twice."""
    world = make_world()
    path = YammerPlatform().write_archive(world, tmp_path / "export.zip")
    deleted = {
        YammerPlatform().post_id(world, one)
        for place in world.on("yammer")
        if place.privacy == "public"
        for one in world.messages(place)
        if not one.live
    }
    assert deleted
    export_first, rest_first = Kept(), Kept()
    export_first.put(archived(path), world.now)
    export_first.read(YAMMER, world)
    rest_first.read(YAMMER, world)
    rest_first.put(archived(path), world.now)
    truth = project(world, YAMMER.capabilities, YammerPlatform())
    for store in (export_first, rest_first):
        assert truth.compare(store.current()) == []
        assert gone(store) == deleted
        assert len(posts(store)) == len(set(posts(store)))
    assert posts(export_first) == posts(rest_first)


def test_a_later_export_tells_deletions_that_rest_only_missed(tmp_path: Path) -> None:
    world = make_world()
    store = Kept()
    store.read(YAMMER, world)
    changes = world.advance(10)
    deleted = {
        YammerPlatform().post_id(world, change.message)
        for change in changes
        if change.kind in {"deleted", "reply_deleted"} and change.message is not None
        and world.places[change.message.place].privacy == "public"
    }  # fmt: skip
    path = write(world, tmp_path / "window.zip", since=world.now_us - 10 * DAY)
    store.put(archived(path), world.now)
    assert deleted
    assert deleted <= gone(store)


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


def test_overlapping_windows_whichever_is_read_last(tmp_path: Path) -> None:
    world = make_world()
    early = write(world, tmp_path / "early.zip")
    world.advance(5)
    late = write(world, tmp_path / "late.zip", since=world.now_us - 20 * DAY)
    states = []
    for order in ((early, late), (late, early)):
        store = Kept()
        for path in order:
            store.put(archived(path), world.now)
        states.append(store.current())
    assert states[0] == states[1]


def test_several_networks_in_one_zip(tmp_path: Path) -> None:
    row = "5,5,,3,false,false,7,words,2025-01-01T10:00:00Z,\n"
    tables = {"11/Messages.csv": HEAD + row, "22/Messages.csv": HEAD + row, "request.txt": "x"}
    found = {one.id for one in archived(make(tmp_path / "n.zip", tables)) if one.record == "post"}
    assert found == {"yammer:11:post:5", "yammer:22:post:5"}


def test_a_network_that_nothing_tells_has_to_be_given(tmp_path: Path) -> None:
    path = make(tmp_path / "x.zip", {"Messages.csv": HEAD + "5,5,,3,,false,7,words,2025-01-01T10:00:00Z,\n"})
    with pytest.raises(ArchiveError, match="which network"):
        archived(path)
    with read_archive("yammer", path, network="9") as archive:
        assert [one.id for one in archive.records() if one.record == "post"] == ["yammer:9:post:5"]


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


def test_a_damaged_archive_is_noticed_before_it_is_used(tmp_path: Path) -> None:
    path = YammerPlatform().write_archive(make_world(), tmp_path / "export.zip")
    with Archive(path) as archive:
        archive.verify()
    body = bytearray(path.read_bytes())
    middle = body.index(b"Messages.csv") + 2000
    body[middle : middle + 64] = bytes(64)
    path.write_bytes(bytes(body))
    with Archive(path) as archive, pytest.raises(ArchiveError, match="Messages"):
        archive.verify()


def test_names_of_the_sandbox_are_numbers() -> None:
    world = make_world()
    place, one = next((place, one) for place in world.on("yammer") for one in world.messages(place))
    assert naming.place_and_moment(naming.message(place.number, one.at)) == (place.number, one.at)


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


def test_files_that_are_none_of_an_export_are_named(tmp_path: Path) -> None:
    head = "id,network_id\n"
    beside = {"Reactions.csv": head, "extra.json": "{}", "request.txt": "x", "Files/1.csv": head}
    path = make(tmp_path / "e.zip", {"Networks.csv": "id\n77\n", "Messages.csv": HEAD, "Users.csv": head, **beside})
    told = " ".join(one.reason or "" for one in archived(path) if one.record == "coverage")
    assert "2 files are of no known kind, and not read: Reactions.csv, extra.json" in told


GROUP = "id,name,private\n1,A,false\n"
SENT = "id,thread_id,group_id,in_private_conversation,in_private_group,sender_id,sender_type,body,created_at\n"


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


def test_what_was_found_is_counted_within_the_window(tmp_path: Path) -> None:
    rows = [f"{at},{at},1,false,false,11,user,x,2020-01-0{at}T00:00:00Z\n" for at in range(1, 6)]
    tables = {"Networks.csv": "id\n77\n", "Users.csv": "id,name\n11,Ann\n", "Groups.csv": GROUP}
    path = make(tmp_path / "e.zip", {**tables, "Messages.csv": SENT + "".join(rows)})
    with read_archive("yammer", path) as archive:
        kept = [one for one in archive.records(since="2020-01-03") if one.record == "post"]
        (found,) = archive.found
    assert len(kept) == 3
    assert "3 posts were read; what it tells twice counts twice" in found
