from __future__ import annotations

import socket
import threading

import httpx
import pytest

from communitykit import SettingsError
from communitykit.clock import Clock
from communitykit.sandbox import Call, Site, World, serve
from communitykit_slack.sandbox import SlackPlatform


def test_it_listens_on_loopback_and_stops_by_itself(world: World) -> None:
    with serve(world, SlackPlatform()) as server:
        host, port = server.url.removeprefix("http://").split(":")
        assert host == "127.0.0.1"
        answer = httpx.post(f"{server.url}/api/auth.test", data={"token": server.token})
        assert answer.json()["ok"] is True
        assert server.settings["base_url"].startswith(server.url)
        assert server.settings["rate"] == server.rate
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=1)
    assert not [thread for thread in threading.enumerate() if thread.name == "sandbox"]


def test_requests_are_logged_without_credentials(world: World) -> None:
    with serve(world, SlackPlatform()) as server:
        httpx.get(f"{server.url}/api/users.info", params={"user": "U1", "token": server.token})
        (logged,) = server.requests
        assert (logged.method, logged.name, logged.fields, logged.status) == ("GET", "users.info", {"user": "U1"}, 200)
        assert server.token not in repr(server.requests)
        assert server.token not in repr(list(server.site.grants.values()))
        assert server.site.count("users.info") == 1


def test_a_taken_port_is_refused(world: World) -> None:
    with serve(world, SlackPlatform()) as server:
        port = int(server.url.rsplit(":", 1)[-1])
        with (
            pytest.raises(SettingsError, match="is taken, perhaps by another sandbox"),
            serve(world, SlackPlatform(), port=port),
        ):
            pytest.fail("two servers on one port")


def test_limits_follow_the_sites_clock(world: World) -> None:
    now = [0.0]
    site = Site(world, SlackPlatform(), rate=1, clock=Clock(monotonic=lambda: now[0]))
    statuses = [site.answer(call(site)).status for _ in range(21)]
    assert statuses == [200] * 20 + [429]
    assert [violation.kind for violation in site.violations] == ["exceeded"]
    now[0] = 60.0
    assert site.answer(call(site)).status == 200


def call(site: Site) -> Call:
    return Call("GET", "/api/users.list", {"authorization": f"Bearer {site.token}"})


def test_a_mistake_of_the_simulation_is_not_taken_for_an_outage(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(call: Call) -> None:
        raise KeyError(call.path)

    def run() -> int:
        with serve(world, SlackPlatform()) as server:
            monkeypatch.setattr(server.site.desk, "answer", fail)
            return httpx.get(f"{server.url}/api/auth.test").status_code

    with pytest.raises(RuntimeError, match="simulation itself failed"):
        run()
