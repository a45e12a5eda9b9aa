"""What stands in a roster and is nobody: an Issue with its line, never a person and never left out unsaid."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from communitykit import pull, read_archive
from communitykit.store import Store

People = Callable[..., dict[str, Any]]

FOOTER = ["Stand: 29.11.2026", "Summe 2", "Total", "29.11.2026"]


@pytest.mark.parametrize("footer", FOOTER)
@pytest.mark.parametrize("gap", [0, 1])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_stands_below_the_people_is_nobody_and_that_is_said(
    people: People, footer: str, gap: int, form: str
) -> None:
    rows = [["Personalnummer", "Name", "E-Mail"], ["A-01", "Ann", "ann@corp.example"], ["2", "", ""]]
    rows += [["", "", ""]] * gap + [[footer, "", ""]]
    book, body = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append([cell or None for cell in row])
    book.save(body)
    text = "\n".join(";".join(row) for row in rows)
    found = people({f"hr.{form}": text if form == "csv" else body.getvalue()})
    assert {key for key in found if key not in {"issues", "gaps"}} == {"A-01", "2"}
    (issue,) = found["issues"]
    assert issue.reason == "no_person"
    assert issue.detail.split(":")[1] == str(4 + gap)


def test_a_row_of_which_nothing_is_read_is_said(people: People) -> None:
    found = people({"hr.csv": "Staff No,Name,Salary,Bonus\n1,Ann,100,1\n,,100,1\n"})
    assert [(one.reason, one.detail.split(":")[1]) for one in found["issues"]] == [("no_person", "3")]


def test_a_roster_that_ends_with_its_day_is_walked_whole_from_its_second_import_on(tmp_path: Path) -> None:
    store = tmp_path / "a.duckdb"
    for day, rows in (("01", "1,a@b.example\n2,c@d.example\n"), ("02", "1,a@b.example\n")):
        roster = tmp_path / f"hr-2026-{day}-01.csv"
        roster.write_text(f"Employee ID,Mail\n{rows}Stand: 2026-{day}-01,\n")
        with read_archive("directory", roster, whole=True) as archive:
            pull([archive], store)
    with Store(store) as opened:
        assert opened.sql("SELECT count(*) AS n FROM members WHERE active").to_pylist() == [{"n": 1}]


@pytest.mark.parametrize(
    ("number", "words"), [(2, "0.txt is no roster of a known kind"), (9, "9 files are no rosters")]
)
def test_files_that_are_no_rosters_are_named_and_many_are_counted(people: People, number: int, words: str) -> None:
    found = people({"hr.csv": "Staff No,Name\n1,Ann\n", **{f"{one}.txt": "hello" for one in range(number)}})
    assert words in found["gaps"]
    assert ("0.txt, 1.txt, 2.txt and 6 more" in found["gaps"]) is (number == 9)
