"""The CSV files of a network data export, read by header, as rows of text. Wire payloads come of them in `rows`."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from communitykit import ArchiveError
from communitykit.connector import Archive

_LONGEST = 64 * 1024 * 1024
"""The longest body that is read, in characters."""

Row = dict[str, str]


def parts(archive: Archive) -> list[str]:
    """List the folders that hold a network's files; the archive itself is the empty name.

    An export of several networks has one folder for each, named by the network's id.
    """
    tables = {"messages.csv", "users.csv", "groups.csv"}
    folders = {name.rpartition("/")[0] for name in archive.names() if name.rpartition("/")[2].lower() in tables}
    return sorted(folders)


def member(archive: Archive, part: str, name: str) -> str | None:
    """Find one of a part's files, however its name is written."""
    prefix = f"{part}/" if part else ""
    wanted = f"{prefix}{name}".lower()
    return next((one for one in archive.names(part) if one.lower() == wanted), None)


def table(archive: Archive, part: str, name: str) -> Iterator[Row]:
    """Return a table's rows by lower-case column name; nothing where the part has no such file.

    `null` and nothing are left out, blank lines are skipped, and a byte order mark does not hurt.

    Raises ArchiveError when the file cannot be read.
    """
    found = member(archive, part, name)
    if found is None:
        return
    csv.field_size_limit(_LONGEST)
    with archive.open(found) as file:
        lines = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
        try:
            for row in csv.DictReader(lines, restkey="", restval=""):
                cells = {key.strip().lower(): text for key, text in row.items() if key and _is_told(text)}
                if cells:
                    yield cells
        except csv.Error as error:
            raise ArchiveError(f"{found} is no readable table: {error}", subject=archive.name) from error


def is_true(row: Row, name: str) -> bool:
    """Read a flag: `true`, `TRUE`."""
    return row.get(name, "").strip().lower() == "true"


def _is_told(text: object) -> bool:
    return isinstance(text, str) and text.strip().lower() not in {"", "null"}
