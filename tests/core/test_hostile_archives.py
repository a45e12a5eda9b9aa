"""Archives that nobody's export is: refused with the cause, or read as far as is safe, and never a crash or a hang."""

from __future__ import annotations

import io
import os
import resource
import socket
import struct
import sys
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from communitykit import ArchiveError
from communitykit.clock import Clock
from communitykit.connector import Archive, ArchiveDoor, Connector
from communitykit.connector import archive as module
from communitykit.connector.decoding import decode_json
from communitykit.connector.json_stream import json_items
from communitykit.doors.archive import open_archive

CENTRAL, LOCAL = b"PK\x01\x02", b"PK\x03\x04"


def zipped(members: dict[str, bytes] | list[tuple[str, bytes]]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        for name, body in members.items() if isinstance(members, dict) else members:
            file.writestr(name, body)
    return held.getvalue()


def patched(body: bytes, *changes: tuple[bytes, int, bytes]) -> bytes:
    """Overwrite bytes at an offset from the first of each signature."""
    changed = bytearray(body)
    for signature, offset, value in changes:
        at = changed.index(signature) + offset
        changed[at : at + len(value)] = value
    return bytes(changed)


def method(number: int) -> Callable[[bytes], bytes]:
    value = struct.pack("<H", number)
    return lambda body: patched(body, (LOCAL, 8, value), (CENTRAL, 10, value))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (method(9), ("Deflate64", "7-Zip")), (method(93), ("Zstandard", "Unpack it")), (method(99), ("AES", "Decrypt")),
        (method(95), ("XZ",)), (method(98), ("PPMd",)), (method(77), ("method 77",)), (method(1), ("Shrink",)),
        (lambda body: patched(body, (CENTRAL, 6, b"\x63\x00")), ("version",)),
        (lambda body: patched(body, (CENTRAL, 6, b"\x40\x00")), ("version 6.4",)),
        (lambda body: patched(body, (CENTRAL, 8, b"\x00\x08"), (CENTRAL, 46, b"\xff\xfe")), ("no text",)),
        (lambda body: patched(body, (CENTRAL, 46, b"\x00sers")), ()),
        (lambda body: patched(body, (CENTRAL, 38, struct.pack("<I", 0o120777 << 16))), ("link",)),
        (lambda body: patched(body, (CENTRAL, 38, struct.pack("<I", 0o010644 << 16))), ("pipe",)),
        (lambda body: patched(body, (CENTRAL, 42, b"\xff\xff\xff\x7f")), ()),
    ],
)  # fmt: skip
def test_what_no_python_reads_is_refused_by_its_name_and_with_what_to_do(
    tmp_path: Path, change: Callable[[bytes], bytes], words: tuple[str, ...]
) -> None:
    path = tmp_path / "e.zip"
    path.write_bytes(change(zipped({"users.json": b"[1]"})))
    with pytest.raises(ArchiveError) as caught, Archive(path) as archive:
        archive.verify()
    for word in words:
        assert word in str(caught.value)
    assert caught.value.remedy


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 10_000), value=st.binary(min_size=1, max_size=6))
def test_any_damage_is_an_archive_error_or_nothing(tmp_path: Path, at: int, value: bytes) -> None:
    inner = zipped({"a.json": b"[2]"})
    body = bytearray(zipped({"users.json": b"[1]" * 50, "general/x.json": b"[]", "inner.zip": inner}))
    at %= len(body)
    body[at : at + len(value)] = value
    path = tmp_path / "e.zip"
    path.write_bytes(bytes(body))
    for nested in (False, True):
        told = None
        try:
            with Archive(path, nested=nested) as archive:
                archive.verify()
        except ArchiveError as error:
            told = str(error)
        assert told != ""


def test_names_with_backslashes_are_folders(tmp_path: Path) -> None:
    path = tmp_path / "e.zip"
    path.write_bytes(
        zipped({"users.json": b"[]", "general\\": b"", "general\\2024-03-01.json": b"[1]", "./a//b.json": b"2"})
    )
    with Archive(path) as archive:
        assert archive.names() == ["a/b.json", "general/2024-03-01.json", "users.json"]
        assert archive.json("general/2024-03-01.json") == [1]
        assert archive.json("a/b.json") == 2


@pytest.mark.parametrize("name", ["..\\evil.json", "a\\..\\..\\evil.json", "\\evil.json", "C:evil.json"])
def test_backslashes_do_not_escape(tmp_path: Path, name: str) -> None:
    path = tmp_path / "e.zip"
    path.write_bytes(zipped({name: b"[]", "users.json": b"[]"}))
    with pytest.raises(ArchiveError, match="would leave"):
        Archive(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_two_members_of_one_name_neither_wins_silently(tmp_path: Path) -> None:
    path = tmp_path / "e.zip"
    twice = [
        ("users.json", b"[1]"),
        ("a/x.json", b"[1]"),
        ("a\\x.json", b"[2]"),
        ("same.json", b"[]"),
        ("same.json", b"[]"),
    ]
    path.write_bytes(zipped(twice))
    with Archive(path) as archive:
        assert archive.json("users.json") == [1]
        assert archive.json("same.json") == []
        with pytest.raises(ArchiveError, match=r"two different files of the name a/x\.json"):
            archive.json("a/x.json")


def test_names_that_differ_in_case_or_composition_are_two(tmp_path: Path) -> None:
    path = tmp_path / "e.zip"
    composed, apart = "é.json", unicodedata.normalize("NFD", "é.json")
    path.write_bytes(zipped({"A/x.json": b"1", "a/x.json": b"2", composed: b"3", apart: b"4"}))
    with Archive(path) as archive:
        assert [archive.json(name) for name in ("A/x.json", "a/x.json", composed, apart)] == [1, 2, 3, 4]


@contextmanager
def few_files(number: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (number, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize("number", [600, pytest.param(10_000, marks=pytest.mark.slow)])
def test_thousands_of_zips_inside_need_few_open_files(tmp_path: Path, number: int) -> None:
    path = tmp_path / "e.zip"
    path.write_bytes(zipped({f"{one}.zip": zipped({"a.json": b"%d" % one}) for one in range(number)}))
    with few_files(256), Archive(path, nested=True) as archive:
        assert len(archive.names()) == number
        assert [archive.json(f"{one}.zip/a.json") for one in (0, 7, number - 1)] == [0, 7, number - 1]
        archive.verify()


def test_a_pipe_a_socket_and_a_device_are_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "users.json").write_text("[]")
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(folder / "day.json")
    monkeypatch.chdir(tmp_path)  # a socket's path is short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        for path in (tmp_path / "pipe", tmp_path / "socket", Path("/dev/null"), folder):
            with pytest.raises(ArchiveError, match="a pipe, a device or a socket"):
                Archive(path)


def test_links_inside_are_read_and_those_that_lead_nowhere_are_said(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "x.json").write_text("[1]")
    (folder / "b.json").symlink_to(folder / "a" / "x.json")
    (folder / "loop").symlink_to(folder)
    with Archive(folder) as archive:
        assert archive.json("b.json") == [1]
    (folder / "c.json").symlink_to(tmp_path / "nothing")
    with pytest.raises(ArchiveError, match=r"c\.json is a link that leads nowhere"):
        Archive(folder)


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux alone")
def test_a_name_that_is_no_text_is_said(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.json")).write_text("[]")
    with pytest.raises(ArchiveError, match="is no text"):
        Archive(tmp_path)


def test_zips_that_hold_zips_to_no_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = zipped({"a.json": b"[]"})
    for _ in range(4):  # as a quine does, which holds itself
        body = zipped({"again.zip": body})
    path = tmp_path / "e.zip"
    path.write_bytes(body)
    with pytest.raises(ArchiveError, match="too deep inside"):
        Archive(path, nested=True)
    monkeypatch.setattr("communitykit.connector.zips.GIGABYTE", 0)
    path.write_bytes(zipped({f"{one}.zip": b"\0" * 1_000_000 + zipped({"a": b"1"}) for one in range(20)}))
    with pytest.raises(ArchiveError, match="zip bomb"):
        Archive(path, nested=True)


def test_there_are_only_so_many_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_MEMBERS", 10)
    path = tmp_path / "e.zip"
    path.write_bytes(zipped({f"{one}.json": b"" for one in range(11)}))
    with pytest.raises(ArchiveError, match="too many files"):
        Archive(path)


@pytest.mark.exhaustive
def test_a_million_members_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "e.zip"
    with zipfile.ZipFile(path, "w") as file:
        for number in range(1_000_000):
            file.writestr(zipfile.ZipInfo(f"{number % 1000}/{number}.json"), b"[]")
    with Archive(path) as archive:
        assert len(archive.names()) == 1_000_000
        assert len(archive.names("7")) == 1000
        assert archive.json("7/1007.json") == []


def platform(little: Callable[..., Connector], *, nested: bool = False) -> Connector:
    door = ArchiveDoor(
        detect=lambda archive: "channels.json" in archive, as_of=lambda _: None, read=lambda *_: iter(()), nested=nested
    )
    return little(archive=door)


EXPORT = {"channels.json": b"[]", "general/1.json": b"[1]"}


@pytest.mark.parametrize("nested", [True, False])
@pytest.mark.parametrize(
    "members",
    [
        {"Acme export.zip": zipped(EXPORT), "readme.txt": b"x"},
        {"export/" + name: body for name, body in EXPORT.items()} | {"readme.txt": b"x"},
        {"a/b/" + name: body for name, body in EXPORT.items()} | {"a/readme.txt": b"x", "note.txt": b"y"},
        {"a/Acme.zip": zipped({"in/" + name: body for name, body in EXPORT.items()}), "a/note.txt": b"y"},
    ],
)
def test_an_export_inside_is_found_beside_other_files(
    tmp_path: Path, little: Callable[..., Connector], members: dict[str, bytes], *, nested: bool
) -> None:
    path = tmp_path / "outer.zip"
    path.write_bytes(zipped(members))
    with open_archive(platform(little, nested=nested), path, {}, clock=Clock()) as session:
        assert session.archive.names() == sorted(EXPORT)
        assert session.archive.json("general/1.json") == [1]


def test_where_several_exports_lie_is_said(tmp_path: Path, little: Callable[..., Connector]) -> None:
    path = tmp_path / "outer.zip"
    path.write_bytes(zipped({"one.zip": zipped(EXPORT), "b/channels.json": b"[]", "readme.txt": b"x"}))
    with pytest.raises(ArchiveError, match=r"2 exports of Little in it: b, one\.zip"):
        open_archive(platform(little), path, {}, clock=Clock())
    path.write_bytes(zipped({"readme.txt": b"x", "damaged.zip": b"PK"}))
    with pytest.raises(ArchiveError, match="does not look like an export"):
        open_archive(platform(little), path, {}, clock=Clock())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'["cut \\ud83d"]', ["cut \ufffd"]), (b'{"k\\uDC00": "\\ud83d\\ude00"}', {"k\ufffd": "\U0001f600"}),
        (b'"caf\xe9"', "caf\ufffd"), (b'\xef\xbb\xbf["\\uD800x\\udfff"]', ["\ufffdx\ufffd"]),
    ],
)  # fmt: skip
def test_half_a_character_spoils_nothing(tmp_path: Path, platform: Any, text: bytes, value: Any) -> None:
    assert decode_json(text) == value
    path = tmp_path / "e.zip"
    path.write_bytes(zipped({"a.json": text, "b.json": b""}))
    with Archive(path) as archive:
        assert archive.json("a.json") == value
    found = [one.value for one in json_items(io.BytesIO(b'{"x": ' + text.removeprefix(b"\xef\xbb\xbf") + b"}"))]
    assert found == (value if isinstance(value, list) else [value])


@pytest.mark.parametrize("text", [b"[" * 100_000, b"", b'{"cut', b"<html>"])
def test_what_is_no_json_is_no_json(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_json(text)
