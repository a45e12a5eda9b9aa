"""Two short drivers over one set of decisions (`communitykit.http.conductor`)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar, cast

import httpcore
import httpx

from communitykit.clock import SYSTEM_CLOCK
from communitykit.connector.flow import Flow, Request, Response
from communitykit.connector.settings import Settings
from communitykit.errors import CommunityKitError, TransientError
from communitykit.http.asgi import Application
from communitykit.http.bodies import Body, NoAnswerError, TooLongError
from communitykit.http.conductor import Conductor
from communitykit.http.one_piece import OnePieceBackend
from communitykit.http.operations import (
    Answer,
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
from communitykit.http.parallelism import Parallelism
from communitykit.http.through_httpx import Options, address, context, headers_of, options, request, written
from communitykit.http.unanswered import told_by_cause, unanswered
from communitykit.http.watched import WatchedBackend

if TYPE_CHECKING:
    from communitykit.http.through_aiohttp import ThroughAiohttp

T = TypeVar("T")


class SyncRunner:
    """Runs flows with blocking calls: in any thread, and inside a notebook's running loop."""

    def __init__(self, conductor: Conductor) -> None:
        """Open a client; `close` it, or use the runner as a context manager."""
        self.conductor = conductor
        self.parallelism = Parallelism()
        self._transports: list[httpx.HTTPTransport] = []
        self._own = threading.local()
        self._turn = threading.RLock()
        self._threads = ThreadPoolExecutor(conductor.settings.concurrency * 2, "communitykit")

    def __enter__(self) -> Self:
        """Return the runner."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the client."""
        self.close()

    def close(self) -> None:
        """Close connections and threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for transport in self._transports:
            transport.close()
        self._transports.clear()
        self._own = threading.local()

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
        finally:
            operations.close()  # at once: a request that was given up is told of where the run's end is told

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
        try:
            answer = self._transport().handle_request(request(send, self.conductor))
            body = Body(send, answer.status_code, headers_of(answer), settings, files)
            stream = cast("httpx.SyncByteStream", answer.stream)
            try:
                for chunk in answer.iter_bytes() if body.packed else stream:
                    body.take(chunk)
                return body.end()
            finally:
                body.close()
                stream.close()
                self.parallelism.answered(clock.monotonic() - started, body.size)
        except TooLongError as error:
            return error
        except (httpx.HTTPError, ConnectionError) as error:
            late = clock.monotonic() >= self._own.ends
            return _late(send, settings) if late else _failed(send, settings, error)

    def _look(self) -> None:
        """End what this thread reads: when the run was stopped, or when the answer should have ended by now."""
        if self.conductor.stopping.is_set():
            raise Stopped
        if self.conductor.clock.monotonic() >= self._own.ends:
            raise httpcore.ReadTimeout

    def _transport(self) -> httpx.HTTPTransport:
        """Return this thread's own connections: threads that share a pool wait for its lock."""
        transport: httpx.HTTPTransport | None = getattr(self._own, "transport", None)
        if transport is None:
            transport = self._own.transport = httpx.HTTPTransport(**options(self.conductor))
            # httpx has no option for what httpcore has one for.
            transport._pool._network_backend = WatchedBackend(self._look)  # noqa: SLF001
            self._transports.append(transport)
        return transport

    def _sleep(self, seconds: float) -> None:
        self.parallelism.widen()
        if self.conductor.clock is not SYSTEM_CLOCK:
            self.conductor.clock.sleep(seconds)
        elif self.conductor.stopping.wait(seconds):
            raise Stopped


class AsyncRunner:
    """Runs flows in an event loop. `app` answers instead of the network: an ASGI application called directly."""

    def __init__(self, conductor: Conductor, *, app: Application | None = None) -> None:
        """Open a client; close it with `aclose`."""
        self.conductor = conductor
        self._app = app
        self._transports: list[httpx.AsyncBaseTransport] = []
        self._free: list[httpx.AsyncBaseTransport] = []
        self._options: Options | None = None
        self._fast: ThroughAiohttp | None = None
        self._turn = asyncio.Lock()
        self._places = asyncio.Semaphore(conductor.settings.concurrency * 2)

    async def aclose(self) -> None:
        """Close connections."""
        for transport in self._transports:
            await transport.aclose()
        self._transports.clear()
        self._free.clear()
        if self._fast is not None:
            await self._fast.aclose()
            self._fast = None
        await asyncio.sleep(0)  # the loop lets go of them at its next turn

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
        finally:
            operations.close()  # as above

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

    def _opened(self) -> httpx.AsyncBaseTransport:
        """Return one more place's own connections: what a pool does for each request grows with those it has."""
        made: httpx.AsyncBaseTransport
        if self._app is not None:
            made = httpx.ASGITransport(app=self._app)
        else:
            self._options = self._options or options(self.conductor)
            made = httpx.AsyncHTTPTransport(**self._options)
            made._pool._network_backend = OnePieceBackend()  # noqa: SLF001 # as above
        self._transports.append(made)
        return made

    async def _send(self, send: Send, files: list[Path]) -> Answer | CommunityKitError:
        settings = self.conductor.settings
        try:
            async with asyncio.timeout(_allowed(send, settings)):
                if (fast := self._through_aiohttp()) is not None:
                    url, headers, content = written(send, self.conductor)
                    return await fast.answer(send, address(url), headers, content, files)
                transport = self._free.pop() if self._free else self._opened()
                try:
                    return await self._answered(send, files, transport)
                finally:
                    self._free.append(transport)
        except TimeoutError:
            return _late(send, settings)
        except TooLongError as error:
            return error
        except NoAnswerError as error:
            return unanswered(send, settings, error.kind, error.why)
        except (httpx.HTTPError, ConnectionError) as error:
            return _failed(send, settings, error)

    def _through_aiohttp(self) -> ThroughAiohttp | None:
        """Return what is asked through where the extra `fast` is installed: not through proxies, nor in process."""
        settings = self.conductor.settings
        if self._fast is None and self._app is None and settings.proxy is None and _has_aiohttp():
            from communitykit.http.through_aiohttp import ThroughAiohttp  # noqa: PLC0415 # an extra

            self._fast = ThroughAiohttp(settings, context(self.conductor))
        return self._fast

    async def _answered(self, send: Send, files: list[Path], transport: httpx.AsyncBaseTransport) -> Answer:
        answer = await transport.handle_async_request(request(send, self.conductor))
        body = Body(send, answer.status_code, headers_of(answer), self.conductor.settings, files)
        stream = cast("httpx.AsyncByteStream", answer.stream)
        try:
            async for chunk in answer.aiter_bytes() if body.packed else stream:
                body.take(chunk)
            return body.end()
        finally:
            body.close()
            await stream.aclose()


def _allowed(send: Send, settings: Settings) -> float:
    """Return the seconds that the answer may take from the first byte of its head to the last of its body."""
    return settings.max_file_time if send.to_file else settings.max_answer_time


def _late(send: Send, settings: Settings) -> TransientError:
    name = "max_file_time" if send.to_file else "max_answer_time"
    return TransientError(
        f"the answer did not end within {_allowed(send, settings):g} seconds",
        remedy=f"If it needs longer, set {name}.",
    )


@cache
def _has_aiohttp() -> bool:
    return find_spec("aiohttp") is not None


def _failed(send: Send, settings: Settings, error: Exception) -> TransientError:
    return unanswered(send, settings, type(error).__name__, told_by_cause(error))


def _remove(files: list[Path]) -> None:
    for path in files:
        with suppress(FileNotFoundError):
            path.unlink()
