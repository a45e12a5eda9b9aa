"""Who is meant: the accounts of a person, and what they are called."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from communitykit.errors import SettingsError
from communitykit.model.ids import native_text
from communitykit.store.answers import first_row

_PERSONS = """
SELECT DISTINCT i.person_id FROM identities i LEFT JOIN members m ON m.id = i.account_id
LEFT JOIN people p USING (person_id) WHERE i.undone_at IS NULL AND (i.person_id = $who OR lower($who) IN (
    lower(m.email), lower(p.email), lower(m.display_name), lower(p.name), lower(m.username), lower(m.employee_number)))
"""
_ACCOUNTS = """
SELECT id FROM members WHERE lower($who) IN (lower(email), lower(display_name), lower(username), lower(employee_number))
"""
_CALLED = """
SELECT DISTINCT unnest([display_name, email, username, employee_number, directory_id])
FROM members WHERE id IN (SELECT unnest($ids::VARCHAR[]))
"""
_NOBODY = "Give an address or account id; of who was forgotten no name or address is kept."


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody: every account that is theirs."""

    accounts: tuple[str, ...]
    names: tuple[str, ...]
    """What the accounts are called: names, addresses, handles, numbers."""
    persons: tuple[str, ...]
    """Their rows in `people`."""

    @property
    def natives(self) -> tuple[str, ...]:
        """The platforms' own ids of the accounts."""
        return tuple(native_text(one) for one in self.accounts)


def find(connection: duckdb.DuckDBPyConnection, who: str, store: str) -> Subject:
    """Return who is meant by an account id, a person id, a name, an address, a handle or an employee number.

    An account id means that account alone; anything else means a person with all accounts, where people were made.

    Raises SettingsError for nobody, and for several.
    """
    if first_row(connection, "SELECT 1 FROM members WHERE id = ?", [who]):
        return subject_of(connection, [who])
    persons = [one for (one,) in connection.execute(_PERSONS, {"who": who}).fetchall()]
    if len(persons) > 1:
        raise SettingsError(
            f"{len(persons)} persons are called {who!r}",
            subject=store,
            remedy="Give an e-mail address or a person id; `communitykit people show` tells them.",
        )
    if persons:
        owned = connection.execute(
            "SELECT account_id FROM identities WHERE undone_at IS NULL AND person_id = ?", persons
        ).fetchall()
        return subject_of(connection, [one for (one,) in owned])
    accounts = [one for (one,) in connection.execute(_ACCOUNTS, {"who": who}).fetchall()]
    if len(accounts) != 1:
        raise SettingsError(
            f"{len(accounts) or 'no'} accounts are called {who!r}",
            subject=store,
            remedy=f"Give one of their ids: {', '.join(accounts)}." if accounts else _NOBODY,
        )
    return subject_of(connection, accounts)


def subject_of(connection: duckdb.DuckDBPyConnection, accounts: list[str]) -> Subject:
    """Return accounts as somebody, with what they are called where the store knows them."""
    called = [one for (one,) in connection.execute(_CALLED, {"ids": accounts}).fetchall() if one]
    persons = connection.execute(
        "SELECT DISTINCT person_id FROM identities WHERE account_id IN (SELECT unnest(?::VARCHAR[]))", [accounts]
    ).fetchall()
    return Subject(tuple(sorted(accounts)), tuple(sorted(called)), tuple(sorted(one for (one,) in persons)))
