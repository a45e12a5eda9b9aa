"""Archives that are tables, CSV or workbooks: what their columns and cells mean, however they were made."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from workplace_archives import POST, member_id, post_id

from communitykit.connector import Archive


def csv_of(*lines: str) -> str:
    return "\r\n".join(lines) + "\r\n"


def book(*rows: tuple[Any, ...]) -> bytes:
    made = Workbook()
    for row in rows:
        made.active.append(list(row))
    held = io.BytesIO()
    made.save(held)
    return held.getvalue()


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
