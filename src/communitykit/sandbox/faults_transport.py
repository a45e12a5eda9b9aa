"""Faults on the way: latency, refusals, outages, broken connections and bodies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from communitykit.sandbox.faults import Fault, Proceed
from communitykit.sandbox.platform import Answer, Call

if TYPE_CHECKING:
    from communitykit.sandbox.site import Site


@dataclass(slots=True, kw_only=True)
class Latency(Fault):
    """Every answer takes `seconds`."""

    name: ClassVar[str] = "latency"
    main: ClassVar[str] = "seconds"
    seconds: float = 0.05

    def answer(self, site: Site, call: Call, proceed: Proceed) -> Answer:  # noqa: ARG002
        """Delay."""
        self._met[call.key] += 1
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
        """Return nonsense."""
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
        """Return a page."""
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
