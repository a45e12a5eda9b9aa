"""Slack's rules around its methods: tiers, scopes, cursors, bounds, arguments. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from communitykit.connector import JSON, Budget
from communitykit.sandbox import Place, read_cursor
from communitykit_slack.sandbox import naming

TIERS: Mapping[int, int] = {1: 1, 2: 20, 3: 50, 4: 100, 5: 600}
"""Requests per minute; tier 5 is what Slack calls special."""

SCOPES = {"public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim"}
"""What scopes call each sort of conversation."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A method's tier and the scope that it needs; `per_type` is filled by channels: / groups: / im: instead."""

    tier: int
    scope: str = ""
    per_type: str = ""
    default: int = 100
    largest: int = 1000


RULES: Mapping[str, Rule] = {
    "api.test": Rule(5),
    "auth.teams.list": Rule(2),
    "auth.test": Rule(5),
    "bots.info": Rule(3, "users:read"),
    "conversations.history": Rule(3, per_type="history", largest=999),
    "conversations.info": Rule(3, per_type="read"),
    "conversations.join": Rule(3, "channels:join"),
    "conversations.list": Rule(2, per_type="read", largest=999),
    "conversations.members": Rule(4, per_type="read"),
    "conversations.replies": Rule(3, per_type="history", default=1000),
    "emoji.list": Rule(2, "emoji:read"),
    "oauth.v2.access": Rule(5),
    "pins.list": Rule(2, "pins:read"),
    "reactions.get": Rule(3, "reactions:read"),
    "team.info": Rule(3, "team:read"),
    "team.profile.get": Rule(3, "users.profile:read"),
    "usergroups.list": Rule(2, "usergroups:read"),
    "usergroups.users.list": Rule(2, "usergroups:read"),
    "users.conversations": Rule(3, per_type="read", largest=999),
    "users.info": Rule(4, "users:read"),
    "users.list": Rule(2, "users:read", default=0),
    "users.lookupByEmail": Rule(3, "users:read.email"),
    "users.profile.get": Rule(4, "users.profile:read"),
}

ALL_SCOPES = frozenset(
    {rule.scope for rule in RULES.values() if rule.scope}
    | {f"{kind}:{act}" for kind in ("channels", "groups", "im", "mpim") for act in ("read", "history")}
    | {"files:read"}
)

RESTRICTED = Rule(1, per_type="history", default=15, largest=15)
"""What history and replies become for commercially distributed apps outside the Marketplace."""


def budgets(*, restricted: bool = False) -> dict[str, Budget]:
    """Return every method's limit."""
    found = {name: Budget(TIERS[rule.tier], 60) for name, rule in RULES.items()}
    if restricted:
        found["conversations.history"] = found["conversations.replies"] = Budget(1, 60)
    return found


class Refused(Exception):  # noqa: N818 # an answer, not a fault of ours
    """A method's answer `{"ok": false, "error": …}`."""

    def __init__(self, error: str, **more: JSON) -> None:
        """Keep the error code and further fields of the answer."""
        self.error = error
        self.more = more
        super().__init__(error)


def flag(fields: Mapping[str, JSON], name: str) -> bool:
    """Read a flag: only lower-case true and 1 count."""
    return str(fields.get(name, "")).strip() in {"true", "1"} or fields.get(name) is True


def truthy_bound(fields: Mapping[str, JSON], name: str) -> bool:
    """Read `inclusive`: everything but absent, empty, 0 and false counts."""
    return str(fields.get(name, "")) not in {"", "0", "false", "False"}


def limit(fields: Mapping[str, JSON], rule: Rule) -> int:
    """Read the page size, clamped to the method's largest.

    Raises Refused when it is no number, or below zero.
    """
    text = str(fields.get("limit", "") or rule.default)
    if not text.isdigit():
        raise Refused("invalid_limit")
    return min(int(text) or rule.default, rule.largest) if rule.default else min(int(text), rule.largest)


def bound(fields: Mapping[str, JSON], name: str) -> int | None:
    """Read `oldest` or `latest`; 0 and nothing are no bound.

    Raises Refused when it is no timestamp.
    """
    text = str(fields.get(name, "") or "0")
    try:
        return naming.moment(text) or None
    except ValueError:
        raise Refused(f"invalid_ts_{name}") from None


def position(secret: str, kind: str, cursor: str) -> str:
    """Return the position that a cursor stands for.

    Raises Refused when it is not this site's, or of another listing.
    """
    value = read_cursor(secret, kind, cursor)
    if value is None:
        raise Refused("invalid_cursor")
    return value


def scope_for(rule: Rule, place: Place | None) -> str:
    """Name the scope that a method needs, for a channel where that matters."""
    if rule.per_type:
        return f"{SCOPES[naming.sort_of(place) if place else 'public_channel']}:{rule.per_type}"
    return rule.scope
