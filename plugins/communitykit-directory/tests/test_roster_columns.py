"""Which column says what, what is passed over, and in which order days are written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from communitykit import pull, read_archive
from communitykit.store import Store
from communitykit_directory.archive.headings import recognise

People = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("days", "order", "told"),
    [
        (["03/04/2020", "25/12/2020"], "auto", ["2020-04-03", "2020-12-25"]),
        (["03/04/2020", "12/25/2020"], "auto", ["2020-03-04", "2020-12-25"]),
        (["03/04/2020", "01/02/2020"], "auto", [None, None]),
        (["03/04/2020", "01/02/2020"], "mdy", ["2020-03-04", "2020-01-02"]),
        (["03.04.2020", "4/4/21"], "auto", ["2020-04-03", "2021-04-04"]),
        (["20200403", "2020-04-03T00:00:00"], "auto", ["2020-04-03", "2020-04-03"]),
    ],
)
def test_a_column_of_days_says_itself_what_comes_first(
    people: People, days: list[str], order: str, told: list[str | None]
) -> None:
    rows = "".join(f"{number},x{number}@corp.example,{day}\n" for number, day in enumerate(days, 1))
    found = people({"hr.csv": f"Employee ID,Mail,Start date\n{rows}"}, dates=order)
    assert [found[str(number)].extra.get("start_date") for number in (1, 2)] == told
    unsure = [f"hr.csv:{line}: start_date: day or month may come first, so it was left out" for line in (2, 3)]
    assert [one.detail for one in found["issues"]] == (unsure if told == [None, None] else [])
    assert ("2 days of start_date in hr.csv" in found["gaps"] and "dates=dmy" in found["gaps"]) == (
        told == [None, None]
    )


def test_the_columns_of_days_of_a_file_say_together_what_comes_first(people: People) -> None:
    head = "Employee ID,Mail,Start date,Last working day,Date of birth\n"
    found = people({"hr.csv": f"{head}1,a@corp.example,15/10/2021,03/04/2022,\n2,b@corp.example,01/02/2020,,\n"})
    assert (found["1"].extra["end_date"], found["2"].extra["start_date"]) == ("2022-04-03", "2020-02-01")
    assert not found["gaps"]
    found = people({"hr.csv": f"{head}1,a@corp.example,03/04/2022,,12/31/1980\n"})  # a column that is passed over
    assert (found["1"].extra["start_date"], found["gaps"]) == ("2022-03-04", "")
    found = people({"hr.csv": f"{head}1,a@corp.example,03/04/2022,15/10/2022,12/31/1980\n"})  # they contradict
    assert "1 day of start_date" in found["gaps"]
    assert found["1"].extra["end_date"] == "2022-10-15"


def test_a_cell_that_is_odd_keeps_no_whole_roster_from_telling_who_left(tmp_path: Path) -> None:
    for name, body in (
        ("hr-2026-01-01.csv", "1,?ukasz,a@corp.example,\n2,Bo,b@corp.example,\n"),
        ("hr-2026-02-01.csv", "1,?ukasz,a@corp.example,03/04/2020\n"),
    ):
        (tmp_path / name).write_text(f"Employee ID,Name,Mail,Start date\n{body}")
        with read_archive("directory", tmp_path / name, whole=True) as archive:
            result = pull([archive], tmp_path / "a.duckdb")
    gaps = " ".join(one.reason or "" for one in result.coverage)
    assert "1 day of start_date" in gaps
    assert "1 cell of hr-2026-02-01.csv with ? in place of a letter" in gaps
    with Store(tmp_path / "a.duckdb") as store:
        rows = store.sql("SELECT active FROM members ORDER BY id").to_pylist()
    assert [row["active"] for row in rows] == [True, False]


@pytest.mark.parametrize("heading", [
    "Adresse e-mail professionnelle", "E-mail pro", "Courriel professionnel", "Adresse de messagerie",
    "Work email address", "Gesch\u00e4ftliche E-Mail-Adresse", "E-Mail-Adresse (gesch\u00e4ftlich)", "workEmailAddress",
    "Adresse mail de l'entreprise", "Dienst-E-Mail", "Email Address - Work", "Courrier \u00e9lectronique pro",
])  # fmt: skip
def test_an_address_is_known_by_the_words_of_its_heading(people: People, heading: str) -> None:
    found = people({"hr.csv": f"Matricule;{heading};E-mail (priv\u00e9);Adresse e-mail du N+1\n"
                              "1;a@corp.example;a@home.example;b@corp.example\n2;b@corp.example;;\n"})  # fmt: skip
    assert (found["1"].email, found["1"].extra["addresses"]) == ("a@corp.example", [])
    assert found["1"].manager_id == found["2"].id


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Matricule RH", "employee_number"), ("Identifiant salari\u00e9", "employee_number"),
        ("Num\u00e9ro N+1", "manager_number"), ("Matricule du responsable hi\u00e9rarchique", "manager_number"),
        ("Autre adresse e-mail", "addresses"), ("Private E-Mail-Adresse", None), ("Adresse e-mail personnelle", None),
        ("National ID", None), ("Personal ID", None), ("Num\u00e9ro de s\u00e9curit\u00e9 sociale", None),
        ("Adresse postale", None), ("Email verified", None), ("Company ID", None), ("N\u00b0 t\u00e9l.", None),
    ],
)  # fmt: skip
def test_what_other_headings_mean(heading: str, field: str | None) -> None:
    assert recognise([heading], {}).get(heading) == field


def test_an_import_names_the_columns_that_it_passed_over_and_warns_where_nobody_can_be_joined(tmp_path: Path) -> None:
    def read(text: str) -> tuple[list[str], str]:
        (tmp_path / "hr-2026-06-01.csv").write_text(text)
        with read_archive("directory", tmp_path / "hr-2026-06-01.csv") as archive:
            gaps = [one.reason or "" for one in archive.records() if one.record == "coverage"]
            return archive.found, " ".join(gaps).strip()

    found, gaps = read("Matricule,Nom,Mail,Salaire,T\u00e9l\n1,Ada,a@corp.example,9,8\n2,Bo,b@corp.example,,\n")
    assert found == ['Roster as of 2026-06-01, with 2 people; passed over: "Salaire", "T\u00e9l"']
    assert not gaps
    found, gaps = read("Matricule,Nom\n1,Ada\n")
    assert "no column of addresses" in found[0]
    assert not gaps
    found, gaps = read("Nom,Service,Contact\nAda,Art,a@corp.example\n")
    assert 'no account can be anybody\'s; passed over: "Contact"' in gaps


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("1,Ada,ada@corp.example,\n1,Bob,bob@corp.example,\n", ("no_id", "3: the number is another's in hr.csv:2")),
        ("1,Ada,not an address,\n2,Bob,bob@corp.example,\n", ("no_address", "2: the address is none")),
        ("1,Ada,ada@corp.example,,Secret\n", ("malformed", "2: more cells than there are columns")),
        ("1,Ada,ada@corp.example,\n2,Bob,bob@corp.example", ("malformed", "3: the last row was cut")),
        ('1,Ada,ada@corp.example,\n2,Bob,"bob@corp', ("malformed", "3: the last row was cut")),
        ("1,Ada,ada@corp.example,03/04/2020\n", ("no_date", "2: start_date: day or month may come first")),
    ],
)
def test_what_of_a_row_cannot_be_read_is_an_issue_with_its_line(
    people: People, rows: str, told: tuple[str, str]
) -> None:
    found = people({"hr.csv": f"Employee ID,Name,Mail,Start date\n{rows}"})
    (issue,) = found["issues"]
    assert (issue.reason, issue.detail.startswith(f"hr.csv:{told[1]}")) == (told[0], True)
    assert not any(word in repr(issue) for word in ("Ada", "Bob", "address,", "corp", "Secret", "03/04"))
    assert found["1"].display_name == "Ada"


def test_bars_are_delimiters_and_numbers_that_became_decimals_are_numbers(people: People) -> None:
    found = people({"hr.csv": "Employee ID|Mail|Manager ID\n1001.0|a@corp.example|\n1002|b@corp.example|1001.0\n"})
    assert (found["1001"].employee_number, found["1002"].manager_id) == ("1001", found["1001"].id)
