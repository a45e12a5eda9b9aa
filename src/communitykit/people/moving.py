"""Which accounts moved from one person to another between two times of resolving. Pure.

Ids of persons do not tell: an id goes with the account that it was made of. A person goes on as who has most of their
accounts, or, of several who have as many, as who is called the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Move:
    """An account that was one person's and is now another's. Names are None of who has none."""

    account_id: str
    was: str | None
    """What the person is called whose it was."""
    now: str | None
    """What the person is called whose it is."""
    person_id: str
    """The person whose it is."""
    left: int
    """How many accounts, rows of the roster among them, the person that it was taken from still has."""

    def __str__(self) -> str:
        """Say which, from whom and to whom."""
        left = f"who still has {self.left:,}" if self.left else "who is no person of their own any more"
        was, now = (f"{name}'s" if name else "a nameless person's" for name in (self.was, self.now))
        return f"{self.account_id} was {was}, {left}, and is {now}"


def moves(
    before: Mapping[str, str],
    now: Mapping[str, str],
    called_before: Mapping[str, str | None],
    called_now: Mapping[str, str | None],
) -> tuple[Move, ...]:
    """Return the accounts that moved, in their order; `before` and `now` give each account's person.

    Who was nobody's before has not moved.
    """
    shared = Counter((before[one], person) for one, person in now.items() if one in before)
    heirs, origins = Counter(was for was, _ in shared), Counter(is_ for _, is_ in shared)
    if len(shared) == len(heirs) == len(origins):
        return ()

    def likeness(pair: tuple[str, str]) -> tuple[int, bool, bool, tuple[str, str]]:
        was, is_ = pair
        named = called_before.get(was) == called_now.get(is_)
        return -shared[pair], not named, was != is_, pair

    heir: dict[str, str] = {}
    origin: dict[str, str] = {}
    for was, is_ in sorted(shared, key=likeness):
        if was not in heir and is_ not in origin:
            heir[was], origin[is_] = is_, was
    size = Counter(now.values())
    return tuple(
        Move(one, called_before.get(before[one]), called_now.get(is_), is_, size[heir.get(before[one], "")])
        for one, is_ in now.items()
        if one in before and heir.get(before[one]) != is_
    )
