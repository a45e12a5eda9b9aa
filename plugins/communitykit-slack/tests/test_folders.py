"""Folders of which nobody knows, or nobody says rightly, whose they are: never guessed, and never silent."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
from slack_exports import TEAM, Read, channel, files, message, write

from communitykit import SettingsError, pull, read_archive
from communitykit.result import in_words_of
from communitykit.store import Store

TWO = [channel("C0AAA00001"), channel("C0BBB00002")]


def twins(**more: Any) -> dict[str, Any]:
    """Return an export of two channels of one name, whose messages stand in one folder."""
    return files(channels=TWO, **more)


def bring(path: Path, to: Path, mapped: dict[str, str] | None = None, *, private: bool = False) -> Any:
    with read_archive("slack", path, folder_map=mapped or {}) as archive:
        return pull(archive, to=to, include_private=private)


def live(to: Path, table: str = "posts") -> set[str]:
    with Store(to) as store:
        return {row["id"] for row in store.sql(f"SELECT id FROM {table} WHERE gone IS NULL").to_pylist()}  # noqa: S608


@pytest.mark.parametrize(
    ("mapped", "words"),
    [
        ({"genral": "C0BBB00002"}, "the folder genral, which is not there. Folders with messages are general"),
        ({"general": "NICHTDA"}, r"to NICHTDA, .* lists C0AAA00001 \(general\), C0BBB00002 \(general\)"),
        ({"general": "c0bbb00002"}, "no conversation's id"),
    ],
)
def test_a_mapping_of_what_is_not_there_is_refused(tmp_path: Path, mapped: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        Read(write(tmp_path, twins()), {"folder_map": mapped})


@pytest.mark.parametrize("asked", [False, True])
def test_a_channel_that_no_list_names_counts_as_private_and_that_is_said(tmp_path: Path, *, asked: bool) -> None:
    path = write(tmp_path, twins())
    read = Read(path, {"folder_map": {"general": "C0CCC00003"}}, include_private=asked)
    assert bool(read.of("post")) is asked
    told = next(one for one in read.of("coverage") if "C0CCC00003" in (one.reason or ""))
    assert told.status == "partial"
    assert "C0AAA00001 (general), C0BBB00002 (general)" in told.reason


def test_the_same_export_is_the_same_however_it_is_packed(tmp_path: Path) -> None:
    plain = write(tmp_path, twins())
    with zipfile.ZipFile(plain) as archive:
        archive.extractall(tmp_path / "folder" / "Our Slack export")
        archive.extractall(tmp_path / "beside" / "deep" / "in")
    (tmp_path / "beside" / "notes.txt").write_text("mine")
    found = [{one.id for one in Read(path).of("post")} for path in (plain, tmp_path / "folder", tmp_path / "beside")]
    assert found[0] == found[1] == found[2]
    assert all("~" in one for one in found[0])


def test_folders_that_others_may_be_are_others(tmp_path: Path) -> None:
    first = {one.community_id for one in Read(write(tmp_path, twins())).of("post")}
    three = files(channels=[*TWO, channel("C0CCC00003")])
    assert first.isdisjoint(one.community_id for one in Read(write(tmp_path, three)).of("post"))


def test_who_says_the_channel_later_ends_what_was_kept_under_a_local_id(tmp_path: Path) -> None:
    day = [
        message(1, reactions=[{"name": "x", "users": ["U0BEN00002"], "count": 1}]),
        message(2, thread_ts=message(1)["ts"]),
        message(3, subtype="channel_join"),
    ]
    store, path = tmp_path / "a.duckdb", write(tmp_path, twins(**{"general/2024-03-01": day}))
    bring(path, store)
    local = live(store)
    assert len(local) == 2
    done = bring(path, store, {"general": "C0BBB00002"})
    assert live(store) == {f"slack:{TEAM}:post:C0BBB00002/{message(second)['ts']}" for second in (1, 2)}
    assert done.tally.vanished["posts"] == 2
    assert not any("~" in one for one in live(store, "communities"))
    with Store(store) as opened:
        acts = opened.sql("SELECT community_id FROM events WHERE active").to_pylist()
    assert {row["community_id"] for row in acts} == {f"slack:{TEAM}:community:C0BBB00002"}
    assert len(acts) == 2
    bring(path, store)  # whoever forgets to say it again brings nothing back
    assert live(store) == {f"slack:{TEAM}:post:C0BBB00002/{message(second)['ts']}" for second in (1, 2)}


@pytest.mark.parametrize("mapped", [None, {"general": "C0GEN00001"}])
def test_a_later_export_that_lists_the_folder_ends_what_was_kept_under_a_local_id(
    tmp_path: Path, mapped: dict[str, str] | None
) -> None:
    day = [
        message(1, reactions=[{"name": "x", "users": ["U0BEN00002"], "count": 1}]),
        message(2, thread_ts=message(1)["ts"]),
        message(3, subtype="channel_join"),
    ]
    store, moved = tmp_path / "a.duckdb", f"slack:{TEAM}:post:C0GEN00001"
    bring(write(tmp_path, files(channels=[], **{"general/2024-03-01": day})), store, private=True)
    assert [one.count("~") for one in live(store)] == [1, 1]
    done = bring(write(tmp_path, files(**{"general/2024-03-01": day})), store, mapped)
    assert live(store) == {f"{moved}/{message(second)['ts']}" for second in (1, 2)}
    assert done.tally.vanished == {"posts": 2, "communities": 1}
    with Store(store) as opened:
        current = opened.current()
    places = {row["community_id"] for table in ("posts", "events") for row in current[table].to_pylist()}
    assert places == {f"slack:{TEAM}:community:C0GEN00001"}
    assert bring(write(tmp_path, files(**{"general/2024-03-01": day})), store).tally.vanished == {}


def test_another_folder_of_that_name_is_left_alone(tmp_path: Path) -> None:
    store = tmp_path / "a.duckdb"
    bring(write(tmp_path, files(channels=[])), store, private=True)
    kept = live(store)
    bring(write(tmp_path, files(**{"general/2024-03-01": [message(8), message(9)]})), store)
    assert kept < live(store)
    assert sum("~" in one for one in live(store, "communities")) == 1


def test_what_the_later_export_does_not_hold_stays_under_its_local_id(tmp_path: Path) -> None:
    store = tmp_path / "a.duckdb"
    bring(write(tmp_path, twins()), store)
    later = twins(**{"general/2024-03-01": [message(2), message(9)]})
    bring(write(tmp_path, later), store, {"general": "C0BBB00002"})
    assert sorted(one.rsplit("/", 1)[-1] for one in live(store)) == [message(second)["ts"] for second in (1, 2, 9)]
    assert sum("~" in one for one in live(store, "communities")) == 1


def test_a_dump_that_tells_every_channels_id_takes_no_mapping(tmp_path: Path) -> None:
    dump = {"C0GEN00001.json": {"channel_id": "C0GEN00001", "name": "general", "messages": [message(1, team=TEAM)]}}
    with pytest.raises(SettingsError, match="folders of exports"):
        Read(write(tmp_path, dump), {"folder_map": {"general": "C0GEN00001"}})


def test_remedies_name_options_as_the_command_line_does(tmp_path: Path) -> None:
    said = in_words_of(Read(write(tmp_path, twins())).reasons)
    assert "give its channel: --map general=C…" in said
    assert in_words_of("of the network: give its id as `network`") == "of the network: give its id as --network"
