"""Nothing in the analysis tables names anybody: worlds of every connector and door, searched byte by byte."""

# ruff: noqa: S608 # the queries hold names and paths of our own

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from company import FIRST, KEY, source, store_of

from communitykit import analysis, from_records, pull, read_archive
from communitykit.clock import Clock
from communitykit.connector.registry import registry
from communitykit.model import Member
from communitykit.people import resolve
from communitykit.sandbox import World, serve
from communitykit.store import Store
from communitykit.testing.connecting import connect, receive
from communitykit.testing.connecting import pull as pull_then

KEYS = (bytes(range(32)), bytes(range(1, 33)))
PLATFORMS = sorted(name for name, one in registry().connectors.items() if one.sandbox is not None)
EVERYTHING: Any = {"include_private": True, "include_direct": True}
OURS = """posted replied reacted mentioned shared praised voted edited viewed joined left pinned followed invited
    marked_best_answer community_changed account_changed question announcement praise article person external unknown
    network workspace channel direct private public secret complete partial denied truncated skipped rejected unread
    no_permission platform_limit left_out messages members message member people accounts content features europe paris
    reply reaction mention column columns description created group archived parquet schema duckdb version
    first archive system story"""
"""Words that are ours: those of the model, the tables and the files."""
SHORTEST, SURE = 5, 7
"""Letters of a word that is searched for in readable output, and in bytes, where chance makes short ones."""


def record(platform: str, folder: Path) -> Path:
    """Make a store of one platform through every door that it has."""
    store = folder / "activity.duckdb"
    connector = registry().get(platform)
    assert connector.sandbox is not None
    simulated, world = connector.simulated(), World(seed=3, size="tiny", platforms=(platform,))
    clock = Clock(now=lambda: world.now)
    with serve(world, simulated) as server, connect(platform, server.settings, clock=clock) as session:
        pull_then(session, store, clock=clock, **EVERYTHING)
    for style in simulated.archive_styles if connector.archive is not None else ():
        path = simulated.write_archive(world, folder / f"{style}.zip", style=style, private=True)
        with read_archive(platform, path) as archive:
            pull(archive, store, **EVERYTHING)
    if connector.webhook is not None:
        secret = "secret-of-the-test"  # signs simulated deliveries
        for headers, body in simulated.deliveries(world, world.advance(7), secret=secret):
            sent = Clock(now=lambda h=headers, b=body: simulated.sent_at(h, b) or world.now)  # type: ignore[misc]
            told = simulated.receiving(secret)
            got = receive(platform, headers=headers, body=body, secret=told, clock=sent, **EVERYTHING)
            pull(from_records(got.records), store)
    return store


def words(text: str | None) -> set[str]:
    return {one for one in re.findall(r"[^\W_]+", (text or "").casefold()) if len(one) >= SHORTEST}


def named(store: Path) -> tuple[set[str], set[str]]:
    """Return what names somebody (handles, addresses, ids), and every word that anybody wrote or is called."""
    ids: set[str] = set()
    said: set[str] = set()
    with Store(store) as opened:
        known = opened.sql("SELECT department, division, location, country FROM members").to_pylist()
        for row in opened.sql(
            "SELECT id, username, display_name, email, employee_number, directory_id, url FROM members"
        ).to_pylist():
            ids |= {value for name, value in row.items() if value and name != "display_name"}
            said |= words(row["display_name"])
        for table in ("members", "posts", "communities", "events", "memberships"):
            natives = opened.sql(f"SELECT id FROM {table}")["id"].to_pylist()
            ids |= {part for one in natives for part in re.split(r"[/:]", one.split(":", 3)[3])}
            ids |= {one.split(":", 3)[1] for one in natives}
        for row in opened.sql("SELECT title, text, body, author_name FROM posts").to_pylist():
            said |= {word for value in row.values() for word in words(value)}
        for row in opened.sql("SELECT name, topic, purpose FROM communities").to_pylist():
            said |= {word for value in row.values() for word in words(value)}
    ours = words(OURS) | {word for row in known for value in row.values() for word in words(value)}
    ours |= {platform.casefold() for platform in PLATFORMS}
    columns = {one for table in analysis.TABLES.values() for one in table.columns}
    ours |= {part for one in columns for part in one.split("_")} | {one.removesuffix("s") for one in columns}
    ids = {one.casefold() for one in ids if len(one) > SHORTEST and not words(one) <= ours}
    return ids, {word for word in said - ours if not word.isdigit() or len(word) > SURE}


def readable(made: analysis.Analysis) -> str:
    """Return every table as text, and what it says about itself."""
    connection = made.connection()
    lines = [
        str(row) for name in made.tables for row in connection.execute(f"SELECT DISTINCT * FROM {name}").fetchall()
    ]
    return "\n".join(lines).casefold()


def plain_bytes(made: analysis.Analysis, folder: Path) -> bytes:
    """Return every table as Parquet writes it where nothing is compressed."""
    for name in made.tables:
        made.connection().execute(f"COPY {name} TO '{folder / name}.plain' (FORMAT parquet, COMPRESSION uncompressed)")
    return b"".join(one.read_bytes() for one in sorted(folder.glob("*.plain"))).lower()


def found_in(text: str, ids: set[str], said: set[str]) -> Iterator[str]:
    there = set(re.findall(r"[^\W_]+", text))
    yield from sorted(said & there)
    yield from sorted(one for one in ids if one in text)


@pytest.mark.slow
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_search_for_any_name_id_or_word_finds_nothing(platform: str, tmp_path: Path) -> None:
    store = record(platform, tmp_path)
    resolve(store)
    persons = []
    ids, said = named(store)
    assert len(ids) > 100
    assert len(said) > 100
    for number, key in enumerate(KEYS):
        to = tmp_path / f"tables-{number}"
        analysis.analyse(store, to, key=key, zone="Europe/Paris", min_group=1)
        raw = b"".join(one.read_bytes() for one in sorted(to.rglob("*.*")) if one.is_file()).lower()
        with analysis.open(to) as made:
            text = readable(made)
            assert list(found_in(text, ids, said)) == []
            binary = plain_bytes(made, tmp_path)
            for wide in ("utf-8", "utf-16-le"):
                needles = {one for one in ids | said if len(one) >= SURE}
                assert [one for one in sorted(needles) if one.encode(wide) in binary] == []
            assert [one for one in sorted(ids) if len(one) >= SURE and one.encode() in raw] == []
            persons.append({one for (one,) in made.connection().execute("SELECT person_id FROM people").fetchall()})
    assert len(persons[0]) > 10
    assert not persons[0] & persons[1]


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    """The proof's own proof: a name in one cell is found, as text and in bytes."""
    with duckdb.connect(str(tmp_path / "leaky.duckdb")) as connection:
        for name, table in analysis.TABLES.items():
            columns = ", ".join(f"{one} {column.type}" for one, column in table.columns.items())
            connection.execute(f"CREATE TABLE {name} ({columns})")
        connection.execute("INSERT INTO places (kind) VALUES ('Zephyrine Quillfeather')")
    with analysis.open(tmp_path / "leaky.duckdb") as made:
        assert list(found_in(readable(made), {"quillfeather"}, {"zephyrine"})) == ["zephyrine", "quillfeather"]
        assert b"quillfeather" in plain_bytes(made, tmp_path)


@pytest.mark.slow
def test_a_person_stays_the_same_when_more_accounts_join_them(tmp_path: Path) -> None:
    store = store_of(tmp_path / "a.duckdb")
    resolve(store)
    analysis.analyse(store, tmp_path / "one", key=KEY)
    address = "zq.u2@quillfeather.example"
    more = Member(id="aaa:T1:member:first", kind="person", email=address, source=source(FIRST, "aaa"))
    more_still = Member(id="zzz:T1:member:last", kind="person", email=address, source=source(FIRST, "zzz"))
    pull(from_records([more, more_still]), store)
    resolve(store)
    analysis.analyse(store, tmp_path / "two", key=KEY)
    seen = []
    for name in ("one", "two"):
        with analysis.open(tmp_path / name) as made:
            assert made.about["people"] == "people"
            seen.append(dict(made.connection().execute("SELECT person_id, accounts FROM people").fetchall()))
    assert set(seen[0]) == set(seen[1])
    assert max(seen[1].values()) == 3
