"""What follows from figures that are shown: of each family of them, which must be hidden."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from communitykit.model.values import Value
from communitykit.privacy.rooms import LITTLE, Atom, rooms


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure: its group (the window last), the atoms that it is over, and its counts, persons first."""

    key: tuple[Value, ...]
    atoms: frozenset[Atom]
    counts: tuple[float, ...]

    @property
    def persons(self) -> float:
        """How many persons it rests on."""
        return self.counts[0]


@dataclass(frozen=True, slots=True)
class Family:
    """Figures that can be subtracted from one another."""

    cells: Sequence[Cell]

    def levels(self) -> Iterator[list[Cell]]:
        """Yield the totals of the figures, those over the fewest dimensions first, and the figures at last.

        Windows that overlap have no total that could be added up.
        """
        width = len(self.cells[0].key)
        varied = [at for at in range(width) if len({cell.key[at] for cell in self.cells}) > 1]
        apart = sum(len(cell.atoms) for cell in self.cells) == len({atom for one in self.cells for atom in one.atoms})
        for size in range(len(varied)):
            for kept in combinations(varied, size):
                if apart or width - 1 in kept:
                    yield self._totals(kept)
        yield list(self.cells)

    def _totals(self, kept: Sequence[int]) -> list[Cell]:
        sums: dict[tuple[Value, ...], list[Cell]] = {}
        for cell in self.cells:
            sums.setdefault(tuple(one if at in kept else None for at, one in enumerate(cell.key)), []).append(cell)
        return [
            Cell(
                key,
                frozenset(atom for cell in cells for atom in cell.atoms),
                tuple(map(sum, zip(*(cell.counts for cell in cells), strict=True))),
            )
            for key, cells in sums.items()
        ]


def hide(family: Family, k: int) -> frozenset[int]:
    """Return which of a family's figures (by index) must not be shown.

    Totals come first, as they would be shown alone; what they show is known when it comes to their parts.
    """
    if not any(0 < cell.persons < k for cell in family.cells):
        return frozenset()
    known: list[Cell] = []
    small: list[Cell] = []
    hidden: set[int] = set()
    for level in family.levels():
        hidden = {at for at, cell in enumerate(level) if 0 < cell.persons < k}
        small += [level[at] for at in sorted(hidden)]
        bare, safe = small, set[tuple[Value, ...]]()
        while hidden and len(hidden) < len(level):
            shown = [*known, *(cell for at, cell in enumerate(level) if at not in hidden)]
            bare = narrowed(shown, bare, k, safe)  # the more is hidden, the less follows: what was safe stays so
            if not bare:
                break
            hidden |= _beside(level, hidden, bare)
        known += [cell for at, cell in enumerate(level) if at not in hidden]
    return frozenset(hidden)


def _beside(level: Sequence[Cell], hidden: set[int], bare: Sequence[Cell]) -> set[int]:
    """Return what to hide next: for each cell that is laid bare, the smallest neighbour that is still shown."""
    added: set[int] = set()
    for cell in bare:
        still = ((at, one) for at, one in enumerate(level) if at not in hidden)
        free = [(_distance(cell, one), not one.persons, one.persons, at) for at, one in still]
        nearest = min(free)
        if not any(found[0] == nearest[0] and found[3] in added for found in free):
            added.add(nearest[3])
    return added


def _distance(one: Cell, two: Cell) -> int:
    """Return in how many dimensions two cells differ."""
    return sum(a != b for a, b in zip(one.key, two.key, strict=True))


def narrowed(
    shown: Sequence[Cell], small: Sequence[Cell], k: int, safe: set[tuple[Value, ...]] | None = None
) -> list[Cell]:
    """Return the small cells whose size follows from what is shown to fewer than k + 1 values, or a count exactly.

    A count of nothing that stands in a total of nothing follows from that total, whatever is hidden: it is left out.
    Counts that are found safe go into `safe`, and what is in there is not looked at again.
    """
    bare: dict[int, Cell] = {}
    safe = set() if safe is None else safe
    for which in range(len(small[0].counts) if small else 0):
        needed = float(k) if which == 0 else LITTLE
        nothing = [cell.atoms for cell in shown if not cell.counts[which]]
        wanted = [
            at
            for at, cell in enumerate(small)
            if at not in bare
            and (*cell.key, which) not in safe
            and not (which and any(cell.atoms <= atoms for atoms in nothing))
        ]
        asked = [(small[at].atoms, small[at].counts[which]) for at in wanted]
        told = [(cell.atoms, cell.counts[which]) for cell in shown]
        for at, room in zip(wanted, rooms(told, asked, needed), strict=True):
            if room < needed - LITTLE / 2:
                bare[at] = small[at]
            else:
                safe.add((*small[at].key, which))
    return [bare[at] for at in sorted(bare)]
