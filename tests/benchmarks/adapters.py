"""The record handed on: rows a second into each target, against reading the same rows from the store as Arrow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from figure import Figure
from shaped import write_export

sys.path.insert(0, str(Path(__file__).parent.parent / "servers"))

from postgresql import postgres_server

from communitykit import pull, read_archive
from communitykit.analysis import analyse
from communitykit.exchange.activitystreams import write_activitystreams
from communitykit.exchange.delta import copy_to_delta
from communitykit.exchange.parquet import copy_to_parquet
from communitykit.exchange.postgres import copy_to_postgres
from communitykit.sandbox import World, serve
from communitykit.store import Store
from communitykit_slack.sandbox import SlackPlatform

MESSAGES = 100_000
_PLUGINS = Path(__file__).parents[2] / "plugins"
_DLT = """
import sys, time
import dlt
import communitykit_dlt
started = time.perf_counter()
to = dlt.destinations.duckdb(sys.argv[2])
pipeline = dlt.pipeline("bench", destination=to, dataset_name="ck", pipelines_dir=sys.argv[3])
pipeline.run(communitykit_dlt.source(store=sys.argv[1]))
print(time.perf_counter() - started)
started = time.perf_counter()
pipeline.run(communitykit_dlt.source(store=sys.argv[1]))
print(time.perf_counter() - started)
"""


def adapters() -> list[Figure]:
    """Hand a hundred thousand messages and all that hangs from them to each target, whole, then unchanged."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        store = place / "a.duckdb"
        write_export(place / "export.zip", MESSAGES)
        with read_archive("slack", place / "export.zip") as archive:
            pull(archive, store)
        rows, floor = _arrow(store)
        analyse(store, place / "analysis.duckdb")
        sizes = {name: (place / name).stat().st_size / 1e6 for name in ("a.duckdb", "analysis.duckdb")}
        figures = [
            Figure("rows as Arrow", f"{rows / floor:,.0f}/s", f"{rows:,} rows", "-", True),
            Figure("  the store, its analysis tables", f"{sizes['a.duckdb']:.0f} MB, {sizes['analysis.duckdb']:.0f} MB",
                   f"{MESSAGES:,} messages", "-", True),
        ]  # fmt: skip
        with postgres_server() as server:
            targets: dict[str, Callable[[], object]] = {
                "Parquet by month": lambda: copy_to_parquet(store, place / "months"),
                "Delta": lambda: copy_to_delta(store, place / "lake"),
                "PostgreSQL": lambda: copy_to_postgres(store, server.url),
                "ActivityStreams": lambda: write_activitystreams(store, place / "as2"),
            }
            for name, write in targets.items():
                first, again = _seconds(write), _seconds(write)
                figures += _figures(name, rows, floor, first, again, bound=0.0)
        figures += _figures("dlt into DuckDB", rows, floor, *_dlt(store, place), bound=0.1)
        figures += _spark(store, place, floor / rows)
    return figures


def _arrow(store: Path) -> tuple[int, float]:
    best, rows = float("inf"), 0
    for _ in range(3):
        with Store(store) as opened:
            started = time.perf_counter()
            rows = sum(table.num_rows for table in opened.changed_arrow().values())
            best = min(best, time.perf_counter() - started)
    return rows, best


def _seconds(write: Callable[[], object]) -> float:
    started = time.perf_counter()
    write()
    return time.perf_counter() - started


def _dlt(store: Path, place: Path) -> tuple[float, float]:
    told = _run("communitykit-dlt", "-c", _DLT, store, place / "dlt.duckdb", place / "pipelines")
    first, again = told.split()[-2:]
    return float(first), float(again)


def _spark(store: Path, place: Path, floor: float) -> list[Figure]:
    """Measure a stream of Spark's whose store is there already; `floor` is the seconds that a row takes as Arrow."""
    world = World(seed=1, size="tiny", now=datetime.now(UTC), platforms=("slack",))
    with serve(world, SlackPlatform()) as server:
        script = Path(__file__).with_name("through_spark.py")
        settings = (store, place / "spark", server.settings["base_url"])
        told = _run("pyspark-communitykit", script, *settings, SLACK_TOKEN=server.token)
    found: dict[str, float] = json.loads(told.splitlines()[-1])
    rows = int(found["rows"])
    own = {
        "Java and a session": "start",
        "the first job, of no rows": "first job",
        "an empty job": "empty job",
        "the first stream, of a tiny company": "little",
        "the same rows from Parquet to Parquet": "parquet",
    }
    beyond = found["much"] - found["again"]  # a stream that finds nothing new costs the rest
    return [
        *_figures("Spark's stream into Parquet", rows, rows * floor, found["much"], found["again"], bound=0.0),
        Figure(f"  beyond that: {rows / beyond:,.0f} rows/s", f"{rows * floor / beyond:.2f} of it",
               f"{beyond:.1f} s", "-", True),
        *(Figure(f"  Spark: {name}", f"{found[key]:.1f} s", "-", "-", True) for name, key in own.items()),
    ]  # fmt: skip


def _run(adapter: str, *arguments: str | Path, **more: str) -> str:
    """Run Python in the environment of an adapter."""
    home = _PLUGINS / adapter
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"} | more
    command = ["uv", "run", "--project", str(home), "python", *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, cwd=home)  # our own
    return done.stdout


def _figures(name: str, rows: int, floor: float, first: float, again: float, *, bound: float) -> list[Figure]:
    share = floor / first
    told = f"≥ {bound}" if bound else "-"
    return [
        Figure(f"{name}: {rows / first:,.0f} rows/s", f"{share:.2f} of it", f"{first:.1f} s", told, share >= bound),
        Figure("  again, nothing new", f"{again:.1f} s", "-", "-", True),
    ]
