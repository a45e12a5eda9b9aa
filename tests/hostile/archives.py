"""Archives that nobody's export is: each made of a good one, by a function that writes it to a path."""

from __future__ import annotations

import gzip
import io
import os
import socket
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

Members = dict[str, bytes]
Make = Callable[[Members, Path], Path]

CENTRAL, LOCAL, END = b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06"
KINDS: dict[str, Make] = {}
"""Every one by its name."""


def zipped(
    members: Mapping[str, bytes] | list[tuple[str | zipfile.ZipInfo, bytes]], how: int = zipfile.ZIP_DEFLATED
) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", how) as file:
        for name, body in members.items() if isinstance(members, Mapping) else members:
            file.writestr(name, body, how)
    return held.getvalue()


def largest(members: Members) -> str:
    return max((name for name in members if not name.endswith("/")), key=lambda name: len(members[name]))


def _zip(name: str, make: Callable[[bytes], bytes]) -> None:
    """Add what is made of the bytes of a good zip."""
    KINDS[name] = lambda members, path: _put(path, make(zipped(members)))


def _members(
    name: str, make: Callable[[Members], Mapping[str, bytes] | list[tuple[str | zipfile.ZipInfo, bytes]]]
) -> None:
    """Add a zip of other members."""
    KINDS[name] = lambda members, path: _put(path, zipped(make(dict(members))))


def _content(name: str, make: Callable[[bytes], bytes]) -> None:
    """Add two zips: of one the largest member is spoilt, of the other every one."""
    _members(f"{name} in one", lambda members: {**members, largest(members): make(members[largest(members)])})
    _members(f"{name} in each", lambda members: {one: make(body) for one, body in members.items()})


def _put(path: Path, body: bytes) -> Path:
    path.write_bytes(body)
    return path


def _each(body: bytes, signature: bytes, offset: int, value: bytes) -> bytes:
    """Overwrite bytes at an offset from every signature."""
    changed, at = bytearray(body), body.find(signature)
    while at >= 0:
        changed[at + offset : at + offset + len(value)] = value
        at = body.find(signature, at + 4)
    return bytes(changed)


def _method(number: int) -> Callable[[bytes], bytes]:
    value = struct.pack("<H", number)
    return lambda body: _each(_each(body, LOCAL, 8, value), CENTRAL, 10, value)


for number, called in {
    1: "Shrink", 6: "Implode", 9: "Deflate64", 12: "a bzip2 that it is not", 14: "an LZMA that it is not",
    77: "a method of nobody", 93: "Zstandard", 95: "XZ", 98: "PPMd", 99: "AES",
}.items():  # fmt: skip
    _zip(called, _method(number))
_zip("a version of later", lambda body: _each(body, CENTRAL, 6, b"\x63\x00"))
_zip("encrypted", lambda body: _each(_each(body, LOCAL, 6, b"\x01\x00"), CENTRAL, 8, b"\x01\x00"))
_zip("a wrong checksum", lambda body: _each(_each(body, CENTRAL, 16, b"abcd"), LOCAL, 14, b"abcd"))
_zip("sizes of nothing", lambda body: _each(body, CENTRAL, 24, b"\x00" * 4))
_zip("sizes of four gigabytes", lambda body: _each(body, CENTRAL, 24, b"\xf0\xff\xff\xff"))
_zip("packed sizes of nothing", lambda body: _each(body, CENTRAL, 20, b"\x00" * 4))
_zip("all at one place", lambda body: _each(body, CENTRAL, 42, b"\x00" * 4))
_zip("places beyond the end", lambda body: _each(body, CENTRAL, 42, b"\xff\xff\xff\x7f"))
_zip("names that are no text", lambda body: _each(_each(body, CENTRAL, 8, b"\x00\x08"), CENTRAL, 46, b"\xff\xfe"))
_zip("names with NUL", lambda body: _each(body, CENTRAL, 46, b"\x00"))
_zip("names that differ in both places", lambda body: _each(body, LOCAL, 30, b"?"))
_zip("links", lambda body: _each(body, CENTRAL, 38, struct.pack("<I", (stat.S_IFLNK | 0o777) << 16)))
_zip("pipes", lambda body: _each(body, CENTRAL, 38, struct.pack("<I", (stat.S_IFIFO | 0o644) << 16)))
_zip("devices", lambda body: _each(body, CENTRAL, 38, struct.pack("<I", (stat.S_IFCHR | 0o644) << 16)))
_zip("of two disks", lambda body: _each(body, END, 4, b"\x01\x00\x01\x00"))
_zip("a count of nothing", lambda body: _each(body, END, 8, b"\x00" * 4))
_zip("a directory elsewhere", lambda body: _each(body, END, 16, b"\xff\xff\xff\x7f"))
_zip("without an end", lambda body: body[: body.rindex(END)])
_zip("with something before it", lambda body: b"#!/bin/sh\n" * 100 + body)
_zip("with something behind it", lambda body: body + b"\x00" * 1000)
for part in (1, 10, 50, 90, 99):
    _zip(f"cut at {part} %", lambda body, part=part: body[: len(body) * part // 100])  # type: ignore[misc]
_zip("nothing", lambda _: b"")
_zip("a page of HTML", lambda _: b"<!DOCTYPE html><html><body>Please log in</body></html>")
_zip("a PDF", lambda _: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"\x00" * 5000)
_zip("a RAR", lambda _: b"Rar!\x1a\x07\x01\x00" + b"\x00" * 5000)
_zip("a 7z", lambda _: b"7z\xbc\xaf\x27\x1c\x00\x04" + b"\x00" * 5000)
_zip("noise", lambda body: bytes(one ^ 0x5A for one in body))
_zip("packed once more", gzip.compress)
_zip("a zip in a zip in a zip in a zip", lambda body: zipped({"a.zip": zipped({"b.zip": zipped({"c.zip": body})})}))
_zip("itself to no end", lambda body: _nested(body, 12))
_zip("a zip in a folder of a zip", lambda body: zipped({"export/inner.zip": body}))


def _nested(body: bytes, times: int) -> bytes:
    for _ in range(times):
        body = zipped({"again.zip": body, "again2.zip": b"PK"})
    return body


_members("an empty zip", lambda _: {})
_members("nothing but folders", lambda members: {f"{name}/": b"" for name in members})
_members("files in place of folders", lambda members: {**members, "general": b"x", "general/x.json": b"[]"})
_members("what would leave", lambda members: {**members, "../evil.json": b"[]"})
_members("what would leave by the root", lambda members: {**members, "/etc/evil.json": b"[]"})
_members("what would leave by a drive", lambda members: {**members, "C:evil.json": b"[]"})
_members("what would leave by a backslash", lambda members: {**members, "a\\..\\..\\evil.json": b"[]"})
_members("a name of 60,000 letters", lambda members: {**members, "x" * 60_000 + ".json": b"[]"})
_members("a thousand folders deep", lambda members: {**members, "a/" * 1000 + "x.json": b"[]"})
_members("names of controls", lambda members: {**members, "\x1b]0;x\x07.json": b"[]", "\r\n.csv": b"a\n1\n"})
BACKWARDS, APART, TOGETHER = "\u202egnp.json", "e\u0301.json", "\u00e9.json"
_members("names that look like others", lambda members: {**members, BACKWARDS: b"[]", APART: b"[]", TOGETHER: b"[]"})
_members("names in capitals beside them", lambda members: {**{one.upper(): b"[]" for one in members}, **members})
_members(
    "ten thousand files beside it", lambda members: {**members, **{f"extra/{one}.txt": b"x" for one in range(10_000)}}
)
_members("a bomb beside it", lambda members: {**members, "bomb.json": b"[" + b" " * 60_000_000 + b"]"})
_members("a bomb in it", lambda members: {**members, largest(members): b" " * 60_000_000})
_members("two of one name", lambda members: [*members.items(), (largest(members), b"[]")])
_members("two of one name, alike", lambda members: [*members.items(), (largest(members), members[largest(members)])])
_members(
    "two of one name, by a backslash",
    lambda members: [*members.items(), (f".\\{largest(members)}".replace("/", "\\"), b"")],
)
_members(
    "what a Mac leaves", lambda members: {**members, **{f"__MACOSX/._{one}": b"\x00\x05\x16\x07" for one in members}}
)

_content("half", lambda body: body[: len(body) // 2])
_content("nothing at all", lambda _: b"")
_content("null", lambda _: b"null")
_content("an empty object", lambda _: b"{}")
_content("an empty list", lambda _: b"[]")
_content("a list of null", lambda _: b'[null, 1, [], "x", {}]')
_content("noise", lambda body: bytes(one ^ 0xA5 for one in body))
_content("HTML", lambda _: b"<!DOCTYPE html><html></html>")
_content("UTF-16", lambda body: body.decode("utf-8", "replace").encode("utf-16"))
_content("a mark", lambda body: b"\xef\xbb\xbf" + body)
_content("NUL", lambda body: body.replace(b",", b",\x00", 3))
_content("no UTF-8", lambda body: body.replace(b"e", b"\xe9", 5))
_content("half characters", lambda body: body.replace(b'"text":"', b'"text":"\\ud83d'))
_content("deep", lambda _: b"[" * 100_000)
_content("a number too long", lambda _: b'[{"id": ' + b"9" * 10_000 + b"}]")
_content("NaN", lambda _: b"[NaN, Infinity, -Infinity]")
_content("an open quote", lambda body: body + b'"never closed')
_content("lines of a Mac", lambda body: body.replace(b"\r\n", b"\n").replace(b"\n", b"\r"))
_content("twice", lambda body: body + body)
_content("behind it words", lambda body: body + b"\n-- cut by the export --")
_content("a field of a million letters", lambda body: body + b"," + b"x" * 1_000_000)


def _folder(members: Members, path: Path) -> Path:
    folder = path.with_suffix("")
    for name, body in members.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    return folder


def _beside(make: Callable[[Path], object]) -> Make:
    """Add a folder with something in it that is no file."""

    def put(members: Members, path: Path) -> Path:
        folder = _folder(members, path)
        make(folder)
        return folder

    return put


def _socket(path: Path) -> None:
    before = Path.cwd()
    os.chdir(path.parent)  # a socket's path is short
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path.name)
    finally:
        os.chdir(before)


def _tar(members: Members, path: Path) -> Path:
    with tarfile.open(path, "w") as file:
        for name, body in members.items():
            told = tarfile.TarInfo(name)
            told.size = len(body)
            file.addfile(told, io.BytesIO(body))
    return path


def _made(make: Callable[[Path], object]) -> Make:
    def put(_: Members, path: Path) -> Path:
        make(path)
        return path

    return put


KINDS["a folder"] = _folder
KINDS["a tar"] = _tar
KINDS["an empty folder"] = _made(lambda path: path.mkdir())
KINDS["nothing there"] = _made(lambda _: None)
KINDS["a pipe"] = _made(os.mkfifo)
KINDS["a socket"] = _made(_socket)
KINDS["a link to nothing"] = _made(lambda path: path.symlink_to("nowhere"))
KINDS["a link to itself"] = _made(lambda path: path.symlink_to(path.name))
KINDS["a device without end"] = lambda _members, _path: Path("/dev/zero")
KINDS["a device of nothing"] = lambda _members, _path: Path("/dev/null")
KINDS["a folder with a pipe"] = _beside(lambda folder: os.mkfifo(folder / "x.json"))
KINDS["a folder with a socket"] = _beside(lambda folder: _socket(folder / "x.json"))
KINDS["a folder with a device"] = _beside(lambda folder: (folder / "x.json").symlink_to("/dev/zero"))
KINDS["a folder in itself"] = _beside(lambda folder: (folder / "again").symlink_to(folder))
KINDS["a folder with a link to nothing"] = _beside(lambda folder: (folder / "x.json").symlink_to("nowhere"))
KINDS["a folder with all of the system"] = _beside(lambda folder: (folder / "root").symlink_to("/proc/self"))
KINDS["a folder with a name that is no text"] = _beside(
    lambda folder: Path(os.fsdecode(os.fsencode(folder) + b"/\xe9.json")).write_text("[]")
)
