"""A platform read in parts, each as another process would read it, gives what one reading gives."""

import json
import pickle
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from communitykit import ReadOptions, SlicePlan, unknown_members
from communitykit.clock import Clock
from communitykit.connector.registry import registry
from communitykit.doors.api import Session
from communitykit.errors import SettingsError
from communitykit.reading.slices import Closed, Progress
from communitykit.reading.translation import Page
from communitykit.sandbox import World, serve
from communitykit.testing import connect as connect_at
from communitykit.testing.reading import Kept

OPTIONS = ReadOptions(since="300d")


def opened(name: str, world: World, settings: dict[str, Any]) -> Session:
    return connect_at(name, settings, clock=Clock(now=lambda: world.now))


def travelled(plan: SlicePlan) -> SlicePlan:
    """Return a plan as another process has it, both ways."""
    told = SlicePlan.from_json(json.loads(json.dumps(plan.to_json())))
    assert told == pickle.loads(pickle.dumps(plan)) == plan  # noqa: S301 # made here
    return told


@pytest.mark.parametrize(
    "name",
    ["slack", *(pytest.param(name, marks=pytest.mark.slow) for name in ("matrix", "yammer", "teams", "workplace"))],
)
def test_parts_are_the_whole(name: str) -> None:
    world = World(seed=5, size="tiny", platforms=(name,))
    whole, parts = Kept(), Kept()
    with serve(world, registry().get(name).simulated()) as server:
        events: list[Progress] = []
        with opened(name, world, server.settings) as session:
            session.read(OPTIONS, state={}, run_id="whole", emit=events.append)
            whole.take(events, world.now)
            found = session.slices(OPTIONS)
        assert found.coverage.status in {"complete", "skipped"}
        assert found.slices
        progress = list(found.progress)
        referred = list(found.unknown)
        for plan in found.slices:  # each by a session of its own, which knows nothing of the others
            with opened(name, world, server.settings) as reader:
                read = list(reader.read_slice(travelled(plan), OPTIONS, known=found.known))
            assert isinstance(read[-1], Closed)
            assert read[-1].coverage.slice == plan.name(name)
            assert (read[-1].coverage.since, read[-1].coverage.until) == (plan.since, plan.until)
            progress += pickle.loads(pickle.dumps(read))  # noqa: S301 # made here
            referred += unknown_members(read)
        with opened(name, world, server.settings) as session:
            progress += session.look_up(dict.fromkeys(referred), OPTIONS)
        parts.take(progress, world.now)
    assert parts.current() == whole.current()
    assert parts.current()["member"]
    told = {key for key in parts.checkpoints() if not key.endswith(":strangers")}
    assert told == {key for key in whole.checkpoints() if not key.endswith(":strangers")}


def test_a_second_reading_of_a_slice_goes_on_from_its_checkpoint() -> None:
    world = World(seed=5, size="tiny", platforms=("slack",))
    with (
        serve(world, registry().get("slack").simulated()) as server,
        opened("slack", world, server.settings) as session,
    ):
        found = session.slices(OPTIONS)
        state = dict(found.checkpoints)
        first = [event for plan in found.slices for event in session.read_slice(plan, OPTIONS, state)]
        state |= {one.slice: one.checkpoint for one in first if isinstance(one, Page) and one.checkpoint}
        second = [event for plan in found.slices for event in session.read_slice(plan, OPTIONS, state)]
        requests = [sum(one.meter.requests for one in run if isinstance(one, Closed)) for run in (first, second)]
        assert requests[1] < requests[0]
        posts = [{one.id for one in records(run) if one.record == "post"} for run in (first, second)]
        assert posts[1] < posts[0]
        left = session.read_slice(found.slices[0], OPTIONS)
        next(left)
        left.close()  # who leaves early leaves nothing running


def records(progress: list[Progress]) -> Iterator[Any]:
    return (record for event in progress if isinstance(event, Page) for record in event.records)


ELSEWHERE = """
import json, sys
from communitykit import ReadOptions, SlicePlan, connect

told = json.load(sys.stdin)
with connect("slack", base_url=told["base_url"], rate=1e9) as session:
    plan, options = SlicePlan.from_json(told["plan"]), ReadOptions(since="300d")
    read = [record.id for one in session.read_slice(plan, options) for record in getattr(one, "records", ())]
print(json.dumps(read))
"""


@pytest.mark.slow
def test_another_process_reads_a_slice_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(seed=5, size="tiny", platforms=("slack",))
    with serve(world, registry().get("slack").simulated()) as server:
        monkeypatch.setenv("COMMUNITYKIT_SLACK_TOKEN", server.token)
        with opened("slack", world, server.settings) as session:
            plans = session.slices(OPTIONS).slices
            plan = next(one for one in plans if one.slice.community_id)
            here = [one.id for one in records(list(session.read_slice(plan, OPTIONS)))]
        told = json.dumps({"plan": plan.to_json(), "base_url": server.settings["base_url"]})
        assert server.token not in told
        done = subprocess.run(
            [sys.executable, "-c", ELSEWHERE], input=told, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        assert sorted(json.loads(done.stdout)) == sorted(here)
        assert here


def test_what_is_no_slice_is_said(world_plan: SlicePlan) -> None:
    for told in ({}, {**world_plan.to_json(), "until": "soon"}, {**world_plan.to_json(), "colour": 1}):
        with pytest.raises(SettingsError, match="no slice"):
            SlicePlan.from_json(told)


@pytest.fixture
def world_plan() -> SlicePlan:
    world = World(seed=5, size="tiny", platforms=("slack",))
    with (
        serve(world, registry().get("slack").simulated()) as server,
        opened("slack", world, server.settings) as session,
    ):
        return session.slices(replace(OPTIONS, since=None)).slices[0]
