"""Behind TLS, as every platform is: who may be trusted, what a cut or dripped answer comes to, how it ends."""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any

import pytest
from authority import Authority
from raw_server import DRIVERS, OK, Driver, by_loop, by_thread, conducting, get, open_after_cancelling, speaking

from communitykit import TransientError
from communitykit.connector import Connector
from communitykit.http.operations import Answer

Little = Callable[..., Connector]

ENDING = pytest.mark.parametrize("driver", [by_thread, by_loop])
"""Not by loops through httpx: anyio leaves the transport beneath TLS that it ended early to the collector at times."""


def answering(connection: socket.socket, _: int) -> None:
    connection.sendall(OK)


@DRIVERS
@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_whom_the_bundle_trusts_is_asked_over_one_connection(
    driver: Driver, little: Little, authority: Authority, name: str
) -> None:
    with speaking(answering, authority.vouched("localhost", "127.0.0.1"), name) as raw:
        answers = driver(conducting(little(), raw.url, ca_bundle=authority.bundle), *[get(raw.url)] * 3)
        assert [one.body for one in answers] == [b"{}"] * 3
        assert len(raw.heard) == 1


@DRIVERS
@pytest.mark.parametrize("why", ["nobody vouched for it", "it is another", "it is no longer good"])
def test_who_is_not_trusted_is_told_nothing(driver: Driver, little: Little, authority: Authority, why: str) -> None:
    names = {"it is another": ["elsewhere.example"]}.get(why, ["localhost"])
    settings: dict[str, Any] = {} if why == "nobody vouched for it" else {"ca_bundle": authority.bundle}
    tls = authority.vouched(*names, days=-1 if why == "it is no longer good" else 1)
    with speaking(answering, tls, "localhost") as raw:
        (error,) = driver(conducting(little(), raw.url, **settings), get(raw.url))
        assert isinstance(error, TransientError)
        assert re.search(r"no connection to localhost:\d+: its certificate is not accepted \([a-zA-Z]", str(error))
        assert raw.heard == [b""]


@DRIVERS
def test_who_speaks_no_tls_is_told_nothing(driver: Driver, little: Little, authority: Authority) -> None:
    with speaking(answering) as raw:
        url = raw.url.replace("http://", "https://")
        (error,) = driver(conducting(little(), url, ca_bundle=authority.bundle), get(url))
        assert re.search(r"no connection to 127\.0\.0\.1:\d+: no TLS \([a-z ]+\)\.", str(error))
        assert b"GET" not in raw.heard[0]


@ENDING
def test_who_shakes_no_hand_is_given_up(driver: Driver, little: Little, authority: Authority) -> None:
    with speaking(lambda *_: None) as raw:
        url = raw.url.replace("http://", "https://")
        started = time.monotonic()
        (error,) = driver(conducting(little(), url, ca_bundle=authority.bundle, timeout=0.3), get(url))
        assert ": nobody answers." in str(error)
        assert time.monotonic() - started < 5


@ENDING
@pytest.mark.parametrize("politely", [True, False])
def test_an_answer_cut_short_is_none(driver: Driver, little: Little, authority: Authority, *, politely: bool) -> None:
    def say(connection: socket.socket, _: int) -> None:
        connection.sendall(OK[:-1])
        if politely and isinstance(connection, ssl.SSLSocket):
            connection.settimeout(0.2)
            connection.unwrap()
        connection.shutdown(socket.SHUT_RDWR)

    with speaking(say, authority.vouched("localhost"), "localhost") as raw:
        (error,) = driver(conducting(little(), raw.url, ca_bundle=authority.bundle), get(raw.url))
        assert "no whole answer arrived: Re" in str(error)  # RemoteProtocolError, or ReadError


@ENDING
def test_a_head_that_is_dripped_ends_in_time(driver: Driver, little: Little, authority: Authority) -> None:
    def say(connection: socket.socket, _: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for _ in range(500):
            connection.sendall(b"X-More: and more\r\n")
            time.sleep(0.01)

    with speaking(say, authority.vouched("localhost"), "localhost") as raw:
        started = time.monotonic()
        conductor = conducting(little(), raw.url, ca_bundle=authority.bundle, max_answer_time=0.5)
        (error,) = driver(conductor, get(raw.url))
        assert "within 0.5 seconds. If it needs longer, set max_answer_time" in str(error)
        assert time.monotonic() - started < 5


@ENDING
def test_what_is_too_long_ends_when_it_is(driver: Driver, little: Little, authority: Authority) -> None:
    def say(connection: socket.socket, _: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(500):
            connection.sendall(b" " * 65536)

    with speaking(say, authority.vouched("localhost"), "localhost") as raw:
        conductor = conducting(little(), raw.url, ca_bundle=authority.bundle, max_answer_size=1_000_000)
        (error,) = driver(conductor, get(raw.url))
        assert "longer than 1,000,000 bytes" in str(error)


@DRIVERS
def test_a_connection_ended_while_it_was_idle_costs_nothing(
    driver: Driver, little: Little, authority: Authority
) -> None:
    def say(connection: socket.socket, number: int) -> None:
        connection.sendall(OK)
        if number == 0:
            connection.shutdown(socket.SHUT_RDWR)

    with speaking(say, authority.vouched("localhost"), "localhost") as raw:
        conductor = conducting(little(), raw.url, ca_bundle=authority.bundle)
        answers = driver(conductor, *[get(raw.url)] * 2, then=lambda _: time.sleep(0.1))
        assert [type(one) for one in answers] == [Answer, Answer]
        assert len(raw.heard) == 2


def test_whoever_is_cancelled_leaves_no_connection_behind(little: Little, authority: Authority) -> None:
    def silent(_: socket.socket, number: int) -> None: ...

    with speaking(silent, authority.vouched("localhost"), "localhost") as raw:
        assert open_after_cancelling(raw, conducting(little(), raw.url, ca_bundle=authority.bundle)) == 0
