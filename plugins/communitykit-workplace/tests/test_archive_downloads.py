"""Archives that are one person's download of their information: no ids, and mangled letters."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from workplace_archives import member_id

from communitykit import pull, read_archive
from communitykit.store import Store


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


def packings(folder: Path) -> dict[str, Path]:
    """Return one person's download packed in five ways."""
    inside = folder / "plain" / "ann's download"
    (inside / "posts").mkdir(parents=True)
    (inside / "profile.json").write_text(json.dumps(PROFILE))
    (inside / "posts" / "your_posts_1.json").write_text(json.dumps(POSTS))
    zipped = Path(shutil.make_archive(str(folder / "download"), "zip", inside))
    around = Path(shutil.make_archive(str(folder / "around"), "zip", folder / "plain"))
    holder = folder / "holder"
    holder.mkdir()
    shutil.copy(zipped, holder / "download (1).zip")
    twice = Path(shutil.make_archive(str(folder / "twice"), "zip", holder))
    (holder / "users.txt").write_text("my notes")
    return {"folder": inside, "zip": zipped, "around": around, "zip in folder": holder, "zip in zip": twice}


PROFILE = {"profile_v2": {"name": {"full_name": "Ann"}, "emails": {"emails": ["Ann@b.example"]}}}
POSTS = [{"timestamp": 1600000000, "title": "Ann wrote.", "data": [{"post": "hello"}]}]


@pytest.mark.parametrize("told", [True, False])
def test_a_download_has_one_copy_however_it_is_packed(
    tmp_path: Path, importing: Any, monkeypatch: pytest.MonkeyPatch, *, told: bool
) -> None:
    if not told:  # nothing tells whose it is but a name: then the files do
        monkeypatch.setitem(PROFILE["profile_v2"], "emails", {})
    ids = {how: set(importing(path).of("post")) for how, path in packings(tmp_path).items()}
    assert ids["folder"]
    assert set(map(frozenset, ids.values())) == {frozenset(ids["folder"])}


def test_a_later_download_of_the_same_person_adds_what_is_new(importing: Any) -> None:
    more = [*POSTS, {"timestamp": 1600000009, "data": [{"post": "later"}]}]
    first, second = (
        set(importing({"profile.json": PROFILE, "posts.json": posts}).of("post")) for posts in (POSTS, more)
    )
    assert len(second) == 2
    assert first < second
    unsure = {"profile_v2": {"name": {"full_name": "Ann"}}}
    first, second = (
        set(importing({"profile.json": unsure, "posts.json": posts}).of("post")) for posts in (POSTS, more)
    )
    assert not first & second  # two of one name may be two people


def test_whom_a_later_archive_knows_by_id_is_nobody_twice(tmp_path: Path, importing: Any) -> None:
    to = tmp_path / "store.duckdb"
    users = {"id": "50000", "email": "ann@b.example", "name": "Ann"}
    table = "Full Name,Email,Employee ID,Status\nAnn,ann@b.example,7,Claimed\n"
    for beside in ({}, {"users.json": [users]}):
        path = tmp_path / f"{len(beside)}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in {"profile.json": PROFILE, "posts.json": POSTS, **beside}.items():
                archive.writestr(name, json.dumps(content))
            archive.writestr("employees.csv", table)
        with read_archive("workplace", path) as opened:
            pull(opened, to=to)
    with Store(to) as store:
        there = store.sql("SELECT id FROM members WHERE active IS DISTINCT FROM false").to_pylist()
        said = store.sql("SELECT author_id FROM posts WHERE gone IS NULL").to_pylist()
    assert there == [{"id": member_id("50000")}]
    assert said == [{"author_id": member_id("50000")}]
