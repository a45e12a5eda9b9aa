"""Exports as people really have them: re-zipped, re-named, with rows of other tools, several in one."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from slack_exports import ANN, BEN, ELSEWHERE, ENTERPRISE, TEAM, Read, channel, files, message, user, write

from communitykit import ArchiveError
from communitykit.connector import Archive, Selection, Slice
from communitykit_slack.archive import ArchiveOptions
from communitykit_slack.archive.export import read


def private(native: str, name: str, **more: Any) -> dict[str, Any]:
    return channel(native, name, **more)


@pytest.mark.parametrize("sign", ["/", "\\"])
def test_what_windows_writes_between_folders_is_a_slash(tmp_path: Path, sign: str) -> None:
    read = Read(write(tmp_path, files(), sign=sign))
    assert [post.community_id for post in read.of("post")] == [f"slack:{TEAM}:community:C0GEN00001"] * 2


def test_an_archive_that_claims_to_be_of_a_time_after_now_is_of_now_and_that_is_said(tmp_path: Path) -> None:
    late = message(3) | {"ts": "4000000000.000100"}
    read = Read(write(tmp_path, files(general={"x": 1}) | {"general/2096-10-02.json": [late]}))
    assert max(one.source.as_of for one in read.of("member")) <= datetime.now(UTC)
    assert "2096-10-02" in read.reasons


SECRETS: dict[str, tuple[str, dict[str, Any]]] = {
    "is_private": ("board", {"channels": [channel(), private("C0BRD00002", "board", is_private=True)]}),
    "is_group": ("board", {"channels": [channel(), private("C0BRD00002", "board", is_group=True)]}),
    "an old id": ("board", {"channels": [channel(), private("G0BRD00002", "board")]}),
    "in both lists": (
        "board",
        {"channels": [channel(), private("C0BRD00002", "board")], "groups": [private("C0BRD00002", "board")]},
    ),
    "a name of two": (
        "board",
        {"channels": [channel(), private("C0BRD00002", "board")], "groups": [private("C0BRD00003", "board")]},
    ),
    "no list": ("board", {}),
    "a mangled name": ("╔╤▐", {"groups": [private("G0BRD00002", "人事")]}),
}
DIRECT: dict[str, tuple[str, dict[str, Any]]] = {
    "is_mpim": ("some-talk", {"channels": [channel(), private("C0TLK00002", "some-talk", is_mpim=True)]}),
    "is_im": ("D0TLK00002", {"channels": [channel(), private("D0TLK00002", "", is_im=True)]}),
    "a group by name": ("mpdm-ann--ben-1", {"groups": [private("C0TLK00002", "mpdm-ann--ben-1")]}),
    "an id of two": ("D0TLK00002", {"channels": [channel(), {"id": "D0TLK00002"}]}),
    "a folder by name": ("mpdm-ann--ben-1", {}),
    "a folder by id": ("D0TLK00002", {}),
    "its list": ("some-talk", {"mpims": [private("C0TLK00002", "some-talk")]}),
}


@pytest.mark.parametrize(
    ("folder", "lists", "option"),
    [
        *(pytest.param(*case, "include_private", id=f"private by {name}") for name, case in SECRETS.items()),
        *(pytest.param(*case, "include_direct", id=f"direct by {name}") for name, case in DIRECT.items()),
    ],
)
def test_private_talk_stays_out_unless_asked_for(
    tmp_path: Path, folder: str, lists: dict[str, Any], option: str
) -> None:
    path = write(tmp_path, files(**{f"{folder}/2024-03-01": [message(5, "between us")], **lists}))
    read = Read(path)
    assert {post.text for post in read.of("post")} == {"hello"}
    assert option in read.reasons
    assert {one.privacy for one in read.of("community") if one.kind != "workspace"} <= {"public"}
    other = "include_direct" if option == "include_private" else "include_private"
    assert {post.text for post in Read(path, **{other: True}).of("post")} == {"hello"}
    asked = Read(path, **{option: True})
    assert {post.text for post in asked.of("post")} == {"hello", "between us"}
    homes = {post.community_id for post in asked.of("post") if post.text == "between us"}
    told = {one.id: (one.kind, one.privacy) for one in asked.of("community")}
    kind = ("direct", "direct") if option == "include_direct" else ("channel", "private")
    assert [told[home] for home in homes] == [kind]


def test_a_folder_that_fits_two_channels_is_given_to_neither(tmp_path: Path) -> None:
    both = [channel("C0AAA00001"), channel("C0BBB00002")]
    path = write(tmp_path, files(channels=both))
    read = Read(path)
    assert all(post.community_id.split(":")[3].startswith("~") for post in read.of("post"))
    assert "C0AAA00001, C0BBB00002" in read.reasons
    mapped = Read(path, {"folder_map": {"general": "C0BBB00002"}})
    assert {post.community_id for post in mapped.of("post")} == {f"slack:{TEAM}:community:C0BBB00002"}


def test_a_folder_of_a_listed_channel_is_read_whatever_its_files_are_called(tmp_path: Path) -> None:
    rows = [channel(), channel("C0RND00002", "random")]
    read = Read(write(tmp_path, files(channels=rows, random__random=[message(7), message(8)])))
    assert len(read.of("post")) == 4
    assert "random" not in read.reasons


def test_a_list_as_the_api_answers_it_is_a_list(tmp_path: Path) -> None:
    whole = files(users={"ok": True, "members": [user(ANN)]}, channels={"ok": True, "channels": [channel()]})
    read = Read(write(tmp_path, whole))
    assert f"slack:{TEAM}:member:{ANN}" in read.by_id("member")
    assert {post.community_id for post in read.of("post")} == {f"slack:{TEAM}:community:C0GEN00001"}


@pytest.mark.parametrize("odd", [{"people": []}, "text", 5, None])
def test_a_refusal_names_the_list_that_is_none(tmp_path: Path, odd: Any) -> None:
    with pytest.raises(ArchiveError, match=r"users\.json is not a list"):
        Read(write(tmp_path, {**files(), "users.json": odd}))


def test_odd_rows_cost_themselves(tmp_path: Path) -> None:
    people = [None, user(ANN), user(BEN, profile=None, updated="x"), {"team_id": TEAM}, "text", {"id": "U0CAT00003"}]
    rows = [None, channel(), 5, {"name": "no id"}, {"id": 7}]
    read = Read(write(tmp_path, files(users=people, channels=rows)))
    assert {one.split(":")[-1] for one in read.by_id("member")} == {ANN, BEN, "U0CAT00003"}
    assert len(read.of("post")) == 2
    assert len(read.of("issue")) == 3 + 4


def zipped(contents: dict[str, Any]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content if isinstance(content, bytes) else json.dumps(content))
    return held.getvalue()


@pytest.mark.parametrize("above", ["", "Downloads/"])
def test_an_export_inside_a_zip_or_a_folder_is_found(tmp_path: Path, above: str) -> None:
    outer = write(tmp_path, {f"{above}Our Slack export.zip": zipped(files()), "readme.txt": b"x"})
    assert len(Read(outer).of("post")) == 2
    beside = write(tmp_path, {**{f"{above}export/{name}": content for name, content in files().items()}, "x.txt": b"x"})
    assert len(Read(beside).of("post")) == 2


def test_a_zip_that_people_sent_each_other_is_left_alone(tmp_path: Path) -> None:
    whole = {**files(), "__uploads/F1/holiday.zip": b"no zip", "general/attachments/F2-more.zip": zipped(files())}
    assert len(Read(write(tmp_path, whole)).of("post")) == 2
    assert len(Read(write(tmp_path, {**files(), "backup.zip": b"no zip"})).of("post")) == 2


def test_several_workspaces_in_one_archive_are_several_networks(tmp_path: Path) -> None:
    """An organization's export: people above, a folder for each workspace."""

    def colleague(native: str, teams: list[str]) -> dict[str, Any]:
        return user(native, teams[0], enterprise_user={"id": native, "enterprise_id": ENTERPRISE, "teams": teams})

    whole: dict[str, Any] = {"org_users.json": [colleague(ANN, [TEAM]), colleague(BEN, [ELSEWHERE, TEAM])]}
    for team, native in ((TEAM, "C0GEN00001"), (ELSEWHERE, "C0GEN00009")):
        part = files(
            users=None, channels=[channel(native)], **{"general/2024-03-01": [message(1, team=team, user=BEN)]}
        )
        whole |= {f"teams/{team}/{name}": content for name, content in part.items()}
    read = Read(write(tmp_path, whole))
    assert {post.community_id for post in read.of("post")} == {
        f"slack:{TEAM}:community:C0GEN00001",
        f"slack:{ELSEWHERE}:community:C0GEN00009",
    }
    assert {post.author_id for post in read.of("post")} == {f"slack:{ENTERPRISE}:member:{BEN}"}
    assert set(read.by_id("member")) == {f"slack:{ENTERPRISE}:member:{one}" for one in (ANN, BEN)}
    inside = {(row.community_id.split(":")[1], row.member_id.split(":")[-1]) for row in read.of("membership")}
    assert inside == {(TEAM, ANN), (TEAM, BEN), (ELSEWHERE, BEN), (ELSEWHERE, ANN)}


def test_what_stands_at_the_top_of_an_organizations_export_is_the_organizations(tmp_path: Path) -> None:
    """Channels that several workspaces share, and direct talk: the API tells them of the enterprise, too."""

    def colleague(native: str, team: str) -> dict[str, Any]:
        return user(native, team, enterprise_user={"id": native, "enterprise_id": ENTERPRISE, "teams": [team]})

    whole: dict[str, Any] = files(users=None, org_users=[colleague(ANN, TEAM), colleague(BEN, ELSEWHERE)])
    inside = files(users=[colleague(BEN, ELSEWHERE)], channels=[channel("C0LAB00009", "lab")])
    whole |= {f"teams/lab/{name.replace('general', 'lab')}": content for name, content in inside.items()}
    read = Read(write(tmp_path, whole))
    assert {post.community_id for post in read.of("post")} == {
        f"slack:{ENTERPRISE}:community:C0GEN00001",
        f"slack:{ELSEWHERE}:community:C0LAB00009",
    }
    assert {post.author_id.split(":")[1] for post in read.of("post")} == {ENTERPRISE}
    assert read.reasons.strip() == ""


def test_a_workspaces_export_is_its_own_though_most_people_in_it_are_anothers(tmp_path: Path) -> None:
    """A Grid's users.json lists guests of other workspaces, too; in #general are those of this one."""
    others = [user(f"U0OTH{number:05}", ELSEWHERE) for number in range(5)]
    people, here = [user(ANN), user(BEN), *others], [message(number, team=TEAM) for number in range(3)]
    general = channel(members=[ANN, BEN], is_general=True)
    read = Read(write(tmp_path, files(users=people, channels=[general], **{"general/2024-03-01": here})))
    assert {post.community_id.split(":")[1] for post in read.of("post")} == {TEAM}
    assert read.reasons.strip() == ""
    told = Read(write(tmp_path, files(users=people, **{"general/2024-03-01": here})))
    assert f"most people are of the workspace {ELSEWHERE}, which is taken, and most messages of {TEAM}" in told.reasons


@pytest.mark.parametrize(("said", "taken"), [(TEAM, TEAM), (ELSEWHERE, ELSEWHERE), (None, ELSEWHERE)])
def test_of_two_workspaces_that_everybody_is_in_the_messages_tell_which_it_is(
    tmp_path: Path, said: str | None, taken: str
) -> None:
    """Else the first of them is taken, and that is said."""
    told = {} if said is None else {"team": said}
    both = {"id": ANN, "enterprise_id": ENTERPRISE, "teams": [TEAM, ELSEWHERE]}
    day = {"general/2024-03-01": [message(1, **told)]}
    read = Read(write(tmp_path, files(users=[user(ANN, enterprise_user=both)], **day)))
    assert {one.community_id.split(":")[1] for one in read.of("post")} == {taken}
    assert ("alike" in read.reasons) is (said is None)


def test_an_archive_tells_what_it_holds(tmp_path: Path) -> None:
    with Archive(write(tmp_path, files())) as archive:
        first = next(iter(read(archive, Selection(settings=ArchiveOptions(), until=datetime(2026, 1, 1, tzinfo=UTC)))))
    assert isinstance(first, Slice)
    assert first.label == "export of the workspace T0HOME0001: 2 people, 1 conversation"
