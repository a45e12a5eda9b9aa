"""Opening export archives safely: a zip, a folder or a single file, read one member at a time.

No member is ever unpacked under its own name, so none can escape; names that try are refused all the same, since an
archive that contains them was not made by a platform. A zip inside a zip, where those are opened too, is kept in a
temporary file without a name.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zlib
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any, Literal, Self, TypeAlias

from pydantic_core import from_json

from communitykit.errors import ArchiveError

if TYPE_CHECKING:
    import zipfile

MAX_RATIO = 500
"""Deflate reaches about 1,030:1 only on bombs; text exports stay under 100:1."""
MAX_RATIO_FROM = 16 * 1024 * 1024
"""Smaller members may compress as well as they like, in bytes."""
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
        self._inside: dict[str, zipfile.ZipFile] = {}
        self._opened: list[zipfile.ZipFile | IO[bytes]] = []
        self._members: dict[str, tuple[str, int]] = {}
        try:
            self._list(nested=nested)
        except ArchiveError:
            self.close()
            raise
        self._names = sorted(self._members)

    def __enter__(self) -> Self:
        """Return the archive itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file; reading afterwards fails."""
        for one in [*self._opened, *([self._zip] if self._zip is not None else [])]:
            one.close()

    @property
    def digest(self) -> str:
        """Twelve hex digits that stay the same as long as the members' names and sizes do."""
        listing = "\n".join(f"{name}\t{size}" for name, (_, size) in sorted(self._members.items()))
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

    def __contains__(self, name: object) -> bool:
        """Tell whether a member of that name is there."""
        return name in self._members

    def size(self, name: str) -> int:
        """Return a member's size in bytes, uncompressed."""
        return self._members[name][1]

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """Open a member for streaming.

        Raises ArchiveError when it is not there or cannot be read.
        """
        import zipfile  # noqa: PLC0415 # imported only when an archive is opened

        if name not in self._members:
            raise ArchiveError(f"the archive has no {name}", subject=self.name)
        inner, _ = self._members[name]
        try:
            holder = self._inside.get(name, self._zip)
            if holder is not None:
                with holder.open(inner) as file:
                    yield file
            else:
                base = self.path if self.path.is_dir() else self.path.parent
                with (base / inner).open("rb") as file:
                    yield file
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise ArchiveError(
                f"{name} cannot be read: {type(error).__name__}", subject=self.name, remedy="Download it once more."
            ) from error

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

    def json(self, name: str) -> Any:  # noqa: ANN401 # decoded JSON
        """Decode a member as JSON (UTF-8, with or without byte order mark).

        Raises ArchiveError naming the member when it is no JSON.
        """
        body = self.read(name)
        try:
            return from_json(body.removeprefix(b"\xef\xbb\xbf"))
        except ValueError as error:
            raise ArchiveError(
                f"{name} is not readable JSON", subject=self.name, remedy="The rest of the archive is read without it."
            ) from error

    def _list(self, *, nested: Nested) -> None:
        import zipfile  # noqa: PLC0415 # imported only when an archive is opened

        if not self.path.exists():
            raise ArchiveError("there is no such file or folder", subject=self.name, remedy="Check the path.")
        if self.path.is_dir():
            self._list_folder()
        elif zipfile.is_zipfile(self.path) and not _is_document(self.path):
            self._list_zip()
        elif self.path.suffix.lower() == ".zip":
            raise ArchiveError(
                "this is not a zip file, or it is cut short", subject=self.name, remedy="Download it once more."
            )
        else:
            self._members[self.name] = (self.name, self.path.stat().st_size)
        if nested == "wrapped":
            self._open_wrapped()
        elif nested:
            self._open_nested(list(self._members), depth=1)
        self._unwrap()

    def _list_folder(self) -> None:
        root = self.path.resolve()
        for file in sorted(self.path.rglob("*")):
            if not file.is_file():
                continue
            if not file.resolve().is_relative_to(root):
                raise ArchiveError(
                    f"{file.name} is a link that leaves the folder", subject=self.name, remedy="Remove the link."
                )
            name = file.relative_to(self.path).as_posix()
            if not _is_clutter(name):
                self._members[name] = (name, file.stat().st_size)

    def _list_zip(self) -> None:
        import zipfile  # noqa: PLC0415 # imported only when an archive is opened

        try:
            self._zip = zipfile.ZipFile(self.path)
        except zipfile.BadZipFile as error:
            raise ArchiveError(
                "this zip file is damaged", subject=self.name, remedy="Download it once more."
            ) from error
        for name, info in self._checked(self._zip, self.path.stat().st_size):
            self._members[name] = (info.filename, info.file_size)

    def _checked(self, opened: zipfile.ZipFile, size: int) -> Iterator[tuple[str, zipfile.ZipInfo]]:
        """Return a zip's members with their names; a zip of `size` bytes that is not safe is refused."""
        packed = 0
        for info in opened.infolist():
            if info.is_dir():
                continue
            if info.flag_bits & 0x1:
                raise ArchiveError("the zip is encrypted", subject=self.name, remedy="Decrypt it first.")
            name = _decoded_name(info)
            if _escapes(name):
                raise ArchiveError(
                    f"the member {name!r} would leave the archive", subject=self.name, remedy="Do not trust this file."
                )
            packed += info.compress_size
            bursts = info.file_size > MAX_RATIO_FROM and info.file_size > MAX_RATIO * max(info.compress_size, 1)
            if bursts or packed > size:  # members that lie over one another are small on disk and endless unpacked
                raise ArchiveError(
                    f"{name} would unpack to {info.file_size} bytes from {info.compress_size}: a zip bomb",
                    subject=self.name,
                    remedy="Do not trust this file.",
                )
            if not _is_clutter(name):
                yield name, info

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
        import zipfile  # noqa: PLC0415 # imported only when an archive is opened

        held = self._copy(name)
        self._opened.append(held)
        try:
            inner = zipfile.ZipFile(held)
        except zipfile.BadZipFile as error:
            raise ArchiveError(f"{name} is damaged", subject=self.name, remedy="Download it once more.") from error
        self._opened.insert(0, inner)
        found = {f"{name}/{member}": info for member, info in self._checked(inner, self.size(name))}
        del self._members[name]
        self._inside.pop(name, None)
        for whole, info in found.items():
            self._members[whole], self._inside[whole] = (info.filename, info.file_size), inner
        if len(self._members) > MAX_MEMBERS:
            raise ArchiveError("there are too many files inside", subject=self.name, remedy="Import it in parts.")
        return list(found)

    def _copy(self, name: str) -> IO[bytes]:
        """Put a zip inside where it can be read in any order: a temporary file, gone once it is closed."""
        held: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 # it lives as long as the archive
        with self.open(name) as file:
            shutil.copyfileobj(file, held, _CHUNK)
        return held

    def _unwrap(self) -> None:
        """Accept one wrapping folder, as re-zipped exports have."""
        tops = {name.split("/", 1)[0] for name in self._members}
        if len(tops) == 1 and all("/" in name for name in self._members):
            (top,) = tops
            self._members = {name[len(top) + 1 :]: kept for name, kept in self._members.items()}
            self._inside = {name[len(top) + 1 :]: kept for name, kept in self._inside.items()}


def _is_document(path: Path) -> bool:
    import zipfile  # noqa: PLC0415 # imported only when an archive is opened

    try:
        with zipfile.ZipFile(path) as opened:
            return _DOCUMENT in opened.namelist()
    except zipfile.BadZipFile:
        return False


def _is_clutter(name: str) -> bool:
    return (
        name.startswith(_CLUTTER[0]) or name.rsplit("/", 1)[-1] in _CLUTTER or name.rsplit("/", 1)[-1].startswith("._")
    )


def _escapes(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or (len(name) > 1 and name[1] == ":")


def _decoded_name(info: zipfile.ZipInfo) -> str:
    """Undo the CP437 reading of names that were UTF-8 without saying so, and what Windows wrote between folders."""
    name = info.filename
    if not info.flag_bits & 0x800:
        with suppress(UnicodeEncodeError, UnicodeDecodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")
