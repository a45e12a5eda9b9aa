"""What becomes of identities in a company: domains, names and addresses change, and people have several accounts.

`spoil` does that to a world, before it is shown; `who_is_who` is the truth that a resolver of persons is held to.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from random import Random

from communitykit.sandbox import vocabulary as words
from communitykit.sandbox.people import Former, Person
from communitykit.sandbox.times import DAY
from communitykit.sandbox.world import World

SHARED_MAILBOX = "support"


def spoil(world: World, *, dirt: float = 1.0) -> World:
    """Let happen to a world's people what happens in companies; `dirt` multiplies how much of it.

    Some platforms still show the former domain, plus-parts, or the name and address before a wedding; colleagues of one
    department have one name; somebody has a second account on one platform; an address was given to somebody new;
    somebody left and came back under another number, with the same directory id or a new one; a desk has a mailbox,
    and somebody's account its address. At least one of each happens. The world is changed in place, and returned.

    Raises ValueError for a world that streams its posts, which stands still.
    """
    if not world.size.held:
        raise ValueError("a streamed world stands still")
    rng = Random(f"{world.seed}/identities")
    staff = [one for one in world.people if one.kind == "employee" and one.active and not one.leader]
    rng.shuffle(staff)
    queue = iter(staff)

    def some(share: float) -> Iterator[Person]:
        for _ in range(max(1, round(share * dirt * len(staff)))):
            if (one := next(queue, None)) is not None:
                yield one

    for one in some(0.06):  # a domain that was migrated everywhere but there
        one.former = Former(domain=_some_of(one.platforms, rng))
    for one in some(0.04):
        one.former = Former(plus=_some_of(one.platforms, rng))
    for one in some(0.03):
        family, slug = words.FAMILY[int(rng.random() * len(words.FAMILY))]
        given = one.slug.split(".")[0]
        one.former = Former(name=_some_of(one.platforms, rng), family=family, slug=f"{given}.{slug}{one.number}.x")
    for one in some(0.02):
        twin = next((other for other in staff if other.department == one.department and other is not one), None)
        if twin is not None:
            one.given, one.family = twin.given, twin.family
    for one in some(0.004):
        place = one.platforms[len(one.platforms) // 2]
        _add(world, one, slug=f"adm.{one.slug}", platforms=(place,), directory_id=None)
    for one, fresh in zip(some(0.004), some(0.004), strict=False):  # the address was given to somebody new
        _leave(world, one, rng)
        fresh.mailbox, fresh.hired_at = one.slug, (one.left_at or 0) + 30 * DAY
    for one in some(0.004):  # most directories wake the old account up
        _come_back(world, one, rng, same=rng.random() < 0.7)  # noqa: PLR2004 # same
    for one in some(0.005):
        _share(world, one, staff)
    world.version += 1
    return world


def who_is_who(world: World) -> dict[int, int]:
    """Return whose account each entry of `World.people` is: the number of the person's first one."""
    return {one.number: one.number if one.same_as is None else one.same_as for one in world.people}


def _come_back(world: World, person: Person, rng: Random, *, same: bool) -> None:
    """Let somebody leave and come back under another number, with the `same` directory id or a new one."""
    _leave(world, person, rng)
    guid = person.directory_id if same else str(uuid.UUID(int=rng.getrandbits(128), version=4))
    again = _add(world, person, slug=f"{person.slug}.b", platforms=person.platforms[-1:], directory_id=guid)
    again.employee_number, again.left_at = f"B{20000 + again.number}", None
    again.mailbox, again.hired_at = person.slug, (person.left_at or 0) + 90 * DAY


def _share(world: World, person: Person, staff: list[Person]) -> None:
    """Give a desk a mailbox with an account; somebody signs up elsewhere with its address."""
    desk = _add(world, person, slug=f"{SHARED_MAILBOX}.{person.number}", platforms=person.platforms[:1],
                directory_id=None)  # fmt: skip
    desk.given, desk.family, desk.mailbox, desk.same_as = "Support", "", SHARED_MAILBOX, None
    desk.employee_number = desk.manager = desk.title = None
    for other in staff:
        if desk.platforms[0] not in other.platforms and other.former is None and other.mailbox is None:
            other.mailbox = SHARED_MAILBOX
            return


def _some_of(platforms: tuple[str, ...], rng: Random) -> frozenset[str]:
    chosen = frozenset(one for one in platforms if rng.random() < 0.5)  # noqa: PLR2004 # half of them
    return chosen or frozenset(platforms[:1])


def _leave(world: World, person: Person, rng: Random) -> None:
    person.left_at = world.start_us + int(rng.random() * 0.3 * (world.now_us - world.start_us))
    person.updated_at = person.left_at


def _add(world: World, person: Person, *, slug: str, platforms: tuple[str, ...], directory_id: str | None) -> Person:
    """Add an account of somebody's as a person of its own: that is what the directories hold."""
    more = replace(
        person,
        number=len(world.people),
        slug=slug,
        platforms=platforms,
        directory_id=directory_id,
        same_as=person.number,
        former=None,
        leader=False,
        admin=False,
    )
    world.people.append(more)
    return more
