"""An attacker on what is shown of a company: by subtraction and by linear programme, with everything that adds up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations, permutations
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.optimize import linprog

from communitykit.privacy import protect

MONTHS = [date(2026, month, 1) for month in range(1, 13)]
LITTLE = 1e-6
Group = tuple[str, ...]
Kept = tuple[int, ...]
"""Dimensions, by their places in `Company.by`."""
Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Company:
    """Persons by group, and how many of them did something, by variant.

    With `windows` (from which month to which, the last excluded), the last dimension is the month: every table has the
    windows, and persons of two months are two.
    """

    by: tuple[str, ...]
    sizes: dict[Group, int]
    did: tuple[dict[Group, int], ...] = ()
    windows: tuple[tuple[int, int], ...] = ()
    k: int = 5


@dataclass(frozen=True)
class Shown:
    """A row that is told: over which groups, of which variant; what it says, if it is not hidden."""

    over: Vector
    variant: int
    persons: int | None
    did: float | None


class Attack:
    """Asks for each table alone, and works out what follows from several together.

    What is worked out of a group: its size to fewer than k + 1 values, or exactly how many did, or did not. Only where
    all or none of a larger group did, that is true of its parts, too.
    """

    def __init__(self, company: Company) -> None:
        self.company = company
        self.groups = sorted(company.sizes)
        self._tables: dict[Kept, list[Shown]] = {}

    def lattice(self, top: Kept | None = None) -> list[Kept]:
        """Return a table with its tables of totals, the coarsest first. Default: of all dimensions."""
        axes = len(self.company.by) - bool(self.company.windows)
        top = tuple(range(axes)) if top is None else top
        return [kept for size in range(len(top) + 1) for kept in combinations(top, size)]

    def small(self, tables: Sequence[Kept]) -> dict[str, Vector]:
        """Return the small groups that tables are by."""
        found = {}
        for kept in tables:
            for key, over in self._groups(kept):
                if 0 < over @ self._truth()[0] < self.company.k:
                    found[f"{kept} {key}"] = over
        return found

    def gives_away(self) -> list[str]:
        """Return what one table tells of small groups that its totals (each asked alone) do not tell without it.

        Where totals tell of a group already, since they cross: what is told of it to who knows the table, and nested
        tables of totals.
        """
        found: list[str] = []
        whole = self.lattice()
        if not self.follows(whole, self.small(whole)):
            return found
        for top in whole:
            below = self.lattice(top)
            bare = self.follows(below, self.small(below))
            anyway = self.follows(below[:-1], bare, coupled=True)
            found += [f"{top}: {name}" for name in bare if name not in anyway]
            for order in permutations(top if anyway else ()):
                nested = [tuple(sorted(order[:size])) for size in range(len(top) + 1)]
                before = self.follows(nested[:-1], anyway)
                found += [f"{nested}: {name}" for name in self.follows(nested, anyway) if name not in before]
        return found

    def follows(
        self, tables: Sequence[Kept], asked: dict[str, Vector], *, coupled: bool | None = None
    ) -> dict[str, Vector]:
        """Return the groups of which something can be worked out from tables together.

        `coupled`: who did and who did not are the persons, of every variant. Default: where there is one.
        """
        shown = [row for kept in tables for row in self.table(kept)]
        truth, size = self._truth(), len(self.groups)
        told: dict[bytes, tuple[Vector, float]] = {}
        for row in shown:
            if row.persons is not None and row.did is not None:
                parts = [(0, float(row.persons))]
                if self.company.did:
                    parts += [(1 + 2 * row.variant, row.did), (2 + 2 * row.variant, row.persons - row.did)]
                for block, total in parts:
                    equation = self._in_block(row.over, block)
                    told[equation.tobytes()] = equation, total
        if coupled if coupled is not None else len(self.company.did) == 1:
            for block in range(1, len(truth), 2):
                for number in range(size):
                    one = np.eye(size)[number]
                    equation = self._in_block(one, 0) - self._in_block(one, block) - self._in_block(one, block + 1)
                    told[equation.tobytes()] = equation, 0.0
        matrix, right = np.array([one for one, _ in told.values()]), [total for _, total in told.values()]
        nothing = self._nothing(shown)
        worlds = [np.concatenate(truth)]  # tables that would show the same
        found = {}
        for name, over in asked.items():
            for block in range(len(truth)):
                needed = float(self.company.k) if block == 0 else LITTLE
                row_of = self._in_block(over, block)
                if block and not over @ truth[block] and nothing[block][over > 0].all():
                    continue
                reached = [float(row_of @ world) for world in worlds]
                for sign in (-1.0, 1.0):
                    if max(reached) - min(reached) < needed:
                        solved = linprog(sign * row_of, A_eq=matrix if told else None, b_eq=right or None,
                                         bounds=(0, 1_000))  # fmt: skip
                        worlds.append(np.asarray(solved.x))
                        reached.append(float(row_of @ worlds[-1]))
                if max(reached) - min(reached) < needed - LITTLE / 2:
                    found[name] = over
                    break
        return found

    def table(self, kept: Kept) -> list[Shown]:
        """Return what a table by some dimensions shows, asked alone."""
        if kept not in self._tables:
            self._tables[kept] = list(self._asked(kept))
        return self._tables[kept]

    def _asked(self, kept: Kept) -> Iterator[Shown]:
        company, names = self.company, [self.company.by[at] for at in kept]
        rows: list[dict[str, Any]] = []
        for variant, did in enumerate(company.did or (company.sizes,)):
            for key, over in self._groups(kept):
                size = int(over @ self._truth()[0])
                above = float(sum(did[group] for group, inside in zip(self.groups, over, strict=True) if inside))
                row = {"metric": "activation", "variant": str(variant), **dict(zip(names, key, strict=False))}
                if company.windows:
                    since, until = key[-1]
                    row |= {"period": f"{since} to {until}", "since": MONTHS[since], "until": MONTHS[until]}
                row |= {"value": above / size if size else None, "numerator": above, "denominator": float(size)}
                rows.append({**row, "persons": size})
        made = protect(pa.Table.from_pylist(rows), k=company.k, unsafe=True).to_pylist()
        named = {at: {row[company.by[at]] for row in made} - {"other"} for at in kept}
        for row in made:
            inside = [
                all(
                    group[at] not in named[at] if row[company.by[at]] == "other" else group[at] == row[company.by[at]]
                    for at in kept
                )
                and (not company.windows or row["since"] <= MONTHS[int(group[-1])] < row["until"])
                for group in self.groups
            ]
            yield Shown(np.array(inside, dtype=float), int(row["variant"]), row["persons"], row["numerator"])

    def _groups(self, kept: Kept) -> Iterator[tuple[tuple[Any, ...], Vector]]:
        """Yield the groups of a table (the window last) with what they are over."""
        for window in self.company.windows or (None,):
            over: dict[tuple[Any, ...], Vector] = {}
            for number, group in enumerate(self.groups):
                if window is None or window[0] <= int(group[-1]) < window[1]:
                    key = (*(group[at] for at in kept), *((window,) if window else ()))
                    over.setdefault(key, np.zeros(len(self.groups)))[number] = 1.0
            yield from over.items()

    def _truth(self) -> list[Vector]:
        """Return the sizes by group, and by variant who did and who did not."""
        sizes = np.array([float(self.company.sizes[group]) for group in self.groups])
        did = [np.array([float(one[group]) for group in self.groups]) for one in self.company.did]
        return [sizes, *(half for one in did for half in (one, sizes - one))]

    def _nothing(self, rows: Sequence[Shown]) -> list[npt.NDArray[np.bool_]]:
        """Return, for each count, what stands in large groups (or empty ones) of whom none are counted."""
        truth = self._truth()
        found = [np.zeros(len(self.groups), dtype=bool) for _ in truth]
        for over in (row.over for row in rows):
            if not 0 < over @ truth[0] < self.company.k:
                for block in range(1, len(truth)):
                    if not over @ truth[block]:
                        found[block] |= over > 0
        return found

    def _in_block(self, over: Vector, block: int) -> Vector:
        whole = np.zeros(len(self.groups) * len(self._truth()))
        whole[block * len(self.groups) : (block + 1) * len(self.groups)] = over
        return whole
