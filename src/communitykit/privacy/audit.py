"""What follows from figures that are shown: of each family of them, which must be hidden."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Final

from communitykit.model.values import Value
from communitykit.privacy.rooms import LITTLE, Atom, rooms

OTHER: Final = "other"
"""What small groups are called that were put together."""
_ALL: Final = object()
"""Stands in the key of a total for a dimension that it is over: `None` is a group, too."""
Key = tuple[Value, ...]
Kept = tuple[int, ...]
"""The dimensions of a table, by their places in a key."""


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A figure: its group (the window last), the atoms that it is over, and its counts, persons first."""

    key: Key
    atoms: frozenset[Atom]
    counts: tuple[float, ...]

    @property
    def persons(self) -> float:
        """How many persons it rests on."""
        return self.counts[0]


@dataclass(frozen=True, slots=True)
class Table:
    """Figures by some of the dimensions, small groups put together.

    `members` are the places of what a cell was put together of; `parts` are the small groups among those, each with
    the cell that it is in now; `other` are the groups that have no name of their own any more.
    """

    cells: Sequence[Cell]
    members: Sequence[Sequence[int]]
    parts: Sequence[tuple[Cell, Cell]]
    other: Mapping[int, frozenset[Value]]


@dataclass(frozen=True)
class Family:
    """Figures that can be subtracted from one another, no group put together yet.

    `fold` are the places in a key at which small groups may be put together. `halves` are the two
    counts that are the persons: those who did, and those who did not.
    """

    cells: Sequence[Cell]
    k: int
    fold: Sequence[int] = ()
    halves: tuple[int, int] | None = None

    @cached_property
    def whole(self) -> Kept:
        """The dimensions in which the figures differ."""
        return tuple(at for at in range(len(self.cells[0].key)) if len({cell.key[at] for cell in self.cells}) > 1)

    def totals(self) -> Iterator[Kept]:
        """Yield the dimensions of each table of totals, the fewest first, and those of the figures themselves at last.

        Windows that overlap have no total that could be added up.
        """
        window = len(self.cells[0].key) - 1
        apart = sum(len(cell.atoms) for cell in self.cells) == len({atom for one in self.cells for atom in one.atoms})
        for size in range(len(self.whole)):
            for kept in combinations(self.whole, size):
                if apart or window in kept:
                    yield kept
        yield self.whole

    def table(self, kept: Kept) -> Table:
        """Return the figures by some dimensions, as they would be put together if they were asked for alone."""
        cells = (
            self.cells if kept == self.whole else _added(self.cells, [self._key(one, kept) for one in self.cells])[0]
        )
        other = self._other(cells)
        if not other:
            return Table(cells, [[at] for at in range(len(cells))], [], other)
        together, members = _added(cells, [_called(cell.key, other) for cell in cells])
        parts = [
            (cells[at], cell)
            for cell, places in zip(together, members, strict=True)
            for at in places
            if len(places) > 1 and 0 < cells[at].persons < self.k
        ]
        return Table(together, members, parts, other)

    @staticmethod
    def _key(cell: Cell, kept: Kept) -> Key:
        return tuple(one if at in kept else _ALL for at, one in enumerate(cell.key))

    def _other(self, cells: Sequence[Cell]) -> dict[int, frozenset[Value]]:
        """Return, dimension by dimension, the groups that are small wherever they are told."""
        found: dict[int, frozenset[Value]] = {}
        sizes = [(cell.key, cell.persons) for cell in cells]
        for at in self.fold:
            largest: dict[Value, float] = {}
            for key, size in sizes:
                largest[key[at]] = max(largest.get(key[at], 0), size)
            small = {group for group, size in largest.items() if 0 < size < self.k}
            if len(small) < 2:  # noqa: PLR2004 # one alone would only get another name
                continue
            found[at] = frozenset(small | ({OTHER} & largest.keys()))
            added: dict[Key, float] = {}
            for key, size in sizes:
                called = (*key[:at], OTHER if key[at] in found[at] else key[at], *key[at + 1 :])
                added[called] = added.get(called, 0) + size
            sizes = list(added.items())
        return found


def _called(key: Key, other: Mapping[int, frozenset[Value]]) -> Key:
    """Return what a group is called where small ones were put together."""
    return tuple(OTHER if one in other.get(at, ()) else one for at, one in enumerate(key))


def _added(cells: Sequence[Cell], keys: Iterable[Key]) -> tuple[list[Cell], list[list[int]]]:
    """Add up the cells that are given one key; return the sums, and the places of what is in each."""
    places: dict[Key, list[int]] = {}
    for at, key in enumerate(keys):
        places.setdefault(key, []).append(at)
    sums = [
        Cell(
            key,
            frozenset(atom for at in members for atom in cells[at].atoms),
            tuple(map(sum, zip(*(cells[at].counts for at in members), strict=True))),
        )
        for key, members in places.items()
    ]
    return sums, list(places.values())


_Told = set[tuple[Cell, int]]
"""Counts of groups (by their place in `Cell.counts`)."""


@dataclass(frozen=True, slots=True)
class _View:
    """Figures that somebody may know together, and small groups; `told` is what follows of them anyway.

    Of `sizes` only the persons are known.
    """

    known: Sequence[Cell]
    sizes: Sequence[Cell]
    small: Sequence[Cell]
    told: _Told


@dataclass(frozen=True, slots=True)
class _Settled:
    """What a table shows; `small` and `parts` are the groups that it must not tell."""

    shown: Sequence[Cell]
    hidden: frozenset[int]
    small: Sequence[Cell]
    parts: Sequence[tuple[Cell, Cell]]
    views: Sequence[_View]


def hide(families: Sequence[Family]) -> list[frozenset[int]]:
    """Return which figures must not be shown, by their places in each family's table over all dimensions.

    The families are over the same groups of the very same persons: whom one hides, the sizes that another shows must
    not tell. Every table of totals is settled first, as it would be if it were asked for alone.
    """
    if not any(0 < cell.persons < one.k for one in families[:1] for cell in one.cells):
        return [frozenset() for _ in families]
    # What says the same is settled once: variants of which nothing is told, say.
    counts = [(*(cell.counts for cell in one.cells), one.fold, one.halves) for one in families]
    first = [counts.index(one) for one in counts]
    settled: dict[int, dict[Kept, _Settled]] = {at: {} for at in first}
    for kept in families[0].totals():
        for at, tables in settled.items():
            sizes = {
                cell.atoms: cell
                for others in settled.values()
                if others is not tables
                for other, one in others.items()
                if set(other) <= set(kept)
                for cell in one.shown
            }
            tables[kept] = _settle(families[at], kept, tables, list(sizes.values()))
    return [settled[at][families[0].whole].hidden for at in first]


def _settle(family: Family, kept: Kept, settled: Mapping[Kept, _Settled], sizes: Sequence[Cell]) -> _Settled:
    """Return what a table shows, with the tables of its totals known, and the sizes that other families show."""
    within = {other: one for other, one in settled.items() if set(other) < set(kept)}
    table = family.table(kept)
    hidden = {at for at, cell in enumerate(table.cells) if 0 < cell.persons < family.k}
    small = [table.cells[at] for at in sorted(hidden)]
    views = _views(family, kept, table, small, within, sizes)
    safe: list[_Told] = [set() for _ in views]
    while True:
        shown = [cell for at, cell in enumerate(table.cells) if at not in hidden]
        if not shown:
            break
        # The more is hidden, the less follows: what was safe stays so.
        bare: dict[Cell, Key] = {}
        for view, done in zip(views, safe, strict=True):
            found = narrowed([*view.known, *shown], view.small, family, view.sizes, view.told, done)
            follows = {cell for cell, _ in found}  # sets have no order of their own from run to run
            bare |= {cell: _called(cell.key, table.other) for cell in view.small if cell in follows}
        if not bare:
            break
        hidden |= _beside(table.cells, hidden, list(bare.values()))
    views = [_View([*view.known, *shown], view.sizes, view.small, view.told) for view in views]
    return _Settled(shown, frozenset(hidden), small, table.parts, views)


def _views(
    family: Family,
    kept: Kept,
    table: Table,
    small: Sequence[Cell],
    within: Mapping[Kept, _Settled],
    sizes: Sequence[Cell],
) -> list[_View]:
    """Return what is known without a table, and which groups it must not tell more of.

    That is all of its totals together. What follows from those already (where they cross, they may tell more than each
    of them) is kept from who knows only some: one table over a dimension less, and what is known with it.
    """
    known = [cell for one in within.values() for cell in one.shown]
    parts = [*(part for one in within.values() for part in one.parts), *table.parts]
    cut = _cut([*known, *sizes, *table.cells], parts)
    asked = [*(cell for one in within.values() for cell in one.small), *small, *cut]
    nearest = [one for other, one in within.items() if len(other) == len(kept) - 1]
    # Two dimensions share one total alone, from which nothing follows of both.
    crossing = len(nearest) > 1 and (len(kept) > 2 or bool(family.halves) or bool(sizes))  # noqa: PLR2004
    told = narrowed(known, asked, family, sizes) if crossing else set()
    views = [_View(known, sizes, asked, told)]
    lost = {cell for cell, _ in told}
    own = [cell for cell in (*small, *(part for part, _ in table.parts)) if cell in lost]
    for view in (view for one in nearest for view in one.views if lost):
        mine = [*(cell for cell in view.small if cell in lost), *own]
        views.append(_View(view.known, sizes, mine, view.told | narrowed(view.known, own, family, sizes)))
    return views


def _cut(shown: Sequence[Cell], parts: Sequence[tuple[Cell, Cell]]) -> list[Cell]:
    """Return the parts of whose whole something is told apart: of others no more is known than of the whole."""
    return [
        part
        for part, whole in parts
        if any(not cell.atoms.isdisjoint(whole.atoms) and not whole.atoms <= cell.atoms for cell in shown)
    ]


def _beside(level: Sequence[Cell], hidden: set[int], bare: Sequence[Key]) -> set[int]:
    """Return what to hide next: for each group that is laid bare, the smallest neighbour that is still shown."""
    added: set[int] = set()
    for key in bare:
        still = ((at, one) for at, one in enumerate(level) if at not in hidden)
        free = [(_distance(key, one.key), not one.persons, one.persons, at) for at, one in still]
        nearest = min(free)
        if not any(found[0] == nearest[0] and found[3] in added for found in free):
            added.add(nearest[3])
    return added


def _distance(one: Key, two: Key) -> int:
    """Return in how many dimensions two groups differ."""
    return sum(a != b for a, b in zip(one, two, strict=True))


def narrowed(
    shown: Sequence[Cell],
    small: Sequence[Cell],
    family: Family,
    sizes: Sequence[Cell] = (),
    told: _Told | None = None,
    safe: _Told | None = None,
) -> _Told:
    """Return what follows of small groups from what is shown: a size to fewer than k + 1 values, or a count exactly.

    Who did and who did not are told apart: the sizes that a group can have are those that both add up to. A count of
    nothing that stands in totals of nothing follows from those, whatever is hidden: it is left out, and so is what is
    `told` anyway. Counts that are found safe go into `safe`, and what is in there is not looked at again.
    """
    bare: _Told = set()
    told, safe = told or set(), set() if safe is None else safe

    def look(which: int, cells: Sequence[Cell], enough: float, known: Sequence[Cell] = shown) -> dict[Cell, float]:
        nothing = {atom for cell in known if which and not cell.counts[which] for atom in cell.atoms}
        wanted = [cell for cell in cells if (cell, which) not in told and not cell.atoms <= nothing]
        sums = [(cell.atoms, cell.counts[which]) for cell in known]
        found = rooms(sums, [(cell.atoms, cell.counts[which]) for cell in wanted], enough)
        least = LITTLE if which else enough
        bare.update((cell, which) for cell, room in zip(wanted, found, strict=True) if room < least - LITTLE / 2)
        return dict.fromkeys(cells, 0.0) | dict(zip(wanted, found, strict=True))

    k, halves = float(family.k), family.halves or ()
    alike = {cell.atoms for cell in shown}
    apart = [cell for cell in sizes if cell.atoms not in alike]
    for which in range(len(family.cells[0].counts)):
        if which not in halves and (which or apart or not halves):
            asked = [cell for cell in small if (cell, which) not in safe]
            found = look(which, asked, LITTLE if which else k, shown if which else [*apart, *shown])
            safe |= {(cell, which) for cell, room in found.items() if room} - bare
    if family.halves:
        # Of the larger half more will be open: with that, there is less to find out about the smaller one.
        more, less = sorted(family.halves, key=lambda which: -sum(cell.counts[which] for cell in family.cells))
        asked = [cell for cell in small if (cell, more) not in safe]
        wide, narrow = look(more, asked, k), look(less, asked, LITTLE)
        close = [cell for cell in asked if wide[cell] + narrow[cell] < k and (cell, 0) not in told]
        narrow |= look(less, close, k)
        bare |= {(cell, 0) for cell in close if wide[cell] + narrow[cell] < k - LITTLE / 2}
        sure = (cell for cell in asked if (cell, 0) not in bare and min(wide[cell], narrow[cell]) >= LITTLE / 2)
        safe |= {(cell, which) for cell in sure for which in family.halves}
    return bare
