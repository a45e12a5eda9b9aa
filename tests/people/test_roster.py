"""How a roster and accounts come together: what is told where they do not, and zeros that a spreadsheet took."""

import json
from pathlib import Path
from typing import Any

import pytest
from companies import AT, SOURCE, Company, member
from typer.testing import CliRunner

from communitykit import Community, Member, Post
from communitykit.analysis import analyse
from communitykit.analysis import open as open_tables
from communitykit.cli.app import app
from communitykit.cli.commands import run  # noqa: F401 # registers the commands
from communitykit.report import make_report
from communitykit.store.writer import Group, Writer

FEW, MANY = 4, 12


def staff(count: int, *, number: str = "R{}", mail: bool = True) -> list[Any]:
    told: list[dict[str, Any]] = [{"employee_number": number.format(one)} for one in range(count)]
    for one in range(count) if mail else ():
        told[one]["email"] = f"p{one}@corp.example"
    return [member(f"directory:{one}", **fields) for one, fields in enumerate(told)]


def accounts(count: int, **fields: Any) -> list[Any]:
    return [
        member(f"teams:{one}", email=f"p{one}@corp.example", **{key: text.format(one) for key, text in fields.items()})
        for one in range(count)
    ]


@pytest.mark.slow
def test_numbers_that_are_not_those_of_the_platform_are_told(company: Any, tmp_path: Path) -> None:
    found: Company = company(*staff(MANY), *accounts(MANY, employee_number="E{}")).resolve()
    told = found.resolution
    assert (told.people, told.only_in_roster, told.refusals) == (2 * MANY, MANY, {"different_number": MANY})
    assert told.summary == "24 people: 12 with an account (12 accounts), 12 only in the roster."
    alone, refused = told.remarks
    assert "12 of the 12 people in the roster have no account" in alone
    assert "12 joins were refused because employee numbers differ" in refused
    typed = CliRunner().invoke(app, ["people", str(found.path), "--json"])
    assert json.loads(typed.stdout)["remarks"] == [alone, refused]
    assert refused in CliRunner().invoke(app, ["people", str(found.path)]).output
    assert {alone, refused} <= set(analyse(found.path, tmp_path / "tables.duckdb").missing)


@pytest.mark.parametrize(
    ("rows", "with_one", "remarks"),
    [(MANY, MANY, 0), (MANY, MANY // 2, 0), (MANY, MANY // 2 - 1, 1), (FEW, 0, 0), (MANY, 1, 1), (MANY, 0, 0)],
)
def test_a_roster_is_told_to_be_alone_where_most_of_it_is(company: Any, rows: int, with_one: int, remarks: int) -> None:
    told = company(*staff(rows), *accounts(with_one)).resolve().resolution
    assert (told.only_in_roster, len(told.remarks)) == (rows - with_one, remarks)
    if rows == with_one:
        assert told.summary == f"{rows} accounts and {rows} rows of the roster are {rows} people."


@pytest.mark.parametrize(
    ("first", "mails"),
    [
        ("00123", ("ann@corp.example", "bob@corp.example")),
        ("00123", ("ann@corp.example", None)),
        ("00123", ("team@corp.example", "team@corp.example")),  # a desk's
        ("99123", ("ann@corp.example", "ann@corp.example")),
        ("00123", ("ann@corp.example", "ann@corp.example")),
    ],
)
def test_zeros_in_front_count_less_where_an_address_agrees(
    company: Any, first: str, mails: tuple[str, str | None]
) -> None:
    found: Company = company(
        member("directory:" + first, employee_number=first, email=mails[0]),
        member("directory:123", employee_number="123", email=mails[1]),
    ).resolve()
    assert len(found.who()) == (first == "00123" and mails == ("ann@corp.example", "ann@corp.example"))


@pytest.mark.slow
def test_the_report_tells_what_was_not_joined(company: Any, tmp_path: Path) -> None:
    found: Company = company(*staff(MANY), *accounts(MANY, employee_number="E{}")).resolve()
    room = Community(id="teams:N:community:1", name="Room", source=SOURCE)
    post = Post(id="teams:N:post:1", community_id=room.id, author_id="teams:N:member:1", created_at=AT, body="a",
                text="a", source=SOURCE)  # fmt: skip
    writer = Writer(found.path)
    writer.commit(Group(records=[room, post]), run_id="r", now=AT)
    writer.release()
    pages = make_report(found.path, tmp_path / "report", languages=["en", "fr"]).pages
    assert "12 accounts and rows of the roster were not joined because their employee numbers differ" in (
        pages["en"].read_text()
    )
    assert "Sur les 12 personnes de la liste du personnel, 12" in pages["fr"].read_text()


@pytest.mark.parametrize("resolved", [True, False])
def test_a_manager_whom_the_roster_does_not_list_is_in_no_figure(
    company: Any, tmp_path: Path, *, resolved: bool
) -> None:
    bosses = {"1": None, "2": "1", "3": "99", "4": "3", "5": "5", "6": "5"}
    told = [
        member(f"directory:{one}", employee_number=one, manager_id=f"directory:N:member:{boss}" if boss else None)
        for one, boss in bosses.items()
    ]
    found: Company = company(*told, Member(id="directory:N:member:99", source=SOURCE))
    if resolved:
        found.resolve()
    analyse(found.path, tmp_path / "analysis.duckdb", key=b"k" * 32)
    with open_tables(tmp_path / "analysis.duckdb") as made:
        query = "SELECT depth, in_roster, is_eligible, active, count(*) FROM people GROUP BY ALL ORDER BY 1 NULLS LAST"
        counted = made.connection().execute(query).fetchall()
    in_roster = True if resolved else None
    assert counted == [(0, in_roster, True, True, 1), (1, in_roster, True, True, 1), (None, in_roster, True, True, 4)]
