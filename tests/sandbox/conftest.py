"""What the sandbox's own tests share. They use Slack's simulation, the first of them, as their platform."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from communitykit.connector.declaration import FEATURES, Capabilities
from communitykit.sandbox import Call, Site, World
from communitykit_slack.sandbox import SlackPlatform

Asking = Callable[..., dict[str, Any]]


@pytest.fixture
def world() -> World:
    return World(seed=1, size="tiny", platforms=("slack",))


@pytest.fixture
def platform() -> SlackPlatform:
    return SlackPlatform()


@pytest.fixture
def site(world: World, platform: SlackPlatform) -> Site:
    return Site(world, platform)


@pytest.fixture
def ask(site: Site) -> Asking:
    """Call a method of the site, without any network."""
    return asker(site)


@pytest.fixture
def capabilities() -> Capabilities:
    return Capabilities(
        records=frozenset({"member", "community", "membership", "post", "event"}),
        events=frozenset({"reacted", "joined", "left"}),
        archive_events=frozenset({"reacted", "joined", "left"}),
        webhook_events=frozenset({"reacted", "joined", "left"}),
        member_fields=frozenset({"email", "job_title", "department", "manager_id"}),
        features=frozenset(FEATURES) - {"membership_times", "reaction_times"},
    )


def asker(site: Site) -> Asking:
    def ask(method: str, *, token: str | None = None, **fields: Any) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {token or site.token}"}
        given = {name: str(value) for name, value in fields.items()}
        answer = site.answer(Call("GET", f"/api/{method}", headers, fields=given))
        found: dict[str, Any] = json.loads(answer.body)
        return found

    return ask
