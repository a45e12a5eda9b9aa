"""From the demo's first line to its last, and somebody forgotten in a large store: what people wait for."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from analysing import EVENTS, POSTS, SCALE, fill
from figure import Figure

_BOUND_DEMO, _BOUND_FORGET = 25.0, 60.0
_GIGABYTE = 1 << 30
_FORGET = """
import sys
from communitykit.privacy.erasing import forget
from communitykit.store import Store
with Store(sys.argv[1]) as store:
    (one,) = store.sql("SELECT id FROM members ORDER BY id LIMIT 1").to_pylist()
forget(sys.argv[1], one["id"])
"""


def demo() -> list[Figure]:
    """Run the demo once: both of its processes, and the time that passes."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "communitykit", "demo", "--to", str(Path(folder) / "demo.duckdb")]
        cpu, wall = _run(command)
    shown = f"{wall:.1f} s, {cpu:.1f} s of CPU"
    return [Figure("communitykit demo", shown, "-", f"< {_BOUND_DEMO:.0f} s", wall < _BOUND_DEMO)]


def forgetting() -> list[Figure]:
    """Forget somebody in a store of half a gigabyte (at scale 1); what it takes grows with the file."""
    scale = float(os.environ.get(SCALE, "1")) / 4
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store.duckdb"
        fill(store, int(POSTS * scale), int(EVENTS * scale))
        size = store.stat().st_size
        cpu, wall = _run([sys.executable, "-c", _FORGET, str(store)])
    gigabyte = wall * _GIGABYTE / size
    shown = f"{wall:.1f} s, {cpu:.1f} s of CPU; {gigabyte:.0f} s for 1 GB"
    return [Figure(f"forget in {size >> 20} MB", shown, "-", f"< {_BOUND_FORGET:.0f} s", gigabyte < _BOUND_FORGET)]


def _run(command: list[str]) -> tuple[float, float]:
    """Return a command's seconds of CPU, and those that passed."""
    before, began = _used(), time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return _used() - before, time.monotonic() - began


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
