"""Nothing good is taken away by what was not understood, not seen, or somebody else's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from communitykit.connector import (
    Batch,
    Capabilities,
    Connector,
    Rejected,
    Selection,
    Settings,
    Slice,
    Swept,
    WireKind,
    in_part,
    make_id,
)
from communitykit.gathering import walked
from communitykit.http.operations import Emit
from communitykit.reading.slices import SliceReading
from communitykit.reading.translation import Page, Translation
from communitykit.store import Store
from communitykit.store.writer import Group, Writer

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ROOM = make_id("little", "net", "community", "room")
WINDOW = Swept("post", {"community_id": ROOM, "parent_id": None}, with_replies=True)


def post_id(native: str) -> str:
    return make_id("little", "net", "post", native)


def note(item: Any, _: Any) -> Iterator[Any]:
    """Translate a note with its answers and cheers, part by part."""
    if not isinstance(item["body"], str):
        raise Rejected("bad_body")
    where = {"record": "post", "community_id": ROOM}
    yield {**where, "id": post_id(item["id"]), "parent_id": None, "root_id": None, "body": item["body"], "gone": None}
    root = {"parent_id": post_id(item["id"]), "root_id": post_id(item["id"])}
    for answer in item.get("answers", ()):
        if isinstance(answer.get("body"), str):
            yield {**where, **root, "id": post_id(answer["id"]), "body": answer["body"], "gone": None}
        else:
            yield Rejected("bad_answer", native=answer.get("id"))
    for who in item.get("cheers", ()):
        act = {"record": "event", "kind": "reacted", "target_id": post_id(item["id"]), "community_id": ROOM}
        yield {**act, "id": make_id("little", "net", "event", "reacted", item["id"], who), "active": True}
    yield Swept("event", {"kind": "reacted", "target_id": post_id(item["id"])})


LITTLE = Connector(
    name="little",
    title="Little",
    version="1",
    settings=Settings,
    capabilities=Capabilities(),
    translators={"note": WireKind(note)},
)


def read(
    items: Iterable[Any], *, day: int, network: str = "net", window: Swept = WINDOW, first: tuple[Swept, ...] = ()
) -> tuple[Group, Any]:
    """Read one window of notes, swept `first` otherwise; give what a pull would commit, and the slice's Coverage."""
    translation = Translation(LITTLE, run_id=f"day {day}", origin="api")
    slice_ = Slice("notes/room", network, ("post", "event"), ROOM)
    reading = SliceReading(translation, Selection(None, NOW), "little:net:notes/room", slice_=slice_)
    group, moment = Group(), NOW + timedelta(days=day)
    for step in (Batch("note", list(items)), *first, window):
        page = reading.page(Emit(step, moment))
        assert isinstance(page, Page)
        group.records += page.records
        group.plain += page.issues
        group.walked += [walked(sweep) for sweep in page.sweeps]
    return group, reading.closed().coverage


@pytest.mark.parametrize("later", [{"id": "1", "body": "hello"}, {"body": "no id at all"}])
def test_sweeps_that_follow_one_another_are_about_the_same_batches(tmp_path: Path, later: Any) -> None:
    first, _ = read([{"id": "1", "body": "hello"}], day=0)
    members = Swept("membership", {"community_id": ROOM})
    second, _ = read([later], day=1, first=(members,))
    assert kept(tmp_path / "a.duckdb", first, second)[post_id("1")]["gone"] is None


def kept(path: Path, *groups: Group, run_id: str = "run") -> dict[str, dict[str, Any]]:
    writer = Writer(path)
    for group in groups:
        writer.commit(group, run_id=run_id, now=NOW)
    writer.release()
    with Store(path) as store:
        return {row["id"]: row for table in store.current().values() for row in table.to_pylist()}


GOOD = {"id": "1", "body": "hello", "answers": [{"id": "2", "body": "hi"}], "cheers": ["ann"]}


@pytest.mark.parametrize(
    "later",
    [
        pytest.param({"id": "1", "body": ["a", "new", "shape"]}, id="the root"),
        pytest.param({**GOOD, "answers": [{"id": "2", "body": 7}]}, id="a reply"),
        pytest.param({**GOOD, "answers": [{"body": 7}]}, id="a reply without an id"),
        pytest.param({**GOOD, "cheers": [""]}, id="a reaction"),
        pytest.param({"body": "no id at all"}, id="a payload without an id"),
    ],
)
def test_what_could_not_be_translated_has_not_vanished(tmp_path: Path, later: Any) -> None:
    first, _ = read([GOOD, {"id": "3", "body": "other"}], day=0)
    before = kept(tmp_path / "a.duckdb", first)

    second, coverage = read([later, {"id": "3", "body": "other"}], day=1)

    assert kept(tmp_path / "a.duckdb", second).keys() == before.keys()
    assert coverage.status == "partial"
    assert len([one for one in second.plain if one.record == "issue"]) == 1


def test_what_is_gone_beside_something_odd_has_vanished_all_the_same(tmp_path: Path) -> None:
    first, _ = read([GOOD, {"id": "3", "body": "other"}], day=0)
    kept(tmp_path / "a.duckdb", first)

    second, _ = read([{"id": "1", "body": None}], day=1)

    assert post_id("3") not in kept(tmp_path / "a.duckdb", second)


def test_a_payload_that_shows_an_id_which_nobody_knows_may_be_anything_in_the_window(tmp_path: Path) -> None:
    first, _ = read([GOOD, {"id": "3", "body": "other"}], day=0)
    before = kept(tmp_path / "a.duckdb", first)
    odd = {"id": "9", "body": None}  # it may be 1, 2 or 3

    second, coverage = read([odd, {"id": "3", "body": "other"}], day=1)
    assert kept(tmp_path / "a.duckdb", second, run_id="day 1").keys() == before.keys()
    assert coverage.status == "partial"

    third, _ = read([odd, {"id": "3", "body": "other"}], day=2)  # it is 9, then, and 1 has gone with all that is below
    left = {post_id("3")}
    assert {key for key in kept(tmp_path / "a.duckdb", third, run_id="day 2") if ":post:" in key} == left


def test_what_a_window_holds_though_no_batch_brought_it_has_not_vanished(tmp_path: Path) -> None:
    first, _ = read([GOOD, {"id": "3", "body": "other"}], day=0)
    kept(tmp_path / "a.duckdb", first)

    second, coverage = read([], day=1, window=replace(WINDOW, held=frozenset({"1"})))

    now = kept(tmp_path / "a.duckdb", second)
    assert {key for key in now if ":post:" in key} == {post_id("1"), post_id("2")}
    assert coverage.status == "complete"


def test_a_window_that_was_understood_sweeps_what_is_gone(tmp_path: Path) -> None:
    first, _ = read([GOOD, {"id": "3", "body": "other"}], day=0)
    kept(tmp_path / "a.duckdb", first)

    second, coverage = read([{**GOOD, "cheers": []}], day=1)

    now = kept(tmp_path / "a.duckdb", second)
    assert {key for key in now if ":post:" in key} == {post_id("1"), post_id("2")}
    assert not [key for key in now if ":event:" in key]
    assert coverage.status == "complete"


def test_what_was_there_and_was_not_handed_on_has_not_vanished(tmp_path: Path) -> None:
    first, _ = read([GOOD, {"id": "3", "body": "other"}], day=0)
    kept(tmp_path / "a.duckdb", first)

    second, _ = read([GOOD], day=1, window=replace(WINDOW, held=frozenset({post_id("3")})))

    assert post_id("3") in kept(tmp_path / "a.duckdb", second)


def test_a_sweep_names_one_network_of_its_own_platform() -> None:
    translation = Translation(LITTLE, run_id="run", origin="api")
    groups = {"kind": "group", "privacy": "public"}
    assert translation.bound(Swept("community", groups), "net") == "little:net:"
    assert translation.bound(Swept("community", groups, network="a:b"), None) == "little:a%3Ab:"
    host = make_id("little", "host", "community", "shared")
    assert translation.bound(Swept("post", {"community_id": host, "parent_id": None}), "net") == "little:host:"
    with pytest.raises(ValueError, match="names no network"):
        translation.bound(Swept("community", groups), None)
    with pytest.raises(ValueError, match="another platform"):
        translation.bound(Swept("post", {"community_id": make_id("other", "net", "community", "x")}), "net")


def test_a_part_is_translated_whole_or_costs_itself() -> None:
    def broken(error: Exception) -> Iterator[Any]:
        yield {"record": "post", "id": post_id("1")}
        raise error

    (found,) = in_part("1", broken(ValueError("secret words")))
    assert isinstance(found, Rejected)
    assert (found.reason, found.native) == ("malformed", "1")
    assert "secret words" not in str(found.detail)
    (found,) = in_part("1", broken(Rejected("no_body", "why", native="2")))
    assert isinstance(found, Rejected)
    assert (found.reason, found.detail, found.native) == ("no_body", "why", "2")
    assert in_part(None, iter([{"id": "x"}])) == [{"id": "x"}]
