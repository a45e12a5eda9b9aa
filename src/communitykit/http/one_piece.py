"""Connections of an event loop that send a request in one piece, when its answer is first asked for.

Its head and its body by themselves take twice as long: each goes through anyio's locks and bounds of time.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from contextlib import suppress

import httpcore

from communitykit.http.watched import Option
from communitykit.model.values import JSON

# ruff: noqa: ASYNC109 # bounds of time are arguments in httpcore's own signatures


class OnePieceBackend(httpcore.AsyncNetworkBackend):
    """Opens connections as httpcore does."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Option] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Open a connection."""
        return _OnePieceStream(await self._backend.connect_tcp(host, port, timeout, local_address, socket_options))


class _OnePieceStream(httpcore.AsyncNetworkStream):
    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._unsent = b""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._unsent:
            unsent, self._unsent = self._unsent, b""
            with suppress(httpcore.WriteError):  # an answer may be there all the same: a refusal of what is too long
                await self._stream.write(unsent, timeout)
        return await self._stream.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 # see above
        self._unsent += buffer

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return _OnePieceStream(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> JSON:
        return self._stream.get_extra_info(info)
