"""What people write: threads with realistic latencies, reactions, edits, deletions. Pure.

Generated in chunks, any of which can be made again alone, so that a company of millions of posts needs no memory.
Bodies are neutral segments; how they look on the wire is each platform's matter.
"""

# ruff: noqa: PLR2004 # how likely things are stands where they happen

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from communitykit.sandbox import vocabulary as words
from communitykit.sandbox.messages import SPACE, File, Message, Reaction, Segment, text
from communitykit.sandbox.people import Person
from communitykit.sandbox.places import Circle, Place
from communitykit.sandbox.scenes import SCENES, stage, staged_count, variety
from communitykit.sandbox.times import DAY, HOUR, MINUTE, SECOND, busy, unbusy

CHUNK = 64
"""Threads in a chunk."""


_SECONDS = (
    8, 30, 60, 100, 160, 240, 330, 440, 600, 800, 1100, 1600, 2400, 3900, 6500, 9000, 12000, 16200, 43200, 164000,
)  # fmt: skip
_LATENCIES = tuple(seconds * SECOND for seconds in _SECONDS)
"""Quantiles of the time to a reply (every 5 %): half within ten minutes, the slowest hundredth after two days."""


class Speech:
    """Writes the threads of one place. Holds only what is the same for all of them."""

    def __init__(
        self,
        seed: str,
        place: Place,
        people: Sequence[Person],
        circles: Sequence[Circle],
        places: Sequence[Place],
        *,
        now: int,
        broadcasts: bool,
    ) -> None:
        """Work out how many threads there are and when each begins."""
        self.seed = seed
        self.place = place
        self.people = people
        self.circles = circles
        self.open = [one for one in places if one.platform == place.platform and one.privacy == "public"]
        self.now = now
        self.broadcasts = broadcasts
        self.mean = _mean_size(place)
        self.threads = int(place.posts / self.mean) if place.posts else 0
        if place.posts and not self.threads:
            self.threads = 1
        self._first = busy(place.created_at + HOUR)
        self._span = max(1, busy(min(now, place.ends_at) - MINUTE) - self._first)
        stays: dict[int, tuple[int, int | None]] = {}
        for stay in place.stays:
            stays.setdefault(stay.person, (stay.since, stay.until))
        self.stays = stays
        self.talkers = [number for number in stays if people[number].kind != "bot"]
        self.employees = [number for number in self.talkers if people[number].kind != "external"]
        self._bots = [person.number for person in people if person.kind == "bot" and person.number in stays]
        self._integrations = [person.number for person in people if person.kind == "bot" and person.solo]
        scenes = len(SCENES) if place.default else 0
        self._scenes: dict[int, list[str]] = {}
        for index in range(scenes):
            self._scenes.setdefault(index * self.threads // scenes, []).append(SCENES[index])

    @property
    def chunks(self) -> int:
        """How many chunks there are."""
        return (self.threads + CHUNK - 1) // CHUNK

    def begins(self, thread: int) -> int:
        """Return the moment before which thread number `thread` does not begin; all earlier ones do."""
        return unbusy(self._first + self._span * thread // max(1, self.threads)) // 10 * 10

    def opening(self) -> int:
        """Return the moment of the very first post, which others share."""
        opens = self.begins(0)
        chance = Random(f"{self.seed}/talk/{self.place.number}/0").random()
        return opens + int(chance * 0.98 * (self.begins(1) - opens)) // 10 * 10

    def chunk(self, number: int) -> list[Message]:
        """Write the threads of one chunk, oldest first: their roots, with the replies in them."""
        rng = Random(f"{self.seed}/talk/{self.place.number}/{number}")
        last = min(self.threads, (number + 1) * CHUNK)
        roots = []
        opens = self.begins(number * CHUNK)
        for thread in range(number * CHUNK, last):
            closes = self.begins(thread + 1)
            at = opens + int(rng.random() * 0.98 * (closes - opens)) // 10 * 10
            opens = closes
            roots.append(self._thread(rng, at, self._scenes.get(thread, ())))
        return roots

    def _thread(self, rng: Random, at: int, scenes: Sequence[str]) -> Message:
        root = self._root(rng, at, scenes)
        count = self._reply_count(rng)
        if scenes:
            count = staged_count(scenes, count)
        taken: set[int] = set()
        partner = self._partner(root.author)
        for index in range(count):
            latency = _latency(rng)
            if "late" in scenes and index == count - 1:
                latency = 25 * DAY + latency
            reply_at = (at + latency) // 10 * 10 + 1 + index % 4
            while reply_at in taken:
                reply_at += 10
            taken.add(reply_at)
            if reply_at >= self.now:
                continue
            author = partner if partner is not None and index % 2 == 0 else self.author(rng, reply_at)
            reply = self.write(rng, reply_at, author)
            reply.root = at
            root.replies.append(reply)
        root.replies.sort(key=_by_time)
        if root.kind == "question" and root.replies:
            root.replies[0].segments = (text(words.ANSWERS[root.replies[0].at % len(words.ANSWERS)]),)
        self._react(rng, root)
        self._rework(rng, root)
        if scenes:
            stage(self, rng, root, scenes)
        return root

    def _partner(self, author: int) -> int | None:
        if self.place.health != "duo":
            return None
        pair = self.employees[:2]
        return pair[0] if len(pair) > 1 and author == pair[1] else pair[-1]

    def author(self, rng: Random, at: int) -> int:
        """Choose somebody who was there at that moment; few people write most."""
        talkers = self.talkers
        if self.place.health == "duo" and rng.random() < 0.9:  # two people dominate
            talkers = self.employees[:2]
        for _ in range(4):
            chance = rng.random()
            number = talkers[int(chance * chance * len(talkers))]
            since, until = self.stays[number]
            if since <= at and (until is None or at < until):
                return number
        return self.place.creator

    def _root(self, rng: Random, at: int, scenes: Sequence[str]) -> Message:
        place = self.place
        chance = rng.random()
        if place.health == "broadcast" or "announcement" in scenes:
            news = words.ANNOUNCEMENTS[int(chance * len(words.ANNOUNCEMENTS))]
            root = self.write(rng, at, place.creator)
            root.kind, root.language = "announcement", "en"
            root.segments = (Segment("bold", "News"), text(f" {news}"), *_tail(root.segments))
            return root
        if "integration" in scenes or (not scenes and chance < 0.03 and self._integrations and place.health != "duo"):
            return self._report(rng, at, self._integrations[0])
        if "bot" in scenes or (not scenes and chance < 0.06 and self._bots):
            return self._report(rng, at, self._bots[0])
        root = self.write(rng, at, self.author(rng, at))
        self._vary(rng, root, variety(chance, scenes))
        return root

    def _vary(self, rng: Random, root: Message, variety: str) -> None:
        """Make a question, a poll, praise or a share of a plain post."""
        if variety == "question":
            root.kind = "question"
            root.segments = (text(words.QUESTIONS[int(rng.random() * len(words.QUESTIONS))]), *_tail(root.segments))
        elif variety == "poll":
            question, root.options = words.POLLS[int(rng.random() * len(words.POLLS))]
            root.kind, root.language, root.segments = "poll", "en", (text(question),)
        elif variety == "praise":
            praised = self.employees[int(rng.random() * len(self.employees))]
            root.kind, root.language, root.praised = "praise", "en", praised
            praise = words.PRAISES[int(rng.random() * len(words.PRAISES))]
            root.segments = (text(praise + ", "), Segment("person", ref=praised), text("!"))
        elif variety == "share" and not self.place.shared:
            root.shares = (self.place.number, self.opening())

    def _report(self, rng: Random, at: int, bot: int) -> Message:
        number = int(rng.random() * 9000) + 1000
        return Message(self.place.number, at, bot, (text(f"Build {number} finished: "), Segment("bold", "green")))

    def write(self, rng: Random, at: int, author: int) -> Message:
        """Write one post: sentences, perhaps in the author's own language, with mentions, links and emoji."""
        random = rng.random
        language = "en"
        own = self.people[author].site.language
        if own != "en" and random() < 0.4:  # international companies write English
            language = own
        pool = words.SENTENCES[language]
        segments = [text(pool[int(random() * len(pool))])]
        chance = random()
        if chance < 0.35:
            segments.append(text(" " + pool[int(random() * len(pool))]))
        elif chance < 0.47 and len(self.employees) > 1:
            segments.append(SPACE)
            segments.append(Segment("person", ref=self.talkers[int(random() * len(self.talkers))]))
        elif chance < 0.55:
            number = int(random() * 90000) + 10000
            label = words.LABELS[number % len(words.LABELS)]
            segments.append(text(" See "))
            segments.append(Segment("link", label, url=f"https://intranet.{words.DOMAIN}/d/{number}?from=chat&v=2"))
        elif chance < 0.70:
            segments.append(SPACE)
            segments.append(Segment("emoji", words.EMOJI[int(random() * len(words.EMOJI))]))
        elif chance < 0.75:
            segments.append(SPACE)
            segments.append(Segment("bold", f"until {int(random() * 27) + 1} May"))
        elif chance < 0.76:
            segments.append(text(" FYI "))
            segments.append(Segment("circle", ref=self.circles[int(random() * len(self.circles))].number))
        elif chance < 0.77:
            segments.append(text(" See also "))
            segments.append(Segment("place", ref=self.open[int(random() * len(self.open))].number))
        elif chance < 0.775:
            segments.insert(0, Segment("everyone", "here"))
            segments.insert(1, SPACE)
        message = Message(self.place.number, at, author, tuple(segments), language=language)
        if random() < 0.04:
            self.attach(rng, message)
        return message

    def attach(self, rng: Random, message: Message) -> None:
        """Attach a file."""
        name, mime_type = words.FILES[int(rng.random() * len(words.FILES))]
        message.files = (File(message.at, name, mime_type, 1000 + int(rng.random() * 900_000)),)

    def _reply_count(self, rng: Random) -> int:
        chance = rng.random()
        quiet = _SILENCE[self.place.health]
        if chance < quiet:
            return 0
        chance = (chance - quiet) / (1 - quiet)
        count = 1
        while chance > 0.3 and count < 40:  # geometric
            chance = (chance - 0.3) / 0.7
            count += 1
        return count

    def _react(self, rng: Random, root: Message) -> None:
        for message in (root, *root.replies):
            if rng.random() > (0.35 if message is root else 0.15):
                continue
            wanted = 1 + int(_cube(rng.random()) * 9)
            self.react(rng, message, wanted)

    def react(self, rng: Random, message: Message, wanted: int, *, since: int | None = None) -> list[Reaction]:
        """Let up to `wanted` more people react to a post, after `since`."""
        random = rng.random
        known = {(reaction.person, reaction.emoji) for reaction in message.reactions}
        added = []
        base = message.at if since is None else since
        emoji = words.REACTIONS[int(random() * random() * len(words.REACTIONS))]
        for _ in range(wanted):
            person = self.talkers[int(random() * len(self.talkers))]
            if random() < 0.3:
                emoji = words.REACTIONS[int(random() * len(words.REACTIONS))]
            at = base + MINUTE + _latency(rng)
            until = self.stays[person][1]
            since_when = self.stays[person][0]
            if (person, emoji) in known or at >= self.now or (until and at >= until) or at < since_when:
                continue
            known.add((person, emoji))
            added.append(Reaction(person, emoji, at))
        message.reactions.extend(added)
        return added

    def _rework(self, rng: Random, root: Message) -> None:
        """Some posts are edited, some deleted."""
        for message in (root, *root.replies):
            chance = rng.random()
            at = message.at + MINUTE + _latency(rng)
            if chance > 0.1 or at >= self.now or self.people[message.author].kind == "bot":
                continue
            if chance < 0.02:
                message.deleted_at = at
            elif chance < 0.06:
                message.edited_at = at // SECOND * SECOND
                message.segments = (*message.segments, text(" (corrected)"))
            elif chance < 0.07 and message.root is not None and self.broadcasts:
                message.broadcast = True


def _cube(value: float) -> float:
    return value * value * value  # a product is the same on every machine, a power need not be


def _by_time(message: Message) -> int:
    return message.at


_SILENCE: dict[str, float] = {
    "thriving": 0.55, "steady": 0.6, "broadcast": 0.9, "duo": 0.5, "silent": 0.7, "fresh": 0.6, "closed": 0.65,
}  # fmt: skip


def _mean_size(place: Place) -> float:
    return 1 + (1 - _SILENCE[place.health]) / 0.3


def _latency(rng: Random) -> int:
    """Return a time to a reply: interpolated quantiles, so that no machine's logarithm has a say."""
    chance = rng.random()
    if chance > 0.99:  # the slowest hundredth: days, some of them weeks
        return 2 * DAY + int(_cube(rng.random()) * 45 * DAY) // SECOND * SECOND + int(rng.random() * SECOND)
    position = chance * (len(_LATENCIES) - 1) / 0.99
    index = int(position)
    if index >= len(_LATENCIES) - 1:
        return _LATENCIES[-1]
    low, high = _LATENCIES[index], _LATENCIES[index + 1]
    return int(low + (position - index) * (high - low))


def _tail(segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """What may follow another opening: everything after the first sentence, if it begins with a space."""
    return segments[1:] if len(segments) > 1 and segments[1].text.startswith(" ") else ()
