"""What the command line prints: plain where it is not a terminal, JSON where asked for."""

from __future__ import annotations

import logging
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from communitykit.cli.interrupts import answering
from communitykit.errors import CommunityKitError, StoreBusyError
from communitykit.logs import LOGGER
from communitykit.printable import printable, printable_json
from communitykit.result import OF_ARCHIVES, in_words_of

if TYPE_CHECKING:
    from communitykit.model.values import JSON

console = Console(soft_wrap=True, highlight=False, emoji=False)
errors = Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)


_PADDING = 2
"""Columns between those of a table."""
_LONGEST_WORD = 24
"""Columns that a word takes at most which no table cuts."""
_COMMAND = re.compile(r"`[^`]+`|(?<!Usage: )\b(?:communitykit [a-z]+ |curl -|export [A-Z]).+?(?=\.?$|\. |, )")
"""What is copied from a sentence: no line ends within it."""
_NO_END = "\ue000"
_BEGUN = re.compile(r"\s*(?:(?:-|\d+\.) )?")
"""Blanks at a line's beginning, and the sign of an entry in a list, below which its other lines do not begin."""
_OF_EVERY_LINE = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"})
"""What logging itself keeps of a line: what else there is was given as `extra`."""


class _Lines(logging.Handler):
    """Lines of the library's logger on the error stream, beside progress bars: as text, or each as JSON."""

    def __init__(self) -> None:
        super().__init__()
        self.json = False

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
            if self.json:
                from pydantic_core import to_json  # noqa: PLC0415 # imported only when used

                at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
                line = {"at": at, "level": record.levelname.lower(), "logger": record.name, "message": message}
                line |= {name: value for name, value in vars(record).items() if name not in _OF_EVERY_LINE}
                message = printable_json(to_json(line).decode())
            else:
                message = printable(f"{record.levelname.lower()}: {message}", lines=True)
            errors.print(message, markup=False)
        except Exception:  # noqa: BLE001 # as every handler of logging: a line that cannot be shown ends no run
            self.handleError(record)


class _Log:
    """What of the library's logger is shown, and how."""

    def __init__(self) -> None:
        self._lines = _Lines()
        self._nothing = logging.NullHandler()

    @property
    def json(self) -> bool:
        """Whether all on the error stream is to be JSON, a document a line."""
        return self._lines.json

    @property
    def tells_of_waits(self) -> bool:
        """Whether the library's logger shows what is waited for."""
        return self._lines in LOGGER.handlers and LOGGER.isEnabledFor(logging.INFO)

    @property
    def shows_warnings(self) -> bool:
        """Whether what the library's logger warns of is shown: a command need not say it again."""
        return self._lines in LOGGER.handlers

    def begin(self) -> None:
        """Show nothing of it: a command says itself what is wrong."""
        LOGGER.addHandler(self._nothing)
        self._lines.json = False
        LOGGER.removeHandler(self._lines)
        LOGGER.setLevel(logging.NOTSET)

    def show(self, verbosity: int) -> None:
        """Show runs and long waits; from 2 on each request, too."""
        LOGGER.addHandler(self._lines)
        LOGGER.setLevel(logging.INFO if verbosity == 1 else logging.DEBUG)

    def tell(self, text: str, level: int, fields: Mapping[str, JSON]) -> None:
        """Show a line that is said whatever is to be shown of the library's logger."""
        self._lines.handle(LOGGER.makeRecord(LOGGER.name, level, "", 0, "%s", (text,), None, extra=fields))

    def as_json(self) -> None:
        """Make all on the error stream JSON."""
        self._lines.json = True
        LOGGER.addHandler(self._lines)


LOG = _Log()


_PARTS = ("platform", "source", "subject", "status", "code", "remedy")


class Exit(IntEnum):
    """Exit codes, documented in docs/reference/command-line.md."""

    COMPLETE = 0
    FAILED = 1
    USAGE = 2
    PARTIAL = 3
    BUSY = 75  # EX_TEMPFAIL of sysexits.h
    INTERRUPTED = 130
    CLOSED_PIPE = 141


def print_json(value: object) -> None:
    """Print one JSON document."""
    from pydantic_core import to_json  # noqa: PLC0415 # imported only when used

    text = printable_json(to_json(value, indent=2).decode()) + "\n"
    with answering():
        sys.stdout.write(text)
        sys.stdout.flush()  # whoever reads along may wait for it


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a small table; numbers to the right. Off a terminal: a line of headings, plain numbers, tabs between."""
    found = list(rows)
    if not found:
        return
    title = printable(title)
    if not console.is_terminal:
        lines = [title, *("\t".join(map(_plain, row)) for row in (columns, *found))]
        console.file.writelines(f"{line}\n" for line in lines if not console.quiet)  # print() makes spaces of tabs
        return
    body = [[_text(cell) for cell in row] for row in found]
    _print(console, title, style="table.title")
    if sum(map(_least, zip(columns, *body, strict=True))) + _PADDING * (len(columns) - 1) <= console.width:
        console.print(_table(columns, body))
    else:  # where words would be cut, each row is lines of its own
        for first, *others in body:
            _print(console, first)
            told = ", ".join(f"{name} {cell}" for name, cell in zip(columns[1:], others, strict=True))
            _print(console, told, indent=2)
    console.print()


def _table(columns: Sequence[str], body: Sequence[Sequence[str]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    numeric = [all(_is_number(row[index]) for row in body) for index in range(len(columns))]
    for name, right in zip(columns, numeric, strict=True):
        table.add_column(name, justify="right" if right else "left", overflow="fold", min_width=_least([name]))
    for row in body:
        table.add_row(*[escape(cell) for cell in row])
    return table


def _least(cells: Iterable[str]) -> int:
    """Return how many columns the longest word of these cells takes; an address, say, may be cut."""
    return max((min(cell_len(word), _LONGEST_WORD) for cell in cells for word in cell.split()), default=0)


def copy_out(text: str) -> None:
    """Print what is copied from here (SQL, JSON): no line of it is cut, whatever the terminal's width."""
    console.print(printable(text, lines=True), markup=False)


def say(text: str) -> None:
    """Print a sentence."""
    _print(console, printable(text, lines=True))


def _print(where: Console, text: str, *, indent: int = 0, style: str = "") -> None:
    """Print a text; on a terminal, lines that are too long end after a word, but not within a command to be copied."""
    for line in text.split("\n"):
        lines = [line]
        if where.is_terminal:
            begun = _BEGUN.match(line)
            lines = textwrap.wrap(
                " " * indent + _COMMAND.sub(lambda found: found[0].replace(" ", _NO_END), line),
                where.width,
                subsequent_indent=" " * (indent + (len(begun[0]) if begun else 0)),
                break_long_words=False,
                break_on_hyphens=False,
            )
        for one in lines or [line]:
            where.print(one.replace(_NO_END, " "), style=style, markup=False)


def warn(text: str, *, level: int = logging.WARNING, **fields: JSON) -> None:
    """Print a sentence on the error stream; a JSON document, with the fields, where lines of the log are such."""
    if LOG.json:
        LOG.tell(text, level, fields)
    else:
        _print(errors, printable(text, lines=True))


def fail(error: CommunityKitError, *, debug: bool, as_json: bool = False) -> NoReturn:
    """Print an error as a paragraph and exit, where JSON was asked for as a document too; a traceback with --debug."""
    if debug:
        raise error
    warn_of(error)
    if as_json:
        print_error(error)
    raise typer.Exit(code_of(error))


def code_of(error: Exception) -> Exit:
    """Return the exit code of what ended a command: a store that is taken asks to try again later, all else to act."""
    return Exit.BUSY if isinstance(error, StoreBusyError) else Exit.FAILED


def warn_of(error: CommunityKitError, asked_by: Mapping[str, str] = OF_ARCHIVES) -> None:
    """Print an error on the error stream; with its kind and parts as fields where lines of the log are JSON.

    `asked_by` says how who reads it writes the options that it names.
    """
    parts = {name: getattr(error, name) for name in ("platform", "source", "subject", "status", "code")}
    fields = {name: value for name, value in parts.items() if value is not None}
    warn(f"Error: {in_words_of(str(error), asked_by)}", level=logging.ERROR, error=type(error).__name__, **fields)


def print_error(error: Exception) -> None:
    """Print an error as one JSON document, for who reads nothing else."""
    print_json({"error": error_data(error)})


def error_data(error: Exception) -> dict[str, JSON]:
    """Return an error as plain data: its kind, all that it says, and the parts of that; None where it has none.

    Of a store that is taken `at_work` says who is in the way.
    """
    from communitykit.connector.decoding import without_lone_surrogates  # noqa: PLC0415 # imported only when used

    told = {name: getattr(error, name, None) for name in _PARTS}
    if isinstance(error, StoreBusyError):
        told["at_work"] = error.at_work
    found: dict[str, JSON] = without_lone_surrogates({"kind": type(error).__name__, "message": str(error), **told})
    return found


@contextmanager
def replacing(*targets: Path) -> Iterator[list[str]]:
    """Yield a list that holds, afterwards, which of these files were there before and are other files now."""
    before = {one: one.stat().st_ino for one in targets if one.is_file()}
    replaced: list[str] = []
    yield replaced
    replaced += [str(one) for one, file in before.items() if one.stat().st_ino != file]


def say_replaced(replaced: Sequence[str]) -> None:
    """Say that what was written before was replaced."""
    if replaced:
        first = replaced[0] if len(replaced) == 1 else f"{len(replaced):,} files of an earlier time"
        say(f"Replaced: {first}.")


def _text(cell: object) -> str:
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else _plain(cell)


def _plain(cell: object) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return printable(str(cell))


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "").isdigit() or text == "-"
