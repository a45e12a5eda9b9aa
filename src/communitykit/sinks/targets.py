"""What may be replaced: a file is written only where nothing is lost that this tool did not write itself.

Beside what is written stands `.communitykit-written.json`: of what kind each file is, and what it held, as a hash. A
file that is still so may be replaced; one that somebody changed, or that was there before, is not.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final, TypedDict

from communitykit.errors import SettingsError
from communitykit.sinks.permissions import PRIVATE_FILE

WRITTEN: Final = ".communitykit-written.json"
"""What a folder's files held when they were written, by name."""
_COMPANIONS: Final = ("", ".wal", ".tmp")
"""What a database's file is called, and what stands beside it."""
_MAGIC: Final = slice(8, 12), b"DUCK"
_OTHER: Final = "Name another file."


class _Written(TypedDict):
    kind: str
    held: list[str]
    """Hashes: of what it holds, and of what it was to hold."""


def check(to: Path, kind: str, *, inputs: Iterable[Path] = (), overwrite: bool = False) -> None:
    """Make sure that a file may be written: nothing is there, or what was written there before and is unchanged.

    `kind` is what it is to be, as `report`: what was of another kind is not replaced.
    `inputs` are what is read meanwhile (files and folders). With `overwrite` whatever is there may go, but for those
    and for databases.

    Raises SettingsError, which says what is there.
    """
    check_inputs(to, inputs)
    if to.is_dir():
        raise SettingsError("this is a folder", subject=str(to), remedy="Name a file in it.")
    if not to.is_file() or to.stat().st_size == 0:  # nothing there, nothing in it, or a pipe
        return
    if tables := database(to):
        what = "an activity store" if is_store(tables) else "a database"
        raise SettingsError(f"this is {what}, which would be lost", subject=str(to), remedy=_OTHER)
    known = _written(to.resolve().parent).get(to.resolve().name)
    if overwrite or (known and known["kind"] == kind and _hash(to) in known["held"]):
        return
    why = "is there already, and communitykit did not write it"
    if known and known["kind"] != kind:
        why = f"is there already, and is a {known['kind']}"
    elif known:
        why = "was changed since it was written"
    remedy = "Name another place, move it away, or say that it may be replaced (--overwrite; in Python overwrite=True)."
    raise SettingsError(why, subject=str(to), remedy=remedy)


def check_inputs(to: Path, inputs: Iterable[Path]) -> None:
    """Make sure that what is written is none of what is read: by another name or link, nor what belongs to it.

    Raises SettingsError.
    """
    for one in inputs:
        same = any(_same(to, one.with_name(one.name + more)) for more in _COMPANIONS) if one.name else False
        if same or (one.is_dir() and one.resolve() in to.resolve().parents):
            raise SettingsError("this is what is read", subject=str(to), remedy=_OTHER)


def database(path: Path) -> tuple[str, ...] | None:
    """Return the tables and views of a DuckDB file, `?` where it cannot be opened; None for what is no such file."""
    with path.open("rb") as file:
        if file.read(16)[_MAGIC[0]] != _MAGIC[1]:
            return None
    import duckdb  # noqa: PLC0415 # only for who has such a file

    try:
        with duckdb.connect(str(path.resolve()), read_only=True) as opened:
            query = "SELECT table_name FROM information_schema.tables WHERE table_schema NOT IN ('information_schema')"
            return tuple(row[0] for row in opened.execute(query).fetchall()) or ("",)
    except duckdb.Error:  # open elsewhere, of another version, or damaged
        return ("?",)


def is_store(tables: Iterable[str]) -> bool:
    """Tell whether a database with these tables is an activity store."""
    return {"meta", "members", "posts"} <= set(tables)


@contextmanager
def writing(
    to: Path, kind: str, *, inputs: Iterable[Path] = (), overwrite: bool = False, share: bool = False
) -> Iterator[Path]:
    """Yield an empty file beside a target, which takes its place when all is written; else the target stays as it was.

    It is its owner's only, unless `share` leaves it to the umask. A target that is no plain file (a pipe, a terminal)
    is written itself.

    Raises SettingsError as `check`, OSError where it cannot be written.
    """
    check(to, kind, inputs=inputs, overwrite=overwrite)
    if to.exists() and not to.is_file():
        yield to
        return
    to = to.resolve()  # a link stays one
    made = to.with_name(f".{to.name}-{secrets.token_hex(4)}")
    _new(made, share=share).close()
    try:
        yield made
        _note(to, kind, _hash(made), share=share)
        made.replace(to)
    finally:
        made.unlink(missing_ok=True)


def write_text(to: Path, text: str, kind: str, *, inputs: Iterable[Path] = (), overwrite: bool = False) -> None:
    """Write a text as UTF-8 into a file of its owner's only; raises as `writing`."""
    with writing(to, kind, inputs=inputs, overwrite=overwrite) as made:
        made.write_text(text, encoding="utf-8")


def _same(one: Path, other: Path) -> bool:
    with suppress(OSError):
        return one.samefile(other)
    return one.resolve() == other.resolve()


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()[:32]


def _written(folder: Path) -> dict[str, _Written]:
    try:
        told = json.loads((folder / WRITTEN).read_text(encoding="utf-8"))
        return {name: {"kind": str(one["kind"]), "held": list(one["held"])} for name, one in told.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):  # none, or nothing that could be relied on
        return {}


def _note(to: Path, kind: str, mark: str, *, share: bool) -> None:
    """Note what a file will hold beside what it holds: whoever is killed before it is there leaves a known one too."""
    told = {name: one for name, one in _written(to.parent).items() if (to.parent / name).exists()}
    told[to.name] = {"kind": kind, "held": [*told.get(to.name, {"held": []})["held"][-1:], mark]}
    made = to.with_name(f"{WRITTEN}-{secrets.token_hex(4)}")
    with _new(made, share=share) as file:
        json.dump(told, file, indent=1)
    made.replace(to.with_name(WRITTEN))


def _new(path: Path, *, share: bool) -> IO[str]:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if share else PRIVATE_FILE)
    return os.fdopen(handle, "w", encoding="utf-8")
