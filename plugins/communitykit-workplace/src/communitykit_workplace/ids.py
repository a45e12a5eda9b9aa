"""Workplace's ids and times as communitykit's. Pure.

Ids of the Graph API are unique over all companies, and most archives do not tell which company they are of: so the
network of every id is the Graph itself, and one thing has one id in whatever it is found.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from functools import lru_cache

from communitykit.connector import JSON, make_event_id, make_id

PLATFORM = "workplace"
NETWORK = "graph"
"""The network of all ids."""
_FIRST_YEAR = 2004  # the platform under it began then; earlier years are placeholders
_MILLISECONDS = 100_000_000_000  # as seconds, this is the year 5138
_NATIVE = re.compile(r"(?:[a-z]_)?\d+(?:_\d+)*")
_COMMENT_OF = re.compile(r"[?&]comment_id=(\d+)")
_FORMS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f")
_EMAILLESS = "emailless.facebook.com"


def native_id(value: object) -> str | None:
    """Return a native id as text, whether it came as a number or as text; None for anything that is no id."""
    if isinstance(value, str):
        if value.isdecimal():  # what nearly all of them are
            return value if value.strip("0") else None
        text = value.strip()
        return text if _NATIVE.fullmatch(text) and text.strip("0") else None
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return str(value)
    return None


def ref(value: object) -> str | None:
    """Return the native id of an object that is told as `{"id": …}` or as its id alone."""
    return native_id(value.get("id")) if isinstance(value, dict) else native_id(value)


@lru_cache(maxsize=65536)
def member_id(native: str) -> str:
    """Return a member's id."""
    return make_id(PLATFORM, NETWORK, "member", native)


@lru_cache(maxsize=65536)
def person_id(value: object) -> str:
    """Return a member's id of a native id as it was told, as a number or as text.

    Raises ValueError for anything that is no id.
    """
    native = native_id(value)
    if native is None:
        raise ValueError("no id")
    return member_id(native)


@lru_cache(maxsize=65536)
def community_id(native: str) -> str:
    """Return a group's id, or that of the company's community."""
    return make_id(PLATFORM, NETWORK, "community", native)


def post_id(native: str) -> str:
    """Return the id of a post, a comment, an event or a knowledge page: the Graph has one space of ids."""
    return make_id(PLATFORM, NETWORK, "post", native)


def occurrence_id(
    kind: str, target: str, actor: str | None, *, detail: str | None = None, at: datetime | None = None, of: str = ""
) -> str:
    """Return the id of an occurrence: by the object `of` that tells it, else by its time."""
    if of:
        return make_event_id(PLATFORM, NETWORK, kind, target=target, actor=actor, detail=detail, occurrence=of)
    return make_event_id(PLATFORM, NETWORK, kind, target=target, actor=actor, detail=detail, occurred_at=at)


def content_key(*parts: object) -> str:
    """Return a key of some content, the same for the same content."""
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def local_id(kind: str, digest: str, key: str) -> str:
    """Return the id of something that its archive gives no id: it is good inside this archive only.

    `key` is a `content_key`: ids hold no names, addresses or texts.
    """
    return make_id(PLATFORM, NETWORK, kind, f"~{digest}", key)


def comment_id(item: dict[str, JSON]) -> str | None:
    """Return the native id of a comment; where nobody asked for it, its own address holds it: `post_comment`."""
    if native := native_id(item.get("id")):
        return native
    url = str(item.get("permalink_url") or "")
    found = _COMMENT_OF.search(url)
    path = [part for part in url.split("?", 1)[0].split("/") if part.isdecimal()]
    return f"{path[-1]}_{found[1]}" if found and path else None


def parse_time(value: object) -> datetime | None:
    """Read a time in any of the platform's forms: ISO 8601 with `+0000`, any offset or none (UTC), Unix seconds or ms.

    0, dates without a time, years before there was a Graph, and nonsense are None.
    """
    if isinstance(value, str):
        text = value.strip()
        if text.isdecimal():
            return _unix(int(text))
        return _text_time(text)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _unix(value)
    if isinstance(value, datetime):
        return _sane(value)
    return None


def _text_time(text: str) -> datetime | None:
    if len(text) < len("2020-06-02T08:00"):
        return None
    try:
        return _sane(datetime.fromisoformat(text))
    except ValueError:
        pass
    for form in _FORMS:
        try:
            return _sane(datetime.strptime(text, form))  # noqa: DTZ007 # _sane gives it UTC
        except ValueError:
            continue
    return None


def _unix(value: float) -> datetime | None:
    if value <= 0:
        return None
    try:
        return _sane(datetime.fromtimestamp(value / 1000 if value >= _MILLISECONDS else value, UTC))
    except (OverflowError, ValueError, OSError):
        return None


def _sane(found: datetime) -> datetime | None:
    if found.tzinfo is not UTC:
        try:
            found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except OverflowError:
            return None
    return found if found.year >= _FIRST_YEAR else None


def address(value: object) -> str | None:
    """Return an e-mail address; those made up for people without one are None."""
    text = value.strip() if isinstance(value, str) else ""
    return text if "@" in text and not text.lower().endswith(_EMAILLESS) else None
