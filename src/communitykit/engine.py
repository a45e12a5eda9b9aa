"""One run over one source: its slices read side by side. No store, no output.

What a slice comes to is decided in `communitykit.reading`; the readers here only schedule, over threads
(`communitykit.engine_async` does over tasks).
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from communitykit.connector import Connector
from communitykit.errors import CommunityKitError, CredentialError
from communitykit.flow import Batch, Flow, Gap, Scope, Slice, Swept
from communitykit.intake import Intake, Page
from communitykit.operations import Emit, Stopped
from communitykit.reading import Event, Failed, Opened, SliceReading
from communitykit.strangers import State, Strangers

if TYPE_CHECKING:
    from communitykit.runner import SyncRunner


@dataclass(slots=True)
class SourceRun:
    """What one run over one connected source needs and keeps; the readers below share it."""

    connector: Connector
    scope: Scope
    state: State
    intake: Intake
    failure: CommunityKitError | None = None
    strangers: Strangers = field(init=False)

    def __post_init__(self) -> None:
        """Nobody is a stranger yet."""
        self.strangers = Strangers(self.intake, self.state, kept=self.connector.resolve is not None)

    def name(self, slice_: Slice) -> str:
        """Give a slice's full name, under which its checkpoint is kept."""
        return f"{self.connector.name}:{slice_.network}:{slice_.key}"

    def begin(self, slice_: Slice | None, label: str) -> SliceReading:
        """Start reading a slice, or the discovery (None)."""
        key = self.name(slice_) if slice_ else f"{self.connector.name}:-:{label}"
        return SliceReading(self.intake, self.scope, key, slice_=slice_)

    def flow(self, slice_: Slice) -> Flow:
        """Give the flow that reads a slice from its checkpoint."""
        if self.connector.read is None:
            message = f"{self.connector.name} discovers slices but declares no read"
            raise TypeError(message)
        return self.connector.read(self.scope, slice_, self.state.get(self.name(slice_)))

    def budgeted(self, slice_: Slice) -> Mapping[str, int]:
        """Give the connector's own estimate of the requests that a slice takes, by budget."""
        if self.connector.estimate is None:
            return {}
        return self.connector.estimate(self.scope, slice_, self.state.get(self.name(slice_)))

    def expected(self, slice_: Slice) -> int | None:
        """Give about how many requests a slice takes; None where nothing tells, or where the estimate itself fails.

        It is for the progress bar: a defect in it must not cost the slice.
        """
        try:
            return sum(self.budgeted(slice_).values()) or None
        except Exception:  # noqa: BLE001 # any failure of somebody else's estimate
            return None

    def wanted(self, slice_: Slice) -> bool:
        """Tell whether the slice gives anything that was asked for."""
        return not self.scope.gives.isdisjoint(slice_.gives)

    def found(self, slice_: Slice) -> bool:
        """Note a slice that was discovered; tell whether it is to be read."""
        self.strangers.recall(slice_.network)
        return self.wanted(slice_)

    def remember(self, reading: SliceReading) -> Page | None:
        """Give the checkpoint to store before the reading's page: of the members still to be looked up."""
        return self.strangers.remember(reading.slice.network) if reading.slice is not None else None

    def settled(self, reading: SliceReading, ids: tuple[str, ...]) -> list[Page]:
        """Give the checkpoints that say that these were looked up, whatever came of it; a failure leaves them."""
        return self.strangers.settle(ids if reading.failure is None else ())

    def resolution(self, network: str, ids: tuple[str, ...]) -> Flow:
        """Give the flow that looks strangers up."""
        if self.connector.resolve is None:
            message = f"{self.connector.name} declares no resolve"
            raise TypeError(message)
        return self.connector.resolve(self.scope, network, ids)

    def looks_up(self) -> bool:
        """Tell whether strangers are to be looked up: only where members were asked for."""
        return self.connector.resolve is not None and self.failure is None and "member" in self.scope.gives

    def note_end(self, reading: SliceReading) -> None:
        """Remember a failure that ends the whole source."""
        blind = reading.failure is not None and reading.key == f"{self.connector.name}:-:discover"
        if isinstance(reading.failure, CredentialError) or blind:
            self.failure = self.failure or reading.failure


def read_sync(run: SourceRun, runner: SyncRunner, emit: Callable[[Event], None]) -> None:
    """Read a source: discovery here, slices in threads; every event goes to `emit`, which may block.

    Returns when all is read, or when the runner's conductor was told to stop.
    """
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
    runner.width.when_wide(start_others)
    try:
        if run.connector.discover is not None:
            discover = partial(run.connector.discover, run.scope)
            _follow(run, runner, run.begin(None, "discover"), discover, emit, waiting.put)
    finally:
        for _ in workers:
            waiting.put(None)
        first.join()
        for worker in others:
            if worker.ident is not None:  # who starts later than this finds nothing left to read
                worker.join()
    if run.looks_up() and not stopping.is_set():
        for network, ids in run.strangers.by_network():
            reading = run.begin(None, f"strangers/{network}")
            _follow(run, runner, reading, partial(run.resolution, network, ids), emit, waiting.put)
            for page in [] if stopping.is_set() else run.settled(reading, ids):
                emit(page)
        for page in [] if stopping.is_set() else run.strangers.settle():
            emit(page)
    if run.failure is not None:
        emit(Failed(run.failure))


def _read_slice(run: SourceRun, runner: SyncRunner, slice_: Slice, emit: Callable[[Event], None]) -> None:
    reading = run.begin(slice_, slice_.label)
    emit(Opened(reading.key, slice_.label or slice_.key, run.expected(slice_)))
    if run.failure is not None:
        reading.stop(f"not read: {run.failure}")
        emit(reading.closed())
        return
    _follow(run, runner, reading, partial(run.flow, slice_), emit, None)


def _follow(
    run: SourceRun,
    runner: SyncRunner,
    reading: SliceReading,
    begin: Callable[[], Flow],
    emit: Callable[[Event], None],
    found: Callable[[Slice], None] | None,
) -> None:
    try:
        for step in runner.run(begin(), reading.meter):
            if isinstance(step.step, Slice):
                if run.found(step.step) and found is not None:
                    found(step.step)
                continue
            page = reading.page(step)
            if page is not None:
                with run.strangers.order:
                    if (
                        pending := run.remember(reading)
                    ) is not None:  # before the page whose checkpoint passes them by
                        emit(pending)
                emit(page)
    except Stopped:
        reading.stop("the run was stopped; run it again to go on")
    except Exception as error:  # noqa: BLE001 # one bad slice never ends a run; its Coverage says what happened
        reading.fail(error)
    run.note_end(reading)
    emit(reading.closed())


def read_steps(
    intake: Intake, scope: Scope, steps: Iterable[Batch | Slice | Swept | Gap], *, now: datetime, as_of: datetime
) -> Iterator[Event]:
    """Read an archive's steps: each Slice opens a new one, to which the batches after it belong."""
    name = intake.connector.name
    reading = SliceReading(intake, scope, f"{name}:-:archive")
    try:
        for step in steps:
            if isinstance(step, Slice):
                yield reading.closed()
                reading = SliceReading(intake, scope, f"{name}:{step.network}:{step.key}", slice_=step)
                yield Opened(reading.key, step.label or step.key)
                continue
            if isinstance(step, Batch):
                step = replace(step, as_of=step.as_of or as_of)  # noqa: PLW2901 # the same step, dated
            page = reading.page(Emit(step, now))
            if page is not None:
                if isinstance(step, Swept):
                    page.sweeps = [replace(one, source=intake.source(now, as_of)) for one in page.sweeps]
                yield page
    except Stopped:
        reading.stop("the import was stopped; run it again to go on")
    except CommunityKitError as error:
        reading.fail(error)
        yield reading.closed()
        raise
    yield reading.closed()
