"""The least that reads the same: a script that asks for the same pages, decodes them, and writes six fields a message.

`python floors.py CLIENT BASE_URL TOKEN FILE`: by httpx and orjson one request after another, by aiohttp and orjson ten
side by side, and as the platform's own SDK is used, slack_sdk. Prints CPU seconds, peak megabytes and messages.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import orjson

CONCURRENCY = 10
Ask: TypeAlias = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
Tasks: TypeAlias = list[Coroutine[Any, Any, None]]


class Walk:
    """The walk that each of them makes: people, their profiles, channels, members, messages, threads."""

    def __init__(self, ask: Ask, each: Callable[[Tasks], Awaitable[None]], to: Path) -> None:
        self._ask = ask
        self._each = each
        self._file = to.open("wb")
        self.messages = 0

    async def all(self) -> None:
        people: list[dict[str, Any]] = []
        await self._pages("users.list", "members", people.extend, include_locale="true", limit=200)
        shown = [one["id"] for one in people if not one["deleted"] and not one["is_bot"]]
        await self._each([self._profile(one) for one in shown])
        channels: list[dict[str, Any]] = []
        await self._pages("conversations.list", "channels", channels.extend, types="public_channel", limit=999)
        await self._each([self._channel(one["id"]) for one in channels])
        self._file.close()

    async def _profile(self, person: str) -> None:
        data = await self._ask("users.profile.get", {"user": person})
        self._file.write(orjson.dumps({"id": person, **data.get("profile", {})}) + b"\n")

    async def _channel(self, channel: str) -> None:
        await self._pages("conversations.members", "members", self._members, channel=channel, limit=999)
        threads: list[str] = []

        def take(page: list[dict[str, Any]]) -> None:
            self._messages(page)
            threads.extend(one["ts"] for one in page if one.get("reply_count"))

        await self._pages("conversations.history", "messages", take, channel=channel, limit=999)
        form = {"channel": channel, "limit": 1000}
        await self._each(
            [self._pages("conversations.replies", "messages", self._messages, **form, ts=one) for one in threads]
        )

    async def _pages(self, method: str, name: str, take: Callable[[list[Any]], None], **form: Any) -> None:
        while True:
            data = await self._ask(method, form)
            take(data[name])
            cursor = (data.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
            form = {**form, "cursor": cursor}

    def _members(self, page: list[str]) -> None:
        self._file.writelines(orjson.dumps({"member": one}) + b"\n" for one in page)

    def _messages(self, page: list[dict[str, Any]]) -> None:
        self.messages += len(page)
        self._file.writelines(orjson.dumps(six_fields(one)) + b"\n" for one in page)


def six_fields(item: dict[str, Any]) -> dict[str, Any]:
    """Return a message as a script for one purpose would keep it."""
    return {
        "id": item["ts"],
        "author": item.get("user"),
        "text": item["text"],
        "created_at": datetime.fromtimestamp(float(item["ts"]), UTC).isoformat(),
        "reactions": {one["name"]: one["count"] for one in item.get("reactions", ())},
        "thread": item.get("thread_ts"),
    }


async def _in_turn(tasks: Tasks) -> None:
    for one in tasks:
        await one


async def _side_by_side(tasks: Tasks) -> None:
    await asyncio.gather(*tasks)


async def _httpx(base_url: str, token: str, to: Path) -> int:
    import httpx  # noqa: PLC0415 # each is measured with what it imports

    with httpx.Client(base_url=base_url, headers={"Authorization": f"Bearer {token}"}) as client:

        async def ask(method: str, form: dict[str, Any]) -> dict[str, Any]:
            data: dict[str, Any] = orjson.loads(client.post(method, data=form).content)  # noqa: ASYNC212 # in turn
            return data

        walk = Walk(ask, _in_turn, to)
        await walk.all()
    return walk.messages


async def _slack_sdk(base_url: str, token: str, to: Path) -> int:
    from slack_sdk import WebClient  # noqa: PLC0415 # same
    from slack_sdk.errors import SlackApiError  # noqa: PLC0415 # same

    client = WebClient(token, base_url=base_url)

    async def ask(method: str, form: dict[str, Any]) -> dict[str, Any]:
        try:
            data: Any = client.api_call(method, data=form).data
        except SlackApiError as error:  # who is of another workspace has no profile here
            data = error.response.data
        return dict(data)

    walk = Walk(ask, _in_turn, to)
    await walk.all()
    return walk.messages


async def _aiohttp(base_url: str, token: str, to: Path) -> int:
    import aiohttp  # noqa: PLC0415 # same

    places = asyncio.Semaphore(CONCURRENCY)
    async with aiohttp.ClientSession(base_url, headers={"Authorization": f"Bearer {token}"}) as client:

        async def ask(method: str, form: dict[str, Any]) -> dict[str, Any]:
            async with places, client.post(method, data=form) as answer:
                data: dict[str, Any] = orjson.loads(await answer.read())
            return data

        walk = Walk(ask, _side_by_side, to)
        await walk.all()
    return walk.messages


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    before = _used()
    wanted, address, credential, out = sys.argv[1:]
    clients = {"httpx": _httpx, "slack_sdk": _slack_sdk, "aiohttp": _aiohttp}
    number = asyncio.run(clients[wanted](address, credential, Path(out)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(json.dumps({"seconds": _used() - before, "megabytes": peak, "messages": number}))
