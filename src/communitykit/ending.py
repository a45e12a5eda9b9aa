"""How a run ended: in one word, whether anything came of it, and since when on it can have let anything in."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from communitykit.result import PullResult

if TYPE_CHECKING:
    from communitykit.model import Coverage
    from communitykit.store.writer import Writer


def came_to_nothing(result: PullResult, failed: Collection[str]) -> bool:
    """Tell whether each source of a run failed, and none of them told anything."""
    told = any(any(map(any, one.tally.counts())) or one.unchanged for one in result.by_source.values())
    return not told and result.by_source.keys() <= set(failed)


def how_it_ended(result: PullResult, failed: Collection[str]) -> str:
    """Return the status of a run that came to its end, as `runs` keeps it; `failed` are the sources that did."""
    if result.complete:
        return "complete"
    if result.interrupted:
        return "interrupted"
    if came_to_nothing(result, failed):
        return f"failed: {', '.join(dict.fromkeys(type(error).__name__ for error in result.errors))}"
    return "partial"


def heed_cutoff(result: PullResult, writer: Writer) -> None:
    """Say since when on anything was let in: `prune` may have erased what is older while the run went on."""
    known = result.erased_before
    cutoff = result.erased_before = writer.cutoff_by_now(result.run_id, known)
    if cutoff is not None and cutoff != known:
        result.coverage = [begun_at(one, cutoff) for one in result.coverage]


def begun_at(coverage: Coverage, cutoff: datetime) -> Coverage:
    """Return Coverage that begins where the store does, if that is later."""
    if coverage.since is not None and coverage.since >= cutoff:
        return coverage
    return coverage.model_copy(update={"since": cutoff})
