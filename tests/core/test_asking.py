"""Rules that every connector has, written once: many asked, lists walked, grants checked, checkpoints gone on from."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from communitykit import (
    CredentialError,
    CursorError,
    ObjectUnavailableError,
    PermissionMissingError,
    ProtocolError,
    TransientError,
)
from communitykit.connector import (
    Batch,
    Capabilities,
    Connector,
    Flow,
    Gap,
    Listing,
    Need,
    Reader,
    Request,
    Response,
    Selection,
    Settings,
    Slice,
    ask,
    ask_all,
    ask_each,
    check_grants,
    cursor_pager,
    in_groups,
    load_checkpoint,
)
from communitykit.testing import connect, drive, in_turn
from communitykit.testing.slices import SliceChecks

PAGER = cursor_pager(("next",), more=("more",))


def test_many_are_sorted_into_answers_and_errors() -> None:
    def answer(request: Request) -> Any:
        if request.url == "b":
            raise ObjectUnavailableError("closed", subject="b")
        return TransientError("down", remedy="Try later.") if request.url in "de" else request.url.upper()

    def flow() -> Flow[list[Any]]:
        found = yield from ask_each("abcde", Request)
        yield from found.gaps("letters")
        return [[(key, one.data) for key, one in found.answered], [key for key, _ in found.failed]]

    driven = drive(flow(), answer)
    assert driven.returned == [[("a", "A"), ("c", "C")], ["b", "d", "e"]]
    assert driven.steps == [
        Gap("1 of 5 letters: closed", "denied"),
        Gap("2 of 5 letters: down. Try later.", "partial"),
    ]
    assert [len(together) for together in driven.together] == [5]


def test_nobody_asked_is_no_step() -> None:
    driven = drive(ask_each([], Request), in_turn())
    assert driven.returned is not None
    assert (driven.returned.answered, driven.returned.failed, driven.requests) == ([], [], [])


def test_groups() -> None:
    assert [*in_groups(range(5), 2)] == [[0, 1], [2, 3], [4]]
    assert [*in_groups([])] == []


def listing(
    *pages: Any, items: tuple[str, ...] = ("rows",), total: Any = None, shifts: bool = False
) -> tuple[list[Any], Listing, list[Request]]:
    walk = Listing(Request("rows", subject="rows"), PAGER, items=items, total=total, shifts=shifts)

    def flow() -> Flow[list[Any]]:
        found: list[Any] = []
        while (rows := (yield from walk.rows())) is not None:
            found += rows
        return found

    driven = drive(flow(), in_turn(*pages))
    assert driven.returned is not None
    return driven.returned, walk, driven.requests


def test_a_list_is_walked_to_its_end() -> None:
    rows, walk, asked = listing({"rows": [{"id": 1}], "next": "b"}, {"rows": [], "next": "c"}, {"rows": [{"id": 2}]})
    assert (rows, walk.whole, walk.problem) == ([{"id": 1}, {"id": 2}], True, None)
    assert [request.params for request in asked] == [{}, {"cursor": "b"}, {"cursor": "c"}]


def test_a_list_that_ends_before_all_of_it_was_listed_is_walked_again_and_says_so() -> None:
    cut = ({"rows": [1, 2], "total": 5, "next": "b"}, {"rows": [], "total": 5})
    rows, walk, asked = listing(*cut, *cut, total=("total",))
    assert (rows, walk.whole, len(asked)) == ([1, 2], False, 4)
    assert walk.problem is not None
    assert walk.problem.startswith("the list ended after 2 of 5.")
    for last in (2, 1, None, "2"):  # somebody left meanwhile; or nothing is said that could be counted
        rows, walk, _ = listing({"rows": [1], "total": 2, "next": "b"}, {"rows": [2], "total": last}, total=("total",))
        assert (rows, walk.whole, walk.problem) == ([1, 2], True, None)


@pytest.mark.parametrize(
    ("totals", "shown", "brought"),
    [
        ([4, 3, 3, 3], [[1, 2], [4], [2, 3], [4]], [1, 2, 4, 3]),  # the first went: all others moved up
        ([4, 4, 4, 4], [[1, 2], [2, 3], [4, 1], [2, 3]], [1, 2, 2, 3, 4]),  # the last came to the front
    ],
)
def test_what_a_list_skipped_a_second_walk_finds(totals: list[int], shown: list[list[int]], brought: list[int]) -> None:
    pages = [
        {"rows": [{"id": one} for one in page], "total": total, "next": "" if number % 2 else f"c{number}"}
        for number, (page, total) in enumerate(zip(shown, totals, strict=True))
    ]
    rows, walk, asked = listing(*pages, total=("total",))
    assert ([row["id"] for row in rows], walk.whole, len(asked)) == (brought, True, 4)


def test_a_list_that_may_shift_and_is_not_counted_is_walked_twice_where_it_has_pages() -> None:
    pages = [{"rows": [1, 2], "next": "b"}, {"rows": [4]}, {"rows": [2, 3], "next": "b"}, {"rows": [4]}]
    rows, walk, asked = listing(*pages, shifts=True)
    assert (rows, walk.whole, len(asked)) == ([1, 2, 4, 3], True, 4)
    rows, walk, asked = listing({"rows": [1, 2]}, shifts=True)
    assert (rows, walk.whole, len(asked)) == ([1, 2], True, 1)
    moved = ({"rows": [1, 2], "next": "b"}, {"rows": []}, {"rows": [2, 3], "next": "b"}, {"rows": []})
    rows, walk, asked = listing(*moved, shifts=True)  # the first went, so that the second page is empty
    assert (rows, walk.whole, len(asked)) == ([1, 2, 3], True, 4)
    rows, walk, asked = listing(pages[0], pages[1], pages[2], {"next": "b"}, shifts=True)
    assert (rows, walk.whole) == ([1, 2, 4, 3], False)


def test_a_count_may_stand_anywhere_in_an_answer() -> None:
    rows, walk, asked = listing({"rows": [1]}, {"rows": [1]}, total=lambda response: response.headers.get("x-total", 3))
    assert (rows, walk.whole, len(asked)) == ([1], False, 2)
    assert walk.problem is not None
    assert walk.problem.startswith("the list ended after 1 of 3.")


def test_an_answer_that_says_that_there_is_nothing_may_leave_its_list_out() -> None:
    assert listing({"total": 0}, total=("total",))[1].whole
    assert not listing({"total": 1}, total=("total",))[1].whole


@pytest.mark.parametrize(
    ("pages", "says"),
    [
        ([{"rows": [{"id": 1}], "next": "b"}, {"next": "c"}], "must hold a list under 'rows' and holds nothing"),
        ([{"rows": [{"id": 1}], "next": "b"}, {"rows": {}}], "holds a value of type dict"),
        ([{"rows": [{"id": 1}], "next": "b"}, "cut"], "must hold a list under 'rows'"),
        ([{"rows": [{"id": 1}], "more": True}], "says that there is more, and not where"),
        ([{"rows": [{"id": 1}], "next": "b"}, {"rows": [{"id": 1}], "next": "b"}], "the same cursor twice"),
        ([{"rows": [{"id": 1}], "next": str(number)} for number in range(4)], "ever new cursors"),
        ([{"rows": [{"id": 1}], "next": "b"}, CursorError("gone"), CursorError("still gone")], "still gone"),
    ],
)
def test_a_list_that_ends_early_says_so_and_loses_nothing(pages: list[Any], says: str) -> None:
    rows, walk, _ = listing(*pages)
    assert {row["id"] for row in rows} == {1}
    assert not walk.whole
    assert walk.problem is not None
    assert says in walk.problem


def test_an_empty_page_that_repeats_its_cursor_is_an_end() -> None:
    rows, walk, _ = listing({"rows": [{"id": 1}], "next": "b"}, {"rows": [], "next": "b"})
    assert (rows, walk.whole) == ([{"id": 1}], True)


def test_batches_of_a_list_without_the_list_become_a_gap() -> None:
    walk = Listing(Request("rows"), PAGER)
    driven = drive(walk.batches("row", "rows", {}), in_turn({"rows": [1], "next": "b"}, {"error": "odd"}))
    assert driven.items("row") == [1]
    assert [gap for gap in driven.gaps if "must hold a list" in gap]


NEEDS = [Need("members", ("users",), required=True), Need("e-mail", ("mail", "mail.all")), Need("files", ("files",))]
REMEDY = "Grant {grant} on the app's page."


def test_what_a_credential_lacks_is_a_gap_each() -> None:
    flow = check_grants({"users", "mail.all"}, NEEDS, holder="the token", remedy=REMEDY)
    assert drive(flow, in_turn()).steps == [
        Gap("the token lacks files: files cannot be read. Grant files on the app's page.", "denied")
    ]
    assert drive(check_grants({"users", "mail", "files"}, NEEDS, holder="", remedy=""), in_turn()).steps == []
    flow = check_grants(None, NEEDS, holder="the token", remedy=REMEDY)
    assert drive(flow, in_turn()).steps == [
        Gap("the token does not say what it may do: reading will tell", remark=True)
    ]


def test_a_required_grant_that_is_missing_ends_everything() -> None:
    with pytest.raises(PermissionMissingError, match="the app lacks users: members cannot be read") as caught:
        drive(check_grants({"mail"}, NEEDS, holder="the app", remedy=REMEDY), in_turn())
    assert caught.value.remedy == "Grant users on the app's page."


@pytest.mark.parametrize(
    "saved", [None, {}, {"v": 1, "at": 3}, {"v": 2}, {"v": 2, "at": "x"}, {"v": 2, "at": None}, {"at": 3}, [], "x"]
)
def test_a_checkpoint_that_is_not_understood_is_none(saved: Any) -> None:
    assert load_checkpoint(saved, v=2, load=lambda kept: int(kept["at"]), fresh=0) == 0


def test_a_checkpoint_that_is_understood_is_gone_on_from() -> None:
    assert load_checkpoint({"v": 2, "at": "7"}, v=2, load=lambda kept: int(kept["at"]), fresh=0) == 7


def test_a_driven_flow_meets_errors_where_the_driver_throws_them() -> None:
    def flow() -> Flow[str]:
        try:
            yield from ask(Request("one"))
        except ProtocolError as error:
            first = error.message
        answers = yield from ask_all([Request("two"), Request("three")])
        yield Batch("note", [type(one).__name__ for one in answers], checkpoint={"v": 1})
        try:
            yield from ask_all([Request("four"), Request("five")])
        except CredentialError as error:
            return f"{first} {error.message}"
        return "not refused"

    def error_of(response: Response) -> ProtocolError | None:
        return ProtocolError("odd") if response.data == "odd" else None

    refused = CredentialError("refused")
    driven = drive(flow(), in_turn("odd", "fine", TransientError("down"), "fine", refused), error_of=error_of)
    assert driven.returned == "odd refused"
    assert (driven.items("note"), driven.checkpoint) == (["Response", "TransientError"], {"v": 1})
    assert [request.url for request in driven.requests] == ["one", "two", "three", "four", "five"]


def test_a_driven_flow_can_be_stopped_and_has_an_end() -> None:
    def endless() -> Flow:
        while True:
            yield from ask(Request("again"))

    assert len(drive(endless(), lambda _: None, stop_after=3).requests) == 3
    with pytest.raises(AssertionError, match="does not end"):
        drive(endless(), lambda _: None, limit=3)
    with pytest.raises(AssertionError, match="nothing is left to answer GET again"):
        drive(endless(), in_turn(1))


def read_a(selection: Selection, slice_: Slice, checkpoint: Any) -> Flow:
    yield Gap(f"a read {slice_.key}")


def estimate_a(selection: Selection, slice_: Slice, checkpoint: Any) -> dict[str, int]:
    return {"notes": 7}


def read_b(selection: Selection, slice_: Slice, checkpoint: Any) -> Flow:
    yield Gap(f"b read {slice_.key}")


def discover_both(selection: Selection) -> Flow:
    yield Slice("one", "net", reader="a")
    yield Slice("two", "net", reader="b")
    yield Slice("three", "net", reader="b", kinds=("post",))


READERS = {"a": Reader(read_a, estimate_a, ("post",)), "b": Reader(read_b, kinds=("member",))}


def test_slices_are_read_by_the_reader_that_they_name(platform: Any, little: Callable[..., Connector]) -> None:
    connector = little(discover=discover_both, readers=READERS, read=None)
    with connect(connector, {"base_url": platform.url}) as session:
        told = [one.reason for one in session.records(kinds="post") if one.record == "coverage" and one.reason]
        everything = [one.reason for one in session.records() if one.record == "coverage" and one.reason]
    assert sorted(told) == ["a read one", "b read three"]
    assert sorted(everything) == ["a read one", "b read three", "b read two"]


def test_a_slice_that_names_no_reader_is_a_defect_that_says_so(platform: Any, little: Callable[..., Connector]) -> None:
    connector = replace(little(discover=discover_both, read=None), readers={"a": READERS["a"]})
    with connect(connector, {"base_url": platform.url}) as session, pytest.raises(ProtocolError, match="defect"):
        list(session.records())


def test_a_sandbox_is_named(little: Callable[..., Connector]) -> None:
    assert little(sandbox="fractions:Fraction").simulated() == 0
    for named in (None, "fractions"):
        with pytest.raises(TypeError, match="little declares no sandbox"):
            little(sandbox=named).simulated()


def test_the_contract_refuses_a_declaration_with_a_lambda(little: Callable[..., Connector]) -> None:
    checks = SliceChecks()
    plain = Connector("plain", "Plain", "1", Settings, Capabilities(), {}, discover=discover_both, readers=READERS)
    checks.test_the_declaration_is_importable(plain)
    with pytest.raises((AttributeError, pickle.PicklingError)):
        checks.test_the_declaration_is_importable(replace(plain, discover=lambda _: iter(())))
