"""How time passes in a company: what happens in so many days. The same world and days give the same changes."""

# ruff: noqa: PLR2004 # how likely things are stands where they happen

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from random import Random

from communitykit.sandbox import vocabulary as words
from communitykit.sandbox.changes import CHANGES, Change
from communitykit.sandbox.messages import Message, Reaction, Segment
from communitykit.sandbox.people import Person, make_newcomer
from communitykit.sandbox.places import Notice, Place, Stay
from communitykit.sandbox.talk import Speech
from communitykit.sandbox.times import DAY, HOUR, MINUTE, SECOND
from communitykit.sandbox.world import World

_THROWS = 40
"""How often the dice are thrown before all posts are gone through."""

# How many of each, for each new thread; at least one.
_SHARES = {
    "replied": 0.3, "edited": 0.1, "reply_edited": 0.1, "deleted": 0.05, "reply_deleted": 0.05, "reacted": 0.3,
    "reply_reacted": 0.1, "unreacted": 0.05, "reply_unreacted": 0.03, "pinned": 0.02, "joined": 0.08, "left": 0.05,
    "profile": 0.05,
}  # fmt: skip


def pass_time(
    world: World, span: timedelta, *, reach: timedelta | None = None, kinds: frozenset[str] | None = None
) -> list[Change]:
    """Let time pass in a held world, and give what happened, oldest first.

    Raises ValueError for an unknown kind, or when no time passes.
    """
    unknown = sorted((kinds or frozenset()) - set(CHANGES))
    length = span // timedelta(microseconds=1)
    if unknown or length <= 0:
        raise ValueError(f"no such change: {', '.join(unknown)}" if unknown else "time passes forward only")
    start, end = world.now_us, world.now_us + length
    oldest = end - reach // timedelta(microseconds=1) if reach is not None else 0
    world.now_us = end
    changes: list[Change] = []
    for platform in world.platforms:
        weaver = _Weaver(world, platform, start, end, oldest)
        weaver.kinds = kinds if kinds is not None else frozenset(CHANGES)
        for kind in CHANGES:
            if kind in weaver.kinds:
                for _ in range(weaver.wanted(kind)):
                    changes.extend(weaver.happen(kind))
    world.version += 1
    return sorted(changes, key=lambda change: (change.at, CHANGES.index(change.kind)))


class _Weaver:
    """Makes things happen on one platform between two moments."""

    def __init__(self, world: World, platform: str, start: int, end: int, oldest: int) -> None:
        self.world = world
        self.platform = platform
        self.start = start
        self.end = end
        self.kinds = frozenset(CHANGES)
        self.rng = Random(f"{world.seed}/advance/{platform}/{start}/{end}")
        self.places = [place for place in world.on(platform) if not place.archived]
        silent = [place for place in self.places if place.privacy == "public" and place.health in {"silent", "closed"}]
        self.closing = silent[-1] if silent else None
        self.open = [place for place in self.places if place is not self.closing]
        self.old: tuple[list[Message], list[Message]] = ([], [])
        """Roots and replies."""
        for place in self.open:
            for message in world.messages(place) if place.privacy != "direct" else ():
                if message.live and oldest <= message.at and world.people[message.author].kind != "bot":
                    self.old[message.root is not None].append(message)
        self._speech: dict[int, Speech] = {}
        rate = world.size.posts / len(world.platforms) / world.size.days / 2
        self.threads = max(1, int(rate * (end - start) / DAY))
        self.touched: set[tuple[int, int]] = set()
        self.undone: tuple[set[bool], set[bool]] = (set(), set())
        """Of roots and of replies: whether other reactions stayed where one was taken back."""
        self._acts: dict[str, Callable[[], Iterator[Change]]] = {
            "posted": self._posted,
            "replied": self._replied,
            "edited": lambda: self._edited(reply=False),
            "reply_edited": lambda: self._edited(reply=True),
            "deleted": lambda: self._deleted(reply=False),
            "reply_deleted": lambda: self._deleted(reply=True),
            "reacted": lambda: self._reacted(reply=False),
            "reply_reacted": lambda: self._reacted(reply=True),
            "unreacted": lambda: self._unreacted(reply=False),
            "reply_unreacted": lambda: self._unreacted(reply=True),
            "pinned": self._pinned,
            "profile": self._profile,
            "topic": self._topic,
            "joined": self._joined,
            "left": self._left,
            "hired": self._hired,
            "departed": self._departed,
            "community_created": self._created,
            "community_renamed": self._renamed,
            "community_archived": self._archived,
        }

    def wanted(self, kind: str) -> int:
        if kind == "posted":
            return self.threads
        return max(1, int(self.threads * _SHARES[kind])) if kind in _SHARES else 1

    def happen(self, kind: str) -> list[Change]:
        """Let one thing of a kind happen; the dice are thrown again when they give an impossible one."""
        for _ in range(6):
            changes = list(self._acts[kind]())
            if changes:
                return changes
        return []

    def moment(self, after: int = 0) -> int:
        """Return a moment of this time, after another one."""
        low = max(self.start, after)
        return low + 1 + int(self.rng.random() * max(1, self.end - low - 2))

    def one(self, *, reply: bool, reacted: bool = False) -> Message | None:
        """Choose an older post that nothing has happened to in this time.

        A few throws of the dice nearly always find one; all are gone through only where few are fitting.
        """
        pool = self.old[reply]
        chances = (pool[int(self.rng.random() * len(pool))] for _ in range(_THROWS if pool else 0))
        chosen = next((one for one in chances if self._fits(one, reacted=reacted)), None)
        if chosen is None:
            fitting = [one for one in pool if self._fits(one, reacted=reacted)]
            chosen = fitting[int(self.rng.random() * len(fitting))] if fitting else None
        if chosen is not None:
            self.touched.add((chosen.place, chosen.at))
        return chosen

    def _fits(self, message: Message, *, reacted: bool) -> bool:
        return (
            message.live
            and (message.place, message.at) not in self.touched
            and (not reacted or any(one.at < self.start for one in message.reactions))
        )

    def speech(self, place: Place) -> Speech:
        """Return who writes in a community, as long as nobody comes or goes."""
        found = self._speech.get(place.number)
        if found is None:
            found = self._speech[place.number] = self.world.speech(place)
        return found

    def _posted(self) -> Iterator[Change]:
        rng, world = self.rng, self.world
        talking = [place for place in self.open if place.health in {"thriving", "steady", "duo", "fresh", "broadcast"}]
        chance = rng.random()
        place = talking[int(chance * chance * len(talking))]
        speech = self.speech(place)
        at = world.free(place, self.moment(place.created_at + 10 * SECOND) // 10 * 10)
        if at >= self.end:
            return
        root = speech.write(rng, at, speech.author(rng, at))
        world.add(root)
        yield Change("posted", at, self.platform, root.author, place.number, root)
        fresh = [root]
        for _ in range(int(rng.random() * 4) if "replied" in self.kinds else 0):
            reply = self._reply(root, after=at)
            if reply is not None:
                fresh.append(reply)
                yield Change("replied", reply.at, self.platform, reply.author, place.number, reply)
        for message in fresh:
            kind = "reacted" if message.root is None else "reply_reacted"
            if rng.random() < 0.4 and kind in self.kinds:
                yield from self._reactions(message, speech.react(rng, message, 2))

    def _reactions(self, message: Message, reactions: list[Reaction]) -> Iterator[Change]:
        kind = "reacted" if message.root is None else "reply_reacted"
        for one in reactions:
            yield Change(kind, one.at, self.platform, one.person, message.place, message, one.emoji)

    def _reply(self, root: Message, *, after: int) -> Message | None:
        world = self.world
        place = world.places[root.place]
        speech = self.speech(place)
        last = root.replies[-1].at if root.replies else root.at
        at = world.free(place, self.moment(max(after, last)) // 10 * 10 + 11)
        if at >= self.end:
            return None
        reply = speech.write(self.rng, at, speech.author(self.rng, at))
        reply.root = root.at
        reply.broadcast = place.privacy == "public" and self.rng.random() < 0.05
        world.add(reply)
        return reply

    def _replied(self) -> Iterator[Change]:
        root = self.one(reply=False)
        reply = self._reply(root, after=self.start) if root is not None else None
        if reply is not None:
            yield Change("replied", reply.at, self.platform, reply.author, reply.place, reply)

    def _edited(self, *, reply: bool) -> Iterator[Change]:
        message = self.one(reply=reply)
        if message is None:
            return
        at = self.moment() // SECOND * SECOND + SECOND
        before = message.segments
        message.segments = (*before, Segment("text", f" (edited {at // MINUTE % 1000})"))
        message.edited_at = at
        kind = "reply_edited" if reply else "edited"
        yield Change(kind, at, self.platform, message.author, message.place, message, before=before)

    def _deleted(self, *, reply: bool) -> Iterator[Change]:
        message = self.one(reply=reply)
        if message is not None:
            message.deleted_at = at = self.moment()
            kind = "reply_deleted" if reply else "deleted"
            yield Change(kind, at, self.platform, message.author, message.place, message)

    def _reacted(self, *, reply: bool) -> Iterator[Change]:
        message = self.one(reply=reply)
        if message is None:
            return
        speech = self.speech(self.world.places[message.place])
        reactions = speech.react(self.rng, message, 1 + int(self.rng.random() * 3), since=self.moment())
        yield from self._reactions(message, reactions)

    def _unreacted(self, *, reply: bool) -> Iterator[Change]:
        message = self.one(reply=reply, reacted=True)
        if message is None:
            return
        first = self._undo(message, next(one for one in message.reactions if one.at < self.start), self.moment())
        yield first
        for left in {True, False}.difference(
            self.undone[reply]
        ):  # what a connector looks at differs with whether others stay
            fitting = (one for one in reversed(self.old[reply]) if self._fits(one, reacted=True) and self._is_seen(one))
            found = ((one, one.lone_reaction(self.start, left=left)) for one in fitting)
            for message, reaction in ((one, lone) for one, lone in found if lone is not None):
                yield self._undo(message, reaction, self.start + (first.at - self.start + 1) // 2)
                break

    def _undo(self, message: Message, reaction: Reaction, at: int) -> Change:
        reply = message.root is not None
        message.take_back(reaction, at)
        self.touched.add((message.place, message.at))
        self.undone[reply].update({bool(message.reactions)} if self._is_seen(message) else ())
        kind = "reply_unreacted" if reply else "unreacted"
        return Change(kind, at, self.platform, reaction.person, message.place, message, reaction.emoji)

    def _is_seen(self, message: Message) -> bool:
        return self.world.places[message.place].privacy == "public" and self.world.root_of(message).live

    def _pinned(self) -> Iterator[Change]:
        message = self.one(reply=False)
        if message is not None and message.pinned is None:
            place = self.world.places[message.place]
            at = self.moment() // SECOND * SECOND + SECOND
            message.pinned = (place.creator, at)
            yield Change("pinned", at, self.platform, place.creator, place.number, message)

    def _profile(self) -> Iterator[Change]:
        person = self._somebody()
        if person is not None:
            person.title = f"Senior {words.TITLES[int(self.rng.random() * len(words.TITLES))]}"
            yield from self._updated("profile", person)

    def _departed(self) -> Iterator[Change]:
        person = self._somebody()
        if person is None or any(other.manager == person.number for other in self.world.people):
            return
        changes = list(self._updated("departed", person))
        person.left_at = changes[0].at
        for place in self.world.places:
            for stay in place.stays:
                if stay.person == person.number and stay.until is None:
                    stay.until = person.left_at
        yield from changes

    def _updated(self, kind: str, person: Person) -> Iterator[Change]:
        at = self.end - 20 * SECOND if kind == "departed" else self.moment()
        person.updated_at = at // SECOND * SECOND
        for platform in person.platforms:
            yield Change(kind, at, platform, person.number)

    def _somebody(self) -> Person | None:
        staff = [
            person
            for person in self.world.people
            if person.kind == "employee" and person.active and not person.leader and person.hired_at < self.start
            and self.platform in person.platforms and person.updated_at < self.start
        ]  # fmt: skip
        return staff[int(self.rng.random() * len(staff))] if staff else None

    def _hired(self) -> Iterator[Change]:
        world = self.world
        at = self.start + 10 * SECOND
        person = make_newcomer(world.seed, len(world.people), at=at, platforms=world.platforms, people=world.people)
        person.platforms = (self.platform,)
        world.people.append(person)
        yield Change("hired", at, self.platform, person.number)
        for place in self.open:
            if place.default:
                yield self._enter(place, person, self.start + 20 * SECOND)

    def _joined(self) -> Iterator[Change]:
        world = self.world
        places = [place for place in self.open if place.privacy == "public" and not place.default]
        place = places[int(self.rng.random() * len(places))]
        inside = set(place.present())
        people = [
            person
            for person in world.people
            if person.kind == "employee" and person.active and person.number not in inside
            and self.platform in person.platforms
        ]  # fmt: skip
        if people:
            yield self._enter(place, people[int(self.rng.random() * len(people))], self.moment())

    def _enter(self, place: Place, person: Person, at: int) -> Change:
        self._speech.pop(place.number, None)
        at = self.world.free(place, at // 10 * 10 + 5)
        told = place.privacy != "direct" and len(place.present()) <= 100  # as at the beginning
        place.stays.append(Stay(person.number, at, told=told))
        if told:
            self.world.add(Notice(place.number, at, "joined", person.number))
        return Change("joined", at, self.platform, person.number, place.number)

    def _left(self) -> Iterator[Change]:
        places = [
            place for place in self.open if place.privacy == "public" and not place.default and len(place.stays) > 4
        ]
        if not places:
            return
        place = places[int(self.rng.random() * len(places))]
        staying = [
            stay
            for stay in place.stays
            if stay.until is None and stay.person != place.creator and stay.since < self.start
            and self.world.people[stay.person].kind == "employee"
        ]  # fmt: skip
        if not staying:
            return
        self._speech.pop(place.number, None)
        stay = staying[int(self.rng.random() * len(staying))]
        stay.until = at = self.world.free(place, (self.end - 2 * MINUTE) // 10 * 10 + 6)
        stay.told_leaving = stay.told
        if stay.told:
            self.world.add(Notice(place.number, at, "left", stay.person))
        yield Change("left", at, self.platform, stay.person, place.number)

    def _topic(self) -> Iterator[Change]:
        place = self.open[0]
        place.topic = f"Week {self.end // (7 * DAY)}"
        at = self.world.free(place, self.moment() // 10 * 10 + 8)
        place.updated_at = at
        self.world.add(Notice(place.number, at, "topic", place.creator, place.topic))
        yield Change("topic", at, self.platform, place.creator, place.number)

    def _created(self) -> Iterator[Change]:
        world = self.world
        number = len(world.places)
        at = self.start + min(HOUR, (self.end - self.start) // 4) // SECOND * SECOND
        place = Place(
            number=number,
            platform=self.platform,
            name=f"new-idea-{number}",
            purpose="A new idea",
            health="fresh",
            privacy="public",
            created_at=at // SECOND * SECOND,
            ends_at=self.end,
            creator=0,
            updated_at=at,
        )
        world.add_place(place)
        yield Change("community_created", at, self.platform, 0, number)
        chief, *others = [person for person in world.people if person.active and person.kind == "employee"
                          and self.platform in person.platforms][:4]  # fmt: skip
        place.creator = chief.number
        for index, person in enumerate((chief, *others)):
            yield self._enter(place, person, at + (index + 1) * SECOND)
        self.open.append(place)

    def _renamed(self) -> Iterator[Change]:
        places = [place for place in self.open if place.privacy == "public" and not place.default]
        place = places[int(self.rng.random() * len(places))]
        at = self.world.free(place, self.moment(place.created_at) // 10 * 10 + 7)
        previous, place.name = place.name, f"{place.name.removesuffix('-2')}-{at // DAY % 1000}"
        place.previous_names = (*place.previous_names, previous)
        place.updated_at = at
        self.world.add(Notice(place.number, at, "renamed", place.creator, place.name, previous))
        yield Change("community_renamed", at, self.platform, place.creator, place.number)

    def _archived(self) -> Iterator[Change]:
        place = self.closing
        if place is not None:
            at = self.world.free(place, (self.end - MINUTE) // 10 * 10 + 9)
            place.archived, place.updated_at = True, at
            self.world.add(Notice(place.number, at, "archived", place.creator))
            yield Change("community_archived", at, self.platform, place.creator, place.number)
