"""How much CPU time a command takes before it has done anything."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from figure import Figure

from communitykit.store.writer import Writer

_TYPER = "import typer\napp = typer.Typer()\n@app.command()\ndef main(name: str = '') -> None:\n    ...\napp()"


def starting() -> list[Figure]:
    """Measure `--help` beside that of a program of Typer with one command, and `show` beside `--help`."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "activity.duckdb"
        Writer(store).release()
        bare = _cpu([sys.executable, "-c", _TYPER, "--help"])
        told = _cpu([sys.executable, "-m", "communitykit", "--help"])
        show = _cpu([sys.executable, "-m", "communitykit", "show", str(store)])
    return [
        _figure("communitykit --help", told, bare, 1.6),
        _figure("communitykit show", show, told, 1.5),
    ]


def _figure(name: str, ours: float, floor: float, most: float) -> Figure:
    ratio = ours / floor
    measured, beside = (f"{seconds * 1000:.0f} ms of CPU" for seconds in (ours, floor))
    return Figure(name, measured, beside, f"{ratio:.2f} ≤ {most}", ratio <= most)


def _cpu(command: list[str]) -> float:
    """Return the least CPU time of several runs, in seconds."""
    taken = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(taken)
