from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from slack_deliveries import NOW, SECRET, signed

from communitykit import ProtocolError, SignatureError
from communitykit.clock import Clock
from communitykit.doors.webhook import receive_for
from communitykit_slack import SLACK
from communitykit_slack.webhook import receive

EVENT = {"type": "reaction_added", "user": "U1", "event_ts": "1772366399.000200"}
BODY = {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event_time": 1772366399, "event": EVENT}


def test_a_delivery_is_one_dated_event() -> None:
    delivery = receive(*signed(BODY), SECRET, NOW)
    (batch,) = delivery.batches
    assert (batch.kind, list(batch.items)) == ("event", [EVENT])
    assert dict(batch.context) == {"team": "T1", "people": "T1", "origin": "webhook"}
    assert batch.as_of == datetime(2026, 3, 1, 11, 59, 59, 200, tzinfo=UTC)
    assert (delivery.dedupe_key, delivery.reply) == ("Ev1", None)


def test_of_a_shared_channel_our_own_team_counts() -> None:
    (batch,) = receive(*signed({**BODY, "team_id": "T9", "context_team_id": "T1"}), SECRET, NOW).batches
    assert batch.context["team"] == "T1"


def test_the_challenge_is_answered() -> None:
    delivery = receive(*signed({"type": "url_verification", "challenge": "abc"}), SECRET, NOW)
    assert (delivery.reply, delivery.batches) == ("abc", ())


def test_withheld_events_bring_nothing() -> None:
    assert receive(*signed({"type": "app_rate_limited", "team_id": "T1"}), SECRET, NOW).batches == ()


@pytest.mark.parametrize("age", [timedelta(minutes=5, seconds=1), -timedelta(minutes=6)])
def test_old_and_future_deliveries_are_refused(age: timedelta) -> None:
    headers, body = signed(BODY, at=NOW - age)
    with pytest.raises(SignatureError):
        receive(headers, body, SECRET, NOW)


def test_a_wrong_secret_or_a_changed_body_is_refused() -> None:
    headers, body = signed(BODY)
    for secret, changed in ((SECRET, body + b" "), ("other", body), ("", body)):
        with pytest.raises(SignatureError) as caught:
            receive(headers, changed, secret, NOW)
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize("headers", [{}, {"X-Slack-Signature": "v0=00"}, {"X-Slack-Request-Timestamp": "soon"}])
def test_missing_headers_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(SignatureError):
        receive(headers, b"{}", SECRET, NOW)


@pytest.mark.parametrize("raw", [b"", b"not json", b"[]"])
def test_signed_nonsense_is_refused(raw: bytes) -> None:
    with pytest.raises(ProtocolError):
        receive(*signed(raw), SECRET, NOW)


def test_a_signed_time_that_is_no_number_is_refused() -> None:
    digest = hmac.new(SECRET.encode(), b"v0:soon:{}", hashlib.sha256).hexdigest()
    headers = {"X-Slack-Signature": f"v0={digest}", "X-Slack-Request-Timestamp": "soon"}
    with pytest.raises(SignatureError):
        receive(headers, b"{}", SECRET, NOW)


CHANNELS: list[tuple[dict[str, Any], str]] = [
    ({"channel": "C0GEN00001", "channel_type": "channel"}, "public"),
    ({"channel": "C0GEN00001", "channel_type": "group"}, "private"),
    ({"channel": "C0GEN00001", "channel_type": "mpim"}, "direct"),
    ({"channel": "D0GEN00001", "channel_type": "im"}, "direct"),
    ({"channel": "D0GEN00001", "channel_type": "channel"}, "direct"),
    ({"channel": "G0GEN00001", "channel_type": "channel"}, "private"),
    ({"channel": "C0GEN00001", "channel_type": "hologram"}, "private"),
    ({"channel": "C0GEN00001"}, "private"),
    ({"channel": "C0GEN00001", "channel_type": "app_home"}, "direct"),
]
ACTS: list[tuple[dict[str, Any], str]] = [
    ({"type": "reaction_added", "item": {"type": "message", "channel": "C0GEN00001"}}, "public"),
    ({"type": "reaction_added", "item": {"type": "message", "channel": "D0GEN00001"}}, "direct"),
    ({"type": "reaction_added", "item": {"type": "message", "channel": "G0GEN00001"}}, "private"),
    ({"type": "member_joined_channel", "channel": "C0GEN00001", "channel_type": "G"}, "private"),
    ({"type": "group_rename", "channel": {"id": "C0GEN00001", "name": "x"}}, "private"),
    ({"type": "channel_rename", "channel": {"id": "C0GEN00001", "name": "x", "is_mpim": True}}, "direct"),
    ({"type": "channel_rename", "channel": {"id": "C0GEN00001", "name": "x", "is_private": True}}, "private"),
    ({"type": "team_join", "user": {"id": "U1"}}, "public"),
]
MESSAGES = [
    ({"type": "message", "user": "U1", "text": "x", "ts": "1709300000.000100", **one}, how) for one, how in CHANNELS
]


@pytest.mark.parametrize(("event", "privacy"), [*MESSAGES, *ACTS])
def test_talk_that_nobody_asked_for_stays_out(event: dict[str, Any], privacy: str) -> None:
    headers, body = signed({"type": "event_callback", "team_id": "T1", "event": event})
    (batch,) = receive(headers, body, SECRET, NOW).batches
    assert batch.privacy == privacy
    clock = Clock(now=lambda: NOW)
    silent = receive_for(SLACK, headers=headers, body=body, secret=SECRET, clock=clock)
    asked = {f"include_{privacy}": True} if privacy != "public" else {}
    loud = receive_for(SLACK, headers=headers, body=body, secret=SECRET, clock=clock, **asked)
    if event["type"] == "message":
        assert "post" in {one.record for one in loud.records}
        assert bool(silent.records) == (privacy == "public")
    if privacy != "public":
        assert (silent.records, silent.issues) == ((), ())
        assert silent.ignored == {f"{privacy} talk, not asked for": 1}
