"""Shorter turns of threads while a run goes on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def shorter_turns() -> Iterator[None]:
    """Let the writer come to its turn sooner while a pull runs.

    A writer that comes back from DuckDB waits a whole switch interval for each of its calls (10 %, measured).
    """
    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.001)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
