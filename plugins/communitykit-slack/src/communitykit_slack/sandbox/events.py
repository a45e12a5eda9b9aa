"""Signed deliveries of the Events API: what changed in the world, as Slack tells it while it happens."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator

from pydantic_core import to_json

from communitykit.connector import JSON
from communitykit.sandbox import SECOND, Change, Message, Place, World
from communitykit_slack.sandbox import directory, naming, rendering
from communitykit_slack.sandbox.naming import channel, native, team, ts, user

_UNTOLD = (
    "edited", "reactions", "reply_count", "reply_users", "reply_users_count", "latest_reply", "is_locked",
    "subscribed", "pinned_to", "pinned_info",
)  # fmt: skip
"""What a post has only later."""
_TYPES = {"public": "channel", "private": "group", "direct": "im"}
_LETTERS = {"public": "C", "private": "G", "direct": "D"}


def sign(body: bytes, *, secret: str, sent_at: int) -> dict[str, str]:
    """Return the headers of a delivery: signed over the raw body and the second at which it was sent."""
    mark = hmac.new(secret.encode(), f"v0:{sent_at}:".encode() + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": str(sent_at),
        "X-Slack-Signature": f"v0={mark}",
    }


def challenge(world: World, *, secret: str) -> tuple[dict[str, str], bytes]:
    """Return the delivery by which Slack asks whether an address listens."""
    words = native("", world.seed, "challenge").lower()
    body = to_json({"token": _verification(world), "challenge": words, "type": "url_verification"})
    return sign(body, secret=secret, sent_at=world.now_us // SECOND), body


def deliver(
    world: World, changes: Iterable[Change], *, secret: str, duplicates: int = 0
) -> Iterator[tuple[dict[str, str], bytes]]:
    """Return a delivery for each event that changes cause; retries say so in their headers and keep their event id.

    All are sent at the world's present. Direct messages are not subscribed to.
    """
    sent_at = world.now_us // SECOND
    number = 0
    for change in changes:
        place = world.places[change.place] if change.place is not None else None
        if change.platform != "slack" or (place is not None and place.privacy == "direct"):
            continue
        for event in _events(world, change, place):
            number += 1
            body = to_json(_envelope(world, change, event, number))
            yield sign(body, secret=secret, sent_at=sent_at), body
            for retry in range(1, duplicates + 1):
                again = sign(body, secret=secret, sent_at=sent_at + retry)
                yield {**again, "X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"}, body


def _envelope(world: World, change: Change, event: dict[str, JSON], number: int) -> dict[str, JSON]:
    shared = change.place is not None and world.places[change.place].shared
    app = native("A", world.seed, "app")
    return {
        "token": _verification(world),
        "team_id": team(world),
        "context_team_id": team(world),
        "context_enterprise_id": None,
        "api_app_id": app,
        "event": event,
        "type": "event_callback",
        "event_id": native("Ev", world.seed, f"{change.at}/{number}/{event['type']}"),
        "event_time": change.at // SECOND,
        "authorizations": [
            {"enterprise_id": None, "team_id": team(world), "user_id": native("U", world.seed, "app"), "is_bot": True,
             "is_enterprise_install": False}
        ],
        "is_ext_shared_channel": shared,
        "event_context": f"4-{app}-{number}",
    }  # fmt: skip


def _events(world: World, change: Change, place: Place | None) -> Iterator[dict[str, JSON]]:
    kind = change.kind.removeprefix("reply_")
    if place is not None and change.message is not None:
        yield from _of_post(world, change, kind, place, change.message)
    elif place is not None:
        yield from _of_place(world, change, kind, place)
    elif change.person is not None:
        person = world.people[change.person]
        event = "team_join" if kind == "hired" else "user_change"
        shown = directory.user_object(world, person)
        yield {"type": event, "user": shown, "cache_ts": change.at // SECOND, "event_ts": ts(change.at)}


def _of_post(world: World, change: Change, kind: str, place: Place, message: Message) -> Iterator[dict[str, JSON]]:
    there = {"channel": channel(world, place), "channel_type": _TYPES[place.privacy]}
    who = user(world, world.people[change.person or 0])
    if kind in {"posted", "replied"}:
        yield {**_fresh(world, message), **there, "event_ts": ts(message.at)}
    elif kind == "edited":
        before = _fresh(world, message)
        before["text"] = naming.mrkdwn(world, message, change.before or ())
        before.pop("blocks", None)
        yield _changed(there, change, _whole(world, message), before)
    elif kind == "deleted" and rendering.visible(message):
        yield _changed(there, change, rendering.message_object(world, message), _fresh(world, message))
    elif kind == "deleted":
        yield {
            "type": "message",
            "subtype": "message_deleted",
            "previous_message": _fresh(world, message),
            **there,
            "hidden": True,
            "deleted_ts": ts(message.at),
            "event_ts": ts(change.at),
            "ts": ts(change.at),
        }
    elif kind in {"reacted", "unreacted"}:
        yield {
            "type": "reaction_added" if kind == "reacted" else "reaction_removed",
            "user": who,
            "reaction": change.emoji,
            "item": {"type": "message", "channel": there["channel"], "ts": ts(message.at)},
            "item_user": user(world, world.people[message.author]),
            "event_ts": ts(change.at),
        }
    elif kind == "pinned":
        item = {"type": "message", "channel": there["channel"], "message": _whole(world, message), "created_by": who,
                "created": change.at // SECOND}  # fmt: skip
        yield {
            "type": "pin_added",
            "user": who,
            "channel_id": there["channel"],
            "item": item,
            "event_ts": ts(change.at),
        }


def _of_place(world: World, change: Change, kind: str, place: Place) -> Iterator[dict[str, JSON]]:
    there = {"channel": channel(world, place), "channel_type": _TYPES[place.privacy]}
    who = user(world, world.people[change.person or 0])
    at = ts(change.at)
    brief = {"id": there["channel"], "name": place.name, "created": place.created_at // SECOND}
    if kind in {"joined", "left"}:
        yield {
            "type": f"member_{kind}_channel",
            "user": who,
            "channel": there["channel"],
            "channel_type": _LETTERS[place.privacy],
            "team": naming.home(world, world.people[change.person or 0]),
            "event_ts": at,
        }
    elif kind == "community_created":
        yield {"type": "channel_created", "channel": {**brief, "creator": who}, "event_ts": at}
    elif kind == "community_renamed":
        yield {"type": "channel_rename", "channel": {**brief, "name_normalized": place.name}, "event_ts": at}
    elif kind == "community_archived":
        yield {"type": "channel_archive", "channel": there["channel"], "user": who, "event_ts": at}
    for notice in place.notices:
        if notice.at == change.at:
            yield {**rendering.notice_object(world, notice), **there, "event_ts": at}


def _changed(
    there: dict[str, str], change: Change, message: dict[str, JSON], previous: dict[str, JSON]
) -> dict[str, JSON]:
    return {
        "type": "message",
        "subtype": "message_changed",
        "message": message,
        "previous_message": previous,
        **there,
        "hidden": True,
        "ts": ts(change.at),
        "event_ts": ts(change.at),
    }


def _whole(world: World, message: Message) -> dict[str, JSON]:
    """Render a post inside an event: without reactions, which events do not repeat."""
    found = rendering.message_object(world, message, buried=False)
    found.pop("reactions", None)
    return found


def _fresh(world: World, message: Message) -> dict[str, JSON]:
    """Render a post as it was when it was new."""
    found = rendering.message_object(world, message, buried=False)
    for name in _UNTOLD:
        found.pop(name, None)
    if message.root is None:
        found.pop("thread_ts", None)
    return found


def _verification(world: World) -> str:
    return native("", world.seed, "verification").lower()
