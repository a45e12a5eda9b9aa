"""A simulated platform as an ASGI application: logs, tokens, throttle and faults around what a plugin answers."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from math import inf
from typing import TYPE_CHECKING, TypeVar

from communitykit.clock import SYSTEM_CLOCK, Clock
from communitykit.http.asgi import Message, Receive, Send
from communitykit.model.values import JSON
from communitykit.sandbox.platform import Answer, Call, Desk, Grant, Platform
from communitykit.sandbox.throttle import Throttle, Violation
from communitykit.sandbox.world import World

if TYPE_CHECKING:
    from communitykit.sandbox.changes import Change
    from communitykit.sandbox.faults import Fault

T = TypeVar("T")

_REMEMBERED = 100_000
"""Requests that the log keeps; they are counted without end."""


class Dropped(ConnectionResetError):  # noqa: N818 # what happened, not what went wrong
    """The simulated platform dropped the connection. Called in process, it is raised to the caller."""


@dataclass(frozen=True, slots=True)
class Logged:
    """A request that came: when (monotonic seconds), what, about what, and how it was answered. No credential."""

    at: float
    method: str
    name: str
    fields: dict[str, str]
    status: int
    size: int


class Site:
    """One installation of a platform over a world, callable as an ASGI application.

    `rate` multiplies the platform's limits (inf: none). `clock` is the site's time: limits, expiry and latency follow
    it, so a test may let hours pass at once. `options` are the platform's own.
    """

    def __init__(
        self,
        world: World,
        platform: Platform,
        *,
        rate: float = inf,
        faults: Sequence[Fault] = (),
        clock: Clock = SYSTEM_CLOCK,
        **options: JSON,
    ) -> None:
        """Open the platform's desk over the world."""
        self.world = world
        self.platform = platform
        self.clock = clock
        self.rate = rate
        self.options = options
        self.faults = tuple(faults)
        self.throttle = Throttle(platform.limits(options), rate=rate, joint=platform.joint)
        self.grants: dict[str, Grant] = {}
        self.unreadable: set[int] = set()
        self.skew = timedelta(0)
        self.requests: deque[Logged] = deque(maxlen=_REMEMBERED)
        self.numbered: set[str] = set()
        """Names of the lists that were read by page number or offset."""
        self._counts: Counter[str] = Counter()
        # Until it is served: on this machine, so that no connector refuses it, and where nobody listens.
        self.url = "http://127.0.0.1:9"
        self.crash: Exception | None = None
        """A mistake of the simulation itself; a server of it reports it when it ends."""
        self.lock = threading.RLock()
        self.desk: Desk = platform.open(self)
        for fault in self.faults:
            fault.arrange(self)

    @property
    def token(self) -> str:
        """The first token that was handed out."""
        return next(iter(self.grants))

    @property
    def settings(self) -> dict[str, JSON]:
        """What `communitykit.connect(platform, **settings)` needs."""
        return {**self.platform.settings(self), "rate": self.rate}

    @property
    def violations(self) -> list[Violation]:
        """Requests that should not have been sent."""
        return self.throttle.violations

    def grant(self, grant: Grant) -> Grant:
        """Hand a token out."""
        self.grants[grant.token] = grant
        return grant

    def seconds(self) -> float:
        """Return the site's own time as seconds since 1970, for expiry."""
        return self.clock.now().timestamp()

    def advance(
        self,
        days: float = 0,
        *,
        hours: float = 0,
        reach: timedelta | None = None,
        kinds: frozenset[str] | None = None,
    ) -> list[Change]:
        """Let time pass in the world, as `World.advance`, while requests are being answered."""
        with self.lock:
            return self.world.advance(days, hours=hours, reach=reach, kinds=kinds)

    def count(self, name: str | None = None) -> int:
        """Count the requests so far, of one name if given."""
        return self._counts.total() if name is None else self._counts[name]

    def answer(self, call: Call) -> Answer:
        """Answer a call: the faults around the throttle around the platform."""
        with self.lock:
            try:
                answer = self._answered(call)
            except Exception as error:
                self.crash = error
                raise
        shown = {name: str(value) for name, value in call.fields.items() if not _secret(name)}
        name = self.desk.name(call)
        self._counts[name] += 1
        self.requests.append(Logged(self.clock.monotonic(), call.method, name, shown, answer.status, len(answer.body)))
        return answer

    def _answered(self, call: Call) -> Answer:
        answering: Callable[[Site, Call], Answer] = Site.counted
        for fault in reversed(self.faults):
            answering = _around(answering, fault)
        return answering(self, call)

    def listed(self, name: str, entries: Sequence[T]) -> Sequence[T]:
        """Return a whole list of that name as it is at this moment: faults shift it between two requests.

        A desk asks for it wherever it cuts a page by number or offset, and wherever it counts such a list.
        """
        self.numbered.add(name)
        for fault in self.faults:
            entries = fault.listed(name, entries)
        return entries

    def limit(self, call: Call, seconds: int | None) -> Answer:
        """Refuse a call as if its budget were used up; with seconds, the budget stays closed for so long."""
        for draw in self.desk.costs(call) if seconds is not None else ():
            self.throttle.close(*draw, self.clock.monotonic(), seconds or 0, request=call.key)
        return self.desk.failure("limited", retry_after=seconds)

    def counted(self, call: Call) -> Answer:
        """Answer a call, or refuse it when one of its budgets is used up; parts of a batch are counted alike."""
        waits = [self.throttle.take(*draw, self.clock.monotonic(), request=call.key) for draw in self.desk.costs(call)]
        told = [wait for wait in waits if wait is not None]
        return self.desk.failure("limited", retry_after=max(told)) if told else self.desk.answer(call)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] != "http":
            raise ValueError(f"a sandbox speaks http, not {scope['type']}")
        call = await _read(scope, receive)
        answer = self.answer(call)
        if answer.delay:
            await self.clock.sleep_async(answer.delay)
        if answer.cut is not None and answer.cut < 0:
            _drop(send)
        headers = {
            "date": format_datetime(self.clock.now() + self.skew, usegmt=True),
            "content-length": str(len(answer.body)),
            **answer.headers,
        }
        encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
        body = answer.body if answer.cut is None else answer.body[: answer.cut]
        if answer.cut is None and not answer.drip:
            await send({"type": "http.response.body", "body": body, "more_body": False})
            return
        for piece in _pieces(body, 8):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await self.clock.sleep_async(answer.drip)
        if answer.cut is not None:
            _drop(send)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _around(inner: Callable[[Site, Call], Answer], fault: Fault) -> Callable[[Site, Call], Answer]:
    return lambda site, call: fault.answer(site, call, lambda: inner(site, call))


async def _read(scope: Message, receive: Receive) -> Call:
    parts: list[bytes] = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Dropped("the client went away")
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
    path = (scope.get("raw_path") or scope["path"].encode()).decode().partition("?")[0]
    return Call.read(scope["method"], path, scope["query_string"].decode(), headers, b"".join(parts))


def _drop(send: Send) -> None:
    """Drop the connection: under uvicorn its transport is aborted, so that the peer sees a reset."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()
    raise Dropped("the simulated platform dropped the connection")


def _pieces(body: bytes, count: int) -> Iterable[bytes]:
    size = max(1, -(-len(body) // count))
    return (body[start : start + size] for start in range(0, len(body), size))


def _secret(name: str) -> bool:
    return any(word in name.lower() for word in ("token", "secret", "password", "code"))
