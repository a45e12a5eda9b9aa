"""One person has one id: whatever a payload tells of where they are at home, and whichever door it comes through."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from slack_deliveries import NOW, SECRET, signed
from slack_exports import ANN, BEN, ELSEWHERE, ENTERPRISE, EVE, TEAM, Read, channel, files, message, user, write

from communitykit_slack.webhook import receive

HOMES: list[dict[str, Any]] = [
    {},
    {"team": ELSEWHERE},
    {"user_team": ELSEWHERE, "source_team": ELSEWHERE},
    {"user_profile": {"name": "eve", "real_name": "Eve", "team": ELSEWHERE}},
]


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize("listed", [True, False])
def test_a_stranger_writes_reacts_is_mentioned_and_is_a_member(
    tmp_path: Path, home: dict[str, Any], *, listed: bool
) -> None:
    said = [
        message(1, user=EVE, **home),
        message(2, f"thanks <@{EVE}>", reactions=[{"name": "+1", "users": [EVE], "count": 1}]),
    ]
    people = [user(ANN), user(BEN), *([user(EVE, ELSEWHERE)] if listed else [])]
    read = Read(
        write(tmp_path, files(users=people, channels=[channel(members=[ANN, EVE])], **{"general/2024-03-01": said}))
    )
    one = f"slack:{TEAM}:member:{EVE}"
    first, second = read.posts.values()
    assert first.author_id == one
    assert [mention.id for mention in second.mentions] == [one]
    assert [event.actor_id for event in read.of("event")] == [one]
    assert one in {row.member_id for row in read.of("membership") if row.community_id.endswith("C0GEN00001")}
    told = read.by_id("member")
    assert [key for key in told if EVE in key] == [one]
    if listed or "user_profile" in home:
        assert (told[one]["external"], told[one]["extra"]) == (True, {"home_team": ELSEWHERE})
        assert f"slack:{TEAM}:community:{TEAM}" not in {
            row.community_id for row in read.of("membership") if row.member_id == one
        }


def colleague(native: str, home: str, teams: list[str]) -> dict[str, Any]:
    return user(native, home, enterprise_user={"id": native, "enterprise_id": ENTERPRISE, "teams": teams})


def test_a_colleague_of_the_enterprise_is_at_home_here(tmp_path: Path) -> None:
    people = [
        colleague(ANN, TEAM, [TEAM]),
        colleague("U0CAT00003", TEAM, [TEAM]),
        colleague(BEN, ELSEWHERE, [ELSEWHERE, TEAM]),
        colleague(EVE, ELSEWHERE, [ELSEWHERE]),
    ]
    read = Read(write(tmp_path, files(users=None, org_users=people)))
    told = read.by_id("member")
    assert [told[f"slack:{ENTERPRISE}:member:{one}"]["external"] for one in (ANN, BEN, EVE)] == [False, False, False]
    assert told[f"slack:{ENTERPRISE}:member:{BEN}"]["extra"] == {"home_team": ELSEWHERE}
    inside = {row.member_id for row in read.of("membership") if row.community_id == f"slack:{TEAM}:community:{TEAM}"}
    assert inside == {f"slack:{ENTERPRISE}:member:{one}" for one in (ANN, BEN, "U0CAT00003")}
    assert {post.author_id for post in read.of("post")} == {f"slack:{ENTERPRISE}:member:{one}" for one in (ANN, BEN)}


def test_an_enterprise_named_as_the_team_makes_nobody_two(tmp_path: Path) -> None:
    profile = {"name": "ben", "real_name": "Ben", "team": ENTERPRISE}
    said = [
        message(1, user=BEN, team=ENTERPRISE, user_team=ENTERPRISE, source_team=ENTERPRISE, user_profile=profile),
        message(2, user=BEN, team=TEAM),
    ]
    for number, options in enumerate(({}, {"enterprise": ENTERPRISE})):
        folder = tmp_path / str(number)
        folder.mkdir()
        read = Read(write(folder, files(**{"general/2024-03-01": said})), options)
        assert {post.author_id for post in read.of("post")} == {f"slack:{options.get('enterprise', TEAM)}:member:{BEN}"}
        assert read.by_id("member")[next(iter({post.author_id for post in read.of("post")}))]["external"] is False


@pytest.mark.parametrize(
    ("delivery", "people"),
    [
        ({"team_id": TEAM}, TEAM),
        ({"team_id": TEAM, "enterprise_id": ENTERPRISE}, ENTERPRISE),
        ({"team_id": ELSEWHERE, "context_team_id": TEAM, "context_enterprise_id": None, "enterprise_id": "E9"}, TEAM),
        ({"team_id": ELSEWHERE, "context_team_id": TEAM, "context_enterprise_id": ENTERPRISE}, ENTERPRISE),
        ({"team_id": ELSEWHERE, "context_team_id": TEAM, "enterprise_id": "E9"}, TEAM),
    ],
)
def test_deliveries_name_people_by_the_readers_enterprise(
    translate_steps: Any, delivery: dict[str, Any], people: str
) -> None:
    event = {**message(1, user=EVE, user_team=ELSEWHERE), "channel": "C0GEN00001"}
    told = receive(*signed({"type": "event_callback", **delivery, "event": event}), SECRET, NOW)
    (post,) = translate_steps(told.batches).of("post")
    assert (post["author_id"], post["community_id"]) == (
        f"slack:{people}:member:{EVE}",
        f"slack:{TEAM}:community:C0GEN00001",
    )


def test_slackbot_is_the_system_though_no_list_names_it(tmp_path: Path) -> None:
    said = [message(1, user="USLACKBOT"), message(2, "ask <@USLACKBOT>")]
    read = Read(write(tmp_path, files(**{"general/2024-03-01": said})))
    assert read.by_id("member")[f"slack:{TEAM}:member:USLACKBOT"]["kind"] == "system"
    alone = Read(write(tmp_path, files(**{"general/2024-03-01": [message(1)]})))
    assert f"slack:{TEAM}:member:USLACKBOT" not in alone.by_id("member")
