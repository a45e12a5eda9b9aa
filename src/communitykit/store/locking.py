"""Locks on files that the system lets go of when their process ends, however it ends.

Each lock has a file of its own, which is there only while somebody has it, or was killed with it. Nobody keeps a lock
by opening the file once more, in the same process either: `flock` and Windows' locks belong to what was opened, while
those of POSIX, which DuckDB has on the store, belong to the process and go when any handle on the file is closed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from communitykit.store.making import PRIVATE_FILE

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_SAFELY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Nobody who puts a link or a named pipe in a file's place has us follow it, or wait for ever."""
_BYTE = 1 << 30
"""The byte that is locked on Windows, where nobody else can read what is locked: far behind all that is written."""
_TURN_SECONDS = 0.01
_LOOKS = 5 if sys.platform == "win32" else 1
"""How often it is tried whether a lock is free where each try is in the way of others for a moment."""
_held: set[int] = set()


class OtherKindError(OSError):
    """Something that is no regular file has the name of one of ours."""


def take(path: Path, *, mode: int = PRIVATE_FILE) -> int | None:
    """Return a handle that alone has the lock of a file, made where there is none; None where somebody else has it.

    Give it back with `give_back`. `mode` are the rights of the file, as far as they are ours to give.

    Raises OtherKindError for what is no regular file, OSError where the file cannot be made, or its file system cannot
    lock.
    """
    while True:
        handle = open_regular(path, os.O_RDWR | os.O_CREAT)
        try:
            if not _locked(handle):
                os.close(handle)
                return None
            if _is_at(handle, path):  # else who had it has removed it meanwhile: another file has the name, or none
                if sys.platform != "win32" and os.fstat(handle).st_uid == os.geteuid():
                    os.fchmod(handle, mode)
                _held.add(handle)
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def give_back(handle: int, path: Path) -> None:
    """Let go of a lock, and remove its file: first where that is possible, so that nobody takes what is about to go."""
    if handle not in _held:  # this is a child, and the lock its parent's
        return
    _held.discard(handle)
    try:
        if sys.platform == "win32":  # what is open cannot be removed there
            _unlock(handle)
        elif _is_at(handle, path):
            with contextlib.suppress(OSError):  # not ours to remove: it is free, and so nobody's
                path.unlink()
    finally:
        os.close(handle)
    if sys.platform == "win32":
        with contextlib.suppress(OSError):  # somebody has opened it meanwhile, and removes it
            path.unlink()


def is_held(path: Path) -> bool:
    """Tell whether somebody has the lock of a file; nobody has that of one that is not there, or is no regular file.

    Raises OSError where it cannot be looked at: it is another user's.
    """
    try:
        handle = open_regular(path, os.O_RDONLY)
    except (FileNotFoundError, OtherKindError):
        return False
    try:
        for _ in range(_LOOKS):
            if _locked(handle, shared=True):
                _unlock(handle)
                return False
            time.sleep(_TURN_SECONDS)
        return True
    finally:
        os.close(handle)


def open_regular(path: Path, flags: int) -> int:
    """Open a regular file, without waiting; what is made is its owner's alone.

    Raises OtherKindError for any other kind of file, a link too, OSError where it cannot be opened.
    """
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISREG(path.lstat().st_mode):  # a device would hear of being opened
            raise _other_kind(path)
    handle = os.open(path, flags | _SAFELY, PRIVATE_FILE)
    if not stat.S_ISREG(os.fstat(handle).st_mode):  # it was put there in this moment
        os.close(handle)
        raise _other_kind(path)
    return handle


def _other_kind(path: Path) -> OtherKindError:
    return OtherKindError(errno.EINVAL, f"{path.name} is no regular file", str(path))


@contextlib.contextmanager
def turn(path: Path, *, mode: int = PRIVATE_FILE, patience: float) -> Iterator[None]:
    """Hold a lock that others hold for a moment only, waiting for it up to `patience` seconds.

    Raises TimeoutError where somebody does not let go of it, and what `take` raises.
    """
    waited = 0.0
    while (handle := take(path, mode=mode)) is None:
        if waited >= patience:
            raise TimeoutError(path)
        time.sleep(_TURN_SECONDS)
        waited += _TURN_SECONDS
    try:
        yield
    finally:
        give_back(handle, path)


def _locked(handle: int, *, shared: bool = False) -> bool:
    """Lock what was opened, unless somebody else has; shared, it is in the way of nobody who only looks, too."""
    try:
        if sys.platform == "win32":
            os.lseek(handle, _BYTE, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            os.lseek(handle, 0, os.SEEK_SET)
        else:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # which of them, the system and the file system decide
        return False
    return True


def _unlock(handle: int) -> None:
    """Unlock what was opened, and is about to be closed: Windows would do so when it comes to it."""
    if sys.platform == "win32":
        os.lseek(handle, _BYTE, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
    else:
        fcntl.flock(handle, fcntl.LOCK_UN)


def _is_at(handle: int, path: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(handle), path.lstat())
    return False


def _close_all() -> None:
    """Close what a child has of its parent's locks: else they would last as long as it does."""
    while _held:
        os.close(_held.pop())


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_close_all)
