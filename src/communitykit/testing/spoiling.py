"""Faults of the contract's own: answers that are no page, objects with an odd value inside, a part that never answers.

They are chosen from what a run really asks for and gets, so each is met, whatever the platform's shapes are.
"""

from __future__ import annotations

import copy
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from communitykit.connector.payload import as_list, look
from communitykit.model.values import JSON
from communitykit.sandbox import Answer, Call, Fault, Site
from communitykit.sandbox.faults import Proceed
from communitykit.sandbox.pages import Items, is_own

Path = tuple[str | int, ...]

_ONE_IN = 6
"""How few messages lie about their time."""
_YEAR = 365 * 86_400_000

ODD: Mapping[str, JSON] = {
    "a list": ["odd"],
    "an object": {"odd": {"odd": 1}},
    "a list of nothing": [None],
    "a number": 0.5,
    "words": "odd",
    "nothing": None,
}
"""What stands where something else is expected."""

MARKED: Mapping[str, Callable[[int], JSON]] = {
    "a list": lambda number: [f"odd{number}"],
    "an object": lambda number: {"odd": {"odd": number}},
    "a number": lambda number: number + 0.5,
    "words": lambda number: f"odd{number}",
}
"""Odd values that are known again by their number."""

ODD_LISTS: Mapping[str, JSON] = {"words": "odd", "an object": {"odd": 1}, "a list of a half": [0.5]}
"""What stands where a list is expected of which something is made."""

ODD_IDS: Mapping[str, JSON] = {
    "a number": 0.5,
    "an empty text": "",
    "an object": {"odd": 1},
    "nothing": None,
}
"""What stands where a row's id is expected; nothing at all in the place of None."""

NO_PAGES: Mapping[str, bytes | None] = {
    "an empty object": b"{}",
    "a list that is null": None,
    "an unknown error": b'{"error": {"code": "unheardOf"}}',
    "an empty body": b"",
    "a list of its own": b"[]",
    "words": b'"busy"',
}
"""Answers with status 200 where a page was promised."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One value in one answer: which request, where in its JSON, and what kind of place that is."""

    request: str
    path: Path
    kind: str


class Recorder(Fault):
    """Writes down what the platform answers, by request."""

    def arrange(self, _site: Site) -> None:
        """Begin."""
        self.answers: dict[str, JSON] = {}
        self.calls: dict[str, Call] = {}
        self.names: dict[str, str] = {}

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Answer, and write it down when it is JSON."""
        answer: Answer = proceed()
        data = decoded(answer)
        if data is not None:
            self.answers[call.key], self.calls[call.key] = data, call
            self.names[call.key] = site.desk.name(call)
        return answer

    def pages(self, site: Site) -> list[str]:
        """Return the requests that were answered with a page of a listing."""
        for data in self.answers.values():
            for path, items in site.platform.lists_in(data).items():
                where = ".".join(path) or "the answer itself"
                assert is_own(data, path, items), (
                    f"{type(site.platform).__name__}.lists_in gives a copy of {where}: what faults do to it changes no "
                    "answer. It has to give the answer's own list, or its own object of objects by id"
                )
        return [key for key, data in self.answers.items() if site.platform.lists_in(data)]

    def listing(self, site: Site) -> list[str]:
        """Return the methods that answered with something in a list, alone or together with others."""
        return sorted({self.names[key] for key, data in self.answers.items() if any(lists_of(site, data))})

    def longest(self, site: Site) -> dict[str, str]:
        """Return the first request of the list that took most pages, by where such lists stand."""
        cursors = site.platform.cursor_field
        leading = {cursors} if isinstance(cursors, str) else set(cursors)
        pages: dict[str, dict[str, list[str]]] = {}
        for key, data in self.answers.items():
            call = self.calls[key]
            asked = {name: value for name, value in call.fields.items() if name not in leading}
            for path, items in lists_of(site, data):
                if len(items):
                    where = f"{self.names[key]} {'.'.join(map(str, path))}"
                    pages.setdefault(where, {}).setdefault(f"{call.path} {asked}", []).append(key)
        return {where: max(lists.values(), key=len)[0] for where, lists in pages.items()}

    def inner_lists(self, site: Site, holds: Callable[[list[JSON]], bool] = bool) -> list[Spot]:
        """Return lists inside of listed objects that hold something, or what is asked: one of each kind of place."""
        found: dict[str, Spot] = {}
        for key in self.pages(site):
            data = self.answers[key]
            for listing, items in site.platform.lists_in(data).items():
                for path, value in walk(listing, items):
                    if isinstance(value, list) and holds(value):
                        kind = f"{self.names[key]} {'.'.join(_shape(listing, items, path))}"
                        found.setdefault(kind, Spot(key, path, kind))
        return list(found.values())

    def hint(self, site: Site) -> str:
        """Say what to look at where no answer is a page."""
        keys = sorted({key for data in self.answers.values() if isinstance(data, dict) for key in data})
        named = ", ".join(site.platform.listings) or "nothing"
        return f"{type(site.platform).__name__}.listings names {named}; answers have the keys {', '.join(keys)}"

    def spots(self, site: Site, random: Random, count: int, odd: object) -> list[Spot]:
        """Choose values inside of listed objects that `odd` is no value for: one of each kind of place."""
        kinds: dict[str, list[Spot]] = {}
        for key in self.pages(site):
            data = self.answers[key]
            for listing, items in site.platform.lists_in(data).items():
                for path, value in walk(listing, items):
                    if value is None or type(value) is type(odd):
                        continue
                    kind = f"{self.names[key]} {'.'.join(_shape(listing, items, path))}"
                    kinds.setdefault(kind, []).append(Spot(key, path, kind))
        chosen = random.sample(sorted(kinds), min(count, len(kinds)))
        return [random.choice(kinds[kind]) for kind in chosen]


class Odd(Fault):
    """Puts an odd value at some spots."""

    def __init__(self, spots: Sequence[Spot], value: Callable[[int], JSON]) -> None:
        """Keep where, and what stands at the spot of each number."""
        super().__init__()
        self.spots: dict[str, list[tuple[int, Spot]]] = {}
        for number, spot in enumerate(spots):
            self.spots.setdefault(spot.request, []).append((number, spot))
        self.value = value

    def answer(self, _site: Site, call: Call, proceed: Proceed) -> Answer:
        """Answer with odd values."""
        answer: Answer = proceed()
        data = decoded(answer)
        for number, spot in self.spots.get(call.key, ()) if data is not None else ():
            if put(data, spot.path, copy.deepcopy(self.value(number))):
                self._met[spot.kind] += 1
        return answer if data is None else Answer.of(data, status=answer.status, headers=answer.headers)


class Backdated(Fault):
    """Some messages say that they were written a year before their neighbours: scheduled, imported or moved ones."""

    def __init__(self, field: str) -> None:
        """Keep where a message says when it was written."""
        super().__init__()
        self.field = field

    def answer(self, _site: Site, _call: Call, proceed: Proceed) -> Answer:
        """Answer with other times, the same for a message each time."""
        answer: Answer = proceed()
        data = decoded(answer)
        for _, one in walk((), data):
            native = (one.get("id") or one.get("event_id")) if isinstance(one, dict) else None
            if native is not None and self.field in one and zlib.crc32(str(native).encode()) % _ONE_IN == 0:
                one[self.field] = _a_year_before(one[self.field])
                self._met[str(native)] += 1
        return answer if data is None else Answer.of(data, status=answer.status, headers=answer.headers)


class CutShort(Fault):
    """Lists inside of objects hold their first item alone, while the count beside them tells of all."""

    def __init__(self, counted: Mapping[str, tuple[str, ...]]) -> None:
        """Keep which lists, and where their counts stand."""
        super().__init__()
        self.counted = counted

    def answer(self, _site: Site, call: Call, proceed: Proceed) -> Answer:
        """Answer with less."""
        answer: Answer = proceed()
        data = decoded(answer)
        for _, one in walk((), data):
            for name, count in self.counted.items() if isinstance(one, dict) else ():
                if isinstance(one.get(name), list) and isinstance(look(one, *count), int) and len(one[name]) > 1:
                    del one[name][1:]
                    self._met[call.key] += 1
        return answer if data is None else Answer.of(data, status=answer.status, headers=answer.headers)


class NoPage(Fault):
    """Answers some requests for a page with what is none, whenever they come; where a page is a list, [] is one."""

    def __init__(self, requests: Sequence[str], body: bytes | None) -> None:
        """Keep which, and what; None empties the list of the page itself."""
        super().__init__()
        self.requests = frozenset(requests)
        self.body = body

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Answer with no page."""
        answer: Answer = proceed()
        data = decoded(answer)
        if call.key not in self.requests or data is None or (isinstance(data, list) and self.body == b"[]"):
            return answer
        self._met[call.key] += 1
        if self.body is not None or isinstance(data, list):
            return Answer(200, self.body or b"null", dict(answer.headers))
        for listing in site.platform.lists_in(data):
            put(data, listing, None)
        return Answer.of(data, headers=answer.headers)


class NotAnItem(Fault):
    """Puts the first item of the first page that is answered under a name into a list of its own."""

    def __init__(self, request: str) -> None:
        """Keep the name of the request whose pages are meant."""
        super().__init__()
        self.request = request

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Answer with one item that is none."""
        answer: Answer = proceed()
        data: JSON = decoded(answer) if site.desk.name(call) == self.request and not self.hits else None
        for items in site.platform.lists_in(data).values():
            if isinstance(items, dict):
                items |= {key: [items[key]] for key in list(items)[:1]}
            else:
                items[:1] = [items[:1]]
            self._met[call.key] += 1
        return answer if data is None else Answer.of(data, headers=answer.headers)


class Broken(Fault):
    """One request is answered with 500, for ever."""

    def __init__(self, request: str) -> None:
        """Keep which."""
        super().__init__()
        self.request = request

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Fail where that is asked for."""
        if call.key != self.request:
            return proceed()
        self._met[call.key] += 1
        failure = site.desk.failure("server")
        failure.status = 500
        return failure


def _shape(listing: Path, items: Items, path: Path) -> Iterator[str]:
    """Return a place's path without what tells one object from another: numbers, and the ids of objects by id."""
    by_id = len(listing) if isinstance(items, dict) else None
    return ("*" if isinstance(one, int) or index == by_id else one for index, one in enumerate(path))


def _a_year_before(told: JSON) -> JSON:
    return told - _YEAR if isinstance(told, int) else f"{int(told[:4]) - 1}{told[4:]}"


def decoded(answer: Answer) -> JSON:
    """Return a successful answer's JSON; None where it is no JSON."""
    if not answer.headers.get("content-type", "").startswith("application/json") or answer.status != 200:  # noqa: PLR2004 # success
        return None
    return json.loads(answer.body)


def walk(path: Path, value: object) -> Iterator[tuple[Path, JSON]]:
    """Walk every value below a list, the objects in it first."""
    inner = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    for name, one in inner:
        yield (*path, name), one
        yield from walk((*path, name), one)


def put(data: JSON, path: Path, value: JSON) -> bool:
    """Put a value in; tell whether there was such a place, which another odd value may have taken."""
    for step in path[:-1]:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return False
    try:
        data[path[-1]]
        data[path[-1]] = value
    except (KeyError, IndexError, TypeError):
        return False
    return True


class Emptied(Fault):
    """Takes everything out of the lists of one method's answers, those that are asked for together with others too."""

    def __init__(self, method: str) -> None:
        """Spoil what is asked of `method`, as the simulated platform calls it."""
        super().__init__(share=1.0)
        self.method = method

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Empty the lists."""
        answer = proceed()
        if site.desk.name(call) != self.method:
            return answer
        data = decoded(answer)
        for _, items in lists_of(site, data):
            self._met[call.key] += len(items)
            items.clear()
        return answer if data is None else Answer.of(data, status=answer.status, headers=answer.headers)


def lists_of(site: Site, data: JSON) -> Iterator[tuple[Path, Items]]:
    """Yield the lists of an answer, and of the answers that came with it where several were asked for together."""
    for within in (data, *(look(one, "body") for one in as_list(look(data, "responses")))):
        yield from site.platform.lists_in(within).items()
