"""Members that nothing describes are kept, and looked up."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
