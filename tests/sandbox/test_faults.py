from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from communitykit.clock import Clock
from communitykit.errors import SettingsError
from communitykit.sandbox import FAULTS, Call, Dropped, Site, World, parse_fault, serve
from communitykit_slack.sandbox import SlackPlatform
from communitykit_yammer.sandbox import YammerPlatform

from .conftest import asker


def faulty(*faults: str, **options: Any) -> Site:
    world = World(seed=1, size="tiny", platforms=("slack",))
    return Site(world, SlackPlatform(), faults=[parse_fault(text) for text in faults], **options)


def history(site: Site, **fields: Any) -> dict[str, Any]:
    ask = asker(site)
    channel = ask("conversations.list")["channels"][0]["id"]
    return ask("conversations.history", channel=channel, limit=5, **fields)


def raw(site: Site, method: str = "auth.test") -> Any:
    return site.answer(Call("GET", f"/api/{method}", {"authorization": f"Bearer {site.token}"}))


def test_faults_are_named_and_read_from_text() -> None:
    assert {"latency", "limited", "outage", "reset", "truncated", "html", "drip", "revoked", "changing"} <= set(FAULTS)
    fault = parse_fault("latency=50ms")
    assert fault.seconds == 0.05  # type: ignore[attr-defined]
    fault = parse_fault("limited:share=0.5,seconds=2,times=3", seed=9)
    assert (fault.share, fault.seconds, fault.times, fault.seed) == (0.5, 2, 3, 9)  # type: ignore[attr-defined]
    assert parse_fault("drip").name == "drip"
    with pytest.raises(SettingsError, match=r"no fault 'gremlins'.*latency"):
        parse_fault("gremlins")
    with pytest.raises(SettingsError, match=r"no parameter.*share"):
        parse_fault("reset:colour=1")
    with pytest.raises(SettingsError, match=r"no fault 'limitd', did you mean 'limited'\?"):
        parse_fault("limitd:share=0.5")
    with pytest.raises(SettingsError, match=r"no parameter 'shar', did you mean 'share'\?"):
        parse_fault("limited:shar=0.5")
    with pytest.raises(SettingsError, match="not a number"):
        parse_fault("latency=long")


def test_a_fault_strikes_the_same_requests_whatever_their_order() -> None:
    calls = [Call("GET", "/api/users.info", {}, fields={"user": f"U{number}"}) for number in range(60)]
    struck = [
        [call.key for call in order if fault.meets(call)]
        for order, fault in ((calls, parse_fault("outage", seed=4)), (calls[::-1], parse_fault("outage", seed=4)))
    ]
    assert set(struck[0]) == set(struck[1])
    assert 5 < len(struck[0]) < 35
    assert set(struck[0]) != {call.key for call in calls if parse_fault("outage", seed=5).meets(call)}


def test_a_struck_request_succeeds_after_so_many_times() -> None:
    site = faulty("outage:share=1,times=2")
    assert [raw(site).status for _ in range(4)] == [502, 503, 200, 200]


@pytest.mark.parametrize(
    ("fault", "status", "check"),
    [
        ("limited:share=1", 429, lambda answer: answer.headers["retry-after"] == "1"),
        ("limited-mute:share=1", 429, lambda answer: "retry-after" not in answer.headers),
        ("truncated:share=1", 200, lambda answer: answer.body[-1:] != b"}"),
        ("malformed:share=1", 200, lambda answer: answer.body.startswith(b"{'ok'")),
        ("error-body:share=1", 200, lambda answer: json.loads(answer.body) == {"ok": False, "error": "internal_error"}),
        ("html:share=1", 200, lambda answer: answer.headers["content-type"].startswith("text/html")),
        ("reset:share=1", 200, lambda answer: answer.cut == -1),
        ("reset-midway:share=1", 200, lambda answer: 0 < answer.cut < len(answer.body)),
        ("drip:share=1", 200, lambda answer: answer.drip > 0),
        ("latency=2s", 200, lambda answer: answer.delay == 2),
    ],
)
def test_answers_are_spoilt(fault: str, status: int, check: Callable[[Any], bool]) -> None:
    answer = raw(faulty(fault))
    assert answer.status == status
    assert check(answer)


def test_cursors_expire_or_repeat() -> None:
    first = history(faulty())
    cursor = first["response_metadata"]["next_cursor"]
    assert history(faulty("expired-cursor:share=1"), cursor=cursor) == {"ok": False, "error": "invalid_cursor"}
    repeated = history(faulty("repeated-cursor"), cursor=cursor)
    assert repeated["response_metadata"]["next_cursor"] == cursor
    assert history(faulty("repeated-cursor"))["messages"] == first["messages"]


def test_empty_pages_come_between_and_lead_on() -> None:
    cursor = history(faulty())["response_metadata"]["next_cursor"]
    site = faulty("empty-pages:share=1")
    empty = history(site, cursor=cursor)
    assert empty["messages"] == []
    further = empty["response_metadata"]["next_cursor"]
    assert further != cursor
    assert history(site, cursor=further)["messages"] == history(faulty(), cursor=cursor)["messages"]


def test_pages_overlap() -> None:
    site = faulty("duplicates")
    first = history(site)
    second = history(site, cursor=first["response_metadata"]["next_cursor"])
    assert second["messages"][0] == first["messages"][-1]
    assert len(second["messages"]) == 6


def test_pages_are_known_by_every_field_that_asks_for_one() -> None:
    """Yammer pages people by number and messages by the oldest that was shown; no answer names the next page."""
    world = World(seed=1, size="tiny", platforms=("yammer",))

    def asked(fault: str, path: str, **fields: str) -> Any:
        site = Site(world, YammerPlatform(), faults=[parse_fault(fault)], page=5, rows=5)
        headers = {"authorization": f"Bearer {site.token}"}
        pages = [site.answer(Call("GET", f"/api/v1/{path}", headers, fields=one)) for one in ({}, fields)]
        found = [json.loads(one.body) for one in pages]
        return [page if isinstance(page, list) else page["messages"] for page in found], site.faults[0]

    (first, second), _ = asked("duplicates", "users.json", page="2")
    assert (second[0], len(second)) == (first[-1], 6)
    (plain, _), _ = asked("unknown-fields", "messages.json")
    (first, second), _ = asked("duplicates", "messages.json", older_than=str(plain[-1]["id"]))
    assert (second[0], len(second)) == (first[-1], 6)
    for fault in ("expired-cursor:share=1", "repeated-cursor", "empty-pages:share=1", "foreign-link"):
        (_, second), struck = asked(fault, "users.json", page="2")
        assert (len(second), struck.hits) == (5, 0), fault


def test_objects_lose_and_gain_fields() -> None:
    plain = history(faulty())["messages"]
    reduced = history(faulty("missing-fields:share=1"))["messages"]
    assert any("client_msg_id" in message for message in plain)
    assert not any("client_msg_id" in message for message in reduced)
    assert [message["ts"] for message in reduced] == [message["ts"] for message in plain]
    assert all("x_new_thing" in message for message in history(faulty("unknown-fields"))["messages"])
    renewed = history(faulty("unknown-values:share=1"))["messages"]
    assert any(message.get("subtype") == "holographic_message" for message in renewed)
    assert [message["text"] for message in renewed] == [message["text"] for message in plain]


def test_one_community_is_closed() -> None:
    site = faulty("unreadable")
    (number,) = site.unreadable
    ask = asker(site)
    closed = [channel for channel in ask("conversations.list")["channels"] if not channel["is_member"]]
    assert [channel["name"] for channel in closed] == [site.world.places[number].name]
    assert ask("conversations.history", channel=closed[0]["id"])["error"] == "not_in_channel"


def test_tokens_end_in_the_middle() -> None:
    site = faulty("revoked=3")
    assert [json.loads(raw(site).body).get("error") for _ in range(5)] == [None, None, None, *["token_revoked"] * 2]
    site = faulty("expiring=2", rotation=True)
    assert [json.loads(raw(site).body).get("error") for _ in range(4)] == [None, None, *["token_expired"] * 2]


def test_content_changes_while_it_is_read() -> None:
    site = faulty("changing:every=3,times=2")
    before = site.world.now_us
    for _ in range(12):
        assert raw(site).status == 200
    assert site.world.now_us - before == 2 * 3_600_000_000


def test_in_process_a_dropped_connection_is_an_error_and_time_is_the_clocks() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    clock = Clock(now=lambda: datetime(2026, 3, 2, tzinfo=UTC), monotonic=lambda: 5.0, sleep_async=sleep)
    site = faulty("latency=30s", "skew=3600", clock=clock)
    transport = httpx.ASGITransport(app=site)

    async def get() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
            return await client.get("/api/auth.test", headers={"authorization": f"Bearer {site.token}"})

    answer = asyncio.run(get())
    assert answer.json()["ok"] is True
    assert slept == [30.0]
    assert answer.headers["date"] == "Mon, 02 Mar 2026 01:00:00 GMT"
    site.faults = (parse_fault("reset:share=1"),)
    with pytest.raises(Dropped):
        asyncio.run(get())


@pytest.mark.parametrize("fault", ["reset:share=1", "reset-midway:share=1"])
def test_over_a_socket_the_connection_breaks(world: World, fault: str) -> None:
    with serve(world, SlackPlatform(), faults=[parse_fault(fault)]) as server, httpx.Client() as client:
        headers = {"authorization": f"Bearer {server.token}"}
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            client.get(f"{server.url}/api/auth.test", headers=headers)
        assert client.get(f"{server.url}/api/auth.test", headers=headers).json()["ok"] is True
