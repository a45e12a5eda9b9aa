"""What goes over the wire, to the byte, and what comes back packed: through both drivers."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from communitykit.connector import Connector, Request, Response
from communitykit.http.budgets import Pace
from communitykit.http.conductor import Conductor
from communitykit.http.drivers import AsyncRunner, SyncRunner
from communitykit.http.operations import Meter

Send = Callable[[Connector, Any, Request], Response]


def conductor(connector: Connector, platform: Any) -> Conductor:
    return Conductor(connector, connector.settings(base_url=platform.url), pace=Pace())


def by_thread(connector: Connector, platform: Any, request: Request) -> Response:
    with SyncRunner(conductor(connector, platform)) as running:
        return running.send(request, Meter())


def by_loop(connector: Connector, platform: Any, request: Request) -> Response:
    async def main() -> Response:
        running = AsyncRunner(conductor(connector, platform))
        try:
            return await running.send(request, Meter())
        finally:
            await running.aclose()

    return asyncio.run(main())


DRIVERS = pytest.mark.parametrize("send", [by_thread, by_loop])


@DRIVERS
@pytest.mark.parametrize(
    ("request_", "path", "body", "kind"),
    [
        (Request("x", params={"q": "a b&c", "n": 3}), "/x?q=a+b%26c&n=3", b"", None),
        (
            Request("x", method="POST", form={"channel": "C1", "text": "é &"}),
            "/x",
            b"channel=C1&text=%C3%A9+%26",
            "application/x-www-form-urlencoded",
        ),
        (Request("x", method="POST", json={"a": [1, "é"]}), "/x", '{"a":[1,"é"]}'.encode(), "application/json"),
        (
            Request("x", method="POST", json={"a": 1}, headers={"content-type": "application/scim+json"}),
            "/x",
            b'{"a":1}',
            "application/scim+json",
        ),
        (Request("x", method="POST"), "/x", b"", None),
    ],
)
def test_requests_to_the_byte(
    send: Send,
    platform: Any,
    little: Callable[..., Connector],
    request_: Request,
    path: str,
    body: bytes,
    kind: str | None,
) -> None:
    platform.answers["/x"] = (200, {}, b"{}")
    send(little(), platform, request_)

    ((seen, headers),) = platform.requests
    assert (seen, platform.bodies) == (path, [body])
    assert headers.get("content-type") == kind
    assert headers["host"] == platform.url.removeprefix("http://")
    assert headers.get("content-length", "0") == str(len(body))
    assert ("content-length" in headers) == (request_.method == "POST")
    assert headers["user-agent"] == "communitykit-little/1"
    assert headers["authorization"] == "Bearer tok-secret-1"


@DRIVERS
def test_packed_answers_are_unpacked(send: Send, platform: Any, little: Callable[..., Connector]) -> None:
    packed = gzip.compress(json.dumps({"text": "é" * 5000}).encode())
    platform.answers["/x"] = (200, {"Content-Encoding": "gzip"}, packed)

    assert send(little(), platform, Request("x")).data == {"text": "é" * 5000}


@DRIVERS
def test_headers_are_read_whatever_their_case_and_bytes(
    send: Send, platform: Any, little: Callable[..., Connector]
) -> None:
    platform.answers["/x"] = (200, {"X-OAuth-Scopes": "a,b", "X-Odd": "caf\xe9"}, b"[]")
    headers = send(little(), platform, Request("x")).headers

    assert headers["x-oauth-scopes"] == "a,b"
    assert headers["x-odd"].startswith("caf")


@DRIVERS
def test_an_answer_without_a_body_is_none(send: Send, platform: Any, little: Callable[..., Connector]) -> None:
    platform.answers["/x"] = (200, {}, b"")
    assert send(little(), platform, Request("x")).data is None
