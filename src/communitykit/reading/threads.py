"""One run over one source: its slices read side by side. No store, no output.

What a slice comes to is decided in `communitykit.reading`; the readers here only schedule, over threads
(`communitykit.reading.tasks` does over tasks).
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from communitykit.connector.flow import Flow, Slice
from communitykit.http.operations import Stopped
from communitykit.reading.garbage import fewer_collections
from communitykit.reading.run import SourceRun
from communitykit.reading.slices import Failed, Opened, Progress, SliceReading

if TYPE_CHECKING:
    from communitykit.http.drivers import SyncRunner


def read_sync(run: SourceRun, runner: SyncRunner, emit: Callable[[Progress], None]) -> None:
    """Read a source: discovery here, slices in threads; every event goes to `emit`, which may block.

    Returns when all is read, or when the runner's conductor was told to stop.
    """
    with fewer_collections():
        _read_all(run, runner, emit)


def _read_all(run: SourceRun, runner: SyncRunner, emit: Callable[[Progress], None]) -> None:
    waiting: queue.SimpleQueue[Slice | None] = queue.SimpleQueue()
    stopping = runner.conductor.stopping

    def work() -> None:
        while (slice_ := waiting.get()) is not None:
            _read_slice(run, runner, slice_, emit)

    workers = [
        threading.Thread(target=work, name=f"communitykit-{run.connector.name}-{number}", daemon=True)
        for number in range(runner.conductor.settings.concurrency)
    ]
    first, *others = workers

    def start_others() -> None:
        for worker in others:
            worker.start()

    first.start()
    runner.parallelism.when_wide(start_others)
    try:
        if run.connector.discover is not None:
            discover = partial(run.connector.discover, run.selection)
            _follow(run, runner, run.begin(None, "discover"), discover, emit, waiting.put)
    finally:
        for _ in workers:
            waiting.put(None)
        first.join()
        for worker in others:
            if worker.ident is not None:  # who starts later than this finds nothing left to read
                worker.join()
    if run.looks_up() and not stopping.is_set():
        for network, ids in run.lookups.by_network():
            reading = run.begin(None, f"strangers/{network}")
            _follow(run, runner, reading, partial(run.resolution, network, ids), emit, None)
            for page in [] if stopping.is_set() else run.settled(reading, ids):
                emit(page)
        for page in [] if stopping.is_set() else run.lookups.settle():
            emit(page)
    if run.failure is not None:
        emit(Failed(run.failure))


def _read_slice(run: SourceRun, runner: SyncRunner, slice_: Slice, emit: Callable[[Progress], None]) -> None:
    reading = run.begin(slice_, slice_.label)
    emit(Opened(reading.key, slice_.label or slice_.key, run.expected(slice_)))
    if run.failure is not None:
        reading.stop(f"not read: {run.failure}", run.failure)
        emit(reading.closed())
        return
    _follow(run, runner, reading, partial(run.flow, slice_), emit, None)


def _follow(
    run: SourceRun,
    runner: SyncRunner,
    reading: SliceReading,
    begin: Callable[[], Flow],
    emit: Callable[[Progress], None],
    found: Callable[[Slice], None] | None,
) -> None:
    for event in follow(run, runner, reading, begin, found):
        emit(event)


def follow(
    run: SourceRun,
    runner: SyncRunner,
    reading: SliceReading,
    begin: Callable[[], Flow],
    found: Callable[[Slice], None] | None = None,
) -> Iterator[Progress]:
    """Read one flow in this thread, yielding what comes of it and in the end its Coverage; slices go to `found`."""
    try:
        for step in runner.run(begin(), reading.meter):
            if isinstance(step.step, Slice):
                if run.found(step.step) and found is not None:
                    found(step.step)
                continue
            page = reading.page(step)
            if page is not None:
                with run.lookups.order:
                    pending = run.remember(reading)
                    if pending is not None:  # before the page whose checkpoint passes them by
                        yield pending
                yield page
    except Stopped:
        reading.interrupt()
    except Exception as error:  # noqa: BLE001 # one bad slice never ends a run; its Coverage says what happened
        reading.fail(error)
    run.note_end(reading)
    settled = reading.settled()
    if settled is not None:
        yield settled
    yield reading.closed()
