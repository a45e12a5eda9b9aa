"""Groups that vanish, come back or become private, and their members."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from workplace_feeds import (
    NOW,
    page,
)

from communitykit import TransientError
from communitykit.connector import Batch, Selection, Slice, Swept
from communitykit.http.operations import Emit
from communitykit.reading.slices import SliceReading
from communitykit.reading.translation import Page, Translation
from communitykit.testing import drive
from communitykit.testing.reading import Kept
from communitykit_workplace import WORKPLACE
from communitykit_workplace.api.reading import READERS, discover
from communitykit_workplace.settings import WorkplaceSettings


def discovered(store: Kept, groups: Any, *, day: int, answers: Mapping[str, Any] | None = None, **asked: Any) -> Any:
    """List groups into the store; give the Coverage."""
    now = NOW + timedelta(days=day)
    scope = Selection(settings=WorkplaceSettings(token="x", batch=False), until=now, **asked)
    told = {"community": {"id": "9", "name": "Company"}, "community/groups": groups, **(answers or {})}
    reading = SliceReading(Translation(WORKPLACE, run_id="run", origin="api"), scope, "workplace:-:discover")
    pages: list[Any] = []
    for step in drive(discover(scope), lambda request: told.get(request.url, page())).steps:
        made = None if isinstance(step, Slice) else reading.page(Emit(step, now))
        pages += [made] if isinstance(made, Page) else []
    closed = reading.closed()
    store.take([*pages, closed], now)
    return closed.coverage


def group(native: str, privacy: str = "OPEN", **more: Any) -> dict[str, Any]:
    return {"id": native, "name": f"g{native}", "privacy": privacy, **more}


def groups(store: Kept) -> set[str]:
    return {one["id"].rsplit(":", 1)[1] for one in store.current()["community"] if one["kind"] == "group"}


def test_a_group_that_is_listed_again_is_back() -> None:
    store = Kept()
    discovered(store, page(group("1"), group("2")), day=0)
    discovered(store, page(group("1")), day=1)
    assert groups(store) == {"1"}
    assert discovered(store, page(group("1"), group("2")), day=2).status == "complete"
    assert groups(store) == {"1", "2"}


def test_a_group_that_became_private_is_listed_and_has_not_vanished() -> None:
    store = Kept()
    discovered(store, page(group("1"), group("2")), day=0)
    discovered(store, page(group("1"), group("2", "CLOSED")), day=1)
    assert groups(store) == {"1", "2"}


def test_groups_in_a_group_that_is_gone_are_gone() -> None:
    store = Kept()
    below = page(group("2", groups=page(group("3"))), group("4"))
    discovered(store, page(group("1", groups=below)), day=0)
    discovered(store, page(group("4")), day=1)
    assert groups(store) == {"4"}, "it is elsewhere now"


def test_another_companys_groups_in_the_same_store_are_left_alone() -> None:
    store = Kept()
    discovered(store, page(group("1", groups=page(group("2")))), day=0)
    other = {"community": {"id": "8", "name": "Other"}}
    discovered(store, page(group("7")), day=1, answers=other)
    assert groups(store) == {"1", "2", "7"}
    discovered(store, page(group("5")), day=2, answers=other)
    assert groups(store) == {"1", "2", "5"}


def test_a_group_that_does_not_say_whether_it_is_private_is() -> None:
    store = Kept()
    listing = page(group("1"), {"id": "2", "name": "g2"})
    told = discovered(store, listing, day=0)
    assert groups(store) == {"1"}
    assert "1 group does not say whether it is private" in str(told.reason)
    discovered(store, listing, day=1, include_private=True)
    assert groups(store) == {"1", "2"}
    discovered(store, page(group("1")), day=2, include_private=True)
    assert groups(store) == {"1"}


def test_private_groups_vanish_where_they_were_listed() -> None:
    store = Kept()
    discovered(store, page(group("1"), group("2", "CLOSED"), group("3", "SECRET")), day=0, include_private=True)
    discovered(store, page(group("1")), day=1)
    assert groups(store) == {"1", "2", "3"}
    discovered(store, page(group("1"), group("2", "CLOSED")), day=2, include_private=True)
    assert groups(store) == {"1", "2"}


@pytest.mark.parametrize(
    ("listing", "answers"),
    [
        pytest.param(page(group("1"), None), {}, id="a row that is null"),
        pytest.param(page(group("1"), {"name": "g2"}), {}, id="a row without an id"),
        pytest.param(page(group("1", groups={"data": "x"})), {}, id="subgroups that are none"),
        pytest.param(
            page(group("1", groups=page(next="https://x.example/1/groups?after=a"))),
            {"1/groups": TransientError("no")},
            id="subgroups that fail",
        ),
        pytest.param(TransientError("no"), {}, id="the list fails"),
        pytest.param({}, {}, id="a page without a list"),
        pytest.param({"data": None}, {}, id="null in place of a list"),
    ],
)
def test_a_list_of_groups_that_was_not_read_whole_sweeps_nothing(listing: Any, answers: dict[str, Any]) -> None:
    store = Kept()
    discovered(store, page(group("1", groups=page(group("2")))), day=0)
    assert discovered(store, listing, day=1, answers=answers).status == "partial"
    assert groups(store) == {"1", "2"}


def test_members_of_each_group_are_swept_by_their_own_list() -> None:
    lists = {"1/members": page({"id": "501", "name": "Ann"}), "2/members": page({"id": "502", "name": "Bo"})}
    params = {"groups": [{"id": "1", "name": "a"}, {"id": "2", "name": "b"}, {"id": "3", "name": "c"}]}
    slice_ = Slice("members/9", "graph", ("membership",), params=params)
    scope = Selection(settings=WorkplaceSettings(token="x", batch=False), until=NOW)
    answers = {**lists, "3/members": TransientError("no")}
    steps = drive(READERS["members"].read(scope, slice_, None), lambda request: answers[request.url]).steps
    told: list[str] = []
    swept = {}
    for step in steps:
        if isinstance(step, Swept):
            swept[step.within["community_id"]], told = told, []
        elif isinstance(step, Batch) and step.kind == "membership":
            told = [*told, *(one["id"] for one in step.items)]
    assert swept == {"workplace:graph:community:1": ["501"], "workplace:graph:community:2": ["502"]}
