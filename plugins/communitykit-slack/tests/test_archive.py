from __future__ import annotations

import json
import zipfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from communitykit import ArchiveError
from communitykit.connector import Archive, Batch, Gap, Selection, Slice
from communitykit_slack.archive import ArchiveOptions, as_of, detect, read

USERS = [{"id": "U1", "team_id": "T1", "name": "ann", "deleted": False, "profile": {"real_name": "Ann"}}]
GENERAL = {
    "id": "C1",
    "name": "general",
    "created": 1512104434,
    "creator": "U1",
    "is_archived": False,
    "is_general": True,
    "members": ["U1"],
    "topic": {"value": ""},
    "purpose": {"value": ""},
}
SECRET = {"id": "G1", "name": "secret", "created": 1512104434, "creator": "U1", "is_archived": False, "members": ["U1"]}
DIRECT = {"id": "D1234567", "created": 1512104434, "members": ["U1", "U2"]}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def message(ts: str, **more: Any) -> dict[str, Any]:
    return {"type": "message", "user": "U1", "text": "hello", "ts": ts, **more}


def export(path: Path, files: dict[str, Any]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content if isinstance(content, bytes) else json.dumps(content))
    return path


def whole(**more: Any) -> dict[str, Any]:
    files: dict[str, Any] = {
        "users.json": USERS,
        "channels.json": [GENERAL],
        "groups.json": [SECRET],
        "dms.json": [DIRECT],
        "integration_logs.json": [{"user_id": "U1", "date": "1512104434"}],
        "general/2017-12-01.json": [message("1512104434.000490")],
        "secret/2017-12-01.json": [message("1512104435.000100")],
        "D1234567/2017-12-01.json": [message("1512104436.000100")],
    }
    files.update({name.replace("__", "/") + ".json": content for name, content in more.items()})
    return files


def scope(**more: Any) -> Selection:
    return Selection(**{"settings": ArchiveOptions(), "until": NOW, **more})


def steps(path: Path, **more: Any) -> list[Any]:
    with Archive(path) as archive:
        assert detect(archive)
        return list(read(archive, scope(**more)))


def gaps(found: list[Any]) -> str:
    return " | ".join(one.reason for one in found if isinstance(one, Gap))


def test_public_only_unless_asked(tmp_path: Path, translate_steps: Any) -> None:
    path = export(tmp_path / "e.zip", whole())
    found = steps(path)
    assert [one.key for one in found if isinstance(one, Slice)] == ["archive/listing", "archive/C1"]
    assert translate_steps(found).unique("post") == 1
    assert "1 private channel was left out" in gaps(found)
    assert "1 direct conversation was left out" in gaps(found)
    everything = steps(path, include_private=True, include_direct=True)
    assert translate_steps(everything).unique("post") == 3
    assert gaps(everything) == ""


def test_the_listing_comes_with_it(tmp_path: Path, translate_steps: Any) -> None:
    found = translate_steps(steps(export(tmp_path / "e.zip", whole())))
    assert [one["id"] for one in found.of("community", "channel")] == ["slack:T1:community:C1"]
    assert found.of("community", "channel")[0]["privacy"] == "public"
    assert found.unique("community", "workspace") == 1
    assert "slack:T1:membership:C1/U1" in {one["id"] for one in found.of("membership")}
    assert found.ignored == ["integration_log"]


def test_globs_choose_folders_and_rows(tmp_path: Path, translate_steps: Any) -> None:
    found = translate_steps(steps(export(tmp_path / "e.zip", whole()), communities=("sec*",), include_private=True))
    assert [one["community_id"] for one in found.of("post")] == ["slack:T1:community:G1"]


def test_day_files_are_read_by_ts_not_by_name(tmp_path: Path, translate_steps: Any) -> None:
    """A message of 07:30 UTC stands in the file of the day before: those are cut in Pacific time."""
    day = [message("1512113400.000100"), message("1512116000.000100")]
    path = export(tmp_path / "e.zip", whole(**{"general__2017-11-30": day}))
    since, until = datetime(2017, 12, 1, 7, tzinfo=UTC), datetime(2017, 12, 1, 8, tzinfo=UTC)
    found = translate_steps(steps(path, since=since, until=until))
    assert [one["id"].rsplit("/", 1)[1] for one in found.of("post")] == ["1512113400.000100"]


def test_a_folder_and_a_wrapping_folder_do_too(tmp_path: Path, translate_steps: Any) -> None:
    wrapped = export(tmp_path / "w.zip", {f"My export/{name}": content for name, content in whole().items()})
    assert translate_steps(steps(wrapped)).unique("post") == 1
    with zipfile.ZipFile(export(tmp_path / "e.zip", whole())) as archive:
        archive.extractall(tmp_path / "folder")
    assert translate_steps(steps(tmp_path / "folder")).unique("post") == 1


def test_as_of_is_the_newest_message(tmp_path: Path) -> None:
    files = whole(**{"general__2017-12-02": [message("1512190834.000100"), message("1512190999.000500")]})
    with Archive(export(tmp_path / "e.zip", files)) as archive:
        assert as_of(archive) == datetime(2017, 12, 2, 5, 3, 19, 500, tzinfo=UTC)


def test_unknown_folders_are_kept_under_a_local_id_and_reported(tmp_path: Path, translate_steps: Any) -> None:
    path = export(tmp_path / "e.zip", whole(**{"renämed__2017-12-01": [message("1512104440.000100")]}))
    assert "no list names the folders renämed, so they may be private" in gaps(steps(path))
    found = steps(path, include_private=True)
    assert "renämed belongs to no channel" in gaps(found)
    homes = {one["community_id"].split(":")[3] for one in translate_steps(found).of("post")}
    assert any(home.startswith("~") for home in homes)
    mapped = steps(path, settings=ArchiveOptions(folder_map={"renämed": "C7"}), include_private=True)
    assert "slack:T1:community:C7" in {one["community_id"] for one in translate_steps(mapped).of("post")}


def test_a_folder_of_a_former_name_finds_its_channel(tmp_path: Path, translate_steps: Any) -> None:
    files = whole(**{"old-name__2017-12-01": [message("1512104440.000100")]})
    files["channels.json"] = [{**GENERAL, "previous_names": ["old-name"]}]
    found = steps(export(tmp_path / "e.zip", files))
    assert {one["community_id"] for one in translate_steps(found).of("post")} == {"slack:T1:community:C1"}


def test_authors_whom_the_list_lacks_are_told_by_their_messages(tmp_path: Path, translate_steps: Any) -> None:
    profile = {"real_name": "Eve", "name": "eve", "team": "T9"}
    day = [
        message("1512104440.000100", user="U9", user_profile=profile),
        message("1512104441.000100", user="U9", user_profile=profile),
    ]
    found = translate_steps(steps(export(tmp_path / "e.zip", whole(**{"general__2017-12-02": day}))))
    assert [one["display_name"] for one in found.of("member") if one["id"].endswith("U9")] == ["Eve"]


def test_the_network_may_be_given(tmp_path: Path, translate_steps: Any) -> None:
    files = {"channels.json": [GENERAL], "general/2017-12-01.json": [message("1512104434.000490")]}
    path = export(tmp_path / "e.zip", files)
    with pytest.raises(ArchiveError, match="network"):
        steps(path)
    found = translate_steps(steps(path, settings=ArchiveOptions(network="T5")))
    assert found.of("post")[0]["id"] == "slack:T5:post:C1/1512104434.000490"
    files["general/2017-12-01.json"][0]["team"] = "T6"
    assert translate_steps(steps(export(path, files))).of("post")[0]["community_id"] == "slack:T6:community:C1"


def test_an_organizations_users_are_read(tmp_path: Path, translate_steps: Any) -> None:
    files = whole()
    files["org_users.json"] = files.pop("users.json")
    assert translate_steps(steps(export(tmp_path / "e.zip", files))).unique("member") == 1


@pytest.mark.parametrize("nonsense", [b'{"cut', b"\x00\xff", b'[{"ts": "1', b'"text"', b"{}"])
def test_a_damaged_day_file_costs_that_day_only(tmp_path: Path, translate_steps: Any, nonsense: bytes) -> None:
    found = steps(export(tmp_path / "e.zip", whole(**{"general__2017-12-02": nonsense})))
    assert "general/2017-12-02.json" in gaps(found)
    assert translate_steps(found).unique("post") == 1


def test_a_damaged_message_costs_that_message_only(tmp_path: Path, translate_steps: Any) -> None:
    day = [{"type": "message", "text": "no time"}, message("1512104440.000100")]
    found = translate_steps(steps(export(tmp_path / "e.zip", whole(**{"general__2017-12-02": day}))))
    assert (found.unique("post"), found.rejected) == (2, ["bad_ts"])


def test_private_folders_do_not_slip_out_when_their_list_is_damaged(tmp_path: Path, translate_steps: Any) -> None:
    found = steps(export(tmp_path / "e.zip", {**whole(), "groups.json": b"[{"}))
    assert translate_steps(found).unique("post") == 1
    assert "groups.json is not readable" in gaps(found)
    assert "no list names the folders secret, so they may be private" in gaps(found)


def test_files_that_are_not_named_like_days_are_read_or_reported(tmp_path: Path, translate_steps: Any) -> None:
    others = {"general__more": [message("1512104440.000100")], "general__notes": [{"title": "x"}], "general__n": {}}
    found = steps(export(tmp_path / "e.zip", whole(**others)))
    assert translate_steps(found).unique("post") == 2
    assert "general/notes.json holds no messages" in gaps(found)
    assert "general/n.json is not a list" in gaps(found)


def test_batches_stay_small(tmp_path: Path) -> None:
    day = [message(f"1512104{number:03d}.000100") for number in range(700)]
    path = export(
        tmp_path / "e.zip",
        whole(**{"general__2017-11-29": day, "general__2017-11-30": day, "general__2017-12-02": day}),
    )
    sizes = [len(one.items) for one in steps(path) if isinstance(one, Batch) and one.kind == "message"]
    assert sum(sizes) == 2101
    assert max(sizes) <= 1000


def test_other_archives_are_not_slacks(tmp_path: Path) -> None:
    with Archive(export(tmp_path / "e.zip", {"users.json": [], "readme.txt": b"x"})) as archive:
        assert not detect(archive)


def test_houstondatavis(data: Path, translate_steps: Any) -> None:
    found = translate_steps(steps(data / "houstondatavis"))
    assert found.rejected == []
    assert (found.unique("community", "channel"), found.unique("community", "workspace")) == (16, 1)
    assert found.unique("member") == 71
    assert found.unique("post") == len(found.of("post")) == 964 + 61 + 6
    kinds = Counter(one["kind"] for one in found.of("event"))
    assert (kinds["joined"], kinds["left"], kinds["reacted"]) == (320, 3, 199)
    assert kinds["community_changed"] == 13 + 9 + 2 + 2
    assert found.unique("event", "reacted") == 199
    assert found.unique("event", "pinned") == kinds["account_changed"] == 1
    assert sum(one["edited_at"] is not None for one in found.of("post")) == 37
    # One of the reactions is to somebody's joining.
    assert len({(one["target_id"], one["detail"]) for one in found.of("event", "reacted")}) == 119
    assert sum(len(one["counts"]["reactions"]) for one in found.of("post")) == 118


def test_testarchive(data: Path, translate_steps: Any) -> None:
    found = translate_steps(steps(data / "slack-export-viewer" / "testarchive"))
    assert found.rejected == []
    posts, joined, added = found.of("post"), found.of("event", "joined"), found.of("event", "account_changed")
    assert len(posts) + len(joined) + len(added) == 158
    bots = [one for one in posts if one["author_id"] and one["author_id"].split(":")[3].startswith("B")]
    assert len(bots) == 94
    assert all(one["text"] for one in bots)
