"""A new store's file: made whole beside its place, put there by one process only, and readable by its owner only."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from communitykit.errors import StoreError

if sys.platform != "win32":
    import fcntl

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
"""Stores hold what people wrote to each other: whatever the umask, others do not read them."""
_MAKING = ".making-"
_MADE = "store"


def make(path: Path, fill: Callable[[Path], None]) -> None:
    """Let `fill` make a database under another name, and put it at `path` unless another process was first.

    Whoever is killed meanwhile leaves no half of a store; whoever comes second finds the store of the first untouched.

    Raises StoreError where the journal of another store, which is gone, lies at the place: it is of that one alone.
    """
    path = path.resolve()  # a link to a file that is not there yet stays a link
    journal = _journal(path)
    # In this order: a store comes before its journal.
    if journal.exists() and journal.stat().st_size and not os.path.lexists(path):
        raise StoreError(
            f"{journal.name} is the journal of a store that is not there any more",
            subject=path.name,
            remedy="If the store was moved, the journal belongs beside it; if it was deleted, delete the journal, too.",
        )
    with folder_beside(path) as folder:
        made = folder / _MADE
        fill(made)
        made.chmod(PRIVATE_FILE)
        with contextlib.suppress(FileExistsError):  # another process was first: its store is the one to open
            _put(made, path)


def refuse_other_kinds(path: Path) -> None:
    """Refuse a store, or a journal beside it, that is no file: DuckDB would open it, and of a named pipe wait for ever.

    Raises StoreError; of a folder in the store's place DuckDB itself says what it is.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise StoreError("this is a pipe, a socket or a device", subject=str(path), remedy="Give the name of a file.")
    for ending in ("", ".checkpoint", ".recovery"):
        journal = _journal(path)
        journal = journal.with_name(f"{journal.name}{ending}")
        # Not through a link either: what people wrote would go to wherever somebody had it point to.
        if os.path.lexists(journal) and not stat.S_ISREG(journal.lstat().st_mode):
            raise StoreError(
                f"{journal.name}, which is to be its journal, is no regular file",
                subject=str(path),
                remedy="See who put it there, and remove it; no journal of a store is ever anything else.",
            )


def make_journal(path: Path) -> None:
    """Make the journal that a write is about to begin, as private as its store: DuckDB would follow the umask.

    Only for who holds the store open for writing, before every transaction: each checkpoint removes the journal. One
    that is there and may be read by more than the store gets the store's rights, as far as they are ours to give.

    Raises StoreError where something that is no regular file was put in its place, OSError where it cannot be made.
    """
    journal = _journal(path)
    mode = stat.S_IMODE(path.stat().st_mode) & 0o666
    try:
        there = journal.lstat()
    except FileNotFoundError:
        os.close(os.open(journal, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE))
        journal.chmod(mode)
    else:
        if not stat.S_ISREG(there.st_mode):
            refuse_other_kinds(path)
        elif there.st_mode & 0o666 & ~mode:
            with contextlib.suppress(PermissionError):  # another user's, who shares the store
                journal.chmod(mode)


def remove_empty_journal(path: Path) -> None:
    """Remove a journal in which nothing was written; only for who holds the store open for writing."""
    journal = _journal(path)
    if journal.exists() and journal.stat().st_size == 0:
        journal.unlink()


def remove(path: Path) -> None:
    """Remove a store, if there is one, and what a killed process left in its journal; the journal first."""
    for one in (_journal(path), path):
        one.unlink(missing_ok=True)


def clean(path: Path) -> None:
    """Remove what killed processes left beside a store while they made it.

    Only folders with this module's names and nothing else in them, and only where their maker is dead: it would hold
    a lock that ends with its process. Where there are no such locks (Windows), nothing is removed.
    """
    path = path.resolve()
    ours = re.compile(rf"{re.escape(path.name + _MAKING)}[a-z0-9_]{{8}}")
    try:
        beside = [one for one in path.parent.iterdir() if ours.fullmatch(one.name)]
    except OSError:  # a folder that may be used and not listed
        return
    for folder in beside:
        with contextlib.suppress(OSError), _locked(folder, wait=False):  # its maker lives, or it is not ours to remove
            if not folder.is_symlink() and all(one.name.split(".")[0] == _MADE for one in folder.iterdir()):
                shutil.rmtree(folder)


def _journal(path: Path) -> Path:
    real = path.resolve()
    return real.with_name(f"{real.name}.wal")


def _put(made: Path, path: Path) -> None:
    """Give `made` the name `path`; FileExistsError where something has it."""
    try:
        os.link(made, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if sys.platform == "win32":
            made.rename(path)  # refuses, on Windows, to replace
            return
        with _locked(path.parent, wait=True):
            if os.path.lexists(path):
                raise FileExistsError(path) from None
            made.rename(path)


@contextlib.contextmanager
def folder_beside(path: Path) -> Iterator[Path]:
    """Make a private folder beside a store for the time of its use; `clean` removes those of killed processes."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=f"{path.name}{_MAKING}", dir=path.parent))
        try:
            with contextlib.ExitStack() as stack:
                with contextlib.suppress(OSError):  # where folders cannot be locked, nobody cleans either
                    stack.enter_context(_locked(folder, wait=True))
                if folder.exists():  # else another process found it unlocked, and took it for a dead one's
                    yield folder
                    return
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def sync(path: Path) -> None:
    """See to it that a file, or a folder's list of files, is on the medium."""
    if sys.platform == "win32" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _locked(folder: Path, *, wait: bool) -> Iterator[None]:
    """Hold the lock on a folder: the system lets go of it when this process ends, however it ends."""
    if sys.platform == "win32":
        raise BlockingIOError(folder)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)
