"""Invented messages in the documented shape, of the sizes and mixtures that real exports have."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

_WORDS = [
    "the",
    "quarterly",
    "rollout",
    "plan",
    "is",
    "ready",
    "for",
    "review",
    "please",
    "have",
    "a",
    "look",
    "before",
    "friday",
    "thanks",
    "everyone",
]
START = 1_600_000_000


def message(number: int, every: int = 30) -> dict[str, Any]:
    """Return the message of that number: a fifth with markup and mentions, a tenth with reactions, a third replies.

    `every` so many seconds there is one.
    """
    words = " ".join(_WORDS[(number + shift) % len(_WORDS)] for shift in range(6 + number % 17))
    ts = f"{START + number * every}.{number % 1_000_000:06d}"
    made: dict[str, Any] = {
        "type": "message",
        "user": f"U{number % 500:06d}",
        "text": words,
        "ts": ts,
        "team": "T1",
        "client_msg_id": f"00000000-0000-0000-0000-{number:012d}",
    }
    if number % 5 == 0:
        made["text"] += f" <@U{(number + 7) % 500:06d}> see <https://example.org/{number}|the *page*> &amp; _reply_"
        made["blocks"] = [
            {
                "type": "rich_text",
                "block_id": "b",
                "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": words}]}],
            }
        ]
    if number % 10 == 3:
        users = [f"U{(number + n) % 500:06d}" for n in range(3)]
        made["reactions"] = [{"name": "thumbsup", "users": users, "count": 3}]
    if number % 3 == 1:
        root = number - 1
        made["thread_ts"] = f"{START + root * every}.{root % 1_000_000:06d}"
        made["parent_user_id"] = f"U{root % 500:06d}"
    elif number % 3 == 0:
        made |= {"thread_ts": ts, "reply_count": 1, "latest_reply": f"{START + number * every + every}.000001"}
    return made


def write_export(path: Path, messages: int, channels: int = 100, days: int = 700) -> None:
    """Write an export of that many messages, spread over channels and days, with 1.5 reactions a message."""
    users = [
        {"id": f"U{n:06d}", "team_id": "T1", "name": f"u{n}", "real_name": f"Person {n}", "deleted": False,
         "profile": {"email": f"u{n}@example.org", "real_name": f"Person {n}"}}
        for n in range(500)
    ]  # fmt: skip
    rows = [
        {"id": f"C{n:04d}", "name": f"channel-{n}", "created": START, "creator": "U000000", "is_archived": False,
         "is_general": n == 0, "members": [f"U{m:06d}" for m in range(n, 500, 7)], "topic": {"value": ""},
         "purpose": {"value": "all about it"}}
        for n in range(channels)
    ]  # fmt: skip
    per_channel = messages // channels
    every = days * 86_400 // per_channel
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        file.writestr("users.json", json.dumps(users))
        file.writestr("channels.json", json.dumps(rows))
        for channel in range(channels):
            day: list[dict[str, Any]] = []
            name = _day(0, every)
            for number in range(per_channel):
                if _day(number, every) != name:
                    file.writestr(f"channel-{channel}/{name}.json", json.dumps(day))
                    day, name = [], _day(number, every)
                day.append(_liked(message(number, every), number))
            file.writestr(f"channel-{channel}/{name}.json", json.dumps(day))


def _liked(made: dict[str, Any], number: int) -> dict[str, Any]:
    """Return a message with reactions where it is one of those that draw some: two fifths."""
    if number % 10 in {0, 2, 4, 6}:
        users = [f"U{(number * 7 + n) % 500:06d}" for n in range(3)]
        made["reactions"] = [{"name": "heart", "users": users, "count": 3}]
    return made


def _day(number: int, every: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=START + number * every)).date().isoformat()
