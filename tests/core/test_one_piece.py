"""In an event loop a request goes out in one piece, and an answer that comes too early is read all the same."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable

import httpcore

from communitykit.connector import Connector
from communitykit.http.budgets import Pace
from communitykit.http.conductor import Answer, Conductor, Send
from communitykit.http.drivers import AsyncRunner
from communitykit.http.one_piece import _OnePieceStream

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


def test_the_head_and_the_body_come_together(little: Callable[..., Connector]) -> None:
    heard: list[bytes] = []
    connector = little()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        url = f"http://127.0.0.1:{server.getsockname()[1]}"

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                heard.append(connection.recv(65536))
                connection.sendall(_ANSWER)

        async def ask() -> object:
            running = AsyncRunner(Conductor(connector, connector.settings(base_url=url), pace=Pace()))
            try:
                return await running._send(Send("POST", f"{url}/x", {}, None, {"a": "1"}, None, to_file=False), [])
            finally:
                await running.aclose()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        answer = asyncio.run(ask())
        thread.join(10)
    assert isinstance(answer, Answer)
    assert answer.body == b"{}"
    assert heard[0].endswith(b"\r\n\r\na=1")


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
