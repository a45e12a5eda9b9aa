"""Workspaces, channels and an export's pins become Communities and events. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from communitykit.connector import JSON, Draft, Ignored, Rejected, make_event_id
from communitykit.connector.declaration import Context
from communitykit.connector.payload import odd_flags, sound_texts
from communitykit_slack.ids import PLATFORM, Location, community_id, from_seconds, host_of, place_of
from communitykit_slack.translate.text import plain
from communitykit_slack.visibility import told_by
from communitykit_slack.wire import Channel, Pin, Team

_FLAGS = {"is_archived": "archived", "is_general": "is_default"}
_LISTS = ("previous_names", "connected_team_ids", "shared_team_ids")
"""Lists that fields of a channel are made of."""


def workspace(item: Team, context: Context) -> Iterator[Draft]:
    """Translate a workspace."""
    native = item.get("id") or context.get("team")
    if not native:
        raise Rejected("no_id", "the workspace has no id")
    draft: dict[str, JSON] = {"record": "community", "id": community_id(native, native), "kind": "workspace"}
    if item.get("name"):
        draft["name"] = item["name"]
    address = item.get("url") or context.get("url")
    if address or item.get("domain"):
        draft["url"] = address or f"https://{item['domain']}.slack.com/"
    yield draft


def channel(item: Channel, context: Context) -> Iterator[Draft]:
    """Translate a conversation of any sort. What a payload does not tell stays untold."""
    native, team = item.get("id"), context.get("team")
    if not native or not team:
        raise Rejected("no_id", "the channel has no id, or no team is known")
    network = host_of(item, context)
    place = place_of({"team": team, "channel": native, "host": network, "people": context.get("people")})
    direct = "direct" in told_by(item)
    draft: dict[str, JSON] = {
        "record": "community",
        "id": place.community_id,
        "kind": "direct" if direct else "channel",
        "parent_id": community_id(team, team),
        "gone": None,
    }
    if not direct:  # the name of a direct message is made of its members' names
        draft["name"] = item.get("name") or None
    if privacy := _privacy(item, context, direct=direct):
        draft["privacy"] = privacy
    odd = odd_flags(item, _FLAGS)
    for name, field in _FLAGS.items():
        if name in item and name not in odd:
            draft[field] = bool(item[name])  # type: ignore[literal-required] # these two
    if "created" in item:
        draft["created_at"] = from_seconds(item["created"])
    if "creator" in item:
        draft["creator_id"] = place.member(item["creator"]) if item["creator"] else None
    for name in ("topic", "purpose"):
        if name in item:
            draft[name] = _shown(item.get(name), place)
    if "num_members" in item:
        draft["member_count"] = item["num_members"]
    lists = {name: sound_texts(one) for name, one in item.items() if name in _LISTS}
    draft |= _listed(lists, team)
    if url := context.get("url"):
        draft["url"] = f"{url.rstrip('/')}/archives/{native}"
    yield draft
    yield from (Rejected("odd_part", f"{name} is neither true nor false", native=native) for name in odd)
    yield from (
        Rejected("odd_part", f"{name} is no list of texts", native=native)
        for name, told in lists.items()
        if told is None
    )


def _listed(lists: dict[str, list[str] | None], team: str) -> dict[str, JSON]:
    """Return the fields that are made of lists; those of a list that cannot be read are left out."""
    fields: dict[str, JSON] = {}
    if (names := lists.get("previous_names")) is not None:
        fields["previous_names"] = tuple(names)
    shared = [told for name, told in lists.items() if name != "previous_names"]
    if shared and None not in shared:
        fields["shared_with"] = tuple(sorted({one for told in shared for one in told or () if one != team}))
    return fields


def pin(item: Pin, context: Context) -> Iterator[Draft]:
    """Translate a pin of an export's list of channels: who pinned which message, and when."""
    if item.get("type") not in {"C", "G", "message", None}:
        yield Ignored("pinned_file")
        return
    ts, user = item.get("id"), item.get("user")
    if not ts or not user:
        raise Rejected("no_id", "the pin names no message, or nobody who pinned it")
    place = place_of(context)
    yield pinned(place, place.post(ts), user, from_seconds(item.get("created")))


def pinned(place: Location, target: str, user: str, at: object, *, active: bool = True) -> dict[str, JSON]:
    """Describe a pin."""
    actor = place.member(user)
    return {
        "record": "event",
        "id": make_event_id(PLATFORM, place.network, "pinned", target=target, actor=actor),
        "kind": "pinned",
        "actor_id": actor,
        "target_id": target,
        "community_id": place.community_id,
        "active": active,
        **({"occurred_at": at, "time_source": "event"} if at is not None and active else {}),
    }


def _privacy(item: Channel, context: Context, *, direct: bool) -> str | None:
    if direct:
        return "direct"
    if context.get("private"):  # an export tells by the list that a channel is in, and the stricter word counts
        return "private"
    private = item.get("is_private", context.get("private"))
    return None if private is None else "private" if private else "public"


def _shown(value: object, place: Location) -> str | None:
    text = value.get("value") if isinstance(value, dict) else None
    return plain(text, place).text if isinstance(text, str) and text else None
