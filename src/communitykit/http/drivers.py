"""The only module that imports httpx: two short drivers over one set of decisions (`communitykit.http.conductor`)."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Self, TypedDict, TypeVar, cast

import httpcore
import httpx
from pydantic_core import to_json

from communitykit.clock import SYSTEM_CLOCK
from communitykit.connector.flow import Flow, Request, Response
from communitykit.connector.settings import Settings
from communitykit.errors import CommunityKitError, TransientError
from communitykit.http.asgi import Application
from communitykit.http.bodies import Body, TooLongError
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
from communitykit.http.one_piece import OnePieceBackend
from communitykit.http.parallelism import Parallelism
from communitykit.http.watched import WatchedBackend

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
            answer = self._transport().handle_request(_request(send, self.conductor))
            body = Body(send, answer.status_code, _headers(answer), settings, files)
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
            return _late(send, settings) if clock.monotonic() >= self._own.ends else _network_error(error)

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
            transport = self._own.transport = httpx.HTTPTransport(**_options(self.conductor))
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


class _Options(TypedDict):
    """How a transport connects."""

    verify: ssl.SSLContext | bool
    proxy: str | None
    limits: httpx.Limits
    trust_env: bool


class AsyncRunner:
    """Runs flows in an event loop. `app` answers instead of the network: an ASGI application called directly."""

    def __init__(self, conductor: Conductor, *, app: Application | None = None) -> None:
        """Open a client; close it with `aclose`."""
        self.conductor = conductor
        self._app = app
        self._transports: list[httpx.AsyncBaseTransport] = []
        self._free: list[httpx.AsyncBaseTransport] = []
        self._options: _Options | None = None
        self._turn = asyncio.Lock()
        self._places = asyncio.Semaphore(conductor.settings.concurrency * 2)

    async def aclose(self) -> None:
        """Close connections."""
        for transport in self._transports:
            await transport.aclose()
        self._transports.clear()
        self._free.clear()

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

    def _opened(self) -> httpx.AsyncBaseTransport:
        """Return one more place's own connections: what a pool does for each request grows with those it has."""
        made: httpx.AsyncBaseTransport
        if self._app is not None:
            made = httpx.ASGITransport(app=self._app)
        else:
            self._options = self._options or _options(self.conductor)
            made = httpx.AsyncHTTPTransport(**self._options)
            made._pool._network_backend = OnePieceBackend()  # noqa: SLF001 # as above
        self._transports.append(made)
        return made

    async def _send(self, send: Send, files: list[Path]) -> Answer | CommunityKitError:
        settings = self.conductor.settings
        try:
            async with asyncio.timeout(_allowed(send, settings)):
                transport = self._free.pop() if self._free else self._opened()
                try:
                    return await self._answered(send, files, transport)
                finally:
                    self._free.append(transport)
        except TimeoutError:
            return _late(send, settings)
        except TooLongError as error:
            return error
        except (httpx.HTTPError, ConnectionError) as error:
            return _network_error(error)

    async def _answered(self, send: Send, files: list[Path], transport: httpx.AsyncBaseTransport) -> Answer:
        answer = await transport.handle_async_request(_request(send, self.conductor))
        body = Body(send, answer.status_code, _headers(answer), self.conductor.settings, files)
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


def _options(conductor: Conductor) -> _Options:
    settings = conductor.settings
    if settings.ca_bundle is not None:
        verify = ssl.create_default_context(cafile=str(settings.ca_bundle))
    elif conductor.exchange.base_url.startswith("http://"):
        verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # never used, and loading the authorities takes long
    else:
        verify = httpx.create_ssl_context(trust_env=False)
    proxy = settings.proxy.get_secret_value() if settings.proxy else None
    limits = httpx.Limits(max_connections=settings.concurrency * 2)
    # Proxies of the environment are not asked: nothing is sent through a host that the settings did not name.
    return {"verify": verify, "proxy": proxy, "limits": limits, "trust_env": False}


def _request(send: Send, conductor: Conductor) -> httpx.Request:
    """Build a request for the transport itself, from bytes: a client's cookies, redirects and log lines are not wanted.

    Building it from mappings takes twice as long, and a pull is thousands of small requests.
    """
    connector, timeout = conductor.connector, conductor.settings.timeout
    url = _parsed(send.url) if send.params is None else httpx.URL(send.url, params=send.params)
    given = {name.lower() for name in send.headers}
    headers = {
        "Host": url.netloc.decode("ascii"),
        "User-Agent": f"communitykit-{connector.name}/{connector.version}",
        "Accept-Encoding": "gzip, deflate",
    }
    headers = {name: value for name, value in headers.items() if name.lower() not in given} | dict(send.headers)
    content, kind = b"", ""
    if send.form is not None:
        content, kind = str(httpx.QueryParams(send.form)).encode(), "application/x-www-form-urlencoded"
    elif send.json is not None:
        content, kind = to_json(send.json), "application/json"
    if kind and "content-type" not in given:
        headers["Content-Type"] = kind
    if content or send.method not in {"GET", "HEAD"}:
        headers["Content-Length"] = str(len(content))
    return httpx.Request(
        send.method,
        url,
        headers=[(name.encode("ascii"), value.encode()) for name, value in headers.items()],
        stream=httpx.ByteStream(content),
        extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), timeout)},
    )


def _headers(answer: httpx.Response) -> dict[str, str]:
    """Read the headers from the bytes: what httpx does to find their encoding costs more than the rest of it."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in answer.headers.raw:
        name = raw_name.decode("ascii").lower()
        try:
            value = raw_value.decode()
        except UnicodeDecodeError:
            value = raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


@lru_cache(maxsize=256)
def _parsed(url: str) -> httpx.URL:
    """Parse an address; most are a method's, asked a thousand times."""
    return httpx.URL(url)


def _network_error(error: Exception) -> TransientError:
    kind = type(error).__name__
    return TransientError(f"no whole answer arrived: {kind}", remedy="Check the network, the proxy and the base URL.")


def _remove(files: list[Path]) -> None:
    for path in files:
        with suppress(FileNotFoundError):
            path.unlink()
