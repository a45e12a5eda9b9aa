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
_BEGIN, _END = "<!-- measured -->", "<!-- /measured -->"


def write(figures: dict[str, list[Figure]]) -> None:
    """Put what was measured between the page's marks; what stands around it is written by hand."""
    text = PAGE.read_text(encoding="utf-8")
    before, after = text.partition(_BEGIN)[0], text.partition(_END)[2]
    made = [f"\n\nOn {datetime.now(UTC):%Y-%m-%d}, {_machine()}.\n"]
    made += [f"\n`{name}`\n\n{_TABLE}{''.join(map(_row, rows))}" for name, rows in figures.items()]
    PAGE.write_text(f"{before}{_BEGIN}{''.join(made)}\n{_END}{after}", encoding="utf-8")


def _row(one: Figure) -> str:
    cells = (one.name.strip(), one.value, one.floor, one.bound, "yes" if one.holds else "**no**")
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n"


def _machine() -> str:
    load = os.getloadavg()[0]
    busy = f"; load {load:.0f} by others meanwhile, so that seconds are several times those of a machine at rest"
    said = busy if load > (os.cpu_count() or 1) * 1.5 else ""
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}{said}"
