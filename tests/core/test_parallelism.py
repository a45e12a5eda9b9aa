from __future__ import annotations

import threading

from communitykit.http.parallelism import QUICK_SECONDS, Parallelism

QUICK, SLOW = QUICK_SECONDS / 2, QUICK_SECONDS * 2


def test_quick_answers_keep_it_narrow() -> None:
    parallelism = Parallelism()

    for number in range(100):
        parallelism.answered(SLOW if number % 8 else QUICK, 100)  # one that is slow by chance

    assert not parallelism.wide


def test_large_pages_may_take_longer() -> None:
    parallelism = Parallelism()

    for _ in range(20):
        parallelism.answered(QUICK + 0.02, 500_000)
    narrow = not parallelism.wide
    for _ in range(8):
        parallelism.answered(SLOW + 0.05, 500_000)

    assert narrow
    assert parallelism.wide


def test_slow_answers_widen_it_for_good() -> None:
    parallelism, called = Parallelism(), list[str]()
    parallelism.when_wide(lambda: called.append("before"))

    for _ in range(8):
        parallelism.answered(SLOW, 100)
    parallelism.answered(QUICK, 100)
    parallelism.when_wide(lambda: called.append("after"))

    assert parallelism.wide
    assert called == ["before", "after"]


def test_whoever_waits_widens_it_once() -> None:
    parallelism, called = Parallelism(), list[int]()
    parallelism.when_wide(lambda: called.append(threading.get_ident()))

    threads = [threading.Thread(target=parallelism.widen) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(called) == 1
