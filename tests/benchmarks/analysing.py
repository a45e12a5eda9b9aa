"""Making the analysis tables of a large record, beside what DuckDB takes to copy its posts and events into Parquet."""

# ruff: noqa: S608 # our own text

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from figure import Figure

from communitykit.store.connection import connect, disconnect

POSTS, EVENTS = 4_000_000, 6_000_000
SCALE = "COMMUNITYKIT_BENCHMARK_SCALE"
"""The environment variable that makes the record smaller: 0.1 is a tenth."""

_MEASURED = """
import os, resource, sys
from pathlib import Path
before = os.times()
{work}
after = os.times()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(after.user - before.user + after.system - before.system, peak)
"""
_COPY = """
import duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
connection.execute("SET memory_limit = '1200MB'")
connection.execute("SET enable_progress_bar = false")
for table in ("posts", "events"):
    connection.execute(f"COPY {table} TO '{sys.argv[2]}/{table}.parquet' (FORMAT parquet)")
"""
_ANALYSE = """
from communitykit.analysis import analyse
print(analyse(sys.argv[1], Path(sys.argv[2]) / "tables", key=bytes(32), zone="Europe/Paris").rows, file=sys.stderr)
"""

_SOURCE = """'teams' AS source_connector, '1' AS source_version, 'api' AS source_origin,
    TIMESTAMPTZ '2026-01-01' AS fetched_at, TIMESTAMPTZ '2026-01-01' AS as_of, 'r1' AS first_run, 'r1' AS changed_run,
    'teams' AS platform, 'c1e7a766-080d-4c4b-8300-b958f78aa8fb' AS network"""
_ID = "'teams:c1e7a766-080d-4c4b-8300-b958f78aa8fb:{kind}:' || "
_PLACE = "'19:' || md5('place' || {place}) || '@thread.tacv2'"
_POST = (
    f"{_ID.format(kind='post')} {_PLACE.format(place='({one} // 4) % 2000')} || '/' || (1700000000000 + {{one}} * 11)"
)
_MEMBER = f"{_ID.format(kind='member')} uuid_of({{one}})"
_AT = "TIMESTAMPTZ '2024-01-01' + INTERVAL 1 SECOND * ({one} * 63000000 // {posts})"


def analysing() -> list[Figure]:
    """Measure CPU time, memory and size."""
    scale = float(os.environ.get(SCALE, "1"))
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "activity.duckdb"
        fill(store, int(POSTS * scale), int(EVENTS * scale))
        floor, _ = _measured(_COPY, store)
        seconds, megabytes = _measured(_ANALYSE, store)
        size = sum(one.stat().st_size for one in (Path(folder) / "tables").rglob("*.parquet"))
        record = store.stat().st_size
    name = f"analysis tables of {int((POSTS + EVENTS) * scale):,} acts, CPU"
    return [
        Figure(name, f"{seconds:.1f} s", f"{floor:.1f} s to copy", "≤ 5 of it", seconds <= 5 * floor),
        Figure("  peak memory", f"{megabytes} MB", "-", "≤ 2,000 MB", megabytes <= 2_000),
        Figure("  size", f"{size >> 20} MB", f"{record >> 20} MB of record", "≤ half of it", size <= record / 2),
    ]


def _measured(work: str, store: Path) -> tuple[float, int]:
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED.format(work=work), str(store), str(store.parent)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    seconds, megabytes = done.stdout.split()
    return float(seconds), int(megabytes)


def fill(store: Path, posts: int, events: int) -> None:
    """Make a record of a large company: 50,000 people, 2,000 channels, threads of four posts."""
    connection = connect(store, read_only=False, memory_limit="1GB")
    try:
        connection.execute("CREATE TEMP MACRO uuid_of(n) AS CAST(md5('person' || (n % 50000))::UUID AS VARCHAR)")
        connection.execute(
            "CREATE TEMP TABLE words AS SELECT list(left(md5(i::VARCHAR), 3 + i % 7)) AS w FROM range(3000) r(i)"
        )
        for statement in _statements(posts, events):
            connection.execute(statement)
    finally:
        disconnect(connection, store)


def _statements(posts: int, events: int) -> list[str]:
    at = _AT.replace("{posts}", str(posts))
    first, own = _POST.format(one="(i - i % 4)"), _POST.format(one="i")
    word = "w[CAST(1 + hash(i * 40 + x) % 3000 AS BIGINT)]"
    text = f"array_to_string([{word} for x in range(12 + i % 25)], ' ') || if(i % 5 = 0, '?', '.')"
    return [
        f"""INSERT INTO members BY NAME SELECT {_MEMBER.format(one="i")} AS id, 'person' AS kind,
            'Name Surname ' || i AS display_name, 'name' || i || '@company.example' AS email,
            'Department ' || i % 80 AS department, ['FR', 'DE', 'GB'][1 + i % 3] AS country, false AS stub,
            CASE WHEN i > 0 THEN {_MEMBER.format(one="(i // 8)")} END AS manager_id, {_SOURCE}
            FROM range(50000) r(i)""",
        f"""INSERT INTO communities BY NAME SELECT {_ID.format(kind="community")} {_PLACE.format(place="i")} AS id,
            'channel' AS kind, 'Channel ' || i AS name, {_SOURCE} FROM range(2000) r(i)""",
        f"""INSERT INTO posts BY NAME SELECT *, text AS body FROM (SELECT {own} AS id,
            {_ID.format(kind="community")} {_PLACE.format(place="(i // 4) % 2000")} AS community_id,
            {_MEMBER.format(one="CAST(hash(i) % 50000 AS BIGINT)")} AS author_id, 'post' AS kind, 'html' AS body_format,
            CASE WHEN i % 4 > 0 THEN {first} END AS root_id, CASE WHEN i % 4 > 0 THEN {first} END AS parent_id,
            {text} AS text, {at.format(one="i")} AS created_at, 'r1' AS last_run, {_SOURCE}
            FROM range({posts}) r(i), words)""",
        f"""INSERT INTO events BY NAME SELECT {_ID.format(kind="event")} 'reacted/' || i || '/' || uuid_of(i) AS id,
            CASE WHEN i % 3 = 0 THEN 'viewed' ELSE 'reacted' END AS kind,
            {_MEMBER.format(one="CAST(hash(i + 7) % 50000 AS BIGINT)")} AS actor_id,
            {_POST.format(one=f"(CAST(hash(i) % {posts} AS BIGINT))")} AS target_id, 'like' AS detail,
            CASE WHEN i % 2 = 0 THEN {at.format(one=f"(CAST(hash(i) % {posts} AS BIGINT))")} END AS occurred_at,
            CASE WHEN i % 2 = 0 THEN 'event' ELSE 'none' END AS time_source, true AS active, {_SOURCE}
            FROM range({events}) r(i)""",
        "INSERT INTO runs BY NAME SELECT 'r1' AS run_id, TIMESTAMPTZ '2026-01-01' AS started_at, 1 AS last_commit",
        "CHECKPOINT",
    ]
