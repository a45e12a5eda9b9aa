"""Two short drivers over one set of decisions (`communitykit.http.conductor`): they only send and sleep."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from certifi import where

from communitykit.clock import SYSTEM_CLOCK
from communitykit.connector.flow import Flow, Request, Response
from communitykit.connector.settings import Settings
from communitykit.errors import CommunityKitError, TransientError
from communitykit.http.asgi import Application
from communitykit.http.bodies import NoAnswerError, TooLongError
from communitykit.http.conductor import (
    Answer,
    Conductor,
    Emit,
    Meter,
    OneAtATime,
    Operation,
    Operations,
    Send,
    SideBySide,
    Sleep,
    Stopped,
)
from communitykit.http.direct import Direct
from communitykit.http.direct_async import DirectAsync
from communitykit.http.parallelism import Parallelism

if TYPE_CHECKING:
    from communitykit.http.through_httpx import Proxied, ThroughTransport

T = TypeVar("T")


class SyncRunner:
    """Runs flows with blocking calls: in any thread, and inside a notebook's running loop."""

    def __init__(self, conductor: Conductor) -> None:
        """Open nothing yet; `close` it, or use the runner as a context manager."""
        self.conductor = conductor
        self.parallelism = Parallelism()
        self._opened: list[Direct | Proxied] = []
        self._tls = _tls_of(conductor)
        self._own = threading.local()
        self._turn = threading.RLock()
        self._threads = ThreadPoolExecutor(conductor.settings.concurrency * 2, "communitykit")

    def __enter__(self) -> Self:
        """Return the runner."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close connections and threads."""
        self.close()

    def close(self) -> None:
        """Close connections and threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for connections in self._opened:
            connections.close()
        self._opened.clear()

    def run(self, flow: Flow[object], meter: Meter) -> Iterator[Emit]:
        """Run a flow; give its batches, slices, sweeps and gaps.

        Raises what the flow lets pass.
        """
        files: list[Path] = []
        operations = self.conductor.run(flow, meter)
        try:
            answer: object = None
            while True:
                operation = operations.send(answer)
                if isinstance(operation, Emit):
                    answer = None
                    yield operation
                else:
                    answer = self._carry_out(operation, files)
        except StopIteration:
            return
        finally:
            operations.close()
            flow.close()
            _remove(files)

    def send(self, request: Request, meter: Meter) -> Response:
        """Send one request, paced and retried."""
        return self._drive(self.conductor.send(request, meter), [])

    def _drive(self, operations: Operations[T], files: list[Path]) -> T:
        try:
            operation = next(operations)
            while True:
                operation = operations.send(self._carry_out(operation, files))
        except StopIteration as done:
            result: T = done.value
            return result

    def _carry_out(self, operation: Operation, files: list[Path]) -> object:
        if isinstance(operation, Send):
            return self._send(operation, files)
        if isinstance(operation, Sleep):
            self._sleep(operation.seconds)
            return None
        if isinstance(operation, OneAtATime):
            with self._turn:
                return self._drive(operation.operations, files)
        if isinstance(operation, SideBySide):
            if not self.parallelism.wide:
                return [self._drive(one, files) for one in operation.operations]
            return list(self._threads.map(lambda one: self._drive(one, files), operation.operations))
        message = f"not an operation inside another: {operation!r}"
        raise TypeError(message)

    def _send(self, send: Send, files: list[Path]) -> Answer | CommunityKitError:
        clock, settings = self.conductor.clock, self.conductor.settings
        started = clock.monotonic()
        self._own.ends = started + _allowed(send, settings)
        size = 0
        try:
            answer = self._connections().answer(send, files)
            size = len(answer.body) if answer.path is None else answer.path.stat().st_size
        except TooLongError as error:
            return error
        except NoAnswerError as error:
            return _late(send, settings) if clock.monotonic() >= self._own.ends else _network_error(error)
        else:
            return answer
        finally:
            self.parallelism.answered(clock.monotonic() - started, size)

    def _look(self) -> None:
        """End what this thread reads: when the run was stopped, or when the answer should have ended by now."""
        if self.conductor.stopping.is_set():
            raise Stopped
        if self.conductor.clock.monotonic() >= self._own.ends:
            raise NoAnswerError("ReadTimeout")

    def _connections(self) -> Direct | Proxied:
        """Return this thread's own connections: threads that share them would wait for one another."""
        connections: Direct | Proxied | None = getattr(self._own, "connections", None)
        if connections is None:
            settings, agent = self.conductor.settings, _agent(self.conductor)
            if settings.proxy is None:
                connections = Direct(settings, agent, self._tls, self.conductor.clock, self._look)
            else:
                from communitykit.http.through_httpx import Proxied  # noqa: PLC0415 # httpx is imported only when used

                connections = Proxied(settings, agent, self._tls, self._look)
            self._own.connections = connections
            self._opened.append(connections)
        return connections

    def _sleep(self, seconds: float) -> None:
        self.parallelism.widen()
        if self.conductor.clock is not SYSTEM_CLOCK:
            self.conductor.clock.sleep(seconds)
        elif self.conductor.stopping.wait(seconds):
            raise Stopped


class AsyncRunner:
    """Runs flows in an event loop. `app` answers instead of the network: an ASGI application called directly."""

    def __init__(self, conductor: Conductor, *, app: Application | None = None) -> None:
        """Open nothing yet; close it with `aclose`."""
        self.conductor = conductor
        self._app = app
        self._opened: DirectAsync | ThroughTransport | None = None
        self._turn = asyncio.Lock()
        self._places = asyncio.Semaphore(conductor.settings.concurrency * 2)

    async def aclose(self) -> None:
        """Close connections."""
        if self._opened is not None:
            await self._opened.aclose()
            self._opened = None

    async def run(self, flow: Flow[object], meter: Meter) -> AsyncIterator[Emit]:
        """Run a flow; give its batches, slices, sweeps and gaps.

        Raises what the flow lets pass.
        """
        files: list[Path] = []
        operations = self.conductor.run(flow, meter)
        try:
            answer: object = None
            while True:
                try:
                    operation = operations.send(answer)
                except StopIteration:
                    return
                if isinstance(operation, Emit):
                    answer = None
                    yield operation
                else:
                    answer = await self._carry_out(operation, files)
        finally:
            operations.close()
            flow.close()
            _remove(files)

    async def send(self, request: Request, meter: Meter) -> Response:
        """Send one request, paced and retried."""
        return await self._drive(self.conductor.send(request, meter), [])

    async def _drive(self, operations: Operations[T], files: list[Path]) -> T:
        try:
            operation = next(operations)
            while True:
                operation = operations.send(await self._carry_out(operation, files))
        except StopIteration as done:
            result: T = done.value
            return result

    async def _carry_out(self, operation: Operation, files: list[Path]) -> object:
        if isinstance(operation, Send):
            async with self._places:
                return await self._send(operation, files)
        if isinstance(operation, Sleep):
            await self.conductor.clock.sleep_async(operation.seconds)
            return None
        if isinstance(operation, OneAtATime):
            async with self._turn:
                return await self._drive(operation.operations, files)
        if isinstance(operation, SideBySide):
            return await asyncio.gather(*(self._drive(one, files) for one in operation.operations))
        message = f"not an operation inside another: {operation!r}"
        raise TypeError(message)

    def _connections(self) -> DirectAsync | ThroughTransport:
        """Return what requests go through, made when the first is sent."""
        if self._opened is None:
            settings, agent, tls = self.conductor.settings, _agent(self.conductor), _tls_of(self.conductor)
            if self._app is None and settings.proxy is None:
                self._opened = DirectAsync(settings, agent, tls)
            else:
                from communitykit.http.through_httpx import ThroughTransport  # noqa: PLC0415 # as above

                self._opened = (
                    ThroughTransport.proxied(settings, agent, tls)
                    if self._app is None
                    else ThroughTransport.in_process(settings, agent, self._app)
                )
        return self._opened

    async def _send(self, send: Send, files: list[Path]) -> Answer | CommunityKitError:
        settings = self.conductor.settings
        try:
            async with asyncio.timeout(_allowed(send, settings)):
                return await self._connections().answer(send, files)
        except TimeoutError:
            return _late(send, settings)
        except TooLongError as error:
            return error
        except NoAnswerError as error:
            return _network_error(error)


def _allowed(send: Send, settings: Settings) -> float:
    """Return the seconds that the answer may take from the first byte of its head to the last of its body."""
    return settings.max_file_time if send.to_file else settings.max_answer_time


def _late(send: Send, settings: Settings) -> TransientError:
    name = "max_file_time" if send.to_file else "max_answer_time"
    return TransientError(
        f"the answer did not end within {_allowed(send, settings):g} seconds",
        remedy=f"If it needs longer, set {name}.",
    )


def _agent(conductor: Conductor) -> str:
    return f"communitykit-{conductor.connector.name}/{conductor.connector.version}"


def _tls_of(conductor: Conductor) -> Callable[[], ssl.SSLContext]:
    """Return what makes the connections' one context when the first of them needs it: authorities take long to load."""
    bundle = conductor.settings.ca_bundle

    @cache
    def made() -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=where() if bundle is None else str(bundle))
        context.set_alpn_protocols(["http/1.1"])
        return context

    return made


def _network_error(error: NoAnswerError) -> TransientError:
    return TransientError(
        f"no whole answer arrived: {error.kind}", remedy="Check the network, the proxy and the base URL."
    )


def _remove(files: list[Path]) -> None:
    for path in files:
        with suppress(FileNotFoundError):
            path.unlink()
