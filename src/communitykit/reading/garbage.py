"""Python's garbage collector, told to look less often while records are made. No I/O."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_THRESHOLDS = (150_000, 20, 100)
"""More than a group of a store's records has: what is written and let go of is never looked at."""
_lock = threading.Lock()
_depth = 0
_before = (0, 0, 0)


@contextmanager
def fewer_collections() -> Iterator[None]:
    """Let more objects come up before the collector looks for cycles among them; as it was afterwards.

    Records hold no cycles, and requests next to none (700 objects in all after 3,200 of them), so looking for them
    among tens of thousands of live ones is time lost: a fifth of translating a page, measured. Nests, and holds for the
    whole process while any thread is inside.
    """
    global _before, _depth  # noqa: PLW0603 # the collector is the process's own, and so is this
    with _lock:
        if _depth == 0:
            _before = gc.get_threshold()
            if _before[0]:  # whoever turned it off wants it off
                gc.set_threshold(*_THRESHOLDS)
        _depth += 1
    try:
        yield
    finally:
        with _lock:
            _depth -= 1
            if _depth == 0:
                gc.set_threshold(*_before)
