"""A connected platform for scripts: `connect`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Self
from urllib.parse import urlsplit

from communitykit.connector.declaration import Connector
from communitykit.connector.flow import Gap, Request, Response, Selection, Slice, first_request
from communitykit.connector.registry import registry
from communitykit.connector.scrub import without_credentials
from communitykit.connector.settings import account
from communitykit.doors.conducting import make_conductor, session_closed, source_run
from communitykit.doors.options import ReadOptions
from communitykit.doors.slicing import Discovery, SlicePlan
from communitykit.doors.source import new_run_id
from communitykit.doors.streaming import Records
from communitykit.http.conductor import Conductor
from communitykit.http.operations import Meter
from communitykit.identity import Identity
from communitykit.reading.garbage import fewer_collections
from communitykit.reading.lookups import State
from communitykit.reading.run import SourceRun
from communitykit.reading.slices import Opened, Progress, Waiting
from communitykit.reading.threads import follow, read_sync
from communitykit.shown import Table, as_html


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a pull would take: requests by budget, and the least number of seconds that the limits allow."""

    connector: str
    slices: int
    unknown: int
    requests: Mapping[str, int]
    seconds: float


class Session(Records):
    """A connected platform. Close it, or use it as a context manager."""

    def __init__(self, connector: Connector, conductor: Conductor) -> None:
        """Open connections lazily: nothing is sent before the first record is asked for."""
        self.connector = connector
        self.conductor = conductor
        from communitykit.http.drivers import SyncRunner  # noqa: PLC0415 # httpx is imported only when used

        self._runner = SyncRunner(conductor)
        self._closed = False

    def __enter__(self) -> Self:
        """Return the session."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the session."""
        self.close()

    def __repr__(self) -> str:
        """Name the platform, and nothing secret."""
        place = without_credentials(self.conductor.exchange.base_url)
        return f"<Session {self.connector.name} {place}{' (closed)' if self._closed else ''}>"

    def _repr_html_(self) -> str:
        """Show the platform and what it tells, and nothing secret."""
        told = self.connector.capabilities
        rows = [
            ("address", without_credentials(self.conductor.exchange.base_url)),
            ("records", ", ".join(sorted(told.records))),
            ("acts", ", ".join(sorted(told.events))),
        ]
        heading = f"Session: {self.connector.title}{' (closed)' if self._closed else ''}"
        return as_html(heading, [Table("What it reads", ("what", "value"), rows)])

    @property
    def identity(self) -> Identity:
        """Which source it is: another run of it into the same store is refused while this one goes on."""
        name, conductor = self.connector.name, self.conductor
        place = urlsplit(conductor.exchange.base_url).netloc
        return Identity(name, name, account(name, place, conductor.settings))

    def close(self) -> None:
        """Close connections; nothing can be asked of the session any more."""
        self._closed = True
        self._runner.close()

    def stop(self) -> None:
        """Tell a reading to stop at its next step."""
        self.conductor.stopping.set()

    def reset(self, max_time: float | None = None) -> None:
        """Forget an earlier stop: a new reading begins, and waits for nothing beyond its `max_time` seconds."""
        self.conductor.begin(max_time)

    def read(self, options: ReadOptions, /, *, state: State, run_id: str, emit: Callable[[Progress], None]) -> None:
        """Read the platform, handing every event to `emit` (from several threads)."""
        run = self._run(options, state, run_id)
        conductor = self.conductor
        conductor.known["run_id"] = run_id
        conductor.on_wait = lambda wait: emit(Waiting(self.connector.name, wait, conductor.sent))
        try:
            read_sync(run, self._runner, emit)
        finally:
            self.conductor.on_wait = None

    def _now(self) -> datetime:
        return self.conductor.clock.now()

    def send(self, request: Request) -> Response:
        """Send one request of the caller's own, with this session's credential, paced and retried.

        For what plugins describe besides reading: creating a webhook subscription, for instance.

        Raises CommunityKitError when it is refused.
        """
        self._refuse_closed()
        return self._runner.send(request, Meter())

    def check(self, options: ReadOptions | None = None) -> list[Gap]:
        """Ask the platform whether this credential can read what a pull with these options reads.

        Returns a Gap for each thing that it cannot read: its `reason` says what, and what to do; `str` gives it. Of a
        connector without a `preflight` only the first thing that a pull asks is asked. `options` default to those of
        a pull that is told none.

        Raises CommunityKitError when it can read nothing.
        """
        self.reset()  # who read before may have left early
        run = self._run(options or ReadOptions(), {}, "check")
        if self.connector.preflight is None:
            asked = first_request(self.connector.discover(run.selection)) if self.connector.discover else None
            if asked is not None:
                self._runner.send(asked, Meter())
            return []
        steps = self._runner.run(self.connector.preflight(run.selection), Meter())
        return list(dict.fromkeys(emit.step for emit in steps if isinstance(emit.step, Gap)))

    def estimate(self, options: ReadOptions, state: State) -> Estimate:
        """Discover what there is to read, without reading it, and sum up what it would take.

        Raises CommunityKitError when the platform cannot be asked.
        """
        self.reset()
        run = self._run(options, state, "estimate")
        reading = run.begin(None, "discover")
        requests: Counter[str] = Counter()
        slices = unknown = 0
        flow = self.connector.discover(run.selection) if self.connector.discover else None
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

    def slices(self, options: ReadOptions | None = None, state: State | None = None) -> Discovery:
        """Find what there is to read, in parts that other processes may read: `read_slice`.

        Raises CommunityKitError when the platform cannot be asked, SettingsError as `ReadOptions.window`.
        """
        self.reset()
        run = self._run(options or ReadOptions(), state if state is not None else {}, new_run_id())
        found: list[Slice] = []
        progress: list[Progress] = []
        if self.connector.discover is not None:
            begin = partial(self.connector.discover, run.selection)
            progress += follow(run, self._runner, run.begin(None, "discover"), begin, found.append)
        if run.failure is not None:
            raise run.failure
        plans = tuple(SlicePlan(one, run.selection.until, run.selection.since) for one in found)
        translation = run.translation
        return Discovery(plans, tuple(progress), frozenset(translation.known_members), tuple(translation.lookups))

    def read_slice(
        self,
        plan: SlicePlan,
        options: ReadOptions | None = None,
        state: State | None = None,
        *,
        known: Iterable[str] = (),
        run_id: str | None = None,
    ) -> Iterator[Progress]:
        """Read one slice in this thread, yielding what `read` emits of it: its pages, and in the end its Coverage.

        `options` are those that it was found with; its window is its own. `state` gives the checkpoint to read on from,
        and `known` are members that need not be told again as stubs, nor looked up. Whom its records refer to beyond
        those, `unknown_members` tells; look them up once, with `look_up`, when all slices are read.
        """
        options = options or ReadOptions()
        selection = plan.selection(options, self.conductor.settings)
        kept = state if state is not None else {}
        run = self._run(options, kept, run_id or new_run_id(), selection)
        self.conductor.known["run_id"] = run.translation.run_id
        run.translation.known_members.update(known)
        reading = run.begin(plan.slice, plan.slice.label)
        yield Opened(reading.key, plan.slice.label or plan.slice.key, run.expected(plan.slice))
        yield from follow(run, self._runner, reading, partial(run.flow, plan.slice))

    def look_up(
        self, members: Iterable[str], options: ReadOptions | None = None, *, run_id: str | None = None
    ) -> Iterator[Progress]:
        """Look members up that records refer to and no listing gave; nothing where the platform cannot be asked that.

        Yields pages, and a Coverage for each network.
        """
        self.reset()
        run = self._run(options or ReadOptions(), {}, run_id or new_run_id())
        run.translation.lookups.update(dict.fromkeys(members))
        if run.looks_up():
            for network, ids in run.lookups.by_network():
                reading = run.begin(None, f"strangers/{network}")
                yield from follow(run, self._runner, reading, partial(run.resolution, network, ids))

    def _refuse_closed(self) -> None:
        if self._closed:
            raise session_closed(self.connector)

    def _run(self, options: ReadOptions, state: State, run_id: str, selection: Selection | None = None) -> SourceRun:
        self._refuse_closed()
        return source_run(self.connector, self.conductor, options, state, run_id, selection=selection)


@fewer_collections()  # imports make many objects that stay
def connect(name: str, **settings: object) -> Session:
    """Connect to a platform: `connect("slack", token="…")`.

    Settings come from keywords or from the environment (`COMMUNITYKIT_SLACK_TOKEN`). Nothing is sent yet: that there is
    no credential (a token may also have been kept by a login) shows itself with the first request.

    A type checker does not know a connector's settings here, since connectors are installed apart; a connector's own
    `connect` is the same with them: `communitykit_slack.connect(token="…")`. What is missing, wrong or misspelt is an
    error of this call, which says what may have been meant.

    Raises UnknownConnectorError for a name that is not installed, SettingsError for settings that are missing, wrong or
    misspelt.
    """
    connector = registry().get(name)
    return Session(connector, make_conductor(connector, settings))
