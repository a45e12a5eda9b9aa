"""An answer that comes before the request is sent is read all the same."""

from __future__ import annotations

import asyncio

import httpcore

from communitykit.http.one_piece import _OnePieceStream

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class _Refusing(httpcore.AsyncNetworkStream):
    """Takes nothing in, and has answered all the same."""

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 # httpcore's
        raise httpcore.WriteError

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 # httpcore's
        return b"HTTP/1.1 413 Content Too Large\r\n"


def test_an_answer_that_comes_before_the_request_is_sent_is_read() -> None:
    async def ask() -> bytes:
        stream = _OnePieceStream(_Refusing())
        await stream.write(b"POST / HTTP/1.1\r\n\r\n")
        return await stream.read(65536)

    assert asyncio.run(ask()).startswith(b"HTTP/1.1 413")
