"""Every answer is bounded in time, from the first byte of its head to the last of its body, and in size."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from communitykit import ProtocolError, TransientError
from communitykit.connector import Connector, Flow, Request, Response
from communitykit.http.budgets import Pace
from communitykit.http.conductor import Conductor
from communitykit.http.drivers import AsyncRunner, SyncRunner
from communitykit.http.operations import Meter, Send, Stopped

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextmanager
def speaking(say: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve on this machine what `say` writes into each connection, after a request came."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = threading.Event()

        def one(connection: socket.socket) -> None:
            with connection:
                connection.recv(65536)
                try:
                    say(connection)
                except OSError:
                    return  # the other side has had enough
                ended.wait(10)

        def all_of_them() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=one, args=(connection,), daemon=True).start()

        threading.Thread(target=all_of_them, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        ended.set()
        server.shutdown(socket.SHUT_RDWR)


def dripping(before: bytes, drop: bytes) -> Callable[[socket.socket], None]:
    def say(connection: socket.socket) -> None:
        connection.sendall(before)
        for _ in range(500):  # whoever has no patience at all ends, too
            connection.sendall(drop)
            time.sleep(0.01)
        connection.close()

    return say


def by_thread(conductor: Conductor, send: Send, files: list[Path]) -> Any:
    with SyncRunner(conductor) as running:
        return running._send(send, files)


def by_loop(conductor: Conductor, send: Send, files: list[Path]) -> Any:
    async def main() -> Any:
        running = AsyncRunner(conductor)
        try:
            return await running._send(send, files)
        finally:
            await running.aclose()

    return asyncio.run(main())


DRIVERS = pytest.mark.parametrize("driver", [by_thread, by_loop])
Driver = Callable[[Conductor, Send, list[Path]], Any]


def conducting(connector: Connector, url: str, **settings: Any) -> Conductor:
    return Conductor(connector, connector.settings(base_url=url, **settings), pace=Pace())


def get(url: str, *, to_file: bool = False) -> Send:
    return Send("GET", f"{url}/x", {}, None, None, None, to_file)


@DRIVERS
@pytest.mark.parametrize(
    ("before", "drop"),
    [(b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n"), (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"), (HEAD + b"\r\n", b" "),
     (b"", b"HTTP/1.1 100 Continue\r\n\r\n")],
)  # fmt: skip
def test_what_is_dripped_ends_in_time(
    driver: Driver, little: Callable[..., Connector], before: bytes, drop: bytes
) -> None:
    with speaking(dripping(before, drop)) as url:
        started = time.monotonic()
        error = driver(conducting(little(), url, max_answer_time=0.3), get(url), [])
    assert isinstance(error, TransientError)
    assert "within 0.3 seconds. If it needs longer, set max_answer_time" in str(error)
    assert time.monotonic() - started < 5


def test_a_run_that_is_stopped_waits_for_no_silent_server(little: Callable[..., Connector]) -> None:
    with speaking(lambda _: None) as url:
        conductor = conducting(little(), url)
        threading.Timer(0.2, conductor.stopping.set).start()
        started = time.monotonic()
        with pytest.raises(Stopped):
            by_thread(conductor, get(url), [])
    assert time.monotonic() - started < 5


def test_silence_is_given_up_after_the_time_out(little: Callable[..., Connector]) -> None:
    with speaking(lambda _: None) as url:
        error = by_thread(conducting(little(), url, timeout=0.3), get(url), [])
    assert "no whole answer arrived: ReadTimeout" in str(error)


def endless(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"\r\n")
    for _ in range(500):  # thirty megabytes, then it does end
        connection.sendall(b" " * 65536)
    connection.close()


def packed(connection: socket.socket) -> None:
    body = gzip.compress(b" " * 10_000_000)
    connection.sendall(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


@DRIVERS
@pytest.mark.parametrize("say", [endless, packed])
def test_what_is_too_long_ends_when_it_is_and_is_not_asked_for_again(
    driver: Driver, little: Callable[..., Connector], say: Callable[[socket.socket], None]
) -> None:
    with speaking(say) as url:
        error = driver(conducting(little(), url, max_answer_size=1_000_000), get(url), [])
    assert isinstance(error, ProtocolError)
    assert "longer than 1,000,000 bytes" in str(error)
    assert "set max_answer_size" in str(error)


@DRIVERS
def test_a_file_has_bounds_of_its_own(driver: Driver, little: Callable[..., Connector]) -> None:
    files: list[Path] = []
    with speaking(endless) as url:
        conductor = conducting(little(), url, max_answer_size=10, max_file_size=3_000_000)
        error = driver(conductor, get(url, to_file=True), files)
        late = driver(conducting(little(), url, max_file_time=0.02), get(url, to_file=True), files)
    assert "set max_file_size" in str(error)
    assert "set max_file_time" in str(late)
    assert files  # of the second, only where there was time to begin one
    assert files[0].stat().st_size <= 3_000_000
    for path in files:
        path.unlink()


def test_a_refused_file_is_no_file(platform: Any, little: Callable[..., Connector]) -> None:
    platform.answers["/f"] = (404, {}, b"{}")
    files: list[Path] = []
    answer = by_thread(
        conducting(little(), platform.url), Send("GET", f"{platform.url}/f", {}, None, None, None, True), files
    )
    assert (answer.status, answer.path, files) == (404, None, [])


@pytest.mark.parametrize("body", [b"", b"x"])
def test_an_empty_file_is_a_file(platform: Any, little: Callable[..., Connector], body: bytes) -> None:
    platform.answers["/f"] = (200, {}, body)
    seen: list[bytes] = []

    def flow() -> Flow:
        response: Response = yield Request("f", expect="file")
        seen.append(response.path.read_bytes())

    with SyncRunner(conducting(little(), platform.url)) as running:
        assert list(running.run(flow(), Meter())) == []
    assert seen == [body]
