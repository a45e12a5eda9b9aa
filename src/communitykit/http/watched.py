"""Connections that are watched while something is read from them: for how long, and whether the run was stopped.

A read that waits for the next byte knows neither: whoever sends a byte of a head now and then would hold it for ever.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable
from typing import TypeAlias

import httpcore

from communitykit.model.values import JSON

Look: TypeAlias = Callable[[], None]
"""Raises what ends the reading."""
Option: TypeAlias = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]

_LOOK_SECONDS = 0.25
"""So often a read that waits looks up."""


class WatchedBackend(httpcore.NetworkBackend):
    """Opens connections whose reads call `look` before they begin, and again and again while they wait."""

    def __init__(self, look: Look) -> None:
        """Open nothing yet."""
        self._look = look
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Option] | None = None,
    ) -> httpcore.NetworkStream:
        """Open a connection."""
        self._look()
        stream = self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
        return _WatchedStream(stream, self._look)


class _WatchedStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, look: Look) -> None:
        self._stream = stream
        self._look = look

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        rest = timeout if timeout is not None else float("inf")
        while True:
            self._look()
            try:
                return self._stream.read(max_bytes, min(rest, _LOOK_SECONDS))
            except httpcore.ReadTimeout:
                rest -= _LOOK_SECONDS
                if rest <= 0:
                    raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _WatchedStream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._look)

    def get_extra_info(self, info: str) -> JSON:
        return self._stream.get_extra_info(info)
