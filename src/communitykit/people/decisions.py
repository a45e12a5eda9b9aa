"""What people decided about accounts: same or different. Kept in the store across rebuilds, and taken back by name."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import duckdb

from communitykit.errors import SettingsError
from communitykit.sinks.targets import writing
from communitykit.store.answers import arrow_table, first_row
from communitykit.store.connection import connect, disconnect
from communitykit.store.duckdb_errors import telling
from communitykit.store.making import make_journal

Verdict = Literal["same", "different"]
COLUMNS = ("account_a", "account_b", "verdict", "decided_by", "decided_at", "undone_at")


@dataclass(frozen=True, slots=True)
class Decision:
    """Somebody's word about two accounts. Times are aware, in UTC; `undone_at` says when it was taken back."""

    account_a: str
    account_b: str
    verdict: Verdict
    decided_by: str
    decided_at: datetime
    undone_at: datetime | None = None

    @property
    def pair(self) -> tuple[str, str]:
        """Both accounts, in order."""
        return self.account_a, self.account_b


def decide_same(store: str | Path, a: str, b: str, *, by: str, at: datetime | None = None) -> Decision:
    """Decide that two accounts (ids) are one person's; it holds from the next `resolve` on, against any rule.

    Raises SettingsError for an account that is not in the store, one and the same account, nobody's name, or a
    contradiction to another decision; StoreError for the file.
    """
    return _decide(store, a, b, "same", by, at)


def decide_different(store: str | Path, a: str, b: str, *, by: str, at: datetime | None = None) -> Decision:
    """Decide that two accounts (ids) are not one person's; it holds from the next `resolve` on, against any rule.

    Raises SettingsError and StoreError as `decide_same`.
    """
    return _decide(store, a, b, "different", by, at)


def undo(store: str | Path, a: str, b: str, *, at: datetime | None = None) -> Decision:
    """Take back what was decided about two accounts, and return it; the decision stays on record as undone.

    Raises SettingsError where nothing is decided about them, StoreError for the file.
    """
    pair = _pair(a, b)
    with _writing(store) as connection:
        known = list(read_decisions(connection))
        live = next((one for one in known if one.pair == pair and one.undone_at is None), None)
        if live is None:
            raise SettingsError(f"nothing is decided about {a} and {b}", remedy="See `communitykit people export`.")
        undone = replace(live, undone_at=at or datetime.now(UTC))
        _write(connection, [undone if one is live else one for one in known])
    return undone


def export_decisions(store: str | Path, to: str | Path, *, overwrite: bool = False) -> int:
    """Write every decision, undone ones too, as CSV (UTF-8, times in ISO 8601), and return how many they are.

    A file that was written so before is replaced, any other only with `overwrite`.

    Raises StoreError for the store, or a file that cannot be written; SettingsError where something else is there.
    """
    with _reading(store) as connection:
        known = list(read_decisions(connection))
    path = Path(to)
    with (
        telling(path, "write it"),
        writing(path, "file of decisions", inputs=[Path(store)], overwrite=overwrite) as made,
        made.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for one in known:
            times = [moment.isoformat() if moment else "" for moment in (one.decided_at, one.undone_at)]
            writer.writerow([*one.pair, one.verdict, one.decided_by, *times])
    return len(known)


def import_decisions(store: str | Path, path: str | Path) -> int:
    """Take decisions in from a CSV as `export_decisions` writes it, and return how many were new; all of them or none.

    Where two decide about one pair the later counts. Accounts need not be in the store yet.

    Raises SettingsError naming the line that is none, or decisions that contradict one another; StoreError for the
    store, or a file that cannot be read.
    """
    read = list(_read_csv(Path(path)))
    with _writing(store) as connection:
        known = list(read_decisions(connection))
        before = len({(one.pair, one.verdict, one.decided_by, one.decided_at) for one in known})
        merged: dict[tuple[object, ...], Decision] = {}
        for one in (*known, *read):  # one that was undone anywhere is undone
            key = one.pair, one.verdict, one.decided_by, one.decided_at
            if key not in merged or merged[key].undone_at is None:
                merged[key] = one
        latest: dict[tuple[str, str], Decision] = {}
        kept = []
        for one in sorted(merged.values(), key=lambda one: (one.decided_at, *one.pair, one.verdict)):
            if one.undone_at is not None:
                kept.append(one)
                continue
            if one.pair in latest:
                kept.append(replace(latest[one.pair], undone_at=one.decided_at))
            latest[one.pair] = one
        kept += latest.values()
        check(kept)
        _write(connection, kept)
    return len(merged) - before


def count_decisions(path: str | Path) -> int:
    """Return how many decisions a CSV holds, undone ones too; raises as `import_decisions`."""
    return sum(1 for _ in _read_csv(Path(path)))


def read_decisions(connection: duckdb.DuckDBPyConnection) -> Iterator[Decision]:
    """Yield the decisions of an open store, oldest first."""
    query = f"SELECT {', '.join(COLUMNS)} FROM decisions ORDER BY decided_at, account_a, account_b, verdict"  # noqa: S608 # our own names
    for row in arrow_table(connection, query).to_pylist():
        yield Decision(**row)


def check(decisions: Iterable[Decision]) -> None:
    """Refuse decisions of which one says what others deny.

    Raises SettingsError naming the accounts.
    """
    root: dict[str, str] = {}

    def find(account: str) -> str:
        while root.setdefault(account, account) != account:
            account = root[account]
        return account

    live = [one for one in decisions if one.undone_at is None]
    for one in live:
        if one.verdict == "same":
            root[find(one.account_b)] = find(one.account_a)
    for one in live:
        if one.verdict == "different" and find(one.account_a) == find(one.account_b):
            raise SettingsError(
                f"{one.account_a} and {one.account_b} are decided to be different persons' (by {one.decided_by}) "
                "and, through other decisions, the same person's",
                remedy="Take one of them back: `communitykit people undo A B`.",
            )


def _decide(store: str | Path, a: str, b: str, verdict: Verdict, by: str, at: datetime | None) -> Decision:
    if not by.strip():
        raise SettingsError("a decision needs the name of who decides")
    if at is not None and at.tzinfo is None:
        raise SettingsError(f"the time {at} has no time zone")
    made = Decision(*_pair(a, b), verdict, by, at or datetime.now(UTC))
    with _writing(store) as connection:
        for account in made.pair:
            if not first_row(connection, "SELECT 1 FROM members WHERE id = ?", [account]):
                raise SettingsError(f"there is no account {account!r} in the store", remedy="Give the ids of two.")
        known = [
            replace(one, undone_at=made.decided_at) if one.pair == made.pair and one.undone_at is None else one
            for one in read_decisions(connection)
        ]
        check([*known, made])
        _write(connection, [*known, made])
    return made


def _pair(a: str, b: str) -> tuple[str, str]:
    if a == b:
        raise SettingsError(f"{a} is one account", remedy="Give two.")
    return min(a, b), max(a, b)


def _write(connection: duckdb.DuckDBPyConnection, decisions: list[Decision]) -> None:
    connection.execute("DELETE FROM decisions")
    for one in decisions:
        row = [*one.pair, one.verdict, one.decided_by, one.decided_at, one.undone_at]
        connection.execute("INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?)", row)


@contextmanager
def _writing(store: str | Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a store for one transaction."""
    path = Path(store)
    if not path.exists():
        with _reading(store):  # says that there is none
            pass
    connection = connect(path, read_only=False)
    try:
        with telling(path, "write decisions into it"):
            make_journal(path)
            connection.execute("BEGIN")
            yield connection
            connection.execute("COMMIT")
    finally:
        disconnect(connection, path)


@contextmanager
def _reading(store: str | Path) -> Iterator[duckdb.DuckDBPyConnection]:
    path = Path(store)
    connection = connect(path, read_only=True)
    try:
        with telling(path, "read it"):
            yield connection
    finally:
        disconnect(connection, path)


def _read_csv(path: Path) -> Iterator[Decision]:
    with telling(path, "read it"), path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in COLUMNS[:5] if name not in (reader.fieldnames or ())]
        if missing:
            raise SettingsError(f"{path.name} lacks the columns {', '.join(missing)}", remedy="Give an exported file.")
        try:
            for row in reader:
                yield _of_row(row, f"{path.name}, line {reader.line_num}")
        except (csv.Error, UnicodeDecodeError) as error:
            raise SettingsError(f"{path.name} is no CSV in UTF-8: {error}") from None


def _of_row(row: dict[str, str | None], where: str) -> Decision:
    a, b, verdict, by, at, undone = (row.get(name) or "" for name in COLUMNS)
    if not (a and b and by) or a == b:
        raise SettingsError(f"{where}: a decision names two accounts, and who decided")
    if verdict not in {"same", "different"}:
        raise SettingsError(f"{where}: the verdict {verdict!r} is neither same nor different")
    try:
        times = [datetime.fromisoformat(text) for text in (at, *([undone] if undone else []))]
    except ValueError as error:
        raise SettingsError(f"{where}: {error}") from None
    if any(time.tzinfo is None for time in times):
        raise SettingsError(f"{where}: a time without time zone")
    moments = [time.astimezone(UTC) for time in times]
    word: Verdict = "same" if verdict == "same" else "different"
    return Decision(*_pair(a, b), word, by, moments[0], moments[1] if undone else None)
