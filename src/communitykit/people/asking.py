"""Questions to the tables of people: who somebody is and why, and what a person should look at."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

from communitykit.errors import SettingsError
from communitykit.model.values import Value
from communitykit.people.keys import mail, number
from communitykit.people.resolve import options_of
from communitykit.store import Store

_MOST_NAMESAKES = 4
"""Of more persons of one name, none is proposed to be another: the name says nothing there."""

_NAMED = """
SELECT DISTINCT i.account_id, i.person_id, m.display_name AS name, p.department, p.in_roster
FROM identities i JOIN members m ON m.id = i.account_id JOIN people p USING (person_id)
WHERE i.undone_at IS NULL AND m.display_name IS NOT NULL AND p.kind IN ('person', 'guest', 'external')
ORDER BY i.account_id
"""
_ACCOUNTS = """
SELECT i.account_id, i.platform, i.network, i.rule, i.evidence, i.decided_by, i.decided_at,
    m.display_name AS name, m.username, m.email, m.active
FROM identities i JOIN members m ON m.id = i.account_id WHERE i.person_id = ? AND i.undone_at IS NULL
ORDER BY i.account_id
"""
_HELD = """
SELECT i.person_id, list(DISTINCT m.email) AS addresses, list(DISTINCT m.employee_number) AS numbers,
    list(DISTINCT m.directory_id) AS directory_ids, list(DISTINCT i.platform || ':' || i.network) AS networks
FROM identities i JOIN members m ON m.id = i.account_id WHERE i.undone_at IS NULL GROUP BY i.person_id
"""
_FOUND = """
SELECT DISTINCT i.person_id FROM identities i JOIN members m ON m.id = i.account_id JOIN people p USING (person_id)
WHERE i.undone_at IS NULL AND (i.account_id = $name OR i.person_id = $name OR lower($name) IN (
    lower(m.display_name), lower(m.email), lower(m.username), lower(m.employee_number), lower(p.name)))
ORDER BY i.person_id
"""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Two accounts that somebody should look at: a name that they share, or a join that was refused."""

    account_a: str
    account_b: str
    rule: str
    """`name`, or the reason of the refusal."""
    evidence: str
    against: str | None = None
    """What speaks against it: addresses that differ, accounts of one network."""
    addresses_a: tuple[str, ...] = ()
    """The addresses of the first account's person, with all their accounts."""
    addresses_b: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Held:
    """What the accounts of a person hold, as it is compared."""

    addresses: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    directory_ids: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()

    def is_another(self, other: _Held) -> bool:
        """Tell whether a key that names a person says that these are two."""
        return _differ(self.numbers, other.numbers) or _differ(self.directory_ids, other.directory_ids)

    def against(self, other: _Held) -> str | None:
        """Return in words what speaks against these two being one person."""
        told = ["their addresses differ"] if _differ(self.addresses, other.addresses) else []
        told += [f"both have an account of {one}" for one in sorted(self.networks & other.networks)]
        return ", ".join(told) or None


def _differ(one: frozenset[str], two: frozenset[str]) -> bool:
    return bool(one) and bool(two) and one.isdisjoint(two)


def review(store: str | Path) -> list[Proposal]:
    """Return what people should decide: first joins that were refused, then persons of one name.

    What somebody has decided is not asked again; persons who have different employee numbers or directory ids are
    namesakes. Names of more than four persons propose nothing.

    Raises StoreError where there is no store.
    """
    with Store(store) as opened:
        decided = {
            (row["account_a"], row["account_b"])
            for row in opened.sql("SELECT account_a, account_b FROM decisions WHERE undone_at IS NULL").to_pylist()
        }
        persons = _persons(opened)
        held = _held(opened)
        refused = [Proposal(**row) for row in opened.arrow("refusals").to_pylist()]
        named = list(_namesakes(opened.sql(_NAMED).to_pylist(), held))
    apart = {tuple(sorted((persons.get(a, a), persons.get(b, b)))) for a, b in decided}
    seen: set[tuple[str, str]] = set()
    found = []
    for one in (*sorted(refused, key=lambda one: (one.account_a, one.account_b, one.rule)), *named):
        pair = persons.get(one.account_a, one.account_a), persons.get(one.account_b, one.account_b)
        between = (min(pair), max(pair))
        if pair[0] != pair[1] and between not in apart and between not in seen and one.rule != "decided_different":
            seen.add(between)
            mine, theirs = (held.get(person, _Held()) for person in pair)
            addresses = [tuple(sorted(side.addresses)) for side in (mine, theirs)]
            told = mine.against(theirs)
            found.append(replace(one, against=told, addresses_a=addresses[0], addresses_b=addresses[1]))
    return found


def find_people(store: str | Path, name: str) -> list[dict[str, Value]]:
    """Return the persons of that name, address, handle, employee number, account id or person id, with their accounts.

    Each is a row of `people` as a mapping, with `accounts_told`: the rows of `identities` that hold of that person,
    each with the account's `name`, `username`, `email` and `active`.

    Raises StoreError where there is no store, SettingsError where its people were never made.
    """
    with Store(store) as opened:
        _made(opened)
        ids = opened.sql(_FOUND, {"name": name})["person_id"].to_pylist()
        return [
            {
                **opened.sql("SELECT * FROM people WHERE person_id = ?", [one]).to_pylist()[0],
                "accounts_told": opened.sql(_ACCOUNTS, [one]).to_pylist(),
            }
            for one in ids
        ]


def find_account(store: str | Path, name: str) -> str:
    """Return the id of the account that somebody means: an account id, or what only one person is called.

    Raises SettingsError for nobody, and for several, naming their accounts; StoreError where there is no store.
    """
    with Store(store) as opened:
        if opened.sql("SELECT 1 FROM members WHERE id = ?", [name]).num_rows:
            return name
        _made(opened)
        persons = opened.sql(_FOUND, {"name": name})["person_id"].to_pylist()
        accounts: list[str] = [row["account_id"] for one in persons for row in opened.sql(_ACCOUNTS, [one]).to_pylist()]
    if not persons:
        raise SettingsError(f"nobody is called {name!r}", remedy="Give an account id, an address or a handle.")
    if len(persons) > 1:
        raise SettingsError(f"{len(persons)} persons are called {name!r}: {', '.join(accounts)}",
                            remedy="Give an e-mail address, or the id of an account.")  # fmt: skip
    return accounts[0]


def require_networks(store: str | Path, names: Iterable[str]) -> None:
    """Make sure that a store has these networks, each told as `slack:T1`, or as a platform for all of its networks.

    Raises SettingsError for the first that it has not, naming those that there are; StoreError where there is no store.
    """
    with Store(store) as opened:
        rows = opened.sql("SELECT DISTINCT platform, network FROM members ORDER BY ALL").to_pylist()
    there = [f"{row['platform']}:{row['network']}" for row in rows]
    known = {*there, *(row["platform"] for row in rows)}
    for name in names:
        if name not in known:
            raise SettingsError(
                f"the store has no network {name!r}; it has {', '.join(there) or 'none'}",
                remedy="Name one of them, or a platform for all of its networks.",
            )


def plain_name(text: str) -> str:
    """Return a name as it is compared: without case, accents, punctuation and order of its words.

    >>> plain_name("Müller, Zoë") == plain_name("zoe MULLER")
    True
    """
    bare = "".join(one for one in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(one))
    return " ".join(sorted("".join(one if one.isalnum() else " " for one in bare).split()))


def _made(store: Store) -> None:
    if not store.sql("SELECT 1 FROM identities LIMIT 1").num_rows:
        raise SettingsError("nobody has been made of this store's accounts yet", subject=store.path.name,
                            remedy=f"Run `communitykit people {store.path.name}` first.")  # fmt: skip


def _persons(store: Store) -> dict[str, str]:
    rows = store.sql("SELECT account_id, person_id FROM identities WHERE undone_at IS NULL").to_pylist()
    return {row["account_id"]: row["person_id"] for row in rows}


def _held(store: Store) -> dict[str, _Held]:
    options = options_of(store.path)
    return {
        row["person_id"]: _Held(
            frozenset(found for one in row["addresses"] if (found := mail(one, options))),
            frozenset(found for one in row["numbers"] if (found := number(one))),
            frozenset(found for one in row["directory_ids"] if (found := number(one))),
            frozenset(row["networks"]),
        )
        for row in store.sql(_HELD).to_pylist()
    }


def _namesakes(rows: Iterable[dict[str, Value]], held: Mapping[str, _Held]) -> Iterable[Proposal]:
    """Yield pairs of persons of one name, those of one department first."""
    named: dict[str, dict[str, dict[str, Value]]] = {}
    for row in rows:
        name = plain_name(row["name"])
        if " " in name:  # a single word is no full name
            named.setdefault(name, {}).setdefault(row["person_id"], row)
    pairs = []
    for persons in named.values():
        if not 1 < len(persons) <= _MOST_NAMESAKES:
            continue
        for a, b in combinations(persons.values(), 2):
            one, two = held[a["person_id"]], held[b["person_id"]]
            if one.is_another(two) or (a["in_roster"] and b["in_roster"]):
                continue
            same = a["department"] is not None and a["department"] == b["department"]
            where = f", both in {a['department']}" if same else ""
            why = f"both {a['name']}{where}"
            pairs.append((not same, Proposal(a["account_id"], b["account_id"], "name", why)))
    return [proposal for _, proposal in sorted(pairs, key=lambda one: (one[0], one[1].account_a, one[1].account_b))]
