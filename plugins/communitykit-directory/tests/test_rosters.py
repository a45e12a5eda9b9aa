"""Files of HR systems and directories become members: every form, and what spreadsheets do to them."""

import base64
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from communitykit import ArchiveError, SettingsError, pull, read_archive
from communitykit.people import resolve
from communitykit.store import Store

People = Callable[..., dict[str, Any]]
GUID = "11111111-1111-4111-8111-111111111111"
ENGLISH = """Employee ID,First name,Last name,Work e-mail,Private e-mail,Department,Division,Office location,Country,\
Manager ID,Job title,Hire date,Termination date,Is Manager,Salary
1,Ada,Lovelace,Ada@corp.example,ada@home.example,R&D,Tech,London,GB,,Head,2020-01-31,,yes,1
2,Bob,Berg,bob@corp.example,,R&D,Tech,London,GB,1,Engineer,2021-02-01,,no,2
3,Eve,Ek,eve@corp.example,,R&D,Tech,London,GB,1,Engineer,2021-02-01,2022-03-31,no,3
"""


def test_a_table_in_english(people: People) -> None:
    found = people({"hr-2026-11-01.csv": ENGLISH})
    ada, bob, eve = (found[number] for number in "123")
    told = (
        "display_name",
        "email",
        "department",
        "division",
        "location",
        "country",
        "job_title",
        "manager_id",
        "active",
    )
    assert [getattr(bob, name) for name in told] == [
        "Bob Berg", "bob@corp.example", "R&D", "Tech", "London", "GB", "Engineer", ada.id, True,
    ]  # fmt: skip
    assert bob.employee_number == "2"
    assert ada.extra == {"addresses": [], "start_date": "2020-01-31", "end_date": None, "leader": True}
    assert (ada.manager_id, eve.active, eve.deactivated_at) == (None, False, datetime(2022, 3, 31, tzinfo=UTC))
    assert ada.source.as_of == datetime(2026, 11, 1, tzinfo=UTC)
    assert not found["issues"]
    assert not found["gaps"]  # the private address and the salary are passed over, and counted


GERMAN = (
    "Personal-Nr.;Name, Vorname;E-Mail-Adresse;Abteilung;Standort;Land;Vorgesetzter;Eintrittsdatum;Status;Vertragsart"
)
FRENCH = (
    "N° matricule\tNom\tPrénom\tAdresse e-mail\tService\tDirection\tVille\tPays\tMatricule N+1\tDate d'entrée\tStatut"
)


def test_tables_in_german_and_french_in_the_encodings_and_delimiters_of_their_spreadsheets(people: People) -> None:
    german = f'{GERMAN}\n00042;"Müller, Zoë";zoe@corp.example;Einkauf;Köln;DE;;01.04.2019;aktiv;Festanstellung\n'
    german += "00043;Öz;oez@corp.example;Einkauf;Köln;DE;zoe@corp.example;13.5.2020;ausgeschieden;Leiharbeiter\n"
    french = f"{FRENCH}\n7\tBénard\tÉloïse\teloise@corp.example\tAchats\tFinance\tLyon\tFR\t8\t31/12/2018\tActif\n"
    french += "8\tRoux\tGuy\tguy@corp.example\tAchats\tFinance\tLyon\tFR\t\t01/02/2017\tSorti\n"
    found = people({"a.csv": german.encode("cp1252"), "b.txt": french.encode("utf-16")})
    assert not found["issues"]
    zoe, oez, eloise, guy = (found[number] for number in ("00042", "00043", "7", "8"))
    assert (zoe.display_name, zoe.location, zoe.extra["start_date"]) == ("Müller, Zoë", "Köln", "2019-04-01")
    assert (oez.manager_id, oez.active, oez.external, zoe.external) == (zoe.id, False, True, False)
    assert (eloise.display_name, eloise.department, eloise.manager_id) == ("Éloïse Bénard", "Achats", guy.id)
    assert (guy.extra["start_date"], guy.active) == ("2017-02-01", False)


def test_what_excel_does(people: People) -> None:
    """Titles above the headings, numbers that became decimals, days as serial numbers, sheets beside."""
    book = Workbook()
    sheet = book.active
    sheet.append(["Employees of Example Ltd"])
    sheet.append(["as of", datetime(2026, 11, 1)])  # noqa: DTZ001 # what a cell holds
    for line in (
        ["Personnel number", "Full name", "E-mail", "Manager number", "Start date"],
        [1001.0, "Ada", "ada@corp.example", None, datetime(2020, 1, 31)],  # noqa: DTZ001
        [1002, "Bob", "bob@corp.example", 1001.0, 44198],
        ["'0003", "Eve", "#N/A", "1001", "31/01/2021"],
        [None, None, None, None, None],
    ):
        sheet.append(line)
    book.create_sheet("Notes").append(["nothing", "here"])
    body = io.BytesIO()
    book.save(body)
    found = people({"hr.xlsx": body.getvalue()})
    assert {number: found[number].extra["start_date"] for number in ("1001", "1002", "0003")} == {
        "1001": "2020-01-31", "1002": "2021-01-02", "0003": "2021-01-31",
    }  # fmt: skip
    assert found["1002"].manager_id == found["0003"].manager_id == found["1001"].id
    assert found["0003"].email is None


def test_titles_above_a_csv_and_formulas_in_it(people: People) -> None:
    text = 'sep=;\nStaff list, confidential\n\nStaff No;Name;Mail;Manager No\n="007";Ann;ann@corp.example;\n8;Bo;;7\n'
    found = people({"x.csv": text})
    assert (found["007"].display_name, found["8"].manager_id) == ("Ann", found["007"].id)  # Excel took the zeros off


def test_bad_rows_are_issues_with_their_line_and_the_rest_is_read(people: People) -> None:
    text = "Employee ID;Name;Mail;Start date;Status\n1;Ada;ada@corp.example;31.02.2020;active\n;Nobody;;;\n"
    text += '1,2E+05;Big;;;\n2;"Bob\nBerg";bob@corp.example;;perhaps\n3;Eve;eve@corp.example;;\n'
    found = people({"hr.csv": text})
    told = sorted((one.reason, one.detail.split(":")[1], one.native_id) for one in found["issues"])
    assert told == [("no_date", "2", "1"), ("no_id", "3", None), ("no_id", "4", None), ("unknown_status", "5", "2")]
    assert {"1", "2", "3"} <= found.keys()
    assert found["2"].active is True


def test_two_systems_in_one_folder_are_one_roster(people: People) -> None:
    found = people(
        {
            "a.csv": "Employee ID,Name,Mail,Department\n1,Ada,ada@corp.example,R&D\n2,Bob,bob@corp.example,\n",
            "b.csv": "Mail,Aliases,Object ID,Department,Manager Email\n"
            f"BOB@corp.example,b@old.example,{GUID},Art,ada@corp.example\nnew@corp.example,,,Art,nobody@corp.example\n",
            "c.csv": "Employee ID,Country\n1,GB\n",
        }
    )
    bob = found["2"]
    assert (bob.department, bob.directory_id, bob.manager_id) == ("Art", GUID, found["1"].id)
    assert bob.extra["addresses"] == ["b@old.example"]
    assert found["1"].country == "GB"
    new = [one for key, one in found.items() if key.startswith("key-")]
    assert [one.email for one in new] == ["new@corp.example"]
    assert "new" not in new[0].id
    assert "nobody in the roster has the name or address of 1 manager" in found["gaps"]


def test_one_number_that_two_systems_gave_to_two_people_is_told(people: People) -> None:
    found = people(
        {
            "a.csv": "Employee ID,Name,Mail\n1,Ada Lovelace,ada@corp.example\n",
            "b.csv": "Employee ID,Name,Mail\n1,Bob Berg,bob@other.example\n",
        }
    )
    assert found["1"].display_name == "Ada Lovelace"
    assert [one.detail for one in found["issues"]] == ["b.csv:2: the number is another's in a.csv:2"]


def test_of_rows_that_repeat_a_number_the_one_of_who_works_here_counts(people: People) -> None:
    text = "Employee ID,Mail,Job title,Status\n1,a@corp.example,Old,terminated\n1,a@corp.example,New,active\n"
    found = people({"hr.csv": text})
    assert (found["1"].job_title, found["1"].active) == ("New", True)
    assert "1 row of hr.csv with an employee number of another" in found["gaps"]


def test_columns_are_what_the_options_say(people: People) -> None:
    text = "Key,Who,Where,Department\n1,Ada,R&D,Ignored\n"
    found = people({"hr.csv": text}, columns="Key=employee_number, who=name;Where=department,Department=none")
    assert (found["1"].display_name, found["1"].department) == ("Ada", "R&D")
    with pytest.raises(SettingsError, match="there is no field boss"):
        people({}, columns={"Key": "boss"})
    with pytest.raises(ArchiveError, match='no file has a column "Nowhere"'):
        people({}, columns={"Key": "employee_number", "Who": "name", "Nowhere": "site"})
    with pytest.raises(ArchiveError, match="no table of people"):
        people({})


def test_scim(people: People) -> None:
    enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    ada = {
        "id": "a-1", "externalId": GUID, "userName": "ada@corp.example", "active": True, "title": "Head",
        "name": {"formatted": "Ada Lovelace"},
        "emails": [{"value": "ada@home.example", "type": "home"}, {"value": "Ada.L@corp.example", "primary": True}],
        "addresses": [{"type": "work", "locality": "London", "country": "GB"}],
        enterprise: {"employeeNumber": "1", "department": "R&D", "division": "Tech"},
    }  # fmt: skip
    bob = {
        "id": "b-2",
        "userName": "bob",
        "active": False,
        enterprise: {"employeeNumber": "2", "manager": {"value": "a-1"}},
    }
    for body in (json.dumps({"totalResults": 2, "Resources": [ada, bob]}), json.dumps([ada, bob]),
                 f"{json.dumps(ada)}\n{json.dumps(bob)}\n"):  # fmt: skip
        found = people({"users.json": body})
        one, two = found["1"], found["2"]
        assert (one.email, one.directory_id, one.location, one.department) == (
            "ada.l@corp.example",
            GUID,
            "London",
            "R&D",
        )
        assert "ada@corp.example" in one.extra["addresses"]
        assert (two.manager_id, two.active, one.active) == (one.id, False, True)


def test_ldif(people: People) -> None:
    name = base64.b64encode("Zoë Müller".encode()).decode()
    text = f"""version: 1
# exported by hand
dn: CN=Zoe,OU=Staff,DC=corp,DC=example
objectClass: top
objectClass: person
objectClass: user
displayName:: {name}
employeeID: 1
mail: zoe@corp.example
proxyAddresses: SMTP:zoe@corp.example
proxyAddresses: smtp:zoe.mueller@old.example
proxyAddresses: X400:c=DE
department: Research and
  Development
userAccountControl: 512
objectGUID:: {base64.b64encode(bytes(range(128, 144))).decode()}
msDS-ExternalDirectoryObjectId: User_{GUID}

dn: CN=Bob,OU=Staff,DC=corp,DC=example
objectClass: inetOrgPerson
employeeNumber: 2
uid: bob
sn: Berg
manager: cn=zoe,ou=Staff,dc=corp,dc=example
userAccountControl: 514

dn: CN=Printer,DC=corp,DC=example
objectClass: user
objectClass: computer
"""
    found = people({"ad.ldif": text})
    zoe, bob = found["1"], found["2"]
    assert (zoe.display_name, zoe.department, zoe.directory_id) == ("Zoë Müller", "Research and Development", GUID)
    assert zoe.extra["addresses"] == ["zoe.mueller@old.example"]
    assert (bob.manager_id, bob.active, bob.username, bob.email) == (zoe.id, False, "bob", None)
    assert {key for key in found if key not in {"issues", "gaps"}} == {"1", "2"}


def test_what_is_damaged_is_told(people: People) -> None:
    broken = "dn: CN=A,DC=x\nobjectClass: person\nemployeeNumber: 9\n\nno colon here\n"
    found = people({"a.csv": "Employee ID,Mail\n1,a@b.example\n", "b.ldif": broken, "c.png": b"\x89PNG\r\n\x1a\n\0\0"})
    assert {"1", "9"} <= found.keys()
    assert "b.ldif is not readable to its end: line 5" in found["gaps"]
    assert "c.png is no roster of a known kind" in found["gaps"]


@pytest.mark.slow
def test_a_corrected_roster_of_the_same_date_counts_and_one_that_was_corrected_back_too(tmp_path: Path) -> None:
    def read(*rows: str, name: str = "hr-2026-06-01.csv") -> dict[str, Any]:
        (tmp_path / name).write_text("Employee ID,Mail,Job title,Is Manager\n" + "".join(f"{row}\n" for row in rows))
        with read_archive("directory", tmp_path / name, whole=True) as archive:
            pull([archive], tmp_path / "a.duckdb")
        with Store(tmp_path / "a.duckdb") as store:
            return {
                one.employee_number: (one.job_title, one.extra["leader"], one.active) for one in store.records("member")
            }

    assert read("1,a@corp.example,Head,yes") == {"1": ("Head", True, True)}
    assert read("1,a@corp.example,Aide,no", "2,b@corp.example,,no")["1"] == ("Aide", False, True)
    assert read("1,a@corp.example,,yes")["1"] == (None, True, True)
    assert read("2,b@corp.example,,no")["1"] == (None, True, False)  # who is missing in the corrected one has left
    read("2,b@corp.example,Head,yes", name="hr-2026-07-01.csv")
    assert read("2,b@corp.example,Aide,no")["2"] == ("Head", True, True)  # an older date still changes nothing


@pytest.mark.slow
def test_a_later_whole_roster_says_who_has_left_and_an_older_one_nothing(tmp_path: Path) -> None:
    def read(name: str, *numbers: int, whole: bool = True) -> dict[str, bool | None]:
        rows = "".join(f"{number},n{number}@corp.example\n" for number in numbers)
        (tmp_path / name).write_text(f"Employee ID,Mail\n{rows}")
        with read_archive("directory", tmp_path / name, whole=whole) as archive:
            pull([archive], tmp_path / "a.duckdb")
        with Store(tmp_path / "a.duckdb") as store:
            rows_ = store.sql("SELECT employee_number AS n, active FROM members ORDER BY n").to_pylist()
        return {row["n"]: row["active"] for row in rows_}

    assert read("hr-2026-01-01.csv", 1, 2) == {"1": True, "2": True}
    assert read("hr-2026-02-01.csv", 2, 3, whole=False) == {"1": True, "2": True, "3": True}
    assert read("hr-2026-04-01.csv", 2) == {"1": False, "2": True, "3": False}
    assert read("hr-2025-12-01.csv", 1, 3)["1"] is False  # older: it changes nothing
    assert read("hr-2026-05-01.csv", 1, 2)["1"] is True  # back again
    resolve(tmp_path / "a.duckdb")
    with Store(tmp_path / "a.duckdb") as store:
        (row,) = store.sql("SELECT left_on, active, in_roster FROM people WHERE employee_number = '3'").to_pylist()
    assert row == {"left_on": date(2026, 4, 1), "active": False, "in_roster": True}


def test_a_row_that_may_be_somebody_keeps_a_whole_roster_from_being_walked_whole(tmp_path: Path) -> None:
    store = tmp_path / "a.duckdb"
    for name, body in (
        ("hr-2026-01-01.csv", "1,a@b.example\n2,c@d.example\n"),
        ("hr-2026-02-01.csv", "1,a@b.example\n,no\n"),
    ):
        (tmp_path / name).write_text(f"Employee ID,Mail\n{body}")
        with read_archive("directory", tmp_path / name, whole=True) as archive:
            result = pull([archive], store)
    assert [one.reason for one in result.issues] == ["no_id"]
    with Store(store) as opened:
        assert opened.sql("SELECT count(*) AS n FROM members WHERE active").to_pylist() == [{"n": 2}]


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        (
            '1,"Ada,ada@corp.example\n2,Bob,bob@corp.example\n3,"Eve",eve@corp.example\n',
            [2],
        ),  # closed by the next quote
        ('1,"Ada,ada@corp.example\n2,Bob,bob@corp.example\n3,Eve,eve@corp.example\n', [2]),  # and by nothing
        ('1,Ada,ada@corp.example\n2,Bob,bob@corp.example\n3,"Eve,eve@corp.example\n', [4]),  # in the last line
        ('1,"Ada,ada@corp.example\n2,"Bob,bob@corp.example\n3,Eve,eve@corp.example', [2, 3]),
        ('1,"Ada\nAugusta",ada@corp.example\n2,Bob,bob@corp.example\n3,Eve,eve@corp.example', []),  # a good one
    ],
)
def test_a_quote_that_nobody_closes_swallows_no_row(people: People, rows: str, lines: list[int]) -> None:
    found = people({"hr.csv": f"Employee ID,Name,Mail\n{rows}"})
    assert [found[number].email for number in "123"] == ["ada@corp.example", "bob@corp.example", "eve@corp.example"]
    assert found["2"].display_name == "Bob"
    assert [line for line in range(1, 6) if f"a quote in line {line} of hr.csv" in found["gaps"]] == lines


def test_who_left_by_the_last_day_has_left_whatever_the_status_says(people: People) -> None:
    text = "Employee ID,Mail,Status,Start date,End date\n1,a@corp.example,Active,2019-01-01,2020-01-31\n"
    text += "2,b@corp.example,Active,2021-01-01,2020-01-31\n3,c@corp.example,Active,2019-01-01,2099-12-31\n"
    found = people({"hr-2026-11-01.csv": text})
    assert [found[number].active for number in "123"] == [False, True, True]  # the second came back
    assert found["1"].deactivated_at == datetime(2020, 1, 31, tzinfo=UTC)


def test_scim_says_false_in_words_and_what_is_no_user_is_an_issue(people: People) -> None:
    user = {"userName": "ann@corp.example", "active": "False"}
    group = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "All"}
    resources = [user, {"id": 5}, None, "x", group, {"userName": "bo@corp.example", "active": "True"}]
    found = people({"users.json": json.dumps({"schemas": ["x"], "Resources": resources})})
    assert sorted(one.active for one in found.values() if hasattr(one, "active")) == [False, True]
    assert [(one.reason, one.detail.split(":")[0]) for one in found["issues"]] == [
        ("malformed", f"users.json#{number}") for number in (3, 4, 5)
    ]


def test_two_columns_of_one_name_are_both_read(people: People) -> None:
    text = "Employee ID,Email,Email,Department,Department\n1,a@corp.example,b@corp.example,Art,\n"
    text += "2,c@corp.example,,,Law\n3,d@corp.example,,Art,Law\n"
    found = people({"hr.csv": text})
    assert (found["1"].email, found["1"].extra["addresses"]) == ("a@corp.example", ["b@corp.example"])
    assert [found[number].department for number in "123"] == ["Art", "Law", "Art"]
    assert "two columns Department, which differ in 1 row" in found["gaps"]


@pytest.mark.parametrize("encoding", ["mac-roman", "cp850"])
def test_letters_of_an_encoding_that_is_not_found_are_told(people: People, encoding: str) -> None:
    text = "Employee ID,Name,Mail\n1,Zo\u00e9 B\u00e9nard,zoe@corp.example\n"
    assert "unknown encoding" in people({"hr.csv": text.encode(encoding)})["gaps"]
    for known in ("utf-8", "cp1252", "utf-16"):
        found = people({"hr.csv": text.encode(known)})
        assert (found["1"].display_name, found["gaps"]) == ("Zo\u00e9 B\u00e9nard", "")


def test_a_formula_without_its_result_is_told(people: People) -> None:
    book, body = Workbook(), io.BytesIO()
    sheet = book.active
    sheet.append(["Employee ID", "Mail", "Department"])
    sheet.append([1, "a@corp.example", '=CONCATENATE("A", "rt")'])
    book.save(body)
    found = people({"hr.xlsx": body.getvalue()})
    assert found["1"].department is None
    assert "1 formula of hr.xlsx#Sheet without a result" in found["gaps"]


@pytest.mark.parametrize(
    ("name", "body", "told", "remedy"),
    [
        ("hr.csv", b"Mail\na@corp.example\n", "one column", "Export it with a column"),
        ("hr.csv", b"Employee ID,Mail\n", "headings, and no row", "Export it again with its rows"),
        ("hr.csv", b"\0\1\2\0\0", "no text", "Export the list as CSV or XLSX."),
        ("hr.csv", b"", "empty", "Export the list again"),
        ("hr.csv", b"%PDF-1.7\n%\xe2\xe3", "a PDF", "Export the list as CSV or XLSX."),
        ("hr.csv", b"PK\3\4broken", "no readable workbook", "Open it in a spreadsheet program"),
        ("hr.xls", b"<html><table><tr><td>Name</td></table>", "an HTML table saved as .xls", "save it as CSV or XLSX"),
        ("hr.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0", "Excel before 2007", "Save it as XLSX or CSV."),
        ("hr.csv", b"Colour,Taste\nred,sweet\n", '"Colour", "Taste"', "--set columns="),
    ],
)
def test_what_is_no_roster_says_what_it_is_and_makes_no_store(
    tmp_path: Path, name: str, body: bytes, told: str, remedy: str
) -> None:
    (tmp_path / name).write_bytes(body)
    store = tmp_path / "activity.duckdb"
    for _ in range(2):  # into a new store, and into one that is there
        there = store.exists()
        with read_archive("directory", tmp_path / name) as archive:
            (error,) = pull([archive], store).errors
        assert told in str(error)
        assert remedy in error.remedy
        assert str(error).count("--set columns") == ("columns" in remedy)
        assert store.exists() == there
        assert [one for one in tmp_path.iterdir() if one.name.startswith("activity.duckdb.")] == []
        (tmp_path / "ok.csv").write_text("Employee ID,Mail\n1,a@corp.example\n")
        with read_archive("directory", tmp_path / "ok.csv") as archive:
            pull([archive], store)
