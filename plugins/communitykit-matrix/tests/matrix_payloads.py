"""Payloads as a homeserver writes them, and translating them."""

from __future__ import annotations

from typing import Any

from communitykit_matrix.translate import TRANSLATORS

HOME = "aurora.test"
ROOM = "!room:aurora.test"
CONTEXT = {"home": HOME, "room": ROOM, "listed": True, "bots": "@*bot:* @bot-*:*"}


def event(kind: str, content: dict[str, Any], **more: Any) -> dict[str, Any]:
    made = {"type": kind, "event_id": "$event", "sender": "@ann:aurora.test", "origin_server_ts": 1_700_000_000_123}
    return {**made, "content": content, "unsigned": {}, **more}


def told(kind: str, item: Any, **context: Any) -> list[Any]:
    return list(TRANSLATORS[kind].translate(item, {**CONTEXT, **context}))
