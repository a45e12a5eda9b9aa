"""What a brief says of posts: whom a quote names, what was told in several places, and what the report says, too."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from half_year import DAY, HOUR, NOW, QUIET, World  # beside this file

from communitykit.model import Mention
from communitykit.report import Figures, answer, as_data, as_text, brief
from communitykit.report.making import opened
from communitykit.report.page import Paper
from communitykit.report.sections import filled
from communitykit.report.words import LANGUAGES, Words
from communitykit.sandbox.chronicle import Chronicle

Kept = Callable[[Chronicle], Path]


def test_whoever_is_mentioned_is_named_in_no_quote_and_a_post_without_a_link_is_found_by_its_time(keep: Kept) -> None:
    world = World()
    asks = [world.head, world.sales[3]]
    text = "May we sign, Ada Head? @Sales 3 waits"
    asked = world.post(world.sales[2], world.desk, NOW - 5 * DAY, text, asks=asks, url=None)
    world.reply(world.sales[1], asked, NOW - 5 * DAY + HOUR, "I wonder, too.")
    found = brief(keep(world), now=NOW)
    (line,) = [one for one in found.lines if one.rule == "leaders_asked"]
    assert line.text.endswith("in help-desk: “May we sign, @…? @… waits”.")
    assert line.facts["title"] == "May we sign, @…? @… waits"
    assert "Link: none is told; look in help-desk for the post of 1 July, 09:00 UTC" in as_text(found)


def test_what_one_person_told_in_several_communities_is_one_line(keep: Kept) -> None:
    world = World()
    stage = world.place("stage", members=world.everybody)
    for number, place in enumerate((world.desk, world.hall, stage)):
        url = None if number == 0 else f"https://aurora.example/{number}"
        world.post(
            world.sales[0], place, NOW - 4 * DAY + number * HOUR, "Where is it? Sales 1", asks=[world.sales[1]], url=url
        )
    world.post(world.sales[1], world.desk, NOW - 3 * DAY, "Any news?")
    world.post(world.sales[2], world.hall, NOW - 3 * DAY, "Any news?")
    told = [one for one in brief(keep(world), now=NOW).lines if one.rule == "unanswered"]
    assert [one.text for one in told] == [
        "“Where is it? @…”, asked in hall, help-desk, and stage on 2 July, still waits for an answer.",
        "“Any news?”, asked in help-desk on 3 July, still waits for an answer.",
        "“Any news?”, asked in hall on 3 July, still waits for an answer.",
    ]
    assert told[0].link == "https://aurora.example/1"


def test_what_was_told_on_two_platforms_names_nobody_as_either_of_them_does(keep: Kept) -> None:
    world = World()
    told = "Numbers for last week look good, says {}; who joins?"
    slack = world.lab[0].rpartition(":")[0] + ":UMC2FI0Y5GF"
    for text, asked, url in (("@UMC2FI0Y5GF", slack, None), ("@Sales 3", world.sales[3], "https://aurora.example/2")):
        world.post(world.sales[0], world.desk, NOW - 4 * DAY, told.format(text), asks=[asked], url=url)
    native = world.lab[2].split(":", 3)[3]
    labelled = (Mention(kind="member", id=world.lab[1], label="@labby"),)
    world.post(world.sales[1], world.hall, NOW - 3 * DAY, "Thanks @labby, shall we?", url=None, mentions=labelled)
    world.post(world.sales[1], world.hall, NOW - 3 * DAY, "Thanks @LAB  1, shall we?")
    world.post(world.sales[3], world.hall, NOW - 3 * DAY, f"Thanks @{native}, @labby, and <@U1>, mail me@lab.example?")
    path = keep(world)
    found = brief(path, now=NOW)
    lines = [one for one in found.lines if one.rule == "unanswered"]
    assert {one.facts["title"] for one in lines} == {
        "Numbers for last week look good, says @…; who joins?",
        "Thanks @…, shall we?",
        "Thanks @…, @…, and @…, mail me@lab.example?",
    }
    written = as_text(found) + json.dumps(as_data(found), default=str)
    assert not re.search(r"UMC2FI0Y5GF|Sales 3|labby|LAB|U1", written.replace("mail me@lab", ""))


def _paper(language: str, figures: Figures, places: Mapping[str, str | None], path: Path) -> Paper:
    return Paper(Words(language), figures, {key: name or key for key, name in places.items()}, path.name)


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_state_of_every_community_is_told_and_adds_up(keep: Kept, language: str) -> None:
    world = World(as_of=NOW)
    states = {"help-desk": "awake", "hall": "awake"}
    for name, few, months in (("club", 9, (2, 3)), ("pair", 2, (2, 3)), ("three", 3, (4, 5)), ("duo", 2, (5, 6))):
        place = world.place(name, owner=world.lab[0], members=world.everybody[:few])
        for month in months:
            world.post(world.lab[0], place, datetime(2026, month, 26, 9, tzinfo=UTC), QUIET.format(month))
        states[name] = {3: "asleep", 5: "drowsy", 6: "awake"}[months[-1]]
    path, words = keep(world), Words(language)
    with opened(path) as (analysis, places):
        figures = Figures(analysis)
        (told,) = [one for one in filled(_paper(language, figures, places, path)) if one["id"] == "communities"]
        hidden = [one for one in figures.all() if one.metric == "dormant_communities" and one.suppressed]
    (table,) = told["tables"]
    assert {row[0]: row[2] for row in table["rows"]} == {
        name: words.say(f"report.section.communities.{state}") for name, state in states.items()
    }
    assert {row[0]: row[3] for row in table["rows"]} == {
        name: words.say("report.hidden") if name in {"pair", "three", "duo"} else "9" for name in states
    }
    assert [int(one) for one in re.findall(r"\d+", told["texts"][-1])] == [6, 3, 1, 2]  # all of them, by state
    (asleep,) = told["tiles"]
    assert (asleep["facts"][0][1], hidden) == ("2 / 6", [])


@pytest.mark.slow
def test_what_the_report_calls_silent_the_brief_wants_woken(keep: Kept) -> None:
    world = World(as_of=NOW)
    for number in range(3):
        club = world.place(f"club-{number}", owner=world.lab[number], members=world.everybody)
        for month, day in ((2, 10), (2, 25), (3, 26), (4, 28)):
            at = datetime(2026, month, day, 9 + number, tzinfo=UTC)
            world.post(world.lab[number], club, at, QUIET.format(f"{month}/{day}"))
    woken = world.place("woken", owner=world.lab[0], members=world.everybody)
    for month, day in ((2, 10), (2, 25), (3, 26), (4, 28), (NOW.month, 1)):
        world.post(world.lab[0], woken, datetime(2026, month, day, 9, tzinfo=UTC), QUIET.format(f"{month}/{day}"))
    path = keep(world)
    said: dict[str, list[str]] = {}
    with opened(path) as (analysis, places):
        figures = Figures(analysis)
        found_silent = [one for one in answer(figures) if one.rule == "fallen_asleep"]
        for language in LANGUAGES:
            paper = _paper(language, figures, places, path)
            said[language] = sorted(paper.finding(one)["text"] for one in found_silent)
    assert said["en"] == [
        f"club-{number} fell silent after months of life: last post 28 April 2026." for number in range(3)
    ]
    assert said["fr"][0].endswith("dernier message le 28 avril 2026.")
    found = brief(path, now=NOW, communities=["club-*"])
    assert [one.text for one in found.lines] == [
        "Wake club-0, with Lab 0: nobody has posted there since 28 April.",
        "Wake club-1, with Lab 1: nobody has posted there since 28 April.",
    ]
    assert "One more community has fallen silent within a year: club-2." in found.notes
