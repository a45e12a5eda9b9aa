"""What DuckDB and the system say went wrong, as errors that name the cause and the next move.

DuckDB has one class for nearly all that can happen to a file, so the cause is read from its text: from its sentences
and the system's, never from names that stand in quotes, which may hold any word.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb

from communitykit.errors import StoreBusyError, StoreError, StoreVersionError

_OUT_OF_MEMORY = ("failed to pin block", "could not allocate block", "failed to allocate data")
_SAME_PROCESS = ("different configuration", "Unique file handle conflict")
_OTHER_PROCESS = ("Conflicting lock is held", "being used by another process")
_NO_LOCKS = "Could not set lock on file"
_VERSION = ("database file with version number", "database file with storage version number")


class _Cause(NamedTuple):
    signs: tuple[str, ...]
    """Any of these sentences tells it."""
    message: str
    remedy: str


_SPACE = _Cause(
    (
        "No space left on device",
        "Disk quota exceeded",
        "File too large",
        "There is not enough space on the disk",
        "max_temp_directory_size",
    ),
    "there is no room left on its disk",
    "Make room there (or raise the quota), and run it again; what was committed stays.",
)
_READ_ONLY = _Cause(
    ("Read-only file system", "write protected"),
    "its disk can be read only",
    "Write into another place, or make the disk writable; the store itself is as it was.",
)
_PERMISSION = _Cause(
    ("Permission denied", "Operation not permitted", "Access is denied"),
    "this user may not open it",
    "Let its owner give this user the rights to the file; the store itself is as it was.",
)
_NO_STORE = _Cause(
    ("not a valid DuckDB database", "is an existing extension"),
    "this file is not an activity store, or its beginning is damaged",
    "Give another file name, or restore it from a copy.",
)
_ROSTER = "Give a store's name; a roster is imported into one: communitykit import directory {name}."
_CAUSES = (
    _SPACE,
    _READ_ONLY,
    _PERMISSION,
    _Cause(("Is a directory",), "this is a folder", "Give the name of a file."),
    _Cause(("Too many open files",), "this process has too many files open", "Close some, or raise the limit."),
    _Cause(
        (_NO_LOCKS,),
        "its file system cannot lock files, so that two writers could destroy it",
        "Keep the store on a local disk.",
    ),
    _Cause(
        ("Failure while replaying", "Corrupt WAL", "WAL does not match"),
        "its journal (the .wal file beside it) is damaged, or is another store's",
        "Keep both files, and restore both from a copy; without the journal the store opens as it was before the "
        "last run.",
    ),
    _NO_STORE,
    _Cause(
        ("Corrupt database file", "Could not read enough bytes", "does not match stored checksum"),
        "the store is damaged: parts of it are missing or were overwritten",
        "Restore it from a copy, or read anew into another file.",
    ),
    _Cause(
        ("Connection already closed", "Connection has already been closed"), "the store was closed", "Open it again."
    ),
    _Cause(("attached in read-only mode",), "a store is only read here", "Write with `pull`, or into a file of yours."),
)
_SYSTEM = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), _SPACE),
    errno.EROFS: _READ_ONLY,
    **dict.fromkeys((errno.EACCES, errno.EPERM), _PERMISSION),
}


def ran_out_of_memory(error: duckdb.Error) -> bool:
    """Tell whether DuckDB met its memory limit; a failed commit says so in its text only."""
    text = _sentences(error)
    if any(sign in text for sign in _SPACE.signs):
        return False
    return isinstance(error, duckdb.OutOfMemoryException) or any(sign in text for sign in _OUT_OF_MEMORY)


def is_busy(error: duckdb.Error) -> bool:
    """Tell whether another process, or another connection of this one, has the file open: later it may be free."""
    text = _sentences(error)
    return any(sign in text for sign in (*_SAME_PROCESS, *_OTHER_PROCESS))


def told(
    error: duckdb.Error | OSError,
    path: Path,
    doing: str,
    remedy: str = "What was committed before stays; try again, and report it if it stays so.",
) -> StoreError:
    """Return the error of a store that could not be used while `doing` something ("open it").

    `remedy` is for what is no known state of the file or the system.
    """
    if isinstance(error, OSError):
        cause = _SYSTEM.get(error.errno or 0)
        reason = error.strerror or str(error)
    else:
        if is_busy(error):
            return _busy(path, str(error))
        text = _sentences(error)
        if any(sign in text for sign in _VERSION):
            return _other_version(path, str(error))
        if ran_out_of_memory(error):
            return StoreError(
                f"there is too little memory to {doing}",
                subject=path.name,
                remedy="Free some memory and try again; what was committed stays.",
            )
        cause = next((one for one in _CAUSES if any(sign in text for sign in one.signs)), None)
        reason = in_one_line(error)
    if cause is _PERMISSION:
        return _refused(path, error)
    if cause is None:
        return StoreError(f"it was not possible to {doing}: {reason}", subject=path.name, remedy=remedy)
    return StoreError(cause.message, subject=path.name, remedy=cause.remedy)


def is_database(path: Path) -> bool:
    """Tell whether a file begins as DuckDB's do, or cannot be looked at; never of one that this process has open.

    Closing a file lets go of all locks that the process has on it, DuckDB's, too.
    """
    try:
        with path.open("rb") as file:
            return file.read(12)[8:] == b"DUCK"
    except OSError:
        return True


def no_database(path: Path) -> StoreError:
    """Return the error of a file that DuckDB did not write."""
    remedy = _ROSTER.format(name=path.name) if path.suffix.lower() in {".csv", ".tsv"} else _NO_STORE.remedy
    return StoreError(_NO_STORE.message, subject=path.name, remedy=remedy)


@contextlib.contextmanager
def telling(path: Path, doing: str) -> Iterator[None]:
    """Raise what DuckDB or the system raises inside as a StoreError that says what it is."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        raise told(error, path, doing) from None


def in_one_line(error: duckdb.Error) -> str:
    """Return what DuckDB says, without its class, its picture of the query and its web addresses."""
    text = re.split(r"\n\n?LINE \d+:|\n\n.*https?://|\nThis error signals", str(error), maxsplit=1)[0]
    return " ".join(re.sub(r"^[\w ]+ Error: ", "", text).split())


def _sentences(error: duckdb.Error) -> str:
    return re.sub(r'"[^"]*"', "", str(error))


def _busy(path: Path, text: str) -> StoreBusyError:
    if any(sign in text for sign in _SAME_PROCESS):
        error = StoreBusyError(
            "this very process has the store open already",
            subject=path.name,
            remedy="Close it first: leave its `with` block, or call close().",
        )
        error.at_work = {"since": None, "process": os.getpid(), "host": None, "sources": None}
        return error
    holder = re.search(r"held in (.+?) \(PID (\d+)\)", text)
    who = f"process {holder[2]} ({Path(holder[1]).name})" if holder else "another process"
    error = StoreBusyError(
        f"{who} has the store open", subject=path.name, remedy="Wait until it has finished, or stop it, and try again."
    )
    if holder:
        error.at_work = {"since": None, "process": int(holder[2]), "host": None, "sources": None}
    return error


def _refused(path: Path, error: duckdb.Error | OSError) -> StoreError:
    """Return which of the two it is that the user may not use: the file, or the folder, where others lie beside it."""
    real = path.resolve()
    if isinstance(error, OSError):
        named = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else None
    else:
        quoted = re.search(r'"([^"]+)"', str(error))
        named = quoted[1] if quoted else None
    if not os.access(real.parent, os.X_OK):
        what = f"this user may not look into its folder, {real.parent}"
    elif named is not None and Path(named).name != real.name:
        what = f"this user may not write into its folder, {real.parent}, where its journal and its runs' files belong"
    else:
        return StoreError(_PERMISSION.message, subject=str(path), remedy=_PERMISSION.remedy)
    remedy = "Let the folder's owner give this user the rights to it, or name another place."
    return StoreError(what, subject=str(path), remedy=remedy)


def _other_version(path: Path, text: str) -> StoreError:
    if "newer version of DuckDB" in text.split("\n\n", maxsplit=1)[0]:
        return StoreVersionError(
            f"it was written by a newer DuckDB than the installed {duckdb.__version__}",
            subject=path.name,
            remedy="Upgrade: pip install --upgrade duckdb.",
        )
    writer = re.search(r"created with (.*?)\.?(?:\n|$)", text)
    return StoreVersionError(
        f"it was written by {writer[1] if writer else 'an old DuckDB'}, whose files the installed {duckdb.__version__} "
        "cannot read",
        subject=path.name,
        remedy="Read anew into another file, or export it with that DuckDB and import it with this one.",
    )
