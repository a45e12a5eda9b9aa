"""What a run gathers of pages until it is stored at once: not too much, and not for too long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from communitykit.clock import Clock
from communitykit.model.packed import Packed, packed
from communitykit.reading.slices import Progress
from communitykit.reading.translation import Page, Sweep
from communitykit.tally import SourceTally

if TYPE_CHECKING:
    from communitykit.store.windows import Walked
    from communitykit.store.writer import Group, Writer

GROUP_RECORDS = 10_000
"""Records of usual length that are committed together, twice as many where the store is large: for each group its ids
are looked up in all of it…"""
GROUP_SECONDS = 2.0
"""…or what came in that time."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event of a source; None at its end."""

    event: Progress | None
    source: str

    @property
    def weight(self) -> int:
        """How much memory it takes, in records."""
        return self.event.weight if isinstance(self.event, Page) else 1


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
        self._told: dict[str, list[Packed]] = {}
        self._looked_through: dict[str, set[str]] = {}
        self._weight = 0
        self._began = self._clock.monotonic()

    def take(self, page: Page, source: str) -> None:
        """Add what a page of a source came to."""
        group = self.group
        group.packed.append(packed(page.records))
        self._told.setdefault(source, []).append(group.packed[-1])
        self._looked_through.setdefault(source, set()).update(one.network for one in page.sweeps)
        self._weight += page.weight
        group.plain.extend(page.issues)
        # Of a network that was not there before this run nothing can have vanished.
        group.walked.extend(walked(one) for one in page.sweeps if self._writer.held_before(one.network))
        if page.checkpoint is not None:
            group.checkpoints[page.slice] = page.checkpoint

    def credit(self, tallies: Mapping[str, SourceTally]) -> None:
        """Count for each source what became of what it told in the group that was committed."""
        from communitykit.store.columns import TABLES  # noqa: PLC0415 # same

        for source, packs in self._told.items():
            told: dict[str, set[str]] = {}
            for pack in packs:
                for kind, some in pack.by_kind.items():
                    if kind in TABLES:
                        told.setdefault(TABLES[kind], set()).update(some.column("id"))
            tallies[source].take(self._writer.fates, told, self._looked_through[source])

    @property
    def is_full(self) -> bool:
        """Whether it holds as many records as are committed together."""
        return self._weight >= self._full

    @property
    def is_due(self) -> bool:
        """Whether the group is full, or has waited long enough."""
        return self.is_full or self._clock.monotonic() - self._began >= GROUP_SECONDS


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
