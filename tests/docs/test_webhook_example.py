"""The page on webhooks: its server takes a signed delivery, answers a challenge, and refuses a forgery."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from pages import blocks

from communitykit.sinks import read_jsonl
from communitykit.store import Store

PAGE = "docs/how-to/receive-webhooks.md"
SECRET = "signing-secret"
MESSAGE = {
    "type": "event_callback",
    "team_id": "T1",
    "event_id": "Ev1",
    "event_time": 1512104434,
    "event": {
        "type": "message",
        "channel": "C1",
        "channel_type": "channel",
        "user": "U1",
        "text": "hello",
        "ts": "1512104434.000490",
        "event_ts": "1512104434.000490",
    },
}


def signed(content: Mapping[str, Any], secret: str = SECRET) -> tuple[bytes, dict[str, str]]:
    body, stamp = json.dumps(content).encode(), str(int(time.time()))
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return body, {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


def test_the_server_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLACK_SIGNING_SECRET", SECRET)
    namespace: dict[str, Any] = {}
    for block in blocks(PAGE, "python"):
        exec(compile(block, PAGE, "exec"), namespace)  # noqa: S102 # the documentation's own examples

    async def deliver() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=namespace["app"])
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            sent = [
                signed({"type": "url_verification", "challenge": "abc"}),
                signed(MESSAGE),
                signed(MESSAGE, "somebody else's"),
            ]
            return [await client.post("/slack/events", content=body, headers=headers) for body, headers in sent]

    answers = asyncio.run(deliver())
    assert [answer.status_code for answer in answers] == [200, 200, 401]
    assert [answer.text for answer in answers] == ["abc", "", ""]
    posts = [record for record in read_jsonl("deliveries.jsonl") if record.record == "post"]
    assert [(post.id, post.text) for post in posts] == [("slack:T1:post:C1/1512104434.000490", "hello")]

    namespace["store_deliveries"]()

    assert list(tmp_path.glob("*.jsonl")) == []
    with Store("activity.duckdb") as store:
        assert store.sql("SELECT id, text FROM posts").to_pylist() == [{"id": posts[0].id, "text": "hello"}]


def test_the_server_is_twelve_lines() -> None:
    code = [line for line in blocks(PAGE, "python")[0].splitlines() if line.strip()]
    assert len([line for line in code if not line.startswith(("import", "from"))]) <= 12
