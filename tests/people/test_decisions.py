"""People's own word about accounts: it outlives rebuilds, is taken back, and goes out and in."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from companies import Company, member
from hypothesis import given
from hypothesis import strategies as st

from communitykit import SettingsError, StoreError
from communitykit.people import (
    decide_different,
    decide_same,
    export_decisions,
    find_account,
    find_people,
    import_decisions,
    review,
    undo,
)
from communitykit.people.moving import moves

AT = datetime(2026, 2, 1, 12, 30, tzinfo=UTC)
A, B, C = "slack:N:member:1", "teams:N:member:2", "yammer:N:member:3"


@pytest.fixture
def three(company: Any) -> Company:
    made: Company = company(
        member("slack:1", email="anna@corp.example", display_name="Anna Berg", department="Art"),
        member("teams:2", display_name="Berg, Anna", department="Art"),
        member("yammer:3", email="anna@corp.example", display_name="A. Berg", username="aberg"),
        member("slack:4", display_name="Bob"),
    )
    return made.resolve()


def pairs(made: Company) -> set[frozenset[str]]:
    return made.resolve().who()


@pytest.mark.slow
def test_a_word_joins_outlives_rebuilds_and_is_taken_back(three: Company) -> None:
    assert pairs(three) == {frozenset({"slack:1", "yammer:3"})}
    decide_same(three.path, B, A, by="Zoe", at=AT)
    assert pairs(three) == pairs(three) == {frozenset({"slack:1", "teams:2", "yammer:3"})}
    (told,) = three.rows("SELECT * FROM identities WHERE account_id = $id", id=B)
    assert (told["rule"], told["decided_by"], told["decided_at"]) == ("decided", "Zoe", AT)
    assert A in told["evidence"]
    undo(three.path, A, B, at=AT + timedelta(days=1))
    assert pairs(three) == {frozenset({"slack:1", "yammer:3"})}
    rows = three.rows("SELECT * FROM identities WHERE account_id = $id ORDER BY undone_at NULLS FIRST", id=B)
    assert [(row["rule"], row["undone_at"]) for row in rows] == [("alone", None), ("decided", AT + timedelta(days=1))]
    with pytest.raises(SettingsError, match="nothing is decided"):
        undo(three.path, A, B)


def test_a_word_parts_what_a_key_joins(three: Company) -> None:
    decide_different(three.path, A, C, by="Zoe")
    assert pairs(three) == set()
    assert {rule for rule, _, _ in three.refused()} == {"decided_different"}
    assert review(three.path)[0].rule == "name"  # what is decided is not asked again
    undo(three.path, C, A)
    assert pairs(three) == {frozenset({"slack:1", "yammer:3"})}


def test_words_that_contradict_one_another_are_refused(three: Company) -> None:
    decide_same(three.path, A, B, by="Zoe")
    decide_same(three.path, B, C, by="Zoe")
    with pytest.raises(SettingsError, match="different persons"):
        decide_different(three.path, A, C, by="Max")
    decide_different(three.path, A, B, by="Max")  # of one pair, the later word counts
    assert pairs(three) == {frozenset({"teams:2", "yammer:3"})}
    for pair, why in (((A, A), "is one account"), ((A, "slack:N:member:9"), "there is no account")):
        with pytest.raises(SettingsError, match=why):
            decide_same(three.path, *pair, by="Max")
    with pytest.raises(SettingsError, match="name of who"):
        decide_same(three.path, A, B, by=" ")


def test_words_go_out_and_in(three: Company, tmp_path: Path) -> None:
    decide_same(three.path, A, B, by="Zoe, =1+1", at=AT)
    undo(three.path, A, B, at=AT + timedelta(hours=1))
    decide_same(three.path, A, B, by="Max", at=AT + timedelta(hours=2))
    assert export_decisions(three.path, tmp_path / "words.csv") == 2
    told = three.rows("FROM decisions ORDER BY decided_at")
    other = Company(tmp_path / "other.duckdb").tell(member("slack:1"), member("teams:2"))
    assert import_decisions(other.path, tmp_path / "words.csv") == 2
    assert import_decisions(other.path, tmp_path / "words.csv") == 0
    assert other.rows("FROM decisions ORDER BY decided_at") == told
    assert pairs(other) == {frozenset({"slack:1", "teams:2"})}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f"{A},{B},perhaps,Zoe,2026-01-01T00:00:00Z,", "line 3: the verdict 'perhaps'"),
        (f"{A},,same,Zoe,2026-01-01T00:00:00Z,", "line 3: a decision names two accounts"),
        (f"{A},{B},same,Zoe,yesterday,", "line 3: Invalid isoformat"),
        (f"{A},{B},same,Zoe,2026-01-01T00:00:00,", "line 3: a time without time zone"),
        (f"{A},{C},different,Zoe,2026-01-01T00:00:00Z,\n{B},{C},same,Zoe,2026-01-01T00:00:00Z,", "different persons"),
    ],
)
def test_of_a_file_with_a_wrong_line_nothing_is_taken(three: Company, tmp_path: Path, line: str, why: str) -> None:
    path = tmp_path / "words.csv"
    head = "account_a,account_b,verdict,decided_by,decided_at,undone_at"
    path.write_text(f"{head}\n{A},{B},same,Zoe,2026-01-01T00:00:00Z,\n{line}\n")
    with pytest.raises(SettingsError, match=why):
        import_decisions(three.path, path)
    assert three.rows("FROM decisions") == []


def test_no_store_is_made_of_a_wrong_name(tmp_path: Path) -> None:
    for act in (lambda path: decide_same(path, A, B, by="Zoe"), review):
        with pytest.raises(StoreError, match="no such store"):
            act(tmp_path / "none.duckdb")
    assert not list(tmp_path.iterdir())


def test_names_only_propose(three: Company) -> None:
    (proposal,) = review(three.path)
    assert (proposal.account_a, proposal.account_b, proposal.rule) == (A, B, "name")
    assert proposal.evidence == "both Anna Berg, both in Art"
    three.tell(*(member(f"matrix/{n}:5", display_name="Anna Berg") for n in range(3))).resolve()
    assert review(three.path) == []  # five of one name: it says nothing


def test_namesakes_with_numbers_of_their_own_are_not_proposed(company: Any) -> None:
    made = company(
        member("teams:1", display_name="Anna Berg", employee_number="1"),
        member("slack:2", display_name="Anna Berg", employee_number="2"),
    ).resolve()
    assert review(made.path) == []


def test_namesakes_with_directory_ids_of_their_own_are_not_proposed_and_addresses_that_differ_are_shown(
    company: Any,
) -> None:
    made = company(
        member("teams:1", display_name="Anna Berg", directory_id="D1", email="anna@corp.example"),
        member("teams:2", display_name="Anna Berg", directory_id="D2", email="a.berg@corp.example"),
        member("slack:3", display_name="Anna Berg", email="anna@home.example"),
        member("slack:4", email="anna@corp.example"),
    ).resolve()
    shown = {(one.account_a, one.account_b): one for one in review(made.path)}
    one, two, three = (f"{place}:N:member:{number}" for place, number in (("teams", 1), ("teams", 2), ("slack", 3)))
    assert shown.keys() == {(three, one), (three, two)}
    assert shown[three, two].against == "their addresses differ"
    assert shown[three, one].against == "their addresses differ, both have an account of slack:N"
    assert (shown[three, one].addresses_a, shown[three, one].addresses_b) == (
        ("anna@home.example",), ("anna@corp.example",),
    )  # fmt: skip


def test_a_decision_says_which_accounts_moved_from_whom_to_whom(company: Any) -> None:
    made = company(
        member("teams:1", display_name="Anna Berg", employee_number="1"),
        member("slack:2", display_name="Bo Ek", email="bo@corp.example"),
        member("yammer:3", display_name="Bo Ek", email="bo@corp.example", employee_number="2"),
    ).resolve()
    assert made.resolution.moved == ()
    decide_same(made.path, "teams:N:member:1", "slack:N:member:2", by="Zoe")
    told = [str(one) for one in made.resolve().resolution.moved]
    assert told == ["slack:N:member:2 was Bo Ek's, who still has 1, and is Anna Berg's"]
    undo(made.path, "teams:N:member:1", "slack:N:member:2")
    told = [str(one) for one in made.resolve().resolution.moved]
    assert told == ["slack:N:member:2 was Anna Berg's, who still has 1, and is Bo Ek's"]
    ids = [one["account_id"] for one in find_people(made.path, "Bo Ek")[0]["accounts_told"]]
    assert ids == ["slack:N:member:2", "yammer:N:member:3"]
    assert [one["account_id"] for one in find_people(made.path, "Anna Berg")[0]["accounts_told"]] == [
        "teams:N:member:1"
    ]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=9))
def test_what_moved_is_what_makes_the_persons_of_before_those_of_now(held: list[tuple[int, int]]) -> None:
    before = {str(at): f"b{was}" for at, (was, _) in enumerate(held) if was}
    now = {str(at): f"n{is_}" for at, (_, is_) in enumerate(held)}
    moved = {one.account_id for one in moves(before, now, {}, {})}
    stayed = {(before[one], now[one]) for one in before.keys() - moved}
    assert len({was for was, _ in stayed}) == len({is_ for _, is_ in stayed}) == len(stayed)
    assert (not moved) == (len({(before[one], now[one]) for one in before})
                           == len(set(before.values())) == len({now[one] for one in before}))  # fmt: skip


def test_refused_joins_come_first(company: Any) -> None:
    made = company(
        member("teams:1", email="a@corp.example", employee_number="1", display_name="Bo Ek"),
        member("slack:2", email="a@corp.example", employee_number="2", display_name="Bo Ek"),
        member("yammer:3", display_name="Bo Ek"),
    ).resolve()
    assert [one.rule for one in review(made.path)] == ["different_number", "name", "name"]


def test_somebody_is_found_by_whatever_they_are_called(three: Company) -> None:
    for name in ("anna berg", "ANNA@corp.example", "aberg", A, three.person("slack:1")["person_id"]):
        found = find_people(three.path, name)
        assert {one["account_id"] for one in found[0]["accounts_told"]} == {A, C}, name
        assert found[0]["accounts_told"][0]["evidence"] == f"mail anna@corp.example: as {C}"
    assert find_account(three.path, "aberg") == A
    three.tell(member("matrix:6", username="aberg")).resolve()
    with pytest.raises(SettingsError, match="2 persons are called"):
        find_account(three.path, "aberg")
    with pytest.raises(SettingsError, match="nobody is called"):
        find_account(three.path, "zoe")


def test_before_people_were_made_that_is_said(company: Any) -> None:
    made = company(member("slack:1", username="anna"))
    with pytest.raises(SettingsError, match="Run `communitykit people"):
        find_people(made.path, "anna")
