"""Opening export archives safely: a zip, a folder or a single file, read one member at a time.

No member is ever unpacked under its own name, so none can escape; names that try are refused all the same, since an
archive that contains them was not made by a platform. Zips inside a zip, where those are opened too, are kept in one
temporary file without a name.
"""

from __future__ import annotations

import hashlib
import os
import stat
from bisect import bisect_left
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal, Self, TypeAlias

from communitykit.connector.decoding import decode_json, is_encoded
from communitykit.errors import ArchiveError
from communitykit.model.values import JSON

if TYPE_CHECKING:
    import zipfile

    from communitykit.connector.json_stream import JSONItem
    from communitykit.connector.zips import Held

MAX_JSON = 1024 * 1024 * 1024
"""Largest member that is decoded whole, in bytes."""
MAX_DEPTH = 3
"""Zips inside zips that are opened, counted from the outermost."""
MAX_MEMBERS = 2_000_000
"""Members of an archive, those of the zips inside it included."""

_CHUNK = 1024 * 1024

_CLUTTER = ("__MACOSX/", ".DS_Store", "Thumbs.db")
_DOCUMENT = "[Content_Types].xml"
"""What office documents hold, which are zip files, too, but no archives."""


Nested: TypeAlias = bool | Literal["wrapped"]
"""Which zips inside an archive are opened: none, all, or only those that an archive was wrapped in."""


@dataclass(slots=True)
class _Member:
    """Where a member is: an entry of a zip, or a path in the folder. `twice`: another of its name says otherwise.

    `opened`: it was, since that was last asked.
    """

    size: int
    entry: zipfile.ZipInfo | str
    holder: zipfile.ZipFile | None = None
    twice: bool = False
    opened: bool = False


class Archive:
    """An opened archive: member names with `/`, read on demand. Use as a context manager.

    `name` is the file's name without its folder; `digest` identifies the content listing (names and sizes) as hex.
    """

    def __init__(self, path: str | Path, *, nested: Nested = False) -> None:
        """Open a zip, a folder or one file; with `nested`, zips inside are opened like folders of their name.

        With `nested="wrapped"` only those at the top or one folder below are, where nothing else is but plain files: an
        archive that was zipped once more. One of them that cannot be opened is a file like others.

        Raises ArchiveError when there is nothing there, when it is no zip, encrypted, or not safe.
        """
        self.path = Path(path)
        self.name = self.path.name
        self._zip: zipfile.ZipFile | None = None
        self._held: Held | None = None
        self._members: dict[str, _Member] = {}
        self._whole = self
        self._spoilt: dict[str, None] = {}
        try:
            self._list(nested=nested)
        except ArchiveError:
            self.close()
            raise
        self._unwrap()

    def __enter__(self) -> Self:
        """Return the archive itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file; reading afterwards fails."""
        if self._held is not None:
            self._held.close()
        if self._zip is not None:
            self._zip.close()

    @property
    def digest(self) -> str:
        """Twelve hex digits that stay the same as long as the members' names and sizes do."""
        listing = "\n".join(f"{name}\t{one.size}" for name, one in sorted(self._members.items()))
        return hashlib.sha256(listing.encode()).hexdigest()[:12]

    def names(self, folder: str = "") -> list[str]:
        """List member names, sorted; with `folder`, those under it."""
        if not folder:
            return list(self._names)
        prefix = f"{folder.rstrip('/')}/"
        # "0" follows "/": what lies between the two is under the folder, found without a look at the rest.
        return self._names[bisect_left(self._names, prefix) : bisect_left(self._names, prefix[:-1] + "0")]

    def folders(self) -> list[str]:
        """List the top folders, sorted."""
        return sorted({name.split("/", 1)[0] for name in self._members if "/" in name})

    def within(self, folder: str) -> Archive:
        """Return what lies under a folder as an archive of its own, which is closed with this one."""
        inside, prefix = copy(self), f"{folder.rstrip('/')}/"
        inside.name = folder.rsplit("/", 1)[-1]
        inside._members = {name[len(prefix) :]: self._members[name] for name in self.names(folder)}  # noqa: SLF001
        inside._unwrap()  # noqa: SLF001
        return inside

    def unopened_zips(self) -> list[str]:
        """List the zips at the top of what was given of which nothing was opened since this was last asked, sorted."""
        zips: dict[str, bool] = {}
        for name, member in self._whole._members.items():  # noqa: SLF001 # another of the same kind
            top = name.partition("/")[0]
            if top.lower().endswith(".zip"):
                zips[top] = zips.get(top, False) or member.opened
            member.opened = False
        return sorted(top for top, opened in zips.items() if not opened)

    def spoilt(self) -> list[str]:
        """List the JSON files read since this was last asked that are not encoded as JSON is, so that letters are lost.

        They were saved again by a program that writes the letters of its own system.
        """
        names = list(self._spoilt)
        self._spoilt.clear()
        return names

    def __contains__(self, name: object) -> bool:
        """Tell whether a member of that name is there."""
        return name in self._members

    def size(self, name: str) -> int:
        """Return a member's size in bytes, uncompressed."""
        return self._members[name].size

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """Open a member for streaming.

        Raises ArchiveError when it is not there or cannot be read, or when two members of that name differ.
        """
        from communitykit.connector.zips import OPEN_ERRORS, READ_ERRORS  # noqa: PLC0415 # only when one is opened

        member = self._members.get(name)
        if member is None:
            raise ArchiveError(f"the archive has no {name}", subject=self.name)
        if member.twice:
            raise ArchiveError(
                f"there are two different files of the name {name}",
                subject=self.name,
                remedy="Remove the one that is wrong; the rest of the archive is read without it.",
            )
        member.opened = True
        try:
            file = self._file(member)
        except OPEN_ERRORS as error:
            raise self._unreadable(name, error) from error
        try:
            with file:
                yield file
        except READ_ERRORS as error:
            raise self._unreadable(name, error) from error

    def _file(self, member: _Member) -> IO[bytes]:
        if member.holder is not None:
            return member.holder.open(member.entry)
        base = self.path if self.path.is_dir() else self.path.parent
        return (base / str(member.entry)).open("rb")

    def _unreadable(self, name: str, error: Exception) -> ArchiveError:
        what = f"{name} cannot be read: {type(error).__name__}"
        return ArchiveError(what, subject=self.name, remedy="Download it once more.")

    def read(self, name: str) -> bytes:
        """Read a member whole.

        Raises ArchiveError when it is larger than `MAX_JSON` or cannot be read.
        """
        if self.size(name) > MAX_JSON:
            raise ArchiveError(f"{name} is too large to be read at once ({self.size(name)} bytes)", subject=self.name)
        with self.open(name) as file:
            return file.read(MAX_JSON + 1)

    def verify(self) -> None:
        """Read every member to its end, so that a damaged archive is known before anything of it is used.

        Raises ArchiveError naming the first member that is not whole.
        """
        for name in self._names:
            with self.open(name) as file:
                while file.read(_CHUNK):
                    pass

    def json(self, name: str) -> JSON:
        """Decode a member as JSON (UTF-8 as a rule, with or without byte order mark).

        Raises ArchiveError naming the member when it is no JSON.
        """
        body = self.read(name)
        try:
            found = decode_json(body)
        except ValueError as error:
            raise ArchiveError(
                f"{name} is not readable JSON", subject=self.name, remedy="The rest of the archive is read without it."
            ) from error
        if not is_encoded(body):
            self._spoilt[name] = None
        return found

    def items(self, name: str) -> Generator[JSONItem]:
        """Decode a JSON member of any length, object by object.

        Raises ArchiveError when it cannot be read, and ValueError where it is no JSON.
        """
        from communitykit.connector.json_stream import json_items  # noqa: PLC0415 # only for those who have such

        with self.open(name) as file:
            yield from json_items(file, spoilt=lambda: self._spoilt.setdefault(name))

    def _list(self, *, nested: Nested) -> None:
        import zipfile  # noqa: PLC0415 # imported only when an archive is opened

        try:
            mode = self.path.stat().st_mode
        except OSError as error:
            there = "there is no such file or folder" if isinstance(error, FileNotFoundError) else "it cannot be read"
            raise ArchiveError(there, subject=self.name, remedy="Check the path.") from None
        if stat.S_ISDIR(mode):
            self._list_folder()
        elif not stat.S_ISREG(mode):
            raise _no_file(self.name, self.name)
        elif zipfile.is_zipfile(self.path) and not self._list_zip():
            self._members[self.name] = _Member(self.path.stat().st_size, self.name)
        elif self._zip is None and self.path.suffix.lower() == ".zip":
            raise ArchiveError(
                "this is not a zip file, or it is cut short", subject=self.name, remedy="Download it once more."
            )
        elif self._zip is None:
            self._members[self.name] = _Member(self.path.stat().st_size, self.name)
        if nested == "wrapped":
            self._open_wrapped()
        elif nested:
            self._open_nested(list(self._members), depth=1)

    def _list_folder(self) -> None:
        root = self.path.resolve()
        for folder, folders, files in os.walk(self.path):
            folders.sort()
            for file in (Path(folder, name) for name in sorted(files)):
                name = file.relative_to(self.path).as_posix()
                if _is_clutter(name):
                    continue
                if file.is_symlink() and not (file.exists() and file.resolve().is_relative_to(root)):
                    where = "leaves the folder" if file.exists() else "leads nowhere"
                    raise ArchiveError(f"{name} is a link that {where}", subject=self.name, remedy="Remove the link.")
                if not name.isprintable() and name.encode("utf-8", "replace") != name.encode("utf-8", "surrogatepass"):
                    raise ArchiveError(f"the name {name!r} is no text", subject=self.name, remedy="Rename the file.")
                status = file.stat()
                if not stat.S_ISREG(status.st_mode):
                    raise _no_file(name, self.name)
                self._members[name] = _Member(status.st_size, name)

    def _list_zip(self) -> bool:
        """List a zip's members; False for an office document, which is a file."""
        from communitykit.connector.zips import opened_zip  # noqa: PLC0415 # imported only when an archive is opened

        self._zip = opened_zip(self.path, self.name)
        if _DOCUMENT in self._zip.namelist():
            self._zip.close()
            self._zip = None
            return False
        self._add(self._zip, self.path.stat().st_size)
        return True

    def _add(self, opened: zipfile.ZipFile, size: int, below: str = "") -> list[str]:
        """Add a zip's members under the folder `below`; return their names."""
        from communitykit.connector.zips import checked  # noqa: PLC0415 # imported only when an archive is opened

        added = []
        for member, info in checked(opened, size, self.name):
            if _is_clutter(member):
                continue
            name = below + member
            before = self._members.get(name)
            if before is None:
                self._members[name] = _Member(info.file_size, info, opened)
                added.append(name)
            elif (before.size, getattr(before.entry, "CRC", None)) != (info.file_size, info.CRC):
                before.twice = True
            if len(self._members) > MAX_MEMBERS:
                raise ArchiveError("there are too many files inside", subject=self.name, remedy="Import it in parts.")
        return added

    def _open_wrapped(self) -> None:
        for name in list(self._members):
            if name.count("/") <= 1 and name.lower().endswith(".zip"):
                with suppress(ArchiveError):
                    self._open_one(name)

    def _open_nested(self, names: list[str], *, depth: int) -> None:
        """List the members of zips inside as if they stood in folders named like them."""
        for name in names:
            if not name.lower().endswith(".zip"):
                continue
            if depth >= MAX_DEPTH:
                raise ArchiveError(
                    f"{name} lies too deep inside other zips", subject=self.name, remedy="Unpack the outer ones."
                )
            self._open_nested(self._open_one(name), depth=depth + 1)

    def _open_one(self, name: str) -> list[str]:
        """Put the members of a zip inside in its place; return their names."""
        from communitykit.connector.zips import GIGABYTE, MAX_HELD, Held, opened_zip  # noqa: PLC0415 # same

        if self._held is None:
            whole = sum(one.size for one in self._members.values()) if self._zip is None else self.path.stat().st_size
            self._held = Held(MAX_HELD * whole + GIGABYTE)
        with self.open(name) as file:
            held = self._held.copy(file, self.name)
        try:
            inner = opened_zip(held, self.name)
        except ArchiveError as error:
            raise ArchiveError(f"{name} is damaged", subject=self.name, remedy=error.remedy) from None
        before = self._members.pop(name)
        try:
            return self._add(inner, before.size, f"{name}/")
        except ArchiveError:
            self._members = {one: kept for one, kept in self._members.items() if kept.holder is not inner}
            self._members[name] = before
            raise

    def _unwrap(self) -> None:
        """Accept one wrapping folder, as re-zipped exports have."""
        tops = {name.split("/", 1)[0] for name in self._members}
        if len(tops) == 1 and all("/" in name for name in self._members):
            (top,) = tops
            self._members = {name[len(top) + 1 :]: kept for name, kept in self._members.items()}
        self._names = sorted(self._members)


def sampled(names: Sequence[str], most: int = 3) -> str:
    """Return the first of several names and how many more there are, as `a, b, c and 4 more`."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")


def _no_file(name: str, archive: str) -> ArchiveError:
    return ArchiveError(
        f"{name} is no file (a pipe, a device or a socket)", subject=archive, remedy="Give a zip file or a folder."
    )


def _is_clutter(name: str) -> bool:
    last = name.rsplit("/", 1)[-1]
    return name.startswith(_CLUTTER[0]) or last in _CLUTTER or last.startswith("._")
