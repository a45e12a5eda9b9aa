"""What a run changed, counted by table. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Fate:
    """What became of records of one table, by id."""

    let_in: set[str] = field(default_factory=set)
    new: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    vanished: set[str] = field(default_factory=set)
    counted: set[str] = field(default_factory=set)
    """What changed once more in a run in which it was new, or changed, before: it counts once."""


class Once:
    """Which records a run counted as changed: eight bytes for each, since a run may change millions of them."""

    def __init__(self) -> None:
        """Begin with none."""
        self._counted: dict[str, array[int]] = {}

    def take(self, tally: Tally) -> None:
        """Take out of what a commit changed what was counted as changed before in this run."""
        for table, fate in tally.fates.items():
            if not fate.changed:
                continue
            now = {hash(key): key for key in fate.changed}
            before = self._counted.setdefault(table, array("q"))
            again = {now[one] for one in now.keys() & before}
            tally.add(tally.changed, table, -len(again))
            if not tally.changed[table]:
                del tally.changed[table]
            fate.changed -= again
            fate.counted |= again
            before.extend(one for one, key in now.items() if key not in again)


@dataclass(slots=True)
class Tally:
    """What commits changed, by table: new records, changed ones, those that are said to be deleted, and vanished ones.

    A deletion of what was never seen counts as one, and not as something new. What changes several times in a run
    counts once.
    """

    new: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    deleted: dict[str, int] = field(default_factory=dict)
    vanished: dict[str, int] = field(default_factory=dict)
    emptied: bool = False
    """Posts that the store held are gone: what they said is emptied, and its bytes are still in the file."""

    fates: dict[str, Fate] = field(default_factory=dict, repr=False, compare=False)
    """The same of one commit by id, so that who told it can be credited with it."""

    def fate(self, table: str) -> Fate:
        """Return what becomes of a table's records."""
        return self.fates.setdefault(table, Fate())

    def counts(self) -> tuple[dict[str, int], ...]:
        """Return the four of them, in the order in which they are told."""
        return self.new, self.changed, self.deleted, self.vanished

    def include(self, other: Tally) -> None:
        """Add what another one counted."""
        for mine, others in zip(self.counts(), other.counts(), strict=True):
            for table, number in others.items():
                self.add(mine, table, number)

    def add(self, counts: dict[str, int], table: str, number: int) -> None:
        """Count `number` more."""
        if number:
            counts[table] = counts.get(table, 0) + number


@dataclass(slots=True)
class SourceTally:
    """What came from one source of a run. What two sources tell counts for each of them."""

    tally: Tally = field(default_factory=Tally)
    """What the store was told, by table: new, changed, deleted and vanished records."""
    unchanged: dict[str, int] = field(default_factory=dict)
    """What was told again as it is stored, by table: once for each group of records that is stored at once."""
    requests: int = 0
    retries: int = 0

    def take(self, fates: dict[str, Fate], told: dict[str, set[str]], walked: Iterable[str]) -> None:
        """Count what became of ids that it told, by table; and what vanished of networks that it looked through."""
        networks = tuple(walked)
        for table, fate in fates.items():
            mine = told.get(table, set()) & fate.let_in
            rest = mine.difference(fate.new, fate.changed, fate.deleted, fate.counted)
            gone = sum(key.startswith(networks) for key in fate.vanished)
            for counts, number in (
                (self.tally.new, len(mine & fate.new)),
                (self.tally.changed, len(mine & fate.changed)),
                (self.tally.deleted, len(mine & fate.deleted)),
                (self.tally.vanished, gone),
                (self.unchanged, len(rest)),
            ):
                self.tally.add(counts, table, number)
