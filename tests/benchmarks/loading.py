"""Importing an export archive into DuckDB."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from figure import Figure
from shaped import write_export

SCALE = "COMMUNITYKIT_BENCHMARK_SCALE"
_IMPORT = """
import resource, sys, time
from communitykit import read_archive, pull
started = time.perf_counter()
with read_archive("slack", sys.argv[1]) as archive:
    result = pull(archive, sys.argv[2])
assert result.complete and not result.issues, (result.errors, result.coverage[:3], result.issues[:3])
seconds, peak = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(seconds, peak, result.tally.new["posts"])
"""


def archive() -> list[Figure]:
    """Time the import of a million messages, and compare its peak memory with that of a quarter of them."""
    scale = float(os.environ.get(SCALE, "1"))
    small, large = _import(int(250_000 * scale)), _import(int(1_000_000 * scale))
    rate = large[2] / large[0]
    growth = large[1] / small[1]
    return [
        Figure(f"import of {large[2]:,} messages", f"{rate:,.0f}/s", "-", "≥ 15,000/s", rate >= 15_000),
        Figure("  peak memory", f"{large[1]} MB", f"{small[1]} MB for {small[2]:,}", "< 400 MB", large[1] < 400),
        Figure("  growth of the peak", f"{growth:.2f}", "1", "≤ 1.25", growth <= 1.25),
    ]


def _import(messages: int) -> tuple[float, int, int]:
    with tempfile.TemporaryDirectory() as folder:
        export, store = Path(folder) / "export.zip", Path(folder) / "a.duckdb"
        write_export(export, messages)
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", _IMPORT, str(export), str(store)], check=True, capture_output=True, text=True
        )
        seconds, megabytes, posts = done.stdout.split()
        print(f"  {messages:,}: {time.perf_counter() - started:.1f} s")
        return float(seconds), int(megabytes), int(posts)
