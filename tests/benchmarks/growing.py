"""The same pull into an empty store and into a large one, and once more unchanged; `activity` by kind; size.

CPU time of the process that pulls: it is what grows, and others on the machine change it least.
"""

# ruff: noqa: S608 # our own text

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from figure import Figure
from recorded import recorded
from served import Served

from communitykit.store.connection import connect, disconnect

POSTS = 2_000_000
SCALE = "COMMUNITYKIT_BENCHMARK_SCALE"
_SIZE = {"people": 300, "posts": 20_000, "communities": 40}
USED = """
import json, resource, sys
from pathlib import Path
def told(before, **more):
    seconds = cpu() - before
    # Not ru_maxrss: it knows the process that this one was forked from, too.
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) >> 10 for line in lines if line.startswith("VmHWM"))
    print(json.dumps({"seconds": seconds, "megabytes": peak, **more}))
def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
"""
PULL = f"""{USED}
from communitykit import connect, pull
before = cpu()
with connect("slack", **json.loads(sys.argv[2])) as session:
    result = pull(session, sys.argv[1], compact=False)
assert not result.errors, result.errors
told(before, new=sum(result.tally.new.values()), posts=result.tally.new.get("posts", 0), requests=result.requests)
"""
_COUNT = f"""{USED}
from communitykit.store import Store
with Store(sys.argv[1]) as store:
    before = cpu()
    rows = store.connection().execute("SELECT kind, count(*) FROM activity GROUP BY kind").fetchall()
    told(before, rows=sum(number for _, number in rows))
"""


def growing() -> list[Figure]:
    """Pull into an empty store and into one of two million posts of another network, then again unchanged."""
    target = int(POSTS * float(os.environ.get(SCALE, "1")))
    with tempfile.TemporaryDirectory() as name, recorded(_SIZE) as server:
        small, large = Path(name) / "small.duckdb", Path(name) / "large.duckdb"
        _pulled(server, Path(name) / "first.duckdb")  # its answers are those that the simulated platform was waited for
        empty = _pulled(server, small)
        _blow_up(small, large, target)
        megabytes = large.stat().st_size / target
        half = Path(name) / "half.duckdb"
        _blow_up(small, half, target // 2)
        counted, more = (_run(_COUNT, str(path)) for path in (half, large))
        again = _pulled(server, small)
        into = _pulled(server, large)
        large_again = _pulled(server, large)
    if again["new"] or large_again["new"] or into["posts"] != empty["posts"]:
        raise RuntimeError("these pulls did not read the same")
    posts = f"{empty['posts']:,} messages"
    return [
        _ratio(f"pull of {posts} into a store of {target:,} posts", into, empty, 1.3),
        _ratio("the same unchanged, everything looked back at", again, empty, 1 / 3),
        _ratio(f"the same unchanged in a store of {target:,} posts", large_again, again, 1.3),
        _memory(f"pull into a store of {target:,} posts: peak memory", into, 350),
        _memory(f"activity by kind, {target // 2:,} posts ({counted['rows']:,} acts): peak memory", counted, 400),
        Figure(f"the same, {target:,} posts", f"{more['megabytes']} MB", "-", "-", True),
        Figure("size of a million messages", f"{megabytes:.0f} MB", "-", "≤ 200 MB", megabytes <= 200),
    ]  # fmt: skip


def _ratio(name: str, ours: dict[str, Any], floor: dict[str, Any], most: float) -> Figure:
    ratio = ours["seconds"] / floor["seconds"]
    measured, beside = (f"{one['seconds']:.1f} s of CPU" for one in (ours, floor))
    return Figure(name, measured, beside, f"{ratio:.2f} ≤ {most:.2f}", ratio <= most)


def _memory(name: str, ours: dict[str, Any], most: int) -> Figure:
    return Figure(name, f"{ours['megabytes']} MB", "-", f"< {most} MB", ours["megabytes"] < most)


def _pulled(server: Served, store: Path) -> dict[str, Any]:
    return _run(PULL, str(store), json.dumps({**server.settings, "lookback": "all"}))


def _run(code: str, *arguments: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-c", code, *arguments], check=True, stdout=subprocess.PIPE, text=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _blow_up(small: Path, large: Path, posts: int) -> None:
    """Make a store of as many posts, of other networks, of copies of a small one."""
    connection = connect(large, read_only=False, memory_limit="1GB")
    try:
        connection.execute(f"ATTACH '{small}' AS small (READ_ONLY)")
        ((count, network),) = connection.execute("SELECT count(*), min(network) FROM small.posts").fetchall()
        for turn in range(posts // count + 1):
            other = f"'{network}', '{network}{turn:04}'"
            for table, columns in {
                "posts": ("id", "community_id", "root_id", "parent_id", "author_id", "network"),
                "events": ("id", "community_id", "target_id", "actor_id", "network"),
            }.items():
                moved = ", ".join(f"replace({one}, {other}) AS {one}" for one in columns)
                connection.execute(f"INSERT INTO {table} SELECT * REPLACE ({moved}) FROM small.{table}")
        connection.execute("CHECKPOINT")
    finally:
        disconnect(connection, large)
