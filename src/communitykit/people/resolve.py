"""Who stands behind the accounts of a store: read, joined, and written as its tables of people."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path

import duckdb
from pydantic_core import to_json

from communitykit.model.values import Value
from communitykit.people.accounts import LISTED, Accounts, read_accounts
from communitykit.people.decisions import Decision, read_decisions
from communitykit.people.joining import Clusters
from communitykit.people.keys import RULES, Keys, is_shared
from communitykit.people.leading import lead
from communitykit.people.moving import Move, moves
from communitykit.people.naming import name_persons
from communitykit.people.options import Options
from communitykit.people.remarks import Joined
from communitykit.people.tables import write
from communitykit.people.tree import make_tree
from communitykit.printable import counted
from communitykit.store import Store
from communitykit.store.answers import arrow_table
from communitykit.store.connection import connect, disconnect
from communitykit.store.duckdb_errors import telling
from communitykit.store.making import make_journal

_OPTIONS = "people_options"
_NAMES = "SELECT person_id, name FROM people"
_TITLES = f"SELECT job_title FROM members WHERE {LISTED} ORDER BY id"  # noqa: S608 # our own text
_MEMORY = "1GB"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What resolving a store's accounts came to."""

    accounts: int
    """Accounts on platforms; rows of the roster are not among them."""
    rows: int
    """Rows of the roster, which the rules join as they do accounts."""
    people: int
    """Those who stand behind the accounts and the roster's rows, bots and shared mailboxes too."""
    kinds: dict[str, int] = field(default_factory=dict)
    """Persons by kind."""
    rules: dict[str, int] = field(default_factory=dict)
    """Accounts and rows by the rule that joined them to others; `alone` for those that nothing joined."""
    refusals: dict[str, int] = field(default_factory=dict)
    """Joins that were refused, by reason."""
    leaders: dict[str, int] = field(default_factory=dict)
    """Leaders by the rule that told them."""
    in_roster: int = 0
    """Persons who are in the roster; 0 where there is none."""
    only_in_roster: int = 0
    """Of those, persons who have no account."""
    managed: int = 0
    """Persons whose manager is known."""
    holes: int = 0
    """Persons whose manager is told, and is nobody who is known."""
    cycles: int = 0
    """Persons who are, through others, their own manager."""
    moved: tuple[Move, ...] = ()
    """Accounts that were another person's the time before."""

    @property
    def summary(self) -> str:
        """Who is who in a sentence, as `64 people: 62 with an account (98 accounts), 2 only in the roster`."""
        if not self.only_in_roster:
            return f"{self.joined} {counted(self.people, 'person', 'people')}."
        with_one = self.people - self.only_in_roster
        accounts = counted(self.accounts, "account")
        found = f"{with_one:,} with an account ({accounts})" if with_one else "none with an account"
        return f"{counted(self.people, 'person', 'people')}: {found}, {self.only_in_roster:,} only in the roster."

    @property
    def joined(self) -> str:
        """What was joined, with its verb, as `62 accounts and 57 rows of the roster are`."""
        if not self.rows:
            return counted(self.accounts, "account is", "accounts are")
        return f"{counted(self.accounts, 'account')} and {counted(self.rows, 'row')} of the roster are"

    @property
    def remarks(self) -> tuple[str, ...]:
        """What looks wrong about how the roster and the accounts came together, and the next move."""
        return Joined(self.in_roster, self.only_in_roster, self.refusals).remarks() if self.accounts else ()

    def as_data(self) -> dict[str, object]:
        """Return it as plain data, `remarks` and `summary` too."""
        return {**asdict(self), "summary": self.summary, "remarks": list(self.remarks)}


def resolve(store: str | Path, options: Options | None = None) -> Resolution:
    """Find the persons behind the accounts of a store, and write `people`, `identities` and `refusals` anew.

    The same accounts, decisions and options give the same tables. `options` are remembered in the store; None takes
    those of the time before. Members are not touched. One transaction: whoever reads finds the old tables or the new.

    Raises StoreBusyError, StoreVersionError or StoreError for the file.
    """
    path = Path(store)
    with Store(path) as opened:  # says that there is none, rather than making one
        chosen = options or _remembered(opened)
    connection = connect(path, read_only=False, memory_limit=_MEMORY)
    try:
        with telling(path, "write the tables of people"):
            make_journal(path)
            connection.execute("BEGIN")
            with _collector_paused():
                resolution = _resolve(connection, chosen)
            connection.execute("DELETE FROM meta WHERE key = ?", [_OPTIONS])
            connection.execute("INSERT INTO meta VALUES (?, ?)", [_OPTIONS, to_json(chosen.dump()).decode()])
            connection.execute("COMMIT")
    finally:
        disconnect(connection, path)
    return resolution


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Let the collector of cycles rest: there are none, and to look through millions of lists takes 10 of 33 s."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def options_of(store: str | Path) -> Options:
    """Return the options that a store was resolved with the last time; nothing declared where it never was.

    Raises StoreError where there is no store.
    """
    with Store(store) as opened:
        return _remembered(opened)


def _remembered(store: Store) -> Options:
    rows = store.sql("SELECT value FROM meta WHERE key = ?", [_OPTIONS])["value"].to_pylist()
    return Options.load(str(rows[0])) if rows else Options()


def _resolve(connection: duckdb.DuckDBPyConnection, options: Options) -> Resolution:
    accounts = read_accounts(connection)
    decisions = [one for one in read_decisions(connection) if one.undone_at is None]
    keys = Keys(accounts, options)
    clusters, decided = _joined(accounts, keys, decisions)
    person_of = [clusters.find(one) for one in range(len(accounts))]
    rank = _ranks(accounts)
    sources: dict[int, list[int]] = {}
    for one in sorted(range(len(accounts)), key=rank.__getitem__):
        sources.setdefault(person_of[one], []).append(one)
    before = dict(connection.execute("SELECT account_id, person_id FROM identities WHERE undone_at IS NULL").fetchall())
    names = name_persons(accounts.id, person_of, before)
    tree = make_tree(accounts, person_of, sources)
    now = {one: names[person] for one, person in zip(accounts.id, person_of, strict=True)} if before else {}
    called = dict(connection.execute(_NAMES).fetchall()) if before else {}
    titles = arrow_table(connection, _TITLES)["job_title"].to_pylist()
    leaders = lead(
        accounts,
        sources,
        tree,
        options,
        lambda person: next((title for one in sources[person] if (title := titles[one])), None),
    )
    shared = [address is not None and is_shared(address, options) for address in keys.mail]
    write(
        connection,
        clusters,
        person_of,
        names,
        rank=rank,
        shared=shared,
        tree=tree,
        leaders=leaders,
        decided=decided,
    )
    rows = sum(map(accounts.in_roster, range(len(accounts))))
    return Resolution(
        accounts=len(accounts) - rows,
        rows=rows,
        people=len(names),
        kinds=_counts(connection, "SELECT kind FROM people"),
        rules=_counts(connection, "SELECT rule FROM identities WHERE undone_at IS NULL"),
        refusals=_counts(connection, "SELECT rule FROM refusals"),
        leaders=dict(sorted(Counter(rule or "-" for leads, rule in leaders.values() if leads).items())),
        in_roster=_counts(connection, "SELECT in_roster FROM people").get("true", 0),
        only_in_roster=sum(all(map(accounts.in_roster, held)) for held in sources.values()),
        managed=len(tree.manager),
        holes=len(tree.holes),
        cycles=len(tree.cycles),
        moved=moves(before, now, called, dict(connection.execute(_NAMES).fetchall())) if before else (),
    )


def _joined(
    accounts: Accounts, keys: Keys, decisions: Sequence[Decision]
) -> tuple[Clusters, dict[int, tuple[str, Value]]]:
    """Join accounts: first by people's own word, then by the rules from the strongest to the weakest."""
    wanted = {account for one in decisions for account in one.pair}
    known = {account: one for one, account in enumerate(accounts.id) if account in wanted}
    there = [(known[one.account_a], known[one.account_b], one) for one in decisions if known.keys() >= set(one.pair)]
    foes: dict[int, set[int]] = {}
    for a, b, one in there:
        if one.verdict == "different":
            foes.setdefault(a, set()).add(b)
            foes.setdefault(b, set()).add(a)
    clusters = Clusters(accounts, {one: frozenset(others) for one, others in foes.items()})
    decided: dict[int, tuple[str, Value]] = {}
    for a, b, one in there:
        if one.verdict == "same":
            clusters.union({clusters.find(a), clusters.find(b)})
            clusters.bond("decided", "", (a, b))
            for account in (a, b):
                decided.setdefault(account, (one.decided_by, one.decided_at))
    for rule in RULES:
        clusters.join(rule, keys.groups(rule))
    return clusters, decided


def _ranks(accounts: Accounts) -> list[int]:
    """Return each account's place among all sources of a person's fields, the strongest first.

    The roster before what a directory stands behind, that before other accounts; who is there before who has left,
    and of the roster's rows the one of whoever began last.
    """
    order: list[list[int]] = [[] for _ in range(7)]
    for one, gone in enumerate(accounts.active):
        if accounts.in_roster(one):
            order[int(gone is False)].append(one)
        elif accounts.stub[one]:
            order[6].append(one)
        else:
            backed = accounts.directory_id[one] is not None or accounts.employee_number[one] is not None
            order[(2 if backed else 3) + (2 if gone is False else 0)].append(one)
    for rows in order[:2]:
        rows.sort(key=lambda one: -(accounts.started[one] or 0))
    ranks = [0] * len(accounts)
    for place, one in enumerate(chain.from_iterable(order)):
        ranks[one] = place
    return ranks


def _counts(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, int]:
    rows = connection.execute(
        f"SELECT coalesce(CAST(columns(*) AS VARCHAR), '-'), count(*) FROM ({query}) GROUP BY ALL ORDER BY ALL"  # noqa: S608 # our own text
    )
    return dict(rows.fetchall())
