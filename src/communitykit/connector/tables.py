"""Tables in archives, CSV and XLSX, as rows by column name: whatever wrote them, nothing in them is run.

CSV has no rules that all keep: encodings (UTF-8, UTF-16, and the old cp1252 of Windows) and delimiters (`,`, `;`, tab,
`|`) are found by looking. What is damaged costs itself and is said: a row that is too long, a quote that nobody closes.
Of columns of one name the second is called `Name (2)`.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import IO, NamedTuple, TypeAlias

from communitykit.connector.archive import Archive
from communitykit.errors import ArchiveError
from communitykit.model.values import JSON
from communitykit.printable import counted

LONGEST_ROW = 32 * 1024 * 1024
"""The longest row that is read, in characters: longer ones are left out, and said."""
_HEAD = 64 * 1024
_PIECE = 1024 * 1024
_TITLES = 30
_DELIMITERS = ",;\t|"
_BESIDE = re.compile(r'[^",;|\t\r\n]+')
_QUOTED = re.compile(r'"[^"]*"?')
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MIXED = "communitykit-utf8-or-cp1252"
_MENDED = 1_000
"""So many quotes that nobody closed are put right in a file; one with more is none that anybody wrote."""

Cells: TypeAlias = dict[str, JSON]
"""The cells of a row by column: text, and in workbooks numbers, times and booleans too. Empty ones are left out."""


class Row(NamedTuple):
    """A row: its cells by column, how many cells it had more than the table has columns, and its line (from 1)."""

    cells: Cells
    spare: int
    line: int


@dataclass(slots=True)
class Table:
    """A table: where it stands, its columns as written, its rows (to be gone through once).

    `problems` says, after that, what of it could not be read.
    """

    place: str
    columns: tuple[str, ...]
    rows: Iterator[Row]
    problems: list[str] = field(default_factory=list)
    cut: int = 0
    """The line of a last row that was cut, once the rows have been gone through; 0 where none was."""
    line: int = 0
    """The line of the names of its columns, in a workbook."""

    def require(self, *columns: str) -> None:
        """Make sure that a table has columns, however they are capitalised; one without any column is empty.

        Raises ArchiveError, which names the first that is missing.
        """
        known = {column.lower() for column in self.columns}
        missing = [column for column in columns if column.lower() not in known]
        if known and missing:
            raise ArchiveError(
                f"{self.place} has no column `{missing[0]}`: is it UTF-8 and comma-separated?", remedy=_AGAIN
            )


_AGAIN = "Export it again, or save it as CSV in UTF-8 with commas."

IsHeader: TypeAlias = Callable[[Sequence[str]], bool]


def tables(archive: Archive, name: str, *, is_header: IsHeader | None = None) -> Iterator[Table]:
    """Return the tables of a file: one of a CSV; of a workbook one of each sheet, or several below each other.

    Each is good until the next one is asked for. `is_header` tells whether cells are names of columns: up to 30 lines
    above the first such are passed over, as titles; where there is none, the first line names the columns.

    Raises ArchiveError when it cannot be read, or is not safe to read.
    """
    with archive.open(name) as file:
        head = file.read(_HEAD)
    if head.startswith(b"PK"):
        from communitykit.connector.workbooks import sheets  # noqa: PLC0415 # only for those who have workbooks

        for place, stacked, unsaved in sheets(archive, name):
            formulas = counted(unsaved, "formula")
            empty = f"{formulas} of {place} without a result in the file, so with an empty cell: open it in a "
            told = [f"{empty}spreadsheet program, and save it"] if unsaved else []
            for table in _stacked(place, enumerate(stacked, 1), is_header):
                table.problems += told
                told = []  # once a sheet
                yield table
        return
    with archive.open(name) as file:
        yield from _csv(file, head, name, is_header)


def is_tabular(head: bytes) -> bool:
    """Tell whether a file that begins like this may be a table: a workbook, or text with a delimiter in its first line.

    `head` is its beginning, a few kilobytes.
    """
    if head.startswith(b"PK"):
        return True
    text = head.decode(_encoding(head), _MIXED if _encoding(head) == "utf-8-sig" else "replace")
    first = text.lstrip("\r\n").split("\n", 1)[0]
    return any(one in first for one in _DELIMITERS) and not _BINARY.search(text)


def _csv(file: IO[bytes], head: bytes, name: str, is_header: IsHeader | None) -> Iterator[Table]:
    encoding = _encoding(head)
    errors = _MIXED if encoding == "utf-8-sig" else "replace"
    text = io.TextIOWrapper(file, encoding=encoding, errors=errors, newline="")
    csv.field_size_limit(2 * LONGEST_ROW)
    try:
        with _readable(name):
            table = _first(_Lines(text), name, is_header)
        yield table
    finally:
        text.detach()  # the file is the archive's to close


def _first(lines: _Lines, name: str, is_header: IsHeader | None) -> Table:
    first = next(lines, "")
    told = re.fullmatch(r"(?i)sep=(.)[\r\n]*", first)  # Excel's own first line
    first = next(lines, "") if told else first
    titles = [first, *islice(lines, _TITLES)] if is_header else [first]
    if is_header:
        split = ((at, next(csv.reader([line], delimiter=_delimiter(line)), [])) for at, line in enumerate(titles))
        titles = titles[next((at for at, cells in split if is_header([cell.strip() for cell in cells])), 0) :]
    delimiter = told[1] if told else _delimiter(titles[0])
    lines.again(titles)
    columns = _apart(next(csv.reader(lines, delimiter=delimiter), []))
    lines.begin()
    table = Table(name, columns, iter(()))
    table.rows = _readably(name, _rows(columns, _whole(lines, delimiter, table)))
    return table


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except csv.Error as error:
        raise ArchiveError(f"{name} is no readable table: {error}", remedy=_AGAIN) from error


def _readably(name: str, rows: Iterator[Row]) -> Iterator[Row]:
    with _readable(name):  # they are asked for when the table was given out already
        yield from rows


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=_QUOTED.sub("", line).count)


def _apart(cells: Iterable[str]) -> tuple[str, ...]:
    """Return names of columns that are all different: the second `Email` is `Email (2)`."""
    names: list[str] = []
    for cell in cells:
        name, number = cell.strip(), 1
        while name and name in names:
            number += 1
            name = f"{cell.strip()} ({number})"
        names.append(name)
    return tuple(names)


def _whole(lines: _Lines, delimiter: str, table: Table) -> Iterator[tuple[int, list[str]]]:
    """Return the rows that are whole, with their lines; of those that are not, say how many there were.

    Short rows are common where somebody wrote the file by hand; where the last one alone is short, the file was cut.
    """
    place, width, problems = table.place, len(table.columns), table.problems
    lost, mended, number, short, last, cut = 0, 0, lines.number + 1, 0, 0, False
    reader = csv.reader(lines, delimiter=delimiter)
    while (cells := next(reader, None)) is not None:
        if lines.lost:
            lost += 1
        elif (bare := _mended(lines, delimiter, width) if mended < _MENDED else None) is not None:
            mended += 1
            problems.append(f"a quote in line {number} of {place} is not closed: the line was read without it")
            lines.again(lines.taken[1:])
            reader = csv.reader(lines, delimiter=delimiter)
            yield number, bare
        elif lines.ended:
            problems.append(f"{place} ends inside a quoted cell of the row that begins in line {number}")
            table.cut = number
        else:
            if cells:
                cut, last = len(cells) < width, number
                short += cut
            yield number, cells
        number = lines.number + 1
        lines.begin()
    if cut and short == 1:
        table.cut = last
        problems.append(f"the last row of {place} has fewer cells than it has columns: the file may have been cut")
    if lost:
        problems.append(f"{counted(lost, 'row')} of {place}: longer than {LONGEST_ROW} characters: left out")


def _mended(lines: _Lines, delimiter: str, width: int) -> list[str] | None:
    """Return the first line of a row without the quote that swallowed the lines after it; None where none did.

    One did where the lines are no row by the rules, and the next is a row of its own.
    """
    if width < 2 or not (len(lines.taken) > 1 or lines.ended):  # noqa: PLR2004 # one column has no delimiter to tell by
        return None
    first, *after = lines.taken
    bare = next(csv.reader([first.replace('"', "")], delimiter=delimiter), [])
    try:
        list(csv.reader(lines.taken, delimiter=delimiter, strict=True))
    except csv.Error:
        following = next((line for line in after if line.strip()), None)
        is_row = len(bare) == width if following is None else _is_row(following, delimiter, width)
        return bare if is_row else None
    return None


def _is_row(line: str, delimiter: str, width: int) -> bool:
    """Tell whether a line has as many cells as there are columns, with or without its quotes."""
    return any(len(next(csv.reader([one], delimiter=delimiter), [])) == width for one in (line, line.replace('"', "")))


class _Lines:
    """The lines of a CSV for its reader, of bounded length: of a row that is too long only its structure is kept."""

    def __init__(self, text: IO[str]) -> None:
        self._text = text
        self.number = 0
        self._again: deque[str] = deque()
        self.begin()

    def again(self, lines: Iterable[str]) -> None:
        """Give these lines once more, the last that were given."""
        lines = [line for line in lines if line]
        self._again.extendleft(reversed(lines))
        self.number -= len(lines)
        self.begin()

    def begin(self) -> None:
        """Begin a row."""
        self._length = 0
        self.lost = self.ended = False
        self.taken: list[str] = []
        """The lines of the row, as long as it is not too long."""

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else ""
        self.number += bool(line)
        self._length += len(line)
        line = line or self._line()
        if not line:
            self.ended = self._length > 0  # the reader wants more of a row that it has begun
            raise StopIteration
        self.taken.append("" if self.lost else line)
        return line

    def _line(self) -> str:
        parts: list[str] = []
        while piece := self._text.readline(_PIECE).replace("\0", ""):
            self._length += len(piece)
            if self._length > LONGEST_ROW and not self.lost:
                self.lost, parts = True, [_structure(part) for part in parts]
            parts.append(_structure(piece) if self.lost else piece)
            if piece.endswith("\n"):
                break
        self.number += bool(parts)
        return "".join(parts)


def _structure(text: str) -> str:
    """Return what separates and quotes, and a letter in place of whatever stands between."""
    return _BESIDE.sub("x", text)


def _rows(columns: Sequence[str], lines: Iterator[tuple[int, Sequence[JSON]]]) -> Iterator[Row]:
    for line, cells in lines:
        found = {name: cell for name, cell in zip(columns, cells, strict=False) if name and cell not in {None, ""}}
        if found:
            yield Row(found, max(0, len(cells) - len(columns)), line)


def _encoding(head: bytes) -> str:
    """Find how a text is encoded: by its mark, or by where the zeros of UTF-16 stand; else as UTF-8 or cp1252."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = head[0:2048:2].count(0), head[1:2048:2].count(0)
    few = min(len(head), 2048) // 8
    if odd > few and even <= few:
        return "utf-16-le"
    return "utf-16-be" if even > few and odd <= few else "utf-8-sig"


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    """Read what is no UTF-8 as Windows did before."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(_MIXED, _as_cp1252)


def _stacked(place: str, lines: Iterator[tuple[int, list[JSON]]], is_header: IsHeader | None) -> Iterator[Table]:
    """Return the tables of a sheet: an empty line ends one, the line after it names the next one's columns."""
    while True:
        above = [line for line in _head(lines, is_header) if any(cell not in {None, ""} for cell in line[1])]
        if not above:
            return
        named = [tuple(str(cell).strip() if cell is not None else "" for cell in cells) for _, cells in above]
        at = next((at for at, cells in enumerate(named) if is_header and is_header(cells)), 0)
        ended: list[bool] = []
        below = chain(above[at + 1 :], _until_empty(lines, ended))
        columns = _apart(named[at])
        yield Table(place, columns, _rows(columns, below), line=above[at][0])
        if not ended:  # whoever asked for the table may not have gone through it
            for _ in _until_empty(lines, ended):
                pass


def _head(lines: Iterator[tuple[int, list[JSON]]], is_header: IsHeader | None) -> Iterator[tuple[int, list[JSON]]]:
    """Yield lines up to the one that names the columns: the first such, or without `is_header` the first not empty."""
    for number, line in enumerate(lines):
        yield line
        cells = ["" if cell is None else str(cell).strip() for cell in line[1]]
        if is_header(cells) or number >= _TITLES if is_header else any(cells):
            return


def _until_empty(lines: Iterator[tuple[int, list[JSON]]], ended: list[bool]) -> Iterator[tuple[int, list[JSON]]]:
    for line in lines:
        if not any(cell not in {None, ""} for cell in line[1]):
            ended.append(True)
            return
        yield line
    ended.append(True)
