"""Reading in the background and yielding in the foreground: the calls that every source has."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from communitykit.connector.flow import Checkpoint
from communitykit.doors.options import ReadOptions, Source, new_run_id
from communitykit.model import Community, EngagementEvent, Member, Membership, Post, Record
from communitykit.model.merge import merged
from communitykit.reading.backlog import Backlog
from communitykit.reading.slices import Closed, Failed, Progress
from communitykit.reading.translation import Page


class Records:
    """The calls that every source has. For several kinds use `records` once: each call reads the platform again."""

    def records(self, *, state: MutableMapping[str, Checkpoint] | None = None, **ask: Any) -> Iterator[Any]:  # noqa: ANN401
        """Yield records of all kinds, Coverage and Issues among them.

        `state` maps slices to checkpoints; it is updated as records are consumed, so keep it (as JSON) and give it back
        to read on from there. Other keywords are those of `Ask`. What vanished can only be told by a store: use `pull`.

        Raises CommunityKitError when the source cannot be read at all; a part that cannot becomes Coverage.
        """
        return consume(self, ReadOptions(**ask), state if state is not None else {})  # type: ignore[arg-type] # a Readable

    def members(self, **ask: Any) -> Iterator[Member]:  # noqa: ANN401 # the keywords of Ask
        """Yield members, each once with all that was told of them: they come when all is read."""
        return merged(self._only(Member, "member", ask))

    def communities(self, **ask: Any) -> Iterator[Community]:  # noqa: ANN401 # same
        """Yield communities, each once with all that was told of them: they come when all is read."""
        return merged(self._only(Community, "community", ask))

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
        for record in self.records(**{**ask, "kinds": frozenset({kind})}):
            if isinstance(record, model):
                yield record


def consume(source: Source, ask: ReadOptions, state: MutableMapping[str, Checkpoint]) -> Iterator[Record]:
    """Read in the background and yield in the foreground, with a short queue between."""
    events: Backlog[Progress | BaseException | None] = Backlog()

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
            yield from records_of(event, ask)
            note(event, state)
    finally:
        events.abandon()
        source.stop()
        worker.join(timeout=5)


def records_of(event: Progress, ask: ReadOptions) -> Iterator[Any]:
    """Return the records of an event that were asked for, its Issues or its Coverage.

    Raises the error that ended the whole source.
    """
    if isinstance(event, Failed):
        raise event.error
    if isinstance(event, Page):
        yield from (record for record in event.records if record.record in ask.kinds)
        yield from event.issues
    elif isinstance(event, Closed):
        yield event.coverage


def note(event: Progress, state: MutableMapping[str, Checkpoint]) -> None:
    """Keep the checkpoint of an event whose records were consumed."""
    if not isinstance(event, Page):
        return
    if event.checkpoint is not None:
        state[event.slice] = event.checkpoint
