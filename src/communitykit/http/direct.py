"""Connections of a thread, straight to the platform. The counterpart of `communitykit.http.direct_async`.

Each is watched while something is read from it, for how long and whether the run was stopped: a read that waits for
the next byte knows neither, and whoever sends a byte of a head now and then would hold it for ever.
"""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from communitykit.clock import Clock
from communitykit.connector.settings import Settings
from communitykit.http.bodies import NoAnswerError
from communitykit.http.conductor import Answer, Send
from communitykit.http.messages import Talk, written
from communitykit.http.target import Target

Look: TypeAlias = Callable[[], None]
"""Raises what ends the reading."""

LOOK_SECONDS = 0.25
"""So often a read that waits looks up."""
IDLE_SECONDS = 5.0
"""A connection that was idle for longer is not used again: many servers end them about then."""
READ_BYTES = 64 * 1024


class Direct:
    """The connections of one thread, at most one to each host."""

    def __init__(
        self, settings: Settings, agent: str, tls: Callable[[], ssl.SSLContext], clock: Clock, look: Look
    ) -> None:
        """Open nothing yet; `tls` makes the context where one is needed."""
        self._settings = settings
        self._agent = agent
        self._tls = tls
        self._clock = clock
        self._look = look
        self._idle: dict[tuple[bool, str, int], _Connection] = {}
        self._closed = False

    def answer(self, send: Send, files: list[Path]) -> Answer:
        """Send a request and return its whole answer.

        Raises NoAnswerError, TooLongError, and whatever `look` raises.
        """
        target, headers, content = written(send, self._agent)
        connection = self._connected(target)
        try:
            answer = connection.ask(connection.talk.ask(send, target, headers, content, files))
        except BaseException:
            connection.close()
            raise
        if connection.talk.goes_on() and not self._closed:
            connection.idle_since = self._clock.monotonic()
            self._idle[target.place] = connection
        else:
            connection.close()
        return answer

    def close(self) -> None:
        """Close the connections that are idle; one that is in use, in the thread whose they are, is closed after it."""
        self._closed = True
        for connection in list(self._idle.values()):
            connection.close()
        self._idle.clear()

    def _connected(self, target: Target) -> _Connection:
        kept = self._idle.pop(target.place, None)
        if kept is not None:
            if self._clock.monotonic() - kept.idle_since < IDLE_SECONDS and not kept.is_readable():
                return kept
            kept.close()
        self._look()
        return _Connection(_opened(target, self._settings.timeout, self._tls), self._settings, self._look)


class _Connection:
    def __init__(self, opened: socket.socket, settings: Settings, look: Look) -> None:
        self.talk = Talk(settings)
        self.idle_since = 0.0
        self._socket = opened
        self._timeout = settings.timeout
        self._look = look

    def ask(self, request: bytes) -> Answer:
        early = False
        try:
            self._socket.settimeout(self._timeout)
            self._socket.sendall(request)
        except OSError:  # an answer may be there all the same: a refusal of what is too long
            early = True
        while True:
            answer = self.talk.hear(self._read(early=early))
            if answer is not None:
                return answer

    def _read(self, *, early: bool) -> bytes:
        rest = self._timeout
        while True:
            self._look()
            self._socket.settimeout(min(rest, LOOK_SECONDS))
            try:
                return self._socket.recv(READ_BYTES)
            except TimeoutError:
                rest -= LOOK_SECONDS
                if rest <= 0 or early:
                    raise NoAnswerError("ReadTimeout") from None
            except OSError:
                raise NoAnswerError("ReadError") from None

    def is_readable(self) -> bool:
        """Tell whether something is there that nobody asked for: the end, most of the time."""
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return True
        number = self._socket.fileno()
        if hasattr(select, "poll"):  # which knows numbers that `select` does not
            poll = select.poll()
            poll.register(number, select.POLLIN)
            return bool(poll.poll(0))
        return bool(select.select([number], [], [], 0)[0])

    def close(self) -> None:
        self.talk.close()
        self._socket.close()


def _opened(target: Target, timeout: float, tls: Callable[[], ssl.SSLContext]) -> socket.socket:
    opened: socket.socket | None = None
    try:
        opened = socket.create_connection((target.name, target.port), timeout)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if target.tls:
            opened = tls().wrap_socket(opened, server_hostname=target.name)
    except OSError as error:
        if opened is not None:
            opened.close()
        kind = "ConnectTimeout" if isinstance(error, TimeoutError) else "ConnectError"
        raise NoAnswerError(kind) from None
    return opened
