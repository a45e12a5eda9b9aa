"""For every test: nothing is compiled anew in each of some hundreds of processes, and no file waits for a disk."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings

# As newer versions of hypothesis have it where CI is set: the same examples at every run, with the oldest one, too.
settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
if os.environ.get("CI"):
    settings.load_profile("ci")

if sys.dont_write_bytecode:  # containers forbid it, to keep images small: two thirds of a short command's time
    sys.dont_write_bytecode = False
    sys.pycache_prefix = str(Path(__file__).parent / ".pytest_cache" / "bytecode")
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

MEMORY = Path("/dev/shm")  # noqa: S108 # Linux' folder in memory; what is made in it is made by tempfile
ROOM = 4 * 2**30
"""A whole run leaves up to 2 GB before it ends."""


def _has_room() -> bool:
    if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM:  # Docker's own has 64 MB
        return False
    sizes = dict(line.split()[:2] for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines())
    return int(sizes["MemAvailable:"]) * 1024 > 2 * ROOM and not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC


if sys.platform == "linux" and "TMPDIR" not in os.environ and _has_room():
    # Thousands of little stores are each put on the medium before they are used: waiting for that takes longer than
    # all the tests' work. No test takes the power away; who kills a process finds its files in memory, too.
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)
