"""What is told of a person: fields with their source, what sort of person, managers and leaders."""

import json
from datetime import UTC, date, datetime
from typing import Any

from companies import SOURCE, Company, member

from communitykit import Member
from communitykit.people.options import Leaders


def test_each_field_comes_from_the_strongest_source_that_tells_it(company: Any) -> None:
    made: Company = company(
        member("directory:1", employee_number="1", department="R&D", email="anna@corp.example",
               extra={"start_date": "2020-03-01"}),
        member("teams:2", employee_number="1", department="Old", display_name="Anna Berg", country=" "),
        member("slack:3", email="anna@corp.example", display_name="anna :)", country="DE", job_title="Engineer"),
    ).resolve()  # fmt: skip
    anna = made.person("slack:3")
    told = {"department": "R&D", "name": "Anna Berg", "country": "DE", "job_title": "Engineer", "division": None}
    assert {name: anna[name] for name in told} == told
    assert (anna["started_on"], anna["accounts"], anna["in_roster"]) == (date(2020, 3, 1), 2, True)
    sources = {name: account.split(":")[-1] for name, account in json.loads(anna["sources"]).items()}
    assert sources == {
        "name": "2", "email": "1", "department": "1", "country": "3", "job_title": "3", "employee_number": "1",
        "started_on": "1",
    }  # fmt: skip


def test_a_name_that_lost_letters_gives_way_to_one_that_did_not(company: Any) -> None:
    made = company(
        member("directory:1", employee_number="1", display_name="?ukasz Wi?niewski", department="R&D?"),
        member("teams:2", employee_number="1", display_name="\u0141ukasz Wi\u015bniewski", department="Old"),
        member("directory:3", display_name="?ukasz Nowak"),
    ).resolve()
    told = made.person("teams:2")
    assert (told["name"], told["department"]) == ("\u0141ukasz Wi\u015bniewski", "R&D?")
    assert json.loads(told["sources"])["name"].endswith(":2")
    assert made.person("directory:3")["name"] == "?ukasz Nowak"  # nobody tells better


def test_sorts_of_persons_are_told_apart(company: Any) -> None:
    made = company(
        member("slack:bot", kind="bot"),
        member("slack:system", kind="system"),
        member("slack:guest", guest=True),
        member("slack:outside", external=True),
        member("slack:both", external=True, email="b@b.example"),
        member("teams:both", email="b@b.example"),
        member("slack:stub", kind="unknown"),
        member("teams:desk", email="info@corp.example"),
        member("teams:mine", email="lab-7@corp.example"),
        member("teams:named", email="support@corp.example", employee_number="5"),
        member("directory:contractor", external=True),
        member("directory:employee"),
        member("slack:employee", guest=True, email="e@corp.example"),
    ).resolve(shared=("lab-7",))
    found = {
        row["account_id"].replace(":N:member:", ":"): row["kind"]
        for row in made.rows("SELECT account_id, kind FROM identities JOIN people USING (person_id)")
    }
    assert found == {
        "slack:bot": "bot", "slack:system": "bot", "slack:guest": "guest", "slack:outside": "external",
        "slack:both": "person", "teams:both": "person", "slack:stub": "unknown", "teams:desk": "shared",
        "teams:mine": "shared", "teams:named": "person", "directory:contractor": "external",
        "directory:employee": "person", "slack:employee": "guest",
    }  # fmt: skip


def test_who_has_left_the_roster_has_left(company: Any) -> None:
    left = datetime(2025, 6, 30, tzinfo=UTC)
    made = company(
        member("directory:1", email="anna@corp.example", active=False, deactivated_at=left),
        member("slack:1", email="anna@corp.example", active=True),
        member("slack:2", active=False, deactivated_at=left),
        member("teams:3", active=None, email="c@corp.example"),
        member("workplace:3", active=False, email="c@corp.example"),
    ).resolve()
    told = {one: (made.person(one)["active"], made.person(one)["left_on"]) for one in ("slack:1", "slack:2", "teams:3")}
    assert told == {"slack:1": (False, left.date()), "slack:2": (False, left.date()), "teams:3": (True, None)}


def test_managers_become_persons_and_what_is_broken_is_counted(company: Any) -> None:
    guid = "11111111-1111-4111-8111-111111111111"

    def under(native: str, boss: str | None, **fields: Any) -> Any:
        return member(native, manager_id=f"{boss.split(':')[0]}:N:member:{boss.split(':')[1]}" if boss else None,
                      **fields)  # fmt: skip

    made = company(
        under("directory:ceo", None, employee_number="1"),
        under("directory:head", "directory:ceo", employee_number="2"),
        under("slack:head", None, employee_number="2"),
        under("teams:anna", "slack:head"),  # told by an account, meant is the person
        under("teams:byguid", f"teams:{guid}"),  # an id that nobody has; the roster knows the directory id in it
        under("directory:guid", "directory:head", directory_id=guid),
        under("teams:hole", "teams:nobody"),
        under("teams:below", "teams:hole"),
        under("teams:c1", "teams:c2"),
        under("teams:c2", "teams:c1"),
        under("teams:c3", "teams:c1"),
        under("teams:self", "teams:self"),
        under("slack:alone", None),
    ).resolve()
    depths = {
        row["account_id"].split(":", 3)[3]: row["depth"]
        for row in made.rows("SELECT account_id, depth FROM identities JOIN people USING (person_id)")
    }
    assert depths == {
        "ceo": 0, "head": 1, "anna": 2, "guid": 2, "byguid": 3, "hole": None, "below": None, "c1": None, "c2": None,
        "c3": None, "self": None, "alone": None,
    }  # fmt: skip
    assert made.person("teams:anna")["manager_id"] == made.person("directory:head")["person_id"]
    assert json.loads(made.person("teams:anna")["sources"])["manager_id"] == "teams:N:member:anna"
    assert (made.resolution.managed, made.resolution.holes, made.resolution.cycles) == (9, 1, 3)


def test_a_manager_whom_the_roster_does_not_list_is_a_hole_and_nobody(company: Any) -> None:
    def row(native: str, boss: str | None) -> Any:
        return member(f"directory:{native}", employee_number=native, email=f"{native}@x.example",
                      manager_id=f"directory:N:member:{boss}" if boss else None)  # fmt: skip

    guid = "11111111-1111-4111-8111-111111111111"
    stubs = [Member(id=f"{one}:N:member:{native}", source=SOURCE)
             for one, native in (("directory", "99"), ("teams", "gone"), ("teams", guid))]  # fmt: skip
    made = company(
        row("1", "2"), row("2", "1"), row("3", "1"), row("4", "99"), row("5", "4"), row("6", "6"),
        member("teams:a", manager_id="teams:N:member:gone"),
        member("teams:b", manager_id=f"teams:N:member:{guid}"),
        member("directory:7", employee_number="7", directory_id=guid),
        *stubs,
    ).resolve()  # fmt: skip
    found = made.resolution
    assert (found.in_roster, found.only_in_roster, found.holes, found.cycles) == (7, 7, 2, 3)
    assert found.people == 11  # two accounts of which nothing is known are accounts all the same
    assert made.rows("SELECT name FROM identities, (SELECT 1 AS name) WHERE account_id LIKE 'directory:%:99'") == []
    depths = {
        one["n"]: one["depth"] for one in made.rows("SELECT employee_number AS n, depth FROM people WHERE active")
    }
    assert {one: depths[one] for one in "1234567"} == {**dict.fromkeys("123456"), "7": 0}
    assert made.person("teams:b")["manager_id"] == made.person("directory:7")["person_id"]
    assert made.person("teams:a")["manager_id"] is None


def test_the_first_rule_that_tells_says_who_leads(company: Any) -> None:
    accounts = [
        member("directory:flag", extra={"leader": True}, job_title="Assistant"),
        member("directory:noflag", extra={"leader": False}, job_title="Head of Art", employee_number="7"),
        member("directory:list", email="Lee@old.example"),
        member("directory:title", job_title="Head of Sales"),
        member("directory:top"),
        member("directory:low", manager_id="directory:N:member:top"),
    ]
    made = company(*accounts).resolve(
        domains={"old.example": "corp.example"},
        leaders=Leaders(listed=("7", "lee@corp.example"), titles="^head of", depth=0),
    )
    names = ("flag", "noflag", "list", "title", "top", "low")
    told = {name: made.person(f"directory:{name}") for name in names}
    assert {name: (row["is_leader"], row["leader_rule"]) for name, row in told.items()} == {
        "flag": (True, "roster"), "noflag": (False, "roster"), "list": (True, "list"), "title": (True, "title"),
        "top": (True, "depth"), "low": (False, None),
    }  # fmt: skip
    assert made.resolution.leaders == {"depth": 1, "list": 1, "roster": 1, "title": 1}
    assert made.resolve().person("directory:list")["leader_rule"] == "list"  # remembered
    made.resolve(handles={})
    assert made.person("directory:title")["is_leader"] is None  # nobody says who leads
