"""A queue bounded by records, not by pages: a page may hold one reply or a thousand messages."""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

Item = TypeVar("Item")

BACKLOG_RECORDS = 3_000
"""Records that may wait for the writer before readers pause."""
_LINGER_SECONDS = 0.05
"""How long `take` lets items gather: handing each over by itself costs a turn at the interpreter."""


class Backlog(Generic[Item]):
    """What readers hand to one writer. `put` waits while too much is waiting already; `abandon` lets everybody go."""

    def __init__(self, limit: int = BACKLOG_RECORDS) -> None:
        """Begin empty; `limit` counts records, as the `weight` of an item (1 where it has none)."""
        self._limit = limit
        self._items: deque[tuple[Item, int]] = deque()
        self._weight = 0
        self._abandoned = False
        self._lock = threading.Lock()
        self._filled = threading.Condition(self._lock)
        self._plenty = threading.Condition(self._lock)
        self._drained = threading.Condition(self._lock)

    def put(self, item: Item) -> None:
        """Hand an item over, waiting for room; after `abandon` it is dropped."""
        weight: int = getattr(item, "weight", 1)
        with self._lock:
            while self._weight >= self._limit and not self._abandoned:
                self._drained.wait()
            if not self._abandoned:
                self._items.append((item, weight))
                self._weight += weight
                self._filled.notify()
                if self._weight * 2 >= self._limit:
                    self._plenty.notify()

    def get(self, timeout: float | None = None) -> Item:
        """Take the next item; after `timeout` seconds without one, TimeoutError."""
        with self._lock:
            if not self._items and not self._filled.wait_for(lambda: bool(self._items), timeout):
                raise TimeoutError
            item, weight = self._items.popleft()
            self._weight -= weight
            if self._weight < self._limit:
                self._drained.notify_all()
            return item

    def take(self, timeout: float | None = None) -> list[Item]:
        """Take what is there, letting a little gather; after `timeout` seconds without any, TimeoutError."""
        with self._lock:
            if not self._items and not self._filled.wait_for(lambda: bool(self._items), timeout):
                raise TimeoutError
            if self._weight * 2 < self._limit:
                self._plenty.wait(_LINGER_SECONDS)
            taken = [item for item, _ in self._items]
            self._items.clear()
            self._weight = 0
            self._drained.notify_all()
            return taken

    def abandon(self) -> None:
        """Let waiting readers go; what they hand over from now on is dropped."""
        with self._lock:
            self._abandoned = True
            self._drained.notify_all()
