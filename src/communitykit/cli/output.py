"""What the command line prints: plain where it is not a terminal, JSON where asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Any, NoReturn

import typer
from pydantic_core import to_json
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from communitykit.errors import CommunityKitError
from communitykit.printable import printable, printable_json

console = Console(soft_wrap=True, highlight=False, emoji=False)
errors = Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)


class Exit(IntEnum):
    """Exit codes, documented in docs/reference/command-line.md."""

    COMPLETE = 0
    FAILED = 1
    USAGE = 2
    PARTIAL = 3
    INTERRUPTED = 130
    CLOSED_PIPE = 141


def print_json(value: object) -> None:
    """Print one JSON document."""
    sys.stdout.write(printable_json(to_json(value, indent=2).decode()) + "\n")
    sys.stdout.flush()  # whoever reads along may wait for it


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a small table; numbers to the right. On anything but a terminal: tab-separated lines."""
    body = [[_text(cell) for cell in row] for row in rows]
    if not body:
        return
    title = printable(title)
    if not console.is_terminal:
        console.print(title, markup=False)
        for row in body:
            console.print("  " + "\t".join(row), markup=False)
        return
    table = Table(title=escape(title), title_justify="left", box=None, pad_edge=False, header_style="bold")
    numeric = [all(_is_number(row[index]) for row in body) for index in range(len(columns))]
    for name, right in zip(columns, numeric, strict=True):
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    for row in body:
        table.add_row(*[escape(cell) for cell in row])
    console.print(table)
    console.print()


def say(text: str) -> None:
    """Print a sentence."""
    console.print(printable(text, lines=True), markup=False)


def warn(text: str) -> None:
    """Print a sentence on the error stream."""
    errors.print(printable(text, lines=True), markup=False)


def fail(error: CommunityKitError, *, debug: bool, as_json: bool = False) -> NoReturn:
    """Print an error as a paragraph and exit, where JSON was asked for as a document too; a traceback with --debug."""
    if debug:
        raise error
    warn(f"Error: {error}")
    if as_json:
        print_error(error)
    raise typer.Exit(Exit.FAILED)


def print_error(error: Exception) -> None:
    """Print an error as one JSON document, for who reads nothing else."""
    told = {name: getattr(error, name, None) for name in ("platform", "subject", "status", "code", "remedy")}
    print_json({"error": {"kind": type(error).__name__, "message": str(error), **told}})


def _text(cell: Any) -> str:  # noqa: ANN401 # any cell
    if cell is None:
        return "-"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    return printable(str(cell))


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "").isdigit() or text == "-"
