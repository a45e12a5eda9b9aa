"""Where a request goes: the host to connect to, and what its first line asks for. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlencode

_PORTS = {"http": 80, "https": 443}
_CHARACTERS = r"(?:[A-Za-z0-9._~!$&()*+,;=:@/-]|%[0-9A-Fa-f]{2})*"
_USUAL = re.compile(rf"(https?)://([a-z0-9.-]+)(?::([0-9]{{1,5}}))?((?:/{_CHARACTERS})?)(?:\?({_CHARACTERS}))?")


class Target(NamedTuple):
    """Whom to connect to, and what to ask there: `host` as the `Host` header says it, `path` with its query."""

    tls: bool
    name: str
    port: int
    host: str
    path: str

    @property
    def place(self) -> tuple[bool, str, int]:
        """What requests have in common that may go over one connection."""
        return self[:3]


def target_of(url: str, params: Mapping[str, str | int] | None) -> Target:
    """Return where to send a request; `params` take the place of the address's own query.

    What is usual is only taken apart; anything else (escapes to be made, names in other scripts) is httpx' to read.
    """
    if params is None:
        return _target(url)
    found = _target(url)
    return found._replace(path=f"{found.path.partition('?')[0]}?{encoded(params)}")


def encoded(values: Mapping[str, str | int]) -> str:
    """Return values as a query or a form writes them."""
    if all(type(value) is str or type(value) is int for value in values.values()):
        return urlencode(values)
    from communitykit.http.through_httpx import unusual_values  # noqa: PLC0415 # httpx is imported only when used

    return unusual_values(values)


@lru_cache(maxsize=256)
def _target(url: str) -> Target:
    """Take an address apart; most are a method's, asked a thousand times."""
    found = _USUAL.fullmatch(url)
    if found is None or not {".", ".."}.isdisjoint(found[4].split("/")):
        from communitykit.http.through_httpx import unusual_address  # noqa: PLC0415 # httpx is imported only when used

        scheme, name, port, host, path = unusual_address(url)
    else:
        scheme, name, path = found[1], found[2], found[4] or "/"
        port = int(found[3]) if found[3] else None
        host = name if port in {None, _PORTS[scheme]} else f"{name}:{port}"
        path = path if found[5] is None else f"{path}?{found[5]}"
    return Target(scheme == "https", name, port or _PORTS[scheme], host, path)
