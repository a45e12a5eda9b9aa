"""Reading a simulated platform in process, in time that passes by itself, and what a store then holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from communitykit.clock import Clock
from communitykit.connector import Connector, load_settings
from communitykit.intake import Page
from communitykit.operations import Conductor
from communitykit.pace import Pace
from communitykit.reading import Closed, Event, Failed
from communitykit.sandbox import Fault, Site, World, simulate
from communitykit.session import Ask, AsyncSession
from communitykit.store import Store
from communitykit.store.writer import Group, Walked, Writer

_KINDS = {
    "members": "member",
    "communities": "community",
    "memberships": "membership",
    "posts": "post",
    "events": "event",
}


_EVENTS_PER_COMMIT = 12
"""Few, so that a cut run has committed something and lost something."""


class Cut(Exception):  # noqa: N818 # not an error: the suite cuts the run here
    """The run ends here, as if its process had been killed."""


@dataclass(slots=True)
class Run:
    """One run into a store: its events, its requests, and the simulated seconds that it took."""

    events: list[Event] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    violations: list[Any] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def left_out(self) -> list[str]:
        """Say what was not complete, as Coverage, Issues and errors tell it."""
        told: list[str] = []
        for event in self.events:
            if isinstance(event, Closed) and event.coverage.status != "complete":
                told.append(f"{event.coverage.slice}: {event.coverage.status}: {event.coverage.reason}")
            elif isinstance(event, Page):
                told += [f"issue: {issue.reason}: {issue.detail}" for issue in event.issues]
            elif isinstance(event, Failed):
                told.append(f"failed: {event.error}")
        return told

    @property
    def records(self) -> list[Any]:
        """Give everything that was read."""
        return [record for event in self.events if isinstance(event, Page) for record in event.records]


def read_into(  # the parts of a run
    connector: Connector,
    world: World,
    store: Path,
    *,
    rate: float = float("inf"),
    faults: Sequence[Fault] = (),
    settings: dict[str, Any] | None = None,
    cut: Callable[[Site], bool] | None = None,
    **ask: Any,  # noqa: ANN401 # the keywords of Ask
) -> Run:
    """Read the connector's simulated platform into a store with the async driver; time passes only by waiting.

    `cut` is asked before each page is stored; when it says so the run ends there, and what was not committed is lost.
    """
    if connector.sandbox is None:
        raise TypeError(connector.name)
    platform, run, writer = connector.sandbox(), Run(), Writer(store)
    waiting: list[Event] = []
    state: MutableMapping[str, Any] = writer.checkpoints()
    wanted = Ask(**ask)

    async def main(clock: Clock) -> None:
        shifted = Clock(
            now=lambda: world.now + (clock.now() - started),
            monotonic=clock.monotonic,
            sleep=clock.sleep,
            sleep_async=clock.sleep_async,
        )
        started = clock.now()
        site = Site(world, platform, rate=rate, faults=faults, clock=clock)
        given = load_settings(connector, {**site.settings, **(settings or {})})
        conductor = Conductor(connector, given, clock=shifted, pace=Pace())
        async with AsyncSession(connector, conductor, app=site) as session:
            events = session.read(wanted, state=state, run_id="run")
            try:
                async for event in events:
                    if cut is not None and cut(site):
                        raise Cut
                    run.events.append(event)
                    waiting.append(event)
                    if len(waiting) >= _EVENTS_PER_COMMIT:
                        _store(writer, waiting, shifted.now())
                        waiting.clear()
                    await asyncio.sleep(0)
                _store(writer, waiting, shifted.now())
            finally:
                await events.aclose()
                run.requests = [one.method for one in site.requests]
                run.violations = list(site.violations)

    try:
        _, run.seconds = simulate(main)
    except Cut:
        pass
    finally:
        writer.release()
    return run


def current(store: Path) -> dict[str, list[dict[str, Any]]]:
    """Give what a store holds as current, by record kind."""
    with Store(store) as opened:
        return {kind: _decoded(kind, opened.current()[table].to_pylist()) for table, kind in _KINDS.items()}


def store_records(store: Path, records: Sequence[Any], now: datetime) -> None:
    """Put records into a store."""
    writer = Writer(store)
    writer.commit(Group(records=list(records)), run_id="run", now=now)
    writer.release()


def _decoded(kind: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    from communitykit.store.columns import by_name  # noqa: PLC0415 # duckdb is imported only when used

    names = by_name(kind)
    return [
        {name: names[name].decode(value) if name in names else value for name, value in row.items()} for row in rows
    ]


def _store(writer: Writer, events: Sequence[Event], now: datetime) -> None:
    group = Group()
    for event in events:
        if isinstance(event, Page):
            group.records += event.records
            group.plain += event.issues
            if event.checkpoint is not None:
                group.checkpoints[event.slice] = event.checkpoint
            for sweep in event.sweeps:
                one = sweep.swept
                group.walked.append(Walked(one.record, one.within, sweep.seen, sweep.source, one.since, one.until))
        elif isinstance(event, Closed):
            group.plain.append(event.coverage)
    writer.commit(group, run_id="run", now=now)
