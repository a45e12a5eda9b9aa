"""A copy in a real PostgreSQL server: it is the store's, run by run; all or nothing; and nobody's password shows."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from histories import START, current, source, ten_runs, without_seen
from postgresql import PASSWORD, Server, postgres_server

from communitykit import Member, Post, from_records, pull
from communitykit.analysis import analyse
from communitykit.errors import CommunityKitError, StoreError
from communitykit.exchange import Changes, json_columns
from communitykit.exchange.postgres import PostgresTarget, copy_to_postgres, without_password
from communitykit.privacy.erasing import forget
from communitykit.store import Store

pytestmark = pytest.mark.slow  # a server is started


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgres_server() as running:
        yield running


@pytest.fixture
def database(server: Server) -> Iterator[psycopg.Connection]:
    with server.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS communitykit CASCADE")
        connection.execute("DROP SCHEMA IF EXISTS communitykit_analysis CASCADE")
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def rows(database: psycopg.Connection, table: str) -> list[dict[str, Any]]:
    cursor = database.execute(f"TABLE {table}".encode())
    assert cursor.description is not None
    names = [column.name for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def is_the_stores(path: Path, database: psycopg.Connection) -> None:
    for table in current(path):
        with Store(path) as store:
            shaped = set(json_columns(store, table))
            told = Changes(store).rows(table, plain=True).read_all().to_pylist()
        wanted = {row["row_key"]: without_seen(row) for row in told}
        found = {row["row_key"]: without_seen(row) for row in rows(database, f"communitykit.{table}")}
        assert found.keys() == wanted.keys()
        for key, row in wanted.items():
            clean = {name: _clean(value, is_json=name in shaped) for name, value in row.items()}
            assert found[key] == clean


def _clean(value: Any, *, is_json: bool) -> Any:
    if is_json:
        return _no_nul(json.loads(value)) if value is not None else None
    return value.replace("\x00", "\ufffd") if isinstance(value, str) else value


def _no_nul(value: Any) -> Any:
    if isinstance(value, dict):
        return {_no_nul(key): _no_nul(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_no_nul(one) for one in value]
    return value.replace("\x00", "\ufffd") if isinstance(value, str) else value


@pytest.mark.parametrize(
    ("seed", "runs"),
    [(11, 3), *(pytest.param(seed, 10, marks=pytest.mark.exhaustive) for seed in (12, 13))],
)
def test_the_copy_is_the_stores_after_every_run(
    tmp_path: Path, server: Server, database: psycopg.Connection, seed: int, runs: int
) -> None:
    path, before = tmp_path / "a.duckdb", None
    for _ in ten_runs(path, seed, runs):
        copied = copy_to_postgres(path, server.url)
        assert copied.whole is (before is None)
        before = copied.run
        is_the_stores(path, database)
    again = copy_to_postgres(path, server.url)
    assert sum(again.rows.values()) + sum(again.gone.values()) == 0


def small(path: Path, *people: str, day: int = 0) -> Path:
    pull(from_records([Member(id=f"p:n:member:{one}", display_name=one, source=source(day)) for one in people]), path)
    return path


def test_a_run_that_is_refused_leaves_the_copy_as_it_was(
    tmp_path: Path, server: Server, database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = small(tmp_path / "a.duckdb", "ann", "bob")
    copy_to_postgres(path, server.url)
    small(path, "carl", day=1)
    before = rows(database, "communitykit.members"), rows(database, "communitykit.communitykit_copy")

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(PostgresTarget, "remember", killed)
        with pytest.raises(KeyboardInterrupt):
            copy_to_postgres(path, server.url)
    assert (rows(database, "communitykit.members"), rows(database, "communitykit.communitykit_copy")) == before
    database.execute("ALTER TABLE communitykit.members ADD CONSTRAINT theirs CHECK (display_name <> 'carl')")
    with pytest.raises(CommunityKitError, match=r"the target refused: .*theirs"):
        copy_to_postgres(path, server.url)
    assert rows(database, "communitykit.members") == before[0]
    database.execute("ALTER TABLE communitykit.members DROP CONSTRAINT theirs, ADD COLUMN note text")
    database.execute("CREATE VIEW communitykit.people_called AS SELECT display_name FROM communitykit.members")
    assert copy_to_postgres(path, server.url).rows["members"] == 1
    copy_to_postgres(path, server.url, anew=True)
    assert len(rows(database, "communitykit.people_called")) == 3
    assert rows(database, "communitykit.members")[0]["note"] is None


def test_what_is_not_ours_is_left_alone(tmp_path: Path, server: Server, database: psycopg.Connection) -> None:
    path, other = small(tmp_path / "a.duckdb", "ann"), small(tmp_path / "b.duckdb", "bob")
    database.execute("CREATE SCHEMA communitykit")
    database.execute("CREATE TABLE communitykit.posts (theirs text)")
    with pytest.raises(CommunityKitError, match="a table 'posts' that no export made"):
        copy_to_postgres(path, server.url)
    database.execute("DROP TABLE communitykit.posts")
    copy_to_postgres(path, server.url)
    with pytest.raises(CommunityKitError, match="the copy of another store"):
        copy_to_postgres(other, server.url)
    assert [row["display_name"] for row in rows(database, "communitykit.members")] == ["ann"]
    copy_to_postgres(other, server.url, anew=True)
    assert [row["display_name"] for row in rows(database, "communitykit.members")] == ["bob"]


def test_a_run_may_be_named(tmp_path: Path, server: Server, database: psycopg.Connection) -> None:
    path = small(tmp_path / "a.duckdb", "ann")
    with Store(path) as store:
        first = store.latest_run()
    with pytest.raises(CommunityKitError, match="no copy yet"):
        copy_to_postgres(path, server.url, since_run=first)
    copy_to_postgres(path, server.url)
    small(path, "bob", day=1)
    copy_to_postgres(path, server.url)
    database.execute("DELETE FROM communitykit.members WHERE display_name = 'bob'")  # somebody's own hand
    assert copy_to_postgres(path, server.url).rows["members"] == 0
    assert copy_to_postgres(path, server.url, since_run=first).rows["members"] == 1
    with pytest.raises(StoreError, match="no run 'r9'"):
        copy_to_postgres(path, server.url, since_run="r9")
    forget(path, "p:n:member:bob")
    assert copy_to_postgres(path, server.url).gone["members"] == 1
    assert [row["display_name"] for row in rows(database, "communitykit.members")] == ["ann"]
    database.execute("UPDATE communitykit.communitykit_copy SET run_id = 'lost'")
    assert copy_to_postgres(path, server.url).whole


def test_analysis_tables_stand_beside_it(tmp_path: Path, server: Server, database: psycopg.Connection) -> None:
    path = small(tmp_path / "a.duckdb", "ann")
    post = Post(id="p:n:post:1", author_id="p:n:member:ann", body="a?", created_at=START, source=source(0))
    pull(from_records([post]), path)
    made = tmp_path / "analysis"
    analyse(path, made)
    copied = copy_to_postgres(path, server.url, analysis=made)
    assert copied.rows["analysis.acts"] == 1
    (act,) = rows(database, "communitykit_analysis.acts")
    assert (act["day"], act["kind"], type(act["person_id"])) == (date(2026, 1, 1), "posted", int)
    assert "analysis.acts" not in copy_to_postgres(path, server.url, analysis=made).rows
    (member,) = rows(database, "communitykit.members")
    assert isinstance(member["as_of"], datetime)
    said = database.execute("SELECT obj_description('communitykit.members'::regclass)").fetchone()
    assert said is not None
    assert said[0]


def test_no_password_is_shown(tmp_path: Path, server: Server) -> None:
    path = small(tmp_path / "a.duckdb", "ann")
    wrong = server.url.replace(PASSWORD, "wrong-Wort")
    with pytest.raises(CommunityKitError, match="password authentication failed") as refused:
        copy_to_postgres(path, wrong)
    assert "wrong-Wort" not in str(refused.value)
    assert without_password(f"{server.url}?password=x&sslmode=disable") == (
        f"postgresql://test@127.0.0.1:{server.port}/postgres"
    )
    with pytest.raises(CommunityKitError, match="the target refused") as refused:
        copy_to_postgres(path, "postgresql://u:hush-Wort@127.0.0.1:1/none?connect_timeout=2")
    assert "hush-Wort" not in str(refused.value)
