"""What the connector makes of the simulated Slack is the truth, through every door."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from communitykit import (
    Community,
    EngagementEvent,
    Member,
    Membership,
    Post,
    connect,
    connect_async,
    read_archive,
)
from communitykit.clock import Clock
from communitykit.model.merge import merge_records
from communitykit.sandbox import Server, World, project, serve
from communitykit.testing import receive
from communitykit_slack import CAPABILITIES
from communitykit_slack.sandbox import SIGNING_SECRET, SlackPlatform

MODELS = {
    model.model_fields["record"].default: model for model in (Community, EngagementEvent, Member, Membership, Post)
}
DEFAULTS = {
    kind: {name: one.default for name, one in model.model_fields.items() if not one.is_required()}
    for kind, model in MODELS.items()
}
SEEDS = [(1, "tiny"), (2, "tiny"), (4, "small")]


def current(records: Iterable[Any]) -> dict[str, list[dict[str, Any]]]:
    """Merge what was read; a reading that is not whole fails here."""
    kept = []
    for record in records:
        assert record.record != "issue", record
        assert record.record != "coverage" or record.status in {"complete", "skipped"}, record
        if record.record in MODELS:
            kept.append(record)
    kind_of = {record.id: record.record for record in kept}
    rows: dict[str, list[dict[str, Any]]] = {kind: [] for kind in MODELS}
    for key, known in merge_records(kept).items():
        rows[kind_of[key]].append({**DEFAULTS[kind_of[key]], "id": key, **known.values})
    return rows


def at(moment: datetime) -> Clock:
    """Return a clock that stands still."""
    return Clock(now=lambda: moment)


def read(server: Server, **ask: Any) -> dict[str, list[dict[str, Any]]]:
    with connect("slack", **server.settings) as session:
        return current(session.records(**ask))


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "size"), SEEDS)
def test_the_api(seed: int, size: str) -> None:
    world, platform = World(seed=seed, size=size, platforms=("slack",)), SlackPlatform()
    with serve(world, platform) as server:
        rows = read(server)
        assert len(rows["post"]) > 50
        assert project(world, CAPABILITIES, platform).compare(rows) == []
        for days in (7, 30):
            world.advance(days)
            rows = read(server, include_private=True, include_direct=True)
            assert project(world, CAPABILITIES, platform, private=True, direct=True).compare(rows) == []


def test_each_member_comes_once_with_listing_and_profile() -> None:
    async def read_async(server: Server) -> list[Member]:
        async with connect_async("slack", **server.settings) as session:
            return [member async for member in session.members()]

    with serve(World(seed=1, size="tiny", platforms=("slack",)), SlackPlatform()) as server:
        with connect("slack", **server.settings) as session:
            members = list(session.members())
            communities = list(session.communities())
        later = asyncio.run(read_async(server))

    for found in (members, communities, later):
        assert len({one.id for one in found}) == len(found)
    assert [one.id for one in members if one.username and one.department]  # from the listing, from the profile
    assert {one.id: one.department for one in later} == {one.id: one.department for one in members}


@pytest.mark.parametrize("style", ["modern", "legacy"])
@pytest.mark.parametrize(("seed", "size"), SEEDS)
def test_archives(tmp_path: Path, seed: int, size: str, style: str) -> None:
    world, platform = World(seed=seed, size=size, platforms=("slack",)), SlackPlatform()
    world.advance(7)
    path = platform.write_archive(world, tmp_path / "export.zip", style=style, private=True)
    for private in (False, True):
        with read_archive("slack", path) as archive:
            rows = current(archive.records(include_private=private))
        truth = project(world, CAPABILITIES, platform, door="archive", private=private)
        assert truth.compare(rows) == []


@pytest.mark.parametrize("duplicates", [0, 1])
@pytest.mark.parametrize(("seed", "size"), SEEDS)
def test_webhooks(seed: int, size: str, duplicates: int) -> None:
    world, platform = World(seed=seed, size=size, platforms=("slack",)), SlackPlatform()
    changes = world.advance(14)
    records: list[Any] = []
    for headers, body in platform.deliveries(world, changes, duplicates=duplicates):
        sent_at = datetime.fromtimestamp(int(headers["X-Slack-Request-Timestamp"]), UTC)
        everything = {"include_private": True, "include_direct": True}
        received = receive("slack", headers=headers, body=body, secret=SIGNING_SECRET, clock=at(sent_at), **everything)
        records += [*received.records, *received.issues]
    # A delivery holds profile fields by ids whose labels only the API tells.
    told = CAPABILITIES.member_fields - {"department", "division", "location", "manager_id", "employee_number"}
    truth = project(
        world,
        replace(CAPABILITIES, member_fields=told),
        platform,
        door="webhook",
        private=True,
        changes=changes,
    )
    assert all(truth.records[kind] for kind in ("member", "post", "event"))
    assert truth.gone
    assert truth.compare(current(records)) == []
