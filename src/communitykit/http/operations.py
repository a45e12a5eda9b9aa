"""What a driver carries out: operations, what answers them, and what a slice's reading took."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from typing_extensions import TypeVar

from communitykit.connector.flow import Batch, Gap, Slice, Swept
from communitykit.connector.waiting import Span, joined, waited
from communitykit.errors import RetryableError
from communitykit.model.values import JSON

_MANY_SPANS = 1_000


class Stopped(BaseException):
    """The run was told to stop. Not an Exception: no handler of errors may eat it."""


@dataclass(slots=True)
class Meter:
    """What reading one slice took: requests sent, attempts repeated, seconds waited."""

    requests: int = 0
    retries: int = 0
    spans: list[Span] = field(default_factory=list)
    """When it waited, by the machine's monotonic clock."""
    unanswered: RetryableError | None = None
    """What a request that is being sent again has failed of so far; None where none is."""
    pending: RetryableError | None = None
    """What is told of a request that was on its way when it was given up, where nobody had answered anything yet."""

    @property
    def waited(self) -> float:
        """Seconds in which it waited, however many of its requests did."""
        return waited(self.spans)

    def wait(self, begin: float, seconds: float) -> None:
        """Note a wait."""
        self.spans.append((begin, begin + seconds))
        if len(self.spans) > _MANY_SPANS:
            self.spans = joined(self.spans)


@dataclass(frozen=True, slots=True)
class Wait:
    """Why requests wait until a moment in UTC: the platform `asked`, or an `error` is tried again; else its limits."""

    until: datetime
    asked: bool = False
    error: str | None = None
    failed_of: RetryableError | None = field(default=None, compare=False, repr=False)
    """The error itself that is tried again, a limit too; None where nothing failed."""

    def of(self, platform: str) -> str:
        """Say it of a platform, in words."""
        moment = f"{self.until.astimezone(UTC):%H:%M:%S} UTC"
        if self.asked:
            return f"{platform} asks to wait until {moment}"
        if self.error is not None:
            return f"{platform}: {self.error}; asked again at {moment}"
        return f"{platform} waits until {moment}"


@dataclass(slots=True)
class Sleep:
    """Let `seconds` pass."""

    seconds: float


@dataclass(slots=True)
class Send:
    """Send this, answer with an Answer, or with the error that came instead of a whole one."""

    method: str
    url: str
    headers: Mapping[str, str]
    params: Mapping[str, str | int] | None
    form: Mapping[str, str | int] | None
    json: JSON
    to_file: bool


@dataclass(slots=True)
class Answer:
    """What came back: a body, or the file that it was streamed to."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes
    path: Path | None = None


@dataclass(slots=True)
class OneAtATime:
    """Carry out these operations while nobody else of this runner does the like; answer with their result."""

    operations: Operations[object]


@dataclass(slots=True)
class SideBySide:
    """Carry out these operations side by side; answer with the list of results, errors in their places."""

    operations: list[Operations[object]]


@dataclass(slots=True)
class Emit:
    """Hand a flow's step to the caller, with the time of the answer that it rests on."""

    step: Batch | Slice | Swept | Gap
    fetched_at: datetime


Operation: TypeAlias = Sleep | Send | OneAtATime | SideBySide | Emit
T = TypeVar("T", default=None)
Operations: TypeAlias = Generator[Operation, Any, T]
"""Operations that end in a T."""
