from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest

from communitykit.reading.backlog import Backlog


@dataclass
class Page:
    records: list[int]

    @property
    def weight(self) -> int:
        return len(self.records)


def test_what_gathered_is_taken_at_once_and_in_order() -> None:
    backlog = Backlog[Page]()
    pages = [Page([number]) for number in range(5)]
    for page in pages:
        backlog.put(page)

    assert backlog.take() == pages
    with pytest.raises(TimeoutError):
        backlog.take(timeout=0)


def test_a_full_backlog_holds_readers_up_until_something_is_taken() -> None:
    backlog, passed = Backlog[Page](limit=10), threading.Event()
    backlog.put(Page(list(range(10))))

    def read() -> None:
        backlog.put(Page([1]))
        passed.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    held_up = not passed.wait(0.05)
    taken = backlog.take()
    reader.join(5)

    assert held_up
    assert len(taken) == 1
    assert backlog.get(timeout=5) == Page([1])


def test_nobody_waits_for_an_abandoned_backlog() -> None:
    backlog = Backlog[Page](limit=1)
    backlog.put(Page([1]))
    reader = threading.Thread(target=backlog.put, args=(Page([2]),), daemon=True)
    reader.start()

    backlog.abandon()
    reader.join(5)

    assert not reader.is_alive()
