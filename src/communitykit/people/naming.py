"""Ids of persons: the same at every rebuild, and as far as can be when accounts join or part. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def person_id(account: str) -> str:
    """Return the id of a person who is named after an account, and does not show it."""
    return "person:" + hashlib.sha256(account.encode()).hexdigest()[:20]


def name_persons(accounts: list[str], person_of: list[int], before: Mapping[str, str]) -> dict[int, str]:
    """Return each person's id: the one that their accounts had before, else one after their first account.

    `person_of` gives each account's person, as the number of that person's first account; `before` each account's
    former id. Where a person's accounts have parted, the id goes with the account that it was made of, else with the
    most of them; where persons have become one, the id that most of the accounts had stays.
    """
    claims: dict[str, dict[int, int]] = {}
    own: dict[str, int] = {}
    if before:
        for number, account in enumerate(accounts):
            held = before.get(account)
            if held is None:
                continue
            person = person_of[number]
            counts = claims.setdefault(held, {})
            counts[person] = counts.get(person, 0) + 1
            if person_id(account) == held:
                own[held] = person
    won: dict[int, tuple[int, str]] = {}
    for held, counts in claims.items():
        winner = own.get(held)
        if winner is None:
            winner = min(counts, key=lambda person: (-counts[person], person))
        best = (-counts[winner], held)
        if winner not in won or best < won[winner]:
            won[winner] = best
    return {
        person: won[person][1] if person in won else person_id(accounts[person]) for person in dict.fromkeys(person_of)
    }
