"""The endpoints of Yammer's REST API, each with its own paging."""

# ruff: noqa: ARG001 # all handlers have one signature

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from pydantic_core import to_json

from communitykit.connector import JSON
from communitykit.sandbox import Answer, Call, Message, Place
from communitykit_yammer.sandbox import directory, naming, rendering

if TYPE_CHECKING:
    from communitykit_yammer.sandbox.desk import YammerDesk

T = TypeVar("T")

_LARGEST = 20
_LIE = 5
"""Of so many full pages one says that nothing older is there, though there is."""


def networks(desk: YammerDesk, call: Call) -> Answer:
    """List networks: the home network only, with Entra tokens."""
    return Answer.of([directory.network_object(desk.world)])


def me(desk: YammerDesk, call: Call) -> Answer:
    """Tell whose token it is."""
    owner = desk.world.people[0]
    found = directory.user_object(desk.world, owner)
    if not desk.site.options.get("administrator", True):
        found["admin"] = found["verified_admin"] = "false"
    return Answer.of(found)


def list_users(desk: YammerDesk, call: Call) -> Answer:
    """List active users and guests; no bots, nobody who left, nobody of other networks."""
    people = _now(desk, call, [one for one in desk.users.values() if one.active and one.kind != "external"])
    return Answer.of([directory.user_object(desk.world, one) for one in _page_of(desk, call, people)])


def one_user(desk: YammerDesk, call: Call, native: str) -> Answer:
    """Tell about one user."""
    person = desk.users.get(int(native))
    return Answer.of(directory.user_object(desk.world, person)) if person else desk.failure("missing")


def list_groups(desk: YammerDesk, call: Call) -> Answer:
    """List public groups, or with `mine` those of the token's owner, private ones among them."""
    mine = str(call.fields.get("mine", "")) in {"1", "true"}
    company = str(call.fields.get("showAllCompanyGroup", "")) in {"1", "true"}
    shown = [
        place
        for place in desk.places.values()
        if (place.privacy == "public" and (company or not place.default or mine))
        or (mine and place.privacy == "private" and place.number not in desk.site.unreadable)
    ]
    page = _page_of(desk, call, _now(desk, call, shown))
    return Answer.of([directory.group_object(desk.world, one, desk.feed(one)[::-1]) for one in page])


def one_group(desk: YammerDesk, call: Call, native: str) -> Answer:
    """Tell about one group."""
    place = desk.places.get(int(native))
    if place is None or place.privacy == "direct":
        return desk.failure("missing")
    return Answer.of(directory.group_object(desk.world, place, desk.feed(place)[::-1]))


def list_members(desk: YammerDesk, call: Call, native: str) -> Answer:
    """List who is in a group; closed to those who may not see it."""
    place = desk.places.get(int(native))
    if place is None:
        return desk.failure("missing")
    if place.number in desk.site.unreadable:
        return desk.failure("denied")
    people = _now(desk, call, [desk.world.people[number] for number in place.present()])
    page = _page_of(desk, call, people)
    more = int(call.fields.get("page") or 1) * desk.rows < len(people)
    rows = [
        directory.reference(desk.world, one) if one.kind == "bot" else directory.user_object(desk.world, one)
        for one in page
    ]
    return Answer.of({"users": rows, "more_available": more})


def in_group(desk: YammerDesk, call: Call, native: str) -> Answer:
    """Show a group's feed; 200 and nothing to those who may not see it."""
    place = desk.places.get(int(native))
    if place is None or place.privacy == "direct":
        return desk.failure("missing")
    if place.number in desk.site.unreadable:
        return _envelope(desk, call, [], None, older=False)
    return _feed(desk, call, desk.feed(place), place)


def in_thread(desk: YammerDesk, call: Call, native: str) -> Answer:
    """Show a thread."""
    found = _find(desk, int(native))
    if found is None:
        return desk.failure("missing")
    whole = [one for one in (found, *found.replies) if one.live]
    return _feed(desk, call, whole, None)


def one_thread(desk: YammerDesk, call: Call, native: str) -> Answer:
    """Tell about one thread."""
    found = _find(desk, int(native))
    return Answer.of(rendering.thread_object(desk.world, found)) if found else desk.failure("missing")


def everything(desk: YammerDesk, call: Call) -> Answer:
    """Show the feed of the whole company: what stands in public groups."""
    places = [place for place in desk.places.values() if place.privacy == "public"]
    messages = sorted((one for place in places for one in desk.feed(place)), key=lambda one: (one.at, one.place))
    return _feed(desk, call, messages, None)


def one_message(desk: YammerDesk, call: Call, native: str) -> Answer:
    """Tell about one message; deleted ones are not found."""
    found = _find(desk, int(native))
    return Answer.of(rendering.message_object(desk.world, found, cut=desk.cut)) if found else desk.failure("missing")


def liked_message(desk: YammerDesk, call: Call, native: str) -> Answer:
    """List everybody who reacted."""
    found = _find(desk, int(native))
    if found is None:
        return desk.failure("missing")
    people = _now(desk, call, rendering.likers(desk.world, found))
    rows = [directory.reference(desk.world, one) for one in _page_of(desk, call, people)]
    return Answer.of({"users": rows, "total_count": len(people)})


def _find(desk: YammerDesk, number: int) -> Message | None:
    index, at = naming.place_and_moment(number)
    if index >= len(desk.world.places) or desk.world.places[index].privacy == "direct":
        return None
    found = desk.world.message(desk.world.places[index], at)
    return found if found is not None and found.live else None


def _page_of(desk: YammerDesk, call: Call, rows: Sequence[JSON]) -> list[JSON]:
    page = max(1, int(call.fields.get("page") or 1))
    return list(rows[(page - 1) * desk.rows : page * desk.rows])


def _now(desk: YammerDesk, call: Call, rows: Sequence[T]) -> Sequence[T]:
    """Return a whole list as it is at this moment: between two pages it may shift."""
    return desk.site.listed(f"{call.path} {call.fields.get('mine', '')}".strip(), rows)


def _feed(desk: YammerDesk, call: Call, messages: list[Message], place: Place | None) -> Answer:
    """Cut a page, newest first: `older_than` and `newer_than` are exclusive, and the newest come first anyway."""
    numbers = [naming.message(one.place, one.at) for one in messages]
    older = int(call.fields.get("older_than") or 0)
    newer = int(call.fields.get("newer_than") or 0)
    end = bisect_left(numbers, older) if older else len(numbers)
    begin = bisect_left(numbers, newer + 1) if newer else 0
    size = min(desk.page, max(1, int(call.fields.get("limit") or _LARGEST)))
    page = messages[max(begin, end - size) : end][::-1]
    if desk.thin and len(page) == size and page[-1].at // 10 % 3 == 0:
        page = page[: size - 2]  # what the owner may not see is taken out after the page was cut
    left = end - size > begin
    line = place is not None and not left and end - begin < size and not begin and _has_line(desk, place, older)
    lie = left and not desk.honest and int(hashlib.sha256(call.key.encode()).hexdigest(), 16) % _LIE == 0
    return _envelope(desk, call, page, place if line else None, older=left and not lie)


def _has_line(desk: YammerDesk, place: Place, older: int) -> bool:
    return not older or naming.message(place.number, place.created_at) < older


def _envelope(desk: YammerDesk, call: Call, page: list[Message], line: Place | None, *, older: bool) -> Answer:
    world = desk.world
    shown = [rendering.message_object(world, one, cut=desk.cut) for one in page]
    if line is not None:
        shown.append(rendering.system_object(world, line))
    meta = {
        "older_available": older,
        "requested_poll_interval": 60,
        "realtime": {"uri": "https://rt.example/cometd/", "authentication_token": "secret", "channel_id": "MTM6"},
        "current_user_id": naming.user(world, world.people[0]),
        "feed_name": "Company Feed",
        "feed_desc": f"Messages of {call.path}",
        "liked_message_ids": [],
    }
    body = {"threaded_extended": {}, "messages": shown, "references": _references(desk, page), "meta": meta}
    return Answer(200, to_json(body), {"content-type": "application/json; charset=utf-8"})


def _references(desk: YammerDesk, page: list[Message]) -> list[dict[str, JSON]]:
    """Return who wrote, threads, and parents off the page; likers are left out, and so are people only mentioned."""
    world = desk.world
    authors = dict.fromkeys(one.author for one in page)
    found = [directory.reference(world, world.people[number]) for number in authors]
    on_page = {(one.place, one.at) for one in page}
    roots = {(one.place, world.root_of(one).at): world.root_of(one) for one in page}
    found += [rendering.thread_object(world, root) for root in roots.values()]
    parents = {}
    for one in page:
        for other in (naming.parent_of(world, one), world.root_of(one)):
            if other is not None and other.live and (other.place, other.at) not in on_page:
                parents[(other.place, other.at)] = other
    return found + [rendering.short_object(world, one) for one in parents.values()]


ROUTES: tuple[tuple[str, Callable[..., Answer]], ...] = (
    (r"networks/current", networks),
    (r"users/current", me),
    (r"users", list_users),
    (r"users/in_group/(\d+)", list_members),
    (r"users/liked_message/(\d+)", liked_message),
    (r"users/(\d+)", one_user),
    (r"groups", list_groups),
    (r"groups/(\d+)", one_group),
    (r"threads/(\d+)", one_thread),
    (r"messages", everything),
    (r"messages/in_group/(\d+)", in_group),
    (r"messages/in_thread/(\d+)", in_thread),
    (r"messages/(\d+)", one_message),
)
"""What answers which path."""
