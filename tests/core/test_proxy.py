"""Through the proxy of the settings, and through no other: both ways, plainly and by a tunnel."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pytest
from authority import Authority
from raw_server import DRIVERS, OK, Driver, by_thread, conducting, get, speaking

from communitykit.connector import Connector
from communitykit.http.operations import Stopped

Little = Callable[..., Connector]


@dataclass
class Proxy:
    url: str
    heads: list[bytes] = field(default_factory=list)


@contextmanager
def proxying(answer: bytes = OK) -> Iterator[Proxy]:
    """Serve as a proxy: it answers plain requests itself, and opens tunnels to this machine."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        proxy = Proxy(f"http://me:pass-word@127.0.0.1:{server.getsockname()[1]}")

        def pump(one: socket.socket, other: socket.socket) -> None:
            with suppress(OSError):
                while data := one.recv(65536):
                    other.sendall(data)
                other.shutdown(socket.SHUT_WR)

        def serve(connection: socket.socket) -> None:
            with suppress(OSError), connection:
                while head := connection.recv(65536):
                    proxy.heads.append(head)
                    if not head.startswith(b"CONNECT "):
                        connection.sendall(answer)
                        continue
                    name, _, port = head.split(b" ")[1].rpartition(b":")
                    with socket.create_connection((name.decode(), int(port))) as further:
                        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                        threading.Thread(target=pump, args=(further, connection), daemon=True).start()
                        pump(connection, further)
                    return

        def all_of_them() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=all_of_them, daemon=True).start()
        yield proxy
        server.shutdown(socket.SHUT_RDWR)


@DRIVERS
def test_what_is_plain_is_asked_of_the_proxy(driver: Driver, little: Little) -> None:
    with proxying() as proxy:
        there = "http://127.0.0.1:9"  # where nobody is
        answers = driver(conducting(little(), there, proxy=proxy.url), *[get(there)] * 2)
    assert [one.body for one in answers] == [b"{}", b"{}"]
    assert [head.split(b"\r\n")[0] for head in proxy.heads] == [b"GET http://127.0.0.1:9/x HTTP/1.1"] * 2
    assert b"host: 127.0.0.1:9\r\n" in proxy.heads[0].lower()
    assert b"proxy-authorization: basic " in proxy.heads[0].lower()


@DRIVERS
def test_what_is_encrypted_goes_through_a_tunnel(driver: Driver, little: Little, authority: Authority) -> None:
    with (
        proxying() as proxy,
        speaking(lambda connection, _: connection.sendall(OK), authority.vouched("localhost"), "localhost") as raw,
    ):
        conductor = conducting(little(), raw.url, proxy=proxy.url, ca_bundle=authority.bundle)
        answers = driver(conductor, *[get(raw.url)] * 2)
        assert [one.body for one in answers] == [b"{}", b"{}"]
        assert b"proxy-authorization" not in raw.heard[0].lower()
    assert [head.split(b" ")[0] for head in proxy.heads] == [b"CONNECT"]


@DRIVERS
def test_a_proxy_of_the_environment_is_asked_nothing(
    driver: Driver, little: Little, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxying() as proxy, speaking(lambda connection, _: connection.sendall(OK)) as raw:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        (answer,) = driver(conducting(little(), raw.url), get(raw.url))
        assert answer.body == b"{}"
    assert proxy.heads == []


@DRIVERS
def test_nobody_there_and_what_is_no_answer_are_said_alike(driver: Driver, little: Little) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        nobody = f"http://127.0.0.1:{server.getsockname()[1]}"
    (error,) = driver(conducting(little(), "http://127.0.0.1:9", proxy=nobody), get("http://127.0.0.1:9"))
    assert "no connection to 127.0.0.1:9 through the proxy: Connection refused." in str(error)
    with proxying(b"nonsense\r\n\r\n") as proxy:
        (error,) = driver(conducting(little(), "http://127.0.0.1:9", proxy=proxy.url), get("http://127.0.0.1:9"))
    assert "no whole answer arrived: RemoteProtocolError." in str(error)


@DRIVERS
def test_what_a_proxy_drips_ends_in_time(driver: Driver, little: Little) -> None:
    def say(connection: socket.socket, _: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for _ in range(500):
            connection.sendall(b"X-More: and more\r\n")
            time.sleep(0.01)

    with speaking(say) as raw:
        started = time.monotonic()
        conductor = conducting(little(), "http://127.0.0.1:9", proxy=raw.url, max_answer_time=0.3)
        (error,) = driver(conductor, get("http://127.0.0.1:9"))
        assert "within 0.3 seconds. If it needs longer, set max_answer_time" in str(error)
        assert time.monotonic() - started < 5


def test_a_run_that_is_stopped_waits_for_no_silent_proxy(little: Little) -> None:
    with speaking(lambda *_: None) as raw:
        conductor = conducting(little(), "http://127.0.0.1:9", proxy=raw.url)
        threading.Timer(0.2, conductor.stopping.set).start()
        started = time.monotonic()
        with pytest.raises(Stopped):
            by_thread(conductor, get("http://127.0.0.1:9"))
        assert time.monotonic() - started < 5
