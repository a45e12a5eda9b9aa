"""What there is to read: which network, which groups, who is looked up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from communitykit import (
    CommunityKitError,
    ObjectUnavailableError,
    PermissionMissingError,
    ProtocolError,
    TransientError,
)
from communitykit.connector import Batch, Gap, Request, Response, Selection, Slice, Swept
from communitykit_yammer import YammerSettings
from communitykit_yammer.api import READERS, discover, resolve

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
NETWORKS = [{"id": 1, "name": "One", "permalink": "one.example"}, {"id": 2, "name": "Two", "is_primary": True}]
PUBLIC = {"id": 3, "full_name": "Open", "privacy": "public", "stats": {"members": 2, "updates": 5}}
PRIVATE = {"id": 4, "full_name": "Closed", "privacy": "private"}


def run(flow: Any, answer: Callable[[Request], Any]) -> list[Any]:
    """Drive a flow; give its steps, requests among them."""
    steps: list[Any] = []
    given: Any = None
    error: Exception | None = None
    while True:
        try:
            step = flow.throw(error) if error else flow.send(given)
        except StopIteration:
            return steps
        given, error = None, None
        steps.append(step)
        if isinstance(step, Request):
            found = _answered(step, answer)
            given, error = (None, found) if isinstance(found, CommunityKitError) else (found, None)
        elif isinstance(step, tuple):
            steps += step
            given = [_answered(one, answer) for one in step]


def _answered(request: Request, answer: Callable[[Request], Any]) -> Any:
    try:
        return Response(request, 200, {}, answer(request), NOW)
    except CommunityKitError as error:
        return error


def network(request: Request) -> Any:
    """Answer as a network of one user and two groups."""
    first = int(request.params.get("page") or 1) == 1
    if request.url == "networks/current.json":
        return NETWORKS
    if request.url == "users.json":
        return [{"id": 7, "full_name": "A", "email": "a@one.example"}] if first else []
    if request.url == "groups.json":
        return ([PUBLIC, PRIVATE] if request.params.get("mine") else [PUBLIC]) if first else []
    raise ObjectUnavailableError("not there")


def scope(*, private: bool = False, communities: tuple[str, ...] = (), **settings: Any) -> Selection:
    return Selection(YammerSettings(token="t", **settings), NOW, include_private=private, communities=communities)


def slices(steps: list[Any]) -> list[str]:
    return [step.key for step in steps if isinstance(step, Slice)]


@pytest.mark.parametrize(("wanted", "native"), [(None, "2"), ("1", "1"), ("one.example", "1")])
def test_which_network_is_read(wanted: str | None, native: str) -> None:
    steps = run(discover(scope(network=wanted)), network)
    assert {step.network for step in steps if isinstance(step, Slice)} == {native}


def test_a_network_that_the_token_does_not_see_is_told() -> None:
    (gap,) = [step for step in run(discover(scope(network="9")), network) if isinstance(step, Gap)]
    assert gap.status == "denied"
    (gap,) = [step for step in run(discover(scope()), lambda _: []) if isinstance(step, Gap)]
    assert "no network" in gap.reason


def test_private_groups_are_those_of_the_tokens_owner_and_only_when_asked_for() -> None:
    assert slices(run(discover(scope()), network)) == ["messages/3", "members/3"]
    steps = run(discover(scope(private=True)), network)
    assert slices(steps) == ["messages/3", "members/3", "messages/4", "members/4"]
    swept = [step.within for step in steps if isinstance(step, Swept) and step.record == "community"]
    assert swept == [{"kind": "group", "privacy": "public"}], (
        "an export may know private groups that this token cannot see"
    )


def test_a_list_that_ignores_the_page_ends_and_sweeps_nothing() -> None:
    def answer(request: Request) -> Any:
        return [PUBLIC] if request.url == "groups.json" else network(request)

    steps = run(discover(scope()), answer)
    assert [one.url for one in steps if isinstance(one, Request)].count("groups.json") == 2
    assert [step.record for step in steps if isinstance(step, Swept)] == ["member"]


def test_only_what_was_asked_for() -> None:
    assert slices(run(discover(scope(communities=("Nothing*",))), network)) == []
    steps = run(discover(scope(communities=("Op*",), company_feed=True)), network)
    assert slices(steps) == ["messages/3", "members/3", "messages/company"]
    swept = [step.record for step in steps if isinstance(step, Swept)]
    assert swept == ["member"], "a part of the list of groups says nothing of the rest"


def test_who_is_looked_up_and_who_cannot_be() -> None:
    def answer(request: Request) -> Any:
        if request.url == "users/7.json":
            return {"id": 7, "full_name": "A"}
        if request.url == "users/8.json":
            raise PermissionMissingError("not for you", status=403)
        raise ObjectUnavailableError("gone", status=404)

    members = ("yammer:1:member:7", "yammer:1:member:8", "yammer:1:member:9", "yammer:1:member:bot/5")
    steps = run(resolve(scope(), "1", members), answer)
    assert [step.items for step in steps if isinstance(step, Batch)] == [[{"id": 7, "full_name": "A"}]]
    (gap,) = [step for step in steps if isinstance(step, Gap)]
    assert "not for you" in gap.reason
    assert len([step for step in steps if isinstance(step, Request)]) == 3, "bots have no address to ask at"


def test_members_that_may_not_be_seen_are_told_and_not_swept() -> None:
    def answer(_: Request) -> Any:
        raise PermissionMissingError("closed", status=403)

    slice_ = Slice("members/3", "1", ("membership",), "yammer:1:community:3", "Open members", {"group": "3"})
    steps = run(READERS["members"].read(scope(), slice_, None), answer)
    (gap,) = [step for step in steps if isinstance(step, Gap)]
    assert gap.status == "denied"
    assert not [step for step in steps if isinstance(step, Swept)]


def test_a_short_page_of_members_ends_the_list_only_where_it_says_so() -> None:
    pages = [[{"id": n} for n in range(1, 31)], [{"id": n} for n in range(31, 41)], []]

    def answer(request: Request) -> Any:
        return {"users": pages[int(request.params["page"]) - 1]}

    def saying(request: Request) -> Any:
        page = int(request.params["page"])
        return {"users": pages[page - 1], "more_available": page < 2}

    params = {"group": "3", "size": 40}
    slice_ = Slice("members/3", "1", ("membership",), "yammer:1:community:3", "Open members", params)
    for how, requests in ((answer, 3), (saying, 2)):
        steps = run(READERS["members"].read(scope(), slice_, None), how)
        rows = [row for step in steps if isinstance(step, Batch) and step.kind == "membership" for row in step.items]
        assert len(rows) == 40
        assert len([step for step in steps if isinstance(step, Request)]) == requests


@pytest.mark.parametrize("size", [None, 4, 3])
def test_whom_a_list_skipped_a_second_walk_finds(size: int | None) -> None:
    """One of the first page went while the second was on its way: everybody behind moved up."""
    pages = iter([[1, 2], [4], [], [2, 3], [4], []])
    asked: list[Any] = []

    def answer(request: Request) -> Any:
        asked.append(request.params["page"])
        return {"users": [{"id": one} for one in next(pages)]}

    params = {"group": "3", "size": size}
    slice_ = Slice("members/3", "1", ("membership",), "yammer:1:community:3", "Open members", params)
    steps = run(READERS["members"].read(scope(), slice_, None), answer)
    rows = [row["id"] for step in steps if isinstance(step, Batch) and step.kind == "membership" for row in step.items]
    assert (rows, asked) == (([1, 2, 4], [1, 2, 3]) if size == 3 else ([1, 2, 4, 3], [1, 2, 3, 1, 2, 3]))
    assert isinstance(steps[-1], Swept)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (PermissionMissingError("no"), "denied"),
        (TransientError("failed"), "partial"),
        (ProtocolError("odd"), "partial"),
    ],
)
def test_users_that_cannot_be_listed_cost_the_people_alone(error: CommunityKitError, status: str) -> None:
    def answer(request: Request) -> Any:
        if request.url == "users.json":
            raise error
        return network(request)

    steps = run(discover(scope(company_feed=True)), answer)
    assert slices(steps) == ["messages/3", "members/3", "messages/company"]
    assert [step.status for step in steps if isinstance(step, Gap)] == [status]
    assert [step.record for step in steps if isinstance(step, Swept)] == ["community"]


@pytest.mark.parametrize("privacy", [{}, {"privacy": None}, {"privacy": "restricted"}])
def test_a_group_that_does_not_say_whether_it_is_private_is_taken_for_private(privacy: dict[str, Any]) -> None:
    untold = {"id": 5, "full_name": "Untold", **privacy}

    def answer(request: Request) -> Any:
        found = network(request)
        return [*found, untold] if request.url == "groups.json" and found else found

    steps = run(discover(scope()), answer)
    assert slices(steps) == ["messages/3", "members/3"]
    (gap,) = [step for step in steps if isinstance(step, Gap)]
    assert (gap.status, "include_private" in gap.reason) == ("skipped", True)
    (swept,) = [step for step in steps if isinstance(step, Swept) and step.record == "community"]
    assert swept.held == {"5"}, "what was known as public has not vanished"
    asked = run(discover(scope(private=True)), answer)
    assert slices(asked) == ["messages/3", "members/3", "messages/5", "members/5", "messages/4", "members/4"]
    assert [step for step in asked if isinstance(step, Gap)] == []
