"""What stands in a page beside its figures: what was not read, titles, orders, and commands that run as typed."""

import json
import re
import shlex
from collections.abc import Callable
from datetime import date
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from half_year import NOW, World  # beside this file
from typer.testing import CliRunner

from communitykit import from_records, pull
from communitykit.cli import commands as _all  # noqa: F401 # registers every command
from communitykit.cli.app import app
from communitykit.metrics import catalogue
from communitykit.people import Leaders, Options, resolve
from communitykit.report import Figure, Figures, make_report
from communitykit.report.groups import _file as file_name
from communitykit.report.making import opened
from communitykit.report.page import Paper, formula
from communitykit.report.sections import _crossing as crossing
from communitykit.report.sections import course_chart, filled, unread
from communitykit.report.words import Words, collated
from communitykit.sandbox.chronicle import Chronicle
from communitykit.sandbox.stories import tell_story

Kept = Callable[[Chronicle], Path]


@pytest.mark.parametrize(
    ("language", "policy", "line"),
    [
        ("en", "Private and direct talk was not asked for", "teams: 1 of 3 parts were read whole; not whole: "),
        (
            "fr",
            "Les échanges privés et les messages directs n\u2019ont pas été demandés",
            "teams\u00a0: 1 partie sur 3 lue",
        ),
    ],
)
def test_what_nobody_asked_for_is_said_once_and_reasons_are_in_words(language: str, policy: str, line: str) -> None:
    connection = duckdb.connect()
    connection.execute("""CREATE TABLE coverage AS SELECT * FROM (VALUES ('yammer', 'skipped', 'not_asked_for'),
        ('teams', 'complete', NULL), ('teams', 'denied', 'no_permission'), ('teams', 'skipped', 'left_out'))
        AS v(platform, status, reason)""")
    connection.execute("CREATE TABLE acts (at_is_inferred BOOLEAN)")
    record = SimpleNamespace(connection=connection, platforms=("teams", "yammer"))
    figures: Any = SimpleNamespace(record=record, about={}, all=list)
    told = unread(Paper(Words(language), figures, {}, "activity.duckdb"))
    assert [text.startswith(policy) for text in told["texts"]] == [True]
    teams, yammer = told["points"]
    assert teams.startswith(line)
    assert yammer == Words(language).say("report.section.unread.complete", platform="yammer", n=1)
    assert "left_out" not in teams


def test_the_glossary_shows_values_where_parameters_stand_and_no_english_in_french() -> None:
    french = Words("fr")
    for one in catalogue().values():
        for silence in (False, True):
            text = formula(one, french, {name: {value} for name, value in one.parameters.items()}, silence=silence)
            named = {*one.parameters, *one.variants} - {"observer"}  # a verb of French, too
            assert not named & set(re.findall(r"\w+", text)), one.name
            assert "$" not in text
    quiet = formula(catalogue()["dormant_communities"], french, {"quiet_days": {90, 21, 30}})
    assert "pendant les 21, 30 ou 90 derniers jours" in quiet


def test_french_is_sorted_as_the_french_sort_it() -> None:
    assert sorted(["Israël", "États-Unis", "Allemagne", "Émirats arabes unis"], key=collated) == [
        "Allemagne", "Émirats arabes unis", "États-Unis", "Israël",
    ]  # fmt: skip
    assert file_name("department", "Ingénierie & Qualité", set()) == "department-ingenierie-qualite"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ((0.5, 0.7), "Membres actifs\u00a0: de 50\u202f% en mai 2026 à 70\u202f% en juin 2026."),
        ((0.5, 0.7, 0.5), "Membres actifs\u00a0: 50\u202f% en mai 2026 comme en juillet 2026."),
        ((1.0, 1.0), "Membres actifs\u00a0: stable à 100\u202f%, de mai 2026 à juin 2026."),
    ],
)
def test_a_course_that_ends_where_it_began_is_no_change(values: tuple[float, ...], sentence: str) -> None:
    figures = [
        Figure("active_members", None, None, date(2026, 5 + at, 1), date(2026, 6 + at, 1), {}, value, None, None, 9,
               False, None, "complete", None, "slack")
        for at, value in enumerate(values)
    ]  # fmt: skip
    asked: Any = SimpleNamespace(k=5)
    chart = course_chart(Paper(Words("fr"), asked, {}, "activity.duckdb"), figures)
    assert chart is not None
    assert chart["sentence"] == sentence


@pytest.mark.slow
def test_the_commands_under_a_figure_run_as_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = tmp_path / "our activity.duckdb"
    pull(from_records(tell_story("silo").records), to=store)
    resolve(store, Options(leaders=Leaders(titles="^(head|lead)")))
    made = make_report(store, tmp_path / "report", zone="Europe/Paris")
    page = unescape(made.pages["en"].read_text(encoding="utf-8"))
    titles = re.findall(r'<div class="tile"><h3>(.*?)</h3>', page)
    assert len(set(titles)) == len(titles)
    assert "below what chance would give" in page
    command = re.findall(r"<dt>To measure it again</dt><dd>(.*?)</dd>", page)[0]
    monkeypatch.chdir(tmp_path)
    analyse, run = (shlex.split(one) for one in command.split(" && "))
    assert analyse[0] == run[0] == "communitykit"
    assert CliRunner().invoke(app, analyse[1:]).exit_code == 0
    done = CliRunner().invoke(app, [*run[1:], "--json"])
    assert done.exit_code == 0, done.output
    measured = {one["variant"]: one["value"] for one in json.loads(done.stdout)["figures"]}
    figures = json.loads(made.data.read_text(encoding="utf-8"))["figures"]
    mine = [one for one in figures if one["metric"] == run[3] and one["since"] == run[run.index("--since") + 1]]
    whole = {one["variant"]: one["value"] for one in mine if not one["groups"] and not one["period"]}
    variant = run[run.index("--variant") + 1]  # the one of the tile, and no other
    assert measured == {variant: whole[variant]}


def test_a_country_is_named_in_the_language_of_the_page() -> None:
    told = ("DE", "germany", "Deutschland", "United States", "FR", "419")
    assert [Words("fr").country(one) for one in told] == [
        "Allemagne", "Allemagne", "Deutschland", "États-Unis", "France", "419",
    ]  # fmt: skip
    assert [Words("en").country(one) for one in told[:3]] == ["Germany", "Germany", "Deutschland"]


def test_small_departments_have_words_in_the_square_of_departments_too() -> None:
    def figure(row: str, column: str) -> Figure:
        return Figure("ties_between", column, None, date(2026, 5, 1), date(2026, 6, 1), {"department": row}, 0.5, 10.0,
                      20.0, 20, False, None, "complete", None, "slack")  # fmt: skip

    told = [figure(row, column) for row in ("(other)", "Vente", "Achats") for column in ("(other)", "Vente", "Achats")]
    names = json.dumps([*(f"Équipe {number:02}" for number in range(15)), None])
    asked: Any = SimpleNamespace(
        k=5,
        ask=lambda _metric, by: told if by == ["department"] else [],
        about={"other_department": names},
        record=SimpleNamespace(connection=None),
    )
    (made,) = crossing(Paper(Words("fr"), asked, {}, "activity.duckdb"))
    assert made["table"]["columns"] == ["service", "Achats", "Vente", "groupes réunis"]
    assert [row[0] for row in made["table"]["rows"]] == ["Achats", "Vente", "groupes réunis"]
    assert "(other)" not in made["svg"]
    assert "groupes réunis" in made["svg"]
    line = "Groupes réunis pour qu\u2019aucun petit groupe n\u2019apparaisse\u00a0: Équipe 00, Équipe 01, "
    assert line in made["sentence"]
    assert made["sentence"].endswith(", 1 autre et les collègues dont le service n\u2019est pas connu.")
    asked.about = {}  # tables that were made before this was told
    (earlier,) = crossing(Paper(Words("fr"), asked, {}, "activity.duckdb"))
    assert "apparaisse" not in earlier["sentence"]


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "Groups put together so that no small one is told: Sales and colleagues of whom no department is told."),
        ("fr", "n\u2019apparaisse\u00a0: Sales et les collègues dont le service n\u2019est pas connu."),
    ],
)
def test_who_joins_the_one_without_a_department_is_named_beside_the_chart(keep: Kept, language: str, line: str) -> None:
    world = World(as_of=NOW)
    for number in range(6):
        world.sales.append(world.person(f"Sales {number + 4}", "Sales"))
    for number in range(12):
        world.person(f"Desk {number}", "Desk")
    for number in range(13):
        world.lab.append(world.person(f"Lab {number + 4}", "Lab"))
    world.person("Nobody's", None)
    path = keep(world)
    with opened(path) as (analysis, _):
        sections = {one["id"]: one for one in filled(Paper(Words(language), Figures(analysis), {}, path.name))}
    title = Words(language).say("report.dimension.department")
    charts = [one for one in sections["adoption"]["charts"] if title in one["title"]]
    assert charts
    assert all(one["sentence"].endswith(line) for one in charts)
