"""Connections, to the byte: what is used again, what is no answer, what is not sent; through httpx and aiohttp."""

from __future__ import annotations

import asyncio
import gzip
import re
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from raw_server import (
    DRIVERS,
    OK,
    Driver,
    by_loop,
    by_loop_through_httpx,
    conducting,
    get,
    open_after_cancelling,
    speaking,
)

from communitykit import TransientError
from communitykit.connector import Connector
from communitykit.http.drivers import AsyncRunner
from communitykit.http.operations import Answer, Send
from communitykit.http.through_httpx import written

Little = Callable[..., Connector]


def saying(*answers: bytes) -> Callable[[socket.socket, int], None]:
    """Say these, one for each request in turn, whatever connection it came over."""
    left = list(answers)
    return lambda connection, _: connection.sendall(left.pop(0))


@pytest.mark.parametrize("driver", [by_loop, by_loop_through_httpx])
def test_the_head_and_the_body_come_together(driver: Driver, little: Little) -> None:
    with speaking(saying(OK)) as raw:
        (answer,) = driver(
            conducting(little(), raw.url), Send("POST", f"{raw.url}/x", {}, None, {"a": "1"}, None, to_file=False)
        )
        assert answer.body == b"{}"
        assert raw.heard[0].endswith(b"\r\n\r\na=1")


@DRIVERS
def test_an_answer_that_comes_before_the_request_is_read_is_read(driver: Driver, little: Little) -> None:
    def refuse(server: socket.socket) -> None:
        connection, _ = server.accept()
        connection.sendall(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        time.sleep(0.1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()  # with what was sent still unread: the other side is told to go away

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=refuse, args=(server,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        (answer,) = driver(conducting(little(), url), Send("POST", f"{url}/x", {}, None, None, ["x" * 1000], False))
        thread.join(5)
    assert isinstance(answer, Answer)
    assert answer.status == 413


@DRIVERS
def test_one_connection_serves_one_request_after_another(driver: Driver, little: Little) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n2\r\n2]\r\n0\r\nX-Trailer: t\r\n\r\n"
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    with speaking(saying(OK, chunked, early + OK, b"HTTP/1.1 204 No Content\r\n\r\n", OK)) as raw:
        answers = driver(conducting(little(), raw.url), *[get(raw.url)] * 5)
        assert [one.body for one in answers] == [b"{}", b"[1,2]", b"{}", b"", b"{}"]
        assert len(raw.heard) == 1
        assert raw.heard[0].count(b"GET /x HTTP/1.1\r\n") == 5


@DRIVERS
@pytest.mark.parametrize(
    "last", [OK.replace(b"200 OK\r\n", b"200 OK\r\nConnection: close\r\n"), OK.replace(b"HTTP/1.1", b"HTTP/1.0")]
)
def test_a_connection_that_serves_no_more_is_left(driver: Driver, little: Little, last: bytes) -> None:
    with speaking(saying(last, OK)) as raw:
        answers = driver(conducting(little(), raw.url), *[get(raw.url)] * 2)
        assert [one.body for one in answers] == [b"{}", b"{}"]
        assert len(raw.heard) == 2


@DRIVERS
def test_a_connection_that_was_ended_while_it_was_idle_costs_nothing(driver: Driver, little: Little) -> None:
    def say(connection: socket.socket, number: int) -> None:
        connection.sendall(OK)
        if number == 0:
            connection.shutdown(socket.SHUT_RDWR)

    with speaking(say) as raw:
        answers = driver(conducting(little(), raw.url), *[get(raw.url)] * 2, then=lambda _: time.sleep(0.1))
        assert [type(one) for one in answers] == [Answer, Answer]
        assert len(raw.heard) == 2


@DRIVERS
def test_an_answer_that_ends_with_its_connection_is_whole(driver: Driver, little: Little) -> None:
    def say(connection: socket.socket, _: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n[1]")
        connection.shutdown(socket.SHUT_WR)

    with speaking(say) as raw:
        (answer,) = driver(conducting(little(), raw.url), get(raw.url))
        assert answer.body == b"[1]"


HEAD = b"HTTP/1.1 200 OK\r\n"


@DRIVERS
@pytest.mark.parametrize(
    ("cut", "kind"),
    [
        (b"", "RemoteProtocolError"),
        (HEAD + b"Content-Le", "RemoteProtocolError"),
        (HEAD + b"Content-Length: 9\r\n\r\n[1]", "RemoteProtocolError"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\n[1]\r\n", "RemoteProtocolError"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n[1]\r\n0\r\n\r\n", "RemoteProtocolError"),
        (HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\n[1]", "RemoteProtocolError"),
        (HEAD + b"X-Long: " + b"x" * 200_000 + b"\r\n\r\n", "RemoteProtocolError"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "RemoteProtocolError"),
        (HEAD + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\n[1]", "(Decoding|RemoteProtocol)Error"),
    ],
)
def test_what_is_no_whole_answer_is_none(driver: Driver, little: Little, cut: bytes, kind: str) -> None:
    def say(connection: socket.socket, _: int) -> None:
        connection.sendall(cut)
        connection.shutdown(socket.SHUT_WR)

    with speaking(say) as raw:
        (error,) = driver(conducting(little(), raw.url), get(raw.url))
        assert isinstance(error, TransientError)
        assert re.search(f"no whole answer arrived: {kind}\\.", str(error))


@DRIVERS
@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("GZip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda body: zlib.compress(body, wbits=-zlib.MAX_WBITS)),
        ("identity", lambda body: body),
    ],
)
def test_what_is_packed_is_unpacked(
    driver: Driver, little: Little, encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    body = b"[" + b"1," * 2_000_000 + b"1]"  # several pieces of what is unpacked at once
    packed = pack(body)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(packed)}\r\n\r\n"
    with speaking(saying(head.encode() + packed)) as raw:
        (answer,) = driver(conducting(little(), raw.url), get(raw.url))
        assert answer.body == body


@DRIVERS
@pytest.mark.parametrize("header", ["tok\r\nX-Other: 1", "tok\n", "tok\0"])
def test_a_header_that_would_be_two_is_not_sent(driver: Driver, little: Little, header: str) -> None:
    with speaking(saying(OK)) as raw:
        send = Send("GET", f"{raw.url}/x", {"Authorization": header}, None, None, None, to_file=False)
        (error,) = driver(conducting(little(), raw.url), send)
        assert "no whole answer arrived: LocalProtocolError." in str(error)
        assert raw.heard in ([], [b""])


@DRIVERS
def test_nobody_there_is_said(driver: Driver, little: Little) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    (error,) = driver(conducting(little(), url), get(url))
    assert f"no connection to {url.removeprefix('http://')}: Connection refused. Check" in str(error)


@DRIVERS
def test_a_name_that_nobody_has_is_said(driver: Driver, little: Little) -> None:
    url = "https://nobody.invalid"
    (error,) = driver(conducting(little(), url), get(url))
    assert re.search(r"no connection to nobody\.invalid: [A-Z][a-z ]+\. Check", str(error))


def test_silence_is_given_up_after_the_time_out_in_loops_too(little: Little) -> None:
    def say(connection: socket.socket, number: int) -> None:
        if number == 0:
            connection.sendall(OK)  # and then no more, over the same connection

    once = iter([True])
    with speaking(lambda connection, number: say(connection, number) if next(once, False) else None) as raw:
        started = time.monotonic()
        first, second = by_loop(conducting(little(), raw.url, timeout=0.3, max_answer_time=3), *[get(raw.url)] * 2)
        assert first.body == b"{}"
        assert "no whole answer arrived: ReadTimeout." in str(second)
        assert 0.3 <= time.monotonic() - started < 5


def test_a_drop_now_and_then_is_no_silence(little: Little) -> None:
    def say(connection: socket.socket, _: int) -> None:
        for number in range(len(OK)):
            connection.sendall(OK[number : number + 1])
            time.sleep(0.01)

    with speaking(say) as raw:
        (answer,) = by_loop(conducting(little(), raw.url, timeout=0.3), get(raw.url))
        assert answer.body == b"{}"


def test_whoever_is_cancelled_leaves_no_connection_behind(little: Little) -> None:
    with speaking(lambda *_: None) as raw:
        assert open_after_cancelling(raw, conducting(little(), raw.url)) == 0


def test_side_by_side_requests_have_connections_of_their_own_and_share_them_later(little: Little) -> None:
    with speaking(lambda connection, _: (time.sleep(0.1), connection.sendall(OK))[1]) as raw:

        async def main() -> list[Any]:
            running = AsyncRunner(conducting(little(), raw.url))
            try:
                first = await asyncio.gather(*(running._send(get(raw.url), []) for _ in range(3)))
                return [*first, *await asyncio.gather(*(running._send(get(raw.url), []) for _ in range(3)))]
            finally:
                await running.aclose()

        assert [one.body for one in asyncio.run(main())] == [b"{}"] * 6
        assert len(raw.heard) == 3


@pytest.mark.parametrize(
    ("params", "query"),
    [
        (None, "id[]=1&id[]=2&page=1"),
        ({"key": "k"}, "id%5B%5D=1&id%5B%5D=2&page=1&key=k"),
        ({"page": 2}, "id%5B%5D=1&id%5B%5D=2&page=2"),
    ],
)
def test_parameters_join_those_of_the_address(params: dict[str, str | int] | None, query: str) -> None:
    send = Send("GET", "http://a.example/b?id[]=1&id[]=2&page=1", {}, params, None, None, to_file=False)
    conductor: Any = SimpleNamespace(connector=SimpleNamespace(name="x", version="1"))
    assert str(written(send, conductor)[0]) == f"http://a.example/b?{query}"
