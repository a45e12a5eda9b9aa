"""A connected platform for async code: `connect_async`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, MutableMapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Self

from communitykit.clock import SYSTEM_CLOCK, Clock
from communitykit.connector.declaration import Connector
from communitykit.connector.flow import Checkpoint
from communitykit.connector.registry import registry
from communitykit.doors.options import ReadOptions, make_conductor, source_run
from communitykit.doors.streaming import note, records_of
from communitykit.http.budgets import PACE, Pace
from communitykit.http.conductor import Conductor
from communitykit.model import Community, EngagementEvent, Member, Membership, Post
from communitykit.model.merge import merged
from communitykit.reading.lookups import State
from communitykit.reading.slices import Progress

if TYPE_CHECKING:
    from communitykit.http.drivers import AsyncRunner


class AsyncSession:
    """A connected platform, in an event loop. Use it as an async context manager."""

    def __init__(self, connector: Connector, conductor: Conductor, *, app: Callable[..., Any] | None = None) -> None:
        """Open connections lazily. `app` answers instead of the network: an ASGI application called directly."""
        self.connector = connector
        self.conductor = conductor
        self._app = app
        self._runner: AsyncRunner | None = None

    async def __aenter__(self) -> Self:
        """Return the session."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the session."""
        await self.aclose()

    async def aclose(self) -> None:
        """Close connections."""
        if self._runner is not None:
            await self._runner.aclose()

    async def read(
        self, ask: ReadOptions, *, state: State, run_id: str = "read", concurrency: int | None = None
    ) -> AsyncGenerator[Progress, None]:
        """Read the platform and give every event."""
        from communitykit.http.drivers import AsyncRunner  # noqa: PLC0415 # same
        from communitykit.reading.tasks import read_async  # noqa: PLC0415 # httpx is imported only when used

        self._runner = self._runner or AsyncRunner(self.conductor, app=self._app)
        run = source_run(self.connector, self.conductor, ask, state, run_id)
        reading = read_async(run, self._runner, concurrency=concurrency or self.conductor.settings.concurrency)
        async with aclosing(reading) as events:  # who leaves early leaves no task behind
            async for event in events:
                yield event

    async def records(
        self,
        *,
        state: MutableMapping[str, Checkpoint] | None = None,
        concurrency: int | None = None,
        **ask: Any,  # noqa: ANN401 # the keywords of Ask
    ) -> AsyncIterator[Any]:
        """Yield records of all kinds; `concurrency` slices are read side by side.

        The keywords and the state are those of `Session.records`.

        Raises CommunityKitError when the source cannot be read at all.
        """
        kept = state if state is not None else {}
        wanted = ReadOptions(**ask)
        async with aclosing(self.read(wanted, state=kept, concurrency=concurrency)) as events:
            async for event in events:
                for record in records_of(event, wanted):
                    yield record
                note(event, kept)

    async def _only(self, kind: str, ask: Mapping[str, Any]) -> AsyncIterator[Any]:
        async for record in self.records(**{**ask, "kinds": frozenset({kind})}):
            if record.record == kind:
                yield record

    async def _merged(self, kind: str, ask: Mapping[str, Any]) -> AsyncIterator[Any]:
        for record in merged([record async for record in self._only(kind, ask)]):
            yield record

    def members(self, **ask: Any) -> AsyncIterator[Member]:  # noqa: ANN401 # the keywords of Ask
        """Yield members, each once with all that was told of them: they come when all is read."""
        return self._merged("member", ask)

    def communities(self, **ask: Any) -> AsyncIterator[Community]:  # noqa: ANN401 # same
        """Yield communities, each once with all that was told of them: they come when all is read."""
        return self._merged("community", ask)

    def memberships(self, **ask: Any) -> AsyncIterator[Membership]:  # noqa: ANN401 # same
        """Yield memberships."""
        return self._only("membership", ask)

    def posts(self, **ask: Any) -> AsyncIterator[Post]:  # noqa: ANN401 # same
        """Yield posts."""
        return self._only("post", ask)

    def events(self, **ask: Any) -> AsyncIterator[EngagementEvent]:  # noqa: ANN401 # same
        """Yield engagement events."""
        return self._only("event", ask)


def connect_async(
    name: str,
    *,
    clock: Clock = SYSTEM_CLOCK,
    pace: Pace = PACE,
    app: Callable[..., Any] | None = None,
    **settings: Any,  # noqa: ANN401 # the connector's settings
) -> AsyncSession:
    """Connect to a platform from async code; as `connect`."""
    connector = registry().get(name)
    return AsyncSession(connector, make_conductor(connector, clock, pace, settings), app=app)
