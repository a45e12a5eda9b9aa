"""Accounts that keys join, and joins that are refused. Union-find in plain Python; pure.

A key joins all that hold it, or nobody: where two of its holders cannot be one person, nothing tells whose the others
are. The same holds for keys of one rule that meet in an account.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, compress
from typing import NamedTuple

from communitykit.people.accounts import Accounts
from communitykit.people.keys import WEAK, Rule, number

_MOST_HELD = 3
"""A number that more accounts of one network hold than that is no person's: it fills a field."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Two accounts that a key would have joined, and why it did not. Accounts are numbers in `Accounts`."""

    account_a: int
    account_b: int
    rule: str
    evidence: str


class _Pending(NamedTuple):
    """A key that nothing speaks against by itself."""

    key: str
    holders: Sequence[int]
    roots: set[int]


@dataclass(slots=True)
class Clusters:
    """Which accounts are one person's so far. The root of each is its first account, whatever joined first."""

    accounts: Accounts
    foes: Mapping[int, frozenset[int]] = field(default_factory=dict)
    """Accounts that somebody decided to be different persons'."""
    refusals: list[Refusal] = field(default_factory=list)
    rule: list[str | None] = field(init=False)
    """What joined each account to its person: the strongest rule that did; None for who is alone."""
    key: list[str | None] = field(init=False)
    """The key by which it did."""
    other: list[int] = field(init=False)
    """Another account that holds that key."""
    _parent: list[int] = field(init=False)
    _members: dict[int, list[int]] = field(default_factory=dict)
    _place: list[tuple[str, str]] = field(init=False)
    """By account, its network and platform."""
    _strong: dict[str, list[str | None]] = field(init=False)
    """By strong rule, each account's key; an external's number is none, others count their people themselves."""

    def __post_init__(self) -> None:
        """Begin with every account alone."""
        number_of, accounts = len(self.accounts), self.accounts
        self._place = list(zip(accounts.network, accounts.platform, strict=True))
        numbers = zip(accounts.employee_number, accounts.external, strict=True)
        self._strong = {
            "directory_id": [number(one) if one else None for one in accounts.directory_id],
            "number": [number(one) if one and not external else None for one, external in numbers],
        }
        self.rule, self.key = [None] * number_of, [None] * number_of
        self.other, self._parent = list(range(number_of)), list(range(number_of))

    def find(self, account: int) -> int:
        """Return the root of an account's cluster."""
        parent = self._parent
        while parent[account] != account:
            parent[account] = account = parent[parent[account]]
        return account

    def members(self, root: int) -> Sequence[int]:
        """Return the accounts of a cluster."""
        return self._members.get(root, (root,))

    def union(self, roots: Iterable[int]) -> None:
        """Make one cluster of several."""
        first, *others = sorted(roots)
        if not others:
            return
        held = self._members.setdefault(first, [first])
        for other in others:
            self._parent[other] = first
            held.extend(self._members.pop(other, (other,)))

    def bond(self, rule: str, key: str, holders: Sequence[int]) -> None:
        """Note what joined the holders of a key; what an account has been told before was stronger."""
        first = holders[0]
        for holder in holders:
            if self.rule[holder] is None:
                self.rule[holder], self.key[holder] = rule, key
                self.other[holder] = holders[1] if holder == first else first

    def join(self, rule: Rule, groups: Mapping[str, Sequence[int]]) -> None:
        """Join the holders of each key, where nothing speaks against it; keys in order."""
        pending: list[_Pending] = []
        met: dict[int, int] = {}
        for key, holders in groups.items():
            why = None
            roots = {self.find(holder) for holder in holders}
            if len(roots) == 1:
                self.bond(rule, key, holders)
            elif why := self._against(rule, roots, holders):
                self._refuse(rule, key, holders, why)
                holders = self._first_owners(holders) if rule in WEAK else ()  # noqa: PLW2901 # those whom it can be
                roots = {self.find(holder) for holder in holders}
                why = self._against(rule, roots, holders)
            if len(roots) > 1 and not why:
                pending.append(_Pending(key, holders, roots))
                for root in roots:
                    met[root] = met.get(root, 0) + 1
        alone = [all(met[root] == 1 for root in one.roots) for one in pending]
        for one in compress(pending, alone):
            self.bond(rule, one.key, one.holders)
            self.union(one.roots)
        for component in _meeting([one for one, is_alone in zip(pending, alone, strict=True) if not is_alone]):
            roots = set().union(*(one.roots for one in component))
            against = self._against(rule, roots, ())
            for one in component:
                if against:
                    self._refuse(rule, one.key, one.holders, against)
                else:
                    self.bond(rule, one.key, one.holders)
            if not against:
                self.union(roots)

    def _refuse(self, rule: Rule, key: str, holders: Sequence[int], why: tuple[str, str]) -> None:
        first: dict[int, int] = {}
        for holder in holders:
            first.setdefault(self.find(holder), holder)
        one, *others = first.values()
        reason, text = why
        self.refusals.extend(Refusal(one, other, reason, f"{rule} {key}: {text}") for other in others)

    def _against(self, rule: Rule, roots: set[int], holders: Sequence[int]) -> tuple[str, str] | None:
        """Return what speaks against these clusters being one person: a code and a sentence."""
        clusters = [self.members(root) for root in sorted(roots)]
        if self._decided(roots):
            return "decided_different", "somebody decided that they are different persons"
        if self._differ(rule, clusters, "directory_id"):
            return "different_directory_id", "their directory ids differ"
        if self._differ(rule, clusters, "number"):
            return "different_number", "their employee numbers differ"
        twice = self._network_twice(rule, clusters, holders)
        if twice:
            return twice
        if rule in WEAK and self._lived_apart(clusters):
            return "ended_before", "an account had ended before the roster's person began"
        return None

    def _decided(self, roots: set[int]) -> bool:
        return bool(self.foes) and any(
            self.find(foe) in roots and self.find(foe) != root
            for root in roots
            for one in self.members(root)
            for foe in self.foes.get(one, ())
        )

    def _differ(self, rule: Rule, clusters: Sequence[Sequence[int]], what: str) -> bool:
        """Tell whether clusters have strong keys that are stronger than this rule's, and have none in common."""
        if rule in {"link", "directory_id"} or rule == what:
            return False
        column = self._strong[what]
        held = [{key for one in cluster if (key := column[one]) is not None} for cluster in clusters]
        told = [one for one in held if one]
        return len(told) > 1 and any(one.isdisjoint(other) for one, other in combinations(told, 2))

    def _network_twice(
        self, rule: Rule, clusters: Sequence[Sequence[int]], holders: Sequence[int]
    ) -> tuple[str, str] | None:
        place = self._place
        if rule == "link":
            claimed = {self.find(one) for one in holders if self.accounts.in_roster(one)}
            return ("held_twice", "several rows of the roster claim one account") if len(claimed) > 1 else None
        if rule not in WEAK:
            counts: dict[tuple[str, str], int] = {}
            for one in holders:
                network = place[one]
                counts[network] = counts.get(network, 0) + 1
            crowded = max(counts.values(), default=0) > _MOST_HELD
            return ("crowded", f"more than {_MOST_HELD} accounts of one network hold it") if crowded else None
        seen: dict[tuple[str, str], int] = {}
        twice = None
        for index, cluster in enumerate(clusters):
            for one in cluster:
                network = place[one]
                if seen.setdefault(network, index) != index:
                    twice = network
        if twice is None:
            return None
        direct = [one for one in holders if place[one] == twice]
        where = f"{twice[1]}:{twice[0]}"
        if len({self.find(one) for one in direct}) > 1:
            return "held_twice", f"two accounts of {where} hold it"
        return "one_network", f"it would make two accounts of {where} one person's"

    def _first_owners(self, holders: Sequence[int]) -> Sequence[int]:
        """Return those of a key's holders who had it before it was given to somebody else; none where nothing tells.

        The roster knows two owners, one of whom had left before the other began: an account that had ended by then
        too is the first one's. Whose the others are is not known.
        """
        owners: dict[int, tuple[int | None, int | None]] = {}
        for root in {self.find(one) for one in holders}:
            rows = [one for one in self.members(root) if self.accounts.in_roster(one)]
            if rows:
                ends = [self.accounts.ended[one] for one in rows]
                starts = [start for one in rows if (start := self.accounts.started[one]) is not None]
                owners[root] = min(starts, default=None), _last(ends)
        if len(owners) != 2:  # noqa: PLR2004 # one after the other
            return ()
        (first, (_, left)), (_, (began, _)) = sorted(owners.items(), key=lambda one: one[1][0] or 0)
        if left is None or began is None or left >= began:
            return ()
        found = []
        for one in holders:
            root = self.find(one)
            ended = _last([self.accounts.ended[other] for other in self.members(root)])
            if root == first or (root not in owners and ended is not None and ended < began):
                found.append(one)
        return found

    def _lived_apart(self, clusters: Sequence[Sequence[int]]) -> bool:
        """Tell whether all of one cluster had ended before the roster says that another's person began."""
        accounts = self.accounts
        if all(accounts.ended[one] is None for cluster in clusters for one in cluster):
            return False
        began: list[tuple[int, int]] = []
        for index, cluster in enumerate(clusters):
            starts = (accounts.started[one] for one in cluster if accounts.in_roster(one))
            began.extend((index, start) for start in sorted(one for one in starts if one is not None)[:1])
        if not began:
            return False
        for index, cluster in enumerate(clusters):
            last = _last([accounts.ended[one] for one in cluster])
            if last is not None and any(last < start for other, start in began if other != index):
                return True
        return False


def _last(ends: Sequence[int | None]) -> int | None:
    """Return when the last of several accounts ended; None where one has not, or where it is not known."""
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None


def _meeting(pending: Sequence[_Pending]) -> list[list[_Pending]]:
    """Put keys that meet in a cluster together, in the order of the first."""
    of_root: dict[int, int] = {}
    groups: dict[int, list[int]] = {}
    for index, one in enumerate(pending):
        target, *others = sorted({of_root[root] for root in one.roots if root in of_root}) or [index]
        merged = groups.setdefault(target, [])
        for other in others:
            moved = groups.pop(other)
            of_root.update((root, target) for position in moved for root in pending[position].roots)
            merged.extend(moved)
        merged.append(index)
        of_root.update(dict.fromkeys(one.roots, target))
    return [[pending[position] for position in sorted(positions)] for positions in groups.values()]
