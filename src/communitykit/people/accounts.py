"""The accounts of a store as columns, in the order of their ids: what resolving reads."""

from __future__ import annotations

from dataclasses import dataclass, fields

import duckdb

from communitykit.model.values import Value
from communitykit.store.answers import arrow_table

ROSTER = "directory"
"""The platform whose accounts are rows of a company's roster."""

LISTED = f"NOT (platform = '{ROSTER}' AND coalesce(stub, false))"
"""The members that are somebody: whom a roster names as a manager and does not list is no row of it."""

# An account that has ended did so when it says so; one that only says that it is inactive, at its last change at the
# latest; somebody whom a roster lacks, before that roster. Times are days since 1970: plain numbers cost less than
# dates, by the million.
_DAY = "date_diff('day', DATE '1970-01-01', CAST({} AS DATE))"
_ENDED = f"""CASE WHEN active = false
    THEN coalesce(deactivated_at, updated_at, CASE WHEN platform = '{ROSTER}' THEN as_of END) END"""
_QUERY = f"""
SELECT id, platform, network, kind, coalesce(stub, false) AS stub, username, display_name AS name, email,
    employee_number, directory_id, manager_id, coalesce(external, false) AS external, active,
    {_DAY.format("TRY_CAST(extra->>'$.start_date' AS DATE)")} AS started, {_DAY.format(_ENDED)} AS ended,
    extra->>'$.addresses[*]' AS addresses, extra->>'$.accounts[*]' AS links,
    TRY_CAST(extra->>'$.leader' AS BOOLEAN) AS leader
FROM members WHERE {LISTED} ORDER BY id
"""  # noqa: S608 # our own text


@dataclass(slots=True)
class Accounts:
    """One list per column, all of one length. `started` and `ended` are days since 1970."""

    id: list[str]
    platform: list[str]
    network: list[str]
    kind: list[str | None]
    stub: list[bool]
    username: list[str | None]
    name: list[str | None]
    email: list[str | None]
    employee_number: list[str | None]
    directory_id: list[str | None]
    manager_id: list[str | None]
    external: list[bool]
    active: list[bool | None]
    started: list[int | None]
    ended: list[int | None]
    addresses: list[list[str | None] | None]
    links: list[list[str | None] | None]
    leader: list[bool | None]

    def __len__(self) -> int:
        """Return how many accounts there are."""
        return len(self.id)

    def in_roster(self, account: int) -> bool:
        """Tell whether an account is a row of the roster."""
        return self.platform[account] == ROSTER


def read_accounts(connection: duckdb.DuckDBPyConnection) -> Accounts:
    """Read the accounts of an open store.

    Raises duckdb.Error where that is not possible.
    """
    table = arrow_table(connection, _QUERY)
    columns: dict[str, list[Value]] = {one.name: table[one.name].to_pylist() for one in fields(Accounts)}
    return Accounts(**columns)
