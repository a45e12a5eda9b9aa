"""What httpx is given, and what it gives: connections, requests in bytes, headers in names."""

from __future__ import annotations

import ssl
from functools import lru_cache
from typing import TypedDict

import httpx
from pydantic_core import to_json

from communitykit.http.conductor import Conductor
from communitykit.http.operations import Send


class Options(TypedDict):
    """How a transport connects."""

    verify: ssl.SSLContext | bool
    proxy: str | None
    limits: httpx.Limits
    trust_env: bool


def context(conductor: Conductor) -> ssl.SSLContext:
    """Return whom connections trust: the bundle of the settings, or Mozilla's list."""
    bundle = conductor.settings.ca_bundle
    if bundle is not None:
        return ssl.create_default_context(cafile=str(bundle))
    if conductor.exchange.base_url.startswith("http://"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # never used, and loading the authorities takes long
    return httpx.create_ssl_context(trust_env=False)


def options(conductor: Conductor) -> Options:
    """Return how the connections of these settings are made."""
    settings = conductor.settings
    proxy = settings.proxy.get_secret_value() if settings.proxy else None
    limits = httpx.Limits(max_connections=settings.concurrency * 2)
    # Proxies of the environment are not asked: nothing is sent through a host that the settings did not name.
    return {"verify": context(conductor), "proxy": proxy, "limits": limits, "trust_env": False}


def written(send: Send, conductor: Conductor) -> tuple[httpx.URL, dict[str, str], bytes]:
    """Return where a request goes, its headers and its body."""
    connector = conductor.connector
    url = _parsed(send.url)
    if send.params is not None:  # they join the address's own, which may name one several times
        url = url.copy_merge_params(send.params)
    given = {name.lower() for name in send.headers}
    headers = {
        "Host": url.netloc.decode("ascii"),
        "User-Agent": f"communitykit-{connector.name}/{connector.version}",
        "Accept-Encoding": "gzip, deflate",
    }
    headers = {name: value for name, value in headers.items() if name.lower() not in given} | dict(send.headers)
    content, kind = b"", ""
    if send.form is not None:
        content, kind = str(httpx.QueryParams(send.form)).encode(), "application/x-www-form-urlencoded"
    elif send.json is not None:
        content, kind = to_json(send.json), "application/json"
    if kind and "content-type" not in given:
        headers["Content-Type"] = kind
    if content or send.method not in {"GET", "HEAD"}:
        headers["Content-Length"] = str(len(content))
    return url, headers, content


def address(url: httpx.URL) -> str:
    """Return an address as it goes out, encoded: what was looked at is what is asked, whoever asks it."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}{url.raw_path.decode('ascii')}"


def request(send: Send, conductor: Conductor) -> httpx.Request:
    """Build a request for the transport itself, from bytes: a client's cookies, redirects and log lines are not wanted.

    Building it from mappings takes twice as long, and a pull is thousands of small requests.
    """
    url, headers, content = written(send, conductor)
    return httpx.Request(
        send.method,
        url,
        headers=[(name.encode("ascii"), value.encode()) for name, value in headers.items()],
        stream=httpx.ByteStream(content),
        extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), conductor.settings.timeout)},
    )


def headers_of(answer: httpx.Response) -> dict[str, str]:
    """Read the headers from the bytes: what httpx does to find their encoding costs more than the rest of it."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in answer.headers.raw:
        name = raw_name.decode("ascii").lower()
        try:
            value = raw_value.decode()
        except UnicodeDecodeError:
            value = raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


@lru_cache(maxsize=256)
def _parsed(url: str) -> httpx.URL:
    """Parse an address; most are a method's, asked a thousand times."""
    return httpx.URL(url)
