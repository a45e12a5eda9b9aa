"""A million accounts become people."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import duckdb
from figure import Figure

from communitykit.people import Options, resolve
from communitykit.store.connection import connect, disconnect

_PERSONS = 300_000
_BOUND = 30.0

# Of each person a row of the roster and accounts on up to four platforms: some know the directory id, some the number,
# some the address (a third of them of the former domain, a tenth with a plus-part), one only the handle.
_MEMBERS = f"""
INSERT INTO members BY NAME
WITH people AS (SELECT range AS n FROM range({_PERSONS})),
platforms(platform, network, share) AS (VALUES ('directory', 'hr', 100), ('teams', 'T', 75), ('slack', 'S', 75),
    ('yammer', 'Y', 55), ('workplace', 'W', 30))
SELECT platform || ':' || network || ':member:' || n AS id, platform, network, 'person' AS kind, false AS stub,
    'given' || n || '.family' || n AS username, 'Given' || n || ' Family' || n AS display_name,
    CASE WHEN platform = 'slack' AND n % 3 = 0 THEN 'Given' || n || '.Family' || n || '@old.example'
        WHEN platform = 'slack' AND n % 10 = 1 THEN 'given' || n || '.family' || n || '+s@new.example'
        WHEN platform <> 'workplace' THEN 'given' || n || '.family' || n || '@new.example' END AS email,
    'Engineer' AS job_title, 'D' || n % 200 AS department, 'V' || n % 20 AS division, 'Berlin' AS location,
    CASE WHEN platform IN ('directory', 'workplace') AND n % 2 = 0 THEN 'A' || n END AS employee_number,
    CASE WHEN platform IN ('directory', 'teams', 'yammer') THEN 'd' || n END AS directory_id,
    CASE WHEN n > 0 AND platform IN ('directory', 'teams') THEN platform || ':' || network || ':member:' || n // 8 END
        AS manager_id,
    true AS active
FROM people, platforms WHERE hash(n, platform) % 100 < share
"""  # noqa: S608 # our own text


def people() -> list[Figure]:
    """Resolve a store of a million accounts; its floor is reading its members and writing as many rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.duckdb"
        connection = connect(path, read_only=False, memory_limit="4GB")
        connection.execute(_MEMBERS)
        ((number,),) = connection.execute("SELECT count(*) FROM members").fetchall()
        disconnect(connection, path)
        floor = _floor(path, Path(folder) / "floor.duckdb")
        began = time.process_time()
        found = resolve(path, Options(domains={"old.example": "new.example"}, handles={"workplace": "new.example"}))
        took = time.process_time() - began
    name = f"people: {number:,} accounts → {found.people:,} people"
    right = found.people == _PERSONS
    return [Figure(name, f"{took:.1f} s CPU", f"{floor:.1f} s", f"{_BOUND:.0f} s", took <= _BOUND and right)]


def _floor(path: Path, to: Path) -> float:
    began = time.process_time()
    with duckdb.connect(to) as connection:
        connection.execute(f"ATTACH '{path}' AS store (READ_ONLY)")
        connection.execute("CREATE TABLE copied AS SELECT * FROM store.members ORDER BY id")
    return time.process_time() - began
