"""Whatever stands where an answer of Yammer's second interface should be: nobody is lost, and nobody is there twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pytest
from faults import KINDS, Strike
from test_faults import LATER, SMALL, struck

from communitykit.connector.registry import registry
from communitykit.sandbox import Call, Site, World
from communitykit.testing.base import platform_of
from communitykit.testing.reading import Kept

SCOPES: Mapping[str, Callable[[str], bool]] = {
    "communities": lambda path: path.endswith("/employeeExperience/communities"),
    "members": lambda path: path.startswith("/graph/") and path.endswith(("/members", "/owners", "/roles")),
    "accounts": lambda path: path.startswith("/graph/v1.0/users/"),
    "reports": lambda path: "/reports/" in path or "/download/" in path,
    "users": lambda path: path.endswith("/api/v1/users.json"),
}
"""What is asked in each scope, by paths: `users` are REST's, to whom all that Graph tells is joined."""
FOUND = {("reports", "200 and deep and whole"), ("members", "an id of an object"), ("members", "an id of a list")}
"""What failed once, and runs always."""
CASES = [
    pytest.param(
        scope,
        name,
        marks=pytest.mark.slow if (number + 8 * at) % 40 == 0 or (scope, name) in FOUND else pytest.mark.exhaustive,
    )
    for number, name in enumerate(KINDS)
    for at, scope in enumerate(SCOPES)
]
Rows = dict[tuple[str, str], dict[str, Any]]


@cache
def options() -> dict[str, Any]:
    return {**platform_of(registry().get("yammer")).tight, "graph": True, "top": 2}


@cache
def world() -> World:
    return World(seed=5, size=SMALL, platforms=("yammer",))


def healed(store: Kept) -> list[str]:
    """Let a healthy run read on, everything; return what it left out."""
    declared = registry().get("yammer")
    run = store.read(declared, world(), options=options(), settings={"lookback": "all"}, force=True, ahead=LATER)
    return run.left_out


@cache
def healthy() -> tuple[Rows, frozenset[str]]:
    """Return what two good runs give, and the ids of REST alone, which knows of people whom Graph does not list."""
    store, plain, declared = Kept(), Kept(), registry().get("yammer")
    assert store.read(declared, world(), options=options()).left_out == []
    assert healed(store) == []
    plain.read(declared, world(), options=platform_of(declared).tight)
    return rows_of(store), frozenset(row["id"] for rows in plain.current().values() for row in rows)


def rows_of(store: Kept) -> Rows:
    return {
        (kind, row["id"]): {name: value for name, value in row.items() if name != "source"}
        for kind, rows in store.current().items()
        for row in rows
    }


def differing(store: Kept) -> list[tuple[str, str]]:
    """Name what is missing or otherwise than in good runs, and what no good run has."""
    (good, plain), found = healthy(), rows_of(store)
    more = [key for key in found if key not in good and key[1] not in plain]
    return more + [key for key in good if key not in found or found[key] != good[key]]


@pytest.mark.parametrize(("scope", "name"), CASES)
def test_the_truth_or_a_word_and_healed_by_the_next_run(scope: str, name: str) -> None:
    declared, kind, store = registry().get("yammer"), KINDS[name], Kept()

    def inside(_site: Site, call: Call) -> bool:
        return SCOPES[scope](call.path)

    fault = Strike(kind.change, inside)
    told = struck(declared, store, fault, options()).left_out
    assert fault.hits
    assert [one for one in told if "defect" in one or "Traceback" in one] == []
    if not kind.lies:
        assert told or differing(store) == []
    assert healed(store) == []
    assert differing(store) == [], told
