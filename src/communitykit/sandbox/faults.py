"""What may go wrong on a platform, composable and seeded. A fault stands around the platform's answer.

Which requests a fault meets is decided by the request itself and the seed, not by their order, so that it is the same
however many run side by side; each request that it meets fails `times` times and then succeeds.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar

from communitykit.errors import SettingsError
from communitykit.sandbox.changes import TALK
from communitykit.sandbox.platform import Answer, Call

if TYPE_CHECKING:
    from communitykit.sandbox.site import Site

Proceed = Callable[[], Answer]

FAULTS: dict[str, type[Fault]] = {}
"""Every fault by its name, as `--fault` knows it."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """Base of all faults. `share` of the requests are met, each the first `times` times that it comes."""

    name: ClassVar[str] = ""
    main: ClassVar[str] = "share"
    """The parameter that stands alone in `name=value`."""
    share: float = 0.3
    times: int = 1
    seed: int = 1
    _met: Counter[str] = field(default_factory=Counter, repr=False)

    def __init_subclass__(cls) -> None:
        """Register the fault by its name."""
        if cls.name:
            FAULTS[cls.name] = cls

    def arrange(self, site: Site) -> None:
        """Prepare the site, once."""

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Answer a call; `proceed` is how the platform itself would."""
        return self.spoil(site, call, proceed) if self.meets(call) else proceed()

    def spoil(self, site: Site, call: Call, proceed: Proceed) -> Answer:  # noqa: ARG002 # for those who override
        """Answer a call that the fault meets."""
        return proceed()

    def meets(self, call: Call) -> bool:
        """Tell whether this request is met now, and count it."""
        key = call.key
        chosen = Random(f"{self.seed}/{self.name}/{key}").random() < self.share
        if not chosen or self._met[key] >= self.times:
            return False
        self._met[key] += 1
        return True

    @property
    def hits(self) -> int:
        """How often it struck."""
        return self._met.total()


@dataclass(slots=True, kw_only=True)
class Latency(Fault):
    """Every answer takes `seconds`."""

    name: ClassVar[str] = "latency"
    main: ClassVar[str] = "seconds"
    seconds: float = 0.05

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:  # noqa: ARG002
        """Delay."""
        answer = proceed()
        answer.delay += self.seconds
        return answer


@dataclass(slots=True, kw_only=True)
class Limited(Fault):
    """The platform asks to wait `seconds`, and counts who comes too early."""

    name: ClassVar[str] = "limited"
    seconds: int = 1

    def spoil(self, site: Site, call: Call, proceed: Proceed) -> Answer:  # noqa: ARG002
        """Refuse with Retry-After."""
        return site.limit(call, self.seconds)


@dataclass(slots=True, kw_only=True)
class LimitedMute(Fault):
    """The platform asks to wait without saying how long."""

    name: ClassVar[str] = "limited-mute"

    def spoil(self, site: Site, call: Call, proceed: Proceed) -> Answer:  # noqa: ARG002
        """Refuse without Retry-After."""
        return site.limit(call, None)


@dataclass(slots=True, kw_only=True)
class Outage(Fault):
    """Server errors: 500, 502 and 503 in turn."""

    name: ClassVar[str] = "outage"
    times: int = 2

    def spoil(self, site: Site, call: Call, proceed: Proceed) -> Answer:  # noqa: ARG002
        """Fail."""
        answer = site.desk.failure("server")
        answer.status = (500, 502, 503)[self.hits % 3]
        return answer


@dataclass(slots=True, kw_only=True)
class Reset(Fault):
    """The connection breaks before anything came back."""

    name: ClassVar[str] = "reset"

    def spoil(self, site: Site, call: Call, proceed: Proceed) -> Answer:  # noqa: ARG002
        """Drop."""
        return replace(proceed(), cut=-1)


@dataclass(slots=True, kw_only=True)
class ResetMidway(Fault):
    """The connection breaks in the middle of a body."""

    name: ClassVar[str] = "reset-midway"

    def spoil(self, site: Site, call: Call, proceed: Proceed) -> Answer:  # noqa: ARG002
        """Drop after half."""
        answer = proceed()
        return replace(answer, cut=len(answer.body) // 2)


@dataclass(slots=True, kw_only=True)
class Truncated(Fault):
    """Whole by its headers, but the JSON ends in the middle."""

    name: ClassVar[str] = "truncated"

    def spoil(self, site: Site, call: Call, proceed: Proceed) -> Answer:  # noqa: ARG002
        """Cut the JSON."""
        answer = proceed()
        return replace(answer, body=answer.body[: len(answer.body) // 2])


@dataclass(slots=True, kw_only=True)
class Malformed(Fault):
    """The answer is no JSON at all, though it says so."""

    name: ClassVar[str] = "malformed"

    def spoil(self, site: Site, call: Call, proceed: Proceed) -> Answer:  # noqa: ARG002
        """Give nonsense."""
        return replace(proceed(), body=b"{'ok': True, oops\x00")


@dataclass(slots=True, kw_only=True)
class ErrorBody(Fault):
    """Status 200 with the platform's own word for an internal error in the body."""

    name: ClassVar[str] = "error-body"

    def spoil(self, site: Site, call: Call, proceed: Proceed) -> Answer:  # noqa: ARG002
        """Fail in the body."""
        return site.desk.failure("error_body")


@dataclass(slots=True, kw_only=True)
class HtmlPage(Fault):
    """A proxy's HTML page comes instead of the answer."""

    name: ClassVar[str] = "html"
    status: int = 200

    def spoil(self, site: Site, call: Call, proceed: Proceed) -> Answer:  # noqa: ARG002
        """Give a page."""
        page = b"<!DOCTYPE html><html><body><h1>We will be back soon</h1></body></html>"
        return Answer(self.status, page, {"content-type": "text/html; charset=utf-8"})


@dataclass(slots=True, kw_only=True)
class Drip(Fault):
    """The body comes in eight pieces, `seconds` apart."""

    name: ClassVar[str] = "drip"
    main: ClassVar[str] = "seconds"
    seconds: float = 0.01

    def spoil(self, site: Site, call: Call, proceed: Proceed) -> Answer:  # noqa: ARG002
        """Slow down."""
        return replace(proceed(), drip=self.seconds)


@dataclass(slots=True, kw_only=True)
class ExpiredCursor(Fault):
    """Cursors are refused as expired."""

    name: ClassVar[str] = "expired-cursor"

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Refuse pages after the first."""
        if call.fields.get(site.platform.cursor_field) and self.meets(call):
            return site.desk.failure("cursor")
        return proceed()


@dataclass(slots=True, kw_only=True)
class RepeatedCursor(Fault):
    """A page names itself as the next one, for ever."""

    name: ClassVar[str] = "repeated-cursor"
    share: float = 1.0
    times: int = 1_000_000

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Put the request's own cursor into the answer."""
        cursor = call.fields.get(site.platform.cursor_field)
        if not cursor or not self.meets(call):
            return proceed()

        def change(data: dict[str, Any]) -> None:
            inner = data
            for step in site.platform.cursor_path[:-1]:
                inner = inner.setdefault(step, {})
            inner[site.platform.cursor_path[-1]] = cursor

        return _changed(proceed(), change)


@dataclass(slots=True, kw_only=True)
class Duplicates(Fault):
    """Each page begins with the last object of the page before."""

    name: ClassVar[str] = "duplicates"
    _last: dict[tuple[str, str], Any] = field(default_factory=dict, repr=False)

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Repeat an object."""
        cursor = site.platform.cursor_field
        listing = Call("", call.path, {}, fields={k: v for k, v in call.fields.items() if k != cursor}).key

        def change(data: dict[str, Any]) -> None:
            for key in site.platform.listings:
                items = data.get(key)
                if not isinstance(items, list) or not items:
                    continue
                previous = self._last.get((listing, key))
                self._last[(listing, key)] = items[-1]
                if call.fields.get(cursor) and previous is not None and previous not in items:
                    items.insert(0, previous)
                    self._met[call.key] += 1

        return _changed(proceed(), change)


@dataclass(slots=True, kw_only=True)
class MissingFields(Fault):
    """Optional fields are missing here and there."""

    name: ClassVar[str] = "missing-fields"
    share: float = 0.5

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Leave fields out."""
        rng = Random(f"{self.seed}/{self.name}/{call.key}")

        def change(data: dict[str, Any]) -> None:
            for item in _objects(data):
                for name in sorted(site.platform.optional & item.keys()):
                    if rng.random() < self.share:
                        del item[name]
                        self._met[call.key] += 1

        return _changed(proceed(), change)


@dataclass(slots=True, kw_only=True)
class UnknownFields(Fault):
    """Every object has fields that nobody documented."""

    name: ClassVar[str] = "unknown-fields"

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:  # noqa: ARG002
        """Add fields."""

        def change(data: dict[str, Any]) -> None:
            for item in list(_objects(data)):
                item["x_new_thing"] = {"kind": "unheard_of", "values": [1, None, "two"]}
                self._met[call.key] += 1

        return _changed(proceed(), change)


@dataclass(slots=True, kw_only=True)
class UnknownValues(Fault):
    """Closed lists of values turn out to be open: the platform renders some objects with new ones."""

    name: ClassVar[str] = "unknown-values"
    share: float = 0.2

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Let the platform put new values in."""
        rng = Random(f"{self.seed}/{self.name}/{call.key}")

        def change(data: dict[str, Any]) -> None:
            for item in list(_objects(data)):
                if rng.random() < self.share and site.desk.renew(item):
                    self._met[call.key] += 1

        return _changed(proceed(), change)


@dataclass(slots=True, kw_only=True)
class Unreadable(Fault):
    """One public community cannot be read, though it is listed. `place` is its number in the world."""

    name: ClassVar[str] = "unreadable"
    main: ClassVar[str] = "place"
    place: int = -1

    def arrange(self, site: Site) -> None:
        """Close a community, if none is named the second public one."""
        if self.place < 0:
            public = [one for one in site.world.on(site.platform.name) if one.privacy == "public" and not one.archived]
            self.place = public[1].number
        site.unreadable.add(self.place)


@dataclass(slots=True, kw_only=True)
class Revoked(Fault):
    """The token is revoked after `after` requests, for good."""

    name: ClassVar[str] = "revoked"
    main: ClassVar[str] = "after"
    after: int = 12
    _seen: int = 0

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Revoke when it is time."""
        self._seen += 1
        if self._seen == self.after + 1:
            self._met[call.key] += 1
            for grant in site.grants.values():
                grant.revoked = True
        return proceed()


@dataclass(slots=True, kw_only=True)
class Expiring(Fault):
    """The token expires after `after` requests; whoever can refresh it may go on."""

    name: ClassVar[str] = "expiring"
    main: ClassVar[str] = "after"
    after: int = 12
    _seen: int = 0

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Expire when it is time."""
        self._seen += 1
        if self._seen == self.after + 1:
            self._met[call.key] += 1
            for grant in site.grants.values():
                grant.expires_at = site.seconds() - 1
        return proceed()


@dataclass(slots=True, kw_only=True)
class Skew(Fault):
    """The platform's clock is `seconds` ahead of ours."""

    name: ClassVar[str] = "skew"
    main: ClassVar[str] = "seconds"
    seconds: float = 420.0

    def arrange(self, site: Site) -> None:
        """Move the clock that the answers show."""
        site.skew = timedelta(seconds=self.seconds)


@dataclass(slots=True, kw_only=True)
class Changing(Fault):
    """The content changes while it is read: an hour passes after every `every` requests, `times` times."""

    name: ClassVar[str] = "changing"
    main: ClassVar[str] = "every"
    every: int = 10
    times: int = 3
    _seen: int = 0

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:
        """Let time pass."""
        self._seen += 1
        if self._seen % self.every == 0 and self.hits < self.times:
            self._met[call.key] += 1
            site.advance(hours=1, kinds=TALK)
        return proceed()


def parse_fault(text: str, *, seed: int = 1) -> Fault:
    """Make a fault from `name`, `name=value` or `name:parameter=value,parameter=value`; `50ms` and `2s` are seconds.

    Raises SettingsError for an unknown name or parameter.
    """
    name, separator, rest = text.partition("=") if ":" not in text else text.partition(":")
    if name not in FAULTS:
        raise SettingsError(f"there is no fault {name!r}", remedy=f"Faults: {', '.join(sorted(FAULTS))}.")
    kind = FAULTS[name]
    pairs = [(kind.main, rest)] if separator == "=" else [tuple(part.split("=", 1)) for part in rest.split(",") if part]
    known = {item.name: item for item in fields(kind) if not item.name.startswith("_")}
    values: dict[str, Any] = {"seed": seed}
    for pair in pairs:
        if len(pair) != 2 or pair[0] not in known:  # noqa: PLR2004 # a name and a value
            raise SettingsError(
                f"the fault {name!r} has no such parameter", remedy=f"It has: {', '.join(sorted(known))}."
            )
        values[pair[0]] = _number(pair[1], whole=known[pair[0]].type == "int")
    return kind(**values)


def _number(text: str, *, whole: bool) -> float:
    try:
        if text.endswith("ms"):
            return float(text[:-2]) / 1000
        value = float(text.removesuffix("s"))
    except ValueError:
        raise SettingsError(f"{text!r} is not a number", remedy="Write 0.3, 50ms or 2s.") from None
    return int(value) if whole else value


def _objects(data: Any) -> Iterable[dict[str, Any]]:  # noqa: ANN401 # decoded JSON
    """Walk all objects below the answer itself, outer ones first."""
    pending = list(data.values()) if isinstance(data, dict) else [data]
    while pending:
        one = pending.pop(0)
        if isinstance(one, dict):
            yield one
            pending.extend(one.values())
        elif isinstance(one, list):
            pending.extend(one)


def _changed(answer: Answer, change: Callable[[dict[str, Any]], None]) -> Answer:
    """Change the JSON of a successful answer."""
    if not answer.headers.get("content-type", "").startswith("application/json") or answer.status != 200:  # noqa: PLR2004
        return answer
    data = json.loads(answer.body)
    change(data)
    return Answer.of(data, status=answer.status, headers=answer.headers)
