"""Archives of every kind, told by their content; what they lack is said."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from communitykit import ArchiveError, read_archive
from communitykit.connector import Archive
from communitykit_workplace.archive.export import as_of
from communitykit_workplace.archive.sorting import kind_of, sort_parts, whose

TOKEN = "DQVJsecrettokenoflongago12345"
POST = {"id": "10000_20", "created_time": "2020-01-01T10:00:00+0000", "from": {"id": "50000", "name": "Ann"},
        "message": "Hello", "to": {"data": [{"id": "10000"}]}}  # fmt: skip
GROUP = {"id": "10000", "name": "General", "privacy": "OPEN"}


def post_id(native: str) -> str:
    return f"workplace:graph:post:{native}"


def member_id(native: str) -> str:
    return f"workplace:graph:member:{native}"


def test_the_same_objects_in_every_layout(importing: Any) -> None:
    layouts: dict[str, dict[str, Any]] = {
        "envelopes": {"a_1.json": {"data": [POST], "paging": {}}, "b.json": {"data": [GROUP]}},
        "bare lists": {"x.json": [POST], "y.json": [GROUP]},
        "one after the other": {"all.txt": json.dumps([GROUP]) + "\n" + json.dumps([POST])},
        "single objects": {"one.json": POST, "two.json": GROUP},
        "by id": {"ids.json": {"10000_20": POST, "10000": GROUP}},
        "a batch's answer": {"batch.json": [{"code": 200, "body": json.dumps(POST)},
                                            {"code": 200, "body": json.dumps({"data": [GROUP]})}, None]},
        "with a byte order mark": {"bom.json": b"\xef\xbb\xbf" + json.dumps([POST, GROUP]).encode()},
    }  # fmt: skip
    for name, files in layouts.items():
        found = importing(files)
        assert found.issues == [], name
        assert list(found.of("post")) == [post_id("10000_20")], name
        assert found.of("community")["workplace:graph:community:10000"].name == "General", name
        assert found.of("member")[member_id("50000")].display_name == "Ann", name


def test_zips_in_zips_and_folders_of_zips(importing: Any, tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("feed_1.json", json.dumps({"data": [POST]}))
    assert list(importing({"part1.zip": inner.getvalue()}).of("post")) == [post_id("10000_20")]
    folder = tmp_path / "parts"
    folder.mkdir()
    (folder / "part1.zip").write_bytes(inner.getvalue())
    (folder / "groups.json").write_text(json.dumps([GROUP]))
    found = importing(folder)
    assert list(found.of("post")) == [post_id("10000_20")]
    single = tmp_path / "feed.json"
    single.write_text(json.dumps({"data": [POST]}))
    assert list(importing(single).of("post")) == [post_id("10000_20")]


def test_a_zip_too_deep_inside_and_a_bomb_are_refused(tmp_path: Path) -> None:
    content = b"x"
    for depth in range(4):
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as archive:
            archive.writestr(f"level{depth}.zip" if depth else "feed.json", content)
        content = held.getvalue()
    (tmp_path / "deep.zip").write_bytes(content)
    with pytest.raises(ArchiveError, match="too deep"):
        read_archive("workplace", tmp_path / "deep.zip")
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("feed.json", b" " * (32 * 1024 * 1024))
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
        archive.writestr("inner.zip", bomb.getvalue())
    with pytest.raises(ArchiveError, match="zip bomb"):
        read_archive("workplace", tmp_path / "outer.zip")


def test_another_archive_is_none_of_ours(tmp_path: Path) -> None:
    for name, content in (("notes.txt", "hello, world"), ("x.json", '{"colour": "red"}'), ("y.json", "[1, 2]")):
        path = tmp_path / f"{name}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, content)
        with pytest.raises(ArchiveError, match="does not look like"):
            read_archive("workplace", path)


def test_private_groups_stay_out_unless_asked_for(importing: Any) -> None:
    closed = {**GROUP, "privacy": "CLOSED"}
    files = {"groups.json": [closed], "groups/10000/feed_1.json": {"data": [POST]},
             "groups/10000_members.json": [{"id": "50000", "joined": 1600000000}]}  # fmt: skip
    found = importing(files, include_private=False)
    assert found.of("post") == found.of("membership") == {}
    assert "include_private" in found.gaps
    assert len(importing(files, include_private=True).of("membership")) == 1


def test_what_a_dump_did_not_ask_for_is_said(importing: Any) -> None:
    address = f"https://graph.workplace.com/10000_20/comments?access_token={TOKEN}&after=x"
    comments = {"data": [{"id": "20_31", "message": "x"}], "paging": {"next": address}}
    page = {"data": [{**POST, "comments": comments}], "paging": {"next": address.replace("_20/comments", "/feed")}}
    found = importing({"feed_1.json": page, "damaged.json": '[{"id": "1"'})
    assert found.coverage.status == "truncated"
    assert "the comments of 1 object are cut short" in found.gaps
    assert "feed.json ends before its last page" in found.gaps
    assert "who wrote 1 post or comment is not told" in found.gaps
    assert "damaged.json" in found.gaps
    assert TOKEN not in "".join(one.model_dump_json() for one in found.records)
    raw = importing({"feed_1.json": page}, keep_raw=True)
    assert TOKEN not in "".join(one.model_dump_json() for one in raw.records)


def test_a_listing_whose_last_page_is_there_is_whole(importing: Any) -> None:
    address = "https://graph.workplace.com/10000/feed?after=x"
    files = {"feed_2.json": {"data": [], "paging": {}},
             "feed_1.json": {"data": [POST], "paging": {"next": address}}}  # fmt: skip
    assert importing(files).coverage.status == "complete"


def test_pages_of_edges_belong_to_whom_their_address_or_folder_names(importing: Any) -> None:
    reaction, viewer = {"id": "60000", "name": "Bo", "type": "LOVE"}, {"id": "60000", "name": "Bo"}
    address = {"previous": "https://graph.workplace.com/v9.0/10000_20/seen?before=x"}
    files = {
        "groups/10000/posts/10000_20/reactions_1.json": {"data": [reaction]},
        "groups/10000/posts/10000_20/comments_1.json": {"data": [{"id": "20_31", "message": "x", "comment_count": 0}]},
        "groups/10000/posts/10000_20/attachments_1.json": {"data": [{"type": "photo", "target": {"id": "7"}}]},
        "z.json": {"data": [viewer], "paging": address},
        "feed_1.json": {"data": [POST]},
    }
    found = importing(files)
    assert {one.kind for one in found.of("event").values()} == {"reacted", "viewed"}
    assert found.of("post")[post_id("20_31")].root_id == post_id("10000_20")
    shown = [one for one in found.records if one.record == "post" and one.attachments]
    assert [one.id for one in shown] == [post_id("10000_20")]


def test_a_page_of_replies_is_no_page_of_a_post(importing: Any) -> None:
    reply = {"id": "20000_32", "message": "x", "comment_count": 0}
    found = importing({"comments/20000_31/comments_1.json": {"data": [reply]}})
    told = found.of("post")[post_id("20000_32")]
    assert told.parent_id == post_id("20000_31")
    assert told.root_id is None
    assert told.extra == {"comment": True}, "it is no post of its own, whatever its post was"


def test_kinds_are_told_by_fields() -> None:
    cases = {
        "scim_user": {"userName": "a", "id": 1}, "group": GROUP, "post": POST | {"story": "x"},
        "comment": {"id": "1", "comment_count": 0}, "member": {"id": "1", "email": "a"}, "event": {"start_time": "x"},
        "membership": {"id": "1", "joined": 1}, "message": {"id": "t_1"}, "page": {"title": "a", "content": "b"},
        "webhook": {"entry": [], "object": "page"}, "error": {"error": {}}, "seen": {"id": "1", "seen_time": "x"},
        "unsure": {"id": "1", "name": "x"}, "aside": {"name": "x"},
    }  # fmt: skip
    assert {kind: kind_of(item, "") for kind, item in cases.items()} == {kind: kind for kind in cases}
    assert kind_of({"id": "1", "name": "x"}, "members") == "membership"
    assert kind_of({"id": "1", "name": "x", "type": "user"}, "") == "profile"
    assert kind_of({"id": "1", "name": "x", "type": "group"}, "") == "group"
    assert whose("all_groups.json") == whose("group.json") == ("groups", "")
    assert whose("groups/10000/posts/10000_20/comments_1.json") == ("comments", "10000_20")
    assert whose("groups/10000_members.json") == ("members", "10000")


def test_tokens_and_claim_links_are_not_kept(importing: Any) -> None:
    user = {
        "id": "50000",
        "userName": "a@b.example",
        "urn:scim:schemas:extension:facebook:accountstatusdetails:1.0": {
            "claimed": False,
            "invited": True,
            "claimLink": "https://x.example/claim/hush",
            "accessCode": "HUSHHUSH",
        },
    }
    member = {
        "id": "50001",
        "email": "c@b.example",
        "claim_link": "https://x.example/claim/hush",
        "access_code": "HUSHHUSH",
    }
    found = importing({"scim.json": {"Resources": [user]}, "members.json": [member]}, keep_raw=True)
    text = "".join(one.model_dump_json() for one in found.records)
    assert "hush" not in text.lower()
    assert len(found.of("member")) == 2


# tables


def csv_of(*lines: str) -> str:
    return "\r\n".join(lines) + "\r\n"


def test_a_script_that_lost_the_messages(importing: Any) -> None:
    lines = csv_of(
        "id;from;to;created_time;group_name;reactions;comments;seenby",
        "10000_20;{'id': '50000', 'name': 'Ann'};{'data': [{'id': '10000'}]};2020-01-01T10:00:00+0000;General;"
        "[{'id': '60000', 'name': 'Bo', 'type': 'LIKE'}];[{'message': 'x', 'permalink_url': "
        "'https://x.workplace.com/groups/10000/permalink/20/?comment_id=31'}];[]",
        "2020-01-01T10:00:00+0000;10000_21;General;LIKE",
    )
    found = importing({"post_export.csv": lines})
    told = [one for one in found.records if one.record == "post" and one.id == post_id("10000_20")]
    assert all("body" not in one.model_fields_set for one in told)
    assert found.of("post")[post_id("20_31")].root_id == post_id("10000_20")
    assert [one.detail for one in found.of("event").values()] == ["LIKE"]
    assert "the message of every post" in found.gaps
    assert [one.reason for one in found.issues] == ["shifted_columns"]


def test_swapped_columns_are_told_by_their_cells(importing: Any) -> None:
    lines = csv_of(
        "Post ID,Created Time,Author,Author ID,Author Email,Message",
        "10000_20,2020-01-01T10:00:00+0000,Ann,ann@b.example,50000,hi",
        "10000_21,2020-01-01T10:00:00+0000,Ann,50000,ann@b.example,ho",
    )
    found = importing({"2020 general.csv": lines})
    assert {one.author_id for one in found.of("post").values()} == {member_id("50000")}


def test_cells_are_never_run_and_never_too_much(importing: Any) -> None:
    hostile = "__import__('os').system('touch /tmp/never')"
    deep = "[" * 20_000
    lines = csv_of(
        "id;from;created_time;reactions;comments;seenby;message",
        f"10000_20;{hostile};2020-01-01T10:00:00+0000;{deep};[];[];=HYPERLINK(1)",
    )
    (post,) = importing({"x.csv": lines + "\0"}).of("post").values()
    assert post.author_id is None
    assert post.body == "=HYPERLINK(1)", "kept as text; nothing here evaluates it"
    assert not Path("/tmp/never").exists()  # noqa: S108 # what the hostile cell would have made


def book(*rows: tuple[Any, ...]) -> bytes:
    made = Workbook()
    for row in rows:
        made.active.append(list(row))
    held = io.BytesIO()
    made.save(held)
    return held.getvalue()


EMPLOYEES = book(
    ("Full name", "Email", "Employee ID", "Job title", "Claim link", "Status", "Manager email",
     "Activity summary for date", "Posts Last 28 Days", "Active Last Week"),
    ("Ann", "ANN@b.example", "E1", "Head", "https://x.example/claim/hush", "Claimed", None, "2026-03-01", 4, "Yes"),
    ("Bo", None, "E2", "Clerk", None, "Deactivated", "ann@b.example", "2026-03-01", None, "No"),
    ("Cy", "cy@b.example", None, None, None, "Invited", None, "2026-03-01", 0, "No"),
)  # fmt: skip


def test_kinds_are_joined_by_id_then_external_id_then_address(importing: Any) -> None:
    users = [
        {"id": "50000", "userName": "ann@b.example"},
        {
            "id": "50001",
            "userName": "bo@b.example",
            "urn:scim:schemas:extension:enterprise:1.0": {"employeeNumber": "E2"},
        },
    ]
    found = importing({"employees.xlsx": EMPLOYEES, "scim.json": {"Resources": users}})
    members = {one.id: one for one in found.records if one.record == "member" and one.job_title}
    assert members.keys() == {member_id("50000"), member_id("50001")}
    assert members[member_id("50001")].manager_id == member_id("50000")
    assert members[member_id("50001")].active is False
    (local,) = [one for one in found.of("member") if "~" in one]
    assert found.of("member")[local].extra == {"local": True, "claim_state": "invited"}
    figures = {(one.subject_id, one.name): one for one in found.of("measure").values()}
    posts = figures[member_id("50000"), "Posts Last 28 Days"]
    assert (posts.value, str(posts.period_start), str(posts.period_end)) == (4.0, "2026-02-02", "2026-03-01")
    assert (member_id("50001"), "Posts Last 28 Days") not in figures, "an empty cell is no zero"
    assert figures[local, "Posts Last 28 Days"].value == 0.0
    assert figures[member_id("50001"), "Active Last Week"].value == 0.0
    assert "hush" not in "".join(one.model_dump_json() for one in found.records)


def test_a_workbook_alone_is_an_archive(importing: Any, tmp_path: Path) -> None:
    path = tmp_path / "workplace_employees.xlsx"
    path.write_bytes(EMPLOYEES)
    found = importing(path)
    assert len(found.of("member")) == 3
    with Archive(path, nested=True) as archive:
        assert archive.names() == ["workplace_employees.xlsx"]


def test_a_workbook_that_bursts_is_left_out_and_said(importing: Any) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (32 * 1024 * 1024))
    found = importing({"feed.json": [POST], "employees.xlsx": bomb.getvalue()})
    assert list(found.of("post")) == [post_id("10000_20")]
    assert "employees.xlsx" in found.gaps


def test_groups_and_their_admins_in_one_cell(importing: Any) -> None:
    lines = csv_of("id,owner,name,privacy,members,admins",
                   "10000,\"{'id': '50000'}\",General,OPEN,412,50000-Ann Lee (ann@b.example)|50001-Bo|")  # fmt: skip
    found = importing({"group_export.csv": lines})
    assert {(one.member_id, one.role) for one in found.of("membership").values()} == {
        (member_id("50000"), "admin"), (member_id("50001"), "admin")}  # fmt: skip
    assert found.of("community")["workplace:graph:community:10000"].member_count == 412


def test_stacked_tables_of_a_posts_activity(importing: Any) -> None:
    made = book(("Post", "Group"), ("20", "General"), (), ("Likes", "Loves"), (1, 0), (),
                ("Full Name", "Id", "Email", "Message", "Interaction", "Date"),
                ("Ann", "50000", "ann@b.example", "yes", "Comment", "2020-01-01 10:00:00"),
                ("Bo", "50001", "bo@b.example", "no", "Comment-Reply", "2020-01-01 11:00:00"))  # fmt: skip
    found = importing({"stats-10000_20.xlsx": made})
    comments = list(found.of("post").values())
    assert {one.root_id for one in comments} == {post_id("10000_20")}
    assert {one.author_id for one in comments} == {member_id("50000"), member_id("50001")}
    assert all(":post:~" in one.id for one in comments)
    assert "ids of comments" in found.gaps


# downloads of one's information


def mangled(text: str) -> str:
    return text.encode().decode("latin-1")


def test_a_download(importing: Any) -> None:
    posts = [
        {"timestamp": 1600000000, "title": "Ann wrote.", "data": [{"post": mangled("Grüße é")}]},
        {"timestamp": 1600000001, "data": [{"post": "already right: ü€"}]},
        {"timestamp": 1600000002, "attachments": [{"data": [{"media": {"uri": "photos/a.jpg"}}]}], "title": "Ann"},
    ]
    comments = {"comments_v2": [{"timestamp": 1600000003, "title": "Ann commented.", "data": [
        {"comment": {"comment": "hm", "author": "Ann", "group": "General", "timestamp": 1600000003}}]}]}  # fmt: skip
    reactions = {
        "reactions_v2": [{"timestamp": 1600000004, "data": [{"reaction": {"reaction": "LOVE", "actor": "Ann"}}]}]
    }
    joined = {
        "groups_joined_v2": [{"timestamp": 1600000005, "title": "Du blev medlem.", "data": [{"name": "General"}]}]
    }
    answers = {"event_responses_v2": {"events_joined": [{"name": "Fair", "start_timestamp": 1600000000}]}}
    profile = {"profile_v2": {"name": {"full_name": "Ann"}, "emails": {"emails": ["ann@b.example"]}}}
    files = {"x/profile.json": profile, "x/posts/your_posts_1.json": posts, "x/c.json": comments, "x/r.json": reactions,
             "x/g.json": joined, "x/e.json": answers}  # fmt: skip
    found = importing(files)
    assert found.issues == []
    bodies = {one.body for one in found.of("post").values()}
    assert {"Grüße é", "already right: ü€", "hm"} <= bodies
    assert all(":~" in one for one in found.of("post"))
    kinds = {one.kind: one for one in found.of("event").values()}
    assert kinds["reacted"].detail == "LOVE"
    assert kinds["reacted"].occurred_at is not None
    assert kinds["rsvp"].detail == "attending"
    assert kinds["x-workplace-story"].detail == "Du blev medlem.", (
        "joined or left: only a sentence tells, in any language"
    )
    assert {one.display_name for one in found.of("member").values()} == {"Ann"}
    assert "no ids" in found.gaps
    # With the company's users beside it the exporter is known by address.
    joined_up = importing({**files, "users.json": [{"id": "50000", "email": "Ann@b.example", "name": "Ann"}]})
    assert {one.author_id for one in joined_up.of("post").values()} == {member_id("50000")}


def test_a_download_that_does_not_say_whose_it_is(importing: Any) -> None:
    found = importing({"posts.json": [{"timestamp": 1600000000, "data": [{"post": "hi"}]}]})
    (post,) = found.of("post").values()
    assert post.author_id is None
    assert "nothing tells whose" in found.gaps


def test_an_archives_date_is_its_newest_content(tmp_path: Path) -> None:
    path = tmp_path / "feed.json"
    path.write_text(json.dumps([POST, {**POST, "updated_time": "2020-05-01T10:00:00+0000", "start_time":
                                       "2031-01-01T00:00:00+0000"}]))  # fmt: skip
    with Archive(path) as archive:
        found = as_of(archive)
        assert found is not None
        assert found.isoformat() == "2020-05-01T10:00:00+00:00"
        assert [part.form for part in sort_parts(archive)] == ["graph"]


def test_what_is_no_object_in_a_list_and_what_is_no_utf_8_is_said(importing: Any) -> None:
    german = json.dumps({"data": [{**POST, "message": "Größe"}, "text", 7]}, ensure_ascii=False).encode("latin-1")
    told = importing({"a.json": german, "b.json": {"data": [GROUP]}}).gaps
    assert "a.json, item 2: a text, no object, item 3: a number, no object" in told
    assert "a.json: not UTF-8" in told


def test_a_time_that_is_none_is_said_and_what_it_is_of_is_kept(importing: Any) -> None:
    below = {"data": [{"id": "10000_21", "message": "yes", "created_time": "bald", "from": POST["from"]}]}
    read = importing({"a.json": [{**POST, "created_time": "gestern", "comments": below}], "b.json": [GROUP]})
    assert {one.reason: one.detail for one in read.records if one.record == "issue"} == {
        "no_time": "created_time is no time that is understood"
    }
    assert {post_id("10000_20"), post_id("10000_21")} == set(read.of("post"))
