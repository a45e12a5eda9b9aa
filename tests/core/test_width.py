from __future__ import annotations

import threading

from communitykit.width import QUICK_SECONDS, Width

QUICK, SLOW = QUICK_SECONDS / 2, QUICK_SECONDS * 2


def test_quick_answers_keep_it_narrow() -> None:
    width = Width()

    for number in range(100):
        width.answered(SLOW if number % 8 else QUICK, 100)  # one that is slow by chance

    assert not width.wide


def test_large_pages_may_take_longer() -> None:
    width = Width()

    for _ in range(20):
        width.answered(QUICK + 0.02, 500_000)
    narrow = not width.wide
    for _ in range(8):
        width.answered(SLOW + 0.05, 500_000)

    assert narrow
    assert width.wide


def test_slow_answers_widen_it_for_good() -> None:
    width, called = Width(), list[str]()
    width.when_wide(lambda: called.append("before"))

    for _ in range(8):
        width.answered(SLOW, 100)
    width.answered(QUICK, 100)
    width.when_wide(lambda: called.append("after"))

    assert width.wide
    assert called == ["before", "after"]


def test_whoever_waits_widens_it_once() -> None:
    width, called = Width(), list[int]()
    width.when_wide(lambda: called.append(threading.get_ident()))

    threads = [threading.Thread(target=width.widen) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(called) == 1
