"""Reading a simulated platform in process, in time that passes by itself, and what a store then holds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Unpack

from communitykit.clock import Clock
from communitykit.connector.declaration import Connector
from communitykit.connector.settings import load_settings
from communitykit.doors.api_async import AsyncSession
from communitykit.doors.options import ReadOptions, RecordsKeywords
from communitykit.gathering import walked
from communitykit.http.asgi import Application, Message, Receive, Send
from communitykit.http.budgets import Pace
from communitykit.http.conductor import Conductor
from communitykit.model.records import Coverage, Record
from communitykit.model.values import JSON
from communitykit.reading.slices import Closed, Failed, Progress
from communitykit.reading.translation import Page
from communitykit.sandbox import Fault, Platform, Site, World, simulate
from communitykit.store import Store
from communitykit.store.columns import TABLES, by_name
from communitykit.store.writer import Group, Writer

KINDS = {
    "members": "member",
    "communities": "community",
    "memberships": "membership",
    "posts": "post",
    "events": "event",
}
"""Tables of a store that hold what is current, and the record kind in each."""


@dataclass(slots=True)
class Run:
    """One run over a simulated platform: its events in order, its requests, the simulated seconds that it took.

    `hosts` counts requests by where they were sent, and whether the credential went with them; `kept` is what the store
    said when it kept what was read; `answered` counts the requests that had been answered when each event came.
    """

    events: list[Progress] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)
    seconds: float = 0.0
    site: Site | None = None
    hosts: dict[tuple[str, bool], int] = field(default_factory=dict)
    kept: list[Coverage] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """Count the requests."""
        return self._opened.count()

    @property
    def violations(self) -> list[JSON]:
        """Return the requests that should not have been sent."""
        return list(self._opened.violations)

    @property
    def let_through(self) -> dict[tuple[str, str], list[float]]:
        """Give, by (budget, scope), when the platform let requests through."""
        return self._opened.throttle.let_through()

    @property
    def pages(self) -> list[Page]:
        """Return what was read, page by page."""
        return [event for event in self.events if isinstance(event, Page)]

    @property
    def records(self) -> list[JSON]:
        """Return everything that was read."""
        return [record for page in self.pages for record in page.records]

    @property
    def coverage(self) -> list[JSON]:
        """Return the Coverage of every slice, and of what the store left as it was."""
        return [*(event.coverage for event in self.events if isinstance(event, Closed)), *self.kept]

    @property
    def left_out(self) -> list[str]:
        """Say what was not complete, as Coverage, Issues and errors tell it; what nobody asked for is no such thing."""
        told = [
            f"{one.slice}: {one.status}: {one.reason}"
            for one in self.coverage
            if one.status != "complete" and not one.by_policy
        ]
        told += [f"issue: {issue.reason}: {issue.detail}" for page in self.pages for issue in page.issues]
        told += [f"failed: {event.error}" for event in self.events if isinstance(event, Failed)]
        return told

    def failed_with(self, kind: type[Exception]) -> bool:
        """Tell whether an error of this kind ended the run."""
        return any(isinstance(event, Failed) and isinstance(event.error, kind) for event in self.events)

    def asked_before(self, number: int) -> str:
        """Say what was asked last when the event of that number came, as the platform calls it."""
        answered = self.answered[number]
        if not answered:
            return "nothing was asked before"
        last = list(self._opened.requests)[answered - 1]
        return f"asked last: {last.method} {last.name} {last.fields}"

    @property
    def _opened(self) -> Site:
        if self.site is None:
            raise RuntimeError("this run has not begun")
        return self.site


def read(  # noqa: PLR0913 # the parts of a run
    connector: Connector,
    world: World,
    *,
    state: MutableMapping[str, JSON] | None = None,
    rate: float = float("inf"),
    faults: Sequence[Fault] = (),
    settings: Mapping[str, object] | None = None,
    options: Mapping[str, object] | None = None,
    platform: Platform | None = None,
    pace: Pace | None = None,
    ahead: timedelta = timedelta(0),
    **ask: Unpack[RecordsKeywords],
) -> Run:
    """Read the connector's simulated platform with the async driver; time passes only by waiting.

    `state` holds checkpoints by slice, as a store would give them; it is not written to. `options` are the site's;
    `platform` is another one than the connector's own simulated platform; `ahead` is how far the
    reader's clock is before the platform's.
    """
    served, run, wanted = platform or connector.simulated(), Run(), ReadOptions(**ask)

    async def main(clock: Clock) -> None:
        started = clock.now()
        own = Clock(
            now=lambda: world.now + (clock.now() - started),
            monotonic=clock.monotonic,
            sleep=clock.sleep,
            sleep_async=clock.sleep_async,
        )
        site = run.site = Site(world, served, rate=rate, faults=faults, clock=own, **(options or {}))
        given = load_settings(connector.name, connector.settings, {**site.settings, **(settings or {})})
        reader = replace(own, now=lambda: own.now() + ahead)
        conductor = Conductor(connector, given, clock=reader, pace=pace or Pace())
        app = _watched(site, run.hosts)
        async with AsyncSession(connector, conductor, app=app) as session:
            async for event in session.read(wanted, state=state if state is not None else {}, run_id="run"):
                run.events.append(event)
                run.answered.append(len(site.requests))
                await asyncio.sleep(0)

    _, run.seconds = simulate(main)
    return run


def handed_on(
    connector: Connector,
    world: World,
    *,
    state: MutableMapping[str, JSON],
    **ask: Unpack[RecordsKeywords],
) -> list[JSON]:
    """Read the simulated platform as `AsyncSession.records` does: what its caller is given; `state` is written to."""
    given: list[Record] = []

    async def main(clock: Clock) -> None:
        started = clock.now()
        own = replace(clock, now=lambda: world.now + (clock.now() - started))
        site = Site(world, connector.simulated(), rate=float("inf"), clock=own)
        settings = load_settings(connector.name, connector.settings, site.settings)
        async with AsyncSession(connector, Conductor(connector, settings, clock=own, pace=Pace()), app=site) as session:
            given.extend([record async for record in session.records(state=state, **ask)])

    simulate(main)
    return given


class Kept:
    """A store in memory, kept as a pull keeps one."""

    def __init__(self) -> None:
        """Begin empty."""
        self._writer = Writer(Path(":memory:"))

    def read(self, connector: Connector, world: World, **how: Any) -> Run:  # noqa: ANN401 # as the function `read`
        """Read on from where the checkpoints say, and keep what comes."""
        run = read(connector, world, state=self.checkpoints(), **how)
        run.kept = self.take(run.events, world.now)
        return run

    def take(self, events: Iterable[Progress], now: datetime) -> list[Coverage]:
        """Keep what a run gave, with its checkpoints; return what the store says of it."""
        group = Group()
        for event in events:
            if isinstance(event, Page):
                group.records += event.records
                group.plain += event.issues
                if event.checkpoint is not None:
                    group.checkpoints[event.slice] = event.checkpoint
                group.walked += [] if self._is_empty() else map(walked, event.sweeps)
            elif isinstance(event, Closed):
                group.plain.append(event.coverage)
        return self._writer.commit(group, run_id="run", now=now)

    def put(self, records: Iterable[Record], now: datetime) -> None:
        """Keep records; Coverage and Issues are left out."""
        kept = [one for one in records if one.record not in {"coverage", "issue"}]
        self._writer.commit(Group(records=kept), run_id="run", now=now)

    def checkpoints(self) -> dict[str, JSON]:
        """Return the checkpoints by slice."""
        return self._writer.checkpoints()

    def tells(self, record: str, id_: str, field: str) -> bool:
        """Tell whether a source told this field of a record, if only that it is None."""
        if field == "replies":  # what the truth calls them, too: one of the counts, each of which may be untold
            query = f"SELECT 1 FROM {TABLES[record]} WHERE id = ? AND counts.replies IS NULL"  # noqa: S608 # our own names
            return not self._writer.connection().execute(query, [id_]).fetchall()
        column = {"files": "attachments"}.get(field, field)
        query = f"SELECT provenance FROM {TABLES[record]} WHERE id = ?"  # noqa: S608 # our own names
        rows = self._writer.connection().execute(query, [id_]).fetchall()
        return not rows or any(f'"{column}"' in row[0] for row in rows)

    def current(self) -> dict[str, list[dict[str, JSON]]]:
        """Return what is current, by record kind."""
        return _current(Store.over(self._writer))

    def _is_empty(self) -> bool:
        return not self._writer.tally.new


def current(store: Path) -> dict[str, list[dict[str, JSON]]]:
    """Return what a store's file holds as current, by record kind."""
    with Store(store) as opened:
        return _current(opened)


def _current(store: Store) -> dict[str, list[dict[str, JSON]]]:
    return {
        KINDS[table]: _decoded(KINDS[table], rows.to_pylist())
        for table, rows in store.current().items()
        if table in KINDS
    }


def _decoded(kind: str, rows: list[dict[str, JSON]]) -> list[dict[str, JSON]]:
    names = by_name(kind)
    return [
        {name: names[name].decode(value) if name in names else value for name, value in row.items()} for row in rows
    ]


def _watched(site: Site, hosts: dict[tuple[str, bool], int]) -> Application:
    """Count where requests are sent; called in process, the site answers whatever host they name."""

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        authorized = any(grant.token in " ".join(headers.values()) for grant in site.grants.values())
        key = (headers.get("host", ""), authorized)
        hosts[key] = hosts.get(key, 0) + 1
        await site(scope, receive, send)

    return app
