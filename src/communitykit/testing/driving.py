"""Running a flow over answers that a test gives: no driver, no network, no clock."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, TypeAlias

from typing_extensions import TypeVar

from communitykit.connector.flow import Batch, Checkpoint, Gap, Request, Response, Slice, Step, Swept
from communitykit.errors import CommunityKitError, CredentialError
from communitykit.model.values import JSON

T = TypeVar("T", default=None)
Told: TypeAlias = Batch | Slice | Swept | Gap

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass(slots=True)
class Driven(Generic[T]):
    """What a flow did: its steps but for the requests, the requests in the order of asking, and what it returned.

    `returned` is None where the flow was stopped before its end.
    """

    steps: list[Told] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    returned: T | None = None
    together: list[tuple[Request, ...]] = field(default_factory=list)
    """Requests that were asked side by side."""

    @property
    def batches(self) -> list[Batch]:
        """Return the batches."""
        return [step for step in self.steps if isinstance(step, Batch)]

    @property
    def slices(self) -> dict[str, Slice]:
        """Return the slices by their keys."""
        return {step.key: step for step in self.steps if isinstance(step, Slice)}

    @property
    def swept(self) -> list[Swept]:
        """Return the sweeps."""
        return [step for step in self.steps if isinstance(step, Swept)]

    @property
    def gaps(self) -> list[str]:
        """Return the gaps' reasons."""
        return [step.reason for step in self.steps if isinstance(step, Gap)]

    @property
    def checkpoint(self) -> Checkpoint | None:
        """Return the last checkpoint, that of a run which stored everything; None where there was none."""
        return next((batch.checkpoint for batch in reversed(self.batches) if batch.checkpoint is not None), None)

    def items(self, kind: str) -> list[JSON]:
        """Return the payloads of one kind."""
        return [item for batch in self.batches if batch.kind == kind for item in batch.items]


def drive(
    flow: Generator[Step, Any, T],
    answer: Callable[[Request], JSON],
    *,
    error_of: Callable[[Response], CommunityKitError | None] | None = None,
    at: datetime = NOW,
    stop_after: int | None = None,
    limit: int = 10_000,
) -> Driven[T]:
    """Run a flow to its end and return what it did.

    `answer` gives each request its answer: data (JSON, text, a Path), a whole Response, or a CommunityKitError, given
    back or raised. Errors are thrown into the flow where it asked for one thing, and stand in their places where it
    asked for several side by side, but for a refused credential, which is thrown. `error_of` is the connector's, to
    tell which answers are errors. `at` is when answers come. `stop_after` so many requests the flow is closed, as when
    a run is stopped.

    Raises AssertionError when a flow asks more than `limit` times, and what the flow itself raises.
    """
    driven: Driven[T] = Driven()
    given: JSON = None
    error: CommunityKitError | None = None
    while True:
        try:
            step = flow.throw(error) if error is not None else flow.send(given)
        except StopIteration as ended:
            driven.returned = ended.value
            return driven
        given, error = None, None
        asked = (step,) if isinstance(step, Request) else step if isinstance(step, tuple) else ()
        if stop_after is not None and asked and len(driven.requests) + len(asked) > stop_after:
            flow.close()
            return driven
        driven.requests += asked
        assert len(driven.requests) <= limit, f"the flow does not end: it asked {limit} times"
        answers = [_answered(one, answer, error_of, at) for one in asked]
        if isinstance(step, tuple):
            driven.together.append(step)
            given = answers
            error = next((one for one in answers if isinstance(one, CredentialError)), None)
        elif isinstance(step, Request):
            given = answers[0]
            error = given if isinstance(given, CommunityKitError) else None
        else:
            driven.steps.append(step)


def in_turn(*answers: object) -> Callable[[Request], JSON]:
    """Return an `answer` that gives these one after the other.

    It raises AssertionError when there are no more.
    """
    rest: Iterator[JSON] = iter(answers)

    def answer(request: Request) -> JSON:
        for told in rest:
            return told
        message = f"nothing is left to answer {request.method} {request.url} {dict(request.params)}"
        raise AssertionError(message)

    return answer


def _answered(
    request: Request,
    answer: Callable[[Request], JSON],
    error_of: Callable[[Response], CommunityKitError | None] | None,
    at: datetime,
) -> Response | CommunityKitError:
    try:
        told = answer(request)
    except CommunityKitError as error:
        return error
    if isinstance(told, CommunityKitError):
        return told
    response = told if isinstance(told, Response) else Response(request, 200, {}, told, at)
    return (error_of(response) if error_of is not None else None) or response
