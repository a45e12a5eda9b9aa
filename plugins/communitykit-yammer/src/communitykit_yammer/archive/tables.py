"""The CSV files of a network data export, read by header, as rows of text. Wire payloads come of them in `rows`."""

from __future__ import annotations

from collections.abc import Iterator

from communitykit.connector import Archive
from communitykit.connector.tables import tables

_NEEDED = dict.fromkeys(("messages.csv", "users.csv", "groups.csv"), ("id",))

_KNOWN = frozenset(
    {*_NEEDED, "admins.csv", "answers.csv", "campaigns.csv", "files.csv", "messageversions.csv", "networks.csv",
     "messagethreadsoutbound.csv", "pages.csv", "request.csv", "topics.csv"}
)  # fmt: skip
"""The tables that exports have."""

Row = dict[str, str]

_FLAGS = {
    **dict.fromkeys(("true", "t", "1", "yes", "y"), True),
    **dict.fromkeys(("false", "f", "0", "no", "n"), False),
}


def parts(archive: Archive) -> list[str]:
    """List the folders that hold a network's files; the archive itself is the empty name.

    An export of several networks has one folder for each, named by the network's id. What lies in a zip beside them is
    what somebody attached.
    """
    folders = {name.rpartition("/")[0] for name in archive.names() if name.rpartition("/")[2].lower() in _NEEDED}
    outside = {folder for folder in folders if ".zip/" not in f"{folder}/".lower()}
    return sorted(outside or folders)


def member(archive: Archive, part: str, name: str) -> str | None:
    """Find one of a part's files, however its name is written."""
    prefix = f"{part}/" if part else ""
    wanted = f"{prefix}{name}".lower()
    return next((one for one in archive.names(part) if one.lower() == wanted), None)


def unknown(archive: Archive, part: str) -> list[str]:
    """List the tables and texts beside a part's files that are none of an export's, by their names."""
    beside = [name for name in archive.names(part) if name.rpartition("/")[0] == part]
    ends = (".csv", ".tsv", ".json", ".xlsx", ".txt")
    return [
        name
        for name in beside
        if (leaf := name.rpartition("/")[2].lower()).endswith(ends) and leaf not in _KNOWN and not _is_note(leaf)
    ]


def _is_note(leaf: str) -> bool:
    """Tell whether a file says how the export went, and holds nobody's words."""
    return leaf.startswith(("readme", "request"))


def table(archive: Archive, part: str, name: str, problems: dict[str, None] | None = None) -> Iterator[Row]:
    """Return a table's rows by lower-case column name; nothing where the part has no such file.

    `null` and nothing are left out. `problems` gets what could not be read, once each.

    Raises ArchiveError when the file cannot be read, or when none of its columns tells what its rows are.
    """
    found = member(archive, part, name)
    for one in tables(archive, found) if found is not None else ():
        one.require(*_NEEDED.get(name.lower(), ()))
        for row in one.rows:
            cells = {key.lower(): str(text) for key, text in row.cells.items() if _is_told(text)}
            if cells:
                yield cells
        if problems is not None and not one.columns:
            problems[f"{found} is empty: not even the names of columns are in it"] = None
        if problems is not None:
            problems.update(dict.fromkeys(one.problems))


def flag(row: Row, name: str) -> bool | None:
    """Read a flag: `true`, `TRUE`, `1`, `yes` and their opposites; None where it is not told, or is none of them."""
    return _FLAGS.get(row.get(name, "").strip().lower())


def is_true(row: Row, name: str) -> bool:
    """Tell whether a flag is set."""
    return flag(row, name) is True


def may_be_true(row: Row, name: str) -> bool:
    """Tell whether a flag is told and not clearly unset: an unknown word may mean that something is private."""
    return name in row and flag(row, name) is not False


def _is_told(text: object) -> bool:
    return isinstance(text, str) and text.strip().lower() not in {"", "null"}
