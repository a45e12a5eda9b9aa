"""Microsoft Graph's ids and times as communitykit's. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

from communitykit.connector import JSON, Rejected, make_id

PLATFORM = "teams"
_IDENTITIES = ("user", "application", "device")
_FIRST_PLAUSIBLE = 1990  # earlier years (1, 1601, 1970) are placeholders, not times
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Location:
    """A channel or chat: where ids are made.

    A channel's id is unique in all of Teams, and a shared channel is seen from several teams, so posts are known by
    channel and message; a message's id alone is unique only there.
    """

    __slots__ = ("channel", "community_id", "network", "post_prefix", "team")

    def __init__(self, network: str, team: str, channel: str) -> None:
        """Work the prefixes out once."""
        self.network = network
        self.team = team
        self.channel = channel
        self.community_id = community_id(network, channel)
        self.post_prefix = make_id(PLATFORM, network, "post", channel) + "/"

    def post(self, native: str) -> str:
        """Return a message's id."""
        return (
            self.post_prefix + native
            if native.isalnum()
            else make_id(PLATFORM, self.network, "post", self.channel, native)
        )

    def member(self, native: str, tenant: object = None) -> str:
        """Return a member's id: in the tenant that the payload names, else in this one."""
        return member_id(tenant if isinstance(tenant, str) and tenant else self.network, native)

    def named(self, told: object) -> str | None:
        """Return the member whom an identity or a set of them names.

        Raises Rejected when its id is no text.
        """
        found = identity_of(told)
        return self.identified(found[1]) if found else None

    def identified(self, who: Mapping[str, JSON]) -> str:
        """Return the member of an identity that is found already.

        Raises Rejected when its id is no text.
        """
        return self.member(known_id(who), who.get("tenantId"))


@lru_cache(maxsize=4096)
def _place(network: str, team: str, channel: str) -> Location:
    return Location(network, team, channel)


def place_of(item: Mapping[str, JSON], context: Mapping[str, JSON]) -> Location:
    """Find where a message stands: what it says itself, else what the context says.

    Raises Rejected when neither names a channel or chat, or no tenant is known.
    """
    told = item.get("channelIdentity") or {}
    channel = told.get("channelId") or context.get("channel") or item.get("chatId")
    network = context.get("network")
    if not isinstance(channel, str) or not channel or not network:
        raise Rejected("no_place", "neither the payload nor its context names the channel and the tenant")
    return _place(network, str(told.get("teamId") or context.get("team") or ""), channel)


@lru_cache(maxsize=65536)
def member_id(network: str, native: str) -> str:
    """Return a member's id: the Entra object id of a user, the app id of an application."""
    return make_id(PLATFORM, network, "member", native)


@lru_cache(maxsize=65536)
def community_id(network: str, native: str) -> str:
    """Return the id of a tenant, team, channel or chat."""
    return make_id(PLATFORM, network, "community", native)


def is_guid(text: object) -> bool:
    """Tell whether something looks like a directory object id."""
    return isinstance(text, str) and _GUID.fullmatch(text) is not None


def parse_time(text: object) -> datetime | None:
    """Read a time of Graph's: ISO 8601 with up to seven digits of a second, UTC where no offset is given.

    What is no time, or a placeholder for none, is None: a record is not lost for it.
    """
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if found.year < _FIRST_PLAUSIBLE:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def native_id(item: Mapping[str, JSON]) -> str:
    """Return a payload's own id.

    Raises Rejected when it has none.
    """
    native = item.get("id")
    if not isinstance(native, str) or not native:
        raise Rejected("no_id", "the payload has no id")
    return native


def identity_of(told: object) -> tuple[str, Mapping[str, JSON]] | None:
    """Return what kind of identity a set of them names and the identity, or what is told flatly; None where neither is.

    Source: `chatMessageFromIdentitySet` and its like, of which one member is set; some payloads hold the user itself.
    """
    if not isinstance(told, dict):
        return None
    for kind in _IDENTITIES:
        who = told.get(kind)
        if isinstance(who, dict) and who.get("id"):
            return kind, who
    return ("user", told) if told.get("id") else None


def network_of(context: Mapping[str, JSON]) -> str:
    """Return the tenant that a payload was read in.

    Raises Rejected where nothing tells it.
    """
    network = context.get("network")
    if not network:
        raise Rejected("no_place", "no tenant is known")
    return str(network)


def known_id(who: Mapping[str, JSON]) -> str:
    """Return the id of somebody or something that is named.

    Raises Rejected when it is no text.
    """
    native = who["id"]
    if not isinstance(native, str):
        raise Rejected("odd_id", "the id of what is named is no text")
    return native
