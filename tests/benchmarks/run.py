"""Benchmarks, run by hand: `uv run --group peers python tests/benchmarks/run.py [NAME…]`.

`performance` measures what is in `docs/explanation/performance.md`, and writes it there (with names: only those);
`COMMUNITYKIT_BENCHMARK_SCALE=0.1` makes the large ones a tenth.

Each figure stands beside its floor, measured in the same run on the same machine: read the ratios, not the seconds.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import adapters
import analysing
import beside
import finishing
import growing
import imports
import loading
import measuring
import page
import people
import pulling
import roster
import starting
import teams
import translating
import translating_each
import workplace
import yammer
from figure import Figure

PERFORMANCE = (
    "import",
    "start",
    "translate",
    "translate-each",
    "beside",
    "growing",
    "archive",
    "curve",
    "latency",
    "adapters",
)


def main(wanted: list[str]) -> int:
    """Run the chosen benchmarks (all by default) and print one table."""
    benchmarks: dict[str, Callable[[], list[Figure]]] = {
        "adapters": adapters.adapters,
        "analysing": analysing.analysing,
        "beside": beside.beside,
        "import": imports.import_time,
        "translate": translating.translate,
        "translate-each": translating_each.translate_each,
        "archive": loading.archive,
        "curve": loading.curve,
        "demo": finishing.demo,
        "forget": finishing.forgetting,
        "growing": growing.growing,
        "pull": pulling.pull_200k,
        "latency": pulling.latency,
        "limits": pulling.limits,
        "medium": pulling.medium,
        "people": people.people,
        "roster": roster.roster,
        "start": starting.starting,
        "second": pulling.second_run,
        "large": pulling.large,
        "measure": measuring.measuring,
        "teams": teams.teams,
        "workplace": workplace.workplace,
        "yammer": yammer.yammer,
    }
    chosen = PERFORMANCE if wanted == ["performance"] else wanted
    found: dict[str, list[Figure]] = {}
    for name, benchmark in benchmarks.items():
        if not wanted or name in chosen:
            print(f"… {name}", flush=True)
            found[name] = benchmark()
    if "performance" in wanted:
        page.write(found)
    figures = [one for some in found.values() for one in some]
    widths = [max(len(row[index]) for row in _rows(figures)) for index in range(5)]
    for row in _rows(figures):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))
    return 0 if all(figure.holds for figure in figures) else 1


def _rows(figures: list[Figure]) -> list[tuple[str, ...]]:
    head = ("figure", "measured", "floor", "bound", "holds")
    return [head, *((one.name, one.value, one.floor, one.bound, "yes" if one.holds else "NO") for one in figures)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
