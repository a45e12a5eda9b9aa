"""Ids: `platform:network:kind:native`, built from the platform's own text and from nothing else. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote

# Kept as they are inside a native part: everything but the separator of parts and the escape itself.
_NATIVE_SAFE = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in "/%")
_NETWORK_SAFE = _NATIVE_SAFE.replace(":", "")
# Most parts have nothing to escape, and a look is a tenth of what `quote` takes.
_is_plain = re.compile(f"[{re.escape(_NATIVE_SAFE)}]+").fullmatch
_is_escaped = re.compile(f"[{re.escape(_NATIVE_SAFE)}%]+").fullmatch


class Id(NamedTuple):
    """An id taken apart. `native` holds the platform's own texts, unescaped, in order."""

    platform: str
    network: str
    kind: str
    native: tuple[str, ...]


def make_id(platform: str, network: str, kind: str, *native: str) -> str:
    """Build an id; the parts of `native` are joined by `/` and percent-encoded where they hold `/`, `%` or non-ASCII.

    >>> make_id("slack", "T1", "post", "C1", "1512104434.000490")
    'slack:T1:post:C1/1512104434.000490'

    Raises ValueError when a part is empty: an id is never made from nothing.
    """
    if not (platform and network and kind and native and all(native)):
        message = f"an id needs platform, network, kind and native parts, got {(platform, network, kind, *native)!r}"
        raise ValueError(message)
    tail = "/".join([part if _is_plain(part) else _escaped(part) for part in native])
    return f"{platform}:{_network(network)}:{kind}:{tail}"


@lru_cache(maxsize=4096)  # emoji, mostly: the same few again and again
def _escaped(part: str) -> str:
    escaped = part.replace("%", "%25").replace("/", "%2F")  # mostly there is no more to it: a channel/message
    return escaped if _is_escaped(escaped) else quote(escaped, safe=f"{_NATIVE_SAFE}%")


@lru_cache(maxsize=256)
def _network(network: str) -> str:
    return quote(network, safe=_NETWORK_SAFE)


def parse_id(text: str) -> Id:
    """Take an id apart; the inverse of `make_id`.

    Raises ValueError when the text has fewer than four parts.
    """
    platform, network, kind, native = _pieces(text)
    if "%" not in text:
        return Id(platform, network, kind, tuple(native.split("/")))
    return Id(platform, unquote(network), kind, tuple(unquote(part) for part in native.split("/")))


def _pieces(text: str) -> list[str]:
    pieces = text.split(":", 3)
    if len(pieces) != 4 or not all(pieces):  # noqa: PLR2004 # platform, network, kind, native
        message = f"not an id: {text!r} (expected platform:network:kind:native)"
        raise ValueError(message)
    return pieces


@lru_cache(maxsize=256)
def network_prefix(platform: str, network: str) -> str:
    """Return what all ids of one network begin with.

    >>> network_prefix("slack", "T1")
    'slack:T1:'
    """
    return make_id(platform, network, "-", "-").removesuffix("-:-")


def is_local(text: str) -> bool:
    """Tell whether an id is good inside one archive only: its native part begins with `~`, and no API tells of it."""
    return native_text(text).startswith("~")


def native_text(text: str) -> str:
    """Return everything after the kind, still escaped: what identifies an object inside its network and kind."""
    return text.split(":", 3)[3]


def make_event_id(  # the parts that tell one act from another
    platform: str,
    network: str,
    kind: str,
    *,
    target: str,
    actor: str | None = None,
    detail: str | None = None,
    occurrence: str | None = None,
    occurred_at: datetime | None = None,
) -> str:
    """Build the id of an act.

    State-like acts (reacted, viewed, voted, pinned, followed) have no time in their id, so that a door which knows the
    time may add it: give `detail` at most. Occurrences (joined, left, changed) give `occurrence`, the platform's own
    message or event id, or else `occurred_at`, which counts to the second. `target` and `actor` are ids of this
    package; only what follows their kind enters.
    """
    made = f"{_event_head(platform, network, kind)}/{_within(target)}/{_within(actor) if actor else '-'}"
    if detail is not None:
        made = f"{made}/{_detail(detail)}"
    if occurrence is not None:
        return f"{made}/{_part(occurrence)}"
    if occurred_at is not None:
        return f"{made}/{occurred_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return made


def make_act_id(kind: str, target: str, actor: str | None, detail: str | None) -> str:
    """Build the id of an act that has no time in it, as `make_event_id` does, of its target's platform and network."""
    made = f"{_head_of_acts(kind, target)}{_within(actor) if actor else '-'}"
    return made if detail is None else f"{made}/{_detail(detail)}"


def make_act_ids(kind: str, target: str, actors: Iterable[str]) -> list[str]:
    """Build the ids of one act that many did to one target, in their order, as `make_act_id` builds each."""
    head = _head_of_acts(kind, target)
    return [head + _within(actor) for actor in actors]


@lru_cache(maxsize=1024)  # acts come one after another on one target
def _head_of_acts(kind: str, target: str) -> str:
    platform, network, _, native = _pieces(target)
    return f"{_event_head(platform, unquote(network) if '%' in network else network, kind)}/{_part(native)}/"


@lru_cache(maxsize=256)
def _event_head(platform: str, network: str, kind: str) -> str:
    return make_id(platform, network, "event", kind)


@lru_cache(maxsize=16384)  # acts come one after another on one target, and by the same people
def _within(record_id: str) -> str:
    """Return what follows an id's kind as it stands in the id of an act."""
    return _part(native_text(record_id))


@lru_cache(maxsize=4096)  # names of reactions, mostly
def _detail(detail: str) -> str:
    return _part(detail or "-")


def _part(part: str) -> str:
    if not part:
        raise ValueError("an id is never made from nothing")
    return part if _is_plain(part) else _escaped(part)
