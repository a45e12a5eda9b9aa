"""Keeping a copy elsewhere: what it remembers, what it lacks, and one way of bringing it there for every target."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import pyarrow as pa

from communitykit.analysis.opened import Analysis
from communitykit.errors import CommunityKitError, StoreError
from communitykit.exchange.changes import ABOUT, RECORDS, Changes
from communitykit.model.values import Value
from communitykit.store import Store
from communitykit.store.answers import arrow_reader

ANALYSIS: Final = "analysis"
"""Where a target has the analysis tables, apart from the record's: both have a table `people`."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a target says of the copy that it has: of which store, as of which run, and what its whole tables hold."""

    store: str
    run: str | None
    marks: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Copied:
    """What was written: rows put in and taken out, by table; the run that the target has now."""

    run: str | None = None
    whole: bool = False
    """Whether the records were written anew rather than what changed in them."""
    rows: dict[str, int] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)


class Target(Protocol):
    """Where a copy is kept. A table is named by its name and, of analysis tables, by `analysis`."""

    plain: bool
    """Whether lists and structures come as JSON text."""

    def held(self) -> Held | None:
        """Return what it has; None where it has no copy, and nothing that a copy would be written over.

        Raises CommunityKitError where somebody else's tables are in the way.
        """

    def replace(self, table: str, area: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
        """Write a table whole, in place of what it holds; return the number of rows."""

    def merge(
        self, table: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch], gone: pa.Table
    ) -> tuple[int, int]:
        """Take rows out and put rows in, by `row_key`; return how many came and how many keys went."""

    def remember(self, held: Held, *, forgetting: bool) -> None:
        """Note what it has now, after all else; `forgetting`: nothing of what went may be left in old files."""


def keep_copy(
    store: Store,
    target: Target,
    *,
    analysis: Path | str | None = None,
    since_run: str | None = None,
    anew: bool = False,
) -> Copied:
    """Bring a copy to where the store is: what changed since the run that it remembers, else all there is.

    Args:
        store: The record, open.
        target: Where the copy is.
        analysis: Analysis tables to write beside it (`communitykit analyse`), where they are not what they were.
        since_run: Write what changed since this run, whatever the target remembers.
        anew: Write all of it in place of what is there, even a copy of another store.

    Raises:
        StoreError: There is no such `since_run`, or the store cannot be read.
        CommunityKitError: The target has another store's copy, or somebody else's tables; or it refuses.
    """
    held = target.held()
    changes = _changes(store, held, since_run, anew=anew)
    copied = Copied(changes.run, whole=changes.since is None)
    forgetting = False
    for table in RECORDS:
        schema = changes.schema(table, plain=target.plain)
        rows = _without_empty(changes.rows(table, plain=target.plain))
        if copied.whole:
            copied.rows[table] = target.replace(table, "", schema, rows)
            continue
        gone = changes.vanished(table)
        forgetting = forgetting or "erased" in gone["gone"].to_pylist()
        copied.rows[table], copied.gone[table] = target.merge(table, schema, rows, gone)
    before = {} if held is None or anew else dict(held.marks)
    marks = {}
    for table in ABOUT:
        marks[table] = changes.mark(table)
        if before.get(table) != marks[table]:
            schema = changes.schema(table, plain=target.plain)
            copied.rows[table] = target.replace(table, "", schema, changes.rows(table, plain=target.plain))
    if analysis is not None:
        marks[ANALYSIS] = _analysis(target, Path(analysis), before.get(ANALYSIS), copied)
    elif ANALYSIS in before:
        marks[ANALYSIS] = before[ANALYSIS]
    target.remember(Held(changes.identity, changes.run, marks), forgetting=forgetting or (copied.whole and bool(held)))
    return copied


def _changes(store: Store, held: Held | None, since_run: str | None, *, anew: bool) -> Changes:
    whole = Changes(store)
    if held is not None and held.store != whole.identity and not anew:
        raise CommunityKitError(
            "the target has the copy of another store",
            subject=store.path.name,
            remedy="Name another target, or write it anew (--anew): then what is there goes.",
        )
    if since_run is not None:
        if held is None:
            raise CommunityKitError("the target has no copy yet", remedy="Leave since-run out: it takes all there is.")
        return Changes(store, since_run)
    if held is None or held.run is None or anew:
        return whole
    try:
        return Changes(store, held.run)
    except StoreError:  # a run that is gone, with the copy that the store was restored from
        return whole


def _analysis(target: Target, path: Path, before: str | None, copied: Copied) -> str:
    with Analysis(path) as opened:
        mark = "-".join(str(opened.about.get(name)) for name in ("made_at", "key_id", "latest_run"))
        if mark == before:
            return mark
        for table in opened.tables:
            reader = arrow_reader(opened.connection(), f"FROM {table}", 50_000)
            copied.rows[f"{ANALYSIS}.{table}"] = target.replace(table, ANALYSIS, reader.schema, reader)
    return mark


def _without_empty(reader: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    return (batch for batch in reader if batch.num_rows)


def told(error: Exception, target: str, secrets: Iterable[str | None] = ()) -> CommunityKitError:
    """Return the error of a target that refused: what it said, in one line, without what is secret."""
    diagnosis: Value = getattr(error, "diag", None)
    text = getattr(diagnosis, "message_primary", None) or str(error)
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    return CommunityKitError(
        f"the target refused: {' '.join(text.split())[:500]}",
        subject=target,
        remedy="Correct that, and run it again: it takes up from where the target is.",
    )
