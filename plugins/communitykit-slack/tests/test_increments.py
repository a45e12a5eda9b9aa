"""Time passes in the simulated Slack; runs that only read on know as much as the truth, and ask for little."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from communitykit import connect, pull, read_archive
from communitykit.privacy.erasing import forget
from communitykit.sandbox import (
    CHANGES,
    DEFAULT_NOW,
    Answer,
    Call,
    Fault,
    Server,
    Site,
    World,
    parse_fault,
    project,
    serve,
)
from communitykit.store import Store
from communitykit.testing.reading import Kept
from communitykit_slack import CAPABILITIES, SLACK
from communitykit_slack.sandbox import SlackPlatform

pytestmark = pytest.mark.filterwarnings("error")

RECORDS = {
    "members": "member",
    "communities": "community",
    "memberships": "membership",
    "posts": "post",
    "events": "event",
}
NESTED = frozenset({"attachments", "counts", "mentions"})
# What no root shows of its thread: found with threads="all" only, as the capabilities say.
HIDDEN = frozenset({"reply_edited", "reply_reacted", "reply_unreacted"})


class Workspace:
    """A simulated workspace, and a store that is kept up to date with it."""

    def __init__(self, seed: int, path: Path) -> None:
        self.world = World(seed=seed, size="tiny", platforms=("slack",))
        self.path = path
        self.faults: list[Fault] = []
        self.options: dict[str, Any] = {}
        self.looked_up: set[str | None] = set()

    def pull(self, **settings: Any) -> Counter[str]:
        """Read on; give how many requests of each method that took."""
        with serve(self.world, SlackPlatform(), faults=self.faults, **self.options) as server:
            self.result = self._pull(server, settings)
            assert server.violations == []
            self.looked_up = {one.fields.get("user") for one in server.requests if one.name == "users.info"}
            return Counter(request.name for request in server.requests)

    def _pull(self, server: Server, settings: dict[str, Any]) -> Any:
        with connect("slack", **server.settings, **settings) as session:
            return pull([session], to=self.path, until=self.world.now, include_private=True)

    def differences(self) -> list[str]:
        """Compare what the store holds with the truth."""
        truth = project(self.world, CAPABILITIES, SlackPlatform(), private=True)
        with Store(self.path) as store:
            found = {RECORDS[table]: list(rows_of(rows)) for table, rows in store.current().items() if table in RECORDS}
        assert len(found["post"]) > 50
        return [str(one) for one in truth.compare(found)]


def rows_of(table: Any) -> Iterator[dict[str, Any]]:
    rows: Iterable[dict[str, Any]] = table.to_pylist()
    for row in rows:
        told = {name: json.loads(row[name]) for name in NESTED & row.keys() if isinstance(row[name], str)}
        yield {**row, **told}


@pytest.fixture
def seed() -> int:
    return 2


@pytest.fixture
def workspace(seed: int, tmp_path: Path) -> Workspace:
    return Workspace(seed, tmp_path / "activity.duckdb")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_changes_inside_the_look_back_are_found(workspace: Workspace) -> None:
    first = workspace.pull()
    assert workspace.differences() == []
    happened: set[str] = set()
    for days in (3, 25):
        again = workspace.pull()
        assert workspace.differences() == []
        assert again["conversations.replies"] == again["reactions.get"] == again["users.profile.get"] == 0
        assert again.total() < first.total() / 2
        changes = workspace.world.advance(days, reach=timedelta(days=29), kinds=frozenset(CHANGES) - HIDDEN)
        happened |= {change.kind for change in changes}
        moved = workspace.pull()
        assert workspace.differences() == []
        assert 0 < moved["conversations.replies"] < first["conversations.replies"]
    assert happened >= {"replied", "edited", "reply_deleted", "reacted", "profile", "departed", "left", "joined"}


@pytest.mark.slow
def test_all_that_ever_changed_is_found_when_asked_for(workspace: Workspace) -> None:
    workspace.pull()
    for days in (9, 40):
        kinds = {one.kind for one in workspace.world.advance(days)}
        assert kinds >= HIDDEN
        workspace.pull(lookback="all", threads="all")
        assert workspace.differences() == []


@pytest.mark.slow
def test_small_pages_lead_to_the_same(workspace: Workspace) -> None:
    workspace.options = {"restricted": True}
    assert workspace.pull()["conversations.history"] > len(workspace.world.on("slack"))
    assert not workspace.result.complete  # it says that the app is held back
    assert workspace.differences() == []
    workspace.world.advance(9, reach=timedelta(days=29), kinds=frozenset(CHANGES) - HIDDEN)
    workspace.pull()
    assert workspace.differences() == []


@pytest.mark.slow
def test_what_changes_while_it_is_read_is_made_good(workspace: Workspace) -> None:
    workspace.faults = [parse_fault("changing")]
    workspace.pull()
    assert workspace.world.now > DEFAULT_NOW
    workspace.faults = []
    workspace.pull(lookback="all", threads="all")
    assert workspace.differences() == []


@pytest.mark.parametrize("fault", ["expired-cursor", "repeated-cursor", "empty-pages", "duplicates"])
def test_odd_paging_loses_nothing(workspace: Workspace, fault: str) -> None:
    workspace.options = {"restricted": True}
    workspace.faults = [parse_fault(fault)]
    workspace.pull()
    # A page that names itself as the next one costs its listing, and says so; the next run reads on.
    workspace.faults = []
    workspace.pull()
    assert workspace.differences() == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 8])
def test_what_an_export_told_and_was_deleted_before_the_first_pull_is_gone(workspace: Workspace) -> None:
    # In world 8 a root and the last reply below it go between the export and the first pull.
    export = SlackPlatform().write_archive(workspace.world, workspace.path.with_suffix(".zip"), private=True)
    with read_archive("slack", export) as archive:
        pull(archive, to=workspace.path, until=workspace.world.now, include_private=True)
    workspace.world.advance(3)

    workspace.pull()

    assert workspace.differences() == []


def test_a_refused_token_keeps_what_was_read(workspace: Workspace) -> None:
    workspace.faults = [parse_fault("revoked=25")]
    workspace.pull()
    assert not workspace.result.complete
    workspace.faults = []
    workspace.pull()
    assert workspace.differences() == []


@dataclass(slots=True, kw_only=True)
class OddReplies(Fault):
    """The first reply of each thread does not tell when it was written."""

    share: float = 1.0

    def answer(self, site: Site, call: Call, proceed: Callable[[], Answer]) -> Answer:
        answer = proceed()
        if site.desk.name(call) != "conversations.replies":
            return answer
        data = json.loads(answer.body)
        for one in [one for one in data["messages"] if one["ts"] != one.get("thread_ts")][:1]:
            one["ts"] = 5
        return Answer.of(data, headers=answer.headers)


def test_a_thread_with_a_reply_that_nobody_understood_is_read_again() -> None:
    world, store = World(seed=5, size="tiny", platforms=("slack",)), Kept()
    assert store.read(SLACK, world, faults=[OddReplies()]).left_out != []
    assert project(world, CAPABILITIES, SlackPlatform()).compare(store.current()) != []
    world.advance(hours=1, kinds=frozenset())
    assert store.read(SLACK, world, settings={"lookback": "3650d"}).left_out == []
    assert project(world, CAPABILITIES, SlackPlatform()).compare(store.current()) == []


def test_who_is_forgotten_is_asked_for_no_more(workspace: Workspace) -> None:
    everybody = workspace.pull()["users.profile.get"]
    with Store(workspace.path) as store:
        (asked,) = store.sql("SELECT id FROM members WHERE employee_number IS NOT NULL ORDER BY id LIMIT 1").to_pylist()
        # A stranger is in no list: users.info tells of each.
        (stranger,) = store.sql("SELECT id FROM members WHERE external ORDER BY id LIMIT 1").to_pylist()
    assert stranger["id"].rsplit(":", 1)[-1] in workspace.looked_up
    forget(workspace.path, asked["id"])
    forget(workspace.path, stranger["id"])
    again = workspace.pull(lookback="all")
    assert again["users.profile.get"] == everybody - 1  # the checkpoint that named them went with them
    assert stranger["id"].rsplit(":", 1)[-1] not in workspace.looked_up
    assert workspace.pull()["users.profile.get"] == 0
