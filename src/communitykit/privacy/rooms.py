"""How far sums can vary in all tables that would show the same: linear programmes, as small and as few as will do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from communitykit.errors import SettingsError
from communitykit.model.values import Value

Atom = tuple[Value, ...]
Sum = tuple[frozenset[Atom], float]
"""Atoms, and what they come to."""
LITTLE: Final = 1e-6


def rooms(shown: Sequence[Sum], asked: Sequence[Sum], enough: float) -> list[float]:
    """Return, for each sum that is asked for, how far apart its least and most are (at least: `enough` will do).

    What is shown are equations in the atoms that are not shown themselves; none is below nothing. Atoms that stand in
    the same sums are one unknown, and unknowns that no equation connects are looked at apart.

    Raises SettingsError without SciPy.
    """
    fixed = {next(iter(atoms)): total for atoms, total in shown if len(atoms) == 1}
    members = _unknowns([atoms for atoms, _ in (*shown, *asked)], fixed)
    equations = {
        unknowns: total - sum(fixed[atom] for atom in atoms if atom in fixed)
        for (atoms, total), unknowns in zip(shown, members, strict=False)
        if unknowns
    }
    bound = 2 * max((1.0, enough, *(total for _, total in shown), *equations.values()) if equations else (enough,))
    parts = _parts(members, equations, bound)
    room = [0.0] * len(asked)
    for number, ((atoms, truth), unknowns) in enumerate(zip(asked, members[len(shown) :], strict=True)):
        within: dict[int, list[int]] = {}
        for one in unknowns:
            within.setdefault(parts[one].name, []).append(one)
        known = truth - sum(fixed[atom] for atom in atoms if atom in fixed)
        for pieces in within.values():
            parts[pieces[0]].ask(number, pieces, known if len(within) == 1 else None)
    for part in {part.name: part for part in parts.values()}.values():
        for number, found in part.rooms(enough).items():
            room[number] += found
    return room


def _unknowns(sums: Sequence[frozenset[Atom]], fixed: Mapping[Atom, float]) -> list[tuple[int, ...]]:
    """Return the unknowns of each sum, as numbers: what stands in the same sums cannot be told apart."""
    places: dict[Atom, list[int]] = {}
    for number, atoms in enumerate(sums):
        for atom in atoms:
            if atom not in fixed:
                places.setdefault(atom, []).append(number)
    members: list[list[int]] = [[] for _ in sums]
    # Sets have no order of their own from run to run, and which of two equal solutions is found follows the order.
    for unknown, where in enumerate(sorted(set(map(tuple, places.values())))):
        for number in where:
            members[number].append(unknown)
    return [tuple(one) for one in members]


def _parts(
    members: Sequence[tuple[int, ...]], equations: Mapping[tuple[int, ...], float], bound: float
) -> dict[int, _Part]:
    """Return, for each unknown, the unknowns that equations connect it with."""
    parts = {one: _Part(one, bound, [one]) for one in dict.fromkeys(chain.from_iterable(members))}
    for unknowns, total in equations.items():
        whole = max((parts[one] for one in unknowns), key=lambda part: (len(part.unknowns), -part.name))
        for other in {parts[one].name: parts[one] for one in unknowns}.values():
            if other is not whole:
                whole.unknowns += other.unknowns
                whole.equations += other.equations
                parts.update(dict.fromkeys(other.unknowns, whole))
        whole.equations.append((unknowns, total))
    return parts


@dataclass(slots=True)
class _Part:
    """Unknowns that equations connect, and the sums over them that are asked for."""

    name: int
    bound: float
    unknowns: list[int]
    equations: list[tuple[tuple[int, ...], float]] = field(default_factory=list)
    asked: dict[int, tuple[list[int], float | None]] = field(default_factory=dict)

    def ask(self, number: int, unknowns: list[int], truth: float | None) -> None:
        """Ask for a sum: what it is in truth, where that is known, is one of the values that it can have."""
        self.asked[number] = unknowns, truth

    def rooms(self, enough: float) -> dict[int, float]:
        """Return the room of each sum that is asked for."""
        if not self.asked:
            return {}
        if not self.equations:
            return dict.fromkeys(self.asked, self.bound)
        return _Programme(self, enough).rooms()


class _Programme:
    """The linear programme of one part. Each solution found says something of every sum."""

    def __init__(self, part: _Part, enough: float) -> None:
        try:
            import numpy as np  # noqa: PLC0415 # an extra
            from scipy import optimize, sparse  # noqa: PLC0415 # same
        except ImportError:
            raise SettingsError(
                "hiding small groups needs SciPy", remedy="Install communitykit with the extra privacy."
            ) from None
        self._np = np
        self._solve: Value = optimize.milp  # without integers it is HiGHS with less around it than linprog
        self._enough = enough
        column = {one: at for at, one in enumerate(sorted(part.unknowns))}

        def as_rows(sums: Sequence[Sequence[int]]) -> Value:
            made = np.zeros((len(sums), len(column)))
            for at, unknowns in enumerate(sums):
                made[at, [column[one] for one in unknowns]] = 1.0
            return made

        equations = as_rows([unknowns for unknowns, _ in part.equations])
        right = np.maximum(np.array([total for _, total in part.equations]), 0.0)
        sums = as_rows([unknowns for unknowns, _ in part.asked.values()])
        # What follows by adding and subtracting is known even where windows overlap, so that no table fits all of it.
        kept = self._independent(equations, right, sums)
        self._shown = optimize.LinearConstraint(sparse.csc_array(equations[kept]), right[kept], right[kept])
        self._bounds = optimize.Bounds(0.0, part.bound)
        self._sums = sparse.csr_array(sums)
        self._numbers = list(part.asked)
        truths = [truth for _, truth in part.asked.values()]
        self._lows = np.array([np.inf if truth is None else truth for truth in truths])
        self._highs = np.array([-np.inf if truth is None else truth for truth in truths])

    def _independent(self, equations: Value, right: Value, sums: Value) -> Value:
        """Return the equations that the rest follows from; note which sums follow from them, and whether all fit.

        By elimination, in the rows that have the unknown alone: factorizing all of it takes longer, and every core.
        """
        np = self._np
        above = len(equations)
        table = np.vstack([np.column_stack([equations, right]), np.column_stack([sums, np.zeros(len(sums))])])
        free, kept = np.arange(len(table)) < above, []
        for unknown in range(equations.shape[1]):
            column = np.where(free, np.abs(table[:, unknown]), 0.0)
            pivot = int(column.argmax())
            if column[pivot] < LITTLE:
                continue
            free[pivot] = False
            kept.append(pivot)
            rows = np.flatnonzero((free | (np.arange(len(table)) >= above)) & (np.abs(table[:, unknown]) > 0))
            table[rows] -= np.outer(table[rows, unknown] / table[pivot, unknown], table[pivot])
            table[rows, unknown] = 0.0
        size = 1.0 + np.abs(right).max()
        self._fits = bool((np.abs(table[:above][free[:above], -1]) < LITTLE * size).all())
        self._follows = np.abs(table[above:, :-1]).max(axis=1) < LITTLE
        return kept

    def rooms(self) -> dict[int, float]:
        """Look at many sums at once first, and at those that nothing was found of one by one."""
        np = self._np
        if not self._fits:
            return self._what_follows()
        if self._open().any():
            least = self._look(np.where(self._open(), -1.0, 0.0))
            if least is None:
                return self._what_follows()
            if -least < LITTLE / 2:  # together they are nothing, so each of them is
                self._follows |= self._open()
        for bit in range(len(self._numbers).bit_length() if len(self._numbers) > _FEW else 0):
            # Every two sums are pulled apart by one of these; their own numbers give the signs.
            signs = np.where(np.arange(len(self._numbers)) >> bit & 1, 1.0, -1.0) * self._open()
            for costs in (signs, -signs):
                if np.count_nonzero(costs) > _FEW and self._look(costs) is None:
                    return self._what_follows()
        for at in range(len(self._numbers)):
            for sign in (-1.0, 1.0):
                if not self._open()[at]:
                    break
                costs = np.zeros(len(self._numbers))
                costs[at] = sign
                if self._look(costs) is None:
                    return self._what_follows()
        room = np.where(self._follows, 0.0, self._highs - self._lows)
        return dict(zip(self._numbers, room.tolist(), strict=True))

    def _open(self) -> Value:
        """Tell of which sums not enough is known."""
        return ~self._follows & (self._highs - self._lows < self._enough)

    def _look(self, costs: Value) -> float | None:
        """Return the least that the sums can come to at these costs; None where no table fits."""
        found = self._solve(self._sums.T @ costs, constraints=self._shown, bounds=self._bounds)
        if found.x is None:
            return None
        values = self._sums @ found.x
        self._lows = self._np.minimum(self._lows, values)
        self._highs = self._np.maximum(self._highs, values)
        return float(found.fun)

    def _what_follows(self) -> dict[int, float]:
        """Where windows overlap and persons are in several, no table fits: only sums that follow are known."""
        return {
            number: 0.0 if known else float("inf") for number, known in zip(self._numbers, self._follows, strict=True)
        }


_FEW: Final = 3
"""So many sums are looked at one by one anyway."""
