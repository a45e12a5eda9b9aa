"""The record handed on: rows a second into each target, against reading the same rows from the store as Arrow.

What other programs do (dlt, Spark) is told in CPU time, of all their processes: their start, their threads and whoever
else is on the machine would else be most of it.
"""

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

SCALE = "COMMUNITYKIT_BENCHMARK_SCALE"
MESSAGES = int(100_000 * float(os.environ.get(SCALE, "1")))
_PLUGINS = Path(__file__).parents[2] / "plugins"


def adapters() -> list[Figure]:
    """Hand messages and all that hangs from them to each target, whole, then unchanged."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        store = place / "a.duckdb"
        write_export(place / "export.zip", MESSAGES)
        with read_archive("slack", place / "export.zip") as archive:
            pull(archive, store)
        rows, floor, _ = _arrow(store)
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
        _, _, cpu = _arrow(store)
        figures.append(Figure("rows as Arrow, CPU", f"{rows / cpu:,.0f}/s", f"{rows:,} rows", "-", True))
        figures += _dlt(store, place, cpu / rows)
        figures += _spark(store, place, cpu / rows)
    return figures


def _arrow(store: Path) -> tuple[int, float, float]:
    """Return the rows, and the least seconds that reading them took: on the clock, and of CPU."""
    best = used = float("inf")
    rows = 0
    for _ in range(3):
        with Store(store) as opened:
            started, cpu = time.perf_counter(), time.process_time()
            rows = sum(table.num_rows for table in opened.changed_arrow().values())
            best, used = min(best, time.perf_counter() - started), min(used, time.process_time() - cpu)
    return rows, best, used


def _seconds(write: Callable[[], object]) -> float:
    started = time.perf_counter()
    write()
    return time.perf_counter() - started


def _dlt(store: Path, place: Path, floor: float) -> list[Figure]:
    """Measure dlt into DuckDB; `floor` is the seconds of CPU of a row as Arrow."""
    (place / "dlt").mkdir()
    told = _run("communitykit-dlt", Path(__file__).with_name("through_dlt.py"), store, place / "dlt")
    return _beside("dlt into DuckDB", json.loads(told.splitlines()[-1]), floor, {"warm": "the first rows, one a table"})


def _spark(store: Path, place: Path, floor: float) -> list[Figure]:
    """Measure a stream of Spark's whose store is there already; `floor` is the seconds of CPU of a row as Arrow."""
    world = World(seed=1, size="tiny", now=datetime.now(UTC), platforms=("slack",))
    with serve(world, SlackPlatform()) as server:
        script = Path(__file__).with_name("through_spark.py")
        settings = (store, place / "spark", server.settings["base_url"])
        told = _run("pyspark-communitykit", script, *settings, SLACK_TOKEN=server.token)
    found: dict[str, float] = json.loads(told.splitlines()[-1])
    found["trivial"] *= found["rows"] / found["trivial rows"]  # the tiny company's rows are beside them
    own = {
        "parquet": "the same rows from Parquet to Parquet",
        "start": "Java and a session",
        "first job": "the first job, of no rows",
        "empty job": "an empty job",
        "little": "the first stream, of a tiny company",
    }
    return _beside("Spark's stream into Parquet", found, floor, own)


def _beside(name: str, found: dict[str, float], floor: float, own: dict[str, str]) -> list[Figure]:
    """Return the figures of a program beside Arrow, and beside the least that it can do; `own` are its parts."""
    rows = int(found["rows"])
    arrow, much, trivial = rows * floor, found["much"], found["trivial"]
    holds = arrow / much >= 0.1 or much <= 1.5 * trivial  # what was asked; or its own machinery, and half as much
    parts = {
        "trivial": "the same rows from a source that only hands them on, the better of twice",
        "trivial again": "that, of no rows",
    }
    return [
        *_figures(f"{name}, CPU", rows, arrow, much, found["again"], bound=0.0),
        Figure(f"  {name}, beside that program alone", f"{much / trivial:.2f}", f"{trivial:.1f} s",
               "≤ 1.5, or 0.1 of Arrow", holds),
        *(Figure(f"  {name}: {told}", f"{found[key]:.1f} s", f"{arrow / found[key]:.2f} of it", "-", True)
          for key, told in (parts | own).items() if found[key]),
    ]  # fmt: skip


def _run(adapter: str, *arguments: str | Path, **more: str) -> str:
    """Run Python in the environment of an adapter."""
    home = _PLUGINS / adapter
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"} | more
    command = ["uv", "run", "--project", str(home), "python", *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment, cwd=home)  # our own
    return done.stdout


def _figures(name: str, rows: int, floor: float, first: float, again: float, *, bound: float) -> list[Figure]:
    share = floor / first
    told = f"≥ {bound}" if bound else "-"
    return [
        Figure(f"{name}: {rows / first:,.0f} rows/s", f"{share:.2f} of it", f"{first:.1f} s", told, share >= bound),
        Figure(f"  {name}, again, nothing new", f"{again:.1f} s", "-", "-", True),
    ]
