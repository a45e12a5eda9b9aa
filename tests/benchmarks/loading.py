"""Importing an export archive into DuckDB: messages a second of CPU, memory, and how both grow."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from figure import Figure
from shaped import write_export

SCALE = "COMMUNITYKIT_BENCHMARK_SCALE"
_IMPORT = """
import resource, sys
from communitykit import read_archive, pull
with read_archive("slack", sys.argv[1]) as archive:
    result = pull(archive, sys.argv[2])
assert result.complete and not result.issues, (result.errors, result.coverage[:3], result.issues[:3])
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, used.ru_maxrss // 1024, result.tally.new["posts"])
"""


def archive() -> list[Figure]:
    """Measure the import of a million messages, and of a fifth of them: all CPU of the process, imports included."""
    scale = float(os.environ.get(SCALE, "1"))
    small, large = _import(int(200_000 * scale)), _import(int(1_000_000 * scale))
    rate, few = large[2] / large[0], f"{small[2]:,}"
    memory = large[1] / small[1]
    each = (large[0] / large[2]) / (small[0] / small[2])
    rates = f"{rate:,.0f} a second of CPU", f"{small[2] / small[0]:,.0f} for {few}"
    return [
        Figure(f"import of {large[2]:,} messages", *rates, "≥ 16,000", rate >= 16_000),
        Figure(f"  CPU a message, beside {few}", f"{each:.2f}", "1", "≤ 1.10", each <= 1.1),
        Figure("  peak memory", f"{large[1]} MB", f"{small[1]} MB for {few}", "< 350 MB", large[1] < 350),
        Figure("  growth of the peak", f"{memory:.2f}", "1", "≤ 1.25", memory <= 1.25),
    ]


def curve() -> list[Figure]:
    """Measure what a message costs from twenty thousand to two million, without what a hundred cost."""
    scale = float(os.environ.get(SCALE, "1"))
    start, _, _ = _import(100)
    sizes = [int(number * scale) for number in (20_000, 200_000, 2_000_000)]
    took = {size: _import(size) for size in sizes}
    each = {size: (seconds - start) / posts for size, (seconds, _, posts) in took.items()}
    least = min(each.values())
    return [
        Figure("import of 100 messages: starting", f"{start:.2f} s of CPU", "-", "-", True),
        *(
            Figure(
                f"import of {size:,} messages, beside the cheapest of these",
                f"{each[size] * 1e6:.1f} µs of CPU each, {took[size][1]} MB",
                f"{least * 1e6:.1f} µs",
                f"{each[size] / least:.2f} ≤ 1.10",
                each[size] <= 1.1 * least,
            )
            for size in sizes
        ),
    ]


def _import(messages: int) -> tuple[float, int, int]:
    with tempfile.TemporaryDirectory() as folder:
        export, store = Path(folder) / "export.zip", Path(folder) / "a.duckdb"
        write_export(export, messages)
        done = subprocess.run(
            [sys.executable, "-c", _IMPORT, str(export), str(store)], check=True, capture_output=True, text=True
        )
    seconds, megabytes, posts = done.stdout.split()
    return float(seconds), int(megabytes), int(posts)
