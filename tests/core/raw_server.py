"""Servers on this machine that say what each test scripts, byte by byte, plainly or behind TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from communitykit.connector import Connector
from communitykit.http import drivers
from communitykit.http.budgets import Pace
from communitykit.http.conductor import Conductor
from communitykit.http.drivers import AsyncRunner, SyncRunner
from communitykit.http.operations import Send

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@dataclass
class Raw:
    """What a server heard, by connection, and how many of these are still open."""

    url: str
    heard: list[bytes] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)
    """Set when the first request arrived."""
    open: int = 0


Say = Callable[[socket.socket, int], None]
"""Answers one request on a connection; is told the number of the connection. Closes it to end it."""


@contextmanager
def speaking(say: Say, tls: ssl.SSLContext | None = None, name: str = "127.0.0.1") -> Iterator[Raw]:
    """Serve until the context ends; `say` is called once for each request (their bodies are short)."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        scheme = "http" if tls is None else "https"
        raw = Raw(f"{scheme}://{name}:{server.getsockname()[1]}")
        opened: list[socket.socket] = []

        def one(plain: socket.socket, number: int) -> None:
            with suppress(OSError, ValueError):
                connection = plain if tls is None else tls.wrap_socket(plain, server_side=True)
                opened.append(connection)
                with connection:
                    while data := connection.recv(65536):
                        raw.heard[number] += data
                        raw.asked.set()
                        say(connection, number)
            raw.open -= 1

        def all_of_them() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    opened.append(connection)
                    raw.heard.append(b"")
                    raw.open += 1
                    threading.Thread(target=one, args=(connection, len(raw.heard) - 1), daemon=True).start()

        threading.Thread(target=all_of_them, daemon=True).start()
        yield raw
        server.shutdown(socket.SHUT_RDWR)
        for connection in opened:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


Driver = Callable[..., list[Any]]


def conducting(connector: Connector, url: str, **settings: Any) -> Conductor:
    """Make what decides for a connector that asks there."""
    return Conductor(connector, connector.settings(base_url=url, **settings), pace=Pace())


def by_thread(
    conductor: Conductor, *sends: Send, files: list[Path] | None = None, then: Callable[[int], None] | None = None
) -> list[Any]:
    """Send one after another; `then` is called after each with its number."""
    answers = []
    with SyncRunner(conductor) as running:
        for number, send in enumerate(sends):
            answers.append(running._send(send, files if files is not None else []))
            if then is not None:
                then(number)
    return answers


def by_loop(
    conductor: Conductor, *sends: Send, files: list[Path] | None = None, then: Callable[[int], None] | None = None
) -> list[Any]:
    """Do the same in an event loop, which has a turn after each."""

    async def main() -> list[Any]:
        running = AsyncRunner(conductor)
        answers = []
        try:
            for number, send in enumerate(sends):
                answers.append(await running._send(send, files if files is not None else []))
                if then is not None:
                    await asyncio.to_thread(then, number)
        finally:
            await running.aclose()
        return answers

    return asyncio.run(main())


def by_loop_through_httpx(*given: Any, **more: Any) -> list[Any]:
    """Do the same where the extra `fast` is not installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drivers, "_has_aiohttp", lambda: False)
        return by_loop(*given, **more)


DRIVERS = pytest.mark.parametrize("driver", [by_thread, by_loop, by_loop_through_httpx])


def get(url: str, *, to_file: bool = False) -> Send:
    """Describe the request of a page."""
    return Send("GET", f"{url}/x", {}, None, None, None, to_file)


def open_after_cancelling(raw: Raw, conductor: Conductor) -> int:
    """Cancel, in an event loop, a request that is waiting for its answer; return how many connections stay open."""

    async def main() -> None:
        running = AsyncRunner(conductor)
        task = asyncio.create_task(running._send(get(raw.url), []))
        await asyncio.to_thread(raw.asked.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await running.aclose()

    asyncio.run(main())
    deadline = time.monotonic() + 5
    while raw.open and time.monotonic() < deadline:
        time.sleep(0.02)
    return raw.open
