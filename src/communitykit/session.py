"""What a script uses: `connect`, `connect_async`, `read_archive`, `receive`."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self
from uuid import uuid4

from pydantic import BaseModel, SecretStr, ValidationError

from communitykit.archive import Archive
from communitykit.auth import CredentialStore
from communitykit.backlog import Backlog
from communitykit.clock import SYSTEM_CLOCK, Clock
from communitykit.connector import Connector, load_settings
from communitykit.engine import SourceRun, read_steps, read_sync
from communitykit.errors import ArchiveError, SettingsError
from communitykit.flow import Batch, Checkpoint, Scope, Slice
from communitykit.intake import Intake, Page
from communitykit.model import Community, EngagementEvent, Member, Membership, Post, Record
from communitykit.operations import Conductor, Stopped
from communitykit.pace import PACE, Pace
from communitykit.reading import Closed, Event, Failed
from communitykit.registry import registry
from communitykit.strangers import State

if TYPE_CHECKING:
    from communitykit.runner import AsyncRunner

ALL_KINDS = frozenset({"member", "community", "membership", "post", "event", "measure"})


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of a source; the fields are the keywords of `records` and `pull`.

    `since` and `until` are aware datetimes; `until` defaults to now and is fixed when the run begins. `communities` are
    glob patterns on names or native ids. `force` reads again what a platform's polling rule would skip.
    """

    since: datetime | None = None
    until: datetime | None = None
    communities: tuple[str, ...] = ()
    include_private: bool = False
    include_direct: bool = False
    force: bool = False
    keep_raw: bool = False
    gives: frozenset[str] = ALL_KINDS

    def __post_init__(self) -> None:
        """Refuse times that could mean two moments."""
        for name in ("since", "until"):
            moment = getattr(self, name)
            if moment is not None and moment.tzinfo is None:
                raise SettingsError(
                    f"{name} has no time zone: {moment.isoformat()}",
                    remedy="Give an aware datetime, in UTC for instance.",
                )

    def scope(self, settings: object, now: datetime) -> Scope:
        """Fix it for a run that begins now."""
        return Scope(
            settings=settings,
            until=self.until or now,
            since=self.since,
            communities=self.communities,
            include_private=self.include_private,
            include_direct=self.include_direct,
            force=self.force,
            gives=self.gives,
        )


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a pull would take: requests by budget, and the least number of seconds that the limits allow."""

    connector: str
    slices: int
    unknown: int
    requests: Mapping[str, int]
    seconds: float


class Readable(Protocol):
    """A source that can be pulled: an API session or an opened archive."""

    connector: Connector

    def read(self, ask: Ask, *, state: State, run_id: str, emit: Callable[[Event], None]) -> None:
        """Read it whole, handing every event to `emit`; returns at the end or when stopped."""

    def stop(self) -> None:
        """Tell a reading to stop at its next step."""

    def reset(self) -> None:
        """Forget an earlier stop: a new reading begins."""


class _Records:
    """The calls that every source has. For several kinds use `records` once: each call reads the platform again."""

    def records(self, *, state: MutableMapping[str, Checkpoint] | None = None, **ask: Any) -> Iterator[Any]:  # noqa: ANN401
        """Yield records of all kinds, Coverage and Issues among them.

        `state` maps slices to checkpoints; it is updated as records are consumed, so keep it (as JSON) and give it back
        to read on from there. Other keywords are those of `Ask`. What vanished can only be told by a store: use `pull`.

        Raises CommunityKitError when the source cannot be read at all; a part that cannot becomes Coverage.
        """
        return _consume(self, Ask(**ask), state if state is not None else {})  # type: ignore[arg-type] # a Readable

    def members(self, **ask: Any) -> Iterator[Member]:  # noqa: ANN401 # the keywords of Ask
        """Yield members."""
        return self._only(Member, "member", ask)

    def communities(self, **ask: Any) -> Iterator[Community]:  # noqa: ANN401 # same
        """Yield communities."""
        return self._only(Community, "community", ask)

    def memberships(self, **ask: Any) -> Iterator[Membership]:  # noqa: ANN401 # same
        """Yield memberships."""
        return self._only(Membership, "membership", ask)

    def posts(self, **ask: Any) -> Iterator[Post]:  # noqa: ANN401 # same
        """Yield posts."""
        return self._only(Post, "post", ask)

    def events(self, **ask: Any) -> Iterator[EngagementEvent]:  # noqa: ANN401 # same
        """Yield engagement events: acts that are not posts."""
        return self._only(EngagementEvent, "event", ask)

    def _only(self, model: type[Any], kind: str, ask: Mapping[str, Any]) -> Iterator[Any]:
        for record in self.records(**{**ask, "gives": frozenset({kind})}):
            if isinstance(record, model):
                yield record


class Session(_Records):
    """A connected platform. Close it, or use it as a context manager."""

    def __init__(self, connector: Connector, conductor: Conductor) -> None:
        """Open connections lazily: nothing is sent before the first record is asked for."""
        self.connector = connector
        self.conductor = conductor
        from communitykit.runner import SyncRunner  # noqa: PLC0415 # httpx is imported only when used

        self._runner = SyncRunner(conductor)

    def __enter__(self) -> Self:
        """Give the session."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the session."""
        self.close()

    def __repr__(self) -> str:
        """Name the platform, and nothing secret."""
        return f"<Session {self.connector.name} {self.conductor.exchange.base_url}>"

    def close(self) -> None:
        """Close connections."""
        self._runner.close()

    def stop(self) -> None:
        """Tell a reading to stop at its next step."""
        self.conductor.stopping.set()

    def reset(self) -> None:
        """Forget an earlier stop: a new reading begins."""
        self.conductor.stopping.clear()

    def read(self, ask: Ask, *, state: State, run_id: str, emit: Callable[[Event], None]) -> None:
        """Read the platform, handing every event to `emit` (from several threads)."""
        run = self._run(ask, state, run_id)
        read_sync(run, self._runner, emit)

    def check(self) -> list[str]:
        """Ask the platform whether this credential can read what it should; give what it cannot, and what to do.

        Raises CommunityKitError when it can read nothing.
        """
        if self.connector.preflight is None:
            return []
        run = self._run(Ask(), {}, "check")
        reading = run.begin(None, "check")
        for emit in self._runner.run(self.connector.preflight(run.scope), reading.meter):
            reading.page(emit)
        closed = reading.closed()
        return [closed.coverage.reason] if closed.coverage.reason else []

    def estimate(self, ask: Ask, state: State) -> Estimate:
        """Discover what there is to read, without reading it, and sum up what it would take.

        Raises CommunityKitError when the platform cannot be asked.
        """
        run = self._run(ask, state, "estimate")
        reading = run.begin(None, "discover")
        requests: Counter[str] = Counter()
        slices = unknown = 0
        flow = self.connector.discover(run.scope) if self.connector.discover else None
        for emit in self._runner.run(flow, reading.meter) if flow is not None else ():
            if isinstance(emit.step, Slice) and run.wanted(emit.step):
                slices += 1
                told = run.budgeted(emit.step)
                unknown += not told
                requests.update(told)
        budgets, rate = self.connector.budgets, self.conductor.settings.rate
        # Budgets run side by side, so the slowest decides.
        seconds = max(
            (number * budgets[name].seconds / (budgets[name].limit * rate) for name, number in requests.items()),
            default=0.0,
        )
        return Estimate(self.connector.name, slices, unknown, dict(requests), seconds)

    def _run(self, ask: Ask, state: State, run_id: str) -> SourceRun:
        return _source_run(self.connector, self.conductor, ask, state, run_id)


class AsyncSession:
    """A connected platform, in an event loop. Use it as an async context manager."""

    def __init__(self, connector: Connector, conductor: Conductor, *, app: Callable[..., Any] | None = None) -> None:
        """Open connections lazily. `app` answers instead of the network: an ASGI application called directly."""
        self.connector = connector
        self.conductor = conductor
        self._app = app
        self._runner: AsyncRunner | None = None

    async def __aenter__(self) -> Self:
        """Give the session."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the session."""
        await self.aclose()

    async def aclose(self) -> None:
        """Close connections."""
        if self._runner is not None:
            await self._runner.aclose()

    async def read(
        self, ask: Ask, *, state: State, run_id: str = "read", concurrency: int | None = None
    ) -> AsyncGenerator[Event, None]:
        """Read the platform and give every event."""
        from communitykit.engine_async import read_async  # noqa: PLC0415 # httpx is imported only when used
        from communitykit.runner import AsyncRunner  # noqa: PLC0415 # same

        self._runner = self._runner or AsyncRunner(self.conductor, app=self._app)
        run = _source_run(self.connector, self.conductor, ask, state, run_id)
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
        wanted = Ask(**ask)
        async with aclosing(self.read(wanted, state=kept, concurrency=concurrency)) as events:
            async for event in events:
                for record in _records_of(event, wanted):
                    yield record
                _note(event, kept)

    async def _only(self, kind: str, ask: Mapping[str, Any]) -> AsyncIterator[Any]:
        async for record in self.records(**{**ask, "gives": frozenset({kind})}):
            if record.record == kind:
                yield record

    def members(self, **ask: Any) -> AsyncIterator[Member]:  # noqa: ANN401 # the keywords of Ask
        """Yield members."""
        return self._only("member", ask)

    def communities(self, **ask: Any) -> AsyncIterator[Community]:  # noqa: ANN401 # same
        """Yield communities."""
        return self._only("community", ask)

    def memberships(self, **ask: Any) -> AsyncIterator[Membership]:  # noqa: ANN401 # same
        """Yield memberships."""
        return self._only("membership", ask)

    def posts(self, **ask: Any) -> AsyncIterator[Post]:  # noqa: ANN401 # same
        """Yield posts."""
        return self._only("post", ask)

    def events(self, **ask: Any) -> AsyncIterator[EngagementEvent]:  # noqa: ANN401 # same
        """Yield engagement events."""
        return self._only("event", ask)


class ArchiveSession(_Records):
    """An opened export archive: the same calls as a connected platform."""

    def __init__(self, connector: Connector, archive: Archive, options: BaseModel | None, clock: Clock) -> None:
        """Check that the archive is this platform's.

        Raises ArchiveError when it is not.
        """
        if connector.archive is None:
            raise ArchiveError(
                "this connector reads no archives", platform=connector.name, remedy="Connect to the platform instead."
            )
        if not connector.archive.detect(archive):
            raise ArchiveError(
                f"this does not look like an export of {connector.title}",
                platform=connector.name,
                subject=archive.name,
                remedy="Give the zip as it was downloaded, or the folder that it unpacks to.",
            )
        self.connector = connector
        self.archive = archive
        self._door = connector.archive
        self._options = options
        self._clock = clock
        self._stopping = threading.Event()

    def __enter__(self) -> Self:
        """Give the archive."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the archive."""
        self.archive.close()

    def stop(self) -> None:
        """Tell a reading to stop at its next step."""
        self._stopping.set()

    def reset(self) -> None:
        """Forget an earlier stop: a new reading begins."""
        self._stopping.clear()

    def read(self, ask: Ask, *, state: State, run_id: str, emit: Callable[[Event], None]) -> None:  # noqa: ARG002
        """Read the archive whole, handing every event to `emit`. Archives keep no checkpoints."""
        now = self._clock.now()
        scope = ask.scope(self._options, now)
        intake = Intake(self.connector, run_id=run_id, origin="archive", raw=ask.keep_raw)
        as_of = self._door.as_of(self.archive) or now
        steps = self._until_stopped(self._door.read(self.archive, scope))
        for event in read_steps(intake, scope, steps, now=now, as_of=as_of):
            emit(_within(event, ask))

    def _until_stopped(self, steps: Iterable[Any]) -> Iterator[Any]:
        for step in steps:
            if self._stopping.is_set():
                raise Stopped
            yield step


@dataclass(frozen=True, slots=True)
class Received:
    """A webhook delivery: its records, what to answer the platform, and the key that repeated deliveries share."""

    records: tuple[Any, ...] = ()
    issues: tuple[Any, ...] = ()
    reply: str | None = None
    dedupe_key: str | None = None
    ignored: Mapping[str, int] = field(default_factory=dict)


def connect(name: str, *, clock: Clock = SYSTEM_CLOCK, pace: Pace = PACE, **settings: Any) -> Session:  # noqa: ANN401
    """Connect to a platform: `connect("slack", token="…")`.

    Settings come from keywords or from the environment (`COMMUNITYKIT_SLACK_TOKEN`). Nothing is sent yet.

    Raises UnknownConnectorError for a name that is not installed, SettingsError for settings that are missing or wrong.
    """
    connector = registry().get(name)
    return Session(connector, _conductor(connector, clock, pace, settings))


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
    return AsyncSession(connector, _conductor(connector, clock, pace, settings), app=app)


def read_archive(name: str, path: str | Path, *, clock: Clock = SYSTEM_CLOCK, **options: Any) -> ArchiveSession:  # noqa: ANN401
    """Open an export archive: `read_archive("slack", "export.zip")`.

    Raises UnknownConnectorError, ArchiveError (not there, damaged, encrypted, unsafe, another platform's) or
    SettingsError for options that the connector does not know.
    """
    connector = registry().get(name)
    door = connector.archive
    chosen: BaseModel | None = None
    if door is not None and door.options is not None:
        try:
            chosen = door.options.model_validate(options)
        except ValidationError as error:
            wrong = "; ".join(f"{item['loc'][0]}: {item['msg']}" for item in error.errors(include_input=False))
            raise SettingsError(f"archive options are not usable: {wrong}", platform=name) from None
    return ArchiveSession(connector, Archive(path), chosen, clock)


def receive(
    name: str,
    *,
    headers: Mapping[str, str],
    body: bytes,
    secret: str | SecretStr,
    clock: Clock = SYSTEM_CLOCK,
) -> Received:
    """Verify a webhook delivery and translate it: `receive("slack", headers=…, body=…, secret=…)`.

    `body` is the raw bytes as they arrived: signatures are over them. Records merge into a store by their ids, so a
    repeated delivery does no harm; `dedupe_key` tells it apart all the same.

    Raises SignatureError (answer 401) when it is not the platform's or too old, ProtocolError when it is not readable.
    """
    return receive_for(registry().get(name), headers=headers, body=body, secret=secret, clock=clock)


def receive_for(
    connector: Connector, *, headers: Mapping[str, str], body: bytes, secret: str | SecretStr, clock: Clock
) -> Received:
    """Do what `receive` does, for a connector that need not be installed."""
    if connector.webhook is None:
        raise SettingsError("this connector receives no webhooks", platform=connector.name)
    now = clock.now()
    plain = secret.get_secret_value() if isinstance(secret, SecretStr) else secret
    delivery = connector.webhook.receive(headers, body, plain, now)
    intake = Intake(connector, run_id="webhook", origin="webhook")
    ignored: Counter[str] = Counter()
    pages = [intake.translate(batch, f"{connector.name}:-:webhook", now, ignored) for batch in delivery.batches]
    return Received(
        records=tuple(record for page in pages for record in page.records),
        issues=tuple(issue for page in pages for issue in page.issues),
        reply=delivery.reply,
        dedupe_key=delivery.dedupe_key,
        ignored=dict(ignored),
    )


def new_run_id() -> str:
    """Make a run's id."""
    return uuid4().hex[:12]


def _conductor(connector: Connector, clock: Clock, pace: Pace, settings: Mapping[str, Any]) -> Conductor:
    loaded = load_settings(connector, settings)
    return Conductor(connector, loaded, clock=clock, pace=pace, credentials=CredentialStore(loaded.credential_store))


def _source_run(connector: Connector, conductor: Conductor, ask: Ask, state: State, run_id: str) -> SourceRun:
    scope = ask.scope(conductor.settings, conductor.clock.now())
    scrubber = conductor.exchange.scrubber
    intake = Intake(connector, run_id=run_id, origin="api", scrubber=scrubber, raw=ask.keep_raw)
    return SourceRun(connector, scope, state, intake)


def _consume(source: Readable, ask: Ask, state: MutableMapping[str, Checkpoint]) -> Iterator[Record]:
    """Read in the background and yield in the foreground, with a short queue between."""
    events: Backlog[Event | BaseException | None] = Backlog()

    def work() -> None:
        try:
            source.read(ask, state=state, run_id=new_run_id(), emit=events.put)
        except BaseException as error:  # noqa: BLE001 # handed to the caller's thread, which raises it
            events.put(error)
        events.put(None)

    source.reset()
    worker = threading.Thread(target=work, name="communitykit-read", daemon=True)
    worker.start()
    try:
        while (event := events.get()) is not None:
            if isinstance(event, BaseException):
                raise event
            yield from _records_of(event, ask)
            _note(event, state)
    finally:
        events.abandon()
        source.stop()
        worker.join(timeout=5)


def _records_of(event: Event, ask: Ask) -> Iterator[Any]:
    if isinstance(event, Failed):
        raise event.error
    if isinstance(event, Page):
        yield from (record for record in event.records if record.record in ask.gives)
        yield from event.issues
    elif isinstance(event, Closed):
        yield event.coverage


def _note(event: Event, state: MutableMapping[str, Checkpoint]) -> None:
    if not isinstance(event, Page):
        return
    if event.checkpoint is not None:
        state[event.slice] = event.checkpoint


def _within(event: Event, ask: Ask) -> Event:
    """Keep what an archive tells of the window that was asked for."""
    if not isinstance(event, Page) or (ask.since is None and ask.until is None):
        return event
    return replace(event, records=[record for record in event.records if _is_within(record, ask)])


def _is_within(record: Any, ask: Ask) -> bool:  # noqa: ANN401 # any record
    moment = getattr(record, "created_at" if record.record == "post" else "occurred_at", None)
    if moment is None:
        return True
    return (ask.since is None or moment >= ask.since) and (ask.until is None or moment <= ask.until)


def translate(
    name: str, kind: str, payloads: Iterable[Any], context: Mapping[str, Any], *, clock: Clock = SYSTEM_CLOCK
) -> tuple[list[Any], list[Any]]:
    """Translate wire payloads of one kind into records; give the records and the Issues. Sends nothing.

    Raises UnknownConnectorError, or SettingsError when the connector has no payloads of that kind.
    """
    connector = registry().get(name)
    if kind not in connector.translators:
        known = ", ".join(sorted(connector.translators))
        raise SettingsError(f"{name} has no payloads of kind {kind!r}", remedy=f"Kinds: {known}.")
    intake = Intake(connector, run_id="translate", origin="api")
    ignored: Counter[str] = Counter()
    page = intake.translate(Batch(kind, list(payloads), context), f"{name}:-:translate", clock.now(), ignored)
    return page.records, page.issues
