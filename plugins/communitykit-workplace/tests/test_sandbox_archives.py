"""The same world through every door and every kind of archive agrees on ids, wherever there are ids."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from communitykit import read_archive
from communitykit.sandbox import World, project
from communitykit.testing.reading import Kept, read
from communitykit_workplace import WORKPLACE
from communitykit_workplace.sandbox import WorkplacePlatform


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=5, size="tiny", platforms=("workplace",))


@pytest.fixture(scope="module")
def api(world: World) -> list[Any]:
    return read(WORKPLACE, world, include_private=True).records


def archived(world: World, folder: Path, style: str) -> list[Any]:
    path = WorkplacePlatform().write_archive(world, folder / f"{style}.zip", style=style)
    with read_archive("workplace", path) as archive:
        return list(archive.records(include_private=True))


def ids(records: list[Any], record: str, *, local: bool = False) -> set[str]:
    found = {one.id for one in records if one.record == record}
    return found if local else {one for one in found if "~" not in one}


@pytest.mark.parametrize("style", ["graph", "lists", "scim"])
def test_whole_dumps_hold_what_the_api_tells(world: World, api: list[Any], tmp_path: Path, style: str) -> None:
    found = archived(world, tmp_path, style)
    assert [one for one in found if one.record == "coverage" and one.status != "complete"] == []
    for record in ("post", "event", "community", "membership"):
        assert ids(found, record) == ids(api, record), record
    assert ids(found, "member") >= ids(api, "member")


def test_the_csv_of_scripts_agrees_on_posts_comments_and_acts(world: World, api: list[Any], tmp_path: Path) -> None:
    found = archived(world, tmp_path, "scripts")
    assert [one for one in found if one.record == "issue"] == []
    assert ids(found, "post") <= ids(api, "post")
    roots = {one.id for one in api if one.record == "post" and one.root_id is None and one.community_id and one.body}
    assert {one for one in roots if _is_post(one)} <= ids(found, "post")
    for kind in ("reacted", "viewed"):
        theirs = {one.id for one in found if one.record == "event" and one.kind == kind}
        ours = {one.id for one in api if one.record == "event" and one.kind == kind}
        assert theirs
        assert theirs <= ours
    texts = {one.id: one.body for one in api if one.record == "post"}
    told = {one.id: one.body for one in found if one.record == "post" and one.body}
    assert all(texts[native] == body for native, body in told.items() if texts[native].isascii())
    groups = {one.id for one in found if one.record == "community" and one.kind == "group"}
    assert groups == {one.id for one in api if one.record == "community" and one.kind == "group"}


def _is_post(post: str) -> bool:
    native = post.rsplit(":", 1)[1]
    return native.startswith("100") and "_" in native


def test_workbooks_are_joined_by_address(world: World, api: list[Any], tmp_path: Path) -> None:
    """The employee export has no ids; who is in a table with ids is known by address, the others inside it only."""
    found = archived(world, tmp_path, "tables")
    assert [one for one in found if one.record == "issue"] == []
    assert ids(found, "member") <= ids(api, "member")
    assert ids(found, "post") <= ids(api, "post")
    members = {one.id: one for one in api if one.record == "member" and one.employee_number}
    joined = [one for one in found if one.record == "member" and one.employee_number and "~" not in one.id]
    assert joined
    assert all(members[one.id].employee_number == one.employee_number for one in joined)
    figures = [one for one in found if one.record == "measure" and one.name == "Posts Last 28 Days"]
    assert len(figures) == len({one.subject_id for one in figures}) > len(joined) / 2
    counted = [one for one in found if one.record == "post" and one.counts and one.counts.reactions]
    assert counted


def test_a_download_has_no_ids_and_its_letters_are_mended(world: World, api: list[Any], tmp_path: Path) -> None:
    found = archived(world, tmp_path, "download")
    assert [one for one in found if one.record == "issue"] == []
    for record in ("post", "event", "community", "member"):
        assert ids(found, record) == set(), record
        assert ids(found, record, local=True), record
    me = WorkplacePlatform().member_id(world, world.people[0])
    mine = {one.body for one in api if one.record == "post" and one.author_id == me and not one.title}
    assert {one.body for one in found if one.record == "post"} == mine


@pytest.mark.slow
def test_several_kinds_one_after_the_other_complete_one_another(world: World, tmp_path: Path) -> None:
    """Scripts, tables and SCIM, then a dump: what is current is what the dump alone gives, and more of the people."""
    store, alone = Kept(), Kept()
    for style in ("scripts", "tables", "graph"):
        store.put([one for one in archived(world, tmp_path, style) if "~" not in getattr(one, "id", "")], world.now)
    alone.put(archived(world, tmp_path, "graph"), world.now)
    truth = project(world, WORKPLACE.capabilities, WorkplacePlatform(), door="archive", private=True)
    truth.exact = False
    assert truth.compare(alone.current()) == []
    assert [str(one) for one in truth.compare(store.current())] == []


@pytest.mark.parametrize("style", [*WorkplacePlatform.archive_styles, *WorkplacePlatform.lossy_styles])
def test_every_style_is_read_without_an_issue_and_keeps_no_secret(world: World, tmp_path: Path, style: str) -> None:
    path = WorkplacePlatform().write_archive(world, tmp_path / "a.zip", style=style)
    with read_archive("workplace", path) as archive:
        found = list(archive.records(include_private=True, keep_raw=True))
    assert [one for one in found if one.record == "issue"] == []
    assert [one for one in found if one.record == "post"]
    text = "".join(one.model_dump_json() for one in found)
    assert "DQVJ" not in text
    assert "/claim/" not in text
    assert "CODE1" not in text
