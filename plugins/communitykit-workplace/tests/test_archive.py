"""Archives of every layout, told by their content; what they lack is said."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from workplace_archives import GROUP, POST, member_id, post_id

from communitykit import ArchiveError, read_archive
from communitykit.connector import Archive
from communitykit_workplace.archive.export import as_of
from communitykit_workplace.archive.sorting import kind_of, sort_parts, whose

TOKEN = "DQVJsecrettokenoflongago12345"


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
