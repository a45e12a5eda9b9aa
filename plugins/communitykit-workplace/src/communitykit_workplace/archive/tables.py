"""Tables in archives, CSV and XLSX, as rows by column name. Cells are text or numbers, and nothing in them is run."""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from typing import IO, Any, NamedTuple

from communitykit import ArchiveError
from communitykit.connector import Archive

_LONGEST = 16 * 1024 * 1024
"""The longest cell that is read, in characters."""
_SHEET = 2 * 1024 * 1024 * 1024
_RATIO = 200
"""A workbook's parts compress to a fiftieth at best; more is a bomb."""
_HEAD = 64 * 1024

Cells = dict[str, Any]


class Row(NamedTuple):
    """A row: its cells by column, and how many cells it had more than the table has columns."""

    cells: Cells
    spare: int


class Table(NamedTuple):
    """A table: where it stands, its columns as written, its rows (to be gone through once)."""

    place: str
    columns: tuple[str, ...]
    rows: Iterator[Row]


def tables(archive: Archive, name: str) -> Iterator[Table]:
    """Return the tables of a file: one of a CSV, one of each sheet of a workbook, or several below each other.

    Raises ArchiveError when it cannot be read, or is not safe to read.
    """
    with archive.open(name) as file:
        start = file.read(4)
    if start.startswith(b"PK"):
        yield from _workbook(archive, name)
        return
    csv.field_size_limit(_LONGEST)
    with archive.open(name) as file:
        lines = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
        delimiter = _delimiter(lines)
    with archive.open(name) as file:
        lines = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
        try:
            reader = csv.reader(_without_nul(lines), delimiter=delimiter)
            columns = tuple(cell.strip() for cell in next(reader, []))
            yield Table(name, columns, _rows(columns, reader))
        except csv.Error as error:
            raise ArchiveError(f"{name} is no readable table: {error}", subject=archive.name) from error


def _rows(columns: Sequence[str], reader: Iterator[Sequence[Any]]) -> Iterator[Row]:
    for cells in reader:
        found = {name: cell for name, cell in zip(columns, cells, strict=False) if name and cell not in {None, ""}}
        if found:
            yield Row(found, max(0, len(cells) - len(columns)))


def _without_nul(lines: IO[str]) -> Iterator[str]:
    return (line.replace("\0", "") for line in lines)


def _delimiter(lines: IO[str]) -> str:
    head = lines.readline(_HEAD)
    return max((",", ";", "\t"), key=head.count)


def _workbook(archive: Archive, name: str) -> Iterator[Table]:
    """Read a workbook sheet by sheet without holding it: read-only, values in place of formulas."""
    from openpyxl import load_workbook  # noqa: PLC0415 # only for those who have workbooks

    with tempfile.TemporaryFile() as copy:
        with archive.open(name) as file:
            while piece := file.read(1024 * 1024):
                copy.write(piece)
        _check(copy, name, archive.name)
        try:
            book = load_workbook(copy, read_only=True, data_only=True, keep_links=False)
        except (KeyError, ValueError, zipfile.BadZipFile, OSError) as error:
            raise ArchiveError(f"{name} is no readable workbook", subject=archive.name) from error
        try:
            for sheet in book.worksheets:
                yield from _stacked(f"{name}#{sheet.title}", (list(row) for row in sheet.iter_rows(values_only=True)))
        finally:
            book.close()


def _check(copy: IO[bytes], name: str, archive: str) -> None:
    """Refuse a workbook that would unpack to more than anybody wrote.

    Raises ArchiveError.
    """
    try:
        with zipfile.ZipFile(copy) as opened:
            parts = opened.infolist()
    except zipfile.BadZipFile as error:
        raise ArchiveError(f"{name} is no readable workbook", subject=archive) from error
    for part in parts:
        bursts = part.file_size > 16 * 1024 * 1024 and part.file_size > _RATIO * max(1, part.compress_size)
        if bursts or part.file_size > _SHEET:
            raise ArchiveError(
                f"{name} would unpack to {part.file_size} bytes: a zip bomb", subject=archive,
                remedy="Do not trust this file.",
            )  # fmt: skip


def _stacked(place: str, lines: Iterator[list[Any]]) -> Iterator[Table]:
    """Return the tables of a sheet: an empty line ends one, the line after it names the next one's columns."""
    while True:
        columns: tuple[str, ...] = ()
        for line in lines:
            if any(cell not in {None, ""} for cell in line):
                columns = tuple(str(cell).strip() if cell is not None else "" for cell in line)
                break
        if not columns:
            return
        ended: list[bool] = []
        yield Table(place, columns, _rows(columns, _until_empty(lines, ended)))
        if not ended:  # whoever asked for the table may not have gone through it
            for _ in _until_empty(lines, ended):
                pass


def _until_empty(lines: Iterator[list[Any]], ended: list[bool]) -> Iterator[list[Any]]:
    for line in lines:
        if not any(cell not in {None, ""} for cell in line):
            ended.append(True)
            return
        yield line
    ended.append(True)
