"""Makes the analysis tables as work tables on a store's connection, each step one query."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final, cast
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from communitykit.analysis import acts, places, sources, together
from communitykit.analysis.holidays import working_days
from communitykit.analysis.schema import SCHEMA_VERSION, TABLES, Column
from communitykit.clock import SYSTEM_CLOCK, Clock
from communitykit.errors import CommunityKitError
from communitykit.model.values import Value
from communitykit.people.accounts import ROSTER
from communitykit.people.remarks import Joined
from communitykit.privacy.groups import FOLDED
from communitykit.privacy.pseudonyms import Key
from communitykit.store.answers import first_row
from communitykit.store.schema import CURRENT

Tell = Callable[[str, int, int], None]
"""Called with the step that begins, its number and how many there are."""

_NUMBERED = """SELECT w_key(id) AS id, w_{kind}_number(id) AS number FROM ({query}) AS q(id) WHERE id IS NOT NULL"""
_STEPS = ("ids", "people", "posts", "acts", "threads", "answers", "ties", "places", "calendar")
_WORK: Final = "w_"
_SETTINGS = {"memory_limit": "1200MB", "TimeZone": "UTC", "preserve_insertion_order": "true"}


@dataclass
class Build:
    """The tables as they are made: `names` says what each is called on the connection."""

    connection: duckdb.DuckDBPyConnection
    key: Key
    zone: ZoneInfo
    least: int
    tell: Tell
    clock: Clock = SYSTEM_CLOCK
    about: dict[str, str | None] = field(default_factory=dict)
    unknown_countries: list[str] = field(default_factory=list)
    _has_people: bool = False

    @property
    def made(self) -> dict[str, str]:
        """The query that gives each table of the analysis, its columns in their order and of their types."""
        return {
            name: f"SELECT {', '.join(_cast(one, column) for one, column in table.columns.items())} FROM {_WORK}{name}"  # noqa: S608 # our own names
            for name, table in TABLES.items()
        }

    def run(self) -> None:
        """Make them all.

        Raises CommunityKitError where two ids have one pseudonym, duckdb.Error where a query cannot be run.
        """
        for number, step in enumerate(_STEPS, 1):
            self.tell(step, number, len(_STEPS))
            getattr(self, f"_{step}")()
        self._about()

    def times(self) -> tuple[int, int]:
        """Return how many acts have no time, and of how many it is inferred."""
        inferred = self._count("SELECT count(*) FROM w_acts WHERE at_is_inferred AND at_us IS NOT NULL")
        return self._count("SELECT count(*) FROM w_acts WHERE at_us IS NULL"), inferred

    def _ids(self) -> None:
        self._has_people = self._count("SELECT count(*) FROM people") > 0
        self.connection.execute(sources.KEY.format(salt=self.key.of("key", "")))
        for name, query in sources.KEYED.items():
            self.connection.execute(f"CREATE OR REPLACE TEMP VIEW w_{name} AS {query}")
        self._make("who", sources.BY_PERSON if self._has_people else sources.BY_ACCOUNT)
        for kind, query in sources.IDS.items():
            with self._numbering(kind):
                self._make(kind, _NUMBERED.format(kind=kind, query=query))
            self._clash(kind, kind, "number")
        self._make("account", sources.ACCOUNT_NUMBERS)

    def _people(self) -> None:
        roster = self._has_people and self._count("SELECT count(*) FROM people WHERE in_roster") > 0
        persons = (
            sources.PERSONS
            if self._has_people
            else sources.PERSONS_OF_ACCOUNTS.format(
                deactivated=f"CAST(timezone('{self.zone.key}', deactivated_at) AS DATE)"
            )
        )
        self._make(
            "people",
            sources.PEOPLE.format(persons=persons, memberships=CURRENT["memberships"], roster=str(roster).lower()),
        )
        if not self._has_people:
            self.connection.execute(sources.DEPTHS)
        for column in FOLDED:
            before = together.groups_in(self.connection, "w_people", column)
            self.connection.execute(sources.FOLD.format(column=column, least=self.least))
            after = together.groups_in(self.connection, "w_people", column)
            self.about |= together.fact(column, before, after)
        self.about |= {"people": "people" if self._has_people else "accounts", "roster": "yes" if roster else "no"}
        if roster:
            self._joined()

    def _joined(self) -> None:
        """Tell how the roster and the accounts came together: whoever reads a share of the roster needs to know."""
        whole = self._count("SELECT count(*) FROM people WHERE in_roster")
        alone = whole - self._count(sources.WITH_ACCOUNT)
        if not self._count(f"SELECT count(*) FROM members WHERE platform <> '{ROSTER}'"):  # noqa: S608 # our own name
            return
        refused = dict(self.connection.execute("SELECT rule, count(*) FROM refusals GROUP BY ALL").fetchall())
        found = Joined(whole, alone, refused)
        self.about |= {"in_roster": str(found.in_roster), "only_in_roster": str(alone)}
        if found.refusing:
            self.about |= {"refused_by": found.refusing[0], "refused": str(found.refusing[1])}

    def _posts(self) -> None:
        self._make("lost", places.LOST)
        with self._numbering("post"):
            self._make("read", sources.READ)
            self._make("known", sources.KNOWN)
        self._clash("post", "known", "post_id")
        self._make("posts", sources.POSTS)
        for done in ("read", "known"):
            self._drop(done)
        self._make("nested", acts.NESTED)
        self._make("levels", acts.LEVELS)
        self._drop("nested")

    def _acts(self) -> None:
        self._make("shared", acts.SHARED)
        self._make("acts", acts.ACTS)
        self._make("reacted", acts.REACTED)

    def _threads(self) -> None:
        self._make("threads", acts.THREADS)

    def _answers(self) -> None:
        self._make("answers", acts.ANSWERS)
        for done in ("posts", "shared", "levels", "reacted"):
            self._drop(done)

    def _ties(self) -> None:
        self._make("ties", acts.TIES)

    def _places(self) -> None:
        self._make("places", places.PLACES)
        self._make("coverage", places.COVERAGE)

    def _calendar(self) -> None:
        self._make("people", acts.FIRST_ACTS)
        first, last = self._window()
        rows = self.connection.execute("SELECT DISTINCT country FROM w_people WHERE country IS NOT NULL").fetchall()
        worked, self.unknown_countries = working_days((one for (one,) in rows), first, last)
        columns: dict[str, Value] = {
            "country": pa.array([one.country for one in worked], pa.string()),
            "day": pa.array([one.day for one in worked], pa.date32()),
            "works": pa.array([one.works for one in worked], pa.bool_()),
        }
        self._take("working", pa.table(columns))
        self._make("calendar", places.CALENDAR, first=first, last=last)
        self.about |= {"first_day": first.isoformat(), "last_day": last.isoformat()}

    def _about(self) -> None:
        run = first_row(self.connection, "SELECT run_id FROM runs ORDER BY last_commit DESC NULLS LAST LIMIT 1")
        content = first_row(
            self.connection,
            "SELECT CASE WHEN count(*) FILTER (has_text IS NOT NULL) = 0 THEN 'none' ELSE 'full' END FROM ("
            "SELECT has_text FROM w_threads UNION ALL SELECT has_text FROM w_answers)",
        )
        kept = self._count("SELECT count(*) FROM posts WHERE features IS NOT NULL")
        self.about = {
            "schema": SCHEMA_VERSION,
            "made_at": self.clock.now().isoformat(timespec="seconds"),
            "zone": self.zone.key,
            "key_id": self.key.id,
            "content": "features" if kept else content[0] if content else None,
            "min_group": str(self.least),
            "run": run[0] if run else None,
            **self.about,
        }
        self._take("about", pa.table({"key": list(self.about), "value": pa.array(self.about.values(), pa.string())}))

    def _window(self) -> tuple[date, date]:
        row = first_row(self.connection, places.WINDOW.format(zone=self.zone.key))
        first, last = row or (None, None)
        last = last or self.clock.now().astimezone(self.zone).date()
        return min(first or last, last), last

    @contextlib.contextmanager
    def _numbering(self, kind: str) -> Iterator[None]:
        """Let queries call `w_<kind>_number(id)`, the pseudonym of an id."""

        def number(ids: pa.StringArray) -> pa.Int64Array:
            texts: Value = ids.to_pylist()
            return pa.array(self.key.many(kind, texts), pa.int64())

        name, how = f"w_{kind}_number", cast("Value", "arrow")  # its own type has moved between versions
        self.connection.create_function(name, number, ["VARCHAR"], "BIGINT", type=how)
        try:
            yield
        finally:
            self.connection.remove_function(name)

    def _clash(self, kind: str, table: str, number: str) -> None:
        """Raise CommunityKitError where two ids of a kind have one pseudonym, or one key."""
        clashes = self._count(f"SELECT 2 * count(*) - count(DISTINCT id) - count(DISTINCT {number}) FROM w_{table}")  # noqa: S608 # our own names
        if clashes:
            raise CommunityKitError(
                f"{clashes} of the {kind} ids have another's pseudonym", remedy="Make the tables with another key."
            )

    def _make(self, name: str, query: str, **values: object) -> None:
        if "{" in query and name in _FILLED:
            query = query.format(zone=self.zone.key, **values)
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE w_{name} AS {query}")

    def _take(self, name: str, table: pa.Table) -> None:
        """Keep an Arrow table as a work table."""
        self.connection.register("w_taken", table)
        try:
            self._make(name, "SELECT * FROM w_taken")
        finally:
            self.connection.unregister("w_taken")

    def _drop(self, name: str) -> None:
        self.connection.execute(f"DROP TABLE IF EXISTS w_{name}")

    def _count(self, query: str) -> int:
        row = first_row(self.connection, query)
        return int(row[0]) if row else 0


_FILLED = frozenset({"acts", "threads", "answers", "places", "coverage", "calendar"})
"""The queries that a zone is filled into; in others a brace is part of a pattern."""


def _cast(name: str, column: Column) -> str:
    return f"CAST({name} AS {column.type}) AS {name}"


_TEMPORARY = {
    "VIEW": "SELECT view_name FROM duckdb_views() WHERE temporary AND NOT internal",
    "TABLE": "SELECT table_name FROM duckdb_tables() WHERE temporary",
    "MACRO": "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'macro' AND NOT internal",
}


@contextlib.contextmanager
def workspace(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Let a connection work within bounds, and leave it as it was, without work tables."""
    before = {name: _setting(connection, name) for name in _SETTINGS}
    try:
        for name, value in _SETTINGS.items():
            connection.execute(f"SET {name} = '{value}'")
        yield
    finally:
        for kind, list_them in _TEMPORARY.items():
            for (name,) in connection.execute(list_them).fetchall():
                if name.startswith(_WORK):
                    connection.execute(f"DROP {kind} IF EXISTS {name}")
        for name, value in before.items():
            connection.execute(f"SET {name} = '{value}'")


def _setting(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    # not as a parameter: for those DuckDB imports pandas
    row = first_row(connection, f"SELECT value FROM duckdb_settings() WHERE name = '{name}'")  # noqa: S608 # ours
    return str(row[0]) if row else ""
