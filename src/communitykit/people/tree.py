"""Managers: from accounts to persons, how far below the top, and where the chain is broken. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from communitykit.model.ids import parse_id
from communitykit.people.accounts import Accounts
from communitykit.people.keys import number


@dataclass(slots=True)
class Tree:
    """Who manages whom, by person. `depth` lacks who is in no tree, and who stands below a hole or a cycle."""

    manager: dict[int, int] = field(default_factory=dict)
    told_by: dict[int, int] = field(default_factory=dict)
    """The account that tells a person's manager."""
    holes: set[int] = field(default_factory=set)
    """Persons whose manager is told, and is nobody who is known."""
    cycles: set[int] = field(default_factory=set)
    """Persons who are their own manager, directly or through others."""
    depth: dict[int, int] = field(default_factory=dict)


def make_tree(accounts: Accounts, person_of: list[int], sources: Mapping[int, list[int]]) -> Tree:
    """Make the tree; `sources` lists each person's accounts, the strongest first.

    A manager who is told by an id that nobody has may be known by it all the same: it ends in a directory id. Of whom
    there are only stubs is nobody: their ids are what others said.
    """
    tree = Tree()
    known = {account: one for one, account in enumerate(accounts.id)}
    by_directory: dict[str, int] = {}
    for one, told in enumerate(accounts.directory_id):
        if told and (key := number(told)):
            by_directory.setdefault(key, one)
    for person, held in sources.items():
        for account in held:
            told = accounts.manager_id[account]
            if told is None:
                continue
            boss = known.get(told)
            if boss is None or all(accounts.stub[one] for one in sources[person_of[boss]]):
                boss = by_directory.get(parse_id(told).native[-1].casefold())
            if boss is not None:
                tree.manager[person], tree.told_by[person] = person_of[boss], account
                break
            tree.holes.add(person)
    tree.holes -= tree.manager.keys()
    tree.cycles = set(_cycles(tree.manager))
    _measure(tree)
    return tree


def _cycles(manager: Mapping[int, int]) -> Iterable[int]:
    done: set[int] = set()
    for person in manager:
        path: list[int] = []
        seen: dict[int, int] = {}
        one = person
        while one in manager and one not in done and one not in seen:
            seen[one] = len(path)
            path.append(one)
            one = manager[one]
        if one in seen:
            yield from path[seen[one] :]
        done.update(path)


def _measure(tree: Tree) -> None:
    """Count down from the tops: who has people below and nobody above."""
    below: dict[int, list[int]] = {}
    for person, boss in tree.manager.items():
        below.setdefault(boss, []).append(person)
    level = [boss for boss in below if boss not in tree.manager and boss not in tree.holes]
    depth = 0
    while level:
        tree.depth.update(dict.fromkeys(level, depth))
        level = [person for boss in level for person in below.get(boss, ())]
        depth += 1
