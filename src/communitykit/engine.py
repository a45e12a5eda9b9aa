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
from typing import TYPE_CHECKING, Protocol

from communitykit.connector import Connector
from communitykit.errors import CommunityKitError, CredentialError
from communitykit.flow import Batch, Checkpoint, Flow, Gap, Scope, Slice, Swept
from communitykit.intake import Intake, Page
from communitykit.model import parse_id
from communitykit.operations import Emit, Stopped
from communitykit.reading import Event, Failed, Opened, SliceReading

if TYPE_CHECKING:
    from communitykit.runner import SyncRunner


class State(Protocol):
    """Where checkpoints are looked up, by the slice's full name `connector:network:key`."""

    def get(self, key: str, /) -> Checkpoint | None:
        """Give the checkpoint, or None for a slice never read."""


@dataclass(slots=True)
class SourceRun:
    """What one run over one connected source needs and keeps; the readers below share it."""

    connector: Connector
    scope: Scope
    state: State
    intake: Intake
    networks: dict[str, None] = field(default_factory=dict)
    failure: CommunityKitError | None = None
    order: threading.Lock = field(default_factory=threading.Lock)
    """Held while the list of strangers is handed on, so that no older list follows a newer one."""
    _noted: frozenset[str] = frozenset()

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

    def wanted(self, slice_: Slice) -> bool:
        """Tell whether the slice gives anything that was asked for."""
        return not self.scope.gives.isdisjoint(slice_.gives)

    def recall(self) -> None:
        """Take up the strangers that an interrupted run left."""
        pending = (self.state.get(self._strangers_key) or {}).get("ids", ())
        self.intake.strangers.update(dict.fromkeys(pending))
        self._noted = frozenset(pending)

    def remember(self) -> Page | None:
        """Give the checkpoint of the strangers still to be looked up, when there are new ones.

        It is stored before the page that names them. Who became known stays on the list until `settle`: their page is
        only on its way.
        """
        pending = frozenset(self.intake.strangers)
        if self.connector.resolve is None or pending <= self._noted:
            return None
        self._noted |= pending
        return self._note()

    def settle(self) -> Page | None:
        """Give the checkpoint without those who became known, once everything that told of them is handed on."""
        pending = frozenset(self.intake.strangers)
        if self.connector.resolve is None or pending == self._noted:
            return None
        self._noted = pending
        return self._note()

    def _note(self) -> Page:
        return Page(self._strangers_key, checkpoint={"v": 1, "ids": sorted(self._noted)})

    @property
    def _strangers_key(self) -> str:
        return f"{self.connector.name}:-:strangers"

    def settled(self, reading: SliceReading, ids: tuple[str, ...]) -> Page | None:
        """Give the checkpoint that says that these were looked up, whatever came of it; a failure leaves them."""
        if reading.failure is None:
            for member_id in ids:
                self.intake.strangers.pop(member_id, None)
        return self.settle()

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

    def strangers(self) -> list[tuple[str, tuple[str, ...]]]:
        """Give, by network, the members still to be looked up."""
        grouped: dict[str, list[str]] = {}
        for member_id in self.intake.strangers:
            grouped.setdefault(parse_id(member_id).network, []).append(member_id)
        return [(network, tuple(ids)) for network, ids in grouped.items()]


def read_sync(run: SourceRun, runner: SyncRunner, emit: Callable[[Event], None]) -> None:
    """Read a source: discovery here, slices in threads; every event goes to `emit`, which may block.

    Returns when all is read, or when the runner's conductor was told to stop.
    """
    waiting: queue.SimpleQueue[Slice | None] = queue.SimpleQueue()
    run.recall()
    stopping = runner.conductor.stopping

    def work() -> None:
        while (slice_ := waiting.get()) is not None:
            _read_slice(run, runner, slice_, emit)

    workers = [
        threading.Thread(target=work, name=f"communitykit-{run.connector.name}-{number}", daemon=True)
        for number in range(runner.conductor.settings.concurrency)
    ]
    for worker in workers:
        worker.start()
    try:
        if run.connector.discover is not None:
            _follow(run, runner, run.begin(None, "discover"), run.connector.discover(run.scope), emit, waiting.put)
    finally:
        for _ in workers:
            waiting.put(None)
        for worker in workers:
            worker.join()
    if run.looks_up() and not stopping.is_set():
        for network, ids in run.strangers():
            reading = run.begin(None, f"strangers/{network}")
            _follow(run, runner, reading, run.resolution(network, ids), emit, waiting.put)
            if not stopping.is_set() and (page := run.settled(reading, ids)) is not None:
                emit(page)
        if not stopping.is_set() and (page := run.settle()) is not None:
            emit(page)
    if run.failure is not None:
        emit(Failed(run.failure))


def _read_slice(run: SourceRun, runner: SyncRunner, slice_: Slice, emit: Callable[[Event], None]) -> None:
    reading = run.begin(slice_, slice_.label)
    emit(Opened(reading.key, slice_.label or slice_.key, sum(run.budgeted(slice_).values()) or None))
    if run.failure is not None:
        reading.stop(f"not read: {run.failure}")
        emit(reading.closed())
        return
    _follow(run, runner, reading, run.flow(slice_), emit, None)


def _follow(
    run: SourceRun,
    runner: SyncRunner,
    reading: SliceReading,
    flow: Flow,
    emit: Callable[[Event], None],
    found: Callable[[Slice], None] | None,
) -> None:
    try:
        for step in runner.run(flow, reading.meter):
            if isinstance(step.step, Slice):
                run.networks[step.step.network] = None
                if found is not None and run.wanted(step.step):
                    found(step.step)
                continue
            page = reading.page(step)
            if page is not None:
                with run.order:
                    if (pending := run.remember()) is not None:  # before the page whose checkpoint passes them by
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
