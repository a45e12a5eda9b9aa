import io
import json
import zipfile
from pathlib import Path

import pytest

from communitykit import ArchiveError
from communitykit.connector import Archive


def make_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, body in members.items():
            file.writestr(name, body)
    return path


def test_a_zip_and_its_folder_read_alike_and_clutter_is_left_out(tmp_path: Path) -> None:
    members = {"users.json": b"[]", "general/2026-01-01.json": b'[{"a": 1}]', "__MACOSX/x": b"", "general/._x": b""}
    path = make_zip(tmp_path / "export.zip", members)
    folder = tmp_path / "folder"
    with zipfile.ZipFile(path) as file:
        file.extractall(folder)
    with Archive(path) as zipped, Archive(folder) as unpacked:
        assert zipped.names() == unpacked.names() == ["general/2026-01-01.json", "users.json"]
        assert zipped.json("general/2026-01-01.json") == unpacked.json("general/2026-01-01.json") == [{"a": 1}]
        assert zipped.digest == unpacked.digest
        assert zipped.folders() == ["general"]


def test_one_wrapping_folder_is_accepted(tmp_path: Path) -> None:
    with Archive(make_zip(tmp_path / "e.zip", {"my export/users.json": b"\xef\xbb\xbf[1]"})) as archive:
        assert archive.names() == ["users.json"]
        assert archive.json("users.json") == [1]


def test_names_that_were_utf8_without_saying_so_are_read(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "e.zip", {"caf__/a.json": b"[]", "users.json": b"[]"})
    path.write_bytes(path.read_bytes().replace(b"caf__", b"caf\xc3\xa9"))  # the flag still says CP437
    with Archive(path) as archive:
        assert archive.names() == ["café/a.json", "users.json"]


@pytest.mark.parametrize("name", ["../evil.json", "/etc/evil.json", "a/../../evil.json", "C:\\evil.json"])
def test_a_path_that_escapes_is_refused(tmp_path: Path, name: str) -> None:
    path = make_zip(tmp_path / "e.zip", {name: b"[]", "users.json": b"[]"})
    with pytest.raises(ArchiveError, match="would leave the archive"):
        Archive(path)


def test_a_link_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_text("[]")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "users.json").symlink_to(outside)
    with pytest.raises(ArchiveError, match="leaves the folder"):
        Archive(folder)


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "e.zip", {"users.json": b"\0" * (32 * 1024 * 1024)})
    with pytest.raises(ArchiveError, match="zip bomb"):
        Archive(path)


def test_what_is_no_zip_is_said(tmp_path: Path) -> None:
    path = tmp_path / "e.zip"
    path.write_bytes(b"<html>not a zip</html>")
    with pytest.raises(ArchiveError, match="not a zip"):
        Archive(path)
    with pytest.raises(ArchiveError, match="no such file"):
        Archive(tmp_path / "nothing.zip")


def test_an_encrypted_zip_is_said(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "e.zip", {"users.json": b"[]"})
    body = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        body[body.index(signature) + offset] |= 1
    path.write_bytes(bytes(body))
    with pytest.raises(ArchiveError, match="encrypted"):
        Archive(path)


def test_truncated_json_names_the_member(tmp_path: Path) -> None:
    with (
        Archive(make_zip(tmp_path / "e.zip", {"users.json": b'[{"id": '})) as archive,
        pytest.raises(ArchiveError, match=r"users\.json is not readable JSON"),
    ):
        archive.json("users.json")


def test_a_damaged_member_is_an_error_of_that_member(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "e.zip", {"users.json": json.dumps(list(range(5000))).encode()})
    body = bytearray(path.read_bytes())
    body[200:260] = b"\xff" * 60
    path.write_bytes(bytes(body))
    with Archive(path) as archive, pytest.raises(ArchiveError, match=r"users\.json cannot be read"):
        archive.read("users.json")


def test_an_archive_is_verified_member_by_member(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"good.txt": b"x" * 3000, "late.txt": bytes(range(256)) * 40})
    with Archive(path) as archive:
        archive.verify()
    body = bytearray(path.read_bytes())
    at = body.index(b"late.txt") + 60
    body[at : at + 8] = bytes(8)
    path.write_bytes(bytes(body))
    with Archive(path) as archive, pytest.raises(ArchiveError, match=r"late\.txt"):
        archive.verify()


def zipped(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def test_zips_inside_are_opened_only_when_asked_for(tmp_path: Path) -> None:
    inner = zipped({"a/b.json": b"[1]", "c.json": b"[2]"})
    path = make_zip(
        tmp_path / "e.zip", {"part1.zip": inner, "part2.zip": zipped({"part1.zip": inner}), "d.json": b"[3]"}
    )
    with Archive(path) as closed:
        assert closed.names() == ["d.json", "part1.zip", "part2.zip"]
    with Archive(path, nested=True) as archive:
        assert archive.names() == ["d.json", "part1.zip/a/b.json", "part1.zip/c.json", "part2.zip/part1.zip/a/b.json",
                                   "part2.zip/part1.zip/c.json"]  # fmt: skip
        assert archive.json("part2.zip/part1.zip/a/b.json") == [1]
        assert archive.json("d.json") == [3]
        assert archive.size("part1.zip/c.json") == 3
        archive.verify()


def test_a_damaged_zip_inside_is_refused_and_an_office_document_is_a_file(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "e.zip", {"part1.zip": b"PK nonsense", "d.json": b"[3]"})
    with pytest.raises(ArchiveError, match=r"part1\.zip is damaged"):
        Archive(path, nested=True)
    book = tmp_path / "book.xlsx"
    book.write_bytes(zipped({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<w/>"}))
    with Archive(book, nested=True) as archive:
        assert archive.names() == ["book.xlsx"]


def test_members_that_lie_over_one_another_are_a_bomb(tmp_path: Path) -> None:
    """All entries of the directory point to the same bytes, so that a small file unpacks to no end."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("a.json", b"x" * 4096)
        first = archive.infolist()[0]
        for number in range(50):
            copy = zipfile.ZipInfo(f"copy{number}.json")
            copy.file_size = copy.compress_size = first.file_size
            copy.CRC, copy.header_offset = first.CRC, first.header_offset
            archive.filelist.append(copy)
            archive.NameToInfo[copy.filename] = copy
    path = tmp_path / "overlap.zip"
    path.write_bytes(held.getvalue())
    with pytest.raises(ArchiveError, match="zip bomb"):
        Archive(path)


def test_what_windows_writes_between_folders_is_a_slash(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("a/b.json")
    info.filename = "a\\b.json"
    with zipfile.ZipFile(tmp_path / "w.zip", "w") as made:
        made.writestr(info, "[1]")
        made.writestr("users.json", "[]")
    with Archive(tmp_path / "w.zip") as archive:
        assert (archive.names("a"), archive.json("a/b.json")) == (["a/b.json"], [1])


def test_only_what_an_archive_was_wrapped_in_is_opened(tmp_path: Path) -> None:
    inner = tmp_path / "inner.zip"
    with zipfile.ZipFile(inner, "w") as made:
        made.writestr("x.json", "[1]")
        made.writestr("files/holiday.zip", b"no zip")
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as made:
        made.write(inner, "Downloads/inner.zip")
        made.write(inner, "Downloads/deep/inner.zip")
        made.writestr("broken.zip", b"no zip")
    with Archive(tmp_path / "outer.zip", nested="wrapped") as archive:
        assert archive.names() == [
            "Downloads/deep/inner.zip",
            "Downloads/inner.zip/files/holiday.zip",
            "Downloads/inner.zip/x.json",
            "broken.zip",
        ]
        assert archive.json("Downloads/inner.zip/x.json") == [1]
