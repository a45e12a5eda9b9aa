"""A connected platform for async code: `connect_async`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, MutableMapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Self, TypeAlias, TypeVar, Unpack

from communitykit.connector.declaration import Connector
from communitykit.connector.flow import Checkpoint
from communitykit.connector.registry import registry
from communitykit.connector.scrub import without_credentials
from communitykit.doors.conducting import make_conductor, session_closed, source_run
from communitykit.doors.left_out import LeftOut
from communitykit.doors.options import Kind, ReadKeywords, ReadOptions, RecordsKeywords, checked_state, read_options
from communitykit.doors.source import new_run_id
from communitykit.doors.streaming import Narrowed, note, records_of
from communitykit.errors import SettingsError, wrong_argument
from communitykit.http.asgi import Application
from communitykit.http.conductor import Conductor
from communitykit.model import Community, Coverage, EngagementEvent, Member, Membership, Post, Record
from communitykit.model.merge import merged
from communitykit.reading.garbage import fewer_collections
from communitykit.reading.lookups import State
from communitykit.reading.slices import Progress

if TYPE_CHECKING:
    from communitykit.http.drivers import AsyncRunner


R = TypeVar("R", Member, Community, Membership, Post, EngagementEvent)
_Kept: TypeAlias = MutableMapping[str, Checkpoint] | None


class AsyncSession:
    """A connected platform, in an event loop. Use it as an async context manager.

    Calls for one kind of record hand on no Coverage: what they leave out is said and kept as `Session` does.
    """

    left_out: Sequence[Coverage] = ()
    """Coverage of what the last call left out though it was asked for, as far as it was read."""

    def __init__(self, connector: Connector, conductor: Conductor, *, app: Application | None = None) -> None:
        """Open connections lazily. `app` answers instead of the network: an ASGI application called directly."""
        self.connector = connector
        self.conductor = conductor
        self._app = app
        self._runner: AsyncRunner | None = None
        self._closed = False

    async def __aenter__(self) -> Self:
        """Return the session."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the session."""
        await self.aclose()

    def __repr__(self) -> str:
        """Name the platform, and nothing secret."""
        place = without_credentials(self.conductor.exchange.base_url)
        return f"<AsyncSession {self.connector.name} {place}{' (closed)' if self._closed else ''}>"

    async def aclose(self) -> None:
        """Close connections; nothing can be asked of the session any more."""
        self._closed = True
        if self._runner is not None:
            await self._runner.aclose()

    async def read(
        self, options: ReadOptions, /, *, state: State, run_id: str | None = None, concurrency: int | None = None
    ) -> AsyncGenerator[Progress, None]:
        """Read the platform and give every event.

        Raises SettingsError where the session is closed.
        """
        if self._closed:
            raise session_closed(self.connector)
        with fewer_collections():  # imports make many objects that stay
            from communitykit.http.drivers import AsyncRunner  # noqa: PLC0415 # same
            from communitykit.reading.tasks import read_async  # noqa: PLC0415 # httpx is imported only when used

        self._runner = self._runner or AsyncRunner(self.conductor, app=self._app)
        run = source_run(self.connector, self.conductor, options, state, run_id or new_run_id())
        self.conductor.known["run_id"] = run.translation.run_id
        reading = read_async(run, self._runner, concurrency=concurrency or self.conductor.settings.concurrency)
        async with aclosing(reading) as events:  # who leaves early leaves no task behind
            async for event in events:
                yield event

    def records(
        self,
        *,
        state: MutableMapping[str, Checkpoint] | None = None,
        concurrency: int | None = None,
        **options: Unpack[RecordsKeywords],
    ) -> AsyncIterator[Record]:
        """Yield records of all kinds; `concurrency` slices are read side by side.

        The keywords, the state and what is raised are those of `Session.records`.
        """
        return self._records(read_options(options), state, concurrency, aloud=False)

    def members(
        self, *, state: _Kept = None, concurrency: int | None = None, **options: Unpack[ReadKeywords]
    ) -> AsyncIterator[Member]:
        """Yield members, each once with all that was told of them: they come when all is read.

        What was left out is a warning, and in `left_out`.
        """
        return _merged(self._only(Member, "member", options, state, concurrency))

    def communities(
        self, *, state: _Kept = None, concurrency: int | None = None, **options: Unpack[ReadKeywords]
    ) -> AsyncIterator[Community]:
        """Yield communities, each once with all that was told of them: they come when all is read.

        What was left out is a warning, and in `left_out`.
        """
        return _merged(self._only(Community, "community", options, state, concurrency))

    def memberships(
        self, *, state: _Kept = None, concurrency: int | None = None, **options: Unpack[ReadKeywords]
    ) -> AsyncIterator[Membership]:
        """Yield memberships; what was left out is a warning, and in `left_out`."""
        return self._only(Membership, "membership", options, state, concurrency)

    def posts(
        self, *, state: _Kept = None, concurrency: int | None = None, **options: Unpack[ReadKeywords]
    ) -> AsyncIterator[Post]:
        """Yield posts; one that is told in parts comes in several records of the same `id`.

        What was left out is a warning, and in `left_out`.
        """
        return self._only(Post, "post", options, state, concurrency)

    def events(
        self, *, state: _Kept = None, concurrency: int | None = None, **options: Unpack[ReadKeywords]
    ) -> AsyncIterator[EngagementEvent]:
        """Yield engagement events; what was left out is a warning, and in `left_out`."""
        return self._only(EngagementEvent, "event", options, state, concurrency)

    def _only(
        self, model: type[R], kind: Kind, keywords: ReadKeywords, state: _Kept, concurrency: int | None
    ) -> AsyncIterator[R]:
        return _of(model, self._records(read_options(keywords, kind=kind), state, concurrency, aloud=True))

    def _records(
        self, options: ReadOptions, state: _Kept, concurrency: int | None, *, aloud: bool
    ) -> AsyncGenerator[Record, None]:
        _refuse_other(concurrency)
        options.window(self.conductor.clock.now())  # so that a mistake is told at the call
        out = LeftOut(aloud=aloud)
        self.left_out = out.coverage
        return self._consumed(options, checked_state(state), concurrency, out)

    async def _consumed(
        self, options: ReadOptions, kept: MutableMapping[str, Checkpoint], concurrency: int | None, out: LeftOut
    ) -> AsyncGenerator[Record, None]:
        async with aclosing(self.read(options, state=Narrowed(kept, options), concurrency=concurrency)) as events:
            async for event in events:
                out.take(event)
                for record in records_of(event, options):
                    yield record
                note(event, kept, options)


def _refuse_other(concurrency: object) -> None:
    if concurrency is None:
        return
    if not isinstance(concurrency, int):
        raise wrong_argument("concurrency", concurrency, "a whole number")
    if concurrency < 1:
        raise SettingsError(f"concurrency is to be at least 1, not {concurrency}")


async def _of(model: type[R], records: AsyncGenerator[Record, None]) -> AsyncIterator[R]:
    async with aclosing(records):
        async for record in records:
            if isinstance(record, model):
                yield record


async def _merged(records: AsyncIterator[R]) -> AsyncIterator[R]:
    for record in merged([record async for record in records]):
        yield record


@fewer_collections()  # as `connect`
def connect_async(name: str, **settings: object) -> AsyncSession:
    """Connect to a platform from async code; as `connect`."""
    connector = registry().get(name)
    return AsyncSession(connector, make_conductor(connector, settings))
