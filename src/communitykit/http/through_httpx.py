"""What httpx does here: a proxy, an application in the network's place, and addresses that are odd.

The only module that imports httpx, and it is imported only where one of these is needed.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import httpx

from communitykit.connector.settings import Settings
from communitykit.http.asgi import Application
from communitykit.http.bodies import Body, NoAnswerError
from communitykit.http.conductor import Answer, Send
from communitykit.http.direct import Look
from communitykit.http.messages import headers_of, written
from communitykit.http.watched import WatchedBackend


def unusual_address(url: str) -> tuple[str, str, int | None, str, str]:
    """Return an address's scheme, host, port, `Host` header and path with query, normalized.

    Raises httpx.InvalidURL for what is none.
    """
    read = httpx.URL(url)
    name = read.raw_host.decode("ascii")
    return read.scheme, name, read.port, read.netloc.decode("ascii"), read.raw_path.decode("ascii")


def unusual_values(values: Mapping[str, object]) -> str:
    """Return values as a query writes them: true and false in JSON's words, lists one by one."""
    return str(httpx.QueryParams(cast("dict[str, str]", values)))


class Proxied:
    """The connections of one thread through the proxy of the settings."""

    def __init__(self, settings: Settings, agent: str, tls: Callable[[], ssl.SSLContext], look: Look) -> None:
        """Open nothing yet; `look` is called while an answer is read."""
        self._settings = settings
        self._agent = agent
        self._transport = httpx.HTTPTransport(verify=tls(), proxy=_proxy(settings), trust_env=False)
        # httpx has no option for what httpcore has one for.
        self._transport._pool._network_backend = WatchedBackend(look)  # noqa: SLF001

    def answer(self, send: Send, files: list[Path]) -> Answer:
        """Send a request and return its whole answer; raises as `communitykit.http.direct.Direct.answer`."""
        try:
            answer = self._transport.handle_request(_request(send, self._settings, self._agent))
            body = Body(send, answer.status_code, headers_of(answer.headers.raw), self._settings, files)
            stream = cast("httpx.SyncByteStream", answer.stream)
            try:
                for chunk in stream:
                    body.take(chunk)
                return body.end()
            finally:
                body.close()
                stream.close()
        except (httpx.HTTPError, ConnectionError) as error:
            raise NoAnswerError(type(error).__name__) from None

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()


class ThroughTransport:
    """What an event loop asks through a transport of httpx': a proxy, or an application that is called directly."""

    def __init__(self, settings: Settings, agent: str, transport: httpx.AsyncBaseTransport) -> None:
        """Keep the transport."""
        self._settings = settings
        self._agent = agent
        self._transport = transport

    @classmethod
    def proxied(cls, settings: Settings, agent: str, tls: Callable[[], ssl.SSLContext]) -> ThroughTransport:
        """Ask through the proxy of the settings."""
        limits = httpx.Limits(max_connections=settings.concurrency * 2)
        transport = httpx.AsyncHTTPTransport(verify=tls(), proxy=_proxy(settings), limits=limits, trust_env=False)
        return cls(settings, agent, transport)

    @classmethod
    def in_process(cls, settings: Settings, agent: str, app: Application) -> ThroughTransport:
        """Ask an ASGI application."""
        return cls(settings, agent, httpx.ASGITransport(app=app))

    async def answer(self, send: Send, files: list[Path]) -> Answer:
        """Send a request and return its whole answer; raises as `communitykit.http.direct_async.DirectAsync.answer`."""
        try:
            answer = await self._transport.handle_async_request(_request(send, self._settings, self._agent))
            body = Body(send, answer.status_code, headers_of(answer.headers.raw), self._settings, files)
            stream = cast("httpx.AsyncByteStream", answer.stream)
            try:
                async for chunk in stream:
                    body.take(chunk)
                return body.end()
            finally:
                body.close()
                await stream.aclose()
        except (httpx.HTTPError, ConnectionError) as error:
            raise NoAnswerError(type(error).__name__) from None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()


def _proxy(settings: Settings) -> str | None:
    # Proxies of the environment are not asked: nothing is sent through a host that the settings did not name.
    return settings.proxy.get_secret_value() if settings.proxy else None


def _request(send: Send, settings: Settings, agent: str) -> httpx.Request:
    """Build a request for the transport itself: a client's cookies, redirects and log lines are not wanted."""
    target, headers, content = written(send, agent)
    scheme = "https" if target.tls else "http"
    return httpx.Request(
        send.method,
        httpx.URL(f"{scheme}://{target.host}{target.path}"),
        headers=[(name.encode("ascii"), value.encode()) for name, value in headers.items()],
        stream=httpx.ByteStream(content),
        extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), settings.timeout)},
    )
