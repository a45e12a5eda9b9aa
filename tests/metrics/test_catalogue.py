"""Definitions are held to their rules: the library's, and anybody's."""

import re
from pathlib import Path

import pytest

from communitykit.errors import SettingsError
from communitykit.metrics import catalogue, find, read_definition
from communitykit.metrics.catalogue import LANGUAGES

HEAD = {
    "title": "Posts",
    "title.fr": "Messages",
    "question": "How many?",
    "question.fr": "Combien ?",
    "unit": "count",
    "population": "threads",
    "definition": "Threads.",
    "definition.fr": "Fils.",
    "source": "ours",
    "dimensions": "period, platform",
    "rests_on": "posts",
    "silence": "None.",
    "silence.fr": "Aucun.",
}
SQL = """SELECT by_when(d), by_what(t), count(*) AS value, count(*) AS numerator, 1 AS denominator,
    count(DISTINCT t.person_id) AS persons FROM threads AS t JOIN days AS d ON d.day = t.day
    GROUP BY by_when(d), by_what(t)"""


def written(sql: str = SQL, **head: str) -> str:
    told = {**HEAD, **{key.replace("_fr", ".fr"): value for key, value in head.items()}}
    return "".join(f"-- {key}: {value}\n" for key, value in told.items() if value) + sql


@pytest.mark.parametrize("name", list(catalogue()))
def test_every_definition_is_told_in_every_language(name: str) -> None:
    one = find(name)
    for texts in (one.title, one.question, one.definition, one.silence):
        assert set(texts) == set(LANGUAGES)
        assert texts["en"] != texts["fr"]
        assert not re.search(r"[^ \u00a0][:;?!](?: |$)", texts["fr"]), "French has a blank before : ; ? !"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (written(unit=""), "lacks unit"),
        (written(colour="red"), "unknown colour"),
        (written(unit="apples"), "apples"),
        (written(dimensions="platform"), "lack period"),
        (written(dimensions="period, shoe_size"), "shoe_size"),
        (written(needs="weather"), "weather"),
        (written(parameters="days = 3"), "never uses its parameter days"),
        (written(parameters="days"), "not `name = value`"),
        (written(trailing="$days"), "nor a parameter"),
        (written(SQL.replace("count(*) AS numerator", "$days AS numerator")), "$days"),
        (written(SQL.replace(" AS persons", " AS people")), "gives no persons"),
        (written(SQL, variants="one, two"), "gives no variant"),
        (written("SELEC 1"), "no"),
        (written("DROP TABLE threads"), "not one SELECT"),
        (written(SQL.replace("count(*) AS value", "date_diff('day', t.day, t.day) AS value")), "DATE"),
        (written(SQL.replace("count(*) AS value", "epoch(t.at_us) AS value")), "EPOCH"),
        (written(SQL.replace("count(*) AS value", "median(t.length) AS value")), "quantile"),
        (written(SQL.replace("count(*) AS value", "list(t.length) AS value")), "uses (a list|the function LIST),"),
        (written(SQL.replace("count(*) AS value", "[1, 2] AS value")), "list"),
        (written(SQL.replace("count(*) AS value", "max(current_date) AS value")), "time function"),
        (written(SQL.replace("count(*) AS value", "max(year(t.day)) AS value")), "time function"),
        (written(SQL.replace("count(*) AS value", "random() AS value")), "RAND"),
        (written(SQL.replace("count(*) AS value", "sum(t.length // 2) AS value")), "whole-number division"),
        (written(SQL + " LIMIT 3"), "limit"),
        (written("SELECT * FROM threads"), "every column"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_and_said(text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said.replace("$", r"\$")):
        read_definition("mine", text)


def test_a_folder_of_ones_own_is_under_the_same_rules(tmp_path: Path) -> None:
    (tmp_path / "threads_opened.sql").write_text(written(), encoding="utf-8")
    assert find("threads_opened", tmp_path).title["fr"] == "Messages"
    assert "threads_opened" not in catalogue()
    (tmp_path / "gini.sql").write_text(written("SELEC"), encoding="utf-8")
    (tmp_path / "response_rate.sql").write_text(written(), encoding="utf-8")
    with pytest.raises(SettingsError):
        catalogue(tmp_path)
    with pytest.raises(SettingsError, match="no folder"):
        catalogue(tmp_path / "nowhere")


def test_one_that_is_wrong_stands_in_the_way_of_no_other(tmp_path: Path) -> None:
    (tmp_path / "good.sql").write_text(written(), encoding="utf-8")
    (tmp_path / "bad.sql").write_text(written("SELEC"), encoding="utf-8")
    assert find("good", tmp_path).title["en"] == "Posts"
    assert find("gini", tmp_path) == find("gini")
    with pytest.raises(SettingsError, match="bad"):
        find("bad", tmp_path)


def test_ones_own_need_no_french_and_all_that_is_wrong_is_said_at_once() -> None:
    texts = ("title", "question", "definition", "silence")
    mine = read_definition("mine", written(**{f"{one}_fr": "" for one in texts}))
    assert mine.title == {"en": "Posts", "fr": "Posts"}
    with pytest.raises(SettingsError, match=r"its unit 'apples'.*members.*its rests_on 'weather'.*posts"):
        read_definition("mine", written(unit="apples", population="pears", rests_on="weather"))


def test_a_name_of_the_librarys_is_taken(tmp_path: Path) -> None:
    (tmp_path / "response_rate.sql").write_text(written(), encoding="utf-8")
    with pytest.raises(SettingsError, match="Rename"):
        catalogue(tmp_path)


def test_a_name_that_is_none_is_answered_with_those_there_are() -> None:
    with pytest.raises(SettingsError, match="Did you mean response_rate"):
        find("respons_rate")
    with pytest.raises(SettingsError, match="Did you mean active_members"):
        find("members")
    with pytest.raises(
        SettingsError, match=rf"'weather'. `communitykit metrics list`, or .* has all {len(catalogue())}"
    ):
        find("weather")
