"""A platform's answers from memory: what a simulated Slack said once is said again at once, as ready bytes.

The simulated platform is itself slow, and waiting for it flatters whoever asks.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from served import Served, launched, served

_BETWEEN = {"token", "latest"}
"""What differs from one run to the next and changes no answer."""


@contextmanager
def recorded(size: dict[str, Any]) -> Iterator[Served]:
    """Serve a world of that size until the context ends; each request is asked of the simulated platform once."""
    with served(size) as server, launched([sys.executable, __file__, json.dumps(server.settings)]) as front:
        yield front


class _Answers:
    """What was answered so far, ready to be sent."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._kept: dict[tuple[str, ...], bytes] = {}

    def to(self, target: str, method: str, headers: dict[str, str], body: bytes) -> bytes:
        path, _, query = target.partition("?")
        told = sorted(parse_qsl(query) + parse_qsl(body.decode()))
        key = (method, path, *(f"{name}={value}" for name, value in told if name not in _BETWEEN))
        if key not in self._kept:
            self._kept[key] = self._asked(target, method, headers, body)
        return self._kept[key]

    def _asked(self, target: str, method: str, headers: dict[str, str], body: bytes) -> bytes:
        passed = {name: value for name, value in headers.items() if name in {"authorization", "content-type"}}
        connection = http.client.HTTPConnection(self._address)
        connection.request(method, target, body or None, passed)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        head = f"HTTP/1.1 {answer.status} OK\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n"
        return head.encode() + data


async def _answer(answers: _Answers, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            method, target, _ = first.split(" ")
            writer.write(answers.to(target, method, headers, body))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):  # whoever asked has what was wanted
        pass
    finally:
        writer.close()


async def _serve(settings: dict[str, str]) -> None:
    there = urlsplit(settings["base_url"])
    answers = _Answers(there.netloc)
    server = await asyncio.start_server(lambda *streams: _answer(answers, *streams), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(json.dumps({**settings, "base_url": f"http://127.0.0.1:{port}{there.path}"}), flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(json.loads(sys.argv[1])))
