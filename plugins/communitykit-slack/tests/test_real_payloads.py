"""Payloads by others: every message, user, channel and event in them becomes records, an Issue, or is declared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def _found(value: Any) -> Iterator[tuple[str, Any]]:
    """Find what looks like a message, user or channel, however deep."""
    if isinstance(value, list):
        for one in value:
            yield from _found(one)
    elif isinstance(value, dict):
        if "ts" in value and ("text" in value or value.get("type") == "message"):
            yield "message", value
        elif str(value.get("id") or "")[:1] in {"U", "W"} and "profile" in value:
            yield "user", value
        elif str(value.get("id") or "")[:1] in {"C", "G", "D"} and ("is_channel" in value or "created" in value):
            yield "channel", value
        for one in value.values():
            yield from _found(one)


def test_every_event_body(payloads: Any, translate: Any) -> None:
    bodies = [*payloads("java-slack-sdk/samples/events/*.json"), *payloads("slack-web/golden/SlackWebhookEvent/*.json")]
    kinds = set()
    for name, body in bodies:
        event = body.get("event") or body
        found = translate("event", event, team=body.get("team_id") or "T1", origin="webhook", channel=None)
        assert found.drafts or found.ignored or found.rejected, name
        assert "unknown_event" not in found.rejected, name
        kinds.add(event.get("type"))
    assert len(kinds) > 70


def test_real_event_bodies_become_records(payloads: Any, translate: Any) -> None:
    made = translate("event")
    for _, body in payloads("slack-web/golden/SlackWebhookEvent/*.json"):
        found = translate("event", body["event"], team=body["team_id"], origin="webhook", channel=None)
        assert found.rejected == []
        made.drafts += found.drafts
    assert made.unique("post") >= 4
    assert made.of("community")


def test_everything_inside_example_responses(payloads: Any, translate: Any) -> None:
    counted = dict.fromkeys(("message", "user", "channel"), 0)
    for pattern in (
        "slack-api-specs/examples/*.json",
        "java-slack-sdk/samples/api/*.json",
        "slack-web/golden/*/*.json",
    ):
        for _, body in payloads(pattern):
            for kind, item in _found(body):
                translate(kind, item)
                counted[kind] += 1
    assert counted["message"] >= 20
    assert counted["user"] > 3
    assert counted["channel"] > 10


def test_exported_messages_of_another_project(payloads: Any, translate: Any) -> None:
    for _, body in payloads("zulip/*.json"):
        for kind, item in _found(body):
            assert kind != "message" or translate(kind, item, origin="archive").rejected == []
