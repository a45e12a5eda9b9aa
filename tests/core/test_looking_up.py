"""Members that nothing describes are kept, and looked up."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from functools import partial
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from little_notes import ROOMS, note, serve_notes, session

from communitykit import (
    PermissionMissingError,
    pull,
)
from communitykit.connector import (
    Batch,
    Connector,
    WireKind,
    make_id,
)
from communitykit.http.drivers import AsyncRunner
from communitykit.reading.run import SourceRun
from communitykit.reading.slices import Progress, SliceReading
from communitykit.reading.tasks import _AsyncReader
from communitykit.store import Store


def test_members_that_nothing_describes_are_kept_as_stubs(
    platform: Any, little: Callable[..., Connector], tmp_path: Path
) -> None:
    serve_notes(platform, ROOMS)
    with session(little(), platform) as opened:
        pull(opened, tmp_path / "a.duckdb")
    with Store(tmp_path / "a.duckdb") as store:
        assert store.sql("SELECT id, stub FROM members").to_pylist() == [{"id": "little:net:member:ann", "stub": True}]


@pytest.mark.parametrize("door", ["store", "state"])
def test_whom_a_run_did_not_come_to_look_up_the_next_one_does(
    platform: Any, little: Callable[..., Connector], tmp_path: Path, door: str
) -> None:
    serve_notes(platform, {"a": [[note(1, by="ann"), note(2, by="bob")]], "b": [[note(4, by="cy")]]})
    asked: list[tuple[str, ...]] = []
    refused = True

    def resolve(scope: Any, network: str, ids: tuple[str, ...]) -> Any:
        asked.append(ids)
        if refused:
            raise PermissionMissingError("members may not be read")
        yield Batch("member", [{"id": one} for one in ids])

    def describe(item: Any, context: Any) -> Any:
        yield {"record": "member", "id": item["id"], "display_name": "somebody"}

    translators = {**little().translators, "member": WireKind(describe)}
    state: dict[str, Any] = {}

    def run() -> None:
        with session(little(resolve=resolve, translators=translators), platform) as opened:
            if door == "store":
                pull(opened, tmp_path / "a.duckdb")
            else:
                list(opened.records(state=state))
                state.update(json.loads(json.dumps(state)))

    run()
    serve_notes(platform, {"a": [[]], "b": [[]]})  # what refers to them is not read again
    run()
    refused = False
    run()
    run()
    members = tuple(make_id("little", "net", "member", name) for name in ("ann", "bob", "cy"))
    assert [tuple(sorted(ids)) for ids in asked] == [members] * 3
    if door == "store":
        with Store(tmp_path / "a.duckdb") as store:
            assert (
                store.sql("SELECT display_name, stub FROM members").to_pylist()
                == [{"display_name": "somebody", "stub": False}] * 3
            )


def test_no_older_list_of_those_to_be_looked_up_follows_a_newer_one_of_tasks() -> None:
    """Whoever waits for room in the queue may be overtaken by a task that finds some."""
    lists = count(1)
    run = cast("SourceRun", SimpleNamespace(remember=lambda _: f"list {next(lists)}", note_end=lambda _: None))

    async def steps(*_: Any) -> AsyncIterator[Any]:
        yield SimpleNamespace(step=None)

    part = SimpleNamespace(meter=None, page=lambda _: "page", closed=lambda: "end", fail=print, settled=lambda: None)
    told = []

    async def read() -> None:
        reader = _AsyncReader(run, cast("AsyncRunner", SimpleNamespace(run=steps)), 1)
        reader.events = asyncio.Queue(maxsize=1)
        reader.events.put_nowait(cast("Progress", "before"))
        follow = partial(reader._follow, cast("SliceReading", part), steps)  # type: ignore[arg-type] # no Flow
        tasks = [asyncio.create_task(follow())]
        for _ in range(5):  # until it waits for room
            await asyncio.sleep(0)
        tasks.append(asyncio.create_task(follow()))
        told.append(reader.events.get_nowait())  # there is room, and the second task is the next to go on
        while len(told) < 7:
            await asyncio.sleep(0)
            told.append(await reader.events.get())
        await asyncio.gather(*tasks)

    asyncio.run(read())
    assert [one for one in told if str(one).startswith("list")] == ["list 1", "list 2"]
