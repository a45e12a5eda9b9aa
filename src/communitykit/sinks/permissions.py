"""Files and folders that are their owner's only, whatever the umask: exports hold what people wrote to each other."""

from __future__ import annotations

from pathlib import Path

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700


def make_folder(path: Path, *, share: bool = False) -> None:
    """Make a folder with those above it; one that is there stays as it is."""
    for one in [*reversed(path.parents), path]:
        if not one.exists():
            one.mkdir(0o777 if share else PRIVATE_FOLDER)
    if not path.is_dir():
        raise FileExistsError(17, "File exists", str(path))


def make_private(folder: Path) -> None:
    """Make the files below a folder their owner's only, which the engine writes as the umask says."""
    for one in folder.rglob("*"):
        if one.is_file():
            one.chmod(PRIVATE_FILE)
