"""Records that are there already, as a source to pull: what webhooks brought, or what JSON Lines kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from pydantic import BaseModel

from communitykit.connector.declaration import Capabilities, Connector
from communitykit.connector.parts import where_it_failed
from communitykit.connector.settings import Settings
from communitykit.doors.options import ReadOptions
from communitykit.errors import CommunityKitError, SettingsError, wrong_argument
from communitykit.http.operations import Meter
from communitykit.model import RECORD_TYPES, Coverage, Issue, Vanished
from communitykit.model.values import JSON
from communitykit.reading.lookups import State
from communitykit.reading.slices import Closed, Opened, Progress
from communitykit.reading.translation import Page

_PAGE = 1_000
_MODELS: tuple[type[BaseModel], ...] = (*RECORD_TYPES.values(), Vanished)


class RecordSource:
    """Records as a source; see `from_records`."""

    connector = Connector(
        name="records",
        title="Records at hand",
        version="1",
        settings=Settings,
        capabilities=Capabilities(records=frozenset({"member", "community", "membership", "post", "event", "measure"})),
        translators={},
    )

    def __init__(self, records: Iterable[object]) -> None:
        """Keep the records; they are gone through once, when the source is read.

        Raises TypeError for what are none: at once where they are a list or a tuple.
        """
        self._records = _checked(records)
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Tell a reading to stop before its next page."""
        self._stopping.set()

    def reset(self, max_time: float | None = None) -> None:  # noqa: ARG002 # nothing here waits
        """Forget an earlier stop."""
        self._stopping.clear()

    def read(
        self,
        options: ReadOptions,
        /,
        *,
        state: State,  # noqa: ARG002 # nothing is kept to go on from
        run_id: str,
        emit: Callable[[Progress], None],
    ) -> None:
        """Hand over what was asked for, by the thousand. Nothing is kept to go on from: given again, it merges.

        Raises SettingsError for what is no record, and where going through them fails; what came before it was handed
        over.
        """
        key = f"{self.connector.name}:-:given"
        emit(Opened(key, "records"))
        given, rejected, whole = 0, 0, False
        intake = options.intake()
        try:
            for records in _pages(self._records):
                if self._stopping.is_set():
                    return
                given += len(records)
                page = Page(key, issues=[_no_source(record, key, run_id) for record in records if not _source(record)])
                wanted = [record for record in records if _source(record) and record.record in options.kinds]
                page.records = intake.admit(wanted)
                emit(page)
                rejected += len(page.issues)
            whole = True
        finally:
            coverage = Coverage(
                run_id=run_id,
                slice=key,
                status="complete" if whole else "partial",
                reason=None if whole else "not all records were gone through; give them again",
                read=given,
                stored=given - rejected,
                rejected=rejected,
            )
            emit(Closed(key, coverage, Meter(), unread=not whole))


def from_records(records: Iterable[object]) -> RecordSource:
    """Make a source of records that you have: `pull(from_records(received.records), "activity.duckdb")`.

    They come from `receive`, from `communitykit.sinks.read_jsonl`, or from another store; they merge with what is
    stored by their ids and by when they were true. One without a `source` says neither, and becomes an Issue.

    Raises TypeError for what are no records; where they are gone through only when they are read, that ends the source.
    """
    return RecordSource(records)


def _checked(given: object) -> Iterable[object]:
    if not isinstance(given, Iterable) or isinstance(given, str | bytes | Mapping | BaseModel):
        raise wrong_argument("records", given, "a list of records, or another iterable of them")
    for record in given if isinstance(given, list | tuple) else ():
        if not isinstance(record, _MODELS):
            raise _no_record(record)
    return given


def _no_record(given: object) -> TypeError:
    return wrong_argument("each of records", given, "a record (read_jsonl of communitykit.sinks makes them of JSON)")


def _source(record: object) -> JSON:
    return getattr(record, "source", None)  # what vanished has none


def _no_source(record: JSON, key: str, run_id: str) -> Issue:
    return Issue(run_id=run_id, slice=key, wire_kind=record.record, native_id=record.id, reason="no_source")


def _pages(records: Iterable[object]) -> Iterator[list[JSON]]:
    """Yield the records by the thousand; what is wrong with them, or in going through them, is the giver's own."""
    rest = iter(records)
    while True:
        try:
            page = list(islice(rest, _PAGE))
        except (CommunityKitError, OSError, MemoryError):
            raise
        except Exception as error:
            what = f"going through the records failed: {where_it_failed(error)}"
            raise SettingsError(what, remedy="Look at what they come from.") from error
        for record in page:
            if not isinstance(record, _MODELS):
                raise SettingsError(str(_no_record(record)))
        if not page:
            return
        yield page
