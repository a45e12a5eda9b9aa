"""For every test: a run starts some hundreds of processes, and none of them need compile the library anew."""

from __future__ import annotations

import os
import sys
from pathlib import Path

if sys.dont_write_bytecode:  # containers forbid it, to keep images small: two thirds of a short command's time
    sys.dont_write_bytecode = False
    sys.pycache_prefix = str(Path(__file__).parent / ".pytest_cache" / "bytecode")
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
