"""An opened export archive, with the calls of a connected platform: `read_archive`."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ValidationError

from communitykit.clock import SYSTEM_CLOCK, Clock
from communitykit.connector.archive import Archive, sampled
from communitykit.connector.declaration import Connector
from communitykit.connector.flow import Batch, Gap, Selection, Slice, Swept
from communitykit.connector.registry import registry
from communitykit.connector.settings import what_is_wrong
from communitykit.doors.conducting import session_closed
from communitykit.doors.locating import located
from communitykit.doors.options import ReadOptions
from communitykit.doors.streaming import Records
from communitykit.errors import ArchiveError, CommunityKitError, SettingsError
from communitykit.http.operations import Emit, Stopped
from communitykit.model.merge import CLOCKS_DIFFER
from communitykit.model.records import Record
from communitykit.model.values import JSON
from communitykit.reading.garbage import fewer_collections
from communitykit.reading.lookups import State
from communitykit.reading.slices import Opened, Progress, SliceReading
from communitykit.reading.translation import Page, Translation

LISTING = ":archive/listing"
"""How the slice of an archive's own lists ends, whose label says what the archive is."""
_KIND = attrgetter("record")
_TOLD = {"member": "people", "community": "communities", "post": "posts", "event": "acts", "measure": "figures"}


class ArchiveSession(Records):
    """An opened export archive: the same calls as a connected platform. Close it, or use it as a context manager."""

    def __init__(self, connector: Connector, archive: Archive, options: BaseModel | None, clock: Clock) -> None:
        """Prepare to read an archive that is this platform's.

        Raises ArchiveError when the platform has none.
        """
        if connector.archive is None:
            raise ArchiveError(
                "this connector reads no archives", platform=connector.name, remedy="Connect to the platform instead."
            )
        self.connector = connector
        self.archive = archive
        self._door = connector.archive
        self._options = options
        self._clock = clock
        self._stopping = threading.Event()
        self._closed = False
        self.found: list[str] = []
        """What the archive turned out to be, in words: told once it was read."""

    def __enter__(self) -> Self:
        """Return the archive."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the archive."""
        self.close()

    def __repr__(self) -> str:
        """Name the platform and the file."""
        return f"<ArchiveSession {self.connector.name} {self.archive.name}{' (closed)' if self._closed else ''}>"

    def close(self) -> None:
        """Close the file; nothing can be asked of the archive any more."""
        self._closed = True
        self.archive.close()

    def stop(self) -> None:
        """Tell a reading to stop at its next step."""
        self._stopping.set()

    def reset(self, max_time: float | None = None) -> None:  # noqa: ARG002 # nothing here waits
        """Forget an earlier stop: a new reading begins."""
        self._stopping.clear()

    def read(
        self,
        options: ReadOptions,
        /,
        *,
        state: State,  # noqa: ARG002 # archives keep none
        run_id: str,
        emit: Callable[[Progress], None],
    ) -> None:
        """Read the archive whole, handing every event to `emit`. Archives keep no checkpoints.

        Raises SettingsError where it is closed.
        """
        if self._closed:
            raise session_closed(self.connector)
        now = self._clock.now()
        selection = options.selection(self._options, now)
        translation = Translation(
            self.connector, run_id=run_id, origin="archive", raw=options.keep_raw, intake=options.intake()
        )
        as_of = self._door.as_of(self.archive) or now
        steps = self._until_stopped(chain(_dated(as_of, now), self._door.read(self.archive, selection)))
        as_of = min(as_of, now)
        self.found = []
        self.archive.unopened_zips()  # from here on
        held: Counter[str] = Counter()
        until = selection.until if options.until is not None else None
        with fewer_collections():
            for event in read_steps(translation, selection, steps, now=now, as_of=as_of):
                if isinstance(event, Opened) and event.slice.endswith(LISTING):
                    self.found.append(event.label)
                kept = _within(event, selection.since, until)
                if isinstance(kept, Page):
                    held.update(map(_KIND, kept.records))
                emit(kept)
        if not self.found:
            what = ", ".join(f"{held[kind]:,} {words}" for kind, words in _TOLD.items() if held[kind]) or "nothing"
            twice = "; what it tells twice counts twice" if held else ""
            self.found.append(f"{self.connector.title} as of {as_of:%Y-%m-%d}, of which {what} were read{twice}")
        if beside := self.archive.unopened_zips():
            self.found.append(f"nothing was read of {', '.join(beside)}")

    def _now(self) -> datetime:
        return self._clock.now()

    def _until_stopped(self, steps: Iterable[object]) -> Iterator[JSON]:
        self.archive.spoilt()  # from here on
        for step in steps:
            if self._stopping.is_set():
                raise Stopped
            yield step
            if spoilt := self.archive.spoilt():
                yield Gap(
                    f"{sampled(spoilt)}: not UTF-8, as JSON is, so letters were lost (\ufffd stands for them): "
                    "save it as UTF-8, and import it again"
                )


def read_archive(name: str, path: str | Path, **options: object) -> ArchiveSession:
    """Open an export archive: `read_archive("slack", "export.zip")`.

    Raises UnknownConnectorError, ArchiveError (not there, damaged, encrypted, unsafe, another platform's) or
    SettingsError for options that the connector does not know.
    """
    return open_archive(registry().get(name), path, options, clock=SYSTEM_CLOCK)


def open_archive(
    connector: Connector, path: str | Path, options: Mapping[str, object], *, clock: Clock
) -> ArchiveSession:
    """Do what `read_archive` does, for a connector that need not be installed, at a time that need not be now."""
    door = connector.archive
    chosen = _chosen(connector, door.options if door is not None else None, options)
    try:
        opened = located(connector, Archive(path, nested=door is not None and door.nested), path)
    except CommunityKitError as error:
        error.platform = error.platform or connector.name
        raise
    return ArchiveSession(connector, opened, chosen, clock)


def _chosen(connector: Connector, kind: type[BaseModel] | None, options: Mapping[str, object]) -> BaseModel | None:
    if kind is None:
        if options:
            raise SettingsError(
                f"reading these archives takes no options, and was given {', '.join(sorted(options))}",
                platform=connector.name,
            )
        return None
    try:
        return kind.model_validate(options)
    except ValidationError as error:
        raise SettingsError(
            f"archive options are not usable: {what_is_wrong(error, kind)}",
            platform=connector.name,
            remedy=f"Known options: {', '.join(sorted(kind.model_fields))}.",
        ) from None


def _within(event: Progress, since: datetime | None, until: datetime | None) -> Progress:
    """Keep what an archive tells of the window that was asked for."""
    if not isinstance(event, Page) or (since is None and until is None):
        return event
    return replace(event, records=[record for record in event.records if _is_within(record, since, until)])


def _is_within(record: Record, since: datetime | None, until: datetime | None) -> bool:
    moment = getattr(record, "created_at" if record.record == "post" else "occurred_at", None)
    if moment is None:
        return True
    return (since is None or moment >= since) and (until is None or moment <= until)


def _dated(as_of: datetime, now: datetime) -> Iterator[Gap]:
    """Say that an archive claims to be of a time after now, which is not believed."""
    if as_of > now + CLOCKS_DIFFER:
        yield Gap(f"the archive is of {as_of:%Y-%m-%d %H:%M} UTC, it says, which is after now: it is taken as of now")


def read_steps(
    translation: Translation,
    selection: Selection,
    steps: Iterable[Batch | Slice | Swept | Gap],
    *,
    now: datetime,
    as_of: datetime,
) -> Iterator[Progress]:
    """Read an archive's steps: each Slice opens a new one, to which the batches after it belong."""
    name = translation.connector.name
    reading = SliceReading(translation, selection, f"{name}:-:archive")
    try:
        for step in steps:
            if isinstance(step, Slice):
                yield reading.closed()
                reading = SliceReading(translation, selection, f"{name}:{step.network}:{step.key}", slice_=step)
                yield Opened(reading.key, step.label or step.key)
                continue
            if isinstance(step, Batch):
                step = replace(step, as_of=step.as_of or as_of)  # noqa: PLW2901 # the same step, dated
            page = reading.page(Emit(step, now))
            if page is not None:
                if isinstance(step, Swept):
                    page.sweeps = [replace(one, source=translation.source(now, as_of)) for one in page.sweeps]
                yield page
    except Stopped:
        reading.stop("the import was stopped; run it again to go on")
    except CommunityKitError as error:
        reading.fail(error)
        yield reading.closed()
        raise
    else:
        reading.say_unmatched()
    yield reading.closed()
