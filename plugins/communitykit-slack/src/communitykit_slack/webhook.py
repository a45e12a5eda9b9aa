"""Events API deliveries: verified, then taken apart. Pure; there is no web server here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from communitykit import ProtocolError, SignatureError
from communitykit.connector import JSON, Batch, Delivery, Privacy, Rejected, WebhookDoor, as_mapping, as_text
from communitykit.connector.decoding import decode_json
from communitykit.connector.signatures import verify_age, verify_hmac
from communitykit_slack.ids import from_seconds, is_ts, parse_ts
from communitykit_slack.translate.acts import SUBTYPES
from communitykit_slack.translate.messages import bot_behind
from communitykit_slack.visibility import stricter, told_by

WINDOW = timedelta(minutes=5)
"""Older deliveries may be replays; Slack signs its own retries anew."""

_CHANNEL_TYPES: Mapping[str, Privacy] = {
    "channel": "public", "C": "public", "group": "private", "G": "private",
    "im": "direct", "mpim": "direct", "app_home": "direct",
}  # fmt: skip
_NOT_SLACKS = "Answer 401: this is not a delivery of Slack's."


def receive(headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> Delivery:
    """Verify a delivery and take it apart: one event, dated by its own time.

    A delivery that says only that Slack withheld events (`app_rate_limited`) comes back empty: the next pull finds what
    is missing. Answer 200 within three seconds; drop what has a `dedupe_key` that you have seen, never a mere retry.

    Raises SignatureError when it is not signed with `secret`, or not within five minutes of `now`; ProtocolError when
    it is, and is no JSON object.
    """
    given = {name.lower(): value for name, value in headers.items()}
    stamp = given.get("x-slack-request-timestamp", "")
    message = b"v0:" + stamp.encode() + b":" + body
    verify_hmac(
        secret=secret, message=message, given=given.get("x-slack-signature", ""), prefix="v0=", platform="slack"
    )
    sent_at = datetime.fromtimestamp(int(stamp), UTC) if stamp.isdecimal() and len(stamp) < 12 else None  # noqa: PLR2004 # seconds
    if sent_at is None:
        raise SignatureError("there is no time of sending", platform="slack", remedy=_NOT_SLACKS)
    verify_age(sent_at, now=now, window=WINDOW, platform="slack")
    return _taken_apart(_decoded(body), sent_at)


def _decoded(body: bytes) -> dict[str, JSON]:
    try:
        data = decode_json(body)
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise ProtocolError("the body is signed, but no JSON object", platform="slack", subject="webhook delivery")
    return data


def _taken_apart(data: dict[str, JSON], sent_at: datetime) -> Delivery:
    if data.get("type") == "url_verification":
        return Delivery(reply=str(data.get("challenge") or ""))
    event = data.get("event")
    if data.get("type") != "event_callback" or not isinstance(event, dict):
        return Delivery()
    # For a channel shared between companies `team_id` may be the other one; the context names ours.
    team = data.get("context_team_id") or data.get("team_id")
    context = {"team": team, "people": _enterprise(data, team) or team, "origin": "webhook"}
    as_of = _event_time(event) or from_seconds(data.get("event_time")) or sent_at
    batch = Batch("event", [event], context, as_of=as_of, privacy=privacy_of(event))
    batches = (batch, *_by_bot(event, context, batch.privacy))
    return Delivery(batches=batches, dedupe_key=data.get("event_id") or None)


def _by_bot(event: Mapping[str, JSON], context: Mapping[str, JSON], privacy: Privacy) -> Iterator[Batch]:
    """Yield whose a message is that names a bot id alone, as of when it was written.

    A delivery cannot know whether that bot is a user. So whatever is read later of the same message knows better, and
    no delivery about it, of an edit say, takes that back.
    """
    inner: JSON = event.get("message") if event.get("subtype") == "message_changed" else event
    if event.get("type") != "message" or not isinstance(inner, dict) or as_text(inner.get("subtype")) in SUBTYPES:
        return
    if is_ts(inner.get("ts")) and bot_behind(inner):  # type: ignore[arg-type] # any JSON
        item = {"channel": event.get("channel"), **inner}
        yield Batch("by_bot", [item], context, as_of=parse_ts(inner["ts"]), privacy=privacy)


def privacy_of(event: Mapping[str, JSON]) -> Privacy:
    """Tell how private the conversation of an event is: the strictest that its type, channel and id say.

    A message that does not tell counts as private. Other events name no kind of conversation for most channels and
    hold no words: they count as public, unless the channel's id tells otherwise.
    """
    kind, channel = as_text(event.get("type")), event.get("channel") or as_mapping(event.get("item")).get("channel")
    row = {"id": as_text(channel), **as_mapping(channel)}
    told = list(told_by(row))
    if said := as_text(event.get("channel_type")):
        told.append(_CHANNEL_TYPES.get(said, "private"))
    elif kind == "message":
        told.append("private")
    if kind.startswith("group_"):
        told.append("private")
    return stricter(*told)


def _enterprise(data: Mapping[str, JSON], team: object) -> str:
    """Return the enterprise of the workspace that a delivery is for; `enterprise_id` may be the other company's."""
    if "context_enterprise_id" in data:
        return as_text(data["context_enterprise_id"])
    return as_text(data.get("enterprise_id")) if data.get("team_id") == team else ""


def _event_time(event: Mapping[str, JSON]) -> datetime | None:
    ts = event.get("event_ts")
    if not isinstance(ts, str):
        return None
    try:
        return parse_ts(ts)
    except Rejected:
        return None


DOOR = WebhookDoor(receive=receive)
"""The declaration's part about webhooks."""
