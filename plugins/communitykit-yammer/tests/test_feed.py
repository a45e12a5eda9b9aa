"""How feeds are walked: page sizes, lies, pages that shrink, groups that are closed, interruptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from communitykit import CursorError, PermissionMissingError, ProtocolError
from communitykit.connector import Checkpoint, Gap, Request, Selection, Slice, Swept
from communitykit.testing import drive
from communitykit_yammer import YammerSettings
from communitykit_yammer.api import READERS, discover

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SLICE = Slice("messages/3", "1", ("post", "event"), "yammer:1:community:3", "Group", {"group": "3", "updates": None})


read = READERS["messages"].read


def estimate(selection: Selection, slice_: Slice, checkpoint: Checkpoint | None) -> Mapping[str, int]:
    told = READERS["messages"].estimate
    assert told is not None
    return told(selection, slice_, checkpoint)


def scope(**settings: Any) -> Selection:
    """Make what a run is asked for."""
    ask = {name: settings.pop(name) for name in ("since", "communities", "include_private") if name in settings}
    return Selection(YammerSettings(token="t", **settings), NOW, **ask)


def message(number: int, *, minutes: int | None = None) -> dict[str, Any]:
    """Make a message; its id grows with its time, a minute apart unless told otherwise."""
    written = NOW - timedelta(days=1) + timedelta(minutes=number if minutes is None else minutes)
    return {
        "id": 1000 + number,
        "thread_id": 1000 + number,
        "replied_to_id": None,
        "sender_id": 5,
        "group_id": 3,
        "created_at": written.strftime("%Y/%m/%d %H:%M:%S +0000"),
        "body": {"parsed": f"message {number}"},
        "liked_by": {"count": 0, "names": []},
    }


def server(
    messages: list[dict[str, Any]], *, older: bool | None = None, spoil: Callable[[list[Any]], list[Any]] | None = None
) -> Callable[[Request], Any]:
    """Answer as a feed does; `older` is what `older_available` always says (None: it is absent)."""

    def answer(request: Request) -> Any:
        bound = int(request.params.get("older_than") or 10**18)
        page = sorted((one for one in messages if one["id"] < bound), key=lambda one: -one["id"])[:20]
        meta = {} if older is None else {"older_available": older}
        return {"messages": spoil(page) if spoil else page, "references": [], "meta": meta}

    return answer


def updates(count: int | None) -> Slice:
    return Slice(SLICE.key, "1", SLICE.kinds, SLICE.community_id, "Group", {"group": "3", "updates": count})


@pytest.mark.parametrize("count", [1, 19, 20, 21, 39, 40, 41, 100])
@pytest.mark.parametrize("older", [None, True, False])
def test_any_number_of_messages_whatever_the_flag_says(count: int, older: bool | None) -> None:  # noqa: FBT001 # a case
    messages = [message(number) for number in range(count)]
    driven = drive(read(scope(), updates(count), None), server(messages, older=older))
    assert {one["id"] for one in driven.items("message")} == {one["id"] for one in messages}
    assert len(driven.requests) <= count // 20 + 2
    assert driven.gaps == []
    assert driven.checkpoint is not None
    assert driven.checkpoint["handed"] == {kind: [[1, 999 + count]] for kind in ("event", "post")}


def test_a_flag_that_is_false_too_early_ends_nothing() -> None:
    messages = [message(number) for number in range(45)]
    driven = drive(read(scope(), updates(None), None), server(messages, older=False))
    assert len(driven.items("message")) == 45
    assert len(driven.requests) == 3


def test_a_page_that_shrinks_while_paging_loses_nothing() -> None:
    """Messages that the owner may not see are taken out after the page was cut: the group's own count says so."""
    messages = [message(number) for number in range(55)]
    driven = drive(read(scope(), updates(55), None), server(messages, older=False, spoil=lambda page: page[:17]))
    assert {one["id"] for one in driven.items("message")} == {one["id"] for one in messages}
    flagged = drive(read(scope(), updates(None), None), server(messages, older=True, spoil=lambda page: page[:17]))
    assert {one["id"] for one in flagged.items("message")} == {one["id"] for one in messages}


def test_messages_deleted_while_paging_make_no_loop() -> None:
    messages = [message(number) for number in range(60)]

    def spoil(page: list[Any]) -> list[Any]:
        del messages[: len(messages) // 2]
        return page

    driven = drive(read(scope(), updates(60), None), server(messages, spoil=spoil), limit=10)
    assert len(driven.items("message")) >= 20


def test_a_server_that_repeats_itself_ends_with_an_error() -> None:
    messages = [message(number) for number in range(60)]
    same = {"messages": messages[-20:], "references": [], "meta": {}}
    with pytest.raises(CursorError):
        drive(read(scope(), updates(60), None), lambda _: same)


@pytest.mark.parametrize("count", [20, 39, 50])
def test_each_page_beginning_with_the_last_message_of_the_one_before(count: int) -> None:
    """A page that repeats its cursor, and nothing else, is the end."""
    messages = [message(number) for number in range(count)]

    def answer(request: Request) -> Any:
        bound = request.params.get("older_than")
        page = server(messages)(request)
        if bound:
            page["messages"].insert(0, next(one for one in messages if one["id"] == bound))
        return page

    ids = [one["id"] for one in drive(read(scope(), updates(count + 5), None), answer).items("message")]
    assert sorted(ids) == [one["id"] for one in messages]


def test_what_is_swept_is_bounded_by_ids_and_holds_every_id_once() -> None:
    """Times have no more than seconds, and need not be in the order of ids: they bound nothing."""
    messages = [message(number, minutes=number if number < 5 else 7) for number in range(30)]
    messages[12] = message(12, minutes=-130 * 24 * 60)
    driven = drive(read(scope(), updates(30), None), server(messages))
    there: set[int] = set()
    windows: list[tuple[int, float]] = []
    for step in driven.steps:
        if isinstance(step, Swept):
            assert step.since is None
            assert step.lowest is not None
            high = float("inf") if step.highest is None else step.highest
            assert {one["id"] for one in messages if step.lowest <= one["id"] <= high} == there
            windows.append((step.lowest, high))
            there = set()
        elif getattr(step, "kind", None) == "message":
            there |= {one["id"] for one in step.items}
    assert windows == [(1010, float("inf")), (1000, 1009), (0, 999)]


def test_a_group_that_shows_nothing_though_it_holds_messages_is_closed() -> None:
    empty = {"messages": [], "references": [], "meta": {}}
    driven = drive(read(scope(), updates(12), None), lambda _: empty)
    (gap,) = [step for step in driven.steps if isinstance(step, Gap)]
    assert gap.status == "denied"
    assert "not a member" in gap.reason
    assert driven.checkpoint is None
    assert not [step for step in driven.steps if isinstance(step, Swept)]


def test_an_empty_group_is_not_closed() -> None:
    empty = {"messages": [], "references": [], "meta": {}}
    assert drive(read(scope(), updates(0), None), lambda _: empty).gaps == []


def test_where_the_group_does_not_count_its_list_of_members_tells() -> None:
    def answer(request: Request) -> Any:
        if request.url.startswith("users/in_group"):
            raise PermissionMissingError("closed", status=403)
        return {"messages": []}

    (gap,) = [step for step in drive(read(scope(), updates(None), None), answer).steps if isinstance(step, Gap)]
    assert gap.status == "denied"


def test_a_run_without_news_reads_the_look_back_and_no_more() -> None:
    """At most one request more than the look-back has pages."""
    old = [message(number, minutes=-100 * 24 * 60 + number) for number in range(200)]
    new = [message(1000 + number, minutes=number) for number in range(45)]
    first = drive(read(scope(), updates(245), None), server(old + new))
    assert len(first.items("message")) == 245
    again = drive(read(scope(), updates(245), first.checkpoint), server(old + new))
    assert len(again.requests) <= 1 + 3
    assert {one["id"] for one in new} <= {one["id"] for one in again.items("message")}
    everything = drive(read(scope(lookback="all"), updates(245), first.checkpoint), server(old + new))
    assert len(everything.items("message")) == 245


def test_a_quiet_group_is_not_asked_at_all() -> None:
    old = [message(number, minutes=-100 * 24 * 60 + number) for number in range(30)]
    latest = {"latest": old[-1]["id"], "latest_at": old[-1]["created_at"]}
    quiet = Slice(SLICE.key, "1", SLICE.kinds, SLICE.community_id, "Group", {"group": "3", "updates": 30, **latest})
    first = drive(read(scope(), quiet, None), server(old))
    assert drive(read(scope(), quiet, first.checkpoint), server(old)).requests == []
    moved = Slice(SLICE.key, "1", SLICE.kinds, SLICE.community_id, "Group", {**quiet.params, "updates": 29})
    assert len(drive(read(scope(), moved, first.checkpoint), server(old[1:])).requests) == 1
    assert drive(read(scope(lookback="all"), quiet, first.checkpoint), server(old)).requests


@pytest.mark.parametrize("cut", range(1, 7))
def test_a_run_cut_after_any_page_goes_on_from_there(cut: int) -> None:
    messages = [message(number, minutes=-100 * 24 * 60 + number) for number in range(130)]
    answer = server(messages)

    def failing(request: Request) -> Any:
        nonlocal asked
        asked += 1
        if asked > cut:
            raise PermissionMissingError("the run was cut")
        return answer(request)

    def cut_off(checkpoint: Any) -> Any:
        kept: list[Any] = []
        flow = read(scope(), updates(130), checkpoint)
        with suppress(PermissionMissingError):
            drive(_watched(flow, kept), failing)
        saved = [step.checkpoint for step in kept if getattr(step, "checkpoint", None) is not None]
        return kept, saved[-1] if saved else checkpoint

    asked = 0
    steps, checkpoint = cut_off(None)
    rest = drive(read(scope(), updates(130), checkpoint), answer)
    found = {one["id"] for step in steps if getattr(step, "kind", "") == "message" for one in step.items}
    found |= {one["id"] for one in rest.items("message")}
    assert found == {one["id"] for one in messages}
    assert asked + len(rest.requests) <= 9 + 1


def _watched(flow: Any, kept: list[Any]) -> Any:
    answer = None
    error: Exception | None = None
    while True:
        try:
            step = flow.throw(error) if error else flow.send(answer)
        except StopIteration:
            return
        error = None
        kept.append(step)
        try:
            answer = yield step
        except PermissionMissingError as raised:
            error = raised


def test_an_interrupted_look_back_goes_on_where_it_stopped() -> None:
    messages = [message(number) for number in range(100)]
    first = drive(read(scope(), updates(100), None), server(messages))
    assert first.checkpoint is not None
    later = [*messages, message(200), message(201)]
    handed = {kind: [[1, 1099], [1100, 1201]] for kind in ("event", "post")}
    stopped = {**first.checkpoint, "handed": handed, "walked": [[1050, 1201]]}
    again = drive(read(scope(), updates(102), stopped), server(later))
    assert [request.params.get("older_than") for request in again.requests][:2] == [None, 1050]
    assert again.checkpoint is not None
    assert again.checkpoint["handed"]["post"] == [[1, 1201]]
    assert again.checkpoint["walked"] == []


def test_news_that_came_after_the_run_began_wait_for_the_next_one() -> None:
    future = message(1, minutes=24 * 60 + 5)
    driven = drive(read(scope(), updates(2), None), server([message(0), future]))
    assert [one["id"] for one in driven.items("message")] == [1000]
    assert driven.checkpoint is not None
    assert driven.checkpoint["handed"]["post"] == [[1, 1000]]
    later = drive(
        read(replace(scope(), until=NOW + timedelta(hours=1)), updates(2), driven.checkpoint),
        server([message(0), future]),
    )
    assert {one["id"] for one in later.items("message")} == {1000, 1001}


def test_since_bounds_the_past_and_a_later_wish_goes_further() -> None:
    messages = [message(number) for number in range(100)]
    since = NOW - timedelta(days=1) + timedelta(minutes=70)
    driven = drive(read(scope(since=since), updates(100), None), server(messages))
    assert [one["id"] for one in driven.items("message")] == list(range(1099, 1069, -1))
    more = drive(read(scope(), updates(100), driven.checkpoint), server(messages))
    assert {one["id"] for one in more.items("message")} >= set(range(1000, 1070))


def test_the_whole_list_of_likers_is_asked_for_where_it_is_cut() -> None:
    liked = {**message(1), "liked_by": {"count": 51, "names": [{"user_id": 1, "network_id": 1}]}}

    def answer(request: Request) -> Any:
        if request.url.startswith("users/liked_message"):
            page = int(request.params["page"])
            return {
                "users": [{"id": number, "full_name": "x"} for number in range(page * 50 - 49, min(52, page * 50 + 1))]
            }
        return {"messages": [liked]}

    driven = drive(read(scope(reactions="full"), updates(1), None), answer)
    (item,) = driven.items("message")
    assert len(item["liked_by"]["names"]) == 51
    again = drive(read(scope(reactions="full"), updates(1), driven.checkpoint), answer)
    assert [request.url for request in again.requests] == ["messages/in_group/3.json"]


def test_a_liker_whom_the_list_skipped_is_found_by_a_second_walk() -> None:
    """The first took their reaction back while the second page was on its way: everybody behind moved up."""
    liked = {**message(1), "liked_by": {"count": 52, "names": [{"user_id": 1, "network_id": 1}]}}
    walks = iter([range(1, 51), range(52, 53), range(2, 52), range(52, 53)])

    def answer(request: Request) -> Any:
        if request.url.startswith("users/liked_message"):
            return {"users": [{"id": number, "full_name": "x"} for number in next(walks)]}
        return {"messages": [liked]}

    driven = drive(read(scope(reactions="full"), updates(1), None), answer)
    assert {one["user_id"] for one in driven.items("message")[0]["liked_by"]["names"]} == set(range(1, 53))
    assert next(walks, None) is None


def test_likers_who_cannot_be_read_are_asked_for_again() -> None:
    liked = {**message(1), "liked_by": {"count": 3, "names": [{"user_id": 1, "network_id": 1}]}}
    users: list[Any] = [{"id": 1}, None, {"id": 3}]

    def answer(request: Request) -> Any:
        return {"users": users} if request.url.startswith("users/liked_message") else {"messages": [liked]}

    driven = drive(read(scope(reactions="full"), updates(1), None), answer)
    assert None in driven.items("message")[0]["liked_by"]["names"]  # its translation says what is wrong with it
    users[1] = {"id": 2}
    again = drive(read(scope(reactions="full"), updates(1), driven.checkpoint), answer)
    assert [one["user_id"] for one in again.items("message")[0]["liked_by"]["names"]] == [1, 2, 3]


def test_an_empty_list_in_place_of_an_object_is_no_page() -> None:
    liked = {**message(1), "liked_by": {"count": 2, "names": [{"user_id": 1, "network_id": 1}]}}
    told = drive(
        read(scope(reactions="full"), updates(1), None), lambda one: [] if "liked" in one.url else {"messages": [liked]}
    )
    assert len(told.items("message")[0]["liked_by"]["names"]) == 1
    assert "tried again" in told.gaps[0]
    members = Slice("members/3", "1", ("membership", "member"), SLICE.community_id, "Group members", {"group": "3"})
    with pytest.raises(ProtocolError):
        drive(READERS["members"].read(scope(), members, None), lambda _one: [])


def test_a_network_without_groups_is_complete() -> None:
    def answer(request: Request) -> Any:
        return [{"id": 1, "name": "N", "is_primary": True}] if request.url == "networks/current.json" else []

    driven = drive(discover(scope()), answer)
    assert [step for step in driven.steps if isinstance(step, Slice)] == []
    assert driven.items("network")
    assert driven.gaps == []


def test_estimates_come_from_the_groups_own_figures() -> None:
    assert estimate(scope(), updates(150), None) == {"messages": 8}
    assert estimate(scope(), updates(None), None) == {}
    assert estimate(scope(), updates(150), {"v": 2, "handed": {"event": [[1, 9]], "post": [[1, 9]]}, "recent": 25}) == {
        "messages": 2
    }
