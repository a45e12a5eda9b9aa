"""Connections of an event loop, straight to the platform. The counterpart of `communitykit.http.direct`.

asyncio's own transports and protocols: streams above them would take each read through queues and locks of their own.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict, cast

from communitykit.connector.settings import Settings
from communitykit.http.bodies import NoAnswerError
from communitykit.http.conductor import Answer, Send
from communitykit.http.direct import IDLE_SECONDS
from communitykit.http.messages import Talk, written
from communitykit.http.target import Target

_EYEBALLS_SECONDS = 0.25
"""After which a host's next address is tried beside the first (RFC 8305)."""


class DirectAsync:
    """The connections of one event loop: as many as are used side by side."""

    def __init__(self, settings: Settings, agent: str, tls: Callable[[], ssl.SSLContext]) -> None:
        """Open nothing yet; `tls` makes the context where one is needed."""
        self._settings = settings
        self._agent = agent
        self._tls = tls
        self._idle: dict[tuple[bool, str, int], list[_Connection]] = {}

    async def answer(self, send: Send, files: list[Path]) -> Answer:
        """Send a request and return its whole answer.

        Raises NoAnswerError and TooLongError.
        """
        target, headers, content = written(send, self._agent)
        connection = self._kept(target) or await self._opened(target)
        try:
            answer = await connection.ask(connection.talk.ask(send, target, headers, content, files))
        except BaseException:
            connection.close()
            raise
        if connection.rests():
            self._idle.setdefault(target.place, []).append(connection)
        else:
            connection.close()
        return answer

    async def aclose(self) -> None:
        """Close the connections."""
        for connections in self._idle.values():
            for connection in connections:
                connection.close()
        self._idle.clear()
        await asyncio.sleep(0)  # the loop closes them at its next turn

    def _kept(self, target: Target) -> _Connection | None:
        connections = self._idle.get(target.place)
        while connections:
            connection = connections.pop()
            if connection.is_fresh():
                return connection
            connection.close()
        return None

    async def _opened(self, target: Target) -> _Connection:
        loop = asyncio.get_running_loop()
        context, name = (self._tls(), target.name) if target.tls else (None, None)
        try:
            async with asyncio.timeout(self._settings.timeout):
                _, connection = await loop.create_connection(
                    lambda: _Connection(self._settings, loop),
                    target.name,
                    target.port,
                    ssl=context,
                    server_hostname=name,
                    **_eyeballs(loop),
                )
        except TimeoutError:
            raise NoAnswerError("ConnectTimeout") from None
        except OSError:
            raise NoAnswerError("ConnectError") from None
        return connection


class _Eyeballs(TypedDict, total=False):
    happy_eyeballs_delay: float


def _eyeballs(loop: asyncio.AbstractEventLoop) -> _Eyeballs:
    """Return asyncio's own option; other loops (uvloop) do not know it, and try addresses one after the other."""
    return {"happy_eyeballs_delay": _EYEBALLS_SECONDS} if isinstance(loop, asyncio.BaseEventLoop) else {}


class _Connection(asyncio.Protocol):
    def __init__(self, settings: Settings, loop: asyncio.AbstractEventLoop) -> None:
        self.talk = Talk(settings)
        self._timeout = settings.timeout
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._heard = loop.time()
        self._watch: asyncio.TimerHandle | None = None

    async def ask(self, request: bytes) -> Answer:
        self._answer = self._loop.create_future()
        self._heard = self._loop.time()
        if self._transport is None:
            raise NoAnswerError("ReadError")
        if self._watch is None:
            self._watch = self._loop.call_later(self._timeout, self._look)
        self._transport.write(request)
        try:
            return await self._answer
        finally:
            if self._answer.done() and not self._answer.cancelled():
                self._answer.exception()  # seen, even where whoever waits was cancelled meanwhile

    def rests(self) -> bool:
        """Begin to be idle; tell whether there may be another request."""
        self._answer = None
        self._heard = self._loop.time()
        return self.talk.goes_on() and self._transport is not None

    def is_fresh(self) -> bool:
        """Tell whether another request may go out: nothing ended it, and nothing came that nobody asked for."""
        return self._transport is not None and self._loop.time() - self._heard < IDLE_SECONDS

    def close(self) -> None:
        self.talk.close()
        if self._watch is not None:
            self._watch.cancel()
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._heard = self._loop.time()
        self._hear(data)

    def eof_received(self) -> None:
        self._hear(b"")

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._fail(NoAnswerError("RemoteProtocolError" if exc is None else "ReadError"))
        self.close()

    def _hear(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            self.close()  # nobody asked for it
            return
        try:
            answer = self.talk.hear(data)
        except Exception as error:  # noqa: BLE001 # whoever waits for the answer raises it
            self._fail(error)
        else:
            if answer is not None:
                self._answer.set_result(answer)

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)

    def _look(self) -> None:
        """Look whether the other side has been silent for too long; if not, look again when it may have been."""
        rest = self._heard + self._timeout - self._loop.time()
        if self._answer is None:
            self._watch = None
        elif rest > 0:
            self._watch = self._loop.call_later(rest, self._look)
        else:
            self._fail(NoAnswerError("ReadTimeout"))
