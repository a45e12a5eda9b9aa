"""Which accounts become one person, and which joins are refused."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from companies import Company, member

from communitykit.people.keys import mail, number
from communitykit.people.naming import name_persons, person_id
from communitykit.people.options import Leaders, Options

GUID, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


def one(*accounts: str) -> set[frozenset[str]]:
    return {frozenset(accounts)}


JOINED = [
    ({"directory_id": GUID}, {"directory_id": GUID.upper()}),
    ({"employee_number": "A1"}, {"employee_number": " a1"}),
    ({"email": "Anna@corp.example"}, {"email": "anna+slack@CORP.example"}),
    ({"email": "anna@old.example"}, {"email": "anna@corp.example"}),
    ({"email": "anna@corp.example"}, {"username": "anna@corp.example"}),
    ({"email": "anna@partner.example"}, {"username": "anna_partner.example#EXT#@corp.onmicrosoft.example"}),
    ({"email": "anna@corp.example"}, {"email": "x@y.example", "extra": {"addresses": ["anna@corp.example"]}}),
    ({"email": "anna@corp.example"}, {"username": "Anna", "email": "anna@home.example"}),
    ({"username": "anna"}, {"username": "Anna"}),
]
APART = [
    ({"display_name": "Anna Berg"}, {"display_name": "Anna Berg"}),
    ({"username": "anna"}, {"username": "anna"}),  # of networks that are declared for nothing
    ({"employee_number": "0000"}, {"employee_number": "0000"}),
    ({"employee_number": "N/A"}, {"employee_number": "n/a"}),
    ({"employee_number": "A1", "external": True}, {"employee_number": "A1"}),  # another company's number
    ({"email": "info@corp.example"}, {"email": "info@corp.example"}),
    ({"email": "anna"}, {"email": "anna"}),
    ({"email": "anna@corp.example", "kind": "bot"}, {"email": "anna@corp.example"}),
]


def own(case: int, fields: dict[str, Any]) -> dict[str, Any]:
    """A case's keys are its own, so that many stand in one store."""
    text = json.dumps(fields)
    for word in ("anna", "Anna", "A1", "a1"):
        text = text.replace(word, f"{word}x{case}")
    told: dict[str, Any] = json.loads(text.replace("1111-", f"111{case}-").replace(GUID[:8].upper(), GUID[:8]))
    return told


def test_a_key_of_each_kind_joins(company: Any) -> None:
    accounts = [
        member(f"{platform}:{case}", **own(case, fields))
        for case, pair in enumerate(JOINED)
        for platform, fields in zip(("teams", "workplace"), pair, strict=True)
    ]
    made: Company = company(*accounts, member("slack:3", username="bob")).resolve(
        domains={"old.example": "corp.example"}, handles={"workplace": "corp.example", "teams:N": "corp.example"}
    )
    assert made.who() == {frozenset({f"teams:{case}", f"workplace:{case}"}) for case in range(len(JOINED))}


def test_what_is_no_key_joins_nobody(company: Any) -> None:
    accounts = [
        member(f"{platform}:{case}", **own(case, fields))
        for case, pair in enumerate(APART)
        for platform, fields in zip(("teams", "slack"), pair, strict=True)
    ]
    assert company(*accounts).resolve().who() == set()


def test_a_handle_is_no_address_of_who_has_another_in_that_domain(company: Any) -> None:
    """Two homonyms: the second one's handle is the first one's address."""
    made = company(
        member("directory:1", email="anna@corp.example", employee_number="1"),
        member("slack:2", username="anna", email="anna2@corp.example"),
    ).resolve(handles={"slack": "corp.example"})
    assert made.who() == set()


def test_the_rosters_own_link_joins_what_nothing_else_would(company: Any) -> None:
    made = company(
        member("directory:1", extra={"accounts": ["slack:N:member:U1", "teams:N:member:T1"]}, employee_number="1"),
        member("slack:U1", employee_number="9"),
        member("teams:T1"),
        member("teams:T2", extra={"accounts": ["slack:N:member:U1"]}),  # no roster: its word is nobody's
    ).resolve()
    assert made.who() == one("directory:1", "slack:U1", "teams:T1")


def test_an_account_that_two_rows_of_the_roster_claim_is_neithers(company: Any) -> None:
    rows = [member(f"directory:{n}", extra={"accounts": ["slack:N:member:U1"]}) for n in "12"]
    made = company(*rows, member("slack:U1")).resolve()
    assert made.who() == set()
    assert {rule for rule, _, _ in made.refused()} == {"held_twice"}


def test_different_strong_keys_refuse_a_weaker_one(company: Any) -> None:
    made = company(
        member("directory:1", email="anna@corp.example", employee_number="1"),
        member("teams:2", email="anna@corp.example", employee_number="2"),
        member("slack:3", email="anna@corp.example"),  # whose it is nothing tells
    ).resolve()
    assert made.who() == set()
    assert made.refused() == {("different_number", "1", "2"), ("different_number", "1", "3")}


def test_different_directory_ids_refuse_a_number(company: Any) -> None:
    made = company(
        member("teams:1", directory_id=GUID, employee_number="7"),
        member("yammer:2", directory_id=OTHER, employee_number="7"),
    ).resolve()
    assert (made.who(), made.refused()) == (set(), {("different_directory_id", "1", "2")})


def test_who_came_back_with_a_new_number_is_the_same_by_directory_id(company: Any) -> None:
    made = company(
        member("directory:old", directory_id=GUID, employee_number="1", active=False),
        member("directory:new", directory_id=GUID, employee_number="2"),
        member("slack:a", employee_number="1"),
        member("teams:b", employee_number="2"),
    ).resolve()
    assert made.who() == one("directory:old", "directory:new", "slack:a", "teams:b")
    assert made.person("slack:a")["employee_number"] == "2"


def test_an_address_that_one_network_holds_twice_joins_nobody_as_a_whole(company: Any) -> None:
    made = company(
        member("slack:old", email="a.berg@corp.example", active=False),
        member("slack:new", email="a.berg@corp.example"),
        member("teams:1", email="a.berg@corp.example"),
        member("yammer:1", email="a.berg@corp.example"),
    ).resolve()
    assert made.who() == set()
    assert {rule for rule, _, _ in made.refused()} == {"held_twice"}


def test_it_may_when_both_are_one_persons_by_a_stronger_key(company: Any) -> None:
    made = company(
        member("slack:1", email="anna@corp.example", employee_number="1"),
        member("slack:2", email="anna@corp.example", employee_number="1"),
        member("teams:3", email="anna@corp.example"),
    ).resolve()
    assert made.who() == one("slack:1", "slack:2", "teams:3")


def test_weak_keys_never_make_two_accounts_of_one_network_one_persons(company: Any) -> None:
    """Each address is held once a network; through the third account they would meet."""
    made = company(
        member("slack:1", email="anna@corp.example"),
        member("slack:2", email="anna@home.example"),
        member("teams:3", email="anna@corp.example", extra={"addresses": ["anna@home.example"]}),
        member("yammer:4", email="anna@home.example"),
    ).resolve()
    assert made.who() == set()
    assert {rule for rule, _, _ in made.refused()} == {"one_network"}


def test_the_same_handle_in_two_networks_of_one_platform_is_one_person(company: Any) -> None:
    made = company(member("slack/T1:1", email="a@b.example"), member("slack/T2:1", email="a@b.example")).resolve()
    assert made.who() == one("slack/T1:1", "slack/T2:1")


def test_a_number_that_fills_a_field_joins_nobody(company: Any) -> None:
    made = company(*(member(f"teams:{n}", employee_number="EXT") for n in range(4))).resolve()
    assert made.who() == set()
    assert {rule for rule, _, _ in made.refused()} == {"crowded"}


@pytest.mark.parametrize(("ended", "joined"), [("2023-05-01", False), ("2024-08-01", True), (None, True)])
def test_an_account_that_ended_before_the_rosters_person_began_is_somebody_elses(
    company: Any, ended: str | None, *, joined: bool
) -> None:
    left = {"active": False, "deactivated_at": datetime.fromisoformat(ended).replace(tzinfo=UTC)} if ended else {}
    made = company(
        member("directory:1", email="a.berg@corp.example", extra={"start_date": "2024-02-01"}),
        member("slack:2", email="a.berg@corp.example", **left),
    ).resolve()
    assert bool(made.who()) is joined
    assert {rule for rule, _, _ in made.refused()} == (set() if joined else {"ended_before"})


def test_of_an_address_that_had_two_owners_in_turn_what_ended_before_the_second_began_is_the_firsts(
    company: Any,
) -> None:
    def day(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    mail = "a.berg@corp.example"
    left = {"email": mail, "active": False}
    made = company(
        member("directory:1", employee_number="1", extra={"start_date": "2020-01-01"}, **left,
               deactivated_at=day("2023-03-31")),
        member("directory:2", employee_number="2", email=mail, extra={"start_date": "2023-06-01"}),
        member("slack:1", **left, deactivated_at=day("2023-04-02")),
        member("teams:2", email=mail),  # whose it is nothing tells: leavers' accounts may live on
        member("yammer:1", **left),  # ended, and nobody knows when
        member("workplace:2", **left, deactivated_at=day("2024-01-01")),
    ).resolve()  # fmt: skip
    assert made.who() == one("directory:1", "slack:1")
    assert {rule for rule, _, _ in made.refused()} == {"different_number"}


def test_the_same_accounts_give_the_same_tables_in_any_order_and_again(company: Any, tmp_path: Any) -> None:
    accounts = [
        member("directory:1", email="anna@corp.example", employee_number="1", display_name="Anna"),
        member("slack:2", email="anna@corp.example"),
        member("teams:3", employee_number="1"),
        member("slack:4", email="bob@corp.example"),
        member("yammer:5", email="bob@corp.example"),
        member("teams:6", email="bob@corp.example", employee_number="2"),
        member("workplace:7", email="bob@corp.example", employee_number="3"),
    ]
    first = company(*accounts).resolve()
    told = first.tables()
    turned = Company(tmp_path / "turned.duckdb").tell(*reversed(accounts)).resolve()
    assert first.resolve().tables() == told == turned.tables()


def test_members_are_not_touched(company: Any) -> None:
    made = company(member("directory:1", email="a@b.example"), member("slack:2", email="A@b.example"))
    before = made.rows("SELECT * FROM members ORDER BY id")
    assert made.resolve().rows("SELECT * FROM members ORDER BY id") == before


def test_a_person_keeps_the_id_when_accounts_join_and_part(company: Any) -> None:
    made = company(member("slack:2", email="a@b.example"), member("teams:3", email="a@b.example")).resolve()
    before = made.person("slack:2")["person_id"]
    made.tell(member("directory:1", email="a@b.example")).resolve()
    assert made.person("directory:1")["person_id"] == before
    made.tell(member("teams:3", email="c@b.example")).resolve()
    assert made.person("slack:2")["person_id"] == before != made.person("teams:3")["person_id"]
    assert "slack" not in before


def test_ids_of_persons_do_not_collide_when_a_joined_pair_parts(company: Any) -> None:
    made = company(member("slack:1", email="a@b.example"), member("teams:2", email="c@b.example")).resolve()
    apart = {made.person(one)["person_id"] for one in ("slack:1", "teams:2")}
    made.tell(member("teams:2", email="a@b.example")).resolve()
    assert made.person("slack:1")["person_id"] in apart
    made.tell(member("teams:2", email="c@b.example")).resolve()
    assert {made.person(one)["person_id"] for one in ("slack:1", "teams:2")} == apart


def test_options_are_remembered_and_those_that_mean_nothing_refused(company: Any) -> None:
    made = company(member("slack:1", email="a@old.example"), member("teams:2", email="a@new.example"))
    made.resolve(domains={"old.example": "new.example"})
    assert made.who() == made.resolve().who() == one("slack:1", "teams:2")
    for wrong in (
        {"domains": {"old": "new.example"}},
        {"domains": {"a.example": "b.example", "b.example": "a.example"}},
    ):
        with pytest.raises(Exception, match=r"is no domain|in a circle"):
            Options(**wrong)
    with pytest.raises(Exception, match="no regular expression"):
        Options(leaders=Leaders(titles="("))


def test_addresses_and_numbers_as_they_are_compared() -> None:
    options = Options(domains={"a.example": "b.example", "B.example": "c.example"})
    assert mail(" mailto:X.Y+z@A.example ", options) == "x.y@c.example"
    assert mail("+x@c.example", options) == "+x@c.example"
    assert [mail(text, options) for text in (None, "", "x", "x y@c.example", "x@c", "@c.example")] == [None] * 6
    assert [number(text) for text in (None, " ", "0", "00-00", "-", "Unknown", "0A")] == [None] * 6 + ["0a"]


def test_where_accounts_part_an_id_stays_with_the_account_that_it_was_made_of() -> None:
    before = dict.fromkeys(("a", "b", "c"), person_id("a"))
    assert name_persons(["a", "b", "c"], [0, 1, 1], before) == {0: person_id("a"), 1: person_id("b")}
    assert name_persons(["b", "c", "d"], [0, 0, 2], before) == {0: person_id("a"), 2: person_id("d")}
