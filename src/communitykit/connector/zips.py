"""Zip files of others: what is in them, what of it can be read, and what is not safe to read."""

from __future__ import annotations

import lzma
import os
import stat
import struct
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Iterator
from io import SEEK_CUR, SEEK_END, SEEK_SET, RawIOBase
from pathlib import Path, PurePosixPath
from typing import IO, cast

from communitykit.errors import ArchiveError
from communitykit.model.values import JSON

MAX_RATIO = 500
"""Deflate reaches about 1,030:1 only on bombs; text exports stay under 100:1."""
MAX_RATIO_FROM = 16 * 1024 * 1024
"""Smaller members may compress as well as they like, in bytes."""
MAX_HELD = 10
"""Zips inside may take so many times the outer one on disk, and a gigabyte: real ones hardly compress."""
GIGABYTE = 1024**3
_CHUNK = 1024 * 1024

READ_ERRORS = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError)
"""What reading a member may end in, when the archive is damaged or the disk is."""
OPEN_ERRORS = (*READ_ERRORS, struct.error, ValueError, RuntimeError, IndexError, OverflowError)
"""What opening a zip or a member may end in, when it was made by nobody's packer."""

_METHODS = {
    1: "Shrink", 6: "Implode", 9: "Deflate64", 10: "DCL Implode", 18: "IBM TERSE", 19: "LZ77", 20: "Zstandard (20)",
    93: "Zstandard", 94: "MP3", 95: "XZ", 96: "JPEG", 97: "WavPack", 98: "PPMd", 99: "AES encryption",
}  # fmt: skip
_READABLE = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA})
_ENCRYPTED, _AES = 0x1, 99
_UTF8 = 0x800
_NEWEST = 63
"""The newest version of the format that is read: 6.3 (APPNOTE.TXT, 4.4.3)."""


def opened_zip(file: str | Path | IO[bytes], name: str) -> zipfile.ZipFile:
    """Open a zip; `name` is for the error.

    Raises ArchiveError when it is damaged, or written in a way that cannot be read.
    """
    try:
        return zipfile.ZipFile(file)
    except NotImplementedError as error:  # "zip file version 9.9"
        raise ArchiveError(
            f"this zip is of a version that is not read ({error})", subject=name, remedy="Unpack it, give the folder."
        ) from None
    except OPEN_ERRORS as error:
        broken = "names in it are no text" if isinstance(error, UnicodeError) else "it is damaged"
        raise ArchiveError(
            f"this zip cannot be opened: {broken}", subject=name, remedy="Download it once more."
        ) from None


def checked(opened: zipfile.ZipFile, size: int, archive: str) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """Yield a zip's files with their names, parted by `/`; one of `size` bytes that is not safe is refused.

    Raises ArchiveError for a bomb, for what is encrypted, and for what is packed in a way that cannot be read.
    """
    packed = 0
    for info in opened.infolist():
        name = "/".join(part for part in _decoded_name(info).replace("\\", "/").split("/") if part not in {"", "."})
        if info.filename.endswith(("/", "\\")):  # a folder
            continue
        _check_readable(name, info, archive)
        if escapes(info.filename) or not name:
            raise ArchiveError(
                f"the member {info.filename!r} would leave the archive",
                subject=archive,
                remedy="Do not trust this file.",
            )
        packed += info.compress_size
        bursts = info.file_size > MAX_RATIO_FROM and info.file_size > MAX_RATIO * max(info.compress_size, 1)
        if bursts or packed > size:  # members that lie over one another are small on disk and endless unpacked
            raise ArchiveError(
                f"{name} would unpack to {info.file_size} bytes from {info.compress_size}: a zip bomb",
                subject=archive,
                remedy="Do not trust this file.",
            )
        yield name, info


def escapes(name: str) -> bool:
    """Tell whether a name would leave the folder that it is unpacked into."""
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or (len(name) > 1 and name[1] == ":")


def _check_readable(name: str, info: zipfile.ZipInfo, archive: str) -> None:
    method, flags = info.compress_type, info.flag_bits
    if method == _AES or flags & _ENCRYPTED:
        how = "with AES" if method == _AES else "with a password"
        raise ArchiveError(f"the zip is encrypted {how}", subject=archive, remedy="Decrypt it first.")
    if method not in _READABLE:
        what = _METHODS.get(method, f"method {method}")
        raise ArchiveError(
            f"{name} is packed with {what}, which is not read",
            subject=archive,
            remedy="Unpack it (7-Zip reads nearly all of them), and give the folder.",
        )
    if info.extract_version > _NEWEST:
        raise ArchiveError(
            f"{name} needs version {info.extract_version / 10:.1f} of the format, which is not read",
            subject=archive,
            remedy="Unpack it, and give the folder.",
        )
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise ArchiveError(
            f"{name} is no file but a link, a pipe or a device", subject=archive, remedy="Do not trust this file."
        )


def _decoded_name(info: zipfile.ZipInfo) -> str:
    """Undo the CP437 reading of names that were UTF-8 without saying so."""
    if info.flag_bits & _UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return info.filename


class Held:
    """Zips inside zips, one after the other in a single temporary file without a name, however many they are."""

    def __init__(self, most: int) -> None:
        """Hold nothing yet, and never more than `most` bytes."""
        self._most = most
        self._file: IO[bytes] | None = None
        self._lock = threading.Lock()
        self._size = 0

    def copy(self, source: IO[bytes], archive: str) -> IO[bytes]:
        """Copy a file, and return a copy that can be read in any order.

        Raises ArchiveError when that would be more than any real archive holds.
        """
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 # it lives as long as the archive
        start = self._size
        while chunk := source.read(_CHUNK):
            self._size += len(chunk)
            if self._size > self._most:
                raise ArchiveError(
                    "the zips inside unpack to no end: a zip bomb", subject=archive, remedy="Do not trust it."
                )
            self._file.seek(0, os.SEEK_END)
            self._file.write(chunk)
        self._file.flush()
        return cast("IO[bytes]", _Part(self._file, self._lock, start, self._size - start))

    def close(self) -> None:
        """Let go of the file, which is gone with it."""
        if self._file is not None:
            self._file.close()


class _Part(RawIOBase):
    """A part of a file, as a file of its own."""

    def __init__(self, file: IO[bytes], lock: threading.Lock, start: int, size: int) -> None:
        super().__init__()
        self._file, self._lock, self._start, self._size, self._at = file, lock, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        self._at = {SEEK_SET: 0, SEEK_CUR: self._at, SEEK_END: self._size}[whence] + offset
        if self._at < 0:
            raise ValueError("before the beginning")
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: JSON) -> int:
        wanted = max(0, min(len(buffer), self._size - self._at))
        with self._lock:
            self._file.seek(self._start + self._at)
            data = self._file.read(wanted)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
