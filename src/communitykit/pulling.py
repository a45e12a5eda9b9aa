"""Many sources into one store: threads over slices, one writer that commits groups with the checkpoints they cover."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from communitykit.clock import SYSTEM_CLOCK, Clock
from communitykit.connector.waiting import Span, joined
from communitykit.doors.arguments import refuse_others, seconds_of, sources_of
from communitykit.doors.options import ReadOptions, RecordsKeywords, read_options
from communitykit.doors.source import Source, identities, names_of, new_run_id
from communitykit.ending import Ending, begun_at, came_to_nothing, heed_cutoff, how_it_ended, telling_result
from communitykit.errors import (
    CommunityKitError,
)
from communitykit.gathering import Gathering, Told
from communitykit.holding import Hold
from communitykit.logs import LOGGER
from communitykit.model import Coverage
from communitykit.model.merge import CLOCKS_DIFFER
from communitykit.model.values import JSON
from communitykit.progress import showing, usual
from communitykit.reading.backlog import Backlog
from communitykit.reading.garbage import fewer_collections
from communitykit.reading.interrupts import interrupts_stop
from communitykit.reading.lookups import State
from communitykit.reading.slices import Closed, Failed, Progress, defect
from communitykit.reading.translation import Page
from communitykit.reading.turns import shorter_turns
from communitykit.result import PullResult
from communitykit.tally import SourceTally
from communitykit.unanswered import Unanswered

if TYPE_CHECKING:
    from communitykit.store.writer import Writer

STOPPED_SECONDS = 0.1
LEAVING_SECONDS = 2.0
"""Readers that have not ended so long after they were told to are waiting for somebody, and are not waited for."""
COMPACTION_EVERY = timedelta(days=1)
"""A store from which posts were deleted is copied so often at most: a copy takes as long as the file is large."""
IDLE_SECONDS = 0.5
"""The writer lets go of the file when nothing came for so long, so that others can read during a pull of days."""


def pull(
    sources: Source | Iterable[Source],
    to: str | Path,
    *,
    progress: bool | Callable[[Progress], None] | None = None,
    max_time: float | timedelta | str | None = None,
    stop: threading.Event | None = None,
    compact: bool = True,
    **options: Unpack[RecordsKeywords],
) -> PullResult:
    """Read sources into one activity store; a second pull into the same store reads only what is new.

    `sources` are sessions of `connect` and `read_archive`, and what `from_records` makes of records. `progress=True`
    shows how far it is: a bar on a terminal and in a notebook, a line now and then elsewhere; a function is called with
    every event of the run. `max_time` after its start (`"2h"`, `"10min"`, a timedelta, or a number of seconds) the run
    stops by itself; run it again to go on. Ctrl-C does the same, and so does setting `stop` from another thread: what
    was committed stays, and a second Ctrl-C raises KeyboardInterrupt. Where posts that the store held turned out to be
    deleted, the file is made anew at the end, once a day at most, so that their text is not in it any more;
    `compact=False` leaves it. Other keywords are those of `ReadOptions`: `since="90d"`, `communities=("help-*",)`,
    `include_private=True`…

    What `prune` erased as too old does not come back: nothing older is let in, whatever brings it, unless `since` asks
    for it here (`erased_before` of the result says from when on).

    A source that fails ends itself, not the others: look at `errors` and `coverage` of the result, or have its
    `raise_for_errors()` raise the errors, and KeyboardInterrupt after Ctrl-C.

    Raises TypeError for a keyword that is not known, for what is no source and for what is of another type,
    SettingsError for a window that is empty or in the future, for a `max_time` that is below 0 or no length of time
    and where there is no source at all, ModuleNotFoundError where the extra `duckdb` is not installed, StoreBusyError
    while another process writes to the store, and at once, before anything is asked, where another run of one of these
    sources is at work in it; StoreError for a file that is none, a full disk and the like: one that ended a run which
    had begun has its `result` (what is kept, and the error). Where all is kept and only the journal could not be folded
    into the file, that is a warning in the log. What a function given as `progress` raises ends the run as failed, and
    is raised.

    Runs of other sources, imports and `from_records` into one store take turns. Two sessions are one source where
    connector, address and the settings that say whose it is are the same (token, tenant, client id…), two sources of
    configurations where their name, and the file or the account, is; two tokens of one network are two sources.
    """
    return pull_at(
        sources, to, options, clock=SYSTEM_CLOCK, progress=progress, max_time=max_time, stop=stop, compact=compact
    )


def pull_at(  # noqa: PLR0913 # those of `pull`, and three
    sources: Source | Iterable[Source],
    to: str | Path,
    options: RecordsKeywords,
    *,
    clock: Clock,
    progress: bool | Callable[[Progress], None] | None = None,
    max_time: float | timedelta | str | None = None,
    stop: threading.Event | None = None,
    compact: bool = True,
    remarks: list[str] | None = None,
    run_id: str | None = None,
) -> PullResult:
    """Do what `pull` does, at a time that need not be now, as the run of an id that whoever asks may know before.

    `remarks` are given what it warns of in the log.
    """
    wanted = read_options(options).fixed(clock.now())
    chosen = sources_of(sources)
    refuse_others(to=to, progress=progress, stop=stop)
    limit = seconds_of(max_time)

    from communitykit.store.at_work import at_work  # noqa: PLC0415 # duckdb is imported only when used
    from communitykit.store.writer import Writer  # noqa: PLC0415 # same

    stop = stop or threading.Event()
    title = ", ".join(one.connector.name for one in chosen)
    result = PullResult(run_id or new_run_id(), clock.now())
    with (
        at_work(Path(to), result.run_id, result.started_at, identities(chosen)),
        showing(usual(title, stop.is_set), sources=len(chosen))
        if progress is True
        else nullcontext(progress or None) as tell,
    ):
        writer = Writer(Path(to), remarks=remarks)
        run = _Run(chosen, writer, wanted, tell, clock, limit, stop, result, compact=compact)
        try:
            with interrupts_stop(stop) as came, shorter_turns(), fewer_collections():
                run.execute()
            result.by_ctrl_c = result.by_ctrl_c or (result.interrupted and came.is_set())
        finally:
            run.writer.settle(result.run_id, now=clock.now())
    if wanted.opt_out and Path(to).exists():
        from communitykit.privacy.erasing import leave_out  # noqa: PLC0415 # duckdb is imported only when used

        with telling_result(result):
            leave_out(to, wanted.opt_out, compacts=compact, now=clock.now())
    return result


class _Run:
    def __init__(  # noqa: PLR0913 # the parts of one run
        self,
        sources: list[Source],
        writer: Writer,
        options: ReadOptions,
        progress: Callable[[Progress], None] | None,
        clock: Clock,
        max_time: float | None,
        stop: threading.Event,
        result: PullResult,
        *,
        compact: bool,
    ) -> None:
        self.sources = sources
        self.writer = writer
        self.options = options
        self.clock = clock
        self.names = names_of(sources)
        self.result = result
        result.tally = writer.tally
        result.by_source = {name: SourceTally() for name in self.names}
        self._progress = progress
        self._events: Backlog[Told] = Backlog()
        self._max_time = max_time
        self._compact = compact
        self._stop_asked = stop
        self._leaves_at = inf
        self._late = False
        self._deadline = clock.monotonic() + max_time if max_time is not None else None
        self._gathering = Gathering(writer, clock)
        self._hold = Hold(clock)
        self._underway: Counter[tuple[str, str]] = Counter()
        """Requests by source and slice, of those that have not ended."""
        self._waiting: list[tuple[Closed, str]] = []
        """Parts of which it must still turn out whether a glob fitted a community of another source."""
        self._matched: set[str] = set()
        self._unanswered = Unanswered(dict(zip(self.names, sources, strict=True)))
        self._spans: list[Span] = []
        self._globs = frozenset(options.communities)
        self._failed: dict[str, list[CommunityKitError]] = {}

    def execute(self) -> None:
        result, writer = self.result, self.writer
        ahead = writer.forget_checkpoints_after(result.started_at + CLOCKS_DIFFER)
        asked = self.options.since
        result.erased_before = writer.since_cutoff(asked if isinstance(asked, datetime) else None)
        state = writer.checkpoints()
        description: dict[str, JSON] = {
            "run_id": result.run_id,
            "started_at": result.started_at,
            "until": self.options.until or result.started_at,
            "status": "running",
            "sources": {source.connector.name: source.connector.version for source in self.sources},
        }
        writer.start_run(description)
        platforms = tuple(dict.fromkeys(one.connector.name for one in self.sources))
        with telling_result(result):
            self._execute(ahead, state, Ending(writer, self.clock, result, platforms, description))

    def _execute(self, ahead: list[str], state: State, ending: Ending) -> None:
        result, writer = self.result, self.writer
        self._say_ahead(ahead)
        LOGGER.info("run %s begins: %s", result.run_id, ", ".join(self.names), extra=ending.known)
        threads = [
            threading.Thread(target=self._read, args=(source, name, state), name="communitykit-source", daemon=True)
            for source, name in zip(self.sources, self.names, strict=True)
        ]
        for source in self.sources:
            source.reset(self._max_time)
        for thread in threads:
            thread.start()
        try:
            self._take_all(threads)
            # A wait is known by its length when it begins; whoever stops the run does not sit through the rest of it.
            until = self.clock.monotonic() if result.interrupted else inf
            heed_cutoff(result, writer)
            ending.note(self._spans, until, how_it_ended(result, self._failed))
        except BaseException as error:
            self._events.abandon()
            self._stop()
            result.errors = self._errors()
            for (name, _), requests in self._underway.items():
                self._count(name, requests)
            ending.note_failure(error, self._spans, [one.connector.name for one in self.sources])
            raise
        if came_to_nothing(result, self._failed):
            writer.discard()  # a store that this run made, and into which nothing came
        elif self._compact and not self._stop_asked.is_set():  # whoever stops a run waits for no copy
            writer.settle(result.run_id, now=self.clock.now(), compact_every=COMPACTION_EVERY)

    def _take_all(self, threads: list[threading.Thread]) -> None:
        """Take and commit what the readers give; an interrupt ends them, and a second one is the caller's."""
        running = set(self.names)
        try:
            self._take(running)
        except KeyboardInterrupt:
            if self.result.interrupted:
                raise
            self.result.by_ctrl_c = True
            self._interrupt()
            alive = (name for name, thread in zip(self.names, threads, strict=True) if thread.is_alive())
            self._take(running.intersection(alive))
        for name, error in self._unanswered.errors(late=self._late) if self.result.interrupted else ():
            self._failed.setdefault(name, []).append(error)
        self.result.errors = self._errors()
        for event, name in self._waiting:
            self._close(event.without(self._matched), name)
        self._commit()

    def _errors(self) -> list[CommunityKitError]:
        return [error for name in self.names for error in self._failed.get(name, ())]

    def _say_ahead(self, slices: list[str]) -> None:
        """Say which platforms are read anew: marks of a clock that was ahead would keep runs from reading for long."""
        for name, number in Counter(slice_.split(":", 1)[0] for slice_ in slices).items():
            coverage = Coverage(
                run_id=self.result.run_id,
                slice=f"{name}:-:clock",
                status="partial",
                reason=f"The clock was ahead when an earlier run kept where {number:,} slices stood: that is not "
                "believed, and they are read again.",
            )
            self._say(coverage)

    def _say(self, coverage: Coverage) -> None:
        """Say it with the group that is next: the result tells what was committed, as the store does."""
        self._gathering.group.plain.append(coverage)

    def _read(self, source: Source, name: str, state: State) -> None:
        def put(event: Progress | None) -> None:
            """Hand an event over; what it holds is packed where it was made, in this thread, and a moment ago."""
            self._events.put(Told(event.packed() if isinstance(event, Page) else event, name))

        try:
            source.read(self.options, state=state, run_id=self.result.run_id, emit=put)
        except CommunityKitError as error:
            put(Failed(error))
        except Exception as error:  # noqa: BLE001 # a source that dies must not look like one that was read whole
            put(Failed(defect(error, source.connector.name, self.result.run_id)))
        finally:
            put(None)

    def _take(self, running: set[str]) -> None:
        """Take events until every source has ended."""
        while running:
            if self.clock.monotonic() >= self._leaves_at:  # somebody does not answer: what came is kept without them
                self._events.abandon()
                for name in sorted(running):
                    self._say(self._unanswered.abandoned(name, self.result.run_id))
                return
            try:
                events = self._events.take(timeout=self._patience())
            except TimeoutError:
                self._commit()
                self._release()
                self._check_time()
                continue
            for event, name in ((one.event, one.source) for one in events):
                if event is None:
                    running.discard(name)
                    continue
                self._note(event, name)
                if self._progress is not None:
                    self._progress(event)
                if self._gathering.is_due:
                    is_full = self._gathering.is_full
                    self._commit()
                    if self._hold.is_over(is_full=is_full):
                        self._release()
            self._check_time()

    def _patience(self) -> float:
        if self._leaves_at != inf:
            return STOPPED_SECONDS
        left = self._deadline - self.clock.monotonic() if self._deadline is not None else inf
        return min(IDLE_SECONDS, max(0.0, left))

    def _note(self, event: Progress, source: str) -> None:
        result = self.result
        self._unanswered.note(event, source)
        if isinstance(event, Page):
            self._gathering.take(event, source)
            self._underway[source, event.slice] += event.requests
            result.issues.extend(event.issues[: max(0, 1000 - len(result.issues))])
        elif isinstance(event, Closed):
            self._matched |= event.matched & self._globs
            if any(gap.pattern in self._globs for gap in event.gaps):
                self._waiting.append((event, source))
            else:
                self._close(event, source)
        elif isinstance(event, Failed):
            self._failed.setdefault(source, []).append(event.error)

    def _close(self, event: Closed, source: str) -> None:
        result, cutoff = self.result, self.result.erased_before
        if cutoff is not None:
            event = replace(event, coverage=begun_at(event.coverage, cutoff))
        self._say(event.coverage)
        if event.by_default:
            result.by_default.add(event.slice)
        if (missing := event.left_out) is not None:
            told = {"platform": missing.slice.partition(":")[0], "slice": missing.slice, "status": missing.status}
            told |= {"source": source, "run_id": missing.run_id}
            LOGGER.info("%s: %s: %s", missing.slice, missing.status, missing.reason, extra=told)
        self._underway.pop((source, event.slice), None)
        self._count(source, event.meter.requests, event.meter.retries)
        self._spans = joined([*self._spans, *event.meter.spans])
        for kind, number in event.ignored.items():
            result.ignored[kind] = result.ignored.get(kind, 0) + number

    def _count(self, source: str, requests: int, retries: int = 0) -> None:
        for counts in (self.result, self.result.by_source[source]):
            counts.requests += requests
            counts.retries += retries

    def _commit(self) -> None:
        group = self._gathering.group
        if group.packed or group.walked or group.plain or group.checkpoints:
            said = self.writer.commit(group, run_id=self.result.run_id, now=self.clock.now())
            self.result.coverage.extend(one for one in (*group.plain, *said) if isinstance(one, Coverage))
            self._gathering.credit(self.result.by_source)
            self._hold.stored()
        self._gathering.begin()

    def _release(self) -> None:
        self.writer.release()
        self._hold.begin()

    def _check_time(self) -> None:
        late = self._deadline is not None and self.clock.monotonic() >= self._deadline
        if (late or self._stop_asked.is_set()) and not self.result.interrupted:
            self._late = late
            self._interrupt()

    def _interrupt(self) -> None:
        self.result.interrupted = True
        self._leaves_at = self.clock.monotonic() + LEAVING_SECONDS
        self._stop()

    def _stop(self) -> None:
        for source in self.sources:
            source.stop()
