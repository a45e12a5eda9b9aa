"""slackdump's database, `slackdump.sqlite`: tables in, wire payloads out.

Every run of slackdump (a session) adds chunks, and each chunk holds the state of what it read: of several versions the
newest counts. The layout is that of its own migrations: SESSION, CHUNK, WORKSPACE, S_USER, CHANNEL, CHANNEL_USER,
MESSAGE.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from typing_extensions import override

from communitykit import ArchiveError
from communitykit.connector import JSON, Archive
from communitykit.connector.decoding import decode_json
from communitykit_slack.archive.dump import Dump

_NAMES = (".sqlite", ".sqlite3", ".db")
_MAGIC = b"SQLite format 3\x00"
_TABLES = frozenset({"SESSION", "CHUNK", "CHANNEL", "MESSAGE", "S_USER", "WORKSPACE"})
_NEWEST = """
SELECT data FROM (
    SELECT
        t.data AS data,
        row_number() OVER (PARTITION BY {key} ORDER BY c.unix_ts DESC, c.id DESC) AS age,
        {order} AS place
    FROM {table} t JOIN chunk c ON c.id = t.chunk_id {where}
) WHERE age = 1 ORDER BY place
"""


def databases_in(archive: Archive) -> list[str]:
    """Find the databases in an archive; the file itself may be one."""
    return [name for name in archive.names() if name.endswith(_NAMES) and _is_database(archive, name)]


def _is_database(archive: Archive, name: str) -> bool:
    with archive.open(name) as file:
        return file.read(len(_MAGIC)) == _MAGIC


@contextmanager
def open_dump(archive: Archive, name: str) -> Iterator[Dump]:
    """Open a database for reading; nothing is ever written beside it.

    Raises ArchiveError when it is not slackdump's, or damaged.
    """
    with tempfile.TemporaryDirectory(prefix="communitykit-") as folder:
        copy = Path(folder) / "slackdump.sqlite"
        for suffix in ("", "-wal"):  # what a run wrote last may still stand in the log beside the database
            _copy(archive, name + suffix, copy.with_name(copy.name + suffix))
        try:
            with closing(sqlite3.connect(copy)) as connection:
                yield _Database(connection, name)
        except sqlite3.DatabaseError as error:
            raise ArchiveError(
                f"{name} cannot be read as a database: {error}", subject=archive.name, remedy="Copy it once more."
            ) from error


def _copy(archive: Archive, name: str, to: Path) -> None:
    beside = archive.path.with_name(name) if archive.path.is_file() else None
    if name in archive:
        with archive.open(name) as source, to.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
    elif beside is not None and beside.is_file() and name != archive.path.name:
        shutil.copyfile(beside, to)


class _Database(Dump):
    """The newest version of everything in a database."""

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        tables = {row[0].upper() for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if missing := sorted(_TABLES - tables):
            raise ArchiveError(
                f"{name} is no database of slackdump: it has no table {missing[0]}",
                platform="slack",
                subject=name,
                remedy="Give the folder, zip or slackdump.sqlite that slackdump made.",
            )
        super().__init__("slackdump's database")
        self._connection = connection

    @override
    def workspace(self) -> dict[str, JSON]:
        return next(self._latest("workspace", "t.team_id", "-c.unix_ts"), {})

    @override
    def users(self) -> Iterator[JSON]:
        return self._latest("s_user", "t.id", "t.id")

    @override
    def channels(self) -> Iterator[JSON]:
        return self._latest("channel", "t.id", "t.id")

    @override
    def members(self, channel: str) -> list[str] | None:
        """Return who was in a channel when it was last looked at, which may take several chunks of one session."""
        columns = {row[1].upper() for row in self._connection.execute("PRAGMA table_info(channel_user)")}
        user = "user_id" if "USER_ID" in columns else "id"
        rows = self._connection.execute(
            f"SELECT DISTINCT t.{user} FROM channel_user t JOIN chunk c ON c.id = t.chunk_id WHERE t.channel_id = ? "  # noqa: S608
            "AND c.session_id = (SELECT max(d.session_id) FROM channel_user u JOIN chunk d ON d.id = u.chunk_id "
            "WHERE u.channel_id = t.channel_id) ORDER BY 1",
            (channel,),
        ).fetchall()
        return [row[0] for row in rows] or None

    @override
    def messages(self, channel: str) -> Iterator[JSON]:
        return self._latest("message", "t.ts", "t.ts", "WHERE t.channel_id = ?", channel)

    @override
    def speakers(self) -> list[str]:
        """List the conversations that messages are of, listed or not."""
        return [row[0] for row in self._connection.execute("SELECT DISTINCT channel_id FROM message ORDER BY 1")]

    @override
    def read_at(self) -> int:
        return int(self._connection.execute("SELECT coalesce(max(unix_ts), 0) FROM chunk").fetchone()[0])

    @override
    def problems(self) -> Iterator[str]:
        rows = self._connection.execute("SELECT id, created_at, mode FROM session WHERE NOT finished ORDER BY id")
        for number, began, mode in rows:
            yield (
                f"slackdump's session {number} ({mode}, begun {began}) did not finish: what it had not read is "
                "missing; finish it with 'slackdump resume'"
            )

    def _latest(self, table: str, key: str, order: str, where: str = "", *values: str) -> Iterator[JSON]:
        statement = _NEWEST.format(table=table, key=key, order=order, where=where)
        for (data,) in self._connection.execute(statement, values):
            try:
                yield decode_json(data)
            except ValueError:
                yield None  # it becomes an Issue, like any odd payload
