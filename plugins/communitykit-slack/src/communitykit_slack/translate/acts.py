"""Messages that Slack itself writes become events, by one table. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from communitykit.connector import JSON, Draft, Ignored, Rejected, Swept, make_event_id
from communitykit.connector.payload import sound_texts
from communitykit_slack.ids import PLATFORM, Location, from_seconds, parse_ts
from communitykit_slack.translate.messages import deleted, tombstone
from communitykit_slack.translate.places import pinned
from communitykit_slack.translate.text import plain
from communitykit_slack.wire import Message

Rule = Callable[[Message, Location], Iterator[Draft]]


def act(
    place: Location,
    kind: str,
    *,
    actor: str | None,
    target: str,
    detail: str | None = None,
    ts: str,
    key: str | None = None,
) -> dict[str, JSON]:
    """Describe something that happened once; `key` identifies it, the message's ts unless given."""
    return {
        "record": "event",
        "id": make_event_id(PLATFORM, place.network, kind, target=target, actor=actor, occurrence=key or ts),
        "kind": kind,
        "actor_id": actor,
        "target_id": target,
        "community_id": place.community_id,
        "detail": detail,
        "occurred_at": parse_ts(ts),
        "time_source": "event",
        "active": True,
    }


def _actor(item: Message, place: Location) -> str | None:
    user = item.get("user")
    if user:
        return place.member(user)
    return place.member(item["bot_id"]) if item.get("bot_id") else None


def _joined(item: Message, place: Location) -> Iterator[Draft]:
    member = _actor(item, place)
    if member is None:
        raise Rejected("no_author", "nobody is said to have joined")
    yield act(place, "joined", actor=member, target=place.community_id, ts=item["ts"])
    if inviter := item.get("inviter"):
        yield act(place, "invited", actor=place.member(inviter), target=member, ts=item["ts"])


def _left(item: Message, place: Location) -> Iterator[Draft]:
    member = _actor(item, place)
    if member is None:
        raise Rejected("no_author", "nobody is said to have left")
    yield act(place, "left", actor=member, target=place.community_id, ts=item["ts"])


def _changed(what: str, key: str | None = None) -> Rule:
    """Make the rule for a change of the channel: `what`, and the new value that the message holds under `key`."""

    def rule(item: Message, place: Location) -> Iterator[Draft]:
        value = item.get(key) if key else None
        detail = f"{what}: {plain(str(value or ''), place).text}" if key else what
        yield act(
            place,
            "community_changed",
            actor=_actor(item, place),
            target=place.community_id,
            detail=detail,
            ts=item["ts"],
        )

    return rule


def _bot_changed(what: str) -> Rule:
    def rule(item: Message, place: Location) -> Iterator[Draft]:
        bot = item.get("bot_id")
        target = place.member(bot) if bot else place.community_id
        actor = place.member(item["user"]) if item.get("user") else None
        yield act(place, "account_changed", actor=actor, target=target, detail=what, ts=item["ts"])

    return rule


def _pinned(item: Message, place: Location) -> Iterator[Draft]:
    user = item.get("user")
    told: Mapping[str, JSON] = item.get("item") or {}
    shown = next((one for one in item.get("attachments") or () if one.get("ts") and one.get("channel_id")), None)
    ts = (told.get("message") or {}).get("ts") or told.get("ts") or (shown or {}).get("ts")
    active = item.get("subtype") == "pinned_item"
    if user and isinstance(ts, str) and ts:
        yield pinned(place, place.post(ts), user, parse_ts(item["ts"]), active=active)
    elif active:  # a file: the model pins posts, so the channel stands in and the message tells one pin from another
        yield act(place, "pinned", actor=_actor(item, place), target=place.community_id, ts=item["ts"])
    else:
        yield Ignored("pinned_file")


def huddle(item: Message, place: Location) -> Iterator[Draft]:
    """Translate a huddle: one event per person who took part."""
    room = item.get("room") or {}
    people = sound_texts(room.get("participant_history") or room.get("participants"))
    if people is None:  # an act that would name nobody is not the act of somebody unread
        raise Rejected("malformed", "the huddle's participants are no list of ids")
    people = people or [one for one in (room.get("created_by"),) if one]
    started = from_seconds(room.get("date_start"))
    for user in people or [""]:
        draft = act(
            place,
            "x-slack-huddle",
            actor=place.member(user) if user else None,
            target=place.community_id,
            ts=item["ts"],
            key=room.get("id"),
        )
        yield {**draft, "occurred_at": started} if started else draft


def _tombstone(item: Message, place: Location) -> Iterator[Draft]:
    yield tombstone(item, place)
    yield Swept("event", {"kind": "reacted", "target_id": place.post(item["ts"])})  # they went with the message


def _deleted(item: Message, place: Location) -> Iterator[Draft]:
    """Translate the event of a deletion; the message before it tells who and where in the thread, not what."""
    before = item.get("previous_message") or {}
    ts = item.get("deleted_ts") or before.get("ts")
    if not ts:
        raise Rejected("bad_ts", "the event does not say which message was deleted")
    draft = deleted(ts, place)
    if at := item.get("event_ts") or item.get("ts"):
        draft["deleted_at"] = parse_ts(at)
    if user := before.get("user"):
        draft["author_id"] = place.member(user)
    if before.get("ts"):
        thread = before.get("thread_ts")
        draft["root_id"] = draft["parent_id"] = place.post(thread) if thread and thread != ts else None
    yield draft


def _ignored(kind: str) -> Rule:
    def rule(_item: Message, _place: Location) -> Iterator[Draft]:
        yield Ignored(kind)

    return rule


_CHANNEL_CHANGES: dict[str, Rule] = {
    "topic": _changed("topic", "topic"),
    "purpose": _changed("purpose", "purpose"),
    "name": _changed("name", "name"),
    "archive": _changed("archived"),
    "unarchive": _changed("unarchived"),
    "convert_to_private": _changed("made private"),
    "convert_to_public": _changed("made public"),
    "posting_permissions": _changed("posting permissions"),
    "canvas_updated": _changed("canvas"),
}

SUBTYPES: dict[str, Rule] = {
    **{f"{sort}_{what}": rule for sort in ("channel", "group") for what, rule in _CHANNEL_CHANGES.items()},
    **{f"{sort}_join": _joined for sort in ("channel", "group")},
    **{f"{sort}_leave": _left for sort in ("channel", "group")},
    "bot_add": _bot_changed("added"),
    "bot_remove": _bot_changed("removed"),
    "bot_enable": _bot_changed("enabled"),
    "bot_disable": _bot_changed("disabled"),
    "pinned_item": _pinned,
    "unpinned_item": _pinned,
    "huddle_thread": huddle,
    "sh_room_created": huddle,
    "tombstone": _tombstone,
    "message_deleted": _deleted,
    "message_replied": _ignored("message_replied"),
    "ekm_access_denied": _ignored("ekm_access_denied"),
}
"""What becomes of a message with one of these subtypes. Any other subtype, known or new, is a post: never dropped."""
