"""Network data exports: what joins with REST and with other windows, and which network and files they are of."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from yammer_exports import GROUP, HEAD, SENT, archived, make, make_world

from communitykit import ArchiveError, read_archive
from communitykit.connector import Archive
from communitykit.sandbox import DAY, project
from communitykit.testing.reading import Kept
from communitykit_yammer import YAMMER
from communitykit_yammer.sandbox import YammerPlatform, naming
from communitykit_yammer.sandbox.export import write

USERS = "id,name,email\n7,A,a@acme.example\n"


def gone(store: Kept) -> set[str]:
    rows = store._writer.connection().execute("SELECT id FROM posts WHERE gone = 'deleted'").fetchall()
    return {row[0] for row in rows}


def posts(store: Kept) -> list[str]:
    return sorted(row["id"] for row in store.current()["post"])


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


def test_files_that_are_none_of_an_export_are_named(tmp_path: Path) -> None:
    head = "id,network_id\n"
    beside = {"Reactions.csv": head, "extra.json": "{}", "request.txt": "x", "Files/1.csv": head}
    path = make(tmp_path / "e.zip", {"Networks.csv": "id\n77\n", "Messages.csv": HEAD, "Users.csv": head, **beside})
    told = " ".join(one.reason or "" for one in archived(path) if one.record == "coverage")
    assert "2 files are of no known kind, and not read: Reactions.csv, extra.json" in told


def test_what_was_found_is_counted_within_the_window(tmp_path: Path) -> None:
    rows = [f"{at},{at},1,false,false,11,user,x,2020-01-0{at}T00:00:00Z\n" for at in range(1, 6)]
    tables = {"Networks.csv": "id\n77\n", "Users.csv": "id,name\n11,Ann\n", "Groups.csv": GROUP}
    path = make(tmp_path / "e.zip", {**tables, "Messages.csv": SENT + "".join(rows)})
    with read_archive("yammer", path) as archive:
        kept = [one for one in archive.records(since="2020-01-03") if one.record == "post"]
        (found,) = archive.found
    assert len(kept) == 3
    assert "3 posts were read; what it tells twice counts twice" in found


def test_names_of_the_sandbox_are_numbers() -> None:
    world = make_world()
    place, one = next((place, one) for place in world.on("yammer") for one in world.messages(place))
    assert naming.place_and_moment(naming.message(place.number, one.at)) == (place.number, one.at)


def test_an_export_in_a_zip_or_a_folder_is_read_and_of_two_neither(tmp_path: Path) -> None:
    """People zip once more, and put the zip into a folder; a zip that somebody attached is no export."""
    attached = make(tmp_path / "attached.zip", {"Users.csv": "id,name\n9,Z\n"}).read_bytes()
    plain = make(tmp_path / "export.zip", {"1/Messages.csv": SENT, "1/Users.csv": USERS, "2/Users.csv": USERS})
    with zipfile.ZipFile(plain, "a") as more:
        more.writestr("1/files/attached.zip", attached)
    read = sorted(record.id for record in archived(plain) if record.record == "member")
    assert len(read) == 2
    folder, within, deep = tmp_path / "folder", tmp_path / "within.zip", tmp_path / "deep.zip"
    folder.mkdir()
    (folder / "export.zip").write_bytes(plain.read_bytes())
    for path, name in ((within, "export.zip"), (deep, "a/b/export.zip")):
        with zipfile.ZipFile(path, "w") as outer:
            outer.write(plain, name)
    for path in (folder, within, deep):
        assert sorted(record.id for record in archived(path) if record.record == "member") == read
    (folder / "later.zip").write_bytes(plain.read_bytes())
    with zipfile.ZipFile(within, "a") as outer:
        outer.write(plain, "later.zip")
    for path in (folder, within):
        with pytest.raises(ArchiveError, match=r"2 exports of Yammer .*: export\.zip, later\.zip\. Unpack it"):
            archived(path)
