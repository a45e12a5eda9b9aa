"""Where people meet: communities of different health, who is in them since when, and groups of people. Pure."""

# ruff: noqa: PLR2004 # how likely things are stands where they happen

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal

from communitykit.sandbox import vocabulary as words
from communitykit.sandbox.people import Person
from communitykit.sandbox.times import DAY, MINUTE, SECOND

Health = Literal["thriving", "steady", "broadcast", "duo", "silent", "fresh", "closed"]
Privacy = Literal["public", "private", "direct"]

_QUIET_FROM = 100
"""In a community of more people, platforms do not announce who comes and goes."""


@dataclass(slots=True)
class Stay:
    """Somebody in a community, from one moment to another. `told`: the platform shows a line about it."""

    person: int
    since: int
    until: int | None = None
    told: bool = True
    told_leaving: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """A line that the platform itself writes; `detail` is a new name or topic, `previous` the name before."""

    place: int
    at: int
    kind: Literal["joined", "left", "renamed", "topic", "archived"]
    person: int
    detail: str | None = None
    previous: str | None = None


@dataclass(slots=True)
class Place:
    """A community on one platform. `roots` is how many threads it has been given, over its whole time."""

    number: int
    platform: str
    name: str
    purpose: str
    health: Health
    privacy: Privacy
    created_at: int
    ends_at: int
    creator: int
    default: bool = False
    shared: bool = False
    archived: bool = False
    closed: bool = field(default=False, repr=False)
    """Whether it was deleted, with everything in it; it may be restored."""
    topic: str | None = None
    previous_names: tuple[str, ...] = ()
    updated_at: int = 0
    posts: int = 0
    seats: int = 0
    """How many people a direct conversation is between."""
    stays: list[Stay] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def present(self) -> list[int]:
        """List who is in it now, in the order in which they came."""
        return list(dict.fromkeys(stay.person for stay in self.stays if stay.until is None))

    def name_at(self, moment: int) -> str:
        """Return what it was called then: bodies that name it are not written anew when it is renamed."""
        later = next((one for one in self.notices if one.kind == "renamed" and one.at > moment), None)
        return self.name if later is None else later.previous or self.name


@dataclass(slots=True)
class Circle:
    """A named group of people that can be mentioned (a team, a duty rota)."""

    number: int
    handle: str
    name: str
    created_at: int
    creator: int
    members: list[int]


# health, privacy, share of the posts; the first is everybody's, the order repeats for larger companies
_PLAN: tuple[tuple[Health, Privacy, float], ...] = (
    ("broadcast", "public", 1.5),
    ("duo", "public", 2.0),
    ("silent", "public", 1.0),
    ("steady", "private", 2.0),
    ("thriving", "public", 4.0),
    ("closed", "public", 1.0),
    ("fresh", "public", 0.7),
    ("steady", "public", 2.5),
    ("thriving", "public", 4.0),
    ("silent", "public", 1.0),
    ("steady", "public", 2.5),
    ("duo", "private", 1.0),
)
_EVERYBODY = 10.5
"""Share of the posts in the community of everybody."""
_DIRECT = 0.5
"""Share of the posts in each direct conversation."""
_SEATS = (2, 4)
"""How many people each direct conversation is between."""
_SHARED = 4
"""Position in the plan of the community that is shared with the partner company."""


def make_places(
    seed: str, people: list[Person], *, count: int, posts: int, start: int, now: int, platforms: tuple[str, ...]
) -> list[Place]:
    """Make the communities of every platform; each platform has all kinds, even in a small company."""
    each = max(len(_PLAN[:6]) + 1, count // len(platforms))
    budget = posts // len(platforms)
    places: list[Place] = []
    for platform in platforms:
        own = [_general(platform, len(places), budget, start, now)]
        plan = [_PLAN[index % len(_PLAN)] for index in range(each - 1)]
        total = _EVERYBODY + sum(weight for *_, weight in plan) + _DIRECT * len(_SEATS)
        own[0].posts = int(budget * _EVERYBODY / total)
        for index, (health, privacy, weight) in enumerate(plan):
            share = int(budget * weight / total)
            place = _place(seed, platform, len(places) + 1 + index, index, health=health, start=start, now=now)
            place.privacy, place.posts = privacy, share
            if privacy == "private":
                place.name = f"internal-{place.name}"
            own.append(place)
        for seats in _SEATS:
            share = int(budget * _DIRECT / total)
            own.append(_direct(platform, len(places) + len(own), seats, posts=share, start=start, now=now))
        present = [person for person in people if platform in person.platforms]
        for place in own:
            _settle(seed, place, present, now)
        places.extend(own)
    return places


def make_circles(seed: str, people: list[Person], *, start: int) -> list[Circle]:
    """Make a group for every department and one for people on duty."""
    departments = sorted({person.department for person in people if person.department})
    circles = [
        Circle(
            number=index,
            handle=name.lower().replace(" ", "-"),
            name=f"{name} team",
            created_at=start + index * MINUTE,
            creator=0,
            members=[person.number for person in people if person.department == name and person.active],
        )
        for index, name in enumerate(departments)
    ]
    staff = [person.number for person in people if person.kind == "employee" and person.active]
    duty = sorted(Random(f"{seed}/duty").sample(staff, min(3, len(staff))))
    circles.append(Circle(len(circles), "on-duty", "People on duty", start + DAY, 0, duty))
    return circles


def _general(platform: str, number: int, posts: int, start: int, now: int) -> Place:
    return Place(
        number=number,
        platform=platform,
        name="general",
        purpose="For everyone at the company",
        health="thriving",
        privacy="public",
        created_at=start,
        ends_at=now,
        creator=0,
        default=True,
        topic="Welcome!",
        updated_at=start,
        posts=posts,
    )


def _place(seed: str, platform: str, number: int, index: int, *, health: Health, start: int, now: int) -> Place:
    rng = Random(f"{seed}/place/{number}")
    base, purpose = words.PLACES[index % len(words.PLACES)]
    turn = index // len(words.PLACES)
    created = start + int(rng.random() * 0.3 * (now - start)) // SECOND * SECOND
    ends = now
    if health == "fresh":
        created = now - 12 * DAY + int(rng.random() * DAY) // SECOND * SECOND
    if health in {"silent", "closed"}:
        ends = max(created + 20 * DAY, now - int((0.35 + 0.2 * rng.random()) * (now - start)))
    name = base if not turn else f"{base}-{turn + 1}"
    shared = index == _SHARED
    return Place(
        number=number,
        platform=platform,
        name=f"borealis-{name}" if shared else name,
        purpose=purpose,
        health=health,
        privacy="public",
        created_at=created,
        ends_at=ends,
        creator=0,
        shared=shared,
        archived=health == "closed",
        topic=words.TOPICS[index % len(words.TOPICS)] if index % 2 else None,
        previous_names=(f"{base}-old",) if index % 5 == 2 else (),  # one in five was renamed
        updated_at=created,
    )


def _direct(platform: str, number: int, seats: int, *, posts: int, start: int, now: int) -> Place:
    return Place(
        number=number,
        platform=platform,
        name="",
        purpose="",
        health="duo",
        privacy="direct",
        created_at=start + DAY,
        ends_at=now,
        creator=1,
        updated_at=start + DAY,
        posts=posts,
        seats=seats,
    )


def _settle(seed: str, place: Place, present: list[Person], now: int) -> None:
    """Decide who is in a community, since when, and who has left it."""
    rng = Random(f"{seed}/stays/{place.number}")
    chosen = _choose(rng, place, present)
    place.creator = chosen[0].number
    told = len(chosen) <= _QUIET_FROM
    span = max(DAY, place.ends_at - place.created_at)
    for index, person in enumerate(chosen):
        founding = index == 0 or place.privacy == "direct" or (index < 5 + len(chosen) // 2)
        since = place.created_at + index * 7 * SECOND if founding else place.created_at + int(rng.random() * 0.8 * span)
        since = max(since, person.hired_at + 3 * MINUTE + place.number * SECOND)
        if since > now or (person.left_at and since >= person.left_at):
            continue
        stay = Stay(person.number, since // 10 * 10 + 5, told=told and place.privacy != "direct")
        leaves = index > 2 and not founding and not place.default and rng.random() < 0.08
        if person.left_at:
            stay.until = person.left_at
        elif leaves:
            stay.until = (stay.since + int(rng.random() * (now - stay.since))) // 10 * 10 + 6
            stay.told_leaving = stay.told
        place.stays.append(stay)
    place.stays.sort(key=lambda stay: (stay.since, stay.person))
    _announce(place, now)


def _choose(rng: Random, place: Place, present: list[Person]) -> list[Person]:
    employees = [person for person in present if person.kind == "employee"]
    bots = [person for person in present if person.kind == "bot" and not person.solo]
    if place.privacy == "direct":
        return [person for person in employees if person.active][1 : 1 + place.seats]
    if place.default:
        return employees + bots[:1]
    steady = [person for person in employees if person.active and person.leader] or employees[:1]
    first = steady[place.number % len(steady)]
    chance = rng.random()
    share = 0.25 + 0.5 * chance if len(employees) < 100 else 0.02 + 0.2 * chance * chance
    others = [person for person in employees if person is not first]
    size = min(len(others), max(4, int(share * len(others))))
    chosen = [first, *sorted(rng.sample(others, size), key=lambda person: person.number)]
    guests = [person for person in present if person.kind == "guest"]
    if place.health in {"thriving", "steady"} and place.privacy == "public":
        chosen += [guest for guest in guests if not guest.solo]
    if place.shared:
        chosen += [person for person in present if person.kind == "external"]
        chosen += [guest for guest in guests if guest.solo]
    return chosen + (bots[:1] if place.health == "thriving" else [])


def _announce(place: Place, now: int) -> None:
    """Write the platform's own lines, and one who comes back now and then."""
    for stay in place.stays:
        if stay.told:
            place.notices.append(Notice(place.number, stay.since, "joined", stay.person))
        if stay.told_leaving and stay.until:
            place.notices.append(Notice(place.number, stay.until, "left", stay.person))
    if place.previous_names:
        at = place.created_at + (place.ends_at - place.created_at) // 3 // 10 * 10 + 7
        place.notices.append(
            Notice(place.number, at // 10 * 10 + 7, "renamed", place.creator, place.name, place.previous_names[-1])
        )
    if place.topic and not place.default:
        at = place.created_at + (place.ends_at - place.created_at) // 2
        place.notices.append(Notice(place.number, at // 10 * 10 + 8, "topic", place.creator, place.topic))
    if place.archived:
        place.notices.append(Notice(place.number, min(now, place.ends_at) // 10 * 10 + 9, "archived", place.creator))
    place.notices.sort(key=lambda notice: notice.at)
    seen: set[int] = set()
    for index, notice in enumerate(place.notices):
        at = notice.at
        while at in seen:
            at += 10
        seen.add(at)
        if at != notice.at:
            place.notices[index] = replace(notice, at=at)
