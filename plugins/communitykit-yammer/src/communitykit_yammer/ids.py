"""Yammer's ids and times as communitykit's. Pure.

Every id is of the network that was read. Payloads mostly name people by number alone, and the numbers are unique over
all networks, so nobody's home network has to be known to tell who somebody is.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

from communitykit.connector import JSON, Rejected, make_id

PLATFORM = "yammer"
NETWORK = "network"
"""Native id of the community that is the network itself: no number, since groups have those."""
ALL_COMPANY = "all-company"
"""Native id of the feed that has no group of its own in older networks."""
_END = 2**63
"""Ids are numbers of 64 bits; what is wider is none, whatever came of it on its way."""
_SORTS = ("user", "bot", "guide")
_DIGITS = len(str(_END)) + 5  # a few zeros may stand before it
_REST_TIME = re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d [+-]\d\d[0-5]\d", re.ASCII)
_FORMS = ("%Y/%m/%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S %Z", "%Y/%m/%d %H:%M:%S", "%Y.%m.%d %H:%M:%S")
_FIRST_YEAR = 2008  # Yammer began then; earlier years are placeholders


def number(value: object) -> str | None:
    """Return a native id as text, whether it came as a number or as text; None for anything that is no id."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value) if 0 < value < _END else None
    text = value.strip() if isinstance(value, str) else ""
    return text if text.isascii() and text.isdecimal() and len(text) <= _DIGITS and 0 < int(text) < _END else None


def network_of(context: Mapping[str, JSON], item: Mapping[str, JSON]) -> str:
    """Return the network that was read, or else the one that the payload names.

    Raises Rejected when neither tells.
    """
    native = number(context.get("network")) or number(item.get("network_id"))
    if native is None:
        raise Rejected("no_network", "neither the payload nor its context names the network")
    return native


@lru_cache(maxsize=65536)
def member_id(network: str, native: str, kind: str | None = None) -> str:
    """Return a member's id; bots and guides (`sender_type`) are numbered apart from users."""
    return make_id(PLATFORM, network, "member", *([kind, native] if kind and kind != "user" else [native]))


def kind_of(told: object) -> str | None:
    """Return which sort of account `sender_type` or `type` means, whatever its case: `user`, `bot` or `guide`.

    What is not told means a user; None for what is none of the three, so that nobody's number is taken for another's.
    """
    word = told.strip().lower() if isinstance(told, str) else told
    return "user" if word in (None, "") else str(word) if word in _SORTS else None


@lru_cache(maxsize=65536)
def community_id(network: str, *native: str) -> str:
    """Return the id of a group, or of what is none: `network`, `all-company`, `storyline/USER`, `conversation/ID`."""
    return make_id(PLATFORM, network, "community", *native)


@lru_cache(maxsize=65536)
def post_id(network: str, native: str) -> str:
    """Return a message's id, which is unique in its network."""
    return make_id(PLATFORM, network, "post", native)


def parse_time(value: object) -> datetime | None:
    """Read "2011/03/29 20:39:12 +0000" (REST) or ISO 8601 (exports); empty, `null` and nonsense are None."""
    text = value.strip() if isinstance(value, str) else ""
    if not text or text.lower() == "null":
        return None
    if _REST_TIME.fullmatch(text):  # `strptime` takes seven times as long for it
        text = f"{text[:10].replace('/', '-')}{text[10:19]}{text[20:]}"
    for form in (None, *_FORMS):
        try:
            found = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007 # see below
        except ValueError:
            continue
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        return found if found.year >= _FIRST_YEAR else None
    return None


def rest_id(node: object) -> str | None:
    """Decode a Graph node id, base64url JSON such as `{"_type":"Group","id":"47691358209"}`, to REST's number."""
    if not isinstance(node, str) or not node:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(node + "=" * (-len(node) % 4)))
    except ValueError:
        return None
    return number(found.get("id")) if isinstance(found, dict) else None


def addresses_of(account: Mapping[str, JSON]) -> list[str]:
    """Return the addresses under which Graph knows an account, in small letters: what joins it to a user of REST's."""
    return [str(account[name]).lower() for name in ("mail", "userPrincipalName") if account.get(name)]
