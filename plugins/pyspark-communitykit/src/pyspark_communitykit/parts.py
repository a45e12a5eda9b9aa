"""What one task reads: some slices of a platform, through a store of its own, which merges as every store does."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from communitykit import (
    CommunityKitError,
    ObjectUnavailableError,
    PermissionMissingError,
    ReadOptions,
    Session,
    SlicePlan,
    connect,
    pull,
)
from communitykit.doors.options import ALL_KINDS, Kind
from communitykit.doors.source import Source
from communitykit.exchange import Changes
from communitykit.reading.slices import Closed, Progress
from communitykit.reading.translation import Page
from communitykit.store import Store

from pyspark_communitykit.options import TABLES, Options

WHOLE: Final = frozenset({"member", "community"})
"""Kinds that many slices tell parts of: one task reads them, so that each row is whole and nobody looked up twice."""


@dataclass(frozen=True)
class Part:
    """What a task reads; it pickles, and holds no secret. `plans` None: all that there is."""

    kinds: tuple[str, ...]
    plans: tuple[dict[str, Any], ...] | None = None
    found: tuple[Page, ...] = field(default=(), repr=False)
    """What was told of these kinds while slices were looked for."""
    window: dict[str, str | None] = field(default_factory=dict)
    """Since and until, as they were fixed when slices were looked for."""
    share: int = 1
    """With how many tasks this one shares the platform's budgets."""


def opened(options: Options, share: int = 1) -> Session:
    """Connect, with a share of the platform's budgets.

    Raises SettingsError for settings that are missing or wrong.
    """
    settings: dict[str, Any] = {**options.settings, **options.credentials()}
    session = connect(options.connector, **settings)
    if share == 1:
        return session
    session.close()
    return connect(options.connector, **{**settings, "rate": session.conductor.settings.rate / share})


def planned(options: Options, kinds: Sequence[str]) -> list[Part]:
    """Deal out what there is to read.

    One task reads all, unless `partitions` asks for more: then slices are dealt out, to one task a slice at most.
    """
    if options.partitions == 1:
        return [Part(tuple(kinds))]
    whole = tuple(kind for kind in kinds if kind in WHOLE)
    rest = tuple(kind for kind in kinds if kind not in WHOLE)
    if not rest:
        return [Part(whole)]
    with opened(options) as session:
        discovery = session.slices(ReadOptions(**options.asked, kinds=_read_for(session, rest)))
    pages = tuple(one for one in discovery.progress if isinstance(one, Page) and _tells(one, rest))
    dealt = [discovery.slices[number :: options.partitions] for number in range(options.partitions)]
    used = [slices for slices in dealt if slices] or [()]
    share = len(used) + bool(whole)
    window: dict[str, str | None] = {"since": None, "until": None}
    if discovery.slices:
        window = {name: discovery.slices[0].to_json()[name] for name in window}
    parts = [
        Part(rest, tuple(one.to_json() for one in slices), () if number else pages, window, share)
        for number, slices in enumerate(used)
    ]
    return [Part(whole, window=window, share=share), *parts] if whole else parts


def _read_for(session: Session, kinds: Sequence[str]) -> frozenset[Kind]:
    """Return the kinds to read for these: posts tell which acts count, and all tells of strangers."""
    if "member" in kinds and session.connector.resolve is not None:
        return ALL_KINDS
    return ALL_KINDS.intersection((*kinds, "post") if "event" in kinds else kinds)


def _tells(page: Page, kinds: Sequence[str]) -> bool:
    return any(record.record in kinds for record in page.records)


def rows(options: Options, part: Part) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Read a part, and yield the kind and the rows of what is current, merged.

    Raises CommunityKitError where a slice ended before its end: Spark tries the task again, and half a part is not to
    look like a whole one. What the platform denies is no such end: it is the same for everybody who tries again.
    """
    failures: list[CommunityKitError] = []

    def note(event: Progress) -> None:
        if isinstance(event, Closed) and event.failure is not None:
            denied = isinstance(event.failure, PermissionMissingError | ObjectUnavailableError)
            failures.extend([] if denied else [event.failure])

    folder = Path(tempfile.mkdtemp(prefix="communitykit-"))
    try:
        with opened(options, part.share) as session:
            fixed = {name: moment for name, moment in part.window.items() if moment is not None}
            asked = {**options.asked, **fixed, "kinds": _read_for(session, part.kinds)}
            source: Source = session if part.plans is None else _Slices(session, part)
            result = pull(source, folder / "part.duckdb", compact=False, progress=note, **asked)
        if failed := [*result.errors, *failures]:
            raise failed[0]
        with Store(folder / "part.duckdb") as store:
            changes = Changes(store)
            for kind in part.kinds:
                for batch in changes.rows(TABLES[kind], batch=10_000):
                    yield kind, batch
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Slices:
    """Some slices of a platform, as a source of its own."""

    def __init__(self, session: Session, part: Part) -> None:
        self.connector = session.connector
        self._session = session
        self._part = part

    def read(
        self,
        options: ReadOptions,
        /,
        *,
        state: Any,  # noqa: ANN401, ARG002 # checkpoints, which a part has none of
        run_id: str,
        emit: Callable[[Progress], None],
    ) -> None:
        for page in self._part.found:
            emit(page)
        for told in self._part.plans or ():
            for event in self._session.read_slice(SlicePlan.from_json(told), options, run_id=run_id):
                emit(event)

    def stop(self) -> None:
        self._session.stop()

    def reset(self, max_time: float | None = None) -> None:
        self._session.reset(max_time)
