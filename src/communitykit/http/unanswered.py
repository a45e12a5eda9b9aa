"""Why no answer arrived, in words: whom no connection could be made to, and what the system says of it. Pure."""

from __future__ import annotations

import errno
import os
import ssl
from urllib.parse import urlsplit

from communitykit.connector.settings import Settings
from communitykit.errors import NoConnectionError, TransientError
from communitykit.http.exchange import LOOPBACK
from communitykit.http.operations import Send

_NO_CONNECTION = {"ConnectError": "it cannot be made", "ConnectTimeout": "nobody answers", "ProxyError": "it refuses"}
"""By the failure's name in httpx, what is said where the system says nothing."""


def host_of(send: Send) -> str:
    """Return whom a request asks: the host, and the port where its address names one."""
    return urlsplit(send.url).netloc.rpartition("@")[2]


def unanswered(send: Send, settings: Settings, kind: str, why: str | None = None) -> TransientError:
    """Return the error of a request that got no whole answer; `kind` is how that shows, in httpx' names."""
    remedy = "Check the network, the proxy and the base URL."
    if kind not in _NO_CONNECTION:
        return TransientError(f"no whole answer arrived: {kind}", remedy=remedy)
    host = host_of(send)
    through = " through the proxy" if settings.proxy else ""
    error = NoConnectionError(f"no connection to {host}{through}: {why or _NO_CONNECTION[kind]}", remedy=remedy)
    here = urlsplit(send.url).hostname in LOOPBACK and not settings.proxy
    error.refused_here = here and why == os.strerror(errno.ECONNREFUSED)
    return error


def pending(send: Send, seconds: float) -> TransientError:
    """Return the error of a request that was given up while it was on its way, `seconds` after it was sent."""
    remedy = "Check the address, the network and the proxy; if it needs longer, give the run more time."
    return TransientError(f"no answer within {seconds:,.0f} s from {host_of(send)}", remedy=remedy)


def told_by_cause(error: BaseException) -> str | None:
    """Return the system's own words on a failure, and none of the other side's: "Connection refused"; None for none."""
    cause: BaseException | None = error
    while cause is not None:
        # aiohttp's own are of the same kinds, and know neither: what they were raised from does.
        if isinstance(cause, ssl.SSLCertVerificationError) and (message := getattr(cause, "verify_message", None)):
            return f"its certificate is not accepted ({message})"
        if isinstance(cause, ssl.SSLError) and (reason := getattr(cause, "reason", None)):
            return f"no TLS ({reason.replace('_', ' ').lower()})"
        if isinstance(cause, OSError) and not isinstance(cause, ssl.SSLError) and cause.errno is not None:
            # asyncio puts the address into its own words; a name that is not found has a number of its own below zero.
            return os.strerror(cause.errno) if cause.errno > 0 else cause.strerror
        one_of_many = cause.exceptions[0] if isinstance(cause, BaseExceptionGroup) else None
        cause = one_of_many or cause.__cause__ or cause.__context__
    return None
