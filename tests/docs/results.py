"""Runs a page from top to bottom and knows what comes out: `uv run python tests/docs/results.py` writes it into pages.

A page's `console`, `python` and `sql` blocks run in order, in one folder. A `text` block right after one of them is
what it printed; a test compares. Times of day, durations and the names of runs differ each time, and are `…`.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Sequence
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import typer
from pages import PAGES
from rich.console import Console

from communitykit.cli import commands as _all  # noqa: F401 # registers every command
from communitykit.cli import output
from communitykit.cli.app import app
from communitykit.store import Store

SHOWN = ("docs/tutorial.md", "docs/reference/sql.md")
"""The pages that show what comes out, in the order in which they run: each goes on in the folder of those before."""
WIDTH = 100
_BLOCK = re.compile(
    r"^```(?P<language>console|python|sql)\n(?P<code>.*?)^```\n(?:\n```text\n(?P<shown>.*?)^```\n)?",
    re.DOTALL | re.MULTILINE,
)
_ANALYSIS = "## On the analysis tables"
"""SQL below this heading is asked of the analysis tables, SQL above it of the store."""


@dataclass(frozen=True, slots=True)
class Step:
    """A block that was run: what the page shows of it (None where it shows nothing), and what came out."""

    code: str
    shown: str | None
    came: str


def run_page(page: str) -> list[Step]:
    """Run a page's blocks in the working directory."""
    text = PAGES[page].read_text(encoding="utf-8")
    names: dict[str, Any] = {"__name__": "__main__"}
    return [
        Step(
            found["code"], found["shown"], _masked(_run(found["language"], found["code"], text[: found.start()], names))
        )
        for found in _BLOCK.finditer(text)
    ]


def filled(page: str, steps: Sequence[Step]) -> str:
    """Return a page with what came out in the place of what it showed."""
    text, turn, parts, end = PAGES[page].read_text(encoding="utf-8"), iter(steps), [], 0
    for found in _BLOCK.finditer(text):
        came = next(turn).came
        if found["shown"] is not None:
            parts += [text[end : found.start("shown")], came]
            end = found.end("shown")
    return "".join([*parts, text[end:]])


def _run(language: str, code: str, before: str, names: dict[str, Any]) -> str:
    if language == "sql":
        return _asked(code, Path("analysis.duckdb" if _ANALYSIS in before else "company.duckdb"))
    printed = io.StringIO()
    with redirect_stdout(printed):
        if language == "python":
            exec(compile(code, "page", "exec"), names)  # noqa: S102 # the documentation's own examples
        else:
            for line in code.splitlines():
                if line.startswith("$ communitykit "):
                    call(shlex.split(line, comments=True)[2:])
    return printed.getvalue()


def call(arguments: list[str]) -> int:
    """Run a command as on a terminal; what it prints goes to standard output.

    Raises AssertionError when it fails.
    """
    before = output.console
    output.console = Console(  # as the module's own, on a terminal of a known width
        file=sys.stdout,
        force_terminal=True,
        color_system=None,
        width=WIDTH,
        soft_wrap=True,
        highlight=False,
        emoji=False,
    )
    try:
        code = app(arguments, standalone_mode=False) or 0
    except typer.Exit as ended:
        code = ended.exit_code
    finally:
        output.console = before
    assert code in {0, 3}, (arguments, code)
    return int(code)


def _asked(query: str, path: Path) -> str:
    """Return a query's rows as a table of text: numbers to the right."""
    if path.name.startswith("analysis"):
        import duckdb  # noqa: PLC0415 # here alone

        with duckdb.connect(path, read_only=True) as connection:
            table = connection.sql(query).arrow().read_all()
    else:
        with Store(path) as store:
            table = store.sql(query)
    columns = [[name, *(_cell(value) for value in table[name].to_pylist())] for name in table.column_names]
    right = [
        all(isinstance(one, int | float | None) and not isinstance(one, bool) for one in table[name].to_pylist())
        for name in table.column_names
    ]
    wide = [max(map(len, column)) for column in columns]
    lines = [
        "  ".join(
            cell.rjust(width) if numbers else cell.ljust(width)
            for cell, width, numbers in zip(row, wide, right, strict=True)
        ).rstrip()
        for row in zip(*columns, strict=True)
    ]
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"
    if isinstance(value, float):
        return f"{value:.3g}"
    return str(value)


def _masked(text: str) -> str:
    text = re.sub(r"\b\d+\.\d s\b", "… s", text)
    for today in {f"{date.today()}", f"{datetime.now(UTC):%Y-%m-%d}"}:  # noqa: DTZ011 # either may be meant
        text = re.sub(rf"{today}([ T]\d\d:\d\d(:\d\d)?( UTC)?)?", "…", text)
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n") + "\n"


if __name__ == "__main__":
    os.environ["COLUMNS"] = str(WIDTH)
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        for page in SHOWN:
            PAGES[page].write_text(filled(page, run_page(page)), encoding="utf-8")
        chart = Path("first-chart.svg").read_text(encoding="utf-8")
        (PAGES["docs/tutorial.md"].parent / "pictures/first-chart.svg").write_text(chart + "\n", encoding="utf-8")
