"""Worlds in which it is known what has to be done."""

import json
import re
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from half_year import DAY, HOUR, NOW, QUIET, World  # beside this file
from typer.testing import CliRunner

from communitykit.cli.app import app
from communitykit.cli.commands import brief as _registered  # noqa: F401 # registers the command
from communitykit.errors import SettingsError
from communitykit.model import Community
from communitykit.report import Brief, as_html, as_markdown, as_text, brief, rules
from communitykit.report.making import opened
from communitykit.report.words import LANGUAGES, catalogue
from communitykit.sandbox.chronicle import Chronicle
from communitykit.store.connection import connect

Kept = Callable[[Chronicle], Path]


def lines(found: Brief) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    for one in found.lines:
        told.setdefault(one.rule, []).append(one.text)
    return told


@pytest.fixture(scope="module")
def quiet(keep: Kept) -> Path:
    return keep(World())


@pytest.fixture(scope="module")
def busy(keep: Kept) -> Path:
    """One of each: what the rules are to find, and beside each what they are not."""
    world = World()
    sales, lab = world.sales, world.lab
    # a question past the usual two hours; one that is answered; one that only its author came back to
    world.post(sales[0], world.desk, NOW - 3 * DAY, "Where is the blue form?", kind="question")
    world.reply(sales[1], world.post(sales[2], world.desk, NOW - 3 * DAY, "Where is the red form?"), NOW - 2 * DAY)
    world.reply(sales[3], world.post(sales[3], world.desk, NOW - 4 * DAY, "Where is mine?"), NOW - 2 * DAY, "Up!")
    world.post(sales[1], world.desk, NOW - 2 * HOUR, "Is it too early to wonder?")
    world.post(sales[1], world.desk, NOW - 5 * DAY, "See https://aurora.example/?q=1")
    # one newcomer in silence, one who was welcomed
    new, met = world.person("Nina New", "Sales"), world.person("Mette Met", "Lab")
    world.post(new, world.hall, NOW - 4 * DAY, "Hello, I am new here")
    world.react(lab[1], world.post(met, world.hall, NOW - 4 * DAY, "Hello, so am I"), NOW - 3 * DAY)
    # one community that fell asleep, one that always was slow
    club, slow = world.place("book-club", owner=lab[2]), world.place("slow-club", owner=lab[3])
    for number in range(20):
        world.post(lab[number % 4], club, NOW - (80 - 2 * number) * DAY, QUIET.format(number))
    for number in range(12):
        world.post(lab[number % 4], slow, NOW - (30 + 14 * (11 - number)) * DAY, QUIET.format(number))
    # two departments on one subject; two threads of one department
    world.post(sales[1], world.desk, NOW - 6 * DAY, "Our zirconium supplier wants a calibration protocol")
    world.post(lab[2], world.hall, NOW - 6 * DAY, "Drafting the calibration protocol for zirconium")
    world.post(lab[1], world.hall, NOW - 6 * DAY, "Ferrite sintering starts")
    world.post(lab[3], slow, NOW - 8 * DAY, "Ferrite sintering again")
    # one message told twice by two departments: with another beginning, and as a part of a longer one
    survey = "The survey about canteen opening hours closes Friday: tell us which counters, dishes and prices you like"
    world.post(sales[2], world.desk, NOW - 7 * DAY, survey)
    world.post(lab[0], world.hall, NOW - 7 * DAY, f"Reminder: {survey}")
    parking = "Underground parking level three will be repainted during August, please remove bicycles and scooters"
    world.post(sales[3], world.desk, NOW - 7 * DAY, parking)
    around = "Forwarded with kind regards from facility colleagues upstairs, which everybody should carefully read"
    world.post(lab[1], world.hall, NOW - 7 * DAY, f"{around}. {parking}. Questions welcome at reception until Thursday")
    # somebody's name is no subject, nor is a courtesy that answers are full of
    world.person("Wilhelmina Featherstone", "Sales")
    world.post(sales[2], world.desk, NOW - 6 * DAY, "Lunch is on Wilhelmina Featherstone")
    world.post(lab[1], world.hall, NOW - 6 * DAY, "Wilhelmina Featherstone moves upstairs")
    stranger = [{"kind": "member", "id": None, "label": "Archibald Thunderstone"}]  # of whom no listing tells
    world.post(sales[2], world.desk, NOW - 6 * DAY, "Archibald Thunderstone called", mentions=stranger)
    world.post(lab[1], world.hall, NOW - 6 * DAY, "Archibald Thunderstone again", mentions=stranger)
    world.post(sales[1], world.desk, NOW - 6 * DAY, "Merci beaucoup, carton 7 arrived")
    world.post(lab[2], world.hall, NOW - 6 * DAY, "Merci beaucoup for pump 4")
    for number in range(2):
        thanked = world.post(lab[number], slow, NOW - (9 + number) * DAY, QUIET.format(50 + number))
        world.reply(lab[2], thanked, NOW - 8 * DAY, "Merci beaucoup")
    # a head who was asked and is silent, and one question that she reacted to
    asked = world.post(sales[3], world.desk, NOW - 5 * DAY, "May we sign?", asks=[world.head])
    world.reply(sales[2], asked, NOW - 5 * DAY + HOUR, "I wonder, too.")
    reacted = world.post(sales[3], world.desk, NOW - 5 * DAY, "May we ship?", asks=[world.head])
    world.react(world.head, reacted, NOW - 4 * DAY)
    world.reply(sales[0], reacted, NOW - 4 * DAY)
    # what drew people: the head's post, and somebody else's
    for author, text in ((world.head, "We open the workshop to all"), (lab[0], "Cake in the hall")):
        drew = world.post(author, world.hall, NOW - 10 * DAY, text)
        for one in world.everybody:
            world.react(one, drew, NOW - 9 * DAY)
    return keep(world)


def test_each_rule_finds_its_line_and_no_other(busy: Path) -> None:
    assert lines(brief(busy, now=NOW)) == {
        "newcomers": ["Welcome Nina New, who posted for the first time on 2 July, in hall: “Hello, I am new here”."],
        "unanswered": [
            "“Where is mine?”, asked in help-desk on 2 July, still waits for an answer.",
            "“Where is the blue form?”, asked in help-desk on 3 July, still waits for an answer.",
        ],
        "asleep": ["Wake book-club, with Lab 2: nobody has posted there since 25 May."],
        "meet": [
            (
                "Bring Sales and Lab together: “Our zirconium supplier wants a calibration protocol” in help-desk and "
                "“Drafting the calibration protocol for zirconium” in hall speak of the same thing."
            )
        ],
        "leaders_asked": ["Remind the leader who was asked on 1 July in help-desk: “May we sign?”."],
        "leaders_drew": [
            "Ask for more of this: a leader's post of 26 June in hall drew 8 people in: “We open the workshop to all”."
        ],
        "worked": ["Do it again: 8 people took part in “Cake in the hall”, in hall on 26 June."],
    }


def test_nothing_to_do_is_said(quiet: Path) -> None:
    found = brief(quiet, now=NOW)
    assert found.lines == ()
    assert "Nothing calls for you this week" in as_text(found)
    assert "Rien ne presse cette semaine" in as_html(brief(quiet, now=NOW, language="fr"))
    assert "2 communities were looked at." in found.notes


@pytest.mark.parametrize("rule", rules())
def test_every_rule_can_be_switched_off(busy: Path, rule: str) -> None:
    found = brief(busy, now=NOW, without=[rule])
    assert rule not in lines(found)
    assert f"Switched off: {rule}." in found.notes


def test_why_is_said_with_the_communitys_own_pace(busy: Path) -> None:
    (sign,) = [one for one in brief(busy, now=NOW).lines if one.rule == "leaders_asked"]
    assert sign.why.startswith("The question has been waiting for 5 days, without an answer")
    (_, form) = [one for one in brief(busy, now=NOW).lines if one.rule == "unanswered"]
    assert form.why == "Three answers out of four come here within 2 hours; this question has waited for 3 days."
    assert form.link == f"https://aurora.example/posts/{form.post_id.rsplit(':', 1)[1]}"
    assert form.facts["usual_seconds"] == 7200


def test_only_the_communities_asked_for(busy: Path) -> None:
    assert set(lines(brief(busy, now=NOW, communities=["book*"]))) == {"asleep"}
    with pytest.raises(SettingsError, match="no community matches 'nowhere'"):
        brief(busy, now=NOW, communities=["nowhere"])


def test_wrong_rules_and_languages_are_refused(quiet: Path) -> None:
    with pytest.raises(SettingsError, match="there is no rule 'gossip'"):
        brief(quiet, without=["gossip"])
    with pytest.raises(SettingsError, match="there is no language 'tlh'"):
        brief(quiet, language="tlh")


def test_ten_lines_at_most_and_of_every_rule_first_its_first(keep: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    for number in range(8):
        world.post(world.sales[0], world.desk, NOW - 3 * DAY + number * HOUR, f"Where is form{number}xyz?")
        new = world.person(f"New {number}", "Lab")
        world.post(new, world.hall, NOW - 4 * DAY + number * HOUR, "Hello")
    path = keep(world)
    assert {rule: len(told) for rule, told in lines(brief(path, now=NOW)).items()} == {"newcomers": 2, "unanswered": 3}
    monkeypatch.setattr("communitykit.report.briefing.MOST_LINES", 3)
    short = brief(path, now=NOW)
    assert {rule: len(told) for rule, told in lines(short).items()} == {"newcomers": 2, "unanswered": 1}
    assert "2 more lines were left out; the brief has ten at most." in short.notes


def test_a_pseudonymous_record_names_nobody(keep: Kept) -> None:
    world = World()
    world.post(world.person("Nina New", "Sales"), world.hall, NOW - 4 * DAY, "Hello")
    club = world.place("book-club", owner=world.lab[2])
    for number in range(20):
        world.post(world.lab[number % 4], club, NOW - (80 - 2 * number) * DAY, QUIET.format(number))
    path = keep(world)
    assert "Nina" in as_text(brief(path, now=NOW))
    with closing(connect(path, read_only=False)) as connection:
        connection.execute("UPDATE members SET display_name = NULL, username = NULL")
        connection.execute("UPDATE people SET name = NULL")
    found = brief(path, now=NOW)
    assert set(lines(found)) == {"newcomers", "asleep"}
    told = as_text(found) + json.dumps([dict(one.facts) for one in found.lines], default=str)
    assert "Nina" not in told
    assert "Lab 2" not in told
    assert "The record holds no names: persons are not named." in found.notes


def test_what_the_record_does_not_tell_is_said(tmp_path: Path, keep: Kept) -> None:
    world = Chronicle()
    one, other = world.person("One"), world.person("Other")
    place = world.place("hall", members=[one, other])
    for day in range(70):
        world.reply(other, world.post(one, place, NOW - day * DAY - HOUR, ""), NOW - day * DAY, "")
    notes = brief(keep(world), now=NOW).notes
    assert [note.split(":")[0] for note in notes[:-1]] == [
        "“Questions without an answer” did not look",
        "“Threads where two departments could meet” did not look",
        "“Leaders who were asked” did not look",
        "“Leaders' posts that drew people in” did not look",
    ]


def test_a_question_without_its_words_is_one_still(keep: Kept) -> None:
    """As with `content="features"`: no text is there, and that there was a question mark is."""
    world = World()
    world.post(world.lab[0], world.hall, NOW - 9 * DAY, "Who knows?")
    path = keep(world)
    with closing(connect(path, read_only=False)) as connection:
        telling = "{length: 10, has_question: contains(text, '?'), links: 0}"
        connection.execute(f"UPDATE posts SET features = {telling}, text = NULL, body = NULL, title = NULL")  # noqa: S608
    found = brief(path, now=NOW)
    assert "unanswered" in lines(found)
    assert "a post without text" in as_text(found).lower()
    assert not re.search("[a-z] A post without text", as_text(found))
    assert not any(note.startswith("“Questions without an answer” did not look") for note in found.notes)


def test_replies_that_were_counted_and_not_read_are_replies(keep: Kept) -> None:
    world = World()
    world.post(world.sales[0], world.desk, NOW - 3 * DAY, "Where is it?", counts={"replies": 2})
    assert brief(keep(world), now=NOW).lines == ()


def test_an_old_archive_is_looked_at_as_of_its_end(keep: Kept) -> None:
    world = World()
    world.post(world.sales[0], world.desk, datetime(2026, 7, 6, tzinfo=UTC), "The end")
    assert brief(keep(world)).until <= datetime.now(UTC)


def test_forms_carry_the_same_lines_and_no_markup_of_others(keep: Kept) -> None:
    world = World()
    odd = "Where is <script>alert(1)</script> *the* \x1b[31mform \u202eback?"
    world.post(world.sales[0], world.desk, NOW - 3 * DAY, odd, url="javascript:x")
    found = brief(keep(world), now=NOW)
    html, markdown, text = as_html(found), as_markdown(found), as_text(found)
    assert "<script" not in html
    assert 'href="javascript' not in html
    assert "\\<script\\>" in markdown
    assert "\\*the\\*" in markdown
    for form in (html, markdown, text):
        assert not {"\x1b", "\u202e"} & set(form)
    assert "<style" not in html  # mail programs drop it
    assert "src=" not in html


@pytest.mark.slow
def test_communities_of_one_name_are_told_apart_by_their_platform(keep: Kept) -> None:
    world = World()
    twin = Community(
        id="slack:T1:community:hall", source=world.records[0].source, kind="channel", name="hall", privacy="public"
    )
    world.records.append(twin)
    world.post(world.lab[0], world.hall, NOW - 3 * DAY, "Where is the blue form?", kind="question")
    (line,) = brief(keep(world), now=NOW).lines
    platform = world.hall.split(":")[0]
    assert f"hall ({platform})" in line.text
    with opened(keep(world)) as (_, names):
        assert {f"hall ({platform})", "hall (slack)", "help-desk"} <= set(names.values())


@pytest.mark.slow
def test_the_command_prints_each_form(busy: Path) -> None:
    def run(*arguments: str) -> str:
        done = CliRunner().invoke(app, ["brief", str(busy), *arguments])
        assert done.exit_code == 0, done.output
        return done.stdout

    assert "À faire cette semaine" in run("--language", "fr")
    assert run("--format", "html").startswith("<!DOCTYPE html>")
    assert run("--format", "markdown", "--community", "hall").startswith("# What to do")
    told = json.loads(run("--json", "--without", "meet"))
    assert {"rule", "text", "why", "link", "off"} <= set(told["lines"][0])
    assert CliRunner().invoke(app, ["brief", str(busy), "--format", "pdf"]).exit_code == 1


def test_languages_have_the_same_texts_with_the_same_values() -> None:
    def values(text: object) -> set[str]:
        forms = [text] if isinstance(text, str) else text.values()
        return set().union(*(re.findall(r"\{(\w+)\}", form) for form in forms))

    english = catalogue("en")
    for language in LANGUAGES:
        other = catalogue(language)
        assert set(other) == set(english)
        for key, text in other.items():
            assert values(text) | {"n"} == values(english[key]) | {"n"}, key


def test_french_is_set_as_the_french_set_it() -> None:
    for key, text in catalogue("fr").items():
        for form in [text] if isinstance(text, str) else text.values():
            bare = re.sub(r"https?:|--\w+", "", form)
            assert not re.search(r"[^\u202f][;?!]|[^\u00a0][:»]|«[^\u00a0]|\w'\w", bare), (key, form)


def test_the_page_tells_every_rule_and_its_needs() -> None:
    page = (Path(__file__).parents[2] / "docs/how-to/report-and-brief.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \|.*\| ?(.*) \|$", page, re.MULTILINE))
    assert list(rows) == list(rules())
    for name, rule in rules().items():
        for need in rule.needs:
            assert need in rows[name], (name, need)


def test_every_rule_has_its_words_and_says_what_it_is() -> None:
    for name, rule in rules().items():
        assert f"brief.rules.{name}.name" in catalogue("en")
        assert len(re.findall(r"^-- (?!order|most|needs|parameters)\S.*", rule.sql, re.MULTILINE)) >= 2
        assert set(rule.parameters) <= set(rule.values({"now": NOW})), "a parameter that it never uses"
