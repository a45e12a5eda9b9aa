"""Half a year of a company in which one thing happens, or nothing in particular. Pure, and the same for a seed.

Ninety-odd people of four departments and four offices, six communities, half a year of Mondays to Fridays. Everybody
takes part as often as anybody, by chance, but for what the story says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from communitykit.sandbox.chronicle import Chronicle

START: Final = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday."""
WEEKS: Final = 26
END: Final = START + timedelta(weeks=WEEKS)
STORIES: Final = {
    "absent_department": "A department that never takes part.",
    "silent_leaders": "Leaders who stop taking part in the middle of March.",
    "silo": "A department that only talks to itself.",
    "dying_community": "A community that dies in May.",
    "champion": "Somebody who converts her office.",
}
"""What may happen."""
DEPARTMENTS: Final = ("Sales", "Engineering", "Finance", "Legal")
SITES: Final = ("Hamburg", "Lyon", "Chicago", "Porto")
PLACES: Final = ("general", "help-desk", "data-guild", "customer-stories", "book-club", "quality-circle")
ABSENT: Final = "Legal"
SILO: Final = "Finance"
DYING: Final = "book-club"
CONVERTED: Final = "Lyon"
_STAFF: Final = 96
_THREADS: Final = 44
"""A week's threads."""
_TURN: Final = datetime(2026, 3, 16, tzinfo=UTC)
_DEATH: Final = datetime(2026, 5, 4, tzinfo=UTC)
_CHAMPION_BEGINS: Final = datetime(2026, 3, 30, tzinfo=UTC)
_SHY: Final = 0.04
"""How often somebody of the office that is to be converted speaks before, of others' once."""


@dataclass(frozen=True, slots=True)
class _Person:
    account: str
    number: int
    department: str
    site: str
    leader: bool


def tell_story(story: str | None = None, *, seed: int | str = 1) -> Chronicle:
    """Return a company's half year, with a story of `STORIES` or without one.

    Raises ValueError for an unknown story.
    """
    if story is not None and story not in STORIES:
        raise ValueError(f"there is no story {story!r}; stories: {', '.join(STORIES)}")
    told = _Half(story, Random(f"{seed}/story"))
    for week in range(WEEKS):
        for _ in range(_THREADS):
            told.thread(START + timedelta(weeks=week))
    return told.chronicle


class _Half:
    def __init__(self, story: str | None, rng: Random) -> None:
        self.story, self.rng = story, rng
        self.chronicle = Chronicle(as_of=END - timedelta(hours=1))
        self.people = [self._person(number) for number in range(_STAFF)]
        self.champion = next(one for one in self.people if one.site == CONVERTED and not one.leader)
        everybody = [one.account for one in self.people]
        self.places = {
            name: self.chronicle.place(name, owner=self.people[12 + index].account, members=everybody, created_at=START)
            for index, name in enumerate(PLACES)
        }

    def _person(self, number: int) -> _Person:
        department, site = DEPARTMENTS[number % 4], SITES[number // 4 % 4]
        leader = number < 12  # noqa: PLR2004 # three of each department
        title = f"Head of {department}" if number < 4 else f"Lead {department}" if leader else "Specialist"  # noqa: PLR2004 # same
        account = self.chronicle.person(
            f"Person {number:02}", department, job_title=title, location=site, country="DE", created_at=START
        )
        return _Person(account, number, department, site, leader)

    def thread(self, week: datetime) -> None:
        """Let somebody open a thread, and others answer it."""
        rng = self.rng
        at = week + timedelta(days=rng.randrange(5), hours=8 + rng.randrange(9), minutes=rng.randrange(60))
        author = self._somebody(at, None)
        place = rng.choice(PLACES)
        if self.story == "dying_community" and place == DYING and at >= _DEATH:
            place = PLACES[0]
        asks = rng.random() < 0.3  # noqa: PLR2004 # how often somebody asks
        text = f"Who knows about item {rng.randrange(10_000)}?" if asks else f"Item {rng.randrange(10_000)} is done."
        post = self.chronicle.post(author.account, self.places[place], at, text)
        for _ in range(_few(rng, 0.62)):
            at_reply = at + timedelta(minutes=5 + int(600 * rng.random() ** 2))
            if at_reply < END:
                self.chronicle.reply(self._somebody(at_reply, author).account, post, at_reply)
        reacted: set[str] = set()
        for _ in range(_few(rng, 0.6)):
            at_reaction = at + timedelta(minutes=2 + int(400 * rng.random() ** 2))
            one = self._somebody(at_reaction, author)
            if one.account not in reacted and at_reaction < END:
                reacted.add(one.account)
                self.chronicle.react(one.account, post, at_reaction)

    def _somebody(self, at: datetime, other: _Person | None) -> _Person:
        """Choose who acts at that moment, towards the other if there is one."""
        while True:
            one = self.people[self.rng.randrange(_STAFF)]
            if one is not other and self._acts(one, at, other):
                return one

    def _acts(self, one: _Person, at: datetime, other: _Person | None) -> bool:
        if self.story == "absent_department":
            return one.department != ABSENT
        if self.story == "silent_leaders":
            return not one.leader or at < _TURN
        if self.story == "silo" and other is not None:
            return (one.department == SILO) == (other.department == SILO)
        if self.story == "champion" and one.site == CONVERTED and one is not self.champion:
            return self.rng.random() < max(_SHY, min(1.0, (at - _CHAMPION_BEGINS) / timedelta(weeks=6)))
        return True


def _few(rng: Random, again: float) -> int:
    number = 0
    while rng.random() < again and number < 12:  # noqa: PLR2004 # a limit
        number += 1
    return number
