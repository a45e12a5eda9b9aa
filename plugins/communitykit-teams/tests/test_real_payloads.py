"""Payloads by others: every message, user, member, channel, team and notification in them is accounted for."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from communitykit.connector import Ignored
from communitykit.connector.usage import report_rows
from communitykit_teams import TEAMS, lifecycle_events
from communitykit_teams.webhook import receive

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def _found(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Find what looks like one of our payloads, however deep."""
    if isinstance(value, list):
        for one in value:
            yield from _found(one)
    elif isinstance(value, dict):
        kind = _kind(value)
        if kind:
            yield kind, value
        for key, one in value.items():
            if kind != "message" or key != "replies":  # they come with their root
                yield from _found(one)


def _kind(value: dict[str, Any]) -> str | None:
    if not isinstance(value.get("id"), str):
        return None
    if "messageType" in value or ("from" in value and "body" in value):
        return "message"
    if "roles" in value and ("userId" in value or "displayName" in value):
        return "member"
    if "membershipType" in value:
        return "channel"
    if "userPrincipalName" in value or "@removed" in value:
        return "user"
    if "visibility" in value or "isArchived" in value or "resourceProvisioningOptions" in value:
        return "team"
    return "organization" if "verifiedDomains" in value else None


def test_everything_in_examples_and_recordings(payloads: Any, translate: Any) -> None:
    counted: Counter[str] = Counter()
    for name, body in payloads("**/*.json"):
        for kind, item in _found(body):
            found = translate(kind, item, community="team-1")
            assert found.rejected == [], (name, found.rejected)
            counted[kind] += 1
    assert counted["message"] >= 320
    assert counted["channel"] >= 60
    assert counted["member"] >= 60
    assert counted["user"] >= 30
    assert counted["team"] >= 10


def test_nothing_of_a_message_is_dropped(payloads: Any, translate: Any) -> None:
    posts = reactions = system = 0
    for name, body in payloads("**/*.json"):
        for kind, item in _found(body):
            if kind != "message":
                continue
            found = translate("message", item)
            for one in (item, *(item.get("replies") or ())):
                if one.get("eventDetail"):
                    system += 1
                    continue
                (post,) = [draft for draft in found.of("post") if draft["id"].endswith(f"/{one['id']}")] or [None]
                if post is None:
                    assert found.ignored, (name, one["id"])
                    continue
                posts += 1
                if post.get("gone"):
                    continue
                assert post.get("body", "") == ((one.get("body") or {}).get("content") or ""), name
                assert len(post.get("mentions") or ()) == len(one.get("mentions") or ()), name
                assert len(post.get("attachments") or ()) >= len(one.get("attachments") or ()), name
                reactions += len(one.get("reactions") or ())
    assert posts > 200
    assert reactions >= 6
    assert system > 90


def test_every_system_message_becomes_events(payloads: Any, translate: Any) -> None:
    kinds: set[str] = set()
    for _, body in payloads("docs_concepts/system-messages*.json"):
        found = translate("message", body)
        if "id" not in body:  # one example was printed without
            assert found.rejected == ["no_id"]
            continue
        assert found.of("event")
        sound = not body["createdDateTime"].startswith("2021-03-1706")  # two examples have no T in their time
        assert all(("occurred_at" in one) is sound for one in found.of("event"))
        kinds.add(body["eventDetail"]["@odata.type"])
    assert len(kinds) >= 13


def test_text_is_found_where_a_bot_says_everything_in_a_card(payloads: Any, translate: Any) -> None:
    ((_, replies),) = payloads("recorded_vercel_chat/replies.json")
    texts = [one["text"] for one in translate("message", *replies).of("post")]
    assert texts[:2] == ["👋 Welcome!", "📝 Message Fetch Results"]
    assert all(texts)


def test_notifications(payloads: Any, data: Any) -> None:
    seen = 0
    for name, body in payloads("docs_concepts/*otification*.json"):
        items = [one for one in body.get("value") or () if isinstance(one, dict)] if isinstance(body, dict) else []
        plain = [one for one in items if not one.get("encryptedContent") and one.get("clientState")]
        for one in plain:
            wrapped = f'{{"value":[{json.dumps(one)}]}}'.encode()
            delivery = receive({}, wrapped, str(one["clientState"]), NOW)
            (batch,) = delivery.batches
            (draft,) = TEAMS.translators[batch.kind].translate(batch.items[0], batch.context)
            assert isinstance(draft, Ignored), name
            seen += 1
    assert seen >= 4
    ((_, lifecycle),) = payloads("docs_concepts/webhooks-lifecycle__2*.json")
    state = lifecycle["value"][0]["clientState"]
    assert lifecycle_events(json.dumps(lifecycle).encode(), state) == [("<subscription_guid>", "missed")]


def test_reports(data: Any, translate: Any) -> None:
    rows = columns = 0
    for file in sorted(data.glob("docs_csv/*.csv")):
        text = file.read_text("utf-8")
        header = text.lstrip("\ufeff").splitlines()[0]
        columns += header.count(",") + 1
        for row in report_rows(text):
            rows += 1
            found = translate("usage", row)
            assert found.drafts or found.rejected
    assert columns > 100  # the documentation gives headers, and hardly a row
