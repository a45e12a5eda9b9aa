"""The floor: a bare synchronous script that fetches and decodes the same pages and writes JSON Lines. Nothing else.

`python bare.py BASE_URL TOKEN FILE`: prints seconds, requests and messages.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx


class Bare:
    """One client, one request after another."""

    def __init__(self, base_url: str, token: str, out: Path) -> None:
        """Open the file to write to."""
        self.client = httpx.Client(base_url=base_url, headers={"Authorization": f"Bearer {token}"})
        self.file = out.open("w", encoding="utf-8")
        self.requests = self.messages = 0

    def pages(self, method: str, name: str, **form: Any) -> Iterator[list[Any]]:
        """Walk a listing page by page, writing each row."""
        while True:
            data = self.client.post(method, data=form).json()
            self.requests += 1
            page = data.get(name) or []
            self.file.writelines(json.dumps(row) + "\n" for row in page)
            yield page
            cursor = (data.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
            form["cursor"] = cursor

    def people(self) -> None:
        """Read people and their profiles."""
        for page in self.pages("users.list", "members", limit=200):
            for row in page:
                if not row["deleted"] and not row["is_bot"]:
                    list(self.pages("users.profile.get", "profile", user=row["id"]))

    def channel(self, channel: str) -> None:
        """Read a channel's members, messages and threads."""
        list(self.pages("conversations.members", "members", channel=channel, limit=1000))
        for page in self.pages("conversations.history", "messages", channel=channel, limit=999):
            self.messages += len(page)
            for row in page:
                if row.get("reply_count"):
                    form = {"channel": channel, "ts": row["ts"], "limit": 1000}
                    self.messages += sum(
                        len(replies) for replies in self.pages("conversations.replies", "messages", **form)
                    )


def main(base_url: str, token: str, out: str) -> None:
    """Walk people, every channel and every thread."""
    started = time.perf_counter()
    bare = Bare(base_url, token, Path(out))
    bare.people()
    for page in bare.pages("conversations.list", "channels", limit=200):
        for channel in page:
            bare.channel(channel["id"])
    bare.file.close()
    print(time.perf_counter() - started, bare.requests, bare.messages)


if __name__ == "__main__":
    main(*sys.argv[1:])
