"""One run over one source in an event loop: slices as tasks. The counterpart of `communitykit.reading.threads`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from functools import partial

from communitykit.connector.flow import Flow, Slice
from communitykit.http.drivers import AsyncRunner
from communitykit.http.operations import Stopped
from communitykit.reading.garbage import fewer_collections
from communitykit.reading.run import SourceRun
from communitykit.reading.slices import Failed, Opened, Progress, SliceReading


async def read_async(run: SourceRun, runner: AsyncRunner, *, concurrency: int) -> AsyncGenerator[Progress, None]:
    """Read a source in an event loop: slices as tasks, events as they come."""
    reader = _AsyncReader(run, runner, concurrency)
    with fewer_collections():
        whole = asyncio.create_task(reader.everything())
        try:
            while (event := await reader.events.get()) is not None:
                yield event
            await whole
        finally:
            for task in (whole, *reader.tasks):
                task.cancel()
            await asyncio.gather(whole, *reader.tasks, return_exceptions=True)


class _AsyncReader:
    def __init__(self, run: SourceRun, runner: AsyncRunner, concurrency: int) -> None:
        self.run = run
        self.runner = runner
        self.events: asyncio.Queue[Progress | None] = asyncio.Queue(maxsize=concurrency * 2)
        self.tasks: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(concurrency)
        self._order = asyncio.Lock()
        """Held while those to be looked up are handed on, so that no older list follows a newer one."""

    async def everything(self) -> None:
        run, connector = self.run, self.run.connector
        try:
            if connector.discover is not None:
                await self._follow(run.begin(None, "discover"), partial(connector.discover, run.selection))
            while pending := [task for task in self.tasks if not task.done()]:
                await asyncio.gather(*pending)
            if run.looks_up():
                for network, ids in run.lookups.by_network():
                    reading = run.begin(None, f"strangers/{network}")
                    await self._follow(reading, partial(run.resolution, network, ids))
                    for page in run.settled(reading, ids):
                        await self.events.put(page)
                for page in run.lookups.settle():
                    await self.events.put(page)
            if run.failure is not None:
                await self.events.put(Failed(run.failure))
        finally:
            await self.events.put(None)

    async def _read(self, slice_: Slice) -> None:
        run = self.run
        async with self._places:
            reading = run.begin(slice_, slice_.label)
            await self.events.put(Opened(reading.key, slice_.label or slice_.key, run.expected(slice_)))
            if run.failure is not None:
                reading.stop(f"not read: {run.failure}", run.failure)
                await self.events.put(reading.closed())
                return
            await self._follow(reading, partial(run.flow, slice_))

    async def _follow(self, reading: SliceReading, begin: Callable[[], Flow]) -> None:
        try:
            async for emit in self.runner.run(begin(), reading.meter):
                if isinstance(emit.step, Slice):
                    self._found(emit.step)
                    continue
                page = reading.page(emit)
                if page is not None:
                    async with self._order:
                        pending = self.run.remember(reading)
                        if pending is not None:  # before the page whose checkpoint passes them by
                            await self.events.put(pending)
                    await self.events.put(page)
        except Stopped:
            reading.interrupt()
        except Exception as error:  # noqa: BLE001 # one bad slice never ends a run; its Coverage says what happened
            reading.fail(error)
        self.run.note_end(reading)
        settled = reading.settled()
        if settled is not None:
            await self.events.put(settled)
        await self.events.put(reading.closed())

    def _found(self, slice_: Slice) -> None:
        if self.run.found(slice_):
            self.tasks.add(asyncio.create_task(self._read(slice_)))
