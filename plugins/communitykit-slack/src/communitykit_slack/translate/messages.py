"""A message becomes a Post, its reactions become events. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from communitykit.connector import JSON, Draft, Rejected, Swept, acted, as_list, as_mapping, as_text
from communitykit.connector.declaration import Context
from communitykit.connector.drafts import EventDraft
from communitykit.connector.payload import as_mappings, as_number, as_texts, sound_texts
from communitykit_slack.ids import SLACKBOT, Location, is_ts, parse_ts, place_of
from communitykit_slack.translate.blocks import beyond_text, blocks_text, card, card_text, file, is_preview, shared_from
from communitykit_slack.translate.people import slackbot
from communitykit_slack.translate.text import Named, Plain, plain, render
from communitykit_slack.wire import Edited, Message

_FED_BY: Mapping[str, tuple[str, ...]] = {
    "text": ("body", "text", "mentions", "links"),
    "blocks": ("text", "mentions", "links"),
    "attachments": ("attachments", "text", "mentions", "links"),
    "files": ("attachments",),
    "file": ("attachments",),
    "user": ("author_id",),
    "bot_id": ("author_id",),
    "comment": ("author_id",),
    "edited": ("edited_at",),
}
"""Which fields a part tells: where it cannot be read they stay untold, so that nothing told before is lost."""

_BROADCAST = frozenset({"thread_broadcast", "reply_broadcast"})


def post(item: Message, place: Location, context: Context) -> Iterator[Draft]:
    """Translate a message that says something: a post, the bot behind it where only that is known, its reactions."""
    ts, told = item["ts"], item
    post_id = place.post(ts)
    origin = context.get("origin")
    try:
        draft = _draft(item, place, context)
    except (AttributeError, KeyError, TypeError, ValueError):
        item, odd = _without_odd_parts(item, place, context)
        if "thread_ts" in odd:
            raise Rejected("bad_ts", "the thread's ts cannot be read") from None
        draft = _draft(item, place, context)
        for name in odd:
            yield Rejected("odd_part", f"{name} is not as Slack documents it", native=ts)
            for field in () if name in item else _FED_BY.get(name, ()):
                draft.pop(field, None)
    yield draft
    if origin != "api" and (item.get("user") == SLACKBOT or f"<@{SLACKBOT}" in as_text(item.get("text"))):
        yield slackbot(place.people)
    if origin == "archive" and (bot := bot_behind(item)) and bot not in place.bots:
        yield _bot(item, place)  # through the API it is looked up, and a delivery tells it apart
    if origin != "webhook":  # an event's copy of the reactions may be cut; they come as events of their own
        if "reactions" in told:
            if "counts" not in draft and told["reactions"] is not None:
                yield Rejected("odd_part", "reactions is not as Slack documents it", native=ts)
            yield from reacted(told, post_id, place)
        else:  # nearly always: not worth another generator
            yield Swept("event", {"kind": "reacted", "target_id": post_id})
    if origin == "api" and draft["root_id"] is None and told.get("reply_count") in (None, 0):
        yield Swept("post", {"root_id": post_id})  # an archive may have had replies that nothing leads to any more


def _draft(item: Message, place: Location, context: Context) -> dict[str, JSON]:
    """Describe the post itself.

    Raises Rejected when it says nothing, and whatever odd payloads make Python raise.
    """
    ts = item["ts"]
    origin = context.get("origin")
    root_id = _root_id(item, ts, place)
    body = item.get("text") or ""
    said = _said(item, body, place)
    author_id = _author_id(item, place)
    if author_id is None and not said.text and not item.get("files") and not item.get("attachments"):
        raise Rejected("empty", "neither author nor content")
    draft: dict[str, JSON] = {
        "record": "post",
        "id": place.post(ts),
        "community_id": place.community_id,
        "author_id": author_id,
        "root_id": root_id,
        "parent_id": root_id,
        "kind": "post",
        "body": body,
        "body_format": "mrkdwn",
        "text": said.text,
        "mentions": said.mentions,
        "attachments": _attachments(item, place),
        "links": said.links,
        "broadcast": item.get("subtype") in _BROADCAST,
        "created_at": parse_ts(ts),
        "edited_at": _edited_at(edited) if (edited := item.get("edited")) else None,
        "gone": None,
    }
    if item.get("attachments") and (shared := shared_from(item["attachments"], place)):
        draft["shared_from_id"] = shared
    named = "bot_id" in item or not item.get("user")
    if (name := item.get("username")) and named and not name.startswith("<@"):
        draft["author_name"] = name
    if origin == "webhook" and bot_behind(item):
        del draft["author_id"]  # who that is others may know better: `by_bot` tells it, for as long as nobody does
    if origin != "webhook":  # an event says nothing of what comes later
        if (counts := _counts(item, root=root_id is None)) is not None:
            draft["counts"] = counts
        if origin != "archive":  # exports leave pins out of messages
            draft["pinned"] = bool(item.get("pinned_to"))
    if url := context.get("url"):
        draft["url"] = _address(url, place.channel, ts, item.get("thread_ts"))
    return draft


def _without_odd_parts(item: Message, place: Location, context: Context) -> tuple[Message, list[str]]:
    """Leave out the parts that cannot be translated, each tried by itself; return the rest and the names of those.

    Of a list what can be read stays. Every trial has what a message needs beside the part.
    """
    known = {"ts": item["ts"], "text": "-", "bot_id": "-"}

    def is_good(name: str, value: object) -> bool:
        trial: JSON = {**known, name: value}
        try:
            _draft(trial, place, context)
        except (AttributeError, KeyError, TypeError, ValueError, Rejected):
            return False
        return True

    rest: dict[str, JSON] = {}
    odd: list[str] = []
    for name, value in item.items():
        kept = [one for one in value if is_good(name, [one])] if isinstance(value, list) else value
        if (kept or not value) and is_good(name, kept):
            rest[name] = kept
        if name not in rest or kept != value:
            odd.append(name)
    return rest, odd  # type: ignore[return-value] # any JSON


def reacted(item: Message, post_id: str, place: Location) -> Iterator[Draft]:
    """Translate the reactions under a message: one event per person and emoji, a sweep where the lists are whole."""
    told: JSON = item.get("reactions", [])
    reactions = reactions_of(item)
    whole = isinstance(told, list) and len(reactions) == len(told)  # null says nothing of who reacted
    for reaction in reactions:
        users, listed = as_texts(reaction.get("users")), sound_texts(reaction.get("users"))
        if listed is None:
            yield Rejected("odd_part", f"users of {reaction['name']} is no list of ids", native=item["ts"])
        if listed is None or len(users) < (as_number(reaction.get("count")) or len(as_list(reaction.get("users")))):
            whole = False
        for user in users:
            yield reaction_event(post_id, place, user, reaction["name"])
    if whole:
        yield Swept("event", {"kind": "reacted", "target_id": post_id})


def reaction_event(post_id: str, place: Location, user: str, name: str) -> EventDraft:
    """Describe one reaction; its time stays untold, since only events know it."""
    return acted("reacted", target=post_id, actor=place.member(user), community=place.community_id, detail=name)


def reactions_of(item: Message | Mapping[str, JSON]) -> list[dict[str, JSON]]:
    """Return the reactions under a message that name their emoji."""
    return [one for one in as_mappings(item.get("reactions")) if as_text(one.get("name"))]


def tombstone(item: Message, place: Location) -> dict[str, JSON]:
    """Describe a deleted message of which only the place is left; its author is not Slackbot, so nobody is named."""
    ts = item["ts"]
    root_id = _root_id(item, ts, place)
    draft = deleted(ts, place)
    draft.update(root_id=root_id, parent_id=root_id)
    if (counts := _counts(item, root=root_id is None)) is not None:
        draft["counts"] = counts
    return draft


def deleted(ts: str, place: Location) -> dict[str, JSON]:
    """Describe a message that Slack says is deleted."""
    return {
        "record": "post",
        "id": place.post(ts),
        "community_id": place.community_id,
        "created_at": parse_ts(ts),
        "gone": "deleted",
        "title": None,
        "body": None,
        "text": None,
        "mentions": (),
        "attachments": (),
        "links": (),
    }


def _root_id(item: Message, ts: str, place: Location) -> str | None:
    thread = item.get("thread_ts")
    return place.post(thread) if thread and thread != ts else None


def _edited_at(edited: Edited) -> datetime | None:
    """Return when it was edited; a message is not lost for an unreadable time of its edit."""
    try:
        return parse_ts(edited.get("ts") or "")
    except Rejected:
        return None


def _author_id(item: Message, place: Location) -> str | None:
    user = item.get("user")
    if user:
        return place.member(user)
    if item.get("subtype") == "file_comment":  # the file's owner is not who comments
        commenter = (item.get("comment") or {}).get("user")
        return place.member(commenter) if commenter else None
    profile: JSON = item.get("bot_profile")
    if profile.__class__ is dict and (told := profile.get("user_id")) and isinstance(told, str):
        return place.member(told)
    bot = item.get("bot_id")
    return place.bot(bot) if bot else None


def bot_behind(item: Message) -> str | None:
    """Return the bot id of a message that names no user: nothing in it says whether the bot is one."""
    if item.get("user") or item.get("subtype") == "file_comment":
        return None
    return None if as_text(as_mapping(item.get("bot_profile")).get("user_id")) else as_text(item.get("bot_id")) or None


def by_bot(item: Message, context: Context) -> Iterator[Draft]:
    """Translate whose a message is of which only the bot id is told, and that bot.

    Raises Rejected when it tells no time or no place.
    """
    place = place_of(context, item.get("channel"))
    if not is_ts(item.get("ts")):
        raise Rejected("bad_ts", "the message has no ts")
    yield {
        "record": "post",
        "id": place.post(item["ts"]),
        "community_id": place.community_id,
        "author_id": place.bot(item["bot_id"]),
    }
    yield _bot(item, place)


def _bot(item: Message, place: Location) -> dict[str, JSON]:
    draft: dict[str, JSON] = {"record": "member", "id": place.bot(item["bot_id"])}
    draft["kind"] = "bot"
    if name := as_text(as_mapping(item.get("bot_profile")).get("name")) or as_text(item.get("username")):
        draft["display_name"] = name
    return draft


def _said(item: Message, body: str, place: Location) -> Plain:
    """Return a message's plain text: what was written, and what its blocks and cards say beyond it."""
    blocks, cards = item.get("blocks"), item.get("attachments") or ()
    by_bot = "bot_id" in item or not body
    if not by_bot and not cards and (not blocks or all(one.get("type") == "rich_text" for one in blocks)):
        return plain(body, place)
    named = Named(place)
    text = render(body, named) if body else ""
    shown = blocks_text(blocks, named) if by_bot else beyond_text(blocks, named)
    if by_bot and len(shown) > len(text):  # where there are blocks, Slack shows `text` in notifications only
        text = shown
    elif not by_bot:
        text = _joined(text, shown)
    for one in cards:
        if not is_preview(one):
            text = _joined(text, card_text(one, named))
    return named.plain(text)


def _joined(text: str, more: str) -> str:
    """Add a paragraph, unless it is said already."""
    return text if not more or more in text else f"{text}\n{more}" if text else more


def _attachments(item: Message, place: Location) -> tuple[dict[str, JSON], ...]:
    files = item.get("files") or ([item["file"]] if item.get("file") else ())
    cards = item.get("attachments") or ()
    if not files and not cards:
        return ()
    return (*(file(one) for one in files), *(card(one, place) for one in cards))


def _counts(item: Message, *, root: bool) -> dict[str, JSON] | None:
    """Count replies and reactions; None where reactions cannot be read, so that what was counted before stays."""
    told, replies = item.get("reactions", []), item.get("reply_count") or 0
    reactions: dict[str, int] = {}
    if told != []:
        counted = reactions_of(item)
        if len(counted) < len(as_list(told)) or not counted:
            return None
        reactions = {one["name"]: as_number(one.get("count")) or len(as_list(one.get("users"))) for one in counted}
    return {"replies": replies if root and isinstance(replies, int) else None, "reactions": reactions}


def _address(url: str, channel: str, ts: str, thread: str | None) -> str:
    address = f"{url.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}"
    return f"{address}?thread_ts={thread}&cid={channel}" if thread and thread != ts else address
