"""The files of a roster as rows: whatever form each has. Files in, fields of rows out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, NamedTuple

from communitykit import ArchiveError
from communitykit.connector import JSON, Archive, counted
from communitykit.connector.tables import Table, is_tabular, tables
from communitykit_directory.archive import ldif, scim
from communitykit_directory.archive.dates import Order, is_day, iso, order_of, order_of_all, said
from communitykit_directory.archive.headings import is_header, is_of_days, recognise
from communitykit_directory.settings import RosterOptions
from communitykit_directory.wire import Row, has_lost_letters, plain

Form = Literal["table", "scim", "ldif", "other"]
_HEAD = 64 * 1024
_TWICE = re.compile(r"(.+) \(\d+\)")
"""The second column of a name, as tables call it."""
_ODD = re.compile(
    r"[A-Za-z][\u02c6\u2030\u0160\u2021\u017d\u0178\u201e\u201a\u2020\u2039\u2022\u02dc\u203a\ufffd](?:[a-z]|\b)"
)
"""What accented letters of Mac Roman and DOS become where they are taken for Windows'."""
_SPARE = "more cells than there are columns: what is in the others was not read"
_SHOWN = 8
COLUMNS = "Say what its columns are: --set columns='Heading=employee_number,Other=email'."
"""The next move, where headings are not understood."""
_EXPORT = "Export the list as CSV or XLSX."
_HTML = re.compile(rb"(?i)<(?:!doctype html|html|table|body|meta)\b")
_NUMBERS = frozenset({"employee_number", "manager_number", "manager"})
_DECIMAL = re.compile(r"(\d+)[.,]0+")
"""A number that a program took for an amount: `1001.0`."""
_DATES = ("start_date", "end_date")
_KEY = re.compile(r"(?=.*\d)[^\s:]+")
"""What may be somebody's number or id: one word, with a digit in it."""
_WORDS = frozenset({"name", "given_name", "family_name", "job_title", "department", "division", "organization", "site"})
"""Fields of words, in which nobody writes a question mark inside one."""


class Found(NamedTuple):
    """A row as a file tells it: where it stands (`hr.csv:17`), and its fields as text."""

    place: str
    fields: dict[str, str]


class Odd(NamedTuple):
    """A row of which a part could not be read, and why."""

    row: Found
    reason: str
    why: str


@dataclass(slots=True)
class Source:
    """A file's rows, the columns of it that tell nothing that is read, and what of it could not be read."""

    name: str
    rows: list[Found] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """What could not be read, and may have held somebody."""
    remedy: str = ""
    """What to do about a file that could not be read."""
    is_roster: bool = True
    remarks: list[str] = field(default_factory=list)
    """What is odd about single cells, of which nobody is lost."""
    bad: list[Row] = field(default_factory=list)
    """What stands among the people and is nobody."""
    odd: list[Odd] = field(default_factory=list)
    """Rows of which a part could not be read."""
    columns: set[str] = field(default_factory=set)
    """All headings that were seen, in lower case."""


def form_of(archive: Archive, name: str, told: Mapping[str, str] | None = None) -> Form:
    """Tell what a file is, by its content."""
    with archive.open(name) as file:
        head = file.read(_HEAD)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start in {b"{", b"["}:
        return "scim" if b'"userName"' in head or b"scim" in head else "other"
    if ldif.is_ldif(head):
        return "ldif"
    if not is_tabular(head):
        return "other"
    try:
        for table in tables(archive, name, is_header=partial(is_header, told=told or {})):
            if is_header(table.columns, told or {}):
                return "table"
    except ArchiveError:
        return "other"
    return "other"


def what_it_is(archive: Archive, name: str, told: Mapping[str, str]) -> tuple[str, str]:
    """Return what was found in a file that is no roster, and the next move, for who thought it was one."""
    with archive.open(name) as file:
        head = file.read(_HEAD)
    start = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if not head.strip():
        return "it is empty", "Export the list again: nothing came with it."
    if head.startswith(b"%PDF"):
        return "it is a PDF", _EXPORT
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "it is a workbook of Excel before 2007", "Save it as XLSX or CSV."
    if start.startswith(b"<") and _HTML.search(start):
        shown = "it is an HTML table saved as .xls" if name.lower().endswith(".xls") else "it is a page of HTML"
        return shown, "Open it in a spreadsheet program, and save it as CSV or XLSX."
    if head.startswith(b"PK") or is_tabular(head):
        return _without_people(archive, name, told)
    if b"\0" in head or head[:1] in {b"\x89", b"\xff", b"\x7f", b"\xd0"}:
        return "it is no text", _EXPORT
    if start[:1] in {b"{", b"["}:
        return "it is JSON without users of SCIM (userName)", "Export users by SCIM, or the list as CSV or XLSX."
    return "it has one column", (
        "Export it with a column that says who somebody is (number, address, name) and others of what is told of them."
    )


def _without_people(archive: Archive, name: str, told: Mapping[str, str]) -> tuple[str, str]:
    """Return the same of a table, or of a workbook that may be none."""
    try:
        seen = [table.columns for table in tables(archive, name, is_header=partial(is_header, told=told))]
    except ArchiveError as error:
        again = "Open it in a spreadsheet program, and save it as XLSX or CSV; if that fails, export it again."
        return error.message, error.remedy or again
    first = next((columns for columns in seen if any(columns)), ())
    if not first:
        return "it is a workbook with nothing in it", "Export the list again: nothing came with it."
    shown = ", ".join(json.dumps(one, ensure_ascii=False) for one in first[:_SHOWN] if one)
    return f"no heading says who somebody is beside what is told of them; its first line: {shown}", COLUMNS


def source_of(archive: Archive, name: str, options: RosterOptions) -> Source:
    """Read a file whole: rosters are as long as companies, and who manages whom is known at its end.

    Raises ArchiveError where it cannot be read.
    """
    source = Source(name)
    form = form_of(archive, name, options.columns)
    try:
        if form == "table":
            _table(archive, source, options)
        elif form == "scim":
            _scim(archive, source)
        elif form == "ldif":
            _ldif(archive, source)
        else:
            found, source.remedy = what_it_is(archive, name, options.columns)
            source.is_roster = False
            source.problems.append(f"{name} is no roster of a known kind, and was not read: {found}")
    except ValueError as error:
        source.problems.append(f"{name} is not readable to its end: {error}")
        source.remedy = "Export it again."
    return source


def _of_people(archive: Archive, source: Source, told: Mapping[str, str]) -> Iterator[Table]:
    """Yield the tables of people in a file; what stands below one and is none is nobody, and said."""
    place = ""
    for table in tables(archive, source.name, is_header=partial(is_header, told=told)):
        source.columns.update(column.casefold() for column in table.columns)
        if is_header(table.columns, told):
            place = table.place
            yield table
        elif table.place == place:
            source.bad.append(_nobody(f"{place}:{table.line}", "it stands below the people, and is none of them"))


def _table(archive: Archive, source: Source, options: RosterOptions) -> None:
    for table in _of_people(archive, source, options.columns):
        fields = recognise(table.columns, options.columns)
        twice = {column: fields[first[1]] for column in table.columns
                 if column not in fields and (first := _TWICE.fullmatch(column)) and first[1] in fields}  # fmt: skip
        fields |= twice
        source.unread += [column for column in table.columns if column and column not in fields]
        empty = dict.fromkeys(fields.values(), "")
        begin = len(source.rows)
        spare = differ = odd = lost = 0
        days: dict[str, list[str]] = {name: [] for name in _DATES}
        beside = {column: days.setdefault(column, []) for column in table.columns
                  if column not in fields and is_of_days(column)}  # fmt: skip
        for row in table.rows:
            spare += bool(row.spare)
            told = empty.copy()
            for column, value in row.cells.items():
                if column in beside:
                    beside[column].append(plain(value))
                elif (name := fields.get(column)) and (text := plain(value)):
                    if name in _NUMBERS and (found := _DECIMAL.fullmatch(text)):
                        text = found[1]
                    lost += name in _WORDS and has_lost_letters(text)
                    odd += not text.isascii() and _ODD.search(text) is not None
                    differ += column in twice and told[name] not in {"", text}
                    told[name] = f"{told[name]} {text}".lstrip() if name == "addresses" else told[name] or text
            for name in _DATES:
                days[name].append(told.get(name, ""))
            if _is_nobody(told, alone=len(row.cells) == 1 < len(table.columns)):
                source.bad.append(_nobody(f"{table.place}:{row.line}", "nothing in it says who somebody is"))
            else:
                source.rows.append(Found(f"{table.place}:{row.line}", told))
                source.odd += [Odd(source.rows[-1], "malformed", _SPARE)] * bool(row.spare)
        _damaged(source, table, spare)
        if differ:
            names = ", ".join(sorted({_TWICE.sub(r"\1", column) for column in twice}))
            source.remarks.append(
                f"{table.place} has two columns {names}, which differ in {counted(differ, 'row')}: the first counts"
            )
        if lost:
            source.remarks.append(
                f"{counted(lost, 'cell')} of {table.place} with ? in place of a letter, lost when saved: save it as "
                "CSV UTF-8, and import it again"
            )
        if odd:
            source.remarks.append(
                f"{counted(odd, 'cell')} of {table.place} with letters of an unknown encoding (Mac Roman, DOS?): save "
                "it as CSV UTF-8, and import it again"
            )
        order = order_of_all(days.values())
        for name in _DATES:
            _put_right(source, begin, name, order_of(days[name]) or order or said(options.dates))


def _is_nobody(told: Mapping[str, str], *, alone: bool) -> bool:
    """Tell whether a row is nobody's: where it tells nothing that is read, or has one cell `alone` that is no key.

    `Stand: 29.11.2026` and `Total` stand below tables, in the column of numbers as a rule.
    """
    said = {name: text for name, text in told.items() if text}
    if not said or not alone:
        return not said
    ((name, text),) = said.items()
    return name in {"employee_number", "directory_id"} and (not _KEY.fullmatch(text) or is_day(text))


def _nobody(place: str, why: str) -> Row:
    # One id for all: a roster that always ends so is walked whole from its second import on.
    return {"id": "nobody", "place": place, "why": why, "reason": "no_person"}


def _damaged(source: Source, table: Table, spare: int) -> None:
    """Note what of a table that has been gone through is damaged: it may have held somebody."""
    source.problems += table.problems
    if table.cut:
        why = "the last row was cut: it has fewer cells than there are columns, or a quote that nothing closes"
        source.bad.append({"id": None, "place": f"{table.place}:{table.cut}", "why": why, "reason": "malformed"})
    if spare:
        source.problems.append(f"{counted(spare, 'row')} of {table.place} with more cells than it has columns")


def _put_right(source: Source, begin: int, name: str, order: Order | None) -> None:
    """Write the days of a column as ISO, in the order that it shows itself, or the table's other columns of days do."""
    unsure = 0
    for row in source.rows[begin:]:
        if text := row.fields.get(name):
            row.fields[name] = iso(text, order)
            if order is None and is_day(text) and row.fields[name] == text and not is_day(iso(text, "dmy")):
                del row.fields[name]  # untold, rather than wrong
                source.odd.append(Odd(row, "no_date", f"{name}: day or month may come first, so it was left out"))
                unsure += 1
    if unsure:
        source.remarks.append(
            f"{counted(unsure, 'day')} of {name} in {source.name}, where day or month may come first: left out; say "
            "--set dates=dmy, or mdy"
        )


def _scim(archive: Archive, source: Source) -> None:
    with closing(archive.items(source.name)) as items:
        alone: dict[int, dict[str, JSON]] = {}
        for number, item in enumerate(items, 1):
            if item.problem:
                source.problems.append(f"{source.name}: object {number} is {item.problem}")
            elif scim.is_user(item.value):
                source.rows.append(Found(f"{source.name}#{number}", scim.fields_of(item.value)))
            elif item.is_item and (item.key or "resources").lower() == "resources":
                if not scim.is_group(item.value):
                    why = "no user: it has no userName"
                    source.bad.append(
                        {"id": None, "place": f"{source.name}#{number}", "why": why, "reason": "malformed"}
                    )
            elif item.key is not None and item.is_item:
                alone.setdefault(item.document, {}).setdefault(item.key, []).append(item.value)
            elif item.key is not None:
                alone.setdefault(item.document, {})[item.key] = item.value
        for number, one in alone.items():  # a file of one user, or of one a line
            if scim.is_user(one):
                source.rows.append(Found(f"{source.name}#{number + 1}", scim.fields_of(one)))


def _ldif(archive: Archive, source: Source) -> None:
    with archive.open(source.name) as file:
        for line, entry in ldif.entries(file):
            if ldif.is_person(entry):
                fields = {name: plain(value) for name, value in ldif.fields_of(entry).items()}
                source.rows.append(Found(f"{source.name}:{line}", fields))


def headings_missing(sources: list[Source], options: RosterOptions) -> list[str]:
    """Return the columns that the options name and no file has."""
    seen = {column for source in sources for column in source.columns}
    return [json.dumps(one, ensure_ascii=False) for one in options.columns if one.casefold().strip() not in seen]
