"""Small groups: what is hidden cannot be worked out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import combinations, product
from typing import Any

import pyarrow as pa
import pytest
from attacks import Attack, Company
from hypothesis import given, settings
from hypothesis import strategies as st

from communitykit.errors import SettingsError
from communitykit.privacy import protect
from communitykit.privacy.rooms import rooms

MONTHS = [date(2026, month, 1) for month in range(1, 7)]
Row = dict[str, Any]


def figures(persons: dict[tuple[Any, ...], int], by: Sequence[str], *, acts: dict[Any, int] | None = None) -> pa.Table:
    """Rows of a share: `numerator` of `acts`, `denominator` of all persons."""
    rows = []
    for key, size in persons.items():
        above = float((acts or {}).get(key, size))
        row: Row = {"metric": "activation", **dict(zip(by, key, strict=True))}
        row |= {"value": above / size if size else None, "numerator": above, "denominator": float(size)}
        rows.append(row | {"persons": size, "suppressed": False, "reason": None})
    schema = pa.schema(
        [("metric", pa.string()), *((name, pa.string()) for name in by)]
        + [(name, pa.float64()) for name in ("value", "numerator", "denominator")]
        + [("persons", pa.int64()), ("suppressed", pa.bool_()), ("reason", pa.string())]
    )
    return pa.Table.from_pylist(rows, schema=schema)


def shown(table: pa.Table, *by: str) -> dict[Any, int | None]:
    return {tuple(row[name] for name in by): row["persons"] for row in table.to_pylist()}


def test_a_small_group_takes_a_neighbour_with_it() -> None:
    table = protect(figures({("a",): 2, ("b",): 9, ("c",): 30}, ["platform"]))
    assert shown(table, "platform") == {("a",): None, ("b",): None, ("c",): 30}
    hidden = [row for row in table.to_pylist() if row["suppressed"]]
    assert [row["reason"] for row in hidden] == ["small_group", "small_group"]
    assert all(row[name] is None for row in hidden for name in ("value", "numerator", "denominator", "persons"))


def test_two_small_groups_whose_sum_is_small_take_a_third() -> None:
    table = protect(figures({("a",): 1, ("b",): 1, ("c",): 8, ("d",): 30}, ["platform"]))
    assert shown(table, "platform") == {("a",): None, ("b",): None, ("c",): None, ("d",): 30}


def test_small_groups_are_put_together_first() -> None:
    table = protect(figures({("a",): 2, ("b",): 4, ("c",): 30}, ["department"], acts={("a",): 1, ("b",): 2}))
    assert shown(table, "department") == {("other",): 6, ("c",): 30}
    other = table.to_pylist()[0]
    assert (other["numerator"], other["denominator"], other["value"]) == (3.0, 6.0, 0.5)
    assert not other["suppressed"]


def test_a_figure_that_does_not_add_up_is_not_put_together() -> None:
    table = figures({("a",): 2, ("b",): 4, ("c",): 30}, ["department"])
    medians = table.set_column(2, "value", pa.array([7.5, 3.25, 1.0]))
    assert shown(protect(medians), "department") == {("a",): None, ("b",): None, ("c",): 30}


def test_nobody_needs_no_hiding() -> None:
    table = protect(figures({("a",): 0, ("b",): 9}, ["platform"]))
    assert shown(table, "platform") == {("a",): 0, ("b",): 9}
    assert table["suppressed"].to_pylist() == [False, False]


def test_a_count_of_nothing_is_not_given_away_by_subtraction() -> None:
    """Both small groups did nothing: their sum says so of each."""
    sizes = {("a",): 3, ("b",): 4, ("c",): 10, ("d",): 30}
    table = protect(figures(sizes, ["platform"], acts={("a",): 0, ("b",): 0, ("c",): 2, ("d",): 5}))
    assert shown(table, "platform") == {("a",): None, ("b",): None, ("c",): None, ("d",): 30}


def test_that_all_of_a_small_group_did_is_not_given_away_by_subtraction() -> None:
    """The rest would be 15 of 15: the one person without a department is known to be one of them."""
    sizes = {("a",): 15, ("b",): 16, ("c",): 16, ("d",): 14, (None,): 1}
    table = protect(figures(sizes, ["department"], acts={("a",): 14, ("b",): 14, ("c",): 14}))
    assert shown(table, "department") == {("a",): None, ("b",): 16, ("c",): 16, ("d",): None, (None,): None}


shares = st.lists(st.integers(0, 12).flatmap(lambda size: st.tuples(st.integers(0, size), st.just(size))), max_size=7)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(shares)
def test_of_what_is_hidden_some_did_and_some_did_not_unless_all_or_none_of_everybody_did(
    groups: list[tuple[int, int]],
) -> None:
    sizes = {(str(at),): size for at, (_, size) in enumerate(groups)}
    table = protect(figures(sizes, ["platform"], acts={(str(at),): did for at, (did, _) in enumerate(groups)}))
    hidden = table["suppressed"].to_pylist()
    for counts in ([did for did, _ in groups], [size - did for did, size in groups]):
        assert not any(hidden) or not sum(counts) or sum(one for one, gone in zip(counts, hidden, strict=True) if gone)


def test_windows_are_one_family() -> None:
    """January is February's complement in the two together."""
    table = figures({("a",): 10, ("b",): 8, ("c",): 30}, ["period"])
    table = table.append_column("since", pa.array([MONTHS[0], MONTHS[0], MONTHS[1]]))
    table = table.append_column("until", pa.array([MONTHS[2], MONTHS[1], MONTHS[2]]))
    small = table.set_column(table.column_names.index("persons"), "persons", pa.array([10, 8, 2]))
    assert shown(protect(small), "period") == {("a",): 10, ("b",): None, ("c",): None}


def test_persons_of_overlapping_windows_do_not_add_up_and_are_hidden_all_the_same() -> None:
    table = figures({("a",): 10, ("b",): 9, ("c",): 3}, ["period"])  # of 10 persons 2 were there in both
    table = table.append_column("since", pa.array([MONTHS[0], MONTHS[0], MONTHS[1]]))
    table = table.append_column("until", pa.array([MONTHS[2], MONTHS[1], MONTHS[2]]))
    assert sum(one is None for one in shown(protect(table), "period").values()) == 2


def test_groups_below_five_are_shown_to_nobody_by_accident() -> None:
    table = figures({("a",): 3, ("b",): 9, ("c",): 30}, ["platform"])
    with pytest.raises(SettingsError, match="5 or more"):
        protect(table, k=4)
    assert not any(protect(table, k=3, unsafe=True)["suppressed"].to_pylist())
    with pytest.raises(SettingsError):
        protect(table, k=0, unsafe=True)
    with pytest.raises(SettingsError, match="persons"):
        protect(table.drop_columns(["persons"]))


# One table, everything that it shows, and its totals as they would be shown alone.

NAMES = (("platform", "place", "kind"), ("department", "site", "country"), ("department", "platform", "site"))
SHAPES = ((3,), (5,), (2, 2), (3, 2), (3, 3), (5, 2), (2, 2, 2))
SIZES = st.one_of(st.integers(0, 6), st.integers(0, 60))


@st.composite
def companies(draw: st.DrawFn) -> Company:
    """Draw one whose groups are counted alone, with who did something and who did not, or in windows that overlap."""
    windows: list[tuple[int, int]] = []
    names: tuple[str, ...] = draw(st.sampled_from(NAMES))
    shape: tuple[int, ...] = draw(st.sampled_from(SHAPES))
    if draw(st.booleans()):
        names, shape = (*names[: len(shape) - 1], "month"), (*shape[:-1], shape[-1] + 1)
        every = list(combinations(range(shape[-1] + 1), 2))
        windows = draw(st.lists(st.sampled_from(every), min_size=2, max_size=6, unique=True))
        if all(one[1] <= two[0] or two[1] <= one[0] for one, two in combinations(windows, 2)):
            windows.append((0, shape[-1]))  # those that do not overlap are a dimension like others
    groups = list(product(*(map(str, range(length)) for length in shape)))
    sizes = dict(zip(groups, draw(st.lists(SIZES, min_size=len(groups), max_size=len(groups))), strict=True))
    did = [
        {group: draw(st.one_of(st.integers(0, size), st.sampled_from((0, size)))) for group, size in sizes.items()}
        for _ in range(draw(st.integers(0, 1)))
    ]
    return Company(names[: len(shape)], sizes, tuple(did), tuple(windows))


@pytest.mark.slow
@settings(max_examples=60, deadline=None, derandomize=True)
@given(companies())
def test_a_table_gives_no_small_group_away_by_subtraction_or_by_linear_programme(company: Company) -> None:
    assert Attack(company).gives_away() == []


@pytest.mark.exhaustive
@settings(max_examples=10_000, deadline=None)
@given(companies())
def test_nor_in_ten_thousand_companies(company: Company) -> None:
    assert Attack(company).gives_away() == []


def company(by: str, sizes: str, did: str = "", windows: tuple[tuple[int, int], ...] = ()) -> Company:
    """Return a company: sizes by rows of its first dimensions."""

    def told(text: str) -> dict[tuple[str, ...], int]:
        parts = [[int(one) for one in row.split()] for row in text.split(",")]
        found = {(str(at), str(place)): size for at, row in enumerate(parts) for place, size in enumerate(row)}
        if len(by.split()) == 2:  # dimensions
            return {tuple(key): size for key, size in found.items()}
        return {(*f"{int(at):02b}", place): size for (at, place), size in found.items()}

    return Company(tuple(by.split()), told(sizes), (told(did),) if did else (), windows)


FOUND = {
    # The small departments are put together, among them one that the table by department tells.
    "put together otherwise": company("department site", "1 1 1, 4 4 4, 9 0 0, 20 20 20, 30 30 30"),
    # Who did is known to be small, and so is who did not: together they are hardly more.
    "both halves": company("platform place", "29 51, 1 58, 7 53", "2 51, 1 58, 7 53"),
    "both halves of a neighbour": company("platform place", "9 2, 44 3, 47 8", "9 1, 40 0, 38 6"),
    # Groups that were put together here are told apart by a total.
    "a part of others": company(
        "department site", "20 19 2, 3 22 3, 3 4 4, 21 0 1, 2 3 4", "20 4 0, 0 1 3, 3 3 4, 0 0 1, 2 3 4"
    ),
    # Totals that cross tell of it without the table; nested ones alone do not.
    "nested totals": company("department platform site", "0 5, 6 18, 5 22, 27 3", "0 5, 6 0, 0 0, 12 0"),
    # Several totals of nobody.
    "nobody in several": company("platform place kind", "4 0, 4 46, 46 49, 13 58", "2 0, 0 0, 46 49, 0 24"),
    "all of a part": company("platform place kind", "0 0, 16 6, 2 6, 3 7", "0 0, 16 6, 1 2, 3 6"),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_attacks_found_once_they_find_no_more(name: str) -> None:
    assert Attack(FOUND[name]).gives_away() == []


def test_who_is_hidden_in_a_variant_is_not_told_by_the_sizes_of_another() -> None:
    sizes = company("platform place", "15 1, 20 3, 6 0, 0 4", "5 0, 15 3, 6 0, 0 4")
    other = company("platform place", "15 1, 20 3, 6 0, 0 4", "9 1, 4 0, 5 0, 0 3")
    assert Attack(replace(sizes, did=(*sizes.did, *other.did))).gives_away() == []


CROSSING = company("platform place kind", "0 0, 0 1, 2 2, 2 4")


def test_tables_that_cross_may_tell_more_together_and_one_over_all_their_dimensions_does_not() -> None:
    """By platform and place, by platform and kind, by place and kind: none of them knows the others."""
    attack = Attack(CROSSING)
    pairs = [kept for kept in attack.lattice() if len(kept) == 2]  # dimensions
    apart = [kept for kept in attack.lattice() if len(kept) < 3]  # same
    assert attack.follows(apart, attack.small(apart))
    for pair in pairs:
        below = attack.lattice(pair)
        assert not attack.follows(below, attack.small(below))
    whole = attack.lattice()[-1]
    assert not attack.follows([whole], attack.small(attack.lattice()))
    assert attack.gives_away() == []


def test_two_tables_that_cross_tell_more_where_few_did_in_one_and_few_did_not_in_the_other() -> None:
    """Who is in the department of which one did, and on the site of which one did not, are at most two."""
    attack = Attack(company("department site", "1 12, 11 20", "0 1, 11 9"))
    apart = [kept for kept in attack.lattice() if len(kept) < 2]  # dimensions
    assert attack.follows(apart, attack.small(attack.lattice()))
    assert attack.gives_away() == []


def test_what_totals_tell_already_is_no_reason_to_hide_a_whole_table() -> None:
    attack = Attack(company("platform place", "1 12 30 40, 11 20 30 40", "0 1 0 0, 11 9 10 10"))
    whole = attack.lattice()
    assert attack.follows(whole[:-1], attack.small(whole))
    assert any(row.persons for row in attack.table(whole[-1]))
    assert attack.gives_away() == []


def test_sums_over_figures_that_nothing_connects_vary_as_much_as_all_of_them_together() -> None:
    a, b, c, d = ({(name,)} for name in "abcd")
    shown_sums = [(frozenset(a | b), 10.0), (frozenset(c | d), 7.0), (frozenset(a | b | c | d), 17.0)]
    asked = [(frozenset(a | c), 5.0), (frozenset(a), 2.0), (frozenset(a | b), 10.0), (frozenset(b | c | d), 15.0)]
    assert rooms(shown_sums[:2], asked, 100.0) == pytest.approx([17.0, 10.0, 0.0, 10.0])
    assert rooms(shown_sums, asked, 100.0) == pytest.approx([17.0, 10.0, 0.0, 10.0])
    assert rooms([(frozenset(a | b), 10.0), (frozenset(a), 4.0)], [(frozenset(b), 6.0)], 5.0) == pytest.approx([0.0])
