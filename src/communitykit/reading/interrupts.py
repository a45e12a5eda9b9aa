"""Ctrl-C in a script or a notebook while a run is at work: it ends the run instead of whatever it falls into."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_SIGNALS: Final = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def interrupts_stop(stop: threading.Event) -> Iterator[threading.Event]:
    """Let Ctrl-C set `stop`, and the second one raise KeyboardInterrupt as ever; yields what tells that one came.

    An exception that is raised wherever the main thread stands may fall into an import or into DuckDB, which then
    hangs. Only where Python's own handler of Ctrl-C is in place, which a script may give to SIGTERM, too, and in the
    main thread: elsewhere a signal is somebody else's.
    """
    came = threading.Event()

    def handle(number: int, frame: object) -> None:  # noqa: ARG001 # the interface's own
        if stop.is_set():
            raise KeyboardInterrupt
        came.set()
        stop.set()

    main = threading.current_thread() is threading.main_thread()
    ours = [one for one in _SIGNALS if main and signal.getsignal(one) is signal.default_int_handler]
    for one in ours:
        signal.signal(one, handle)
    try:
        yield came
    finally:
        for one in ours:
            signal.signal(one, signal.default_int_handler)
