"""Whether reading side by side is worth it. No I/O."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

QUICK_SECONDS = 0.005
"""Answers that come sooner are waited for in no less time than threads need to take turns at the interpreter."""
_SECONDS_PER_BYTE = 50e-9
"""What a server on the same machine needs beyond that, to make and to send a large page."""
_RECENT = 8


class Parallelism:
    """Narrow until answers prove slow or a limit makes somebody wait, wide from then on.

    A server on the same machine answers in a millisecond: a second thread would only fight for the interpreter (a
    third of the time, measured). Anything farther away, or paced, gains from every thread.
    """

    def __init__(self) -> None:
        """Begin narrow."""
        self.wide = False
        self._recent: deque[float] = deque(maxlen=_RECENT)
        self._then: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def answered(self, seconds: float, size: int) -> None:
        """Note how long an answer of `size` bytes took; even the quickest of the last ones must be slow."""
        if not self.wide:
            self._recent.append(seconds - size * _SECONDS_PER_BYTE)
            if len(self._recent) == _RECENT and min(self._recent) >= QUICK_SECONDS:
                self.widen()

    def widen(self) -> None:
        """From now on there is something to wait for."""
        with self._lock:
            self.wide, then, self._then = True, self._then, []
        for call in then:
            call()

    def when_wide(self, call: Callable[[], None]) -> None:
        """Call this once it is wide: now, or from the thread that notices."""
        with self._lock:
            if not self.wide:
                self._then.append(call)
                return
        call()
