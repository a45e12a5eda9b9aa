from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from communitykit.sandbox import CHANGES, DAY, MINUTE, SIZES, Message, Size, World, from_us, to_us
from communitykit.sandbox.scenes import SCENES
from communitykit.sandbox.times import busy, unbusy


def digest(world: World) -> str:
    """Everything there is, as one number."""
    whole = hashlib.sha256()
    for person in world.people:
        whole.update(repr(person).encode())
    for place in world.places:
        whole.update(repr(place).encode())
        for message in world.messages(place):
            told = (message.at, message.author, message.segments, message.reactions, message.root, message.edited_at)
            whole.update(repr((*told, message.deleted_at, message.files, message.pinned, message.broadcast)).encode())
    return whole.hexdigest()[:16]


def everything(world: World) -> Iterator[Message]:
    for place in world.places:
        yield from world.messages(place)


def test_the_world_is_the_same_on_every_machine() -> None:
    # A changed number means that every recorded expectation about the world changes with it: say so in the changelog.
    assert digest(World(seed=1, size="tiny", platforms=("slack",))) == "8edf684701e0534b"
    assert digest(World(seed=2, size="small", platforms=("a", "b"))) == "a78825448a37614c"


def test_another_seed_is_another_world_and_time_is_relative_to_now() -> None:
    first = World(seed=1, platforms=("slack",))
    assert digest(first) != digest(World(seed=2, platforms=("slack",)))
    later = World(seed=1, platforms=("slack",), now=first.now + timedelta(days=70))
    shift = later.now_us - first.now_us
    assert [message.at - shift for message in everything(later)] == [message.at for message in everything(first)]


def test_a_world_needs_a_known_size_a_platform_and_a_time_zone() -> None:
    with pytest.raises(ValueError, match="no size 'huge'; sizes: tiny, small, medium, large"):
        World(size="huge")
    with pytest.raises(ValueError, match="at least one platform"):
        World(platforms=())
    with pytest.raises(ValueError, match="time zone"):
        World(now=datetime(2026, 1, 1))  # noqa: DTZ001 # the mistake


@pytest.mark.parametrize("size", ["tiny", "small"])
def test_sizes_are_about_what_they_say(size: str) -> None:
    world = World(size=size, platforms=("slack",))
    wanted = SIZES[size]
    assert len([person for person in world.people if person.kind != "bot"]) == wanted.people
    assert wanted.posts * 0.8 < sum(1 for _ in everything(world)) < wanted.posts * 1.2


def test_nothing_happens_before_its_time_or_after_now(world: World) -> None:
    for message in everything(world):
        place = world.places[message.place]
        assert place.created_at <= message.at < world.now_us
        assert message.root is None or message.root < message.at
        for later in (message.edited_at, message.deleted_at, *(one.at for one in message.reactions)):
            assert later is None or message.at < later <= world.now_us
    for place in world.places:
        moments = [message.at for message in world.messages(place)] + [notice.at for notice in place.notices]
        assert len(set(moments)) == len(moments)


def test_everybody_who_leads_is_led_and_the_tree_has_one_root() -> None:
    world = World(size="small", platforms=("slack",))
    employees = [person for person in world.people if person.kind == "employee"]
    assert [person.number for person in employees if person.manager is None] == [0]
    for person in employees:
        seen = set()
        while person.manager is not None:
            assert person.number not in seen
            seen.add(person.number)
            person = world.people[person.manager]  # noqa: PLW2901 # climbing the tree
        assert person.number == 0
    kinds = Counter(person.kind for person in world.people)
    assert set(kinds) == {"employee", "guest", "external", "bot"}
    assert any(not person.active for person in employees)
    assert any(person.hired_at > world.now_us - 60 * DAY for person in employees)
    assert len({person.site.time_zone for person in employees}) > 5


def test_people_have_accounts_on_some_platforms_and_communities_one() -> None:
    platforms = ("one", "two", "three", "four")
    world = World(size="small", platforms=platforms)
    counts = Counter(len(person.platforms) for person in world.people)
    assert set(counts) == {1, 2, 3, 4}
    for platform in platforms:
        places = world.on(platform)
        assert {place.health for place in places} >= {"thriving", "broadcast", "duo", "silent", "closed"}
        for place in places:
            assert all(platform in world.people[number].platforms for number in place.present())
    assert any(
        world.account(person, "one").display_name != world.account(person, "two").display_name
        for person in world.people
        if {"one", "two"} <= set(person.platforms)
    )


def test_the_tiny_world_has_every_scene() -> None:
    world = World(size="tiny", platforms=("slack",))
    general = list(world.messages(world.places[0]))
    roots = [message for message in general if message.root is None]
    assert len(roots) >= len(SCENES)
    assert any(not root.live and root.living() for root in roots)
    assert any(not root.live and not root.replies for root in roots)
    assert any(reply.edited_at for reply in general if reply.root)
    assert any(not reply.live for reply in general if reply.root)
    assert any(reply.broadcast and reply.live for reply in general)
    assert any(root.pinned for root in roots)
    assert any(root.replies and root.replies[-1].at - root.at > 21 * DAY for root in roots)
    assert any(len(root.reactions) >= 6 for root in roots)
    assert any(root.files and root.live for root in roots)
    assert any(root.shares for root in roots)
    assert {root.kind for root in roots} >= {"post", "question", "poll", "praise", "announcement"}
    mentioned = {segment.kind for message in general for segment in message.segments}
    assert mentioned >= {"text", "bold", "link", "person", "circle", "place", "everyone", "emoji"}
    assert {world.people[message.author].solo for message in general if world.people[message.author].kind == "bot"} == {
        True,
        False,
    }
    assert any(message.language in {"ar", "he"} for message in general)


def test_replies_come_as_late_as_they_do_in_reality() -> None:
    world = World(seed=5, size=Size(people=60, posts=12_000, communities=10), platforms=("slack",))
    waits = sorted(reply.at - root.at for root in everything(world) if root.root is None for reply in root.replies)
    assert 5 * MINUTE < waits[len(waits) // 2] < 25 * MINUTE
    over_two_days = sum(wait > 2 * DAY for wait in waits) / len(waits)
    assert 0.004 < over_two_days < 0.03
    assert waits[-1] > 21 * DAY


def test_working_time_runs_forward_and_back() -> None:
    start = to_us(datetime(2026, 3, 2, 6, 0, tzinfo=UTC))
    moments = [start + hour * 3_600_000_000 for hour in range(24 * 8)]
    amounts = [busy(moment) for moment in moments]
    assert all(first <= second for first, second in pairwise(amounts))
    assert all(busy(unbusy(amount)) == amount for amount in amounts)
    assert from_us(start) == datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


def test_a_streamed_world_is_the_same_wherever_it_is_entered() -> None:
    size = Size(people=40, posts=5_000, communities=8, held=False)
    world = World(size=size, platforms=("slack",))
    place = world.places[0]
    whole = [item.at for item in world.scan(place)]
    assert whole == sorted(whole)
    assert [item.at for item in world.scan(place, newest_first=True)] == whole[::-1]
    fresh = World(size=size, platforms=("slack",))
    middle = whole[len(whole) // 2]
    assert [item.at for item in fresh.scan(fresh.places[0], after=middle)] == [at for at in whole if at > middle]
    assert [item.at for item in fresh.scan(fresh.places[0], before=middle)] == [at for at in whole if at < middle]
    for root in list(world.messages(place))[:50]:
        if root.root is None:
            found = fresh.message(fresh.places[0], root.at)
            assert found is not None
            assert (found.segments, len(found.replies)) == (root.segments, len(root.replies))
    with pytest.raises(ValueError, match="stands still"):
        world.advance(1)


def test_time_passes_the_same_way_twice_and_everything_happens() -> None:
    first, second = World(seed=3, platforms=("slack",)), World(seed=3, platforms=("slack",))
    changes = first.advance(7)
    assert [(change.kind, change.at, change.person) for change in changes] == [
        (change.kind, change.at, change.person) for change in second.advance(7)
    ]
    assert digest(first) == digest(second)
    assert {change.kind for change in changes} == set(CHANGES)
    assert [change.at for change in changes] == sorted(change.at for change in changes)
    assert all(first.now_us - 7 * DAY < change.at <= first.now_us for change in changes)


def test_changes_can_be_limited_to_kinds_and_to_young_posts() -> None:
    world = World(seed=3, size="small", platforms=("slack",))
    changes = world.advance(10, reach=timedelta(days=30), kinds=frozenset({"edited", "replied", "posted"}))
    assert {change.kind for change in changes} == {"edited", "replied", "posted"}
    for change in changes:
        assert change.message is not None
        assert world.root_of(change.message).at >= world.now_us - 30 * DAY
    with pytest.raises(ValueError, match="no such change: exploded"):
        world.advance(1, kinds=frozenset({"exploded"}))


def test_a_deleted_community_is_in_no_list_and_comes_back_as_it_was() -> None:
    world = World(seed=1, platforms=("slack",))
    place, version = world.on("slack")[1], world.version
    before = [message.at for message in world.messages(place)]
    world.close(place)
    assert place not in world.on("slack")
    assert world.version > version
    world.close(place, closed=False)
    assert world.on("slack")[1] is place
    assert [message.at for message in world.messages(place)] == before


def test_a_deleted_account_is_on_no_platform_and_in_no_community() -> None:
    world = World(seed=1, platforms=("slack",))
    person = next(one for one in world.people if any(one.number in place.present() for place in world.places))
    world.remove(person)
    assert person.removed
    assert person.platforms == ()
    assert not person.active
    assert not any(person.number in place.present() for place in world.places)
    assert not any(person.number in circle.members for circle in world.circles)


@pytest.mark.parametrize("seed", [1, 5, 9])
def test_a_reaction_is_taken_back_where_others_stay_and_where_none_does(seed: int) -> None:
    world = World(seed=seed, size="tiny", platforms=("slack",))
    undone = [one for one in world.advance(days=1, kinds=frozenset({"unreacted"})) if one.message is not None]
    assert {bool(one.message.reactions) for one in undone if one.message} == {True, False}
    assert all(one.message.withdrawn for one in undone if one.message)
    assert len({(one.place, one.message.at) for one in undone if one.message}) == len(undone)
