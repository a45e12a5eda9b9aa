"""Ctrl-C in a script or a notebook while a run is at work: it ends the run instead of whatever it falls into."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interrupts_stop(stop: threading.Event) -> Iterator[threading.Event]:
    """Let Ctrl-C set `stop`, and the second one raise KeyboardInterrupt as ever; yields what tells that one came.

    An exception that is raised wherever the main thread stands may fall into an import or into DuckDB, which then
    hangs. Only where Python's own handler is in place, and in the main thread: elsewhere Ctrl-C is somebody else's.
    """
    ours = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGINT) if ours else None
    came = threading.Event()
    if before is not signal.default_int_handler:
        yield came
        return

    def handle(number: int, frame: object) -> None:  # noqa: ARG001 # the interface's own
        if stop.is_set():
            raise KeyboardInterrupt
        came.set()
        stop.set()

    signal.signal(signal.SIGINT, handle)
    try:
        yield came
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
