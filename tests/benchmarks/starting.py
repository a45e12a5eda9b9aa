"""How much CPU time a command takes before it has done anything."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from figure import Figure

from communitykit.store.writer import Writer

_TYPER = "import typer\napp = typer.Typer()\n@app.command()\ndef main(name: str = '') -> None:\n    ...\napp()"


_READING = f"import duckdb, pyarrow\n{_TYPER}"
_ROUNDS = 8


def starting() -> list[Figure]:
    """Measure `--help` beside a program of Typer with one command, and `show` beside what it cannot do without."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "activity.duckdb"
        writer = Writer(store)
        writer.start_run({"run_id": "run", "started_at": datetime.now(UTC), "status": "running"})  # `show` tells times
        writer.release()
        programs = {
            "bare": ["-c", _TYPER, "--help"],
            "reading": ["-c", _READING, "--help"],
            "help": ["-m", "communitykit", "--help"],
            "show": ["-m", "communitykit", "show", str(store)],
        }
        rounds = [{name: _cpu([sys.executable, *words]) for name, words in programs.items()} for _ in range(_ROUNDS)]
    best = {name: min(one[name] for one in rounds) for name in programs}
    return [
        _figure("communitykit --help, beside a bare Typer program", best["help"], best["bare"], 1.6),
        _figure("communitykit show, beside --help", best["show"], best["help"], 1.5),
        _figure(
            "communitykit show, beside that bare program with DuckDB and Arrow", best["show"], best["reading"], None
        ),
    ]


def _figure(name: str, ours: float, floor: float, most: float | None) -> Figure:
    ratio = ours / floor
    measured, beside = (f"{seconds * 1000:.0f} ms of CPU" for seconds in (ours, floor))
    bound = f"{ratio:.2f}" if most is None else f"{ratio:.2f} ≤ {most}"
    return Figure(name, measured, beside, bound, most is None or ratio <= most)


def _cpu(command: list[str]) -> float:
    """Return the CPU time of a run, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
