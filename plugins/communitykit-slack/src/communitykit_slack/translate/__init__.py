"""Slack's payloads to neutral records: every wire kind on one screen. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from communitykit.connector import JSON, Draft, Ignored, Rejected, Swept, WireKind, as_text, in_part
from communitykit.connector.declaration import Context
from communitykit_slack.ids import Location, place_of
from communitykit_slack.translate import people, places
from communitykit_slack.translate.acts import SUBTYPES, Rule, huddle
from communitykit_slack.translate.events import event
from communitykit_slack.translate.messages import by_bot, post, reacted
from communitykit_slack.wire import Message


def message(item: Message, context: Context) -> Iterator[Draft]:
    """Translate a message: what people and bots wrote is a post, what Slack wrote is an event.

    No generator itself, since nearly every message is a post and one generator less is a tenth of the time.

    Raises Rejected when it tells no time or no place.
    """
    subtype = item.get("subtype")
    if subtype == "message_changed":
        return message(_inner(item), context)
    place = place_of(context, item.get("channel"))
    if not isinstance(item.get("ts"), str) and subtype != "message_deleted":
        raise Rejected("bad_ts", "the message has no ts")
    rule = SUBTYPES.get(subtype) if subtype is not None else None
    if rule is None and "room" in item and subtype is None and not item.get("text"):
        rule = huddle  # exports of 2023 give huddles no subtype
    return post(item, place, context) if rule is None else _by_rule(rule, item, place, context)


def _inner(item: Message) -> Message:
    """Return the message as it is after a change; the event names the channel, the message in it does not."""
    inner: JSON = item.get("message") or {}
    if not isinstance(inner, dict) or not inner.get("ts"):
        raise Rejected("bad_ts", "the changed message has no ts")
    return {"channel": item.get("channel") or "", **inner}  # type: ignore[typeddict-item] # any JSON


def _by_rule(rule: Rule, item: Message, place: Location, context: Context) -> Iterator[Draft]:
    acted, bot = False, as_text(item.get("bot_id"))
    for draft in rule(item, place):
        if isinstance(draft, dict) and draft["record"] == "event":
            acted = True
            if bot in place.bots:  # its id stays made of what was told: not every door knows whose the bot's id is
                names = [name for name in ("actor_id", "target_id") if draft.get(name) == place.member(bot)]
                yield {**draft, **dict.fromkeys(names, place.bot(bot))}
                continue
        yield draft
    if acted and context.get("origin") != "webhook":  # people react to joins, too, and take it back
        yield from reacted(item, place.post(item["ts"]), place)


def _reactions(item: Message, context: Context) -> Iterator[Draft]:
    """Translate the list of who reacted to a message of which nothing else is told.

    Raises Rejected when it tells no time or no place.
    """
    place, ts = place_of(context), item.get("ts")
    if not isinstance(ts, str):
        raise Rejected("bad_ts", "the reactions are under no message")
    yield from reacted(item, place.post(ts), place)


def _superseded(item: Message, context: Context) -> Iterator[Draft]:
    """End what was kept of a message under its folder's local id, now that its channel is known.

    Raises Rejected when it tells no time or no place.
    """
    place, ts = place_of(context), item.get("ts")
    if not isinstance(ts, str):
        raise Rejected("bad_ts", "the message has no ts")
    yield Swept("post", {"id": place.post(ts)})
    for draft in in_part(ts, _each(item, {**context, "channel": place.channel})):
        if isinstance(draft, dict) and draft["record"] in {"event", "post"}:
            yield Swept(draft["record"], {"id": draft["id"]})


def _each(item: Message, context: Context) -> Iterator[Draft]:
    yield from message(item, context)


def _left_folder(item: JSON, context: Context) -> Iterator[Draft]:
    """End the community that a folder was under its local id, unless it holds what was not moved.

    Where its `channel` is known without anybody's word, so do its messages that stand there by now.
    """
    if item.get("channel"):
        left = place_of(context, item.get("id")).community_id
        yield Swept("post", {"community_id": left}, moved_to=place_of(context, item["channel"]).post_prefix)
    yield Swept("community", {"id": place_of(context, item.get("id")).community_id})


def _event(item: JSON, context: Context) -> Iterator[Draft]:
    return event(item, context, message)


def _integration(_item: JSON, _context: Context) -> Iterator[Draft]:
    yield Ignored("integration_log")


TRANSLATORS: dict[str, WireKind] = {
    "workspace": WireKind(places.workspace),
    "channel": WireKind(places.channel),
    "user": WireKind(people.user),
    "profile": WireKind(people.profile, id_field="user"),
    "stranger": WireKind(people.stranger),
    "bot": WireKind(people.bot),
    "member": WireKind(people.member, id_field="user"),
    "user_group": WireKind(people.user_group),
    "message": WireKind(message, id_field="ts"),
    "by_bot": WireKind(by_bot, id_field="ts"),
    "reactions": WireKind(_reactions, id_field="ts"),
    "event": WireKind(_event, id_field="event_ts"),
    "pin": WireKind(places.pin),
    "superseded": WireKind(_superseded, id_field="ts"),
    "left_folder": WireKind(_left_folder),
    "integration_log": WireKind(_integration, id_field="date"),
}
"""Wire kinds: what `Batch.kind` may say."""

IGNORED: dict[str, str] = {
    "message_replied": "only counters of a root, which history tells",
    "ekm_access_denied": "a message whose key was withdrawn: no content, no author",
    "file_reaction": "reactions to files, a thing of the past: files are no records here",
    "pinned_file": "files that were pinned: files are no records here",
    "app_mention": "the same message also comes as a message event",
    "link_shared": "the same message also comes as a message event",
    "star": "private bookmarks, abolished in 2023",
    "own_membership": "about the app itself; its channels are listed",
    "history_changed": "says that many messages changed, not which: the next pull finds them",
    "file_event": "files are metadata of the messages that carry them",
    "app_event": "about the app, its permissions and its installation",
    "client_event": "about windows, notifications and emoji lists of clients",
    "workflow_event": "about automation, not about people",
    "integration_log": "about apps, not about people",
}
"""What is knowingly no record, and why."""
