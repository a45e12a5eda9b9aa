"""Files and folders that are their owner's only, whatever the umask: exports hold what people wrote to each other."""

from __future__ import annotations

import os
from pathlib import Path

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700


def make_folder(path: Path, *, share: bool = False) -> None:
    """Make a folder with those above it; one that is there stays as it is."""
    for one in [*reversed(path.parents), path]:
        if not one.exists():
            one.mkdir(0o777 if share else PRIVATE_FOLDER)
    if not path.is_dir():
        raise FileExistsError(17, "File exists", str(path))


def write_text(path: Path, text: str) -> None:
    """Write a text as UTF-8 into a file that is its owner's only from the first byte on."""
    make_file(path)
    path.write_text(text, encoding="utf-8")


def make_file(path: Path, *, share: bool = False) -> None:
    """Make an empty file in the place of the one that may be there, before anything is written into it."""
    if share:
        path.unlink(missing_ok=True)
        path.touch()
        return
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    try:
        if hasattr(os, "fchmod"):
            os.fchmod(handle, PRIVATE_FILE)
    finally:
        os.close(handle)
