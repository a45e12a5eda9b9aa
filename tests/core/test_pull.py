"""Records are read, with the state that reads on from there, by either driver."""

import asyncio
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from little_notes import IDS, ROOMS, note, serve_notes, session

from communitykit import (
    AsyncSession,
    pull,
)
from communitykit.connector import (
    Connector,
    Gap,
    Request,
    Slice,
)
from communitykit.http.budgets import Pace
from communitykit.http.conductor import Conductor


def test_records_are_read_and_the_state_reads_on_from_there(platform: Any, little: Callable[..., Connector]) -> None:
    serve_notes(platform, ROOMS)
    state: dict[str, Any] = {}
    with session(little(), platform) as opened:
        assert sorted(post.id for post in opened.posts(state=state)) == IDS
        assert "tok-secret" not in repr(opened)
        platform.requests.clear()
        again = sorted(post.id for post in opened.posts(state=json.loads(json.dumps(state))))
    assert state["little:net:notes/a#post"] == {"v": 1, "cursor": "1"}
    assert again == [IDS[2], IDS[3]]
    assert len(platform.requests) == 3


def test_a_state_of_some_kinds_is_none_of_all(platform: Any, little: Callable[..., Connector]) -> None:
    serve_notes(platform, ROOMS)
    state: dict[str, Any] = {}
    with session(little(), platform) as opened:
        assert [one.record for one in opened.records(state=state, kinds=["member"]) if one.record != "coverage"] == []
        assert sorted(post.id for post in opened.posts(state=state)) == IDS
        whole = {one.id for one in opened.records(state=state) if one.record == "post"}
        assert whole == set(IDS)
        state = {key: kept for key, kept in state.items() if "#" not in key}
        assert sorted(post.id for post in opened.posts(state=state)) == [IDS[2], IDS[3]]


def test_it_works_inside_a_running_loop(platform: Any, little: Callable[..., Connector]) -> None:
    serve_notes(platform, ROOMS)

    async def cell_of_a_notebook() -> list[str]:
        with session(little(), platform) as opened:
            return sorted(post.id for post in opened.posts())

    assert asyncio.run(cell_of_a_notebook()) == IDS


def test_async_reads_slices_side_by_side(platform: Any, little: Callable[..., Connector]) -> None:
    serve_notes(platform, ROOMS)
    connector = little()

    async def main() -> list[str]:
        conductor = Conductor(connector, connector.settings(base_url=platform.url), pace=Pace())
        async with AsyncSession(connector, conductor) as opened:
            return sorted([post.id async for post in opened.posts(concurrency=2)])

    assert asyncio.run(main()) == IDS


def test_a_reader_that_leaves_early_stops_the_reading(platform: Any, little: Callable[..., Connector]) -> None:
    serve_notes(platform, {str(room): [[note(room)]] for room in range(40)})
    with session(little(), platform, concurrency=2) as opened:
        for _ in opened.posts():
            break
    assert len(platform.requests) < 40
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("communitykit")] == []


def test_what_no_run_reads_unless_it_is_asked_to_is_not_missing(
    platform: Any, little: Callable[..., Connector], tmp_path: Path
) -> None:
    serve_notes(platform, ROOMS)
    private = Gap("two private rooms were left out", "skipped", option="include_private")

    def discover(selection: Any) -> Any:
        yield private
        response = yield Request("rooms", subject="rooms")
        for room in response.data:
            yield Slice(f"notes/{room}", "net", ("post",), label=room, params={"room": room})

    with session(little(discover=discover), platform) as opened:
        result = pull(opened, tmp_path / "a.duckdb")
        assert [one.reason for one in result.coverage if one.status == "skipped"] == [private.reason]
        assert (result.complete, result.missing, result.by_default != set()) == (True, [], True)
        platform.answers["/notes/a"] = (403, {}, b"{}")
        result = pull(opened, tmp_path / "a.duckdb")
    assert not result.complete
    assert len(result.missing) == 1
    assert "room a" in result.missing[0]
