"""An event loop's requests through aiohttp, where the extra `fast` is installed: a third of httpx' work for each.

The only module that imports aiohttp. What httpx does otherwise holds here too: no cookies, no redirects, nothing of the
environment, and an answer that is read as it arrives.
"""

from __future__ import annotations

import ssl
import sys
from collections.abc import Mapping
from pathlib import Path

import aiohttp
from aiohttp import hdrs
from yarl import URL

from communitykit.connector.settings import Settings
from communitykit.http.bodies import Body, NoAnswerError
from communitykit.http.operations import Answer, Send
from communitykit.http.unanswered import told_by_cause

_TLS_STAYS_OPEN = sys.version_info < (3, 12, 8) or (3, 13) <= sys.version_info < (3, 13, 1)
"""Whether asyncio leaves TLS that was closed to the other side's word (https://github.com/python/cpython/pull/118960)."""

_KINDS: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ConnectionTimeoutError, "ConnectTimeout"),
    (aiohttp.SocketTimeoutError, "ReadTimeout"),
    (aiohttp.ClientConnectorError, "ConnectError"),
    (aiohttp.ClientOSError, "ReadError"),
    (aiohttp.ClientError, "RemoteProtocolError"),
    (ConnectionError, "ReadError"),
)
"""How a failure shows, in httpx' names: the first that fits."""


class ThroughAiohttp:
    """The connections of one event loop."""

    def __init__(self, settings: Settings, tls: ssl.SSLContext) -> None:
        """Open nothing yet; to be made in the event loop."""
        self._settings = settings
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=settings.concurrency * 2, ssl=tls, enable_cleanup_closed=_TLS_STAYS_OPEN
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=settings.timeout, sock_read=settings.timeout),
            skip_auto_headers=(hdrs.ACCEPT, hdrs.CONTENT_TYPE),
            trust_env=False,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def answer(
        self, send: Send, url: str, headers: Mapping[str, str], content: bytes, files: list[Path]
    ) -> Answer:
        """Send a request to an address that is encoded, and return its whole answer.

        Raises NoAnswerError and TooLongError.
        """
        try:
            async with self._session.request(
                send.method, URL(url, encoded=True), headers=headers, data=content or None, allow_redirects=False
            ) as answer:
                body = Body(send, answer.status, _headers(answer), self._settings, files)
                try:
                    async for chunk in answer.content.iter_any():
                        body.take(chunk)
                    return body.end()
                except BaseException:
                    _abort(answer)
                    raise
                finally:
                    body.close()
        except (aiohttp.ClientError, ConnectionError) as error:
            kind = next(name for failure, name in _KINDS if isinstance(error, failure))
            raise NoAnswerError(kind, told_by_cause(error)) from None
        except ValueError:  # a header that would be two
            raise NoAnswerError("LocalProtocolError") from None


def _abort(answer: aiohttp.ClientResponse) -> None:
    """End the connection at once: TLS would wait for the other side's word, which may go on talking."""
    if answer.connection is not None and answer.connection.transport is not None:
        answer.connection.transport.abort()


def _headers(answer: aiohttp.ClientResponse) -> dict[str, str]:
    """Return headers by their lower-case names; what is said several times is joined by commas."""
    headers: dict[str, str] = {}
    for raw, value in answer.headers.items():
        name = raw.lower()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
