"""The people of the company: an org tree with leaders, sites and time zones; guests, externals, bots, leavers. Pure."""

# ruff: noqa: PLR2004 # how likely things are stands where they happen

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from communitykit.sandbox import vocabulary as words
from communitykit.sandbox.times import DAY, HOUR

PersonKind = Literal["employee", "guest", "external", "bot"]


@dataclass(frozen=True, slots=True)
class Former:
    """What platforms show of somebody that is no longer so, or written otherwise; by platform."""

    domain: frozenset[str] = frozenset()
    """Which still show the company's former domain."""
    plus: frozenset[str] = frozenset()
    """Which show the address with a plus-part."""
    name: frozenset[str] = frozenset()
    """Which show the former name and its address."""
    family: str = ""
    slug: str = ""


@dataclass(slots=True)
class Person:
    """Somebody, once, however many accounts they have. Times are microseconds since 1970, UTC.

    `solo` marks a guest who may see a single community, and a bot that has no account of its own (an integration).
    """

    number: int
    kind: PersonKind
    given: str
    family: str
    slug: str
    site: words.Site
    hired_at: int
    updated_at: int
    platforms: tuple[str, ...]
    title: str | None = None
    department: str | None = None
    division: str | None = None
    manager: int | None = None
    leader: bool = False
    admin: bool = False
    solo: bool = False
    employee_number: str | None = None
    directory_id: str | None = None
    left_at: int | None = None
    removed: bool = field(default=False, repr=False)
    """Whether the accounts were deleted: `platforms` is empty, and what they wrote is still there."""
    same_as: int | None = field(default=None, repr=False)
    """Whose second account this is, or who came back under this number: in the directories they are two."""
    mailbox: str | None = field(default=None, repr=False)
    """The local part of the address, where it is not the handle: given to somebody else before, or shared."""
    former: Former | None = field(default=None, repr=False)
    """What some platforms still show: another domain, name or address."""

    @property
    def name(self) -> str:
        """The full name."""
        return f"{self.given} {self.family}".strip()

    @property
    def active(self) -> bool:
        """Whether they are still there."""
        return self.left_at is None


@dataclass(frozen=True, slots=True)
class Account:
    """A person on one platform: names and addresses differ a little from platform to platform."""

    person: Person
    platform: str
    username: str
    display_name: str
    email: str | None


def make_people(seed: str, count: int, *, now: int, start: int, platforms: tuple[str, ...]) -> list[Person]:
    """Make `count` people (employees first, the head of the company is number 0) and then the bots."""
    guests = max(2, count * 3 // 100)
    externals = max(1, count * 2 // 100)
    employees = max(4, count - guests - externals)
    people = [_person(seed, number, "employee", start=start, platforms=platforms) for number in range(employees)]
    _organize(seed, people)
    for number in range(employees, employees + guests + externals):
        kind: PersonKind = "guest" if number < employees + guests else "external"
        person = _person(seed, number, kind, start=start, platforms=platforms)
        person.solo = kind == "guest" and number % 2 == 0
        people.append(person)
    _turn_over(seed, people[1:employees], now=now, start=start)
    bots = max(2, count // 40)
    for offset in range(bots):
        people.append(_bot(seed, len(people), offset, start=start, platforms=platforms))
    return people


def account(seed: str, person: Person, platform: str, platforms: tuple[str, ...]) -> Account:
    """Return a person's account on a platform; on the second platform and later, names may be written otherwise."""
    position = platforms.index(platform)
    rng = Random(f"{seed}/account/{platform}/{person.number}")
    style = rng.random() if position else 0.0
    former = person.former or Former()
    family, slug = (former.family, former.slug) if platform in former.name else (person.family, person.slug)
    username = slug if style < 0.7 else slug.replace(".", "_")  # share of habits
    name = f"{person.given} {family}".strip()
    display = name if style < 0.6 or not family else f"{family}, {person.given}"
    domain = words.PARTNER_DOMAIN if person.kind == "external" else words.DOMAIN
    if platform in former.domain:
        domain = words.FORMER_DOMAIN
    local = person.mailbox or slug
    if platform in former.plus:
        local += f"+{platform}"
    email = None if person.kind == "bot" else f"{local}@{domain}"
    if email and style > 0.9:
        email = email.upper()
    return Account(person, platform, username, display, email)


def make_newcomer(seed: str, number: int, *, at: int, platforms: tuple[str, ...], people: list[Person]) -> Person:
    """Make somebody hired at that moment, into an existing department."""
    person = _person(seed, number, "employee", start=at - DAY, platforms=platforms)
    rng = Random(f"{seed}/newcomer/{number}")
    leaders = [one for one in people if one.leader and one.active and one.department] or [people[0]]
    boss = leaders[int(rng.random() * len(leaders))]
    person.hired_at = person.updated_at = at
    person.department, person.division, person.manager = boss.department, boss.division, boss.number
    person.title = words.TITLES[int(rng.random() * len(words.TITLES))]
    return person


def _person(seed: str, number: int, kind: PersonKind, *, start: int, platforms: tuple[str, ...]) -> Person:
    rng = Random(f"{seed}/person/{number}")
    given, given_slug = words.GIVEN[int(rng.random() * len(words.GIVEN))]
    family, family_slug = words.FAMILY[int(rng.random() * len(words.FAMILY))]
    site = (
        words.SITES[number % len(words.SITES)]
        if number < len(words.SITES)
        else words.SITES[int(rng.random() * len(words.SITES))]
    )
    hired = start - DAY - int(rng.random() * 1500) * DAY - int(rng.random() * 24) * HOUR
    present = tuple(
        name for index, name in enumerate(platforms) if index == number % len(platforms) or rng.random() < 0.6
    )
    return Person(
        number=number,
        kind=kind,
        given=given,
        family=family,
        slug=f"{given_slug}.{family_slug}{number if number > 0 else ''}",
        site=site,
        hired_at=hired,
        updated_at=hired,
        platforms=present,
        employee_number=f"A{10000 + number}" if kind == "employee" else None,
        directory_id=str(uuid.UUID(int=rng.getrandbits(128), version=4)) if kind != "external" else None,
    )


def _organize(seed: str, employees: list[Person]) -> None:
    """Return everyone a department, a title and a manager."""
    rng = Random(f"{seed}/org")
    departments = words.DEPARTMENTS[: min(len(words.DEPARTMENTS), max(2, len(employees) // 12))]
    chief = employees[0]
    chief.title, chief.leader, chief.admin, chief.platforms = "Chief Executive Officer", True, True, chief.platforms
    heads: dict[str, Person] = {}
    leads: dict[str, list[Person]] = {name: [] for name, _ in departments}
    for index, person in enumerate(employees[1:]):
        name, division = departments[index % len(departments)]
        person.department, person.division = name, division
        if name not in heads:
            heads[name] = person
            person.title, person.manager, person.leader, person.admin = f"Head of {name}", 0, True, index == 0
        elif index % 9 == 4:  # about one lead for eight people
            leads[name].append(person)
            person.title, person.manager, person.leader = f"Team Lead {name}", heads[name].number, True
        else:
            bosses = leads[name] or [heads[name]]
            person.title = words.TITLES[int(rng.random() * len(words.TITLES))]
            person.manager = bosses[int(rng.random() * len(bosses))].number


def _turn_over(seed: str, employees: list[Person], *, now: int, start: int) -> None:
    """Some have left, some are new. Nobody who leads leaves."""
    rng = Random(f"{seed}/turnover")
    staff = [person for person in employees if not person.leader]
    leavers = max(1, len(employees) * 4 // 100)
    newcomers = max(1, len(employees) * 3 // 100)
    for person in staff[-leavers:]:
        person.left_at = person.updated_at = now - int(rng.random() * (now - start) * 0.6) - DAY
    for person in staff[-leavers - newcomers : -leavers]:
        person.hired_at = person.updated_at = now - int(rng.random() * 40 * DAY) - 2 * DAY


def _bot(seed: str, number: int, offset: int, *, start: int, platforms: tuple[str, ...]) -> Person:
    """Every second bot is a mere integration without an account of its own."""
    person = _person(seed, number, "bot", start=start, platforms=platforms)
    person.given, person.family = (f"Build Bot {offset}", "") if offset % 2 else (f"Aurora Helper {offset}", "")
    person.slug = f"build-bot-{offset}" if offset % 2 else f"aurora-helper-{offset}"
    person.solo = offset % 2 == 1
    person.platforms = platforms
    person.directory_id = None
    return person
