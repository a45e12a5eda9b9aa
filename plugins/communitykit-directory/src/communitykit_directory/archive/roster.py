"""A roster whole: its files, joined, as one listing of people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from itertools import islice

from communitykit import ArchiveError
from communitykit.connector import JSON, Archive, Batch, Gap, Selection, Slice, Swept, counted
from communitykit.connector.archive import sampled
from communitykit_directory.archive.joining import Roster
from communitykit_directory.archive.sources import COLUMNS, Source, form_of, headings_missing, source_of
from communitykit_directory.settings import RosterOptions

BATCH = 2_000
_SHOWN = 20
_NAMED = 5
_ADDRESSES = {"email", "addresses"}
_KEYS = _ADDRESSES | {"employee_number", "directory_id", "accounts"}
"""Fields by which an account can be joined to somebody."""
_DAY = re.compile(r"(?<!\d)(20\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)")

Step = Batch | Slice | Swept | Gap


def detect(archive: Archive) -> bool:
    """Tell whether anything in an archive is a roster: by content, whatever the files are called."""
    return any(form_of(archive, name) != "other" for name in archive.names()) or any(
        name.lower().endswith((".csv", ".tsv", ".xls", ".xlsx", ".ldif", ".ldf", ".json")) for name in archive.names()
    )


def as_of(archive: Archive) -> datetime | None:
    """Return the day in the files' names (`hr-2026-11-01.csv`), the latest: rosters have no date of their own."""
    days = []
    for name in (archive.name, *archive.names()):
        for year, month, day in _DAY.findall(name):
            try:
                days.append(datetime.combine(date(int(year), int(month), int(day)), time(), UTC))
            except ValueError:  # 31 February: no day
                continue
    return max(days, default=None)


def read(archive: Archive, selection: Selection) -> Iterator[Step]:
    """Read everybody; a roster that is whole, by the option, is walked whole.

    Raises ArchiveError where an option names a column that no file has, or where no file is a roster.
    """
    options = selection.settings or RosterOptions()
    problems: list[str] = []
    sources: list[Source] = []
    for name in archive.names():
        try:
            sources.append(source_of(archive, name, options))
        except ArchiveError as error:
            problems.append(str(error))
    if missing := headings_missing(sources, options):
        raise ArchiveError(f"no file has a column {', '.join(missing)}", platform="directory", subject=archive.name,
                           remedy="Write the heading as it stands in the file.")  # fmt: skip
    if not any(source.rows or source.bad for source in sources):
        raise _nothing(archive, sources, problems)
    roster = Roster()
    for source in sources:
        roster.add(source)
    problems += _not_read([source for source in sources if not source.is_roster])
    for source in sources:
        if not source.is_roster:
            continue
        problems += [f"{one}. {source.remedy}" if source.remedy else one for one in source.problems]
    unread = sorted({column for source in sources for column in source.unread})
    today = as_of(archive) or selection.until
    label = _found(today, len(roster.persons), _told(sources), unread)
    yield Slice("archive/listing", options.network, ("member",), label=label)
    context = {"network": options.network, "today": today.date().isoformat()}
    for items in _batches(roster):
        yield Batch("row", items, context)
    if unread:
        yield Batch("column", unread, {"network": options.network})
    whole = options.whole and not problems  # what could not be read may hold somebody
    if not _told(sources) & _KEYS:
        problems.append(_nobody(unread))
    remarks = [*roster.problems, *(remark for source in sources for remark in source.remarks)]
    yield from (Gap(remark) for remark in (*problems, *remarks))
    if whole:
        yield Swept("member", {}, network=options.network)
    elif options.whole:
        yield Gap("the roster could not be read whole, so nobody is taken to have left")


def _nothing(archive: Archive, sources: list[Source], problems: list[str]) -> ArchiveError:
    """Return the error for files among which no roster is: what the first three are, and the first one's next move."""
    found = [*problems, *(one for source in sources for one in source.problems)]
    found += [f"{source.name} has headings, and no row below them" for source in sources if not source.problems]
    told = [source.remedy for source in sources if source.remedy]
    empty = any(not source.problems for source in sources)
    rows = "Export it again with its rows: a filter may have left none."
    remedy = rows if empty else next(iter(told), None if problems else COLUMNS)
    return ArchiveError(f"no table of people was found in it ({'; '.join(found[:3])})", platform="directory",
                        subject=archive.name, remedy=remedy)  # fmt: skip


def _not_read(others: list[Source]) -> list[str]:
    """Say of files that are no rosters what they are, of many how many there are."""
    if len(others) > _NAMED:
        names = sampled([source.name for source in others])
        return [f"{len(others):,} files are no rosters of a known kind, and were not read: {names}"]
    return [f"{one}. {source.remedy}" if source.remedy else one for source in others for one in source.problems]


def _told(sources: Iterable[Source]) -> set[str]:
    return {name for source in sources for row in source.rows for name in row.fields}


def _found(day: datetime, people: int, told: set[str], unread: list[str]) -> str:
    """Return what the roster turned out to be: its day, how many are in it, and which of its columns say nothing."""
    by_number = told & _KEYS and not told & _ADDRESSES
    without = "; no column of addresses, so accounts are joined by number or id alone" if by_number else ""
    over = f"; passed over: {_listed(unread)}" if unread else ""
    return f"Roster as of {day:%Y-%m-%d}, with {counted(people, 'person', 'people')}{without}{over}"


def _nobody(unread: list[str]) -> str:
    over = f"; passed over: {_listed(unread)}" if unread else ""
    return (
        "no column of addresses, employee numbers or directory ids was recognised, so no account can be anybody's"
        f"{over}: say which one is, as --set columns='HEADING=email'"
    )


def _listed(columns: list[str]) -> str:
    shown = ", ".join(json.dumps(one, ensure_ascii=False) for one in columns[:_SHOWN])
    return f"{shown} and {len(columns) - _SHOWN:,} more" if len(columns) > _SHOWN else shown


def _batches(roster: Roster) -> Iterator[list[JSON]]:
    rows = iter(roster.rows())
    while items := list(islice(rows, BATCH)):
        yield items
