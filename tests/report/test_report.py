"""Half years in which it is known what happened, and the pages made of them."""

import json
import re
from collections.abc import Callable
from datetime import date
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from communitykit import from_records, pull
from communitykit.analysis import analyse
from communitykit.analysis import open as open_analysis
from communitykit.cli.app import app
from communitykit.cli.commands import report as _registered  # noqa: F401 # registers the command
from communitykit.errors import SettingsError
from communitykit.metrics import measure, sql
from communitykit.metrics.catalogue import NEEDS
from communitykit.metrics.frame import ALL
from communitykit.people import Leaders, Options, resolve
from communitykit.privacy.groups import REASON
from communitykit.report import Figures, Report, answer, answer_rules, make_report
from communitykit.report.making import opened
from communitykit.report.sections import _size as size
from communitykit.report.words import LANGUAGES, Words, catalogue
from communitykit.sandbox import stories
from communitykit.sandbox.stories import STORIES, tell_story

SAID = {
    "absent_department": ("absent", {"group": stories.ABSENT, "by": "department"}),
    "silent_leaders": ("leaders_silent", {"since": date(2026, 4, 1)}),
    "silo": ("silo", {"group": stories.SILO}),
    "dying_community": ("fallen_asleep", {"posted_on": date(2026, 5, 1)}),
    "champion": ("converted", {"group": stories.CONVERTED, "by": "site"}),
}
ALSO = {"silent_leaders": {"participation_falls"}, "champion": {"participation_rises"}}
"""What follows from a story."""
Told = Callable[..., Path]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Make the store of a story, once."""
    made: dict[object, Path] = {}

    def make(story: str | None, seed: int = 1) -> Path:
        if (story, seed) not in made:
            path = tmp_path_factory.mktemp("story") / "activity.duckdb"
            pull(from_records(tell_story(story, seed=seed).records), to=path)
            resolve(path, Options(leaders=Leaders(titles="^(head|lead)")))
            made[story, seed] = path
        return made[story, seed]

    return make


@pytest.fixture(scope="module")
def silo(told: Told, tmp_path_factory: pytest.TempPathFactory) -> Report:
    return make_report(told("silo"), tmp_path_factory.mktemp("report"), languages=["fr", "en"], per=["department"])


def findings(path: Path) -> tuple[list[tuple[str, dict[str, object]]], dict[str, str | None]]:
    with opened(path) as (analysis, places):
        return [(one.rule, dict(one.values)) for one in answer(Figures(analysis))], places


@pytest.mark.slow
@pytest.mark.parametrize("story", STORIES)
def test_the_answer_names_the_story(told: Told, story: str) -> None:
    found, places = findings(told(story))
    rule, expected = SAID[story]
    told_by_it = [values for name, values in found if name == rule]
    assert len(told_by_it) == 1, found
    assert expected.items() <= told_by_it[0].items()
    if story == "dying_community":
        assert places[str(told_by_it[0]["place"])] == stories.DYING
    others = {name for name, _ in found} - {rule}
    assert others <= ALSO.get(story, set()), found


@pytest.mark.parametrize(
    "seed", [pytest.param(n, marks=pytest.mark.slow if n <= 6 else pytest.mark.exhaustive) for n in range(1, 21)]
)
def test_where_nothing_happens_the_answer_claims_nothing(told: Told, seed: int) -> None:
    assert findings(told(None, seed))[0] == []


def test_a_story_is_the_same_for_a_seed_and_another_for_another() -> None:
    one, again, other = (tell_story("silo", seed=seed).records for seed in (1, 1, 2))
    assert one == again
    assert one != other
    with pytest.raises(ValueError, match="there is no story 'romance'"):
        tell_story("romance")


@pytest.mark.slow
def test_a_page_is_whole_in_itself_and_runs_nothing(silo: Report) -> None:
    assert set(silo.pages) == {"fr", "en"}
    assert {one.stat().st_mode & 0o777 for one in (*silo.pages.values(), silo.data)} == {0o600}
    for language, path in silo.pages.items():
        page = path.read_text(encoding="utf-8")
        assert len(page.encode()) < 500_000
        assert f'<html lang="{language}">' in page
        assert "default-src 'none'" in page
        assert "<script" not in page
        assert not re.search(r'(?:src|href)="(?!#)|url\(|@import|style="|\son\w+="', page)
        for title in ("adoption", "animation", "leaders", "champions", "silos", "communities", "changes", "unread"):
            assert f'<section id="{title}"' in page
        assert silo.findings[language][0] in unescape(page)


def test_there_is_a_page_for_each_group_asked_for(silo: Report, tmp_path: Path) -> None:
    assert {one.name for one in silo.groups} == {
        f"department-{name}.{language}.html"
        for name in ("sales", "engineering", "finance", "legal")
        for language in ("en", "fr")
    }
    for one in silo.groups:
        page = one.read_text(encoding="utf-8")
        assert '<section id="group"' in page
        assert page.count('<div class="tile">') == 7  # three leaders are too few to be told of
        assert page.count("<figure>") == 2
        assert "<script" not in page
    with pytest.raises(SettingsError, match="there are no pages per 'person'"):
        make_report(tmp_path / "none.duckdb", tmp_path, per=["person"])


def test_every_chart_has_a_text_and_its_figures(silo: Report) -> None:
    page = silo.pages["en"].read_text(encoding="utf-8")
    figures = re.findall(r"<figure>.*?</figure>", page, re.DOTALL)
    assert len(figures) > 8
    for one in figures:
        assert re.search(r'role="img" aria-label="[^"]{20,}"', one)
        assert "<table>" in one
        assert "#2050a0" not in one  # every colour follows the page
    assert "All alike: 100%." in page  # of groups that are equal none is the highest


def test_every_figure_says_what_it_rests_on(silo: Report) -> None:
    page = silo.pages["en"].read_text(encoding="utf-8")
    tiles = re.findall(r'<div class="tile">.*?</details></div>', page, re.DOTALL)
    assert len(tiles) > 15
    for one in tiles:
        for fact in ("Population", "Window", "Smallest group", "Read", "To measure it again"):
            assert f"<dt>{fact}</dt>" in one, one


@pytest.mark.slow
def test_a_figure_is_the_one_that_is_measured_and_the_one_of_the_printed_query(told: Told, tmp_path: Path) -> None:
    path = tmp_path / "analysis.duckdb"
    analyse(told("silo"), path, zone="Europe/Paris")
    made = make_report(told("silo"), tmp_path / "report", zone="Europe/Paris")
    figures = json.loads(made.data.read_text(encoding="utf-8"))["figures"]
    asked = {}
    for one in figures:
        if "place" not in one["groups"] and not one["suppressed"]:
            by = (*one["groups"], *(["month"] if one["period"] else []))
            key = (
                one["metric"],
                by,
                one["since"] if not one["period"] else None,
                one["until"] if not one["period"] else None,
            )
            asked.setdefault((*key, tuple(one["parameters"].items())), []).append(one)
    assert len(asked) > 20
    compared = 0
    with open_analysis(path) as tables, duckdb.connect(str(path), read_only=True) as shell:
        for (metric, by, since, until, parameters), rows in asked.items():
            window = (
                {"since": date.fromisoformat(since), "until": date.fromisoformat(until)}
                if since
                else {"since": date(2026, 2, 1), "until": date(2026, 7, 1)}
            )
            ask = {"by": by, **window, **dict(parameters)}
            measured = {row_key(row, by): row["value"] for row in measure(tables, metric, **ask).to_pylist()}
            query = shell.execute(sql(tables, metric, **ask))
            names = [column[0] for column in query.description]
            raw = {
                row_key(dict(zip(names, row, strict=True)), by): dict(zip(names, row, strict=True))
                for row in query.fetchall()
            }
            for one in rows:
                key = (one["period"], one["variant"], *(one["groups"][name] for name in one["groups"]))
                assert measured[key] == exactly(one["value"]), (metric, key)
                if one["value"] is not None:
                    assert raw[key]["value"] == exactly(one["value"]), (metric, key)
                    compared += 1
    assert compared > 100


def exactly(value: float | None) -> Any:
    """Return what is equal: floating-point sums differ in their last digit with the order of what is summed."""
    return pytest.approx(value, rel=1e-12) if value is not None else None


def row_key(row: dict[str, object], by: tuple[str, ...]) -> tuple[object, ...]:
    groups = [
        None if row[name] is None else str(row[name]).lower() if name == "is_leader" else str(row[name])
        for name in by
        if name != "month"
    ]
    return (None if row["period"] == ALL else row["period"], row.get("variant"), *groups)


@pytest.mark.slow
def test_a_second_report_says_what_changed(told: Told, tmp_path: Path) -> None:
    made = make_report(told(None), tmp_path)
    assert "This is the first report in this folder" in made.pages["en"].read_text(encoding="utf-8")
    before = json.loads(made.data.read_text(encoding="utf-8"))
    for one in before["figures"]:
        if one["metric"] == "response_rate" and not one["groups"] and one["period"] is None:
            one["value"] = 0.01
    made.data.write_text(json.dumps(before), encoding="utf-8")
    with pytest.raises(SettingsError, match="was changed since it was written"):
        make_report(told(None), tmp_path)
    page = make_report(told(None), tmp_path, overwrite=True).pages["en"].read_text(encoding="utf-8")
    assert re.search(r"Threads with a reply or reaction \(June 2026\): 1%, now 8\d%\.", page)


@pytest.mark.slow
def test_the_command_writes_a_report_or_prints_its_data(told: Told, tmp_path: Path) -> None:
    def run(*options: str) -> Any:
        return CliRunner().invoke(app, ["report", str(told("silo")), *options])

    done = run("--to", str(tmp_path / "out"), "--language", "fr", "--json")
    assert done.exit_code == 0, done.output
    (sentence,) = json.loads(done.stdout)["answer"]["fr"]
    assert sentence.startswith("Finance reste dans l\u2019entre-soi\u00a0: 100\u202f% de ses liens sont internes")
    assert json.loads(run("--data").stdout)["answer"][0]["rule"] == "silo"
    assert run("--since", "May", "--to", str(tmp_path / "out")).exit_code == 1


@pytest.mark.parametrize(
    ("members", "shown"), [(None, "\N{EN DASH}"), (0, "0"), (4, "hidden to protect a small group"), (5, "5")]
)
def test_a_community_of_few_has_no_size(members: int | None, shown: str) -> None:
    paper: Any = SimpleNamespace(words=Words("en"), figures=SimpleNamespace(k=5))
    assert size(paper, members) == shown


def test_every_reason_has_its_words() -> None:
    for reason in (*NEEDS.values(), REASON, "nothing_to_measure"):
        for language in LANGUAGES:
            assert f"report.reason.{reason}" in catalogue(language)


def test_every_rule_of_the_answer_has_its_words() -> None:
    for language in LANGUAGES:
        for rule in answer_rules():
            assert f"report.answer.{rule['name']}" in catalogue(language)
            assert f"report.link.{rule['section']}" in catalogue(language)
