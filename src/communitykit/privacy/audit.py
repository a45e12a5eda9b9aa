"""What follows from figures that are shown: a linear programme over all tables that would show the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

from communitykit.errors import SettingsError
from communitykit.model.values import Value

Atom = tuple[Value, ...]
_LITTLE: Final = 1e-6


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
        while hidden and len(hidden) < len(level):
            shown = [*known, *(cell for at, cell in enumerate(level) if at not in hidden)]
            bare = narrowed(shown, small, k)
            if not bare:
                break
            hidden |= _beside(level, hidden, bare)
        known += [cell for at, cell in enumerate(level) if at not in hidden]
    return frozenset(hidden)


def _beside(level: Sequence[Cell], hidden: set[int], bare: Sequence[Cell]) -> set[int]:
    """Return what to hide next: for each cell that is laid bare, the smallest neighbour that is still shown."""
    added: set[int] = set()
    for cell in bare:
        near = [(_distance(cell, one), not one.persons, one.persons, at) for at, one in enumerate(level)]
        free = [found for found in near if found[3] not in hidden]
        nearest = min(free)
        if not any(found[0] == nearest[0] and found[3] in added for found in free):
            added.add(nearest[3])
    return added


def _distance(one: Cell, two: Cell) -> int:
    """Return in how many dimensions two cells differ."""
    return sum(a != b for a, b in zip(one.key, two.key, strict=True))


def narrowed(shown: Sequence[Cell], small: Sequence[Cell], k: int) -> list[Cell]:
    """Return the small cells whose size follows from what is shown to fewer than k + 1 values, or a count exactly.

    A count of nothing that stands in a total of nothing follows from that total, whatever is hidden: it is left out.
    """
    bare: dict[int, Cell] = {}
    for which in range(len(small[0].counts) if small else 0):
        needed = float(k) if which == 0 else _LITTLE
        nothing = [cell.atoms for cell in shown if not cell.counts[which]]
        wanted = [
            at
            for at, cell in enumerate(small)
            if at not in bare and not (which and any(cell.atoms <= atoms for atoms in nothing))
        ]
        asked = [(small[at].atoms, small[at].counts[which]) for at in wanted]
        system = _System(shown, asked, [cell.counts[which] for cell in shown])
        for at, room in zip(wanted, system.room(needed), strict=True):
            if room < needed - _LITTLE / 2:
                bare[at] = small[at]
    return [bare[at] for at in sorted(bare)]


@dataclass(slots=True)
class _System:
    """Equations for what is shown, in the atoms that are not shown themselves; none is below nothing."""

    shown: Sequence[Cell]
    asked: Sequence[tuple[frozenset[Atom], float]]
    totals: Sequence[float]
    _index: dict[Atom, int] = field(default_factory=dict)

    def room(self, enough: float) -> list[float]:
        """Return, for each sum that is asked for, how far apart its least and most are (at least: `enough` will do)."""
        try:
            import numpy as np  # noqa: PLC0415 # an extra
            from scipy.optimize import linprog  # noqa: PLC0415 # same
            from scipy.sparse import csr_array  # noqa: PLC0415 # same
        except ImportError:
            raise SettingsError(
                "hiding small groups needs SciPy", remedy="Install communitykit with the extra privacy."
            ) from None

        fixed = {
            next(iter(cell.atoms)): total
            for cell, total in zip(self.shown, self.totals, strict=True)
            if len(cell.atoms) == 1
        }
        rows, columns, right, at = [], [], [], 0
        for cell, total in zip(self.shown, self.totals, strict=True):
            free = [atom for atom in cell.atoms if atom not in fixed]
            if not free:
                continue
            right.append(total - sum(fixed[atom] for atom in cell.atoms if atom in fixed))
            for atom in free:
                rows.append(at)
                columns.append(self._index.setdefault(atom, len(self._index)))
            at += 1
        sums = [
            [self._index.setdefault(atom, len(self._index)) for atom in atoms if atom not in fixed]
            for atoms, _ in self.asked
        ]
        size = len(self._index)
        if not size:
            return [0.0] * len(self.asked)
        equations: Value = csr_array((np.ones(len(rows)), (rows, columns)), shape=(at, size)) if at else None
        right_side = np.maximum(np.array(right), 0.0) if at else None
        bound = (0.0, max(1.0, enough, *self.totals, *right) * 2 if right else enough * 2)
        known = [truth - sum(fixed.get(atom, 0.0) for atom in atoms) for atoms, truth in self.asked]
        lows, highs = list(known), list(known)  # what is so is one of the tables that would be shown so
        for number, indices in enumerate(sums):
            for sign in (-1.0, 1.0):
                if highs[number] - lows[number] >= enough:
                    break
                costs = np.zeros(size)
                costs[indices] = sign
                found = linprog(costs, A_eq=equations, b_eq=right_side, bounds=bound, method="highs-ds")
                if found.x is None:  # windows overlap and persons are in several: only sums that follow are known
                    dense = equations.toarray()
                    rest = np.linalg.lstsq(dense.T, costs, rcond=None)[0] @ dense
                    lows[number], highs[number] = 0.0, 0.0 if np.allclose(rest, costs) else float("inf")
                    break
                for other, wanted in enumerate(sums):  # each table found says something of every sum
                    value = float(found.x[wanted].sum())
                    lows[other], highs[other] = min(lows[other], value), max(highs[other], value)
        return [high - low for low, high in zip(lows, highs, strict=True)]
