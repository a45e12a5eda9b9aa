"""The floor: a bare synchronous script that fetches and decodes the same pages and writes JSON Lines. Nothing else.

`python bare.py BASE_URL TOKEN FILE`: prints seconds, requests and messages.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import httpx


def main(base_url: str, token: str, out: str) -> None:
    """Walk every channel and every thread, one request after another."""
    started, requests, messages = time.perf_counter(), 0, 0
    client = httpx.Client(base_url=base_url, headers={"Authorization": f"Bearer {token}"})

    def pages(method: str, name: str, **form: Any) -> Any:
        nonlocal requests
        while True:
            data = client.post(method, data=form).json()
            requests += 1
            yield data.get(name) or []
            cursor = (data.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
            form["cursor"] = cursor

    with Path(out).open("w", encoding="utf-8") as file:
        for method, name, limit in (("users.list", "members", 200), ("conversations.list", "channels", 200)):
            rows = [row for page in pages(method, name, limit=limit) for row in page]
            for row in rows:
                file.write(json.dumps(row) + "\n")
            if name == "members":
                for row in rows:
                    if not row["deleted"] and not row["is_bot"]:
                        for profile in pages("users.profile.get", "profile", user=row["id"]):
                            file.write(json.dumps(profile) + "\n")
        for channel in rows:
            for page in pages("conversations.members", "members", channel=channel["id"], limit=1000):
                file.writelines(json.dumps(row) + "\n" for row in page)
            for page in pages("conversations.history", "messages", channel=channel["id"], limit=999):
                messages += len(page)
                file.writelines(json.dumps(row) + "\n" for row in page)
                for row in page:
                    if row.get("reply_count"):
                        for replies in pages(
                            "conversations.replies", "messages", channel=channel["id"], ts=row["ts"], limit=1000
                        ):
                            messages += len(replies)
                            file.writelines(json.dumps(reply) + "\n" for reply in replies)
    print(time.perf_counter() - started, requests, messages)


if __name__ == "__main__":
    main(*sys.argv[1:])
