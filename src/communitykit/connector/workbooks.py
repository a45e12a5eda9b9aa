"""Workbooks (XLSX) sheet by sheet, without holding them: values in place of formulas, and no bomb is unpacked."""

from __future__ import annotations

import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO
from xml.etree.ElementTree import ParseError

from communitykit.connector.archive import Archive
from communitykit.errors import ArchiveError
from communitykit.model.values import JSON

_SHEET = 2 * 1024 * 1024 * 1024
_RATIO = 200
"""A workbook's parts compress to a fiftieth at best; more is a bomb."""
_RESULT = re.compile(rb"<v[^>/]*>[^<]|<is>")
_LONGEST_CELL = 1024 * 1024
_SMALL = 16 * 1024 * 1024
_DAMAGE = (KeyError, ValueError, IndexError, TypeError, zipfile.BadZipFile, zlib.error, OSError, ParseError)


def sheets(archive: Archive, name: str) -> Iterator[tuple[str, Iterator[list[JSON]], int]]:
    """Return where each sheet stands, its lines of cells, and how many of its formulas have no result in the file.

    Raises ArchiveError when the workbook cannot be read to its end, is not safe to read, or nothing here reads any.
    """
    try:
        from openpyxl import load_workbook  # noqa: PLC0415 # only for those who have workbooks
    except ImportError as error:
        raise ArchiveError(
            f"{name} is a workbook", subject=archive.name, remedy="Install openpyxl, or save it as CSV."
        ) from error
    with tempfile.TemporaryFile() as copy:
        with archive.open(name) as file:
            while piece := file.read(1024 * 1024):
                copy.write(piece)
        _check(copy, name, archive.name)
        try:
            book = load_workbook(copy, read_only=True, data_only=True, keep_links=False)
        except _DAMAGE as error:
            raise ArchiveError(f"{name} is no readable workbook", subject=archive.name) from error
        try:
            for sheet in book.worksheets:
                place = f"{name}#{sheet.title}"
                part = getattr(sheet, "_worksheet_path", "")  # openpyxl tells it nowhere else
                yield place, _lines(sheet, place, archive.name), _unsaved(copy, part)
        finally:
            book.close()


def _lines(sheet: JSON, place: str, archive: str) -> Iterator[list[JSON]]:
    try:
        for row in sheet.iter_rows(values_only=True):
            yield list(row)
    except _DAMAGE as error:
        raise ArchiveError(f"{place} is not readable to its end", subject=archive) from error


def _unsaved(copy: IO[bytes], part: str) -> int:
    """Count the formulas of a sheet that whoever wrote the file never worked out: they read as empty cells."""
    number, rest = 0, b""
    with zipfile.ZipFile(copy) as opened:
        if part not in opened.namelist():
            return 0
        with opened.open(part) as file:
            while piece := file.read(1024 * 1024):
                rest += piece
                end = rest.rfind(b"</c>") + 4
                number += sum(b"<f" in cell and not _RESULT.search(cell) for cell in rest[:end].split(b"</c>"))
                rest = rest[end:] if end > 3 else rest[-_LONGEST_CELL:]  # noqa: PLR2004 # found
    return number


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
        bursts = part.file_size > _SMALL and part.file_size > _RATIO * max(1, part.compress_size)
        if bursts or part.file_size > _SHEET:
            raise ArchiveError(
                f"{name} would unpack to {part.file_size} bytes: a zip bomb", subject=archive,
                remedy="Do not trust this file.",
            )  # fmt: skip
