"""The official slack_sdk, which nobody here wrote, walks the simulated workspace and checks signatures and rotation."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from communitykit.sandbox import Server, World, parse_fault, serve
from communitykit_slack.sandbox import CLIENT_ID, CLIENT_SECRET, SIGNING_SECRET, SlackPlatform, naming

pytestmark = pytest.mark.judge

slack_sdk = pytest.importorskip("slack_sdk", reason="needs the judges group: uv sync --group judges")
from slack_sdk.errors import SlackApiError  # noqa: E402
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler  # noqa: E402
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler  # noqa: E402
from slack_sdk.oauth.installation_store.models.installation import Installation  # noqa: E402
from slack_sdk.oauth.token_rotation import TokenRotator  # noqa: E402
from slack_sdk.signature import Clock, SignatureVerifier  # noqa: E402
from slack_sdk.web.async_client import AsyncWebClient  # noqa: E402

EVERY = "public_channel,private_channel,mpim,im"


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=7, size="tiny", platforms=("slack",))


@pytest.fixture(scope="module")
def server(world: World) -> Iterator[Server]:
    with serve(world, SlackPlatform()) as running:
        yield running


def client(server: Server) -> Any:
    return slack_sdk.WebClient(token=server.token, base_url=server.settings["base_url"])


def walk(web: Any, *, limit: int) -> dict[str, Any]:
    """Read everything, page by page, as a script with the SDK does."""
    found: dict[str, Any] = {"users": {}, "channels": {}, "members": {}, "messages": {}, "groups": {}}
    for page in web.users_list(limit=limit):
        found["users"].update({user["id"]: user for user in page["members"]})
    for page in web.conversations_list(limit=limit, types=EVERY):
        found["channels"].update({channel["id"]: channel for channel in page["channels"]})
    for group in web.usergroups_list(include_users=True)["usergroups"]:
        found["groups"][group["id"]] = group["users"]
    for channel in found["channels"]:
        found["members"][channel] = [
            user for page in web.conversations_members(channel=channel, limit=limit) for user in page["members"]
        ]
        for page in web.conversations_history(channel=channel, limit=limit):
            for message in page["messages"]:
                found["messages"][channel, message["ts"]] = message
                if message.get("reply_count") and message["ts"] == message.get("thread_ts"):
                    for replies in web.conversations_replies(channel=channel, ts=message["ts"], limit=limit):
                        for reply in replies["messages"]:
                            found["messages"].setdefault((channel, reply["ts"]), reply)
    return found


async def walk_async(web: Any, *, limit: int) -> dict[tuple[str, str], Any]:
    found: dict[tuple[str, str], Any] = {}
    listed = await web.conversations_list(limit=limit, types=EVERY)
    channels = [channel["id"] async for page in listed for channel in page["channels"]]
    for channel in channels:
        async for page in await web.conversations_history(channel=channel, limit=limit):
            for message in page["messages"]:
                found[channel, message["ts"]] = message
                if message.get("reply_count") and message["ts"] == message.get("thread_ts"):
                    async for replies in await web.conversations_replies(channel=channel, ts=message["ts"]):
                        for reply in replies["messages"]:
                            found.setdefault((channel, reply["ts"]), reply)
    return found


def expected_posts(world: World) -> set[tuple[str, str]]:
    return {
        (naming.channel(world, place), naming.ts(message.at))
        for place in world.on("slack")
        for message in world.messages(place)
        if message.live
    }


def test_the_sdk_finds_everything_at_any_page_size(world: World, server: Server) -> None:
    small, large = walk(client(server), limit=7), walk(client(server), limit=200)
    assert small == large
    tombstones = {key for key, message in large["messages"].items() if message.get("subtype") == "tombstone"}
    lines = {key for key, message in large["messages"].items() if message.get("subtype", "").startswith("channel_")}
    assert tombstones
    assert set(large["messages"]) - tombstones - lines == expected_posts(world)
    for place in world.on("slack"):
        people = [naming.user(world, world.people[number]) for number in place.present()]
        assert large["members"][naming.channel(world, place)] == people


def test_the_async_sdk_finds_the_same(server: Server) -> None:
    async def run() -> dict[tuple[str, str], Any]:
        return await walk_async(AsyncWebClient(token=server.token, base_url=server.settings["base_url"]), limit=9)

    assert asyncio.run(run()) == walk(client(server), limit=200)["messages"]


def test_the_sdk_waits_and_retries_when_asked_to(world: World, server: Server) -> None:
    plain = walk(client(server), limit=100)
    fault = parse_fault("limited:share=0.08,seconds=1,times=1", seed=3)
    with serve(world, SlackPlatform(), faults=[fault]) as limited:
        web = client(limited)
        web.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=3))
        assert walk(web, limit=100) == plain
        assert fault.hits > 0
        assert not limited.violations
        assert {logged.status for logged in limited.requests} == {200, 429}


def test_the_async_sdk_waits_and_retries_too(world: World, server: Server) -> None:
    fault = parse_fault("limited:share=0.05,seconds=1,times=1", seed=4)
    with serve(world, SlackPlatform(), faults=[fault]) as limited:

        async def run() -> dict[tuple[str, str], Any]:
            web = AsyncWebClient(
                token=limited.token,
                base_url=limited.settings["base_url"],
                retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=3)],
            )
            return await walk_async(web, limit=100)

        assert asyncio.run(run()) == walk(client(server), limit=100)["messages"]
        assert fault.hits > 0
        assert not limited.violations


def test_get_form_and_json_give_the_same(server: Server) -> None:
    web = client(server)
    channel = web.conversations_list()["channels"][0]["id"]
    arguments = {"channel": channel, "limit": 3}
    form = web.api_call("conversations.history", data=arguments).data
    query = web.api_call("conversations.history", http_verb="GET", params=arguments).data
    body = web.api_call("conversations.history", json=arguments).data
    assert len(form["messages"]) == 3
    assert form["messages"] == query["messages"] == body["messages"]


def test_a_missing_scope_is_told_as_slack_tells_it(world: World) -> None:
    with serve(world, SlackPlatform(), scopes={"channels:read"}) as server:
        web = client(server)
        channel = web.conversations_list()["channels"][0]["id"]
        with pytest.raises(SlackApiError) as caught:
            web.conversations_history(channel=channel)
    assert caught.value.response["error"] == "missing_scope"
    assert caught.value.response["needed"] == "channels:history"
    assert caught.value.response["provided"] == "channels:read"
    assert caught.value.response.headers["x-oauth-scopes"] == "channels:read"


def test_the_sdk_accepts_the_signatures(world: World) -> None:
    own = World(seed=7, size="tiny", platforms=("slack",))
    changes = own.advance(5)

    class Present(Clock):
        def now(self) -> float:
            return own.now_us / 1_000_000

    verifier = SignatureVerifier(SIGNING_SECRET, clock=Present())
    deliveries = list(SlackPlatform().deliveries(own, changes, duplicates=1))
    assert len(deliveries) > 20
    for headers, body in deliveries:
        assert verifier.is_valid_request(body, headers)
        assert not verifier.is_valid_request(body + b" ", headers)
        assert json.loads(body)["type"] == "event_callback"


def test_the_sdk_rotates_tokens(world: World) -> None:
    with serve(world, SlackPlatform(), rotation=True) as server:
        settings = server.settings
        installed = Installation(
            user_id="U1",
            bot_token=server.token,
            bot_refresh_token=settings["refresh_token"],
            bot_token_expires_in=60,
        )
        rotator = TokenRotator(
            client=slack_sdk.WebClient(base_url=settings["base_url"]),
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
        )
        renewed = rotator.perform_token_rotation(installation=installed)
        assert renewed is not None
        assert renewed.bot_token not in {None, server.token}
        assert renewed.bot_refresh_token != settings["refresh_token"]
        web = slack_sdk.WebClient(token=renewed.bot_token, base_url=settings["base_url"])
        assert web.auth_test()["team_id"] == naming.team(world)


def test_files_can_be_downloaded_with_the_token_only(world: World) -> None:
    with serve(world, SlackPlatform(), files_url="http://files.invalid") as server:
        addresses = [
            file["url_private"]
            for channel in client(server).conversations_list()["channels"]
            for page in client(server).conversations_history(channel=channel["id"])
            for message in page["messages"]
            for file in message.get("files", ())
        ]
        assert addresses
        address = addresses[0].replace("http://files.invalid", server.url)
        allowed = httpx.get(address, headers={"Authorization": f"Bearer {server.token}"})
        assert (allowed.status_code, allowed.text.startswith("content of /files-pri/")) == (200, True)
        assert httpx.get(address).status_code == 302
