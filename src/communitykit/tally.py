"""What a run changed, counted by table. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """What commits changed, by table: new records, changed ones, those that are said to be deleted, and vanished ones.

    A deletion of what was never seen counts as one, and not as something new.
    """

    new: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    deleted: dict[str, int] = field(default_factory=dict)
    vanished: dict[str, int] = field(default_factory=dict)
    emptied: bool = False
    """Posts that the store held are gone: what they said is emptied, and its bytes are still in the file."""

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
