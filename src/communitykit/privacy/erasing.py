"""Forgetting somebody, and keeping nothing longer than was promised.

Each ends in compaction (`store.compacting`), where bytes of what was erased are in the file, now or from before.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import duckdb
from pydantic_core import from_json, to_json

from communitykit.errors import wrong_argument
from communitykit.model import RECORD_TYPES, reference_fields
from communitykit.model.values import Value
from communitykit.privacy.asking import Subject, find, subject_of
from communitykit.privacy.intake import OptOut
from communitykit.store import Store
from communitykit.store.answers import first_row
from communitykit.store.columns import MERGED, PROVENANCE_NAMES, TABLES, field_columns
from communitykit.store.compacting import compact, is_owed, make_due
from communitykit.store.connection import MEMORY_LIMITS, connect, disconnect
from communitykit.store.cutoffs import note_cutoff
from communitykit.store.duckdb_errors import told
from communitykit.store.erased import note_erased
from communitykit.store.forgotten import FORGOTTEN, note, unsaid, who_is_forgotten, without_in_extra
from communitykit.store.making import make_journal, remove_empty_journal
from communitykit.store.opening import no_store

_THEIRS: Final = {"members": "id", "memberships": "member_id", "measures": "subject_id"}
"""By table, the column that makes a row theirs; events and posts have their own rules."""
_SKELETON: Final = frozenset(
    {"id", "community_id", "root_id", "parent_id", "kind", "created_at", "deleted_at", "platform", "network"}
) | {"first_run", "changed_run", "last_run", *PROVENANCE_NAMES}
"""What stays of a post: that there was one, where and when, so that answers to it still stand somewhere."""
_AT_ONCE: Final = 100
"""Accounts that one statement looks for."""


@dataclass(slots=True)
class Erased:
    """What was erased: accounts, and rows deleted, emptied or changed by table; the file's size before and after."""

    accounts: tuple[str, ...] = ()
    deleted: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    bytes_before: int = 0
    bytes_after: int = 0
    forgotten_before: tuple[str, ...] = ()
    """The account that was meant and is forgotten already; of others nothing is kept by which they were known."""


def forget(store: str | Path, who: str, *, now: datetime | None = None) -> Erased:
    """Erase somebody from a store, for good: what comes of them again is left out, by every door.

    `who` is an account id, or what a person is called: a name, address, handle, employee number or person id; then all
    accounts are meant. Their account, memberships, acts and what was done to them go; their posts are emptied, and who
    wrote them is not known any more; nobody names them as manager, owner, creator, in mentions, in praise, in `extra`.
    What others wrote loses their names where it mentioned them; names in free text that mention nobody stay. The rows
    of people that they were part of go until `communitykit people` makes them anew.

    An account id that is forgotten already is told as that, by the keyed hash that is kept of it; of names and
    addresses nothing is kept, and they are nobody's.

    Raises SettingsError for nobody, and for several; StoreBusyError, StoreError.
    """

    def erase(connection: duckdb.DuckDBPyConnection, result: Erased) -> None:
        forgotten = who_is_forgotten(connection)
        if forgotten and forgotten(who) and not first_row(connection, "SELECT 1 FROM members WHERE id = ?", [who]):
            result.forgotten_before = (who,)
            return
        subject = find(connection, who, Path(store).name)
        result.accounts = subject.accounts
        _forget(connection, subject, result)

    return _erasing(Path(store), erase, now or datetime.now(UTC))


def leave_out(store: str | Path, out: OptOut, *, compacts: bool = True, now: datetime | None = None) -> Erased:
    """Erase what a store holds of who opted out, as `forget` does, and keep them out from now on.

    An address may become known after posts were stored: what came before it goes too. Accounts that are out already
    cost nothing. With `compacts` the file is made anew where something was erased; else that stays due.

    Raises StoreBusyError, StoreError.
    """
    path, result = Path(store), Erased()
    with Store(path) as opened:
        members = opened.connection().execute("SELECT id, email FROM members").fetchall()
        known = who_is_forgotten(opened.connection()) or (lambda _: False)
        accounts = sorted(one for one in out.among(members) if not known(one))
    if not accounts:
        return result
    with _transaction(path) as connection:
        subject = subject_of(connection, accounts)
        result.accounts = subject.accounts
        _forget(connection, subject, result)
        if result.deleted or result.changed:
            make_due(connection)
    if compacts and (result.deleted or result.changed):
        result.bytes_before, result.bytes_after = compact(path, now=now or datetime.now(UTC))
    return result


def prune(store: str | Path, *, before: datetime, now: datetime | None = None) -> Erased:
    """Erase what is older than a moment: posts with what was done to them, acts, ended memberships, accounts that left.

    Reports, Coverage, Issues and runs of that time go, too. What has no time stays. The store remembers the moment:
    nothing older comes in again, by any door, until a pull asks for it with an earlier `since` of its own.

    Raises StoreBusyError, StoreError, TypeError for what is no moment.
    """
    if not isinstance(before, datetime):
        raise wrong_argument("before", before, "a datetime")

    def erase(connection: duckdb.DuckDBPyConnection, result: Erased) -> None:
        old = "(SELECT id FROM posts WHERE created_at < $before)"
        runs = "(SELECT run_id FROM runs WHERE ended_at < $before)"
        rules = {
            "events": f"occurred_at < $before OR target_id IN {old}",
            "post_versions": f"post_id IN {old} OR edited_at < $before",
            "posts": "created_at < $before",
            "memberships": "until < $before",
            "measures": "period_end < $before",
            "coverage": f"run_id IN {runs}",
            "issues": f"run_id IN {runs}",
            "members": """active = false AND deactivated_at < $before
                AND id NOT IN (SELECT author_id FROM posts WHERE author_id IS NOT NULL)""",
        }
        run = _erasure()
        for table, rule in rules.items():
            _delete(connection, result, table, rule, {"before": before}, run)
        note_cutoff(connection, before)
        if result.deleted:
            _note_run(connection, run)

    return _erasing(Path(store), erase, now or datetime.now(UTC))


def _erasing(path: Path, erase: Callable[[duckdb.DuckDBPyConnection, Erased], None], now: datetime) -> Erased:
    if not path.exists():
        raise no_store(path)
    result = Erased()
    with _transaction(path) as connection:
        erase(connection, result)
        if result.deleted or result.changed:
            make_due(connection)
        owed = is_owed(connection)
    if owed:
        result.bytes_before, result.bytes_after = compact(path, now=now)
    else:
        result.bytes_before = result.bytes_after = path.stat().st_size
    return result


@contextmanager
def _transaction(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect(path, read_only=False, memory_limit=MEMORY_LIMITS[2])
    try:
        make_journal(path)
        connection.execute("BEGIN")
        try:
            yield connection
        except BaseException:
            with contextlib.suppress(duckdb.Error):  # it gave up the transaction by itself: what came first is told
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
    except (duckdb.Error, OSError) as error:
        raise told(error, path, "erase in it") from None
    finally:
        remove_empty_journal(path)
        disconnect(connection, path)


def _forget(connection: duckdb.DuckDBPyConnection, subject: Subject, result: Erased) -> None:
    note(connection, subject.accounts)
    run = _erasure()
    values: dict[str, Value] = {"ids": list(subject.accounts), "run": run}
    theirs = "(SELECT unnest($ids::VARCHAR[]))"
    only_ids = {"ids": list(subject.accounts)}
    written = f"(SELECT id FROM posts WHERE author_id IN {theirs})"  # noqa: S608 # our own names
    _delete(connection, result, "post_versions", f"post_id IN {written}", only_ids)
    for table, column in _THEIRS.items():
        _delete(connection, result, table, f"{column} IN {theirs}", only_ids, run)
    _delete(connection, result, "events", f"actor_id IN {theirs} OR target_id IN {theirs}", only_ids, run)
    _delete(connection, result, "measures", "subject_label IN (SELECT unnest($ids::VARCHAR[]))",
            {"ids": [*subject.names, *subject.natives]}, run)  # fmt: skip
    emptied = [column.name for column in field_columns("post") if column.name not in _SKELETON | {"gone"}]
    _change(connection, result, "posts",
            f"""SET gone = 'deleted', changed_run = $run, {", ".join(f"{name} = NULL" for name in emptied)}
            WHERE author_id IN {theirs}""", values)  # fmt: skip
    # What others did to those posts stays, and is not current any more: who follows hears of it.
    connection.execute(
        "UPDATE events SET changed_run = $run WHERE target_id IN (SELECT id FROM posts WHERE changed_run = $run)",
        {"run": run},
    )
    for kind in MERGED:
        _unname(connection, subject, result, kind, values)
    _in_reports(connection, subject, result)
    _in_people(connection, subject, result)
    _note_run(connection, run)


def _erasure() -> str:
    return f"erasure-{uuid.uuid4().hex[:12]}"


def _note_run(connection: duckdb.DuckDBPyConnection, run: str) -> None:
    """Note an erasure among the runs, so that whoever follows the store hears of it."""
    connection.execute(
        "INSERT INTO runs (run_id, started_at, ended_at, status, sources, last_commit) SELECT ?, now(), now(), "
        "'erasure', '{}', coalesce(max(last_commit), 0) + 1 FROM runs",
        [run],
    )


def _unname(
    connection: duckdb.DuckDBPyConnection, subject: Subject, result: Erased, kind: str, values: dict[str, Value]
) -> None:
    """Take them out of what names them: every field that the model says does, and `extra`."""
    table = TABLES[kind]
    for name in reference_fields(RECORD_TYPES[kind]):
        among = "(SELECT unnest($ids::VARCHAR[]))"
        if name == "mentions.id":
            _in_mentions(connection, subject, result, values)
        elif name == "praised_ids":
            kept = _some("list_filter(praised_ids, lambda x: NOT list_contains($ids, x))")
            rule = f"SET praised_ids = {kept}, changed_run = $run WHERE list_has_any(praised_ids, $ids)"
            _change(connection, result, table, rule, values)
        elif name not in {"id", "member_id", "subject_id", "target_id"}:
            _change(connection, result, table, f"SET {name} = NULL, changed_run = $run WHERE {name} IN {among}", values)
    _in_json(connection, subject, result, table, values["run"])


def _in_mentions(
    connection: duckdb.DuckDBPyConnection, subject: Subject, result: Erased, values: dict[str, Value]
) -> None:
    rows = connection.execute(
        """SELECT id, title, body, text, mentions FROM posts
        WHERE list_has_any(list_transform(mentions, lambda x: x.id), $ids)""",
        {"ids": values["ids"]},
    ).fetchall()
    for post, *texts, mentions in rows:
        gone = [one for one in mentions if one["id"] in subject.accounts]
        names = {*subject.natives, *subject.names, *((one["label"] or "").lstrip("@") for one in gone)}
        said = [unsaid(text, names) for text in texts]
        kept = _some("list_filter(mentions, lambda x: x.id IS NULL OR NOT list_contains($ids, x.id))")
        rule = f"""SET title = $title, body = $body, text = $text, raw = NULL, changed_run = $run, mentions = {kept}
            WHERE id = $post"""
        texts_now = dict(zip(("title", "body", "text"), said, strict=True))
        _change(connection, result, "posts", rule, {**texts_now, **values, "post": post})
        for version in connection.execute(
            "SELECT rowid, title, body, text FROM post_versions WHERE post_id = ?", [post]
        ).fetchall():
            said = [unsaid(text, names) for text in version[1:]]
            connection.execute(
                "UPDATE post_versions SET title = ?, body = ?, text = ? WHERE rowid = ?", [*said, version[0]]
            )


def _some(kept: str) -> str:
    """Return the expression of a list that is NULL where it has nothing, as it is stored from a record."""
    return f"CASE WHEN len({kept}) > 0 THEN {kept} END"


def _in_json(connection: duckdb.DuckDBPyConnection, subject: Subject, result: Erased, table: str, run: str) -> None:
    """Take their ids out of `extra`, and drop payloads that were kept and hold one: nobody knows where else.

    These columns are most of a store: each is looked through once for many accounts.
    """
    for at in range(0, len(subject.accounts), _AT_ONCE):
        accounts = subject.accounts[at : at + _AT_ONCE]
        natives = [to_json(one).decode() for one in subject.natives[at : at + _AT_ONCE]]
        for key, text in connection.execute(
            f"SELECT id, extra FROM {table} WHERE {_holds('extra', accounts)}",  # noqa: S608 # our own names
            [*accounts],
        ).fetchall():
            kept = to_json(without_in_extra(from_json(text), set(accounts))).decode()
            _change(connection, result, table, "SET extra = ?, changed_run = ? WHERE id = ?", [kept, run, key])
        _change(connection, result, table, f"SET raw = NULL, changed_run = ? WHERE {_holds('raw', natives)}",
                [run, *natives])  # fmt: skip


def _holds(column: str, marks: Sequence[str]) -> str:
    """Return the condition that a column's text holds one of several texts, which are its parameters."""
    return " OR ".join([f"contains({column}::VARCHAR, ?)"] * len(marks))


def _in_reports(connection: duckdb.DuckDBPyConnection, subject: Subject, result: Erased) -> None:
    """Take them out of Coverage, Issues and checkpoints; a checkpoint that is not understood is read again."""
    marks = [*subject.accounts, *subject.names]
    has = " OR ".join(["contains({0}, ?)"] * len(marks))
    for account, native in zip(subject.accounts, subject.natives, strict=True):
        platform, network = account.split(":")[:2]
        _delete(connection, result, "issues", "native_id IN (?, ?) AND starts_with(slice, ?)",
                [native, account, f"{platform}:{network}:"])  # fmt: skip
    _delete(connection, result, "issues", f"{has.format('detail')} OR {has.format('slice')}", [*marks, *marks])
    _change(connection, result, "coverage", f"SET reason = '{FORGOTTEN}' WHERE {has.format('reason')}", marks)
    _delete(connection, result, "coverage", has.format("slice"), marks)
    tokens = [*marks, *(to_json(one).decode() for one in subject.natives)]
    has = " OR ".join(["contains(checkpoint::VARCHAR, ?)"] * len(tokens))
    for name, text in connection.execute(f"SELECT slice, checkpoint FROM checkpoints WHERE {has}", tokens).fetchall():  # noqa: S608 # our own names
        held = from_json(text)
        listed = held.get("ids") if isinstance(held, dict) else None
        if isinstance(listed, list) and held.keys() <= {"v", "ids"}:
            kept = {**held, "ids": [one for one in listed if one not in subject.accounts]}
            _change(connection, result, "checkpoints", "SET checkpoint = ? WHERE slice = ?",
                    [to_json(kept).decode(), name])  # fmt: skip
        else:
            _delete(connection, result, "checkpoints", "slice = ?", [name])


def _in_people(connection: duckdb.DuckDBPyConnection, subject: Subject, result: Erased) -> None:
    ids, persons = {"ids": list(subject.accounts)}, {"ids": list(subject.persons)}
    among = "(SELECT unnest($ids::VARCHAR[]))"
    for table in ("refusals", "decisions"):
        _delete(connection, result, table, f"account_a IN {among} OR account_b IN {among}", ids)
    _delete(connection, result, "people", f"person_id IN {among}", persons)
    _delete(connection, result, "identities", f"person_id IN {among}", persons)
    _change(connection, result, "people", f"SET manager_id = NULL WHERE manager_id IN {among}", persons)
    for account in subject.accounts:
        _change(connection, result, "identities", "SET evidence = NULL WHERE contains(evidence, ?)", [account])
        _change(connection, result, "people", "SET sources = NULL WHERE contains(sources::VARCHAR, ?)", [account])


def _delete(
    connection: duckdb.DuckDBPyConnection,
    result: Erased,
    table: str,
    rule: str,
    values: object,
    run: str = "",
) -> None:
    """Delete rows; of records, noting for `run` that they went."""
    if run:
        note_erased(connection, table, rule, values, run)
    _count(result.deleted, table, connection.execute(f"DELETE FROM {table} WHERE {rule}", values))  # noqa: S608 # our own names


def _change(connection: duckdb.DuckDBPyConnection, result: Erased, table: str, change: str, values: object) -> None:
    _count(result.changed, table, connection.execute(f"UPDATE {table} {change}", values))  # same


def _count(counts: dict[str, int], table: str, done: duckdb.DuckDBPyConnection) -> None:
    ((number,),) = done.fetchall()
    if number:
        counts[table] = counts.get(table, 0) + number
