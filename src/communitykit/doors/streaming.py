"""Reading in the background and yielding in the foreground: the calls that every source has."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from datetime import datetime
from typing import TypeAlias, TypeVar, Unpack

from communitykit.clock import SYSTEM_CLOCK
from communitykit.connector.flow import Checkpoint
from communitykit.doors.left_out import LeftOut
from communitykit.doors.options import (
    ALL_KINDS,
    Kind,
    ReadKeywords,
    ReadOptions,
    RecordsKeywords,
    checked_state,
    read_options,
)
from communitykit.doors.source import Source, new_run_id
from communitykit.model import Community, Coverage, EngagementEvent, Member, Membership, Post, Record
from communitykit.model.merge import merged
from communitykit.reading.backlog import Backlog
from communitykit.reading.slices import Closed, Failed, Progress
from communitykit.reading.translation import Page

R = TypeVar("R", Member, Community, Membership, Post, EngagementEvent)
_Kept: TypeAlias = MutableMapping[str, Checkpoint] | None


class Records:
    """The calls that every source has. For several kinds use `records` once: each call reads the platform again.

    Calls for one kind hand on no Coverage. What they leave out though it was asked for (a part that was refused or is
    not whole, payloads that became Issues, a glob that fits no community) is a warning of the logger `communitykit`,
    which Python shows on the error stream where a program has set up no logging; `left_out` keeps it.
    """

    left_out: Sequence[Coverage] = ()
    """Coverage of what the last call left out though it was asked for, as far as it was read: of parts that are not
    whole, and none of talk that nobody asked for."""

    def records(
        self, *, state: MutableMapping[str, Checkpoint] | None = None, **options: Unpack[RecordsKeywords]
    ) -> Iterator[Record]:
        """Yield records of all kinds, Coverage and Issues among them.

        `state` maps slices to checkpoints; it is updated as records are consumed, so keep it (as JSON) and give it back
        to read on from there. Records of kinds that a call does not ask for are not handed on, so each choice of
        `kinds` has checkpoints of its own, and a later call for all kinds reads what was left out. Other keywords are
        those of `ReadOptions`. What vanished can only be told by a store: use `pull`.

        Raises TypeError for a keyword that is not known and for a value of another type, SettingsError for a value that
        is none, all at the call;
        CommunityKitError when the source cannot be read at all. A part that cannot be read becomes Coverage.
        """
        return self._consumed(read_options(options), state, aloud=False)

    def members(self, *, state: _Kept = None, **options: Unpack[ReadKeywords]) -> Iterator[Member]:
        """Yield members, each once with all that was told of them: they come when all is read.

        What was left out is a warning, and in `left_out`.
        """
        return merged(self._only(Member, "member", options, state))

    def communities(self, *, state: _Kept = None, **options: Unpack[ReadKeywords]) -> Iterator[Community]:
        """Yield communities, each once with all that was told of them: they come when all is read.

        What was left out is a warning, and in `left_out`.
        """
        return merged(self._only(Community, "community", options, state))

    def memberships(self, *, state: _Kept = None, **options: Unpack[ReadKeywords]) -> Iterator[Membership]:
        """Yield memberships; what was left out is a warning, and in `left_out`."""
        return self._only(Membership, "membership", options, state)

    def posts(self, *, state: _Kept = None, **options: Unpack[ReadKeywords]) -> Iterator[Post]:
        """Yield posts; one that is told in parts comes in several records of the same `id`.

        What was left out is a warning, and in `left_out`.
        """
        return self._only(Post, "post", options, state)

    def events(self, *, state: _Kept = None, **options: Unpack[ReadKeywords]) -> Iterator[EngagementEvent]:
        """Yield engagement events: acts that are not posts; what was left out is a warning, and in `left_out`."""
        return self._only(EngagementEvent, "event", options, state)

    def _now(self) -> datetime:
        """Return the time by the source's clock: the system's, unless it has one of its own."""
        return SYSTEM_CLOCK.now()

    def _only(self, model: type[R], kind: Kind, keywords: ReadKeywords, state: _Kept) -> Iterator[R]:
        wanted = read_options(keywords, kind=kind)  # here, so that a mistake is told at the call
        return (record for record in self._consumed(wanted, state, aloud=True) if isinstance(record, model))

    def _consumed(self, options: ReadOptions, state: _Kept, *, aloud: bool) -> Iterator[Record]:
        options.window(self._now())  # here, for the same reason
        out = LeftOut(aloud=aloud)
        self.left_out = out.coverage
        return consume(self, options, checked_state(state), out.take)  # type: ignore[arg-type] # a Source


def consume(
    source: Source,
    options: ReadOptions,
    state: MutableMapping[str, Checkpoint],
    look: Callable[[Progress], None],
) -> Iterator[Record]:
    """Read in the background and yield in the foreground, with a short queue between; each event goes to `look`."""
    events: Backlog[Progress | BaseException | None] = Backlog()

    def work() -> None:
        try:
            source.read(options, state=Narrowed(state, options), run_id=new_run_id(), emit=events.put)
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
            look(event)
            yield from records_of(event, options)
            note(event, state, options)
    finally:
        events.abandon()
        source.stop()
        worker.join(timeout=5)
        if not worker.is_alive():  # the stop was this reading's: what else is asked of the source goes on
            source.reset()


def records_of(event: Progress, options: ReadOptions) -> Sequence[Record]:
    """Return the records of an event that were asked for, its Issues or its Coverage.

    Raises the error that ended the whole source.
    """
    if isinstance(event, Failed):
        raise event.error
    if isinstance(event, Page):
        kinds = frozenset(options.kinds)
        records: Sequence[Record] = event.records
        if kinds != ALL_KINDS:
            records = [record for record in records if record.record in kinds]
        return [*records, *event.issues] if event.issues else records
    return [event.coverage] if isinstance(event, Closed) else []


class Narrowed:
    """Checkpoints as a reading of some kinds finds them: its own, or those of a reading of everything."""

    def __init__(self, state: MutableMapping[str, Checkpoint], options: ReadOptions) -> None:
        """Look into `state` for what `options` ask."""
        self._state = state
        self._mark = _mark(options)

    def get(self, key: str, /) -> Checkpoint | None:
        """Return the checkpoint, or None where these kinds were never read."""
        own = self._state.get(key + self._mark)
        return own if own is not None else self._state.get(key)


def note(event: Progress, state: MutableMapping[str, Checkpoint], options: ReadOptions) -> None:
    """Keep the checkpoint of an event whose records were consumed: of the kinds that were handed on, and no others."""
    if isinstance(event, Page) and event.checkpoint is not None:
        state[event.slice + _mark(options)] = event.checkpoint


def _mark(options: ReadOptions) -> str:
    """Return what tells checkpoints of some kinds from those of all kinds."""
    return "" if options.kinds == ALL_KINDS else f"#{','.join(sorted(options.kinds))}"
