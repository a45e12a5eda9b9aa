"""Companies of a few accounts, in stores made by the writer as a pull would make them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from communitykit import Member, Provenance
from communitykit.people import Options, resolve
from communitykit.store import Store
from communitykit.store.writer import Group, Writer

AT = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = Provenance(connector="test", version="0", origin="api", fetched_at=AT, as_of=AT)


def member(native: str, **fields: Any) -> Member:
    """`slack:anna` is an account of platform slack's network N, `slack/T2:anna` one of its network T2."""
    place, _, name = native.partition(":")
    platform, _, network = place.partition("/")
    told = {"kind": "person", **fields}
    return Member(id=f"{platform}:{network or 'N'}:member:{name}", source=SOURCE, **told)


class Company:
    """A store that is resolved, and who is whose."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def tell(self, *members: Member) -> "Company":
        writer = Writer(self.path)
        writer.commit(Group(records=list(members)), run_id="r", now=AT)
        writer.release()
        return self

    def resolve(self, **options: Any) -> "Company":
        self.resolution = resolve(self.path, Options(**options) if options else None)
        return self

    def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        with Store(self.path) as store:
            return store.sql(query, parameters or None).to_pylist()

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """What is derived, row by row."""
        return {name: self.rows(f"FROM {name} ORDER BY ALL") for name in ("people", "identities", "refusals")}

    def who(self) -> set[frozenset[str]]:
        """Which accounts are one person's, by their short names; who is alone is left out."""
        persons: dict[str, set[str]] = {}
        for row in self.rows("SELECT account_id, person_id FROM identities WHERE undone_at IS NULL"):
            platform, network, _, name = row["account_id"].split(":", 3)
            short = f"{platform}:{name}" if network == "N" else f"{platform}/{network}:{name}"
            persons.setdefault(row["person_id"], set()).add(short)
        return {frozenset(one) for one in persons.values() if len(one) > 1}

    def person(self, native: str) -> dict[str, Any]:
        (row,) = self.rows(
            "SELECT * EXCLUDE (account_id) FROM people JOIN (SELECT account_id, person_id FROM identities "
            "WHERE undone_at IS NULL) USING (person_id) WHERE account_id = $id",
            id=member(native).id,
        )
        return row

    def refused(self) -> set[tuple[str, str, str]]:
        return {
            (one["rule"], one["account_a"].split(":")[-1], one["account_b"].split(":")[-1])
            for one in self.rows("SELECT * FROM refusals")
        }
