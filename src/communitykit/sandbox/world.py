"""The world: one deterministic fictional company. The same seed and size give the same world on every machine."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from communitykit.sandbox.messages import Message
from communitykit.sandbox.people import Account, Person, account, make_people
from communitykit.sandbox.places import Circle, Notice, Place, make_circles, make_places
from communitykit.sandbox.talk import CHUNK, Speech
from communitykit.sandbox.times import DAY, from_us, to_us

if TYPE_CHECKING:
    from communitykit.sandbox.changes import Change

DEFAULT_NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday morning: when it is in a world whose maker does not say."""

_KEPT_CHUNKS = 192
"""Chunks of a streamed world that are kept; some 30 megabytes."""

Item = Message | Notice
"""What stands in a community's own stream: posts that open threads, broadcast replies, and the platform's own lines."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a world is: people (bots apart), posts and communities over all platforms, and days of history.

    `held` keeps every post in memory, so that the world can change; otherwise posts are made anew whenever they are
    read, and the world stands still.
    """

    people: int
    posts: int
    communities: int
    days: int = 400
    held: bool = True


SIZES: dict[str, Size] = {
    "tiny": Size(people=12, posts=150, communities=7, days=200),
    "small": Size(people=60, posts=3_000, communities=14),
    "medium": Size(people=1_000, posts=100_000, communities=80),
    "large": Size(people=10_000, posts=2_000_000, communities=300, held=False),
}
"""Sizes by name, as `World(size=…)` takes them."""


class World:
    """A company, its people, its communities on each platform, and everything they wrote.

    `platforms` names the platforms to populate, as whoever makes the world calls them; each gets a share of the
    communities, and people have accounts on one or more of them. Nothing happens after `now`, until `advance`.
    """

    def __init__(
        self,
        seed: int | str = 1,
        size: str | Size = "tiny",
        *,
        now: datetime = DEFAULT_NOW,
        platforms: Sequence[str] = ("platform",),
    ) -> None:
        """Make the world.

        Raises ValueError for an unknown size, no platform, or a time without time zone.
        """
        if isinstance(size, str):
            if size not in SIZES:
                raise ValueError(f"there is no size {size!r}; sizes: {', '.join(SIZES)}")
            size = SIZES[size]
        if not platforms or now.tzinfo is None:
            raise ValueError("a world needs at least one platform and a time with its time zone")
        self.seed = str(seed)
        self.size = size
        self.platforms = tuple(platforms)
        self.now_us = to_us(now)
        self.start_us = self.now_us - size.days * DAY
        self.version = 0
        """Grows with every change, so that whoever caches knows."""
        times = {"start": self.start_us, "platforms": self.platforms}
        self.people: list[Person] = make_people(self.seed, size.people, now=self.now_us, **times)  # type: ignore[arg-type]
        self.circles: list[Circle] = make_circles(self.seed, self.people, start=self.start_us)
        self.places: list[Place] = make_places(
            self.seed,
            self.people,
            count=size.communities,
            posts=size.posts,
            now=self.now_us,
            start=self.start_us,
            platforms=self.platforms,
        )
        self._speech = [self.speech(place) for place in self.places]
        kept: OrderedDict[tuple[int, int], list[Message]] = OrderedDict()
        self._streams = [_Held(speech) if size.held else _Streamed(speech, kept) for speech in self._speech]

    @property
    def now(self) -> datetime:
        """What time it is there."""
        return from_us(self.now_us)

    def on(self, platform: str) -> list[Place]:
        """List the communities of a platform; deleted ones are in no list."""
        return [place for place in self.places if place.platform == platform and not place.closed]

    def account(self, person: Person, platform: str) -> Account:
        """Return somebody's account on a platform."""
        return account(self.seed, person, platform, self.platforms)

    def scan(
        self, place: Place, *, after: int | None = None, before: int | None = None, newest_first: bool = False
    ) -> Iterator[Item]:
        """Walk a community's stream between two moments, both exclusive: roots, broadcast replies, notices.

        Deleted posts are among them; what becomes of them is the platform's matter.
        """
        low = self.start_us - 10_000 * DAY if after is None else after
        high = self.now_us + 1 if before is None else min(before, self.now_us + 1)
        return self._streams[place.number].scan(low, high, newest_first=newest_first)

    def messages(self, place: Place) -> Iterator[Message]:
        """Walk all posts of a community, deleted ones too: each root with its replies after it."""
        for item in self._streams[place.number].scan(self.start_us - 10_000 * DAY, self.now_us + 1, newest_first=False):
            if isinstance(item, Message) and item.root is None:
                yield item
                yield from item.replies

    def message(self, place: Place, at: int) -> Message | None:
        """Find the post that was written at that very moment: a root, or in a held world any post."""
        return self._streams[place.number].find(at)

    def root_of(self, message: Message) -> Message:
        """Return the post that opened the thread of this one; itself, if it did."""
        if message.root is None:
            return message
        root = self.message(self.places[message.place], message.root)
        return root if root is not None else message

    def advance(
        self,
        days: float = 0,
        *,
        hours: float = 0,
        reach: timedelta | None = None,
        kinds: frozenset[str] | None = None,
    ) -> list[Change]:
        """Let time pass and give what changed, in order of time.

        `reach` limits changes to posts that will not be older than that afterwards; `kinds` limits them to some of
        `communitykit.sandbox.CHANGES`. At least one change of every kind that is possible happens.

        Raises ValueError in a streamed world, which stands still.
        """
        from communitykit.sandbox.weaving import pass_time  # noqa: PLC0415 # it needs the world's type

        if not self.size.held:
            raise ValueError("a streamed world stands still; make a smaller one, or a Size with held=True")
        return pass_time(self, timedelta(days=days, hours=hours), reach=reach, kinds=kinds)

    def close(self, place: Place, *, closed: bool = True) -> None:
        """Delete a community with everything in it, or restore it as it was (`closed=False`)."""
        place.closed = closed
        self.version += 1

    def remove(self, person: Person) -> None:
        """Delete somebody's accounts: no directory and no community lists them. What they wrote stays."""
        person.removed, person.platforms, person.left_at = True, (), person.left_at or self.now_us
        for place in self.places:
            for stay in place.stays:
                if stay.person == person.number and stay.until is None:
                    stay.until = self.now_us
        for circle in self.circles:
            circle.members = [number for number in circle.members if number != person.number]
        self.version += 1

    def speech(self, place: Place) -> Speech:
        """Return who writes in a community."""
        return Speech(
            self.seed,
            place,
            self.people,
            self.circles,
            self.places,
            now=self.now_us,
            broadcasts=self.size.held,
        )

    def add_place(self, place: Place) -> None:
        """Open a community in a held world."""
        self.places.append(place)
        self._speech.append(self.speech(place))
        self._streams.append(_Held(self._speech[-1]))

    def add(self, item: Item) -> None:
        """Put a post or notice into a held world."""
        stream = self._streams[item.place]
        if not isinstance(stream, _Held):
            raise TypeError("a streamed world stands still")
        stream.add(item)
        if isinstance(item, Notice):
            self.places[item.place].notices.append(item)

    def free(self, place: Place, at: int) -> int:
        """Return the first moment from `at` on at which nothing stands in that community yet."""
        stream = self._streams[place.number]
        while stream.find(at) is not None or stream.noticed(at):
            at += 10
        return at


class _Held:
    """A community's stream in memory."""

    def __init__(self, speech: Speech) -> None:
        self._items: list[Item] = []
        self._found: dict[int, Message] = {}
        self._noticed: set[int] = set()
        for number in range(speech.chunks):
            for root in speech.chunk(number):
                self._keep(root)
        for notice in speech.place.notices:
            self._items.append(notice)
            self._noticed.add(notice.at)
        self._items.sort(key=_at)

    def _keep(self, root: Message) -> None:
        self._items.append(root)
        self._found[root.at] = root
        for reply in root.replies:
            while reply.at in self._found:
                reply.at += 10
            self._found[reply.at] = reply
            if reply.broadcast:
                self._items.append(reply)

    def scan(self, low: int, high: int, *, newest_first: bool) -> Iterator[Item]:
        """Walk between two moments, both exclusive."""
        first = bisect_right(self._items, low, key=_at)
        last = bisect_left(self._items, high, key=_at)
        indexes = range(last - 1, first - 1, -1) if newest_first else range(first, last)
        return (self._items[index] for index in indexes)

    def find(self, at: int) -> Message | None:
        return self._found.get(at)

    def noticed(self, at: int) -> bool:
        return at in self._noticed

    def add(self, item: Item) -> None:
        if isinstance(item, Message):
            self._found[item.at] = item
            if item.root is not None:
                insort(self._found[item.root].replies, item, key=_at)
                if not item.broadcast:
                    return
        else:
            self._noticed.add(item.at)
        insort(self._items, item, key=_at)


class _Streamed:
    """A community's stream made chunk by chunk, as it is read."""

    def __init__(self, speech: Speech, kept: OrderedDict[tuple[int, int], list[Message]]) -> None:
        self._speech = speech
        self._kept = kept
        self._notices = speech.place.notices
        self._opens = [speech.begins(number * CHUNK) for number in range(speech.chunks)]

    def _chunk(self, number: int) -> list[Message]:
        key = (self._speech.place.number, number)
        chunk = self._kept.get(key)
        if chunk is None:
            chunk = self._kept[key] = self._speech.chunk(number)
            if len(self._kept) > _KEPT_CHUNKS:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        return chunk

    def scan(self, low: int, high: int, *, newest_first: bool) -> Iterator[Item]:
        """Walk between two moments, both exclusive."""
        first = max(0, bisect_right(self._opens, low) - 1)
        last = max(first + 1, bisect_left(self._opens, high))
        numbers = range(last - 1, first - 1, -1) if newest_first else range(first, last)
        for number in numbers:
            opens = self._opens[number] if number and self._opens else low
            closes = self._opens[number + 1] if number + 1 < len(self._opens) else high
            opens, closes = max(opens, low), min(closes, high)
            items: list[Item] = list(self._chunk(number)) if self._opens else []
            begin = bisect_left(self._notices, opens, key=_at)
            items.extend(self._notices[begin : bisect_left(self._notices, closes, key=_at)])
            items.sort(key=_at, reverse=newest_first)
            yield from (item for item in items if low < item.at < high)

    def find(self, at: int) -> Message | None:
        number = bisect_right(self._opens, at) - 1
        if number < 0:
            return None
        chunk = self._chunk(number)
        index = bisect_left(chunk, at, key=_at)
        return chunk[index] if index < len(chunk) and chunk[index].at == at else None

    def noticed(self, at: int) -> bool:
        index = bisect_left(self._notices, at, key=_at)
        return index < len(self._notices) and self._notices[index].at == at


def _at(item: Item) -> int:
    return item.at


Door = Literal["api", "archive", "webhook"]
"""Where a record came in by: what a platform tells may differ from door to door."""
