"""Slack's ids and times as communitykit's: prefixes worked out once per channel, times without floats. Pure."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeGuard

from communitykit.connector import JSON, Rejected, make_id
from communitykit.connector.declaration import Context

PLATFORM = "slack"
SLACKBOT = "USLACKBOT"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROS = 6
_USUAL = 17  # characters of a ts of these centuries: ten, a point, six
_LONGEST = 32  # nothing that Slack writes comes near it
_LAST_PLAUSIBLE = 100_000_000_000
_FIRST_PLAUSIBLE = 1_000_000  # smaller numbers (0, 1) are placeholders, not times


class Bots(dict[str, str]):
    """Bot ids (B…) and whose they are: the users (U…) that are the same bots. Hashable, since it never changes."""

    __slots__ = ()

    def __hash__(self) -> int:  # type: ignore[override] # a dict has none
        """Return how many there are: a reading has one such list, so that it is looked up in no time."""
        return len(self)


_NOBODYS = Bots()


def bots_of(users: Iterable[JSON]) -> Bots:
    """Return whose each bot id is, as the profiles of a list of users tell it."""
    found = Bots()
    for user in users:
        if isinstance(user, Mapping) and (told := bot_of(user)) and isinstance(native := user.get("id"), str):
            found[told] = native
    return found


def bot_of(user: Mapping[str, JSON]) -> str | None:
    """Return the bot id under which a user writes, too; None of people."""
    profile = user.get("profile")
    told = profile.get("bot_id") if isinstance(profile, Mapping) else None
    return told if isinstance(told, str) and told else None


class Location:
    """A channel of a workspace: where ids are made.

    `team` is the workspace that is read, `network` the channel's host, `people` the network of everybody's ids;
    `bots` says which bot ids are users'.
    """

    __slots__ = ("bots", "channel", "community_id", "network", "people", "post_prefix", "team")

    def __init__(self, team: str, channel: str, network: str, people: str, bots: Mapping[str, str] = _NOBODYS) -> None:
        """Work the prefixes out once."""
        self.bots = bots
        self.team = team
        self.channel = channel
        self.network = network
        self.people = people
        self.community_id = community_id(network, channel)
        self.post_prefix = make_id(PLATFORM, network, "post", *_parts(channel)) + "/"

    def member(self, user: str) -> str:
        """Return a member's id.

        Slack's user ids are unique wherever people are at home, so where that is never decides an id: payloads do not
        all tell it, nor all the same.
        """
        return member_id(self.people, user)

    def bot(self, native: str) -> str:
        """Return the id of the member behind a bot id: the user that it is, where that is known."""
        return member_id(self.people, self.bots.get(native, native))

    def post(self, ts: str) -> str:
        """Return a message's id, its `ts` kept as it is."""
        return self.post_prefix + ts


@lru_cache(maxsize=65536)
def member_id(network: str, user: str) -> str:
    """Return a member's id."""
    return make_id(PLATFORM, network, "member", user)


def community_id(network: str, native: str) -> str:
    """Return the id of a channel, workspace or user group."""
    return make_id(PLATFORM, network, "community", *_parts(native))


def local_channel(fitting: Iterable[str], folder: str) -> str:
    """Name a folder of an export that no channel is known for, or of which several may be it (`fitting`, their ids).

    However the export is packed, and in whichever of a workspace's exports: it is the same folder, and no other one's.
    """
    doubt = "/".join(sorted(fitting))
    return f"~{hashlib.sha256(doubt.encode()).hexdigest()[:12]}/{unicodedata.normalize('NFC', folder)}"


def _parts(native: str) -> list[str]:
    """Slack's own ids have one part; a local one tells its archive and its folder apart."""
    return native.split("/", 1) if native.startswith("~") else [native]


@lru_cache(maxsize=4096)
def _location(team: str, channel: str, network: str, people: str, bots: Bots) -> Location:
    return Location(team, channel, network, people, bots)


def place_of(context: Context, channel: object = None) -> Location:
    """Find the place that a context (and the payload's own `channel`, an id or a whole channel) speaks of.

    Raises Rejected when neither names a team and a channel.
    """
    if channel.__class__ is dict:
        channel = channel.get("id")  # search results hold the whole channel
    team, named = context.get("team"), channel or context.get("channel")
    if not team or not isinstance(named, str) or not named:
        raise Rejected("no_place", "neither the payload nor its context names the team and the channel")
    host = (context.get("host") if named == context.get("channel") else None) or team
    return _location(team, named, host, context.get("people") or team, context.get("bots") or _NOBODYS)


def host_of(channel: Mapping[str, JSON], context: Context) -> str:
    """Return the network of a channel: its host where Slack tells it, the enterprise where several workspaces share it.

    Whichever workspace a shared channel is read in, it is one.
    """
    host = channel.get("conversation_host_id")
    if isinstance(host, str) and host:
        return host
    return people_of(context) if channel.get("is_org_shared") is True else str(context["team"])


def people_of(context: Context) -> str:
    """Return the network of people's ids: the enterprise that the workspace belongs to, or else the workspace.

    Raises Rejected when the context names neither.
    """
    found = context.get("people") or context.get("team")
    if not found:
        raise Rejected("no_place", "the context names no team")
    return str(found)


def parse_ts(ts: object) -> datetime:
    """Read a `ts` ("1512104434.000490") exactly: seconds and microseconds as integers.

    Raises Rejected when it is none.
    """
    if isinstance(ts, str) and len(ts) == _USUAL and ts[0] != "0" and ts[10] == "." and ts.isascii():
        whole, part = ts[:10], ts[11:]
        if whole.isdecimal() and part.isdecimal():
            return _EPOCH + timedelta(0, int(whole), int(part))
    if not is_ts(ts):
        raise Rejected("bad_ts", "ts is not seconds.microseconds, or a placeholder")
    seconds, _, micros = ts.partition(".")
    return _EPOCH + timedelta(seconds=int(seconds), microseconds=int(micros.ljust(_MICROS, "0")[:_MICROS] or "0"))


def ts_of(moment: datetime) -> str:
    """Write a moment as a `ts`; the inverse of `parse_ts`."""
    delta = moment - _EPOCH
    return f"{delta.days * 86400 + delta.seconds}.{delta.microseconds:06d}"


@lru_cache(maxsize=4096)  # a page's messages are each looked at several times
def ts_key(ts: str) -> tuple[int, int]:
    """Order `ts` strings as Slack does, without floats."""
    seconds, _, micros = ts.partition(".")
    return int(seconds), int(micros.ljust(_MICROS, "0")[:_MICROS] or "0")


def micros(ts: str) -> int:
    """Return the microseconds since 1970 of a `ts`: Slack's own order as a number."""
    seconds, part = ts_key(ts)
    return seconds * 1_000_000 + part


def ts_at(at: int) -> str:
    """Write microseconds since 1970 as a `ts`; the inverse of `micros`."""
    return f"{at // 1_000_000}.{at % 1_000_000:06d}"


def is_ts(ts: object) -> TypeGuard[str]:
    """Tell whether something is a usable ts, and no placeholder."""
    return isinstance(ts, str) and len(ts) <= _LONGEST and _is_ts(ts)


@lru_cache(maxsize=4096)  # as above
def _is_ts(ts: str) -> bool:
    if not ts.isascii():
        return False
    seconds, _, micros = ts.partition(".")
    return (
        seconds.isdecimal()
        and (not micros or micros.isdecimal())
        and _FIRST_PLAUSIBLE <= int(seconds) < _LAST_PLAUSIBLE
    )


def from_seconds(value: object) -> datetime | None:
    """Read seconds since 1970 (a number or its text); placeholders and nonsense are None."""
    if isinstance(value, str) and value.partition(".")[0].isdecimal():
        value = int(value.partition(".")[0])
    if isinstance(value, bool) or not isinstance(value, int | float) or not _FIRST_PLAUSIBLE <= value < _LAST_PLAUSIBLE:
        return None
    return _EPOCH + timedelta(seconds=int(value))
