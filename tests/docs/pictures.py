"""Makes the pictures of the documentation anew, from real runs: `uv run python tests/docs/pictures.py` (a minute).

The demo and the brief as a terminal shows them (SVG), and the first screen of the tutorial's report as Chromium shows
it (PNG). Figures and dates are those of the run. The flow and the chart are made by `generate.py` and `results.py`.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import chdir
from pathlib import Path

from pages import ROOT
from results import WIDTH, call, run_page
from rich.console import Console
from rich.terminal_theme import TerminalTheme

PICTURES = ROOT / "docs/pictures"
THEME = TerminalTheme((24, 30, 36), (222, 228, 232), [(120, 130, 140)] * 8, [(222, 228, 232)] * 8)
SCREEN = (1100, 1120)
"""Width and height of the report's picture, in pixels."""


def main() -> None:
    """Make them all."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        demo = told(["demo"])
        (PICTURES / "demo.svg").write_text(terminal("communitykit demo", shortened(demo)), encoding="utf-8")
        run_page("docs/tutorial.md")
        brief = told(["brief", "company.duckdb"])
        (PICTURES / "brief.svg").write_text(
            terminal("communitykit brief company.duckdb", up_to(brief, "\n\n 4.")), encoding="utf-8"
        )
        call(["report", "company.duckdb", "--to", "report", "--language", "en"])
        screenshot(Path("report/report.en.html").absolute(), PICTURES / "report.png")


def told(arguments: list[str]) -> str:
    """Return what a command prints on a terminal."""
    before, sys.stdout = sys.stdout, io.StringIO()
    try:
        call(arguments)
        return sys.stdout.getvalue()
    finally:
        sys.stdout = before


def shortened(demo: str) -> str:
    """Return what the demo says of both pulls, of the truth and of its report, without the tables between."""
    pulls = up_to(demo, "\nRecords")
    rest = demo[demo.index("What is current, held against") :]
    return f"{pulls.rstrip()}\n  …\n{up_to(rest, 'What to do this week').rstrip()}\n  …"


def up_to(text: str, mark: str) -> str:
    """Return a text up to a mark that is in it.

    Raises ValueError where it is not: the picture would show something else than it says.
    """
    return text[: text.index(mark)]


def terminal(command: str, text: str) -> str:
    """Return a terminal with a command and what it printed as SVG, in whatever typeface the reader has."""
    width = max(WIDTH, *(len(line) + 2 for line in text.splitlines()))
    console = Console(
        record=True, file=io.StringIO(), width=width, highlight=False, emoji=False, color_system="truecolor"
    )
    console.print(f"$ {command}", style="bold", markup=False)
    console.print(text.rstrip("\n"), markup=False)
    drawn = console.export_svg(title="", theme=THEME, unique_id=command.split()[1])
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)  # they would be fetched from elsewhere
    return "\n".join(line.rstrip() for line in drawn.replace("Fira Code", "ui-monospace").splitlines()) + "\n"


def screenshot(page: Path, to: Path) -> None:
    """Have Chromium take a picture of the top of a page."""
    width, height = SCREEN
    chromium = shutil.which("chromium")
    assert chromium, "Chromium is not installed: .ci/run installs it"
    subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--lang=en",
         f"--window-size={width},{height}", f"--screenshot={to}", page.as_uri()],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip


if __name__ == "__main__":
    main()
