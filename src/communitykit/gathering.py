"""What a run gathers of pages until it is stored at once: not too much, and not for too long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from communitykit.clock import Clock
from communitykit.model.packed import packed
from communitykit.reading.translation import Page, Sweep

if TYPE_CHECKING:
    from communitykit.store.windows import Walked
    from communitykit.store.writer import Group, Writer

GROUP_RECORDS = 10_000
"""Records of usual length that are committed together, twice as many where the store is large: for each group its ids
are looked up in all of it…"""
GROUP_SECONDS = 2.0
"""…or what came in that time."""


class Gathering:
    """The group that is next to be committed."""

    def __init__(self, writer: Writer, clock: Clock) -> None:
        """Begin with none."""
        self._writer = writer
        self._clock = clock
        self._full = GROUP_RECORDS * (2 if writer.is_large else 1)
        self.begin()

    def begin(self) -> None:
        """Begin the next group."""
        from communitykit.store.writer import Group  # noqa: PLC0415 # duckdb is imported only when used

        self.group: Group = Group()
        self._weight = 0
        self._began = self._clock.monotonic()

    def take(self, page: Page) -> None:
        """Add what a page came to."""
        group = self.group
        group.packed.append(packed(page.records))
        self._weight += page.weight
        group.plain.extend(page.issues)
        # Of a network that was not there before this run nothing can have vanished.
        group.walked.extend(walked(one) for one in page.sweeps if self._writer.held_before(one.network))
        if page.checkpoint is not None:
            group.checkpoints[page.slice] = page.checkpoint

    @property
    def is_due(self) -> bool:
        """Whether the group is full, or has waited long enough."""
        return self._weight >= self._full or self._clock.monotonic() - self._began >= GROUP_SECONDS


def walked(sweep: Sweep) -> Walked:
    """Return a sweep as the store takes it, which knows the model and nothing of flows."""
    from communitykit.store.windows import Walked  # noqa: PLC0415 # same

    one = sweep.swept
    return Walked(
        one.record,
        one.within,
        sweep.seen,
        sweep.source,
        sweep.network,
        since=one.since,
        until=one.until,
        with_replies=one.with_replies,
        unread=sweep.unread,
        rejected=sweep.rejected,
        lowest=one.lowest,
        highest=one.highest,
        moved_to=one.moved_to,
    )
