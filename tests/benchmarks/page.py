"""Figures as a page of the documentation: what was asked, what was measured, its floor, the machine and the day."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from figure import Figure

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "performance.md"
_TABLE = (
    "| figure | measured | its floor, or what it stands beside | asked | holds |\n| --- | --- | --- | --- | --- |\n"
)
_END = "<!-- /measured -->"


def write(figures: dict[str, list[Figure]]) -> None:
    """Put what was measured into the page: in place of what a benchmark gave before, or after the others.

    What stands around is written by hand.
    """
    text = PAGE.read_text(encoding="utf-8")
    for name, rows in figures.items():
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        said = f"`{name}`, on {datetime.now(UTC):%Y-%m-%d}, {_machine()}:"
        made = f"{begin}\n\n{said}\n\n{_TABLE}{''.join(map(_row, rows))}\n{end}"
        if begin in text:
            text = text.partition(begin)[0] + made + text.partition(end)[2]
        else:
            text = text.replace(_END, f"{made}\n\n{_END}")
    PAGE.write_text(text, encoding="utf-8")


def _row(one: Figure) -> str:
    cells = (one.name.strip(), one.value, one.floor, one.bound, "yes" if one.holds else "**no**")
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n"


def _machine() -> str:
    load = os.getloadavg()[0]
    busy = f"; others took most of it (load {load:.0f}), so that seconds are several times those of a machine at rest"
    said = busy if load > (os.cpu_count() or 1) * 1.5 else ""
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}{said}"
